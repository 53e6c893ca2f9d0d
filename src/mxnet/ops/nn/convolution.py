"""Convolution and its transpose, over one to three axes of space."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.errors import ShapeError
from mxnet.ir.memory import NEW, NOWHERE, Into, Memory
from mxnet.ir.op import Run, Slots, param
from mxnet.ir.types import CHANNELS_LAST
from mxnet.lazy import torch
from mxnet.ops.nn import channels_first as by_cost
from mxnet.ops.nn import direct, few_windows, pixels
from mxnet.ops.nn.activation import rectified_
from mxnet.ops.nn.channels_first import Way
from mxnet.ops.nn.convolution_costs import Part, multiplies, packs_panels
from mxnet.ops.nn.filters import sum_planes
from mxnet.ops.nn.sliding import Sliding
from mxnet.ops.tools.flops import of_filters, of_transposed_filters
from mxnet.ops.tools.in_rows import by_rows
from mxnet.ops.tools.layout import channels_first, channels_last, empty_last, lies_last, takes_native
from mxnet.ops.tools.shapes import dtype_of_first_input
from mxnet.ops.tools.torch_code import short
from mxnet.ops.tools.window import Windowed

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_NUM_FILTER = param(ge=1, doc="Number of filters, which is the number of channels of the output.")
_NUM_GROUP = param(default=1, ge=1, doc="Number of groups into which channels and filters are divided.")
_TUNE = param(default=None, choices=("None", "fastest", "limited_workspace", "off"), doc="Has no effect.")
_CUDNN_OFF = param(default=False, doc="Has no effect.")
_LAYOUT = (
    "Order of the axes of data, weight and output; channels first by default. The others work on GPUs only."
)

_LANES = 8  # float32 numbers in a register of AVX2

Pair = tuple[tuple[int, ...], tuple[int, ...]]


def is_last(run: Run, data: Tensor) -> bool:
    """Whether images have, and are to keep, their channels last; of one channel or pixel the graph tells."""
    return data.dim() == 4 and (
        any(each.layout == CHANNELS_LAST for each in (*run.ins, *run.outs))
        or (not data.is_contiguous() and lies_last(data))
    )


class _Filtering(Windowed):
    """What convolution and its transpose share."""

    cost = "much"
    flops = of_filters
    memory = NEW
    backward_memory = Memory("new", into=True, adds=("data", "weight", "bias"))

    inputs = {"data": "Input data.", "weight": "Filters.", "bias": "One number for each filter."}
    learned: ClassVar[tuple[str, ...]] = ("weight", "bias")
    transposed: ClassVar[bool]
    kernel: tuple[int, ...] = param(doc="Extents of the window: (w,), (h, w) or (d, h, w).")
    stride: tuple[int, ...] = param(default=(), doc="Step of the window along each axis; 1 by default.")
    dilate: tuple[int, ...] = param(
        default=(), doc="Distance of the window's elements along each axis; 1 by default."
    )
    pad: tuple[int, ...] = param(default=(), doc="Zeros added on either side of each axis; 0 by default.")
    num_filter: int
    num_group: int
    no_bias: bool

    infer_dtype = dtype_of_first_input

    def image_inputs(self) -> tuple[int, ...]:
        return () if len(self.kernel) != 2 or self.channels_last else (0,)

    @functools.cached_property
    def dilates(self) -> tuple[int, ...]:
        """The dilation, 1 where none is given."""
        return self.dilate or (1,) * len(self.kernel)

    @functools.cached_property
    def reach(self) -> tuple[int, ...]:
        """The extents of the window with its dilation."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilates, strict=True))

    @property
    def window(self) -> dict[str, Any]:
        """How the window moves, for kernels that are given it as it is."""
        return {
            "pads": self.pads,
            "strides": self.strides,
            "dilates": self.dilates,
            "num_group": self.num_group,
        }

    def check_groups(self, channels: int | None) -> None:
        """Raise if the channels or the filters cannot be divided into the groups."""
        for what, number in (("channels of the data", channels), ("filters", self.num_filter)):
            if number is not None and number % self.num_group:
                raise ShapeError(
                    f"{self.name}: {number} {what} cannot be divided into {self.num_group} groups."
                )

    def padding(self, space: tuple[int, ...]) -> Pair:
        """Return the padding, and what is added at the far end of the output, for data of these extents."""
        return self.pads, (0,) * len(self.kernel)

    def forward(self, run: Run, data: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        self.refuse_channels_last_on_cpu(run)
        return self.convolve(data, weight, bias, last=is_last(run, data))

    def convolve(
        self,
        data: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        *,
        last: bool = False,
        over: Tensor | None = None,
        relu: bool = False,
    ) -> Tensor:
        """Return the convolution itself.

        `last` if data and result have their channels last. It may be added to `over`, and ReLU applied.
        """
        data, weight = self.inward(data), self.inward(weight)
        if takes_native(data, weight, bias, over):
            sliding = self.sliding(tuple(data.shape))
            if self.is_of_pixels and not last and over is None and sliding.rows == len(data):
                result = pixels.convolve(data, weight, bias)
                return self.outward(rectified_(result) if relu else result)
            part: Part = "image" if self.transposed else "output"
            way = by_cost.way(sliding, part) if not last and over is None else None
            if way != "strips" and self._has_few_windows(sliding, weight):
                result = few_windows.convolve(sliding, data, weight, bias)
                result = result if over is None else over.add_(result)
                result = rectified_(result) if relu else result
                return self.outward(channels_last(result) if last else result)
            if way in by_cost.KERNELS:
                result = self._convolve_first(by_cost.KERNELS[way], sliding, data, weight, bias, relu=relu)
                return self.outward(result)
            if last and over is None and not self.transposed and packs_panels(sliding, part):
                result = empty_last((sliding.batch, sliding.filters, *sliding.places[1:]))
                direct.convolve(sliding, data, direct.in_panels(weight), bias, result, relu=relu)
                return self.outward(result)
            if (multiplies(sliding, part) if way is None else way == "product") and (
                over is None or lies_last(over)
            ):
                result = self._multiply(sliding, channels_last(data), channels_last(weight), bias, over, relu)
                return self.outward(result if last else channels_first(result))
        pads, adds = self.padding(tuple(data.shape[2:]))
        result = torch.convolution(
            data, channels_last(weight) if last else weight, bias,
            self.strides, pads, self.dilates, self.transposed, adds, self.num_group,
        )  # fmt: skip
        result = result if over is None else over.add_(result)
        return self.outward(rectified_(result) if relu else result)

    def _convolve_first(
        self,
        kernels: ModuleType,
        sliding: Sliding,
        data: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        *,
        relu: bool,
    ) -> Tensor:
        """Return the convolution by some kernels, of what has its channels first."""
        data, weight = data.contiguous(), weight.contiguous()
        bias = None if bias is None else bias.contiguous()
        space = -len(self.kernel)
        if not self.transposed:
            result = torch.empty(
                (sliding.batch, sliding.filters, *sliding.places[space:]), dtype=torch.float32
            )
            kernels.multiply(sliding, data, weight, bias, result, relu=relu)
            return result
        result = torch.empty((sliding.batch, sliding.channels, *sliding.extents[space:]), dtype=torch.float32)
        kernels.spread(sliding, data, weight, bias, result, relu=relu)
        return result

    def as_rows(self, to: Rows) -> None:
        self.multiply_in_rows(to)

    def multiply_in_rows(self, to: Rows, *, relu: bool = False) -> None:
        """Add the rows of the convolution of images that have their channels first."""
        part: Part = "image" if self.transposed else "output"
        sliding, (rule,) = self._rules(to, {part: True})
        arrays = to.data, to.weight, to.bias, to.output
        rule(to, sliding, *arrays, relu=relu)

    def backward_as_rows(self, to: Rows) -> None:
        part: Part = "output" if self.transposed else "image"
        wanted = {part: to.data_grad is not None, "filters": to.weight_grad is not None}
        sliding, rules = self._rules(to, wanted)
        if to.data_grad is not None:
            rules[0](to, sliding, to.grad, to.weight, None, to.data_grad)
        if to.weight_grad is not None:
            image, windows = (to.grad, to.data) if self.transposed else (to.data, to.grad)
            rules[-1](to, sliding, image, windows, to.weight_grad)
        if to.bias_grad is not None:
            sum_planes(to, to.grad, to.bias_grad)

    def _rules(self, to: Rows, wanted: Mapping[Part, bool]) -> tuple[Sliding, list[Callable[..., None]]]:
        """Return what says the rows of each part that is wanted; or decline."""
        sliding = self.sliding(to.data.shape)
        is_product = self.is_of_pixels and sliding.rows == sliding.batch
        has_few_windows = not self.transposed and few_windows.fits(sliding)
        if self.channels_last or is_product:
            to.decline()
        rules = []
        for part in (each for each, want in wanted.items() if want):
            way = by_cost.way(sliding, part)
            compute = getattr(by_cost.KERNELS.get(way), by_cost.COMPUTE[part], None)
            if not isinstance(compute, by_rows) or (has_few_windows and (part, way) != ("output", "strips")):
                to.decline()
            rules.append(compute.rows)
        return sliding, rules

    def _multiply(
        self,
        sliding: Sliding,
        data: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        over: Tensor | None,
        relu: bool,
    ) -> Tensor:
        """Return the convolution by native kernels, of what has its channels last."""
        space = -len(self.kernel)
        if not self.transposed:
            places = (sliding.batch, sliding.filters, *sliding.places[space:])
            result = empty_last(places) if over is None else over
            sliding.multiply(data, weight, bias, result, over, relu=relu)
            return result
        result = empty_last((sliding.batch, sliding.channels, *sliding.extents[space:]))
        sliding.spread(data, weight, result)
        return result if bias is None else result.add_(bias.view(-1, *(1,) * len(self.kernel)))

    def sliding(self, shape: tuple[int, ...]) -> Sliding:
        """Return how the filters slide over data of that shape, which has its channels second.

        Of a transposed convolution that is the one whose gradient it is: what slides does so over the output.
        """
        space = shape[2:]
        pads, adds = self.padding(space)
        windows = list(zip(self.kernel, self.strides, pads, self.dilates, strict=True))
        reach = zip(space, self.strides, pads, self.reach, adds, strict=True)
        if self.transposed:
            image = [s * (n - 1) + r - 2 * p + a for n, s, p, r, a in reach]
            return Sliding.over((shape[0], self.num_filter, *image), shape[1], self.num_group, windows, space)
        places = [(n + 2 * p - r) // s + 1 for n, s, p, r, _ in reach]
        return Sliding.over(shape, self.num_filter, self.num_group, windows, places)

    def backward(
        self, run: Run, grad: Tensor, data: Tensor, weight: Tensor, *, out: Mapping[str, Into] = NOWHERE
    ) -> tuple[Tensor | None, ...]:
        data, weight, grad = self.inward(data), self.inward(weight), self.inward(grad)
        last = is_last(run, data)
        wanted = [name in run.wants for name in ("data", "weight")]
        if not takes_native(grad, data, weight):
            into = self._backward_of_torch(grad, data, weight, wanted)
        elif self.is_of_pixels and not last and data.numel() == math.prod(data.shape[:2]):
            into = pixels.backward(grad, data, weight, wanted)
        else:
            into = self._backward_in_parts(grad, data, weight, wanted, last=last, out=out)
        into_data, into_weight = into
        into_bias = grad.sum((0, *range(2, grad.dim()))) if "bias" in run.wants else None
        return (
            self._placed(into_data, out.get("data"), last=last),
            self._placed(into_weight, out.get("weight")),
            self._placed(into_bias, out.get("bias")),
        )

    def _placed(self, made: Tensor | None, place: Into | None, *, last: bool = False) -> Tensor | None:
        """Return a gradient as users see it, or with the channels last, or write it where it belongs."""
        if made is None or (place is not None and made is place.tensor):
            return None
        if made.dim() > 1:
            if place is not None and not place.add and not self.channels_last:
                channels_first(made, place.tensor)
                return None
            made = self.outward(channels_last(made) if last else channels_first(made))
        if place is None:
            return made
        _ = place.tensor.add_(made) if place.add else place.tensor.copy_(made)
        return None

    @property
    def is_of_pixels(self) -> bool:
        """Whether the window is a pixel, and goes from each to the next."""
        return (
            not self.transposed
            and self.num_group == 1
            and {*self.kernel, *self.strides} == {1}
            and not any(self.pads)
        )

    def _has_few_windows(self, sliding: Sliding, weight: Tensor) -> bool:
        """Whether the filters are better left as they lie."""
        return not self.transposed and few_windows.fits(sliding) and weight.is_contiguous()

    def _backward_in_parts(
        self,
        grad: Tensor,
        data: Tensor,
        weight: Tensor,
        wanted: list[bool],
        *,
        last: bool,
        out: Mapping[str, Into] = NOWHERE,
    ) -> list[Tensor | None]:
        """Return the gradients that are wanted, each by the kernels that are the faster ones for it.

        Some write where they are told.
        """
        sliding = self.sliding(tuple(data.shape))
        if self._has_few_windows(sliding, weight):
            return few_windows.backward(sliding, grad, data, weight, wanted)
        parts: tuple[Part, Part] = ("output" if self.transposed else "image", "filters")
        ways = [
            self._way(sliding, part, last=last) if want else None
            for part, want in zip(parts, wanted, strict=True)
        ]
        into = self._backward_of_torch(grad, data, weight, [way == "torch" for way in ways])
        if not by_cost.KERNELS.keys().isdisjoint(ways):
            self._backward_channels_first(sliding, ways, (grad, data, weight), into, out)
        if "panels" in ways:
            into[0] = made = empty_last(data.shape)
            direct.spread(sliding, channels_last(grad), weight, made)
        if "product" in ways:
            data, grad = channels_last(data), channels_last(grad)
        if ways[0] == "product":
            into[0] = made = empty_last(data.shape)
            if self.transposed:
                sliding.multiply(grad, channels_last(weight), None, made)
            else:
                sliding.spread(grad, channels_last(weight), made)
        if ways[1] == "product":
            into[1] = made = empty_last(weight.shape)
            image, windows = (grad, data) if self.transposed else (data, grad)
            sliding.collect(image, windows, made)
        return into

    def _way(self, sliding: Sliding, part: Part, *, last: bool) -> Way:
        if not last:
            return by_cost.way(sliding, part)
        if part == "image" and not self.transposed and packs_panels(sliding, part):
            return "panels"
        return "product" if multiplies(sliding, part) else "torch"

    def _backward_channels_first(
        self,
        sliding: Sliding,
        ways: Sequence[Way | None],
        arrays: tuple[Tensor, Tensor, Tensor],
        into: list[Tensor | None],
        out: Mapping[str, Into],
    ) -> None:
        """Add the gradients to the list that are to be computed with the channels first."""
        grad, data, weight = (each.contiguous() for each in arrays)

        def target(name: str, like: Tensor) -> Tensor:
            place = out.get(name)
            if place is None or place.add or self.channels_last or not takes_native(place.tensor):
                return torch.empty(like.shape, dtype=torch.float32)
            return place.tensor if place.tensor.is_contiguous() else torch.empty_like(like)

        if ways[0] in by_cost.KERNELS:
            into[0] = made = target("data", data)
            kernels = by_cost.KERNELS[ways[0]]
            compute = kernels.multiply if self.transposed else kernels.spread
            compute(sliding, grad, weight, None, made)
        if ways[1] in by_cost.KERNELS:
            into[1] = made = target("weight", weight)
            image, windows = (grad, data) if self.transposed else (data, grad)
            by_cost.KERNELS[ways[1]].collect(sliding, image, windows, made)

    def _backward_of_torch(
        self, grad: Tensor, data: Tensor, weight: Tensor, wanted: list[bool]
    ) -> list[Tensor | None]:
        """Return the gradients of data and weight that are wanted."""
        if not any(wanted):
            return [None, None]
        pads, adds = self.padding(tuple(data.shape[2:]))
        if self._needs_channels_first(data):
            grad, data = grad.contiguous(), data.contiguous()
        elif data.shape[1] == 1:  # either layout, and oneDNN is slow if told it is the last
            data = data.flatten().view(data.shape)
        into_data, into_weight, _ = torch.ops.aten.convolution_backward(
            grad, data, weight, None,
            self.strides, pads, self.dilates, self.transposed, adds, self.num_group, [*wanted, False],
        )  # fmt: skip
        return [into_data, into_weight]

    def _needs_channels_first(self, data: Tensor) -> bool:
        """Whether oneDNN's weight gradient would write beyond its memory with the channels last.

        It does so where single pixels of few channels are stepped over, on processors without AVX-512.
        """
        return (
            set(self.kernel) == {1}
            and max(self.strides) > 1
            and data.shape[1] < _LANES
            and data.device.type == "cpu"
        )


class Convolution(_Filtering, name="Convolution"):
    """Slides filters over the data: an output element is the sum of a window times a filter, plus a bias.

    Shapes: data (batch, channels, *space), weight (num_filter, channels / num_group, *kernel), bias
    (num_filter,), output (batch, num_filter, *out) with ``out = (n + 2 pad - dilate (kernel - 1) - 1) //
    stride + 1`` along each axis.
    """

    example = (
        "mx.nd.ones((1, 3, 8, 8)); mx.nd.ones((4, 3, 3, 3)); mx.nd.zeros((4,)) | "
        "kernel=(3, 3), num_filter=4, pad=(1, 1)"
    )
    transposed = False
    num_filter: int = _NUM_FILTER
    num_group: int = _NUM_GROUP
    workspace: int = param(default=1024, ge=0, doc="Has no effect.")
    no_bias: bool = param(default=False, doc="Whether to disable the bias.")
    cudnn_tune: str | None = _TUNE
    cudnn_off: bool = _CUDNN_OFF
    layout: str | None = param(
        default=None, choices=("None", "NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"), doc=_LAYOUT
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        self.check_rank(s.data)
        batch, channels, *space = self.channels_first(s.data)
        self.check_groups(channels)
        per_filter = None if channels is None else channels // self.num_group
        said = {
            "weight": self.to_layout((self.num_filter, per_filter, *self.kernel)),
            "output": self.to_layout((batch, self.num_filter, *map(self._extent, range(len(space)), space))),
        }
        if s.output is not None and len(s.output) == len(s.data):
            batch, _, *space = self.channels_first(s.output)
            said["data"] = self.to_layout((batch, None, *map(self._extent_before, range(len(space)), space)))
        return said if self.no_bias else said | {"bias": (self.num_filter,)}

    def _extent(self, axis: int, extent: int | None) -> int | None:
        if extent is None:
            return None
        return self.room(axis, extent, self.reach[axis]) // self.strides[axis] + 1

    def _extent_before(self, axis: int, extent: int | None) -> int | None:
        """Return the extent that leads to this one of the output, where the stride leaves no choice."""
        if extent is None or self.strides[axis] != 1:
            return None
        return extent - 1 + self.reach[axis] - 2 * self.pads[axis]

    def onnx(self, to: OnnxGraph, data: Value, weight: Value, bias: Value | None = None) -> Value:
        window = {"strides": self.strides, "dilations": self.dilates, "pads": self.pads * 2}
        made = to.Conv(
            self.inward_in_onnx(to, data),
            self.inward_in_onnx(to, weight),
            bias,
            kernel_shape=self.kernel,
            group=self.num_group,
            **window,
        )
        return self.outward_in_onnx(to, made)

    def as_torch(self, data: str, weight: str, bias: str = "None") -> str | None:
        if self.channels_last:
            return None
        facts = {"stride": (self.strides, 1), "padding": (self.pads, 0), "dilation": (self.dilates, 1)}
        more = [f"{name}={short(each)}" for name, (each, plain) in facts.items() if set(each) != {plain}]
        more += [f"groups={self.num_group}"] * (self.num_group > 1)
        arguments = ", ".join([data, weight, *([bias] if bias != "None" else []), *more])
        return f"F.conv{len(self.kernel)}d({arguments})"


class ConvolutionV1(Convolution, name="Convolution_v1"):
    """The convolution of MXNet 0.9, over two or three axes of space; see :class:`Convolution`."""

    example = (
        "mx.nd.ones((1, 3, 8, 8)); mx.nd.ones((4, 3, 3, 3)); mx.nd.zeros((4,)) | kernel=(3, 3), num_filter=4"
    )
    dimensions = (2, 3)
    layout: str | None = param(default=None, choices=("None", "NCDHW", "NCHW", "NDHWC", "NHWC"), doc=_LAYOUT)


class Deconvolution(_Filtering, name="Deconvolution"):
    """Applies the transpose of a convolution, which is also its gradient: it grows the data.

    Shapes: data (batch, channels, *space), weight (channels, num_filter / num_group, *kernel), bias
    (num_filter,), output (batch, num_filter, *out) with ``out = stride (n - 1) + dilate (kernel - 1) + 1 - 2
    pad + adj`` along each axis. Zeiler et al., *Deconvolutional Networks*, 2010.
    """

    example = (
        "mx.nd.ones((1, 4, 4, 4)); mx.nd.ones((4, 3, 2, 2)) | kernel=(2, 2), num_filter=3, stride=(2, 2)"
    )
    transposed = True
    flops = of_transposed_filters
    per_axis = (*_Filtering.per_axis, "adj", "target_shape")
    adj: tuple[int, ...] = param(
        default=(), doc="What is added at the far end of each axis of the output; less than stride."
    )
    target_shape: tuple[int, ...] = param(
        default=(), doc="Extents of space of the output; decides pad and adj, if not zero."
    )
    num_filter: int = _NUM_FILTER
    num_group: int = _NUM_GROUP
    workspace: int = param(default=512, ge=0, doc="Has no effect.")
    no_bias: bool = param(default=True, doc="Whether to disable the bias.")
    cudnn_tune: str | None = _TUNE
    cudnn_off: bool = _CUDNN_OFF
    layout: str | None = param(
        default=None, choices=("None", "NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"), doc=_LAYOUT
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        self.check_rank(s.data)
        batch, channels, *space = self.channels_first(s.data)
        self.check_groups(channels)
        said = {
            "weight": self.to_layout((channels, self.num_filter // self.num_group, *self.kernel)),
            "output": self.to_layout((batch, self.num_filter, *map(self._extent, range(len(space)), space))),
        }
        return said if self.no_bias else said | {"bias": (self.num_filter,)}

    def _extent(self, axis: int, extent: int | None) -> int | None:
        if extent is None:
            return None
        pad, add = self._pad_and_add(axis, extent)
        return self._full(axis, extent) - 2 * pad + add

    def _full(self, axis: int, extent: int) -> int:
        return self.strides[axis] * (extent - 1) + self.reach[axis]

    def _pad_and_add(self, axis: int, extent: int) -> tuple[int, int]:
        pad, add = self.pads[axis], self.adj[axis] if self.adj else 0
        if any(self.target_shape):
            surplus = self._full(axis, extent) - self.target_shape[axis]
            if surplus < 0:
                raise ShapeError(
                    f"Deconvolution: target_shape={self.target_shape} is too big: {extent} elements along "
                    f"axis {axis} of space grow to {self._full(axis, extent)} at most."
                )
            pad, add = (surplus + 1) // 2, surplus % 2
        if add >= self.strides[axis]:
            raise ShapeError(f"Deconvolution: adj is {add}, but must be less than stride={self.strides}.")
        return pad, add

    def padding(self, space: tuple[int, ...]) -> Pair:
        pads, adds = zip(*map(self._pad_and_add, range(len(space)), space), strict=True)
        return pads, adds

    def onnx(self, to: OnnxGraph, data: Value, weight: Value, bias: Value | None = None) -> Value:
        images = self.inward_in_onnx(to, data)
        pads, adds = self.pads, self.adj or (0,) * len(self.kernel)
        if any(self.target_shape):
            space = self.channels_first(data.fixed_shape)[2:]
            pads, adds = self.padding(space)  # type: ignore[arg-type] # it is fixed
        made = to.ConvTranspose(
            images,
            self.inward_in_onnx(to, weight),
            bias,
            kernel_shape=self.kernel,
            strides=self.strides,
            dilations=self.dilates,
            pads=pads * 2,
            output_padding=adds if any(adds) else None,
            group=self.num_group,
        )
        return self.outward_in_onnx(to, made)

    def as_torch(self, data: str, weight: str, bias: str = "None") -> str | None:
        if self.channels_last or any(self.target_shape):
            return None
        adds = self.adj or (0,) * len(self.kernel)
        arguments = [data, weight, bias, *map(short, (self.strides, self.pads, adds))]
        more = f"{', '.join(arguments)}, {self.num_group}, {short(self.dilates)}"
        return f"F.conv_transpose{len(self.kernel)}d({more})"
