"""Convolutions of all kinds, one at a time: the windows, channels and steps by which kernels are chosen.

As in `operators.py`, each has its place in `mx.sym`, its settings, and how its inputs are drawn. Python 3.7
reads this file too.
"""

from __future__ import annotations

from operators import noise


def convolution(data, num_filter, kernel, **settings):
    weight = (num_filter, data[1] // settings.get("num_group", 1), *kernel)
    inputs = {"data": (noise, data), "weight": (noise, weight), "bias": (noise, (num_filter,))}
    return "Convolution", {"num_filter": num_filter, "kernel": kernel, **settings}, inputs


def deconvolution(data, num_filter, kernel, **settings):
    weight = (data[1], num_filter // settings.get("num_group", 1), *kernel)
    inputs = {"data": (noise, data), "weight": (noise, weight)}
    return "Deconvolution", {"num_filter": num_filter, "kernel": kernel, **settings}, inputs


def square(batch, channels, side, filters, kernel, stride=1, **settings):
    """Return a convolution of square images; but for the stride, their size is kept."""
    pad = settings.pop("pad", kernel // 2)
    window = {"pad": (pad, pad), "stride": (stride, stride), **settings}
    return convolution((batch, channels, side, side), filters, (kernel, kernel), **window)


CONVOLUTIONS = {
    # Rows of words or letters, with windows as wide as they are: one channel, or as many as letters.
    "text-3": convolution((50, 1, 56, 300), 100, (3, 300)),
    "text-4": convolution((50, 1, 56, 300), 100, (4, 300)),
    "text-5": convolution((50, 1, 56, 300), 100, (5, 300)),
    "text-128": convolution((64, 1, 60, 128), 128, (3, 128)),
    "text-two": convolution((50, 2, 56, 300), 100, (3, 300)),
    "letters-7": convolution((16, 1, 1014, 69), 256, (7, 69)),
    # First layers.
    "digits": square(64, 1, 28, 20, 5, pad=0),
    "digits-3": square(64, 1, 28, 32, 3),
    "digits-2": square(64, 20, 12, 50, 5, pad=0),
    "small": square(64, 3, 32, 32, 3),
    "stem-7": square(4, 3, 224, 64, 7, 2),
    "stem-11": square(4, 3, 224, 96, 11, 4, pad=2),
    "stem-3": square(4, 3, 224, 32, 3, 2),
    "stem-vgg": square(2, 3, 224, 64, 3),
    "large-9": square(4, 3, 96, 32, 9),
    "large-31": square(4, 1, 64, 8, 31),
    "last-9": square(2, 32, 96, 3, 9),
    "last-5": square(4, 32, 96, 1, 5),
    # Bodies.
    "body-56": square(4, 64, 56, 64, 3),
    "body-28": square(4, 128, 28, 128, 3),
    "body-14": square(4, 256, 14, 256, 3),
    "body-7": square(4, 512, 7, 512, 3),
    "body-16": square(16, 16, 32, 16, 3),
    "odd": square(4, 13, 27, 29, 3),
    "five": square(4, 96, 27, 256, 5),
    "seven": square(4, 32, 28, 32, 7),
    "row": convolution((4, 128, 17, 17), 128, (1, 7), pad=(0, 3)),
    "column": convolution((4, 128, 17, 17), 128, (7, 1), pad=(3, 0)),
    "step-56": square(4, 64, 56, 128, 3, 2),
    "step-14": square(4, 256, 14, 512, 3, 2),
    "even-window": square(4, 32, 32, 64, 4, 2, pad=1),
    # Single pixels.
    "pixel-64": square(4, 64, 56, 256, 1),
    "pixel-256": square(4, 256, 56, 64, 1),
    "pixel-1024": square(4, 1024, 14, 256, 1),
    "pixel-2048": square(4, 512, 7, 2048, 1),
    "pixel-3": square(4, 3, 112, 16, 1),
    "pixel-to-one": square(4, 64, 64, 1, 1),
    "pixel-step": square(4, 256, 56, 512, 1, 2),
    "pixel-step-few": square(4, 4, 56, 8, 1, 2),
    "one-pixel": square(64, 256, 1, 256, 1),
    "one-window": square(32, 64, 3, 128, 3, pad=0),
    "whole": square(8, 512, 7, 256, 7, pad=0),
    # Channels apart.
    "depth-112": square(4, 32, 112, 32, 3, num_group=32),
    "depth-56": square(4, 128, 56, 128, 3, 2, num_group=128),
    "depth-14": square(4, 512, 14, 512, 3, num_group=512),
    "depth-5": square(4, 72, 28, 72, 5, num_group=72),
    "depth-twice": square(4, 32, 56, 64, 3, num_group=32),
    "depth-large": square(4, 64, 28, 64, 7, num_group=64),
    "group-2": square(4, 96, 27, 256, 5, num_group=2),
    "group-32": square(4, 128, 28, 128, 3, num_group=32),
    "group-pixel": square(4, 240, 28, 240, 1, num_group=3),
    # Windows with holes.
    "dilated-2": square(2, 128, 28, 128, 3, pad=2, dilate=(2, 2)),
    "dilated-6": square(1, 256, 33, 256, 3, pad=6, dilate=(6, 6)),
    "dilated-depth": square(2, 128, 33, 128, 3, pad=2, dilate=(2, 2), num_group=128),
    # One axis of space, and three.
    "line-3": convolution((16, 64, 200), 64, (3,), pad=(1,)),
    "line-1": convolution((16, 128, 200), 256, (1,)),
    "line-sound": convolution((8, 1, 8000), 32, (80,), stride=(4,)),
    "line-dilated": convolution((4, 32, 1600), 64, (2,), dilate=(16,)),
    "line-depth": convolution((8, 128, 200), 128, (5,), pad=(2,), num_group=128),
    "line-letters": convolution((16, 70, 1014), 256, (7,)),
    "volume-3": convolution((1, 16, 16, 56, 56), 32, (3, 3, 3), pad=(1, 1, 1)),
    "volume-stem": convolution((1, 3, 16, 112, 112), 64, (3, 3, 3), pad=(1, 1, 1)),
    "volume-step": convolution((1, 32, 8, 28, 28), 64, (3, 3, 3), pad=(1, 1, 1), stride=(2, 2, 2)),
    "volume-pixel": convolution((1, 64, 8, 28, 28), 128, (1, 1, 1)),
    "volume-one": convolution((2, 1, 32, 32, 32), 16, (5, 5, 5), stride=(2, 2, 2)),
    "volume-depth": convolution((1, 32, 8, 28, 28), 32, (3, 3, 3), pad=(1, 1, 1), num_group=32),
    # The way back.
    "up-2": deconvolution((4, 64, 28, 28), 32, (2, 2), stride=(2, 2)),
    "up-4": deconvolution((4, 64, 14, 14), 64, (4, 4), stride=(2, 2), pad=(1, 1)),
    "up-gan": deconvolution((16, 256, 4, 4), 128, (4, 4), stride=(2, 2), pad=(1, 1)),
    "up-noise": deconvolution((64, 100, 1, 1), 256, (4, 4)),
    "up-image": deconvolution((16, 64, 32, 32), 3, (4, 4), stride=(2, 2), pad=(1, 1)),
    "up-3": deconvolution((4, 64, 28, 28), 64, (3, 3), pad=(1, 1)),
    "up-classes": deconvolution((1, 21, 16, 16), 21, (16, 16), stride=(8, 8), pad=(4, 4), num_group=21),
    "up-bilinear": deconvolution((1, 21, 34, 34), 21, (4, 4), stride=(2, 2), num_group=21),
    "up-line": deconvolution((8, 64, 200), 32, (4,), stride=(2,), pad=(1,)),
    "up-volume": deconvolution((1, 32, 8, 14, 14), 16, (2, 2, 2), stride=(2, 2, 2)),
}
