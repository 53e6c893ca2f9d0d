"""Pooling: a window slides over space and leaves the maximum, sum, mean or norm of what it sees."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.op import Like, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.window import Windowed

if TYPE_CHECKING:
    from torch import Tensor


_KERNEL = param(default=(), doc="Extents of the window: (w,), (h, w) or (d, h, w).")
_STRIDE = param(default=(), doc="Step of the window along each axis; 1 by default.")
_PAD = param(default=(), doc="Padding on either side of each axis; 0 by default.")
_GLOBAL_POOL = param(default=False, doc="Whether one window covers all space; kernel, stride and pad are then ignored.")
_CONVENTION = (
    "How many windows there are: those that fit into the padded data (valid), one more for elements that remain (full), or one "
    "for each step of the stride (same, for max pooling over one axis)."
)


class _Windows(NamedTuple):
    """Where the windows lie along the two or three axes of space of some data."""

    extents: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    beyond: tuple[int, ...]
    """How far the last window reaches past the end of the data."""
    by_torch: bool
    """Whether torch's kernel can pad: as much on both sides, at most half a window, and with what it takes for empty."""

    @property
    def margins(self) -> list[int]:
        """The padding, in the order of ``torch.nn.functional.pad``."""
        return [margin for pair in zip(self.pad[::-1], self.beyond[::-1], strict=True) for margin in pair]

    def prepare(self, data: Tensor, filler: float) -> tuple[Tensor, tuple[int, ...]]:
        """Return the data, padded if torch cannot do that itself, and the padding left to torch."""
        if self.by_torch:
            return data, self.pad
        return F.pad(data, self.margins, value=filler), (0,) * len(self.pad)

    def sizes(self, like: Tensor, *, with_padding: bool) -> Tensor:
        """Return how many elements each window covers, at least 1. What lies past the padding never counts."""
        sizes = like.new_ones(())
        for n, k, stride, pad, beyond in zip(*self[:5], strict=True):
            margin = pad if with_padding else 0
            start = torch.arange(-pad, n + beyond - k + 1, stride, device=like.device)
            covered = (start + k).clamp(max=n + margin) - start.clamp(min=-margin)
            sizes = sizes[..., None] * covered.clamp(min=1).to(like.dtype)
        return sizes


def _kernel(name: str, windows: _Windows) -> Any:  # noqa: ANN401 - an operator of torch
    """Return torch's kernel for two or three axes of space."""
    return getattr(torch.ops.aten, name.format(len(windows.extents)))


def _maxima(data: Tensor, windows: _Windows, filler: float) -> tuple[Tensor, Tensor]:
    data, pad = windows.prepare(data, filler)
    return _kernel("max_pool{}d_with_indices", windows)(data, windows.kernel, windows.stride, pad)


def _lowest(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).min if dtype.is_floating_point else torch.iinfo(dtype).min


def _sums(data: Tensor, windows: _Windows, divisor: int = 1) -> Tensor:
    data, pad = windows.prepare(data, 0)
    return _kernel("avg_pool{}d", windows)(data, windows.kernel, windows.stride, pad, False, True, divisor)


def _back(grad: Tensor, shape: Sequence[int], windows: _Windows, divisor: int = 1, where: Tensor | None = None) -> Tensor:
    """Return the gradient of data of that shape from that of its sums, or of its maxima, which were at `where`."""
    if not windows.by_torch:
        room = zip(windows.extents, windows.pad, windows.beyond, strict=True)
        shape = (*shape[:2], *(n + p + b for n, p, b in room))
    data = grad.new_empty(()).expand(shape)  # only its shape is looked at
    pad = windows.pad if windows.by_torch else (0,) * len(windows.pad)
    sliding = windows.kernel, windows.stride, pad
    if where is None:
        back = _kernel("avg_pool{}d_backward", windows)(grad, data, *sliding, False, True, divisor)
    else:
        dilation = (1,) * len(pad)
        back = _kernel("max_pool{}d_with_indices_backward", windows)(grad, data, *sliding, dilation, False, where)
    return back if windows.by_torch else F.pad(back, [-margin for margin in windows.margins])


class _Pool(Windowed):
    """What the pooling of today and that of MXNet 0.9 share."""

    per_axis = ("stride", "pad")
    outputs = ("output", "workspace")
    divides_by_whole_windows: ClassVar[bool] = False
    zeros_can_be_maxima: ClassVar[bool] = False
    """Whether padding counts as zeros in max pooling."""
    pool_type: str
    global_pool: bool
    pooling_convention: str
    p_value: int | None = None
    count_include_pad: bool | None = None

    def output_names(self) -> tuple[str, ...]:
        """Max pooling has a hidden output: where each maximum was."""
        return self.outputs if self.pool_type == "max" else self.outputs[:1]

    def visible_outputs(self) -> int:
        return 1

    def validate(self) -> None:
        if self.pool_type == "lp" and self.p_value not in (1, 2, 3):
            raise ParameterError(f"Pooling: pool_type 'lp' needs p_value 1, 2 or 3, but it is {self.p_value}.")
        if self.global_pool:
            return
        super().validate()
        if self.pooling_convention == "same" and (self.pool_type != "max" or len(self.kernel) > 1 or any(self.pads)):
            raise ParameterError("Pooling: the convention 'same' is for max pooling over one axis of space without pad.")

    # ----------------------------------------------------------------------------------------------------- inference

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if self.layout or not self.global_pool:
            self.check_rank(s.data)
        elif len(s.data) - 2 not in self.dimensions:
            raise ShapeError(f"{self.name}: global pooling of data with {len(s.data)} dimensions: {s.data}.")
        batch, channels, *space = self.channels_first(s.data)
        pooled = (1,) * len(space) if self.global_pool else map(self._extent, range(len(space)), space)
        return {"outs": (self.to_layout((batch, channels, *pooled)),) * len(s.outs)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype = t.data or t.output
        return {"data": dtype, "outs": (dtype, "int64")[: len(t.outs)]}

    def _extent(self, axis: int, extent: int | None) -> int | None:
        if extent is None:
            return None
        if self.pooling_convention == "same":
            return -(-extent // self.strides[axis])
        room = extent + 2 * self.pads[axis] - self.kernel[axis]
        if room < 0:
            raise ShapeError(
                f"{self.name}: the window {self.kernel} does not fit into the data, whose axis {axis} of space has {extent} "
                f"elements and padding {self.pads[axis]}."
            )
        return 1 + (-(-room // self.strides[axis]) if self.pooling_convention == "full" else room // self.strides[axis])

    def _windows(self, extents: Sequence[int]) -> _Windows:
        """Return the windows over data of these extents; one axis of space becomes two."""
        n = len(extents)
        if self.global_pool:
            kernel, stride, pad, beyond = tuple(extents), (1,) * n, (0,) * n, (0,) * n
        else:
            kernel, stride, pad = self.kernel, self.strides, self.pads
            counts = map(self._extent, range(n), extents)
            beyond = tuple(
                (count - 1) * s + k - p - extent
                for count, k, s, p, extent in zip(counts, kernel, stride, pad, extents, strict=True)
            )
        by_torch = all(b <= p <= k // 2 for k, p, b in zip(kernel, pad, beyond, strict=True))
        if self.pool_type == "max" and self.zeros_can_be_maxima and any(pad):
            by_torch = False
        windows = (tuple(extents), kernel, stride, pad, beyond)
        if n == 1:
            windows = tuple((one, *axis) for one, axis in zip((1, 1, 1, 0, 0), windows, strict=True))
        return _Windows(*windows, by_torch)

    # -------------------------------------------------------------------------------------------------------- kernels

    def _planes(self, array: Tensor) -> Tensor:
        """View an array in the order batch, channel, two or three axes of space."""
        array = self.inward(array)
        return array.unsqueeze(2) if array.dim() == 3 else array

    def _unplanes(self, array: Tensor, squeeze: bool) -> Tensor:
        return self.outward(array.squeeze(2) if squeeze else array)

    def _shares(self, windows: _Windows, like: Tensor) -> tuple[int, Tensor | None]:
        """Return what makes means of sums: a divisor, and a factor for each window where they differ."""
        if self.pool_type != "avg":
            return 1, None
        if self.divides_by_whole_windows or (windows.by_torch and self.count_include_pad is not False):
            return math.prod(windows.kernel), None
        return 1, windows.sizes(like, with_padding=self.count_include_pad is not False).reciprocal()

    def forward(self, run: Run, data: Tensor) -> Tensor | tuple[Tensor, ...]:
        windows = self._windows(self.channels_first(data.shape)[2:])
        squeezed, data = data.dim() == 3, self._planes(data)
        if self.pool_type == "max":
            filler = 0 if self.zeros_can_be_maxima else _lowest(data.dtype)
            return tuple(self._unplanes(each, squeezed) for each in _maxima(data, windows, filler))
        if self.pool_type == "lp":
            return self._unplanes(_root(_sums(data**self.p_value, windows), self.p_value), squeezed)
        divisor, factor = self._shares(windows, data)
        pooled = _sums(data, windows, divisor)
        return self._unplanes(pooled if factor is None else pooled * factor, squeezed)

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
        values = ins[0] if ins else None  # norms look at the numbers, the others only at the shape
        shape = self.channels_first(values.shape if data is None else data.shape)
        windows = self._windows(shape[2:])
        squeezed, grad = len(shape) == 3, self._planes(grad)
        shape = (*shape[:2], 1, shape[2]) if squeezed else shape
        if workspace is not None:
            back = _back(grad, shape, windows, where=self._planes(workspace))
        elif values is not None:
            power = self.p_value - 1
            slope = self._planes(output) ** power
            back = self._planes(values) ** power * _back(torch.where(slope == 0, 0, grad / slope), shape, windows)
        else:
            divisor, factor = self._shares(windows, grad)
            back = _back(grad if factor is None else grad * factor, shape, windows, divisor)
        return self._unplanes(back, squeezed)


def _root(powers: Tensor, power: int) -> Tensor:
    if power == 1:
        return powers
    return powers.sqrt() if power == 2 else powers.sign() * powers.abs() ** (1 / 3)


class Pooling(_Pool, name="Pooling"):
    """Slides a window over space and keeps its maximum, mean, sum, or p-norm without absolute values.

    Shapes: data (batch, channels, *space), output (batch, channels, *out) with ``out = (n + 2 pad - kernel) / stride + 1`` along
    each axis, rounded down, or up for the convention ``full``. Of equal maxima the first gets the gradient. Windows of ``full``
    may reach past the padding; a mean counts no elements there.
    """

    kernel: tuple[int, ...] = _KERNEL
    pool_type: str = param(default="max", choices=("avg", "lp", "max", "sum"), doc="What is kept of a window.")
    global_pool: bool = _GLOBAL_POOL
    cudnn_off: bool = param(default=False, doc="Has no effect.")
    pooling_convention: str = param(default="valid", choices=("full", "same", "valid"), doc=_CONVENTION)
    stride: tuple[int, ...] = _STRIDE
    pad: tuple[int, ...] = _PAD
    p_value: int | None = param(default=None, doc="The p of pool_type 'lp': 1, 2 or 3.")
    count_include_pad: bool | None = param(default=None, doc="Whether a mean counts the padding; yes by default.")
    layout: str | None = param(
        default=None,
        choices=("None", "NCDHW", "NCHW", "NCW", "NDHWC", "NHWC", "NWC"),
        doc="Order of the axes of data and output; channels first by default.",
    )


class PoolingV1(_Pool, name="Pooling_v1"):
    """The pooling of MXNet 0.9, over two or three axes of space.

    Its means divide by the size of a whole window, and its padding with zeros takes part in maxima.
    """

    dimensions = (2, 3)
    divides_by_whole_windows = True
    zeros_can_be_maxima = True
    kernel: tuple[int, ...] = _KERNEL
    pool_type: str = param(default="max", choices=("avg", "max", "sum"), doc="What is kept of a window.")
    global_pool: bool = _GLOBAL_POOL
    pooling_convention: str = param(default="valid", choices=("full", "valid"), doc=_CONVENTION)
    stride: tuple[int, ...] = _STRIDE
    pad: tuple[int, ...] = _PAD
