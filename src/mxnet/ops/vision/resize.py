"""Operators that change the extents of images: upsampling, resizing, adaptive pooling, padding, cropping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.dtype import number_as
from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.ir.param import MANY
from mxnet.lazy import F, torch
from mxnet.ops.tools.expect import expect_real
from mxnet.ops.tools.onnx_graph import Open, fixed
from mxnet.ops.tools.shapes import dtype_of_first_input

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


def _expect_images(operator: str, shape: Sequence[int | None]) -> None:
    if len(shape) != 4:
        raise ShapeError(f"{operator}: expected images (batch, channels, height, width), but got {shape}.")


class UpSampling(Op, name="UpSampling"):
    """Makes images `scale` times as high and wide.

    ``nearest`` repeats elements. It takes several inputs, brings them to the size that the first one gets,
    and concatenates their channels or adds them up. ``bilinear`` takes one input and a weight (channels, 1,
    k, k) with ``k = 2 scale - scale % 2``, by which it deconvolves each channel; initialised as MXNet does
    it, this interpolates.

    Shapes: data (batch, channels, height, width), output (batch, channels, scale height, scale width).
    """

    example = 'mx.nd.ones((1, 2, 3, 4)) | scale=2, sample_type="nearest", num_args=1'
    inputs = {"data": "Images.", "weight": "Weight of the bilinear interpolation."}
    initializers = {"weight": '["bilinear", {}]'}
    learned = ("weight",)
    variadic = "num_args"
    scale: int = param(ge=1, doc="How many times the images grow.")
    num_filter: int = param(default=0, ge=0, doc="Number of channels; has no effect, the data tells.")
    sample_type: str = param(choices=("bilinear", "nearest"), doc="How the new elements are found.")
    multi_input_mode: str = param(
        default="concat", choices=("concat", "sum"), doc="What becomes of several inputs."
    )
    num_args: int = param(ge=1, le=MANY, doc="Number of inputs of ``nearest``.")
    workspace: int = param(default=512, ge=0, doc="Has no effect.")

    infer_dtype = dtype_of_first_input

    def input_names(self) -> tuple[str, ...]:
        return tuple(self.inputs) if self.sample_type == "bilinear" else super().input_names()

    def _check_beside(self, first: Shape, other: Shape) -> None:
        """Refuse an input that cannot be brought to the size that the first one is brought to."""
        _expect_images(self.name, other)
        if None not in (first[0], other[0]) and first[0] != other[0]:
            raise ShapeError(f"UpSampling: inputs of {first[0]} and {other[0]} images do not go together.")
        for name, extent, part in zip(("height", "width"), first[2:], other[2:], strict=True):
            if extent is not None and part and extent * self.scale % part:
                raise ShapeError(
                    f"UpSampling: an input of {name} {part} does not divide {extent * self.scale}."
                )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        first = s.ins[0]
        if first is None:
            return {}
        _expect_images(self.name, first)
        height, width = (None if extent is None else extent * self.scale for extent in first[2:])
        if self.sample_type == "bilinear":
            if not is_complete(first):
                return {}
            return {
                "weight": (first[1], 1, self._window, self._window),
                "output": (*first[:2], height, width),
            }
        for shape in s.ins:
            if shape is not None:
                self._check_beside(first, shape)
        channels = [None if shape is None else shape[1] for shape in s.ins]
        if self.multi_input_mode == "sum":
            if len({*channels} - {None}) > 1:
                raise ShapeError(f"UpSampling: inputs to be added up have different channels: {channels}.")
            total = first[1]
        else:
            total = None if None in channels else sum(channels)
        return {"output": (first[0], total, height, width)}

    @property
    def _window(self) -> int:
        return 2 * self.scale - self.scale % 2

    def _interpolation(self, channels: int) -> tuple[Any, ...]:
        """Return the arguments that make ``torch.convolution`` interpolate."""
        scale, pad = (self.scale,) * 2, (self.scale // 2,) * 2
        return scale, pad, (1, 1), True, (0, 0), channels

    def forward(self, run: Run, *images: Tensor) -> Tensor:
        if self.sample_type == "bilinear":
            data, weight = images
            return torch.convolution(data, weight, None, *self._interpolation(data.shape[1]))
        size = [extent * self.scale for extent in images[0].shape[2:]]
        grown = [F.interpolate(image, size) for image in images]
        return sum(grown[1:], grown[0]) if self.multi_input_mode == "sum" else torch.cat(grown, 1)

    def backward(self, run: Run, grad: Tensor, ins: tuple[Tensor, ...]) -> Sequence[Tensor | None]:
        if self.sample_type == "bilinear":
            wanted = ["data" in run.wants, "weight" in run.wants, False]
            channels = ins[0].shape[1]
            into_both: tuple[Tensor | None, ...] = torch.ops.aten.convolution_backward(
                grad, *ins, None, *self._interpolation(channels), wanted
            )
            return into_both
        parts: Sequence[Tensor] = [grad] * len(ins)
        if self.multi_input_mode == "concat":
            parts = torch.split_with_sizes(grad, [image.shape[1] for image in ins], 1)
        return [_sum_blocks(part, image.shape) for part, image in zip(parts, ins, strict=True)]

    def onnx(self, to: OnnxGraph, *images: Value) -> Value:
        if self.sample_type == "bilinear":
            data, weight = images
            _, pad, *_ = self._interpolation(0)
            return to.ConvTranspose(
                data,
                weight,
                strides=[self.scale] * 2,
                pads=pad * 2,
                group=data.extent(1),
                kernel_shape=[self._window] * 2,
            )
        first = [extent * self.scale for extent in images[0].fixed_shape[2:]] if len(images) > 1 else []
        grown = []
        for image in images:
            factors = (
                [whole / part for whole, part in zip(first, image.fixed_shape[2:], strict=True)]
                if first
                else [self.scale] * 2
            )
            scales = to.constant(np.asarray([1, 1, *factors], "float32"))
            grown.append(
                to.Resize(
                    image,
                    None,
                    scales,
                    mode="nearest",
                    nearest_mode="floor",
                    coordinate_transformation_mode="asymmetric",
                )
            )
        if len(grown) == 1:
            return grown[0]
        return to.Sum(*grown) if self.multi_input_mode == "sum" else to.Concat(*grown, axis=1)

    def as_torch(self, *images: str) -> str | None:
        if len(images) > 1 or self.sample_type != "nearest":
            return None
        return f"F.interpolate({images[0]}, scale_factor={self.scale})"


def _sum_blocks(grad: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the sums over the equal blocks that divide the gradient into that shape."""
    batch, channels, height, width = shape
    blocks = grad.reshape(batch, channels, height, grad.shape[2] // height, width, grad.shape[3] // width)
    return blocks.sum((3, 5))


class BilinearResize2D(Op, name="_contrib_BilinearResize2D"):
    """Resizes images by bilinear interpolation.

    Shapes: data (batch, channels, height, width), output (batch, channels, *size); with ``mode="like"`` the
    second input has the height and width of the output.
    """

    example = "mx.nd.ones((1, 2, 3, 4)) | height=6, width=8"
    inputs = {"data": "Images.", "like": "What has the height and width of the output."}
    height: int = param(default=1, ge=1, doc="Height of the output of mode 'size'.")
    width: int = param(default=1, ge=1, doc="Width of the output of mode 'size'.")
    scale_height: float | None = param(default=None, doc="What the height is multiplied with, instead.")
    scale_width: float | None = param(default=None, doc="What the width is multiplied with, instead.")
    mode: str = param(
        default="size",
        choices=("like", "odd_scale", "size", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"),
        doc="What the size is: given, scaled (odd stays odd with odd_scale), or the next even or odd one.",
    )
    align_corners: bool = param(default=True, doc="Whether the outermost elements stay where they are.")

    def validate(self) -> None:
        scaled = self.mode == "odd_scale" or (self.mode == "size" and self.scale_height is not None)
        if scaled and (self.scale_height is None or self.scale_width is None):
            raise ParameterError(f"{self.name}: scale_height and scale_width must both be given.")

    def input_names(self) -> tuple[str, ...]:
        return ("data", "like") if self.mode == "like" else ("data",)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        for shape in s.ins:
            if shape is not None:
                _expect_images(self.name, shape)
        if not is_complete(s.data) or (self.mode == "like" and s.like is None):
            return {}
        return {"output": (*s.data[:2], *self._size(s.data[2:], s.like[2:] if self.mode == "like" else ()))}

    def _size(self, extents: Sequence[int], like: Sequence[int]) -> Sequence[int]:
        """Return the height and width of the output."""
        scales = (self.scale_height, self.scale_width)
        if self.mode == "like":
            return like
        if self.mode == "size" and self.scale_height is None:
            return self.height, self.width
        if self.mode in ("size", "odd_scale"):
            odd = [extent % 2 if self.mode == "odd_scale" else 0 for extent in extents]
            # MXNet multiplies in single precision.
            size = [
                int(np.float32(n - o) * np.float32(f)) + o
                for n, o, f in zip(extents, odd, scales, strict=True)
            ]
        else:
            _, parity, direction = self.mode.split("_")
            step = 1 if direction == "up" else -1
            size = [n if n % 2 == (parity == "odd") else n + step for n in extents]
        if min(size) < 1:
            raise ShapeError(f"{self.name}: nothing is left of images of {tuple(extents)}: {tuple(size)}.")
        return size

    def forward(self, run: Run, data: Tensor, like: Like | None = None) -> Tensor:
        expect_real(self, data)
        size = self._size(data.shape[2:], () if like is None else like.shape[2:])
        for axis, extent in zip((2, 3), size, strict=True):
            if extent == 1:  # torch would read the middle of the image
                data = data.narrow(axis, 0, 1)
        return F.interpolate(data, tuple(size), mode="bilinear", align_corners=self.align_corners)

    def onnx(self, to: OnnxGraph, data: Value, like: Value | None = None) -> Value:
        corners = "align_corners" if self.align_corners else "pytorch_half_pixel"
        sizes = to.shape_of(to.outs[0][1])
        return to.Resize(data, None, None, sizes, mode="linear", coordinate_transformation_mode=corners)


class AdaptiveAvgPooling2D(Op, name="_contrib_AdaptiveAvgPooling2D"):
    """Divides images into as many windows as there are elements in the output, and keeps the mean of each.

    Shapes: data (batch, channels, height, width), output (batch, channels, *output_size). Windows share the
    elements on their borders.
    """

    example = "mx.nd.arange(16).reshape((1, 1, 4, 4)) | output_size=(2, 2)"
    output_size: tuple[int, ...] = param(
        default=(), doc="Height and width of the output, or one number for both."
    )

    def validate(self) -> None:
        if any(extent < 1 for extent in self._size):
            raise ParameterError(f"{self.name}: output_size={self.output_size} must be positive.")

    @property
    def _size(self) -> tuple[int, ...]:
        """The height and width of the output; as in MXNet, 1 unless one or two numbers are given."""
        if len(self.output_size) not in (1, 2):
            return 1, 1
        return self.output_size if len(self.output_size) == 2 else self.output_size * 2

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is not None:
            _expect_images(self.name, s.data)
        return {"output": (*s.data[:2], *self._size)} if is_complete(s.data) else {}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        expect_real(self, data)
        return F.adaptive_avg_pool2d(data, list(self._size))  # type: ignore[arg-type]

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        if self._size == (1, 1):
            return to.GlobalAveragePool(data)
        below, beside = (
            to.constant(_means(data.extent(axis), size).astype(data.dtype))
            for axis, size in zip((2, 3), self._size, strict=True)
        )
        return to.MatMul(to.MatMul(below, data), to.transposed(beside))


def _means(extent: int, windows: int) -> np.ndarray[Any, Any]:
    """Return the matrix (windows, extent) that takes the mean of each window, sharing borders."""
    number, element = np.arange(windows)[:, None], np.arange(extent)
    begin, end = number * extent // windows, -(-(number + 1) * extent // windows)
    inside = (element >= begin) & (element < end)
    return inside / (end - begin)


_TORCH_PADDING = {"edge": "replicate", "reflect": "reflect", "constant": "constant"}


class Pad(Op, name="Pad", aliases=("pad",)):
    """Surrounds images or volumes with a constant, their outermost elements, or their mirror image.

    Shapes: data (batch, channels, *space) with two or three axes of space; the output has more along these.
    """

    example = 'mx.nd.ones((1, 1, 2, 3)) | mode="constant", pad_width=(0, 0, 0, 0, 1, 1, 2, 2)'
    mode: str = param(choices=("constant", "edge", "reflect"), doc="What is put around.")
    pad_width: tuple[int, ...] = param(
        doc="Two numbers for each axis, before and after: (0, 0, 0, 0, top, bottom, left, right)."
    )
    constant_value: float = param(default=0.0, doc="What ``constant`` puts around.")

    def validate(self) -> None:
        if any(width < 0 for width in self.pad_width) or any(self.pad_width[:4]):
            raise ParameterError(
                f"Pad: pad_width={self.pad_width} must not be negative, and 0 for the first two axes."
            )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if len(s.data) not in (4, 5):
            raise ShapeError(f"Pad: expected data of 4 or 5 dimensions, but got {len(s.data)}: {s.data}.")
        if len(self.pad_width) != 2 * len(s.data):
            raise ShapeError(
                f"Pad: pad_width={self.pad_width} must have two numbers for each axis of data {s.data}."
            )
        widths = list(zip(self.pad_width[::2], self.pad_width[1::2], strict=True))
        for extent, pair in zip(s.data, widths, strict=True):
            if self.mode == "reflect" and extent is not None and max(pair) >= max(extent, 1):
                raise ShapeError(f"Pad: cannot reflect data {s.data} over pad_width={self.pad_width}.")
        padded = (
            None if extent is None else extent + sum(pair)
            for extent, pair in zip(s.data, widths, strict=True)
        )
        return {"output": tuple(padded)}

    @property
    def _margins(self) -> list[int]:
        """The widths in torch's order, the last axis first."""
        pairs = zip(self.pad_width[::2], self.pad_width[1::2], strict=True)
        return [width for pair in reversed(list(pairs)[2:]) for width in pair]

    def forward(self, run: Run, data: Tensor) -> Tensor:
        value = number_as(self.constant_value, data.dtype) if self.mode == "constant" else None
        return F.pad(data, self._margins, _TORCH_PADDING[self.mode], value)

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        margins = self._margins
        if self.mode == "constant":
            return F.pad(grad, [-margin for margin in margins])
        kind = {"edge": "replication", "reflect": "reflection"}[self.mode]
        kernel = getattr(torch.ops.aten, f"{kind}_pad{len(margins) // 2}d_backward")
        back: Tensor = kernel(grad, grad.new_empty(()).expand(data.shape), margins)
        return back

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        widths = [*self.pad_width[::2], *self.pad_width[1::2]]
        number = to.value(self.constant_value, data.dtype) if self.mode == "constant" else None
        return to.Pad(data, widths, number, mode=self.mode)


class Crop(Op, name="Crop"):
    """Cuts a window out of images: of the size `h_w`, or of the height and width of a second input.

    Shapes: data (batch, channels, height, width), output (batch, channels, *window). Deprecated in MXNet in
    favour of slice.
    """

    example = "mx.nd.ones((1, 2, 6, 6)); mx.nd.ones((1, 3, 4, 4)) | num_args=2"
    inputs = {"data": "Images.", "crop_like": "What has the height and width of the window."}
    variadic = "num_args"
    num_args: int = param(ge=1, le=2, doc="Number of inputs: 1, or 2 to crop like the second.")
    offset: tuple[int, ...] = param(default=(0, 0), doc="Where the window begins: (y, x).")
    h_w: tuple[int, ...] = param(default=(0, 0), doc="Height and width of the window.")
    center_crop: bool = param(
        default=False, doc="Whether the window is in the middle; the offset is then ignored."
    )

    def validate(self) -> None:
        if len(self.offset) != 2 or len(self.h_w) != 2:
            raise ParameterError(
                f"Crop: offset {self.offset} and h_w {self.h_w} must be (y, x) and (height, width)."
            )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        data = s.ins[0]
        if data is None:
            return {}
        _expect_images(self.name, data)
        window: Sequence[int | None] = self.h_w
        if self.num_args == 2:
            if s.ins[1] is None:
                return {}
            _expect_images(self.name, s.ins[1])
            window = s.ins[1][2:]
        begins = (0, 0) if self.center_crop else self.offset
        for extent, begin, size in zip(data[2:], begins, window, strict=True):
            if begin < 0 or (
                size is not None and (size < 1 or (extent is not None and begin + size > extent))
            ):
                raise ShapeError(
                    f"Crop: the window {tuple(window)} at {begins} does not lie within images of {data[2:]}."
                )
        return {"output": (*data[:2], *window)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        known = next((each for each in (*t.ins, *t.outs) if each is not None), "float32")
        return {"ins": (known,) * len(t.ins), "outs": (known,)}

    def _window(self, image: Sequence[int], like: Sequence[int]) -> tuple[slice, slice]:
        height, width = like[2:] or self.h_w
        top, left = self.offset
        if self.center_crop:
            top, left = (image[2] - height) // 2, (image[3] - width) // 2
        return slice(top, top + height), slice(left, left + width)

    def forward(self, run: Run, arg0: Tensor, arg1: Like | None = None) -> Tensor:
        rows, columns = self._window(arg0.shape, () if arg1 is None else arg1.shape)
        return arg0[:, :, rows, columns]

    def backward(
        self, run: Run, grad: Tensor, arg0: Like, arg1: Like | None = None
    ) -> tuple[Tensor | None, ...]:
        rows, columns = self._window(arg0.shape, () if arg1 is None else arg1.shape)
        margins = [columns.start, arg0.shape[3] - columns.stop, rows.start, arg0.shape[2] - rows.stop]
        return F.pad(grad, margins), None if arg1 is None else grad.new_zeros(arg1.shape)

    def onnx(self, to: OnnxGraph, arg0: Value, arg1: Value | None = None) -> Value:
        extents = to.outs[0][1][2:]
        begins: Any = self.offset
        if self.center_crop:
            begins = [(arg0.extent(2 + i) - fixed(each)) // 2 for i, each in enumerate(extents)]
        if any(isinstance(each, Open) for each in extents):
            return to.Slice(arg0, begins, to.shape_of(extents) + to.value(begins), [2, 3])
        return to.Slice(arg0, begins, [b + n for b, n in zip(begins, extents, strict=True)], [2, 3])
