"""Pooling: a window slides over space and leaves the maximum, sum, mean or norm of what it sees."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from mxnet.dtype import number_as
from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.memory import NEW, WRITES, Memory
from mxnet.ir.op import Like, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.nn import maxima
from mxnet.ops.tools.onnx_graph import InexpressibleError, Open
from mxnet.ops.tools.torch_code import short
from mxnet.ops.tools.window import Windowed
from mxnet.ops.tools.writing import laid_out_alike, written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_KERNEL = param(default=(), doc="Extents of the window: (w,), (h, w) or (d, h, w).")
_STRIDE = param(default=(), doc="Step of the window along each axis; 1 by default.")
_PAD = param(default=(), doc="Padding on either side of each axis; 0 by default.")
_GLOBAL_POOL = param(
    default=False, doc="Whether one window covers all space, whatever kernel, stride and pad."
)
_CONVENTION = (
    "How many windows there are: those that fit into the padded data (valid), one more for elements that "
    "remain (full), or one for each step of the stride (same, for max pooling over one axis)."
)


class _Windows(NamedTuple):
    """Where the windows lie along the two or three axes of space of some data."""

    extents: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    beyond: tuple[int, ...]
    """How far the last window reaches past the end of the data."""

    @property
    def by_torch(self) -> bool:
        """Whether torch's kernels can pad: as much on both sides, and at most half a window."""
        return all(b <= p <= k // 2 for k, p, b in zip(self.kernel, self.pad, self.beyond, strict=True))

    @property
    def places(self) -> tuple[int, ...]:
        """How many windows there are along each axis."""
        return tuple(
            (n + pad + beyond - k) // stride + 1 for n, k, stride, pad, beyond in zip(*self, strict=True)
        )

    @property
    def margins(self) -> list[int]:
        """The padding, in the order of ``torch.nn.functional.pad``."""
        return [margin for pair in zip(self.pad[::-1], self.beyond[::-1], strict=True) for margin in pair]

    @property
    def padded(self) -> tuple[int, ...]:
        """The extents of the data with that padding."""
        return tuple(map(sum, zip(self.extents, self.pad, self.beyond, strict=True)))

    @property
    def left_to_torch(self) -> tuple[int, ...]:
        """The padding that torch's kernels are told of."""
        return self.pad if self.by_torch else (0,) * len(self.pad)

    def sizes(self, like: Tensor, *, with_padding: bool) -> Tensor:
        """Return how many elements each window covers, at least 1. What lies past the padding is none."""
        sizes = like.new_ones(())
        for n, k, stride, pad, beyond in zip(*self, strict=True):
            margin = pad if with_padding else 0
            start = torch.arange(-pad, n + beyond - k + 1, stride, device=like.device)
            covered = (start + k).clamp(max=n + margin) - start.clamp(min=-margin)
            sizes = sizes[..., None] * covered.clamp(min=1).to(like.dtype)
        return sizes


def _kernel(name: str, windows: _Windows) -> Any:
    """Return torch's kernel for two or three axes of space."""
    return getattr(torch.ops.aten, name.format(len(windows.extents)))


def _lowest(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).min if dtype.is_floating_point else torch.iinfo(dtype).min


def _wide(array: Tensor, windows: _Windows) -> Tensor:
    """Return the array in a dtype that torch can add up."""
    small = array.dtype in (torch.float16, torch.bfloat16)
    return array.float() if small and len(windows.extents) == 3 and array.device.type == "cpu" else array


def _maxima(data: Tensor, windows: _Windows, out: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the maxima, and where in its image each one was."""
    if windows.by_torch and maxima.fits(data):
        place = out if out is not None and out.is_contiguous() else None
        largest = data.new_empty((*data.shape[:2], *windows.places)) if place is None else place
        where = maxima.find_maxima(data, windows.places, windows[:4], largest)
        return largest if place is not None else written(largest, out), where
    if not windows.by_torch:
        data = F.pad(data, windows.margins, value=_lowest(data.dtype))
    kernel = _kernel("max_pool{}d_with_indices", windows)
    sliding = windows.kernel, windows.stride, windows.left_to_torch
    places = {}
    if laid_out_alike(data, out):
        places = {"out": out, "indices": torch.empty(0, dtype=torch.int64, device=data.device)}
    # To look is cheap here: nothing need be waited for.
    if not data.is_cuda and not torch.compiler.is_compiling():
        largest, where = kernel(data, *sliding, **places)
        if not largest.numel() or not data.is_floating_point() or largest.amin() > -torch.inf:
            return largest if places else written(largest, out), where
    above_nan = torch.fmax(data, data.new_full((), _lowest(data.dtype)))
    largest, where = kernel(above_nan, *sliding, **places)
    return largest if places else written(largest, out), where


def _sums(data: Tensor, windows: _Windows, divisor: int = 1, out: Tensor | None = None) -> Tensor:
    """Return the sums, divided by that number."""
    padded = data if windows.by_torch else F.pad(data, windows.margins)
    wide = _wide(padded, windows)
    place = {"out": out} if wide.dtype == data.dtype and laid_out_alike(wide, out) else {}
    sliding = windows.kernel, windows.stride, windows.left_to_torch
    sums: Tensor = _kernel("avg_pool{}d", windows)(wide, *sliding, False, True, divisor, **place)
    return sums if place else written(sums.to(data.dtype), out)


def _back(grad: Tensor, windows: _Windows, divisor: int = 1, where: Tensor | None = None) -> Tensor:
    """Return the gradient of the data from that of its sums, or of its maxima, which were at `where`."""
    extents = windows.extents if windows.by_torch else windows.padded
    data = _unwritten(_wide(grad, windows), (*grad.shape[:2], *extents))
    sliding = windows.kernel, windows.stride, windows.left_to_torch
    back: Tensor
    if where is None:
        kernel = _kernel("avg_pool{}d_backward", windows)
        back = kernel(_wide(grad, windows), data, *sliding, False, True, divisor).to(grad.dtype)
    elif windows.by_torch and maxima.fits(grad, where):
        back = maxima.back(grad, where, windows[:4])
    else:
        kernel = _kernel("max_pool{}d_with_indices_backward", windows)
        back = kernel(grad, data.to(grad.dtype), *sliding, (1,) * len(extents), False, where)
    return back if windows.by_torch else F.pad(back, [-margin for margin in windows.margins])


def _unwritten(like: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return an array of which torch looks only at shape, dtype and layout; only the last takes memory."""
    if like.dim() == 4 and not like.is_contiguous() and like.is_contiguous(memory_format=torch.channels_last):
        return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)
    return like.new_empty(()).expand(shape)


def _root(powers: Tensor, power: int) -> Tensor:
    if power == 1:
        return powers
    return powers.sqrt() if power == 2 else powers.sign() * powers.abs() ** (1 / 3)


class _Pool(Windowed):
    """What the pooling of today and that of MXNet 0.9 share."""

    example = 'mx.nd.arange(16).reshape((1, 1, 4, 4)) | kernel=(2, 2), stride=(2, 2), pool_type="max"'
    memory = NEW

    per_axis = ("stride", "pad")
    divides_by_whole_windows: ClassVar[bool] = False
    pool_type: str
    global_pool: bool
    pooling_convention: str
    count_include_pad: bool | None = None

    @property
    def backward_memory(self) -> Memory:  # type: ignore[override]
        """The gradient of one mean is a number that is repeated, which nothing may write into."""
        return Memory("repeated") if self.global_pool and self.pool_type in ("avg", "sum") else NEW

    def validate(self) -> None:
        if not self.global_pool:
            super().validate()

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if self.layout or not self.global_pool:
            self.check_rank(s.data)
        elif len(s.data) - 2 not in self.dimensions:
            raise ShapeError(
                f"{self.name}: global pooling expects (batch, channels, space, ...), got {s.data}."
            )
        batch, channels, *space = self.channels_first(s.data)
        pooled = [None if n is None else self._count(axis, n) for axis, n in enumerate(space)]
        if self.global_pool:
            pooled = [1] * len(space)
        return {"outs": (self.to_layout((batch, channels, *pooled)),) * len(s.outs)}

    def _count(self, axis: int, extent: int) -> int:
        """Return how many windows there are along an axis of space."""
        if self.global_pool:
            return 1
        if self.pooling_convention == "same":
            return -(-extent // self.strides[axis])
        room = self.room(axis, extent, self.kernel[axis])
        return 1 + (
            -(-room // self.strides[axis])
            if self.pooling_convention == "full"
            else room // self.strides[axis]
        )

    def _windows(self, data: Tensor | Like) -> _Windows:
        """Return the windows over that data; one axis of space is made two."""
        extents = tuple(n or 0 for n in self.channels_first(tuple(data.shape))[2:])
        n = len(extents)
        if self.global_pool:
            windows = _Windows(extents, extents, (1,) * n, (0,) * n, (0,) * n)
        else:
            starts = [
                (self._count(i, extent) - 1) * self.strides[i] - self.pads[i]
                for i, extent in enumerate(extents)
            ]
            ends = [start + k - extent for start, k, extent in zip(starts, self.kernel, extents, strict=True)]
            windows = _Windows(extents, self.kernel, self.strides, self.pads, tuple(ends))
        if n > 1:
            return windows
        return _Windows(*((one, *axis) for one, axis in zip((1, 1, 1, 0, 0), windows, strict=True)))

    def planes(self, array: Tensor) -> Tensor:
        """View an array in the order batch, channel, two or three axes of space."""
        array = self.inward(array)
        return array.unsqueeze(2) if array.dim() == 3 else array

    def unplanes(self, array: Tensor, ndim: int) -> Tensor:
        """Undo :meth:`planes`."""
        return self.outward(array.squeeze(2) if ndim == 3 else array)

    def _shares(self, windows: _Windows, like: Tensor) -> tuple[int, Tensor | None]:
        """Return what makes means of sums: a divisor, and a factor for each window where they differ."""
        if self.pool_type != "avg":
            return 1, None
        counts_padding = self.count_include_pad is not False
        if self.divides_by_whole_windows or (windows.by_torch and counts_padding):
            return math.prod(windows.kernel), None
        return 1, windows.sizes(like, with_padding=counts_padding).reciprocal()

    def sum_up(self, data: Tensor, out: Tensor | None = None) -> Tensor:
        """Return sums or means of the windows."""
        windows, planes = self._windows(data), self.planes(data)
        divisor, factor = self._shares(windows, planes)
        sums = _sums(planes, windows, divisor, None if out is None else self.planes(out))
        if out is None:
            return self.unplanes(sums if factor is None else sums * factor, data.dim())
        if factor is not None:
            sums.mul_(factor)
        return out

    def spread(self, grad: Tensor, data: Tensor | Like) -> Tensor:
        """Return the gradient of the data from that of the sums or means."""
        windows, planes = self._windows(data), self.planes(grad)
        divisor, factor = self._shares(windows, planes)
        if self.global_pool and factor is None:
            back = (planes / divisor).expand(*planes.shape[:2], *windows.extents)  # repeated, not copied
            return self.unplanes(back, grad.dim())
        back = _back(planes if factor is None else planes * factor, windows, divisor)
        return self.unplanes(back, grad.dim())

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        images = self.inward_in_onnx(to, data)
        if self.pool_type == "max":
            made = to.GlobalMaxPool(images) if self.global_pool else self._largest(to, images, data)
        elif self.pool_type == "lp":
            power = getattr(self, "p_value", None) or 1
            sums = self._summed(to, images if power == 1 else to.Pow(images, float(power)), data)
            made = sums if power == 1 else to.Sqrt(sums)
            if power == 3:
                made = to.Sign(sums) * to.Pow(to.Abs(sums), 1 / 3)
        elif self.global_pool and self.pool_type == "avg":
            made = to.GlobalAveragePool(images)
        else:
            made = self._summed(to, images, data)
        return self.outward_in_onnx(to, made)

    def _in_onnx(self, data: Value) -> dict[str, Any]:
        """Return the attributes of windows: as the ends of fixed extents have it, else as a rounding rule."""
        windows = {"kernel_shape": self.kernel, "strides": self.strides}
        space = self.channels_first(data.shape)[2:]  # type: ignore[arg-type] # what is open is passed on
        if any(isinstance(extent, Open) for extent in space):
            if self.pooling_convention == "same":
                raise InexpressibleError("pooling_convention='same' pads at the end only, by a fixed extent")
            full = self.pooling_convention == "full"
            if full and any(k < p + s for k, p, s in zip(self.kernel, self.pads, self.strides, strict=True)):
                raise InexpressibleError("windows that begin in the padding need fixed extents")
            return {**windows, "pads": self.pads * 2, "ceil_mode": int(full)}
        extents = zip(range(len(space)), space, strict=True)
        counts = [(self._count(i, extent) - 1) * self.strides[i] for i, extent in extents]  # type: ignore[arg-type]
        ends = [c + k - p - n for c, k, p, n in zip(counts, self.kernel, self.pads, space, strict=True)]  # type: ignore[operator]
        return {**windows, "pads": (*self.pads, *[max(end, 0) for end in ends])}

    def _largest(self, to: OnnxGraph, images: Value, data: Value) -> Value:
        windows = self._in_onnx(data)
        pads = windows.get("pads", ())
        if any(pad >= k for pad, k in zip(pads, self.kernel * 2, strict=False)):  # a window of padding alone
            n = len(self.kernel)
            around = [0, 0, *pads[:n], 0, 0, *pads[n:]]
            images = to.Pad(images, around, to.value(number_as(-math.inf, data.dtype), data.dtype))
            windows["pads"] = (0,) * (2 * n)
        return to.MaxPool(images, **windows)

    def _summed(self, to: OnnxGraph, images: Value, data: Value) -> Value:
        """Return sums or means of the windows."""
        if self.global_pool:
            return to.ReduceSum(images, range(2, data.rank), keepdims=1)
        windows, whole = self._in_onnx(data), math.prod(self.kernel)
        if self.pool_type != "avg":
            return to.AveragePool(images, count_include_pad=1, **windows) * float(whole)
        if self.divides_by_whole_windows:
            return to.AveragePool(images, count_include_pad=1, **windows)
        if self.count_include_pad is False:
            return to.AveragePool(images, count_include_pad=0, **windows)
        means = to.AveragePool(images, count_include_pad=1, **windows)
        n, pads = len(self.kernel), windows.get("pads", ())
        if all(end <= pad for end, pad in zip(pads[n:], self.pads, strict=False)):
            return means
        like = torch.empty((), dtype=torch.float64)
        shape = [1 if isinstance(extent, Open) else extent for extent in data.shape or ()]
        sizes = self._windows(Like(tuple(shape), None)).sizes(like, with_padding=True)
        shares = whole / sizes.numpy().reshape(sizes.shape[-n:])
        return means * to.constant(shares.astype(data.dtype))


class Pooling(_Pool, name="Pooling"):
    """Slides a window over space and keeps its maximum, mean, sum, or p-norm (without absolute values).

    Shapes: data (batch, channels, *space), output (batch, channels, *out) with
    ``out = (n + 2 pad - kernel) / stride + 1`` along each axis, rounded down, or up for ``full``.

    Of equal maxima the first gets the gradient. NaN is never a maximum: of NaN alone it is the lowest number.
    Windows of ``full`` may reach past the padding; a mean counts no elements there. Max pooling has a hidden
    output: where each maximum was.
    """

    memory = WRITES
    outputs = ("output", "workspace")
    kernel: tuple[int, ...] = _KERNEL
    pool_type: str = param(
        default="max", choices=("avg", "lp", "max", "sum"), doc="What is kept of a window."
    )
    global_pool: bool = _GLOBAL_POOL
    cudnn_off: bool = param(default=False, doc="Has no effect.")
    pooling_convention: str = param(default="valid", choices=("full", "same", "valid"), doc=_CONVENTION)
    stride: tuple[int, ...] = _STRIDE
    pad: tuple[int, ...] = _PAD
    p_value: int | None = param(default=None, doc="The p of pool_type 'lp': 1, 2 or 3.")
    count_include_pad: bool | None = param(
        default=None, doc="Whether a mean counts the padding; yes by default."
    )
    layout: str | None = param(
        default=None,
        choices=("None", "NCDHW", "NCHW", "NCW", "NDHWC", "NHWC", "NWC"),
        doc="Order of the axes of data and output; channels first by default.",
    )

    def image_inputs(self) -> tuple[int, ...]:
        return () if self.channels_last else (0,)

    def validate(self) -> None:
        super().validate()
        if self.pool_type == "lp" and self.p_value not in (1, 2, 3):
            raise ParameterError(
                f"Pooling: pool_type 'lp' needs p_value 1, 2 or 3, but it is {self.p_value}."
            )
        if self.pooling_convention == "same" and (
            self.pool_type != "max" or len(self.kernel) > 1 or any(self.pads)
        ):
            raise ParameterError(
                "Pooling: the convention 'same' is for max pooling over one axis without pad."
            )

    def output_names(self) -> tuple[str, ...]:
        return self.outputs if self.pool_type == "max" else self.outputs[:1]

    def visible_outputs(self) -> int:
        return 1

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype = t.data or t.output
        return {"data": dtype, "outs": (dtype, "int64")[: len(t.outs)]}

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor | tuple[Tensor, ...]:
        if self.pool_type == "max":
            place = None if out is None else self.planes(out)
            largest, where = _maxima(self.planes(data), self._windows(data), place)
            where = self.unplanes(where, data.dim())
            return (self.unplanes(largest, data.dim()) if out is None else out), where
        if self.pool_type != "lp":
            return self.sum_up(data, out)
        power = self.p_value or 1
        norm = _root(self.sum_up(data**power), power)
        return written(norm, out)

    def backward_reads(self) -> tuple[str, ...]:
        if self.pool_type == "max":
            return ("grad", "data", "workspace")
        return ("grad", "ins", "output") if self.pool_type == "lp" else ("grad", "data")

    def backward(
        self,
        run: Run,
        grad: Tensor,
        data: Like | None = None,
        ins: tuple[Tensor, ...] = (),
        output: Tensor | None = None,
        workspace: Tensor | None = None,
    ) -> Tensor:
        if output is not None:  # the gradient of a norm: (x / |x|) ^ (p - 1)
            power = (self.p_value or 1) - 1
            below = output**power
            return ins[0] ** power * self.spread(torch.where(below == 0, 0, grad / below), ins[0])
        assert data is not None
        if workspace is None:
            return self.spread(grad, data)
        back = _back(self.planes(grad), self._windows(data), where=self.planes(workspace))
        return self.unplanes(back, grad.dim())

    def as_torch(self, data: str) -> str | None:
        n = len(self.kernel)
        if self.channels_last or self.global_pool or self.pool_type not in ("avg", "max"):
            return None
        half = [k // 2 for k in self.kernel]
        if self.pooling_convention != "valid" or any(map(operator.gt, self.pads, half)):
            return None
        window = f"{data}, {short(self.kernel)}, {short(self.strides)}, {short(self.pads)}"
        if self.pool_type == "max":
            return f"F.max_pool{n}d({window})"
        counted = "" if self.count_include_pad is not False else ", count_include_pad=False"
        return f"F.avg_pool{n}d({window}{counted})"


class PoolingV1(_Pool, name="Pooling_v1"):
    """The pooling of MXNet 0.9, over two or three axes of space.

    Means divide by the size of a whole window. The padding takes part in maxima, as zeros, and all of several
    equal maxima get the gradient.
    """

    dimensions = (2, 3)
    divides_by_whole_windows = True
    kernel: tuple[int, ...] = _KERNEL
    pool_type: str = param(default="max", choices=("avg", "max", "sum"), doc="What is kept of a window.")
    global_pool: bool = _GLOBAL_POOL
    pooling_convention: str = param(default="valid", choices=("full", "valid"), doc=_CONVENTION)
    stride: tuple[int, ...] = _STRIDE
    pad: tuple[int, ...] = _PAD

    def forward(self, run: Run, data: Tensor) -> Tensor:
        if self.pool_type != "max":
            return self.sum_up(data)
        seen = _unfolded(data, self._windows(data))[-1]
        return seen.amax(tuple(range(data.dim(), seen.dim())))

    def backward_reads(self) -> tuple[str, ...]:
        return ("grad", "ins", "output") if self.pool_type == "max" else ("grad", "data")

    def backward(
        self,
        run: Run,
        grad: Tensor,
        data: Like | None = None,
        ins: tuple[Tensor, ...] = (),
        output: Tensor | None = None,
    ) -> Tensor:
        if output is None:
            assert data is not None
            return self.spread(grad, data)
        windows = self._windows(ins[0])
        *before, seen = _unfolded(ins[0], windows)
        per_window = (*grad.shape, *(1,) * len(windows.kernel))
        back = grad.view(per_window) * (seen == output.view(per_window))
        for axis in reversed(range(len(before))):
            k, stride = windows.kernel[axis], windows.stride[axis]
            back = torch.ops.aten.unfold_backward(back, before[axis].shape, axis + 2, k, stride)
        for axis, (pad, extent) in enumerate(zip(windows.pad, windows.extents, strict=True)):
            back = back.narrow(axis + 2, pad, extent)
        return back

    def _largest(self, to: OnnxGraph, images: Value, data: Value) -> Value:
        windows, n = self._in_onnx(data), len(self.kernel)
        if any(self.pads):
            images = to.Pad(images, [0, 0, *self.pads, 0, 0, *self.pads], to.value(0.0, data.dtype))
            past = [max(end - pad, 0) for end, pad in zip(windows["pads"][n:], self.pads, strict=True)]
            windows["pads"] = (*(0,) * n, *past)
        return to.MaxPool(images, **windows)


def _unfolded(data: Tensor, windows: _Windows) -> list[Tensor]:
    """Return the data padded with zeros, then views of it with ever more axes of space cut into windows."""
    zeros = [pad for pad in windows.pad[::-1] for _ in range(2)]
    past = [
        n for p, b in zip(windows.pad[::-1], windows.beyond[::-1], strict=True) for n in (0, max(b - p, 0))
    ]
    views = [F.pad(F.pad(data, zeros), past, value=_lowest(data.dtype))]
    for axis, (k, stride) in enumerate(zip(windows.kernel, windows.stride, strict=True)):
        views.append(views[-1].unfold(axis + 2, k, stride))
    return views
