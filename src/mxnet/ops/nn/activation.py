"""Activations, and softmax with its relatives."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from mxnet.errors import ShapeError
from mxnet.ir.memory import NOWHERE, WRITES, Into, Memory
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.tensor.unary import leaky_backward, relu, sigmoid_backward, tanh, tanh_backward
from mxnet.ops.tools.device import generator_of
from mxnet.ops.tools.nan import confused_by_nan
from mxnet.ops.tools.shapes import first_is_image, normal_axis, same_shape, shape_of_first_input
from mxnet.ops.tools.traced import rows_by_trace
from mxnet.ops.tools.writing import laid_out_alike, written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Place, Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class _Function(NamedTuple):
    """An activation, and its gradient from the head gradient and its value; both take ``out``."""

    of: Callable[..., Tensor]
    gradient: Callable[..., Tensor]


def _relu_backward(grad: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
    kernel: Any = torch.ops.aten.threshold_backward
    into: Tensor = (
        kernel.grad_input(grad, y, 0, grad_input=out) if out is not None else kernel.default(grad, y, 0)
    )
    return into


_FEW = 1 << 12  # elements from which on two walks, vectorised, are faster than the one of fmax


@functools.cache
def _zero(dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.zeros((), dtype=dtype, device=device)


def rectified(x: Tensor, out: Tensor | None = None) -> Tensor:
    """Return what is above 0, and 0 elsewhere: for NaN, too, as in MXNet."""
    if x.numel() < _FEW or x.is_cuda or torch.compiler.is_compiling():
        return torch.fmax(x, _zero(x.dtype, x.device), out=out)
    above = x.relu_() if out is x else relu(x, out)
    return above.nan_to_num_(posinf=torch.inf) if above.sum().isnan() else above


def rectified_(x: Tensor) -> Tensor:
    """Do that in place."""
    return rectified(x, x)


_ACTIVATIONS: dict[str, _Function] = {
    "relu": _Function(rectified, _relu_backward),
    "sigmoid": _Function(lambda x, out=None: torch.sigmoid(x, out=out), sigmoid_backward),
    "tanh": _Function(tanh, tanh_backward),
    "softrelu": _Function(
        lambda x, out=None: F.softplus(x) if out is None else torch.ops.aten.softplus.out(x, out=out),
        lambda grad, y, out=None: torch.mul(grad, -torch.expm1(-y), out=out),
    ),
    "softsign": _Function(
        lambda x, out=None: torch.div(x, x.abs().add_(1), out=out),
        lambda grad, y, out=None: torch.mul(grad, (1 - y.abs()).square(), out=out),
    ),
}


_IN_ONNX = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softrelu": "Softplus",
    "softsign": "Softsign",
}

_IN_TORCH = {
    "relu": "F.relu({})",
    "sigmoid": "torch.sigmoid({})",
    "tanh": "torch.tanh({})",
    "softrelu": "F.softplus({})",
    "softsign": "F.softsign({})",
}


def row_of_activation(name: str) -> str:
    """Return the kernel for an activation; the one for its gradient ends in ``_grad``."""
    return "rectified" if name == "relu" else name


class Activation(Op, name="Activation"):
    r"""Applies a function to each element.

    relu :math:`\max(x, 0)`, sigmoid :math:`1 / (1 + e^{-x})`, tanh, softrelu :math:`\log(1 + e^x)`, softsign
    :math:`x / (1 + |x|)`. The gradient of relu at 0 is 0; of NaN it makes 0.
    """

    example = '[-1, 0, 2] | act_type="relu"'
    act_type: str = param(choices=("relu", "sigmoid", "softrelu", "softsign", "tanh"), doc="Which function.")

    memory = Memory("new", over=("data",), into=True)
    backward_memory = Memory("new", over=("grad",), into=True)
    names_inputs = False
    image_inputs = first_is_image

    infer_shape = same_shape

    def as_activation(self) -> tuple[str, tuple[float, ...]] | None:
        return (self.act_type, ()) if self.act_type in {"relu", "sigmoid", "tanh"} else None

    def kernel_for(self, run: Run) -> Callable[..., Tensor]:
        return _ACTIVATIONS[self.act_type].of

    def as_rows(self, to: Rows) -> None:
        if self.act_type == "softsign":
            rows_by_trace(Activation.forward)(self, to)
        else:
            to.each(row_of_activation(self.act_type), to.data, to.output)

    def backward_as_rows(self, to: Rows) -> None:
        if self.act_type == "softsign":
            rows_by_trace(Activation.backward, is_backward=True)(self, to)
        else:
            to.each(f"{row_of_activation(self.act_type)}_grad", to.grad, to.output, to.data_grad)

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        function = _ACTIVATIONS[self.act_type].of
        return function(data) if out is None else function(data, out=out)

    def backward(
        self, run: Run, grad: Tensor, output: Tensor, *, out: Mapping[str, Into] = NOWHERE
    ) -> Tensor:
        gradient = _ACTIVATIONS[self.act_type].gradient
        return gradient(grad, output, out=out["data"].tensor) if out else gradient(grad, output)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.node(_IN_ONNX[self.act_type], data)

    def as_torch(self, data: str) -> str:
        return _IN_TORCH[self.act_type].format(data)


_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def _elu_backward(grad: Tensor, x: Tensor, alpha: float, scale: float = 1.0) -> Tensor:
    into: Tensor = torch.ops.aten.elu_backward(grad, alpha, scale, 1, False, x)
    return torch.where(x.isnan(), x, into) if confused_by_nan(x) else into


class _Bend(NamedTuple):
    """A function of x and a slope, the same written where it is told, and its gradient from x."""

    of: Callable[[Tensor, float], Tensor]
    into: Callable[[Tensor, float, Tensor], Tensor]
    gradient: Callable[[Tensor, Tensor, float], Tensor]
    in_onnx: Callable[[OnnxGraph, Value, float], Value]


def _gelu_in_onnx(to: OnnxGraph, x: Value, _: float) -> Value:
    return to.Gelu(x) if to.opset >= 20 else x * 0.5 * (to.Erf(x * math.sqrt(0.5)) + 1)


_BENDS = {
    "leaky": _Bend(
        lambda x, slope: F.leaky_relu(x, slope),
        lambda x, slope, out: torch.ops.aten.leaky_relu.out(x, slope, out=out),
        leaky_backward,
        lambda to, x, slope: to.LeakyRelu(x, alpha=slope),
    ),
    "elu": _Bend(
        lambda x, slope: F.elu(x, slope),
        lambda x, slope, out: torch.ops.aten.elu.out(x, slope, out=out),
        _elu_backward,
        lambda to, x, slope: to.Elu(x, alpha=slope),
    ),
    "selu": _Bend(
        lambda x, _: F.selu(x),
        lambda x, _, out: torch.ops.aten.elu.out(x, _SELU_ALPHA, _SELU_SCALE, out=out),
        lambda grad, x, _: _elu_backward(grad, x, _SELU_ALPHA, _SELU_SCALE),
        lambda to, x, _: to.Selu(x, alpha=_SELU_ALPHA, gamma=_SELU_SCALE),
    ),
    "gelu": _Bend(
        lambda x, _: F.gelu(x),
        lambda x, _, out: torch.ops.aten.gelu.out(x, out=out),
        lambda grad, x, _: torch.ops.aten.gelu_backward(grad, x),
        _gelu_in_onnx,
    ),
}
"""The other two of LeakyReLU's functions need more than x."""


class LeakyReLU(Op, name="LeakyReLU"):
    r"""Keeps positive elements and bends negative ones.

    leaky :math:`slope \cdot x`, elu :math:`slope (e^x - 1)`, selu (Klambauer et al., 2017), gelu :math:`x
    \Phi(x)` everywhere (Hendrycks & Gimpel, 2016), prelu :math:`gamma \cdot x` with gamma (1,) or (channels,)
    (He et al., 2015), rrelu with a slope that is drawn for each element in training, and in its middle
    otherwise (Xu et al., 2015).

    rrelu has a second output, the slopes.
    """

    example = '[-1, 0, 2] | act_type="leaky", slope=0.25'
    inputs = {"data": "Input data.", "gamma": "Slopes of prelu: one for each channel, or one for all."}
    initializers = {"gamma": '["Constant", {"value": 0.25}]'}
    learned = ("gamma",)
    memory = Memory("new", over=("data",), into=True)
    image_inputs = first_is_image
    outputs = ("output", "mask")
    act_type: str = param(
        default="leaky",
        choices=("elu", "gelu", "leaky", "prelu", "rrelu", "selu"),
        doc="What is done to negative elements.",
    )
    slope: float = param(default=0.25, doc="Slope of leaky and elu.")
    lower_bound: float = param(default=0.125, doc="Least slope of rrelu.")
    upper_bound: float = param(default=0.334, doc="Greatest slope of rrelu.")

    def input_names(self) -> tuple[str, ...]:
        return ("data", "gamma") if self.act_type == "prelu" else ("data",)

    def output_names(self) -> tuple[str, ...]:
        return self.outputs if self.act_type == "rrelu" else self.outputs[:1]

    def as_activation(self) -> tuple[str, tuple[float, ...]] | None:
        return ("leaky_relu", (self.slope,)) if self.act_type == "leaky" else None

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        said: dict[str, Any] = {"outs": (s.data,) * len(s.outs)}
        if self.act_type == "prelu":
            if len(s.data) < 2:
                raise ShapeError(f"LeakyReLU: prelu expects data (batch, channels, ...), but got {s.data}.")
            if s.gamma != (1,):
                said["gamma"] = (s.data[1],)
        return said

    def as_rows(self, to: Rows) -> None:
        if self.act_type in _BENDS:
            to.each(self.act_type, to.data, to.output, float(self.slope))
        elif self.act_type == "prelu":
            rows_by_trace(LeakyReLU.forward)(self, to)
        else:
            to.decline()

    def backward_as_rows(self, to: Rows) -> None:
        if self.act_type in _BENDS:
            to.each(f"{self.act_type}_grad", to.grad, to.data, to.data_grad, float(self.slope))
        else:
            rows_by_trace(LeakyReLU.backward, is_backward=True)(self, to)

    def forward(
        self, run: Run, data: Tensor, gamma: Tensor | None = None, *, out: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        if gamma is not None:
            return torch.where(data > 0, data, data * _per_channel(gamma, data), out=out)
        if self.act_type != "rrelu":
            bend = _BENDS[self.act_type]
            if out is not None and laid_out_alike(data, out):
                return bend.into(data, self.slope, out)
            return written(bend.of(data, self.slope), out)
        slope = torch.full_like(data, (self.lower_bound + self.upper_bound) / 2)
        if run.is_train:
            slope.uniform_(self.lower_bound, self.upper_bound, generator=generator_of(run.context))
        slope = torch.where(data > 0, 1, slope)
        return torch.mul(data, slope, out=out), slope

    def backward(
        self,
        run: Run,
        grad: Tensor,
        data: Tensor,
        gamma: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> tuple[Tensor | None, ...]:
        if mask is not None:
            return (grad * mask,)
        if gamma is None:
            return (_BENDS[self.act_type].gradient(grad, data, self.slope),)
        slope = _per_channel(gamma, data)
        into_data = into_gamma = None
        if "data" in run.wants:
            into_data = torch.where(data > 0, grad, grad * slope)
        if "gamma" in run.wants:
            into_gamma = (grad * data.clamp(max=0)).sum_to_size(slope.shape).view(gamma.shape)
        return into_data, into_gamma

    def onnx(self, to: OnnxGraph, data: Value, gamma: Value | None = None) -> Value | tuple[Value, ...]:
        if gamma is not None:
            return to.PRelu(data, to.Reshape(gamma, [-1, *[1] * (data.rank - 2)]))
        if self.act_type != "rrelu":
            return _BENDS[self.act_type].in_onnx(to, data, self.slope)
        slope = (self.lower_bound + self.upper_bound) / 2
        slopes = to.Where(to.Greater(data, 0), to.value(1.0, data.dtype), to.value(slope, data.dtype))
        return data * slopes, slopes

    def as_torch(self, data: str, gamma: str = "") -> str | None:
        written = {
            "leaky": f"F.leaky_relu({data}, {self.slope})",
            "elu": f"F.elu({data}, {self.slope})",
            "selu": f"F.selu({data})",
            "gelu": f"F.gelu({data})",
            "prelu": f"F.prelu({data}, {gamma})",
        }
        return written.get(self.act_type)


def _per_channel(values: Tensor, like: Tensor) -> Tensor:
    """View one value for each channel, or one for all, so that it broadcasts over the axes of `like`."""
    return values.view(-1, *(1,) * (like.dim() - 2))


class _Softmax(Op):
    """What softmax and its relatives share."""

    example = "[0, 1, 2]"
    memory = WRITES
    negated: ClassVar[bool] = False
    logarithmic: ClassVar[bool] = False
    axis: int = param(default=-1, doc="The axis along which elements compete.")
    temperature: float | None = param(default=None, doc="What the input is divided by; 1 by default.")
    dtype: str | None = param(
        default=None,
        choices=("None", "float16", "float32", "float64"),
        doc="Of the output; that of the input by default.",
    )
    use_length: bool | None = param(
        default=False, doc="Whether elements from a given length on are left out."
    )

    def check_axis(self, s: Slots) -> None:
        """Raise if the data is known not to have the axis."""
        if s.data is not None:
            normal_axis(self.axis, len(s.data), self.name)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        self.check_axis(s)
        return same_shape(self, s)

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype = self.dtype or t.data or t.output
        return {"data": t.data or dtype, "output": dtype}

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        if self.dtype is not None:
            data = data.to(getattr(torch, self.dtype))
        scale = (-1 if self.negated else 1) / (self.temperature or 1)
        kernel: Any = torch.ops.aten._log_softmax if self.logarithmic else torch.ops.aten._softmax
        scaled = data if scale == 1 else data * scale
        if out is not None and out.is_contiguous():
            return kernel.out(scaled, self.axis, False, out=out)  # type: ignore[no-any-return]
        return written(kernel.default(scaled, self.axis, False), out)

    def as_rows(self, to: Rows) -> None:
        self._by_rows(to, "", to.data, to.output)

    def backward_as_rows(self, to: Rows) -> None:
        self._by_rows(to, "_grad", to.grad, to.output, to.data_grad)

    def _by_rows(self, to: Rows, what: str, *places: Place) -> None:
        shape = places[0].shape
        plain = self.temperature in (None, 1) and not self.negated and not self.use_length
        if not plain or self.axis % len(shape) != len(shape) - 1:
            to.decline()
        kernel = "log_softmax" if self.logarithmic else "softmax"
        to.lines(kernel + what, shape[-1], *places)

    def backward(self, run: Run, grad: Tensor, data: Like, output: Tensor) -> tuple[Tensor | None, ...]:
        kernel = (
            torch.ops.aten._log_softmax_backward_data
            if self.logarithmic
            else torch.ops.aten._softmax_backward_data
        )
        into_data = kernel(grad, output, self.axis, output.dtype)
        scale = (-1 if self.negated else 1) / (self.temperature or 1)
        into_data = (into_data if scale == 1 else into_data * scale).to(data.dtype)
        return into_data, *(None for _ in self.input_names()[1:])  # none goes into lengths

    def onnx(self, to: OnnxGraph, data: Value, length: Value | None = None) -> Value:
        data = data.as_type(self.dtype or data.dtype)
        axis = self.axis % data.rank
        scale = (-1 if self.negated else 1) / (self.temperature or 1)
        if length is not None:
            shape = [-1 if i == axis else 1 for i in range(data.rank)]
            positions = to.Reshape(to.positions(data.shape[axis]), shape)  # type: ignore[index]
            inside = to.Less(positions, to.Unsqueeze(length.as_type("int64"), [axis]))
            data = to.Where(inside, data, to.value(-math.inf, data.dtype))
        scaled = data if scale == 1 else data * scale
        made = to.node("LogSoftmax" if self.logarithmic else "Softmax", scaled, axis=axis)
        return made if length is None else to.Where(inside, made, to.value(0.0, data.dtype))

    def as_torch(self, data: str, length: str = "") -> str | None:
        if length or self.dtype:
            return None
        scale = (-1 if self.negated else 1) / (self.temperature or 1)
        scaled = data if scale == 1 else f"{scale} * {data}"
        return f"torch.{'log_softmax' if self.logarithmic else 'softmax'}({scaled}, {self.axis})"


class Softmax(_Softmax, name="softmax"):
    r"""Makes elements positive and their sum along an axis 1: :math:`e^{x_i / T} / \sum_j e^{x_j / T}`.

    Shapes: data (..., k, ...), length like data without the axis, output like data. What lies at or after its
    length is 0, and takes no part in the sum.
    """

    inputs = {"data": "Input data.", "length": "How many elements along the axis take part."}

    def input_names(self) -> tuple[str, ...]:
        return ("data", "length") if self.use_length else ("data",)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        self.check_axis(s)
        said = shape_of_first_input(self, s)
        if self.use_length and s.data is not None:
            axis = self.axis % len(s.data)
            said = {**said, "length": s.data[:axis] + s.data[axis + 1 :]}
        return said

    def forward(
        self, run: Run, data: Tensor, length: Tensor | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        if length is None:
            return super().forward(run, data, out=out)
        outside = self._outside(data, length)
        return super().forward(run, data.masked_fill(outside, -torch.inf), out=out).masked_fill_(outside, 0)

    def backward(self, run: Run, grad: Tensor, data: Like, output: Tensor) -> tuple[Tensor | None, ...]:
        into_data = super().backward(run, grad, data, output)
        return (*into_data, None) if self.use_length else into_data  # lengths are no variables

    def _outside(self, data: Tensor, length: Tensor) -> Tensor:
        positions = torch.arange(data.shape[self.axis], device=data.device)
        return positions.view(-1, *(1,) * (data.dim() - 1 - self.axis % data.dim())) >= length.unsqueeze(
            self.axis
        )


class LogSoftmax(_Softmax, name="log_softmax"):
    r"""Computes the logarithm of :class:`Softmax` in one step: :math:`x_i / T - \log \sum_j e^{x_j / T}`."""

    logarithmic = True


class Softmin(_Softmax, name="softmin"):
    """Computes :class:`Softmax` of the negative input."""

    negated = True


class SoftmaxActivation(Op, name="SoftmaxActivation"):
    """Applies softmax over the channels or, in mode ``instance``, over the last axis.

    Deprecated in MXNet in favour of softmax. The gradient is that of ``channel`` in both modes, which is
    wrong for ``instance`` and more than two dimensions: MXNet 1.2 and 1.9 compute the same.
    """

    example = "[[0, 1, 2]]"
    memory = WRITES
    names_inputs = False
    mode: str = param(
        default="instance",
        choices=("channel", "instance"),
        doc="Whether elements of axis 1 compete, or of the last axis.",
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        for shape in (s.data, s.output):
            if shape is not None and len(shape) < 2:
                raise ShapeError(f"{self.name}: expected data of 2 axes or more, but got {shape}.")
        return same_shape(self, s)

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        axis = 1 if self.mode == "channel" else -1
        if out is not None and out.is_contiguous():
            return torch.softmax(data, axis, out=out)
        return written(torch.softmax(data, axis), out)

    def backward(self, run: Run, grad: Tensor, output: Tensor) -> Tensor:
        into_data: Tensor = torch.ops.aten._softmax_backward_data(grad, output, 1, output.dtype)
        return into_data

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.Softmax(data, axis=1 if self.mode == "channel" else data.rank - 1)

    def as_torch(self, data: str) -> str | None:
        return f"torch.softmax({data}, 1)" if self.mode == "channel" else None
