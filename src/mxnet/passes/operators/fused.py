"""What passes put in the place of users' operators: parameters made ready, layers fused, layouts changed.

They are not in the registry, so that neither scripts nor files can name them: they are an agreement between
a pass, which says what is computed, and a kernel, which knows shapes, dtype and device and chooses how.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.ir.memory import NEW, WRITES, Memory
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.ir.types import CHANNELS_LAST, PACKED, Type, is_complete
from mxnet.lazy import F, torch
from mxnet.ops.nn import apart, direct
from mxnet.ops.nn.activation import rectified_, row_of_activation
from mxnet.ops.nn.convolution import Convolution, is_last
from mxnet.ops.nn.sliding import Sliding
from mxnet.ops.nn.winograd import Winograd
from mxnet.ops.tensor.unary import tanh
from mxnet.ops.tools.layout import channels_first, channels_last, empty_last
from mxnet.ops.tools.shapes import dtype_of_first_input, numel, reversed_shape, same_shape

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows

__all__ = [
    "FiltersApart",
    "FiltersInPanels",
    "FoldedBias",
    "FoldedWeight",
    "FusedConvolution",
    "FusedConvolutionAdd",
    "FusedFullyConnected",
    "PackedConvolutionWeight",
    "PackedDenseWeight",
    "ToChannelsFirst",
    "ToChannelsLast",
    "TransposedDenseWeight",
    "onednn_multiplies",
    "onednn_runs",
    "runs_channels_last",
    "with_activation",
]


def onednn_runs(weight: Type) -> bool:
    """Whether torch's oneDNN kernels with packed weights can be used for such weights."""
    return weight.place.device_type != "gpu" and weight.dtype == "float32" and _onednn_is_there()


_LARGE = 1 << 25  # multiplications from which on oneDNN's product is worth its 30 microseconds of preparation


def onednn_multiplies(weight: Type, rows: int) -> bool:
    """Whether oneDNN's product of that many rows and such a matrix is the faster one."""
    size = numel(weight.shape or ())
    return rows > 1 and size is not None and rows * size >= _LARGE and onednn_runs(weight)


def _onednn_is_there() -> bool:
    backend: Any = torch.backends.mkldnn
    return bool(
        backend.is_available() and backend.enabled and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    )


def _cudnn_runs(data: Tensor) -> bool:
    """Whether cuDNN's fused convolutions take such data."""
    cudnn: Any = torch.backends.cudnn
    is_small = data.dtype in (torch.float32, torch.float16)
    return is_small and data.is_cuda and torch.version.hip is None and bool(cudnn.is_available())


def _is_packed(run: Run, position: int) -> bool:
    return run.ins[position].layout == PACKED


# ------------------------------------------------------------------------------------------------ activations

_ACTIVATIONS: dict[str, Callable[..., Tensor]] = {
    "none": lambda x: x,
    "relu": lambda x: rectified_(x),
    "sigmoid": lambda x: torch.sigmoid_(x),
    "tanh": lambda x: tanh(x, x),
    "leaky_relu": lambda x, slope: F.leaky_relu_(x, slope),
    "hardtanh": lambda x, low, high: x.clamp_(low, high),
}
"""In place, by the names that oneDNN's kernels know; they take the operator's `scalars`, too."""

_ACT = param(default="none", choices=tuple(_ACTIVATIONS), doc="What is done to the sum at last.")
_SCALARS = param(default=(), doc="The numbers of that: slope, or least and greatest value.")


# ------------------------------------------------------------------------------------------------- parameters


class _Folded(Op):
    """What the parameters share of a layer that takes in the BatchNorm that follows it."""

    eps: float = param(doc="Added to the variance.")
    fix_gamma: bool = param(default=False, doc="Whether gamma is 1.")

    def without_gamma(self, *names: str) -> tuple[str, ...]:
        return tuple(name for name in names if name != "gamma" or not self.fix_gamma)

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": t.weight}

    def _scale(self, gamma: Tensor | None, moving_var: Tensor) -> Tensor:
        invstd = (moving_var + self.eps).rsqrt()
        return invstd if gamma is None else gamma * invstd


class FoldedWeight(_Folded):
    r"""Scales filters as the BatchNorm behind them scales channels: :math:`W \gamma / \sigma`."""

    name = "_folded_weight"
    learned = ("weight", "moving_var", "gamma")
    inputs = {"weight": "Of the layer.", "moving_var": "Of BatchNorm.", "gamma": "Of BatchNorm."}
    memory = NEW
    transposed: bool = param(default=False, doc="Whether the second axis is the one of the outputs.")
    num_group: int = param(default=1, doc="Number of groups of the layer.")

    def input_names(self) -> tuple[str, ...]:
        return self.without_gamma("weight", "moving_var", "gamma")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": s.weight}

    def forward(self, run: Run, weight: Tensor, moving_var: Tensor, gamma: Tensor | None = None) -> Tensor:
        scale = self._scale(gamma, moving_var)
        if not self.transposed:
            return (weight * scale.view(-1, *(1,) * (weight.dim() - 1))).to(weight.dtype)
        groups = weight.reshape(self.num_group, -1, *weight.shape[1:])
        scaled = groups * scale.view(self.num_group, 1, -1, *(1,) * (weight.dim() - 2))
        return scaled.view(weight.shape).to(weight.dtype)


class FoldedBias(_Folded):
    r"""Shifts a bias as the BatchNorm behind it does: :math:`\beta + (b - \mu) \gamma / \sigma`."""

    name = "_folded_bias"
    inputs = {
        "weight": "Of the layer; its dtype.",
        "beta": "Of BatchNorm.",
        "moving_mean": "Of BatchNorm.",
        "moving_var": "Of BatchNorm.",
        "gamma": "Of BatchNorm.",
        "bias": "Of the layer.",
    }
    learned = tuple(inputs)
    memory = NEW
    no_bias: bool = param(default=False, doc="Whether the layer has none.")

    def input_names(self) -> tuple[str, ...]:
        bias = () if self.no_bias else ("bias",)
        return self.without_gamma("weight", "beta", "moving_mean", "moving_var", "gamma", *bias)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": s.beta}

    def forward(
        self,
        run: Run,
        weight: Like,
        beta: Tensor,
        moving_mean: Tensor,
        moving_var: Tensor,
        gamma: Tensor | None = None,
        bias: Tensor | None = None,
    ) -> Tensor:
        centred = -moving_mean if bias is None else bias - moving_mean
        return torch.addcmul(beta, centred, self._scale(gamma, moving_var)).to(weight.dtype)


class _Packed(Op):
    """A weight in oneDNN's order."""

    inputs = {"weight": "As the user sees it."}
    result = "new"

    def layouts(self, ins: Sequence[str]) -> tuple[str, ...]:
        return (PACKED,)


class PackedConvolutionWeight(_Packed):
    """Reorders filters as oneDNN's convolution of such data wants them."""

    name = "_packed_convolution_weight"
    pads: tuple[int, ...] = param(doc="Of the convolution.")
    strides: tuple[int, ...] = param(doc="Of the convolution.")
    dilates: tuple[int, ...] = param(doc="Of the convolution.")
    num_group: int = param(doc="Of the convolution.")
    data_shape: tuple[int, ...] = param(doc="What the filters will slide over.")
    infer_shape = same_shape

    def forward(self, run: Run, weight: Tensor) -> Tensor:
        packed: Tensor = torch.ops.mkldnn._reorder_convolution_weight(
            weight.contiguous(), self.pads, self.strides, self.dilates, self.num_group, self.data_shape
        )
        return packed


class FiltersInPanels(_Packed):
    """Brings filters, or the weight of a dense layer, into panels, as our own products want them.

    Shapes: weight (filter, channel, *kernel), output (panel, channel * elements, column); `turned`, that of a
    dense layer is multiplied by its columns, as its gradient wants.
    """

    name = "_filters_in_panels"
    turned: bool = param(default=False, doc="Whether columns are multiplied with.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        filters, size = (s.weight or (None,))[0], numel((s.weight or (None, None))[1:])
        if filters is None or size is None:
            return {}
        filters, size = (size, filters) if self.turned else (filters, size)
        return {"output": (-(-filters // direct.PANEL), size, direct.PANEL)}

    def forward(self, run: Run, weight: Tensor) -> Tensor:
        return direct.columns_in_panels(weight) if self.turned else direct.in_panels(weight)


class FiltersApart(_Packed):
    """Brings filters, one for each channel, into the order of the kernel.

    Shapes: weight (channel, 1, h, w), output (h * w, channel).
    """

    name = "_filters_apart"

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        size = numel((s.weight or (None, None))[1:])
        return {} if size is None else {"output": (size, s.weight[0])}

    def forward(self, run: Run, weight: Tensor) -> Tensor:
        return apart.filters_apart(weight)


class PackedDenseWeight(_Packed):
    """Stores the transposed weight of a dense layer in oneDNN's order."""

    name = "_packed_dense_weight"
    rows: int = param(doc="Of the data that the matrix will be multiplied with.")
    infer_shape = reversed_shape

    def forward(self, run: Run, weight: Tensor) -> Tensor:
        packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), self.rows)
        return packed


class TransposedDenseWeight(Op):
    """Transposes the weight of a dense layer, as small products run fastest."""

    name = "_transposed_dense_weight"
    inputs = {"weight": "Weight matrix."}
    infer_shape = reversed_shape

    def forward(self, run: Run, weight: Tensor) -> Tensor:
        return weight.t().contiguous()


# ----------------------------------------------------------------------------------------------------- layers


class FusedConvolution(Convolution):
    """Convolves and applies an activation, by one kernel where oneDNN runs, and cuDNN's for ReLU."""

    name = "_fused_convolution"
    memory = NEW
    act: str = _ACT
    scalars: tuple[float, ...] = _SCALARS
    tile: int = param(default=0, doc="Side of the tiles for which the weight is transformed; 0 for none.")
    panels: bool = param(default=False, doc="Whether the weight is in panels.")
    apart: bool = param(default=False, doc="Whether the weight is that of channels which are apart.")
    rows_of_any_layout = True

    def forward(self, run: Run, data: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        bends = self.act == "relu"
        if self.panels or self.apart:
            result = self._convolve_natively(data, weight, bias)
            return result if bends else _ACTIVATIONS[self.act](result, *self.scalars)
        if self.tile:
            sliding = self.sliding(tuple(data.shape))
            result = empty_last((sliding.batch, sliding.filters, *sliding.places[1:]))
            way = Winograd(sliding, self.tile)
            way.multiply(channels_last(data), weight, bias, result, relu=bends)
            return result if bends else _ACTIVATIONS[self.act](result, *self.scalars)
        if _is_packed(run, 1):
            convolved: Tensor = torch.ops.mkldnn._convolution_pointwise.default(
                data, weight, bias, self.pads, self.strides, self.dilates, self.num_group,
                self.act, self.scalars, "",
            )  # fmt: skip
            return convolved
        if self.act == "relu" and self.num_group == 1 and _cudnn_runs(data):
            return torch.cudnn_convolution_relu(
                data, weight, bias, self.strides, self.pads, self.dilates, self.num_group
            )
        self.refuse_channels_last_on_cpu(run)
        result = self.convolve(data, weight, bias, last=is_last(run, data), relu=bends)
        return result if bends else _ACTIVATIONS[self.act](result, *self.scalars)

    def as_rows(self, to: Rows) -> None:
        if self.act not in ("none", "relu", "hardtanh") or to.data.layout != to.output.layout:
            to.decline()
        sliding, relu = self.sliding(to.data.shape), self.act == "relu"
        if not (self.panels or self.tile or self.apart):
            if to.data.layout or to.weight.layout or type(self) is not FusedConvolution:
                to.decline()
            self.multiply_in_rows(to, relu=relu)
        elif to.data.layout != CHANNELS_LAST:
            to.decline()
        elif self.tile:
            to.shares("winograd", Winograd(sliding, self.tile).shares_in_rows(to, relu=relu))
        elif self.apart:
            to.shares("convolve_apart", apart.shares_in_rows(sliding, to, to.weight, relu=relu))
        else:
            addend = to.addend if isinstance(self, FusedConvolutionAdd) else None
            if addend is not None and addend.layout != CHANNELS_LAST:
                to.decline()
            to.shares("convolve_directly", direct.shares_in_rows(sliding, to, addend, relu=relu))
        if self.act == "hardtanh":
            to("clip", to.output, *map(float, self.scalars), to.output.size)

    def _convolve_natively(
        self,
        data: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        addend: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        sliding = self.sliding(tuple(data.shape))
        if out is None:
            places = sliding.places[3 - len(self.kernel) :]
            out = empty_last((sliding.batch, sliding.filters, *places))
        relu = self.act == "relu"
        if self.apart:
            apart.convolve(sliding, channels_last(data), weight, bias, out, relu=relu)
        else:
            direct.convolve(sliding, channels_last(data), weight, bias, out, addend, relu=relu)
        return out


class FusedConvolutionAdd(FusedConvolution):
    """Convolves, adds an array, and applies ReLU or nothing; in place of the array where nobody needs it."""

    name = "_fused_convolution_add"
    inputs = {
        "data": "Input data.",
        "weight": "Filters.",
        "addend": "What is added to the result.",
        "bias": "One number for each filter.",
    }
    memory = Memory("new", over=("addend",))

    def image_inputs(self) -> tuple[int, ...]:
        return (0, 2)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        said = dict(super().infer_shape(s))
        return said | {"addend": said["output"]} if "output" in said else said

    def forward(  # type: ignore[override]
        self,
        run: Run,
        data: Tensor,
        weight: Tensor,
        addend: Tensor,
        bias: Tensor | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        if self.panels:
            return self._convolve_natively(data, weight, bias, channels_last(addend), out)
        if self.act == "relu" and self.num_group == 1 and _cudnn_runs(data):
            return torch.cudnn_convolution_add_relu(
                data, weight, addend if out is None else out, 1.0, bias,
                self.strides, self.pads, self.dilates, self.num_group,
            )  # fmt: skip
        if out is not None:
            return self._add_to(run, out, data, weight, bias)
        if _is_packed(run, 1):
            added: Tensor = torch.ops.mkldnn._convolution_pointwise.binary(
                data, addend, weight, bias, *self._window, "add", 1.0, *self._relu
            )
            return added
        return self._add_to(run, addend.clone(), data, weight, bias)

    def _add_to(self, run: Run, out: Tensor, data: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if _is_packed(run, 1):
            added: Tensor = torch.ops.mkldnn._convolution_pointwise_.binary(
                out, data, weight, bias, *self._window, "add", 1.0, *self._relu
            )
            return added
        return self.convolve(data, weight, bias, last=is_last(run, data), over=out, relu=self.act == "relu")

    @property
    def _window(self) -> tuple[Any, ...]:
        return self.pads, self.strides, self.dilates, self.num_group

    @property
    def _relu(self) -> tuple[Any, ...]:
        return ("relu" if self.act == "relu" else None), (), ""


class FusedFullyConnected(Op):
    """Multiplies with a stored matrix, adds a bias, and applies an activation."""

    name = "_fused_fully_connected"
    inputs = {"data": "Input data.", "weight": "Stored weight matrix.", "bias": "Bias."}
    learned = ("weight", "bias")
    memory = NEW
    num_hidden: int = param(doc="Number of outputs.")
    flatten: bool = param(default=True, doc="Whether to collapse all but the first axis of the data.")
    no_bias: bool = param(default=False, doc="Whether there is no bias.")
    stored: str = param(
        default="transposed", choices=("transposed", "packed", "panels", "plain"), doc="How the weight lies."
    )
    act: str = _ACT
    scalars: tuple[float, ...] = _SCALARS
    rows_of_any_layout = True
    infer_dtype = dtype_of_first_input

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        return {"output": (*(s.data[:1] if self.flatten else s.data[:-1]), self.num_hidden)}

    def forward(self, run: Run, data: Tensor, weight: Tensor, *bias: Tensor) -> Tensor:
        result: Tensor = self.kernel_for(run)(data, weight, *bias)
        return result

    def kernel_for(self, run: Run) -> Callable[..., Any]:
        """Return the product of matrices itself: small ones cost little more than the calls they take."""
        product = self._product()
        shape, result = run.ins[0].shape, run.outs[0].shape
        assert is_complete(shape)
        assert is_complete(result)
        if len(shape) == 2:
            return product
        columns = numel(shape[1:]) if self.flatten else shape[-1]
        return lambda data, *rest: product(data.reshape(-1, columns), *rest).view(result)

    def as_rows(self, to: Rows) -> None:
        if self.stored == "packed" or to.data.layout or self.act not in ("none", "relu", "sigmoid", "tanh"):
            to.decline()
        m, n, relu = to.output.size // self.num_hidden, self.num_hidden, self.act == "relu"
        k = to.data.size // m
        if self.stored == "panels":
            to.shares("convolve_directly", direct.shares_in_rows(self._sliding(m, k), to, relu=relu))
        elif self.stored == "plain":
            words = to.data, to.weight, to.bias or 0, to.output, k, int(relu)
            to.divide("multiply_row", n, lambda *some: (*words, *some), work=n * k)
        else:
            if to.bias is not None:
                to.copy(to.bias, to.output, m, n, source_step=0)
            to.product(to.data, to.weight, to.output, (m, k, n), add=to.bias is not None)
            relu = False
        if self.act != "none" and not relu:
            to.each(row_of_activation(self.act), to.output, to.output)

    def _sliding(self, rows: int, columns: int) -> Sliding:
        """Return the product as a convolution of images of a pixel."""
        return Sliding.over((rows, columns, 1, 1), self.num_hidden, 1, [(1, 1, 0, 1)] * 2, (1, 1))

    def _product(self) -> Callable[..., Tensor]:
        """Return the function of rows, weight and bias."""
        act, scalars, mm, addmm = self.act, self.scalars, torch.mm, torch.addmm
        finish = _ACTIVATIONS[act]
        if self.stored == "packed":
            multiply = torch.ops.mkldnn._linear_pointwise.default
            return lambda x, w, b=None: multiply(x, w, b, act, scalars, "")
        if self.stored != "transposed":
            product = F.linear if self.stored == "plain" else self._multiply_panels
            return lambda x, w, b=None: finish(product(x, w, b), *scalars)
        if act == "none":
            return mm if self.no_bias else lambda x, w, b: addmm(b, x, w)
        if act == "relu":  # the one for which a call more or less is felt
            bend = rectified_
            return (lambda x, w: bend(mm(x, w))) if self.no_bias else lambda x, w, b: bend(addmm(b, x, w))
        if self.no_bias:
            return lambda x, w: finish(mm(x, w), *scalars)
        return lambda x, w, b: finish(addmm(b, x, w), *scalars)

    def _multiply_panels(self, x: Tensor, panels: Tensor, bias: Tensor | None = None) -> Tensor:
        rows, columns = x.shape
        out = torch.empty((rows, self.num_hidden), dtype=torch.float32)
        images, into = x.contiguous().view(rows, columns, 1, 1), out.view(rows, -1, 1, 1)
        direct.convolve(self._sliding(rows, columns), images, panels, bias, into)
        return out


def with_activation(layer: FusedConvolution | FusedFullyConnected, op: Op) -> Op | None:
    """Return the layer that also does what an operator behind it does, None if it cannot."""
    function = op.as_activation()
    if function is None or layer.act != "none":
        return None
    return type(layer).bind({**layer.given, "act": function[0], "scalars": str(function[1])})


# ----------------------------------------------------------------------------------------------------- layout


class ToChannelsLast(Op):
    """Stores images with the channels of a pixel side by side, where convolutions run faster so."""

    name = "_to_channels_last"
    cost = "nothing"
    infer_shape = same_shape
    rows_of_any_layout = True

    def layouts(self, ins: Sequence[str]) -> tuple[str, ...]:
        return (CHANNELS_LAST,)

    def as_rows(self, to: Rows) -> None:
        n, channels, *space = to.data.shape
        if to.data.layout or channels == 1:
            to.decline()
        to("transpose", to.data, to.output, n, channels, math.prod(space))

    def forward(self, run: Run, data: Tensor) -> Tensor:
        images = channels_last(data)
        if images.shape[1] == 1:  # either layout, and torch would go on with the first
            height, width = images.shape[2:]
            return images.as_strided(images.shape, (height * width, 1, width, 1))
        return images


class ToChannelsFirst(Op):
    """Stores images one channel after the other, as users see them."""

    name = "_to_channels_first"
    memory = WRITES
    infer_shape = same_shape
    rows_of_any_layout = True

    def as_rows(self, to: Rows) -> None:
        n, channels, *space = to.data.shape
        if to.data.layout != CHANNELS_LAST:
            to.decline()
        to("transpose", to.data, to.output, n, math.prod(space), channels)

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        return channels_first(data, out)


def runs_channels_last(images: Type) -> bool:
    """Whether convolutions of such images are faster so: oneDNN's are, and those of tensor cores."""
    if len(images.shape or ()) != 4:
        return False
    half = images.dtype in ("float16", "bfloat16")
    return half or (images.place.device_type != "gpu" and images.dtype == "float32")
