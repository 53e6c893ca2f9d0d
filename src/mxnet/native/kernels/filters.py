"""What convolutions with the channels first do beside sums of windows: turn filters, add up parts of them."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, f32, kernel


@kernel
def turn_filters(a: Words) -> None:
    """Copy filters (group, filter, channel, element) so that channels come before filters.

    Some elements of all filters are a part, and parts lie one after another. Words: source, target, groups,
    filters, channels, elements, from which channel of all to before which; how many parts there are and, for
    each, how many elements it has, and these.
    """
    s, t, filters, channels, size = f32(a[0]), f32(a[1]), a[3], a[4], a[5]
    at, start = 9, 0
    for _ in range(a[8]):
        count = a[at]
        for u in range(a[6], a[7]):
            g, c = u // channels, u % channels
            for f in range(filters):
                source = ((g * filters + f) * channels + c) * size
                target = start + (u * filters + f) * count
                for k in range(count):
                    t[target + k] = s[source + a[at + 1 + k]]
        start += a[2] * channels * filters * count
        at += 1 + count


@kernel
def add_filters(a: Words) -> None:
    """Add up filters of several parts, which have more elements than are wanted.

    Words: parts, result, how many parts there are, numbers of each, elements of a filter there, and here,
    from which filter to before which.
    """
    s, t = f32(a[0]), f32(a[1])
    for f in range(a[6], a[7]):
        for k in range(a[5]):
            t[f * a[5] + k] = s[f * a[4] + k]
        for part in range(1, a[2]):
            for k in range(a[5]):
                t[f * a[5] + k] += s[part * a[3] + f * a[4] + k]


@kernel
def sum_planes(a: Words) -> None:
    """Add up the pixels of each channel of all images.

    Words: images, sums, how many images, channels and pixels there are, from which channel to before which.
    """
    s, t, n = f32(a[0]), f32(a[1]), a[4]
    for c in range(a[5], a[6]):
        total = np.float32(0)
        for i in range(a[2]):
            at = (i * a[3] + c) * n
            part = np.float32(0)
            for x in range(n):
                part += s[at + x]
            total += part
        t[c] = total
