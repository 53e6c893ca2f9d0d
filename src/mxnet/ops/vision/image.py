"""Images as arrays (height, width, channels): conversion, geometry, and random changes of colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.tools.device import generator_of
from mxnet.ops.tools.interpolation import resize
from mxnet.ops.tools.shapes import same_shape

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_LUMA = (0.299, 0.587, 0.114)
"""How bright red, green and blue are (ITU-R BT.601)."""

_PRINCIPAL = (
    (55.46 * -0.5675, 4.794 * 0.7192, 1.148 * 0.4009),
    (55.46 * -0.5808, 4.794 * -0.0045, 1.148 * -0.8140),
    (55.46 * -0.5836, 4.794 * -0.6948, 1.148 * 0.4203),
)
"""The principal components of the colours of ImageNet, scaled (Krizhevsky et al., 2012): a row per colour."""


def _expect(op: Op, shape: Shape | None, layouts: Sequence[str], channels: Sequence[int] = ()) -> None:
    """Raise if images are not of these layouts, or have another number of channels."""
    if shape is None:
        return
    layout = next((each for each in layouts if len(each) == len(shape)), None)
    if layout is None:
        raise ShapeError(f"{op.name}: expected images of shape {' or '.join(layouts)}, but got {shape}.")
    number = shape[layout.index("C")]
    if channels and number is not None and number not in channels:
        allowed = " or ".join(map(str, channels))
        raise ShapeError(f"{op.name}: expected images of {allowed} channels ({layout}), but got {shape}.")


class _SameShape(Op):
    """What operators share that change single images, each into one of the same shape."""

    inputs = {"data": "An image (height, width, channels)."}
    channels: ClassVar[tuple[int, ...]] = ()

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        _expect(self, s.data, ("HWC",), self.channels)
        return same_shape(self, s)


# ------------------------------------------------------------------------------------------------- conversion


class ToTensor(Op, name="_image_to_tensor"):
    """Converts images with numbers from 0 to 255 to the layout and the range of networks: from 0 to 1.

    Shapes: data (height, width, channels) or (batch, height, width, channels); in the output, which is
    float32, the channels come before height and width. MXNet operator ``image.to_tensor``.
    """

    example = 'mx.nd.ones((4, 5, 3), dtype="uint8")'
    inputs = {"data": "Images."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        _expect(self, s.data, ("HWC", "NHWC"))
        if not is_complete(s.data):
            return {}
        return {"output": (*s.data[:-3], s.data[-1], *s.data[-3:-1])}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {} if t.data is None else {"output": "float32"}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.movedim(-1, -3).float() / 255

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return (grad.movedim(-3, -1) / 255).to(data.dtype)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        axes = [*range(data.rank - 3), data.rank - 1, data.rank - 3, data.rank - 2]
        return to.Transpose(data.as_type("float32") / 255.0, perm=axes)


class Normalize(Op, name="_image_normalize"):
    """Subtracts a mean from each channel and divides by a standard deviation.

    Shapes: data and output (channels, height, width) or (batch, channels, height, width), with 1 or 3
    channels; one number counts for all channels. MXNet operator ``image.normalize``, which refuses its own
    defaults.
    """

    example = "mx.nd.ones((3, 2, 2)) | mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)"
    inputs = {"data": "Images, channels first."}
    mean: tuple[float, ...] = param(default=(0.0, 0.0, 0.0, 0.0), doc="The mean of each channel.")
    std: tuple[float, ...] = param(
        default=(1.0, 1.0, 1.0, 1.0), doc="The standard deviation of each channel."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        _expect(self, s.data, ("CHW", "NCHW"), (1, 3))
        channels = None if s.data is None else s.data[-3]
        for name in ("mean", "std"):
            numbers = getattr(self, name)
            if channels and len(numbers) not in (1, channels) and numbers != self.params[name].default:
                raise ShapeError(f"{self.name}: {name}={numbers} does not fit {channels} channels.")
        return same_shape(self, s)

    def _per_channel(self, numbers: tuple[float, ...], data: Tensor | Like) -> Tensor:
        dtype = data.dtype if data.dtype.is_floating_point else torch.float32
        return torch.tensor(numbers[: data.shape[-3]], dtype=dtype).view(-1, 1, 1)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        mean, std = (self._per_channel(each, data).to(data.device) for each in (self.mean, self.std))
        return ((data - mean) / std).to(data.dtype)

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return (grad / self._per_channel(self.std, data).to(grad.device)).to(data.dtype)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        dtype = data.dtype if data.is_real else "float32"
        channels = data.extent(-3)
        mean, std = (
            to.constant(np.asarray(each[:channels], dtype).reshape(-1, 1, 1))
            for each in (self.mean, self.std)
        )
        return ((data.as_type(dtype) - mean) / std).as_type(data.dtype)


# --------------------------------------------------------------------------------------------------- geometry


class Resize(Op, name="_image_resize"):
    """Scales images to another size.

    Shapes: data (height, width, channels) or (batch, height, width, channels), output the same with the new
    size. A single number is the extent of both sides, or with `keep_ratio` of the shorter one. Integers are
    rounded. MXNet operator ``image.resize``.
    """

    example = 'mx.nd.ones((6, 8, 3), dtype="uint8") | size=(4, 3)'
    inputs = {"data": "Images."}
    size: tuple[int, ...] = param(default=(), doc="The new size: (width, height), or one number.")
    keep_ratio: bool = param(default=False, doc="Whether the sides keep their ratio.")
    interp: int = param(
        default=1, doc="Interpolation: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos over 8 x 8."
    )

    def _target(self, height: int | None, width: int | None) -> tuple[int | None, int | None]:
        if len(self.size) not in (1, 2) or min(self.size) < 1:
            raise ParameterError(f"{self.name}: size={self.size} must be one or two positive numbers.")
        if len(self.size) == 2 or not self.keep_ratio:
            return self.size[-1], self.size[0]
        if height is None or width is None:
            return None, None
        shorter = max(min(height, width), 1)
        return height * self.size[0] // shorter, width * self.size[0] // shorter

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        target = self._target(None, None)
        _expect(self, s.data, ("HWC", "NHWC"))
        if s.data is None:
            return {}
        target = self._target(*s.data[-3:-1])
        return {"output": (*s.data[:-3], *target, s.data[-1])}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        height, width = self._target(*data.shape[-3:-1])
        assert height is not None
        assert width is not None
        return resize(data, height, width, self.interp, self.name)


class Crop(Op, name="_image_crop"):
    """Cuts a window out of images.

    Shapes: data (height, width, channels) or (batch, height, width, channels), output the same with the size
    of the window. MXNet operator ``image.crop``.
    """

    example = 'mx.nd.ones((6, 8, 3), dtype="uint8") | x=1, y=2, width=4, height=3'
    inputs = {"data": "Images."}
    x: int = param(doc="Left edge of the window.")
    y: int = param(doc="Upper edge of the window.")
    width: int = param(doc="Width of the window.")
    height: int = param(doc="Height of the window.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        _expect(self, s.data, ("HWC", "NHWC"))
        if s.data is None:
            return {}
        sides = (("y", "height", s.data[-3]), ("x", "width", s.data[-2]))
        for begin, size, extent in sides:
            first, count = getattr(self, begin), getattr(self, size)
            if first < 0 or count < 1 or (extent is not None and first + count > extent):
                raise ShapeError(
                    f"{self.name}: the window of {size} {count} at {begin}={first} does not lie within "
                    f"images of shape {s.data}."
                )
        return {"output": (*s.data[:-3], self.height, self.width, s.data[-1])}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data[..., self.y : self.y + self.height, self.x : self.x + self.width, :]

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        right = data.shape[-2] - self.x - self.width
        return F.pad(grad, (0, 0, self.x, right, self.y, data.shape[-3] - self.y - self.height))

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        begins, sizes = (self.y, self.x), (self.height, self.width)
        ends = [begin + size for begin, size in zip(begins, sizes, strict=True)]
        return to.Slice(data, begins, ends, [data.rank - 3, data.rank - 2])


class _Flip(_SameShape):
    """What operators share that mirror an image along an axis."""

    axis: ClassVar[int]

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.flip(self.axis)

    def backward(self, run: Run, grad: Tensor) -> Tensor:
        return grad.flip(self.axis)


class FlipLeftRight(_Flip, name="_image_flip_left_right"):
    """Mirrors an image, left to right.

    Shapes: data and output (height, width, channels). MXNet operator ``image.flip_left_right``.
    """

    example = "[[[1, 2, 3], [4, 5, 6]]]"
    axis = 1


class FlipTopBottom(_Flip, name="_image_flip_top_bottom"):
    """Mirrors an image, top to bottom.

    Shapes: data and output (height, width, channels). MXNet operator ``image.flip_top_bottom``.
    """

    example = "[[[1, 2, 3]], [[4, 5, 6]]]"
    axis = 0


class _RandomFlip(_SameShape):
    """What operators share that mirror an image or leave it, each half of the times."""

    example = "mx.nd.ones((4, 4, 3))"
    axis: ClassVar[int]
    pure = False

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.flip(self.axis) if _draw(run, 0, 1) < 0.5 else data.clone()


class RandomFlipLeftRight(_RandomFlip, name="_image_random_flip_left_right"):
    """Mirrors an image, left to right, or leaves it, each half of the times.

    Shapes: data and output (height, width, channels). MXNet operator ``image.random_flip_left_right``.
    """

    axis = 1


class RandomFlipTopBottom(_RandomFlip, name="_image_random_flip_top_bottom"):
    """Mirrors an image, top to bottom, or leaves it, each half of the times.

    Shapes: data and output (height, width, channels). MXNet operator ``image.random_flip_top_bottom``.
    """

    axis = 0


# ----------------------------------------------------------------------------------------------------- colour


def _draw(run: Run, low: float, high: float) -> float:
    generator = generator_of(run.context)
    return low + (high - low) * float(
        torch.rand((), generator=generator, dtype=torch.float32, device=generator.device)
    )


def _back_to(numbers: Tensor, data: Tensor) -> Tensor:
    """Cut off fractions where the image has integers; those of 8 bits saturate."""
    if data.dtype == torch.uint8:
        numbers = numbers.clamp(0, 255)
    return numbers.to(data.dtype)


def _grey(image: Tensor) -> Tensor:
    return image @ image.new_tensor(_LUMA).unsqueeze(1) if image.shape[-1] == 3 else image


def _brighten(image: Tensor, factor: float) -> Tensor:
    return image * factor


def _contrast(image: Tensor, factor: float) -> Tensor:
    return torch.lerp(_grey(image).mean(), image, factor)


def _saturate(image: Tensor, factor: float) -> Tensor:
    if image.shape[-1] == 1:
        return image
    grey = image[..., 2:] * _LUMA[2]  # MXNet forgets red and green
    return torch.lerp(grey.expand_as(image), image, factor)


def _turn_hue(image: Tensor, turn: float) -> Tensor:
    """Move all colours around the colour circle; how bright and how saturated they are stays."""
    if image.shape[-1] == 1:
        return image
    high, low = image.amax(-1, keepdim=True), image.amin(-1, keepdim=True)
    spread = high - low
    red, green, blue = image.chunk(3, -1)
    sextant = torch.where(
        high == red,
        (green - blue) / spread,
        torch.where(high == green, 2 + (blue - red) / spread, 4 + (red - green) / spread),
    )
    sextants = sextant.nan_to_num(0.0) + 6 * turn + sextant.new_tensor((0.0, -2.0, -4.0))
    distance = torch.remainder(sextants + 3, 6) - 3  # of each primary colour, from the hue
    return low + spread * (2 - distance.abs()).clamp(0, 1)


class _Recolour(_SameShape):
    """What operators share that change the colours of an image."""

    channels = (1, 3)

    recolour: ClassVar[Callable[..., Tensor]]
    """The change, as ``recolour(run, image)``; the image has floating-point numbers."""

    def forward(self, run: Run, data: Tensor) -> Tensor:
        image = data if data.dtype == torch.float64 else data.float()
        return _back_to(self.recolour(run, image), data)


class _ByFactor(_Recolour):
    """What operators share that change colours by a factor between two limits."""

    example = "mx.nd.ones((4, 4, 3)) | min_factor=0.5, max_factor=1.5"
    pure = False
    change: Callable[[Tensor, float], Tensor]
    min_factor: float = param(ge=0, doc="Lower limit of the factor.")
    max_factor: float = param(ge=0, doc="Upper limit of the factor.")

    def recolour(self, run: Run, image: Tensor) -> Tensor:
        return self.change(image, _draw(run, self.min_factor, self.max_factor))


class RandomBrightness(_ByFactor, name="_image_random_brightness"):
    """Multiplies an image by a random factor between two limits.

    Shapes: data and output (height, width, channels). MXNet operator ``image.random_brightness``.
    """

    change = staticmethod(_brighten)


class RandomContrast(_ByFactor, name="_image_random_contrast"):
    """Moves an image away from its mean brightness (or towards it), by a random factor between two limits.

    Shapes: data and output (height, width, channels). MXNet operator ``image.random_contrast``.
    """

    change = staticmethod(_contrast)


class RandomSaturation(_ByFactor, name="_image_random_saturation"):
    """Moves an image away from its grey version (or towards it), by a random factor between two limits.

    Shapes: data and output (height, width, channels). The grey version shows only how blue the image is, as
    in MXNet, whose operator this is: ``image.random_saturation``.
    """

    change = staticmethod(_saturate)


class RandomHue(_ByFactor, name="_image_random_hue"):
    """Turns colours around the colour circle, by a random share of it between two limits.

    Shapes: data and output (height, width, channels). MXNet operator ``image.random_hue``.
    """

    change = staticmethod(_turn_hue)


class RandomColorJitter(_Recolour, name="_image_random_color_jitter"):
    """Changes brightness, contrast, saturation and hue at random, in random order.

    Shapes: data and output (height, width, channels). The first three factors are within 1 plus or minus what
    is given, the hue turns by at most that share of the circle. MXNet operator ``image.random_color_jitter``.
    """

    example = "mx.nd.ones((4, 4, 3)) | brightness=0.5, contrast=0.5, saturation=0.5, hue=0.5"
    pure = False
    brightness: float = param(doc="How much the brightness may change.")
    contrast: float = param(doc="How much the contrast may change.")
    saturation: float = param(doc="How much the saturation may change.")
    hue: float = param(doc="How much the hue may change.")

    def recolour(self, run: Run, image: Tensor) -> Tensor:
        generator = generator_of(run.context)
        changes = (
            (_brighten, 1, self.brightness),
            (_contrast, 1, self.contrast),
            (_saturate, 1, self.saturation),
            (_turn_hue, 0, self.hue),
        )
        for i in torch.randperm(len(changes), generator=generator, device=generator.device).tolist():
            change, middle, most = changes[i]
            if most > 0:
                image = change(image, _draw(run, middle - most, middle + most))
        return image


class AdjustLighting(_Recolour, name="_image_adjust_lighting"):
    """Adds multiples of the principal components of the colours of ImageNet.

    Shapes: data and output (height, width, channels); grey images stay as they are. Krizhevsky et al.,
    *ImageNet Classification with Deep Convolutional Neural Networks*, 2012. MXNet operator
    ``image.adjust_lighting``.
    """

    example = "mx.nd.ones((4, 4, 3)) | alpha=(0.01, 0.02, 0.03)"
    alpha: tuple[float, ...] = param(doc="The factors of the three components.")

    def validate(self) -> None:
        if len(self.alpha) != 3:
            raise ParameterError(f"{self.name}: alpha={self.alpha} must be three numbers.")

    def recolour(self, run: Run, image: Tensor) -> Tensor:
        return _light(image, self.alpha)


class RandomLighting(_Recolour, name="_image_random_lighting"):
    """Adds random multiples of the principal components of the colours of ImageNet.

    Shapes and source as :class:`AdjustLighting`; the factors are normally distributed. MXNet operator
    ``image.random_lighting``.
    """

    example = "mx.nd.ones((4, 4, 3))"
    pure = False
    alpha_std: float = param(default=0.05, doc="Standard deviation of the factors.")

    def recolour(self, run: Run, image: Tensor) -> Tensor:
        generator = generator_of(run.context)
        normal = torch.randn(3, generator=generator, dtype=torch.float32, device=generator.device)
        return _light(image, (normal * self.alpha_std).tolist())


def _light(image: Tensor, alpha: Sequence[float]) -> Tensor:
    if image.shape[-1] == 1:
        return image
    return image + image.new_tensor(
        [sum(p * a for p, a in zip(row, alpha, strict=True)) for row in _PRINCIPAL]
    )
