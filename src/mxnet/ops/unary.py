"""Functions of one array, element by element: a table of mathematics, each derivative beside its function."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, param
from mxnet.lazy import F, torch
from mxnet.ops.shapes import first_is_image, same_shape

if TYPE_CHECKING:
    from torch import Tensor

    Function = Callable[[Tensor], Tensor]
    Derivative = Callable[[Tensor, Tensor], Tensor]
    """Of the head gradient and the function's input (or output): the gradient of the input."""


class Unary(Op):
    """Base of the functions of one array. Of integers they are computed in float64 and truncated."""

    image_inputs = first_is_image
    result = "new"
    function: ClassVar[Function]
    takes_integers: ClassVar[bool] = False
    """Whether `function` itself is right for integers."""

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        function = type(self).function
        if self.takes_integers or data.dtype.is_floating_point:
            return function(data)
        return function(data.double()).to(data.dtype)


def _declare(
    name: str,
    formula: str,
    function: Function,
    *,
    by_data: Derivative | None = None,
    by_output: Derivative | None = None,
    inplace: Function | None = None,
    slope: float | None = None,
    integers: bool = False,
    aliases: tuple[str, ...] | None = None,
) -> None:
    """Declare one function with its derivative, by what that reads.

    A constant `slope` needs nothing but the head gradient; without any derivative it is zero. `inplace`
    computes the function into its argument. `integers` says that the function itself is right for them.
    """
    contents: dict[str, Any] = {
        "__doc__": f"Computes :math:`{formula}` of each element.",
        "function": staticmethod(function),
        "takes_integers": integers,
    }
    if inplace is not None:
        contents |= {"inplace": {"output": "data"}, "forward_into": _overwriting(inplace)}
    if by_data is not None:
        contents["backward"] = _reading_data(by_data)
    elif by_output is not None:
        contents["backward"] = _reading_output(by_output)
    else:
        contents["gradient"] = _constant(slope)
    type(name, (Unary,), contents, name=name, aliases=(f"_sparse_{name}",) if aliases is None else aliases)


def _overwriting(inplace: Function) -> Callable[..., Tensor]:
    def forward_into(self: Unary, run: Run, out: Tensor, data: Tensor) -> Tensor:
        if self.takes_integers or out.dtype.is_floating_point:
            return inplace(out)
        return out.copy_(self.forward(run, data))

    return forward_into


def _reading_data(derivative: Derivative) -> Callable[..., Tensor]:
    def backward(self: Op, run: Run, grad: Tensor, data: Tensor) -> Tensor:  # noqa: ARG001 - a backward kernel
        return derivative(grad, data)

    return backward


def _reading_output(derivative: Derivative) -> Callable[..., Tensor]:
    def backward(self: Op, run: Run, grad: Tensor, output: Tensor) -> Tensor:  # noqa: ARG001 - a backward kernel
        return derivative(grad, output)

    return backward


def _constant(slope: float | None) -> Callable[..., tuple[Entry | None]]:
    def gradient(self: Op, node: Node, grads: Sequence[Entry]) -> tuple[Entry | None]:  # noqa: ARG001 - a gradient rule
        if slope in (None, 1):
            return (None if slope is None else grads[0],)
        return (-grads[0] if slope == -1 else emit("_mul_scalar", grads[0], scalar=slope),)

    return gradient


# ---------------------------------------------------------------------------------- what torch does not have


def _round(x: Tensor) -> Tensor:
    """Round to the nearest integer, halves away from zero."""
    whole = torch.trunc(x)
    return torch.where((x - whole).abs() >= 0.5, whole + torch.sign(x), whole)


def _rint(x: Tensor) -> Tensor:
    """Round to the nearest integer, halves down."""
    below, above = torch.floor(x), torch.ceil(x)
    return torch.where(x - below <= above - x, below, above)


def _cbrt(x: Tensor) -> Tensor:
    root = torch.sign(x) * x.abs() ** (1 / 3)
    refined = root - (root - x / root.square()) / 3  # Newton's step, so that the root of 64 is 4
    return torch.where(refined.isfinite(), refined, torch.where(x == 0, x, root))


def _gamma(x: Tensor) -> Tensor:
    wide = x.double()
    negative = (wide < 0) & (wide.floor() % 2 == 1) | (wide == 0) & torch.signbit(wide)
    value = torch.lgamma(wide).exp()
    undefined = (wide < 0) & (wide == wide.floor())
    return torch.where(undefined, math.nan, torch.where(negative, -value, value)).to(x.dtype)


def _digamma(x: Tensor) -> Tensor:
    return torch.digamma(x.float()).to(x.dtype) if x.dtype == torch.float16 else torch.digamma(x)


# --------------------------------------------------------------------------------------------- the functions

_declare("abs", "|x|", lambda x: x.abs(), by_data=lambda grad, x: grad * torch.sign(x), integers=True)
_declare("sign", r"\mathrm{sign}(x)", lambda x: torch.sign(x), integers=True)
_declare("round", r"\mathrm{round}(x)` (halves away from zero) :math:`\,", _round)
_declare("rint", r"\mathrm{round}(x)` (halves down) :math:`\,", _rint)
_declare("ceil", r"\lceil x \rceil", lambda x: torch.ceil(x), integers=True)
_declare("floor", r"\lfloor x \rfloor", lambda x: torch.floor(x), integers=True)
_declare("trunc", r"\mathrm{trunc}(x)", lambda x: torch.trunc(x), integers=True)
_declare("fix", r"\mathrm{trunc}(x)", lambda x: torch.trunc(x), integers=True)
_declare("logical_not", r"\neg x", lambda x: (x == 0).to(x.dtype), aliases=(), integers=True)
# With the gradient passed straight through, so that what rounds can be trained.
_declare(
    "_contrib_round_ste",
    r"\mathrm{round}(x)",
    _round,
    slope=1,
    aliases=("_sparse__contrib_round_ste",),
)
_declare(
    "_contrib_sign_ste",
    r"\mathrm{sign}(x)",
    lambda x: torch.sign(x),
    slope=1,
    aliases=("_sparse__contrib_sign_ste",),
    integers=True,
)

_declare("negative", "-x", lambda x: -x, inplace=lambda x: x.neg_(), slope=-1, integers=True)
_declare("degrees", r"180 x / \pi", lambda x: x * (180 / math.pi), slope=180 / math.pi)
_declare("radians", r"\pi x / 180", lambda x: x * (math.pi / 180), slope=math.pi / 180)
_declare(
    "reciprocal",
    "1 / x",
    lambda x: torch.reciprocal(x),
    by_output=lambda grad, y: -grad * y.square(),
    aliases=(),
)
_declare(
    "square",
    "x^2",
    lambda x: x * x,
    by_data=lambda grad, x: grad * (2 * x),
    inplace=lambda x: x.mul_(x),
    integers=True,
)
_declare(
    "sqrt",
    r"\sqrt{x}",
    lambda x: torch.sqrt(x),
    by_output=lambda grad, y: grad * (0.5 / y),
    inplace=lambda x: x.sqrt_(),
)
_declare("rsqrt", r"1 / \sqrt{x}", lambda x: torch.rsqrt(x), by_output=lambda grad, y: grad * (-0.5 * y**3))
_declare("cbrt", r"\sqrt[3]{x}", _cbrt, by_output=lambda grad, y: grad / (3 * y.square()))
_declare(
    "rcbrt",
    r"1 / \sqrt[3]{x}",
    lambda x: 1 / _cbrt(x),
    by_output=lambda grad, y: grad * (y**4 / -3),
    aliases=(),
)

_declare(
    "exp",
    "e^x",
    lambda x: torch.exp(x),
    by_output=lambda grad, y: grad * y,
    inplace=lambda x: x.exp_(),
)
_declare("expm1", "e^x - 1", lambda x: torch.expm1(x), by_data=lambda grad, x: grad * torch.exp(x))
_declare("log", r"\ln x", lambda x: torch.log(x), by_data=lambda grad, x: grad / x)
_declare("log10", r"\log_{10} x", lambda x: torch.log10(x), by_data=lambda grad, x: grad / (x * math.log(10)))
_declare("log2", r"\log_2 x", lambda x: torch.log2(x), by_data=lambda grad, x: grad / (x * math.log(2)))
_declare("log1p", r"\ln(1 + x)", lambda x: torch.log1p(x), by_data=lambda grad, x: grad / (1 + x))

_declare("sin", r"\sin x", lambda x: torch.sin(x), by_data=lambda grad, x: grad * torch.cos(x))
_declare("cos", r"\cos x", lambda x: torch.cos(x), by_data=lambda grad, x: -grad * torch.sin(x))
_declare("tan", r"\tan x", lambda x: torch.tan(x), by_output=lambda grad, y: grad * (1 + y * y))
_declare(
    "arcsin", r"\arcsin x", lambda x: torch.asin(x), by_data=lambda grad, x: grad * torch.rsqrt(1 - x * x)
)
_declare(
    "arccos", r"\arccos x", lambda x: torch.acos(x), by_data=lambda grad, x: -grad * torch.rsqrt(1 - x * x)
)
_declare("arctan", r"\arctan x", lambda x: torch.atan(x), by_data=lambda grad, x: grad / (1 + x * x))
_declare("sinh", r"\sinh x", lambda x: torch.sinh(x), by_data=lambda grad, x: grad * torch.cosh(x))
_declare("cosh", r"\cosh x", lambda x: torch.cosh(x), by_data=lambda grad, x: grad * torch.sinh(x))
_declare(
    "tanh",
    r"\tanh x",
    lambda x: torch.tanh(x),
    by_output=lambda grad, y: torch.ops.aten.tanh_backward.default(grad, y),
    inplace=lambda x: x.tanh_(),
)
_declare(
    "arcsinh",
    r"\mathrm{arsinh}\, x",
    lambda x: torch.asinh(x),
    by_data=lambda grad, x: grad * torch.rsqrt(x * x + 1),
)
_declare(
    "arccosh",
    r"\mathrm{arcosh}\, x",
    lambda x: torch.acosh(x),
    by_data=lambda grad, x: grad * torch.rsqrt(x * x - 1),
)
_declare(
    "arctanh", r"\mathrm{artanh}\, x", lambda x: torch.atanh(x), by_data=lambda grad, x: grad / (1 - x * x)
)

_declare("gamma", r"\Gamma(x)", _gamma, by_data=lambda grad, x: grad * (_gamma(x) * _digamma(x)))
_declare("gammaln", r"\ln |\Gamma(x)|", lambda x: torch.lgamma(x), by_data=lambda grad, x: grad * _digamma(x))
_declare(
    "erf",
    r"\mathrm{erf}(x)",
    lambda x: torch.erf(x),
    by_data=lambda grad, x: grad * (2 / math.sqrt(math.pi) * torch.exp(-x * x)),
    aliases=(),
)
_declare(
    "erfinv",
    r"\mathrm{erf}^{-1}(x)",
    lambda x: torch.erfinv(x),
    by_output=lambda grad, y: grad * (math.sqrt(math.pi) / 2 * torch.exp(y * y)),
    aliases=(),
)

_declare(
    "relu",
    r"\max(x, 0)",
    lambda x: torch.relu(x),
    by_output=lambda grad, y: torch.ops.aten.leaky_relu_backward(grad, y, 0.0, True),
    inplace=lambda x: x.relu_(),
    integers=True,
)
_declare(
    "sigmoid",
    "1 / (1 + e^{-x})",
    lambda x: torch.sigmoid(x),
    by_output=lambda grad, y: torch.ops.aten.sigmoid_backward.default(grad, y),
    inplace=lambda x: x.sigmoid_(),
)
_declare(
    "softsign",
    "x / (1 + |x|)",
    lambda x: F.softsign(x),
    by_data=lambda grad, x: grad / (1 + x.abs()).square(),
)


# ------------------------------------------------------------------------------------------- with parameters


class HardSigmoid(Op, name="hard_sigmoid"):
    r"""Approximates sigmoid by a line: :math:`\min(\max(\alpha x + \beta, 0), 1)`."""

    alpha: float = param(default=0.2, doc="Slope of the line.")
    beta: float = param(default=0.5, doc="Its value at 0.")

    image_inputs = first_is_image
    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return (data * self.alpha + self.beta).clamp(0, 1).to(data.dtype)

    def backward(self, run: Run, grad: Tensor, output: Tensor) -> Tensor:
        into: Tensor = torch.ops.aten.hardtanh_backward(grad * self.alpha, output, 0.0, 1.0)
        return into


class SmoothL1(Op, name="smooth_l1"):
    r"""Computes a loss that is quadratic near 0 and linear elsewhere.

    :math:`(\sigma x)^2 / 2` where :math:`|x| < 1 / \sigma^2`, and :math:`|x| - 1 / (2 \sigma^2)` elsewhere;
    :math:`\sigma` is `scalar` (Girshick, 2015).
    """

    scalar: float = param(default=1.0, doc="Where the parabola ends: at one over its square.")

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        square = self.scalar**2
        end = 1 / square if square else math.inf
        near = data.clamp(-end, end)
        return (near * (data - near / 2) * square).to(data.dtype)

    def backward(self, run: Run, grad: Tensor, data: Tensor) -> Tensor:
        return grad * (data * self.scalar**2).clamp(-1, 1)


class Clip(Op, name="clip", aliases=("_sparse_clip",)):
    r"""Limits elements to an interval: :math:`\min(\max(x, a_{min}), a_{max})`.

    At the bounds the gradient still passes.
    """

    a_min: float = param(doc="Least value.")
    a_max: float = param(doc="Greatest value.")

    image_inputs = first_is_image
    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        low, high = (_within(bound, data.dtype) for bound in (self.a_min, self.a_max))
        if low <= high:
            return data.clamp(low, high)
        return torch.where(data > high, high, torch.where(data < low, low, data)).to(data.dtype)

    def backward(self, run: Run, grad: Tensor, data: Tensor) -> Tensor:
        outside = _neighbour(self.a_min, -math.inf, data.dtype), _neighbour(self.a_max, math.inf, data.dtype)
        into: Tensor = torch.ops.aten.hardtanh_backward(grad, data, *outside)
        return into


def _within(bound: float, dtype: torch.dtype) -> float:
    """Return a bound as a number that the dtype can hold."""
    if dtype.is_floating_point:
        return bound
    info = torch.iinfo(dtype)
    return int(min(max(bound, info.min), info.max))


@functools.cache
def _neighbour(number: float, towards: float, dtype: torch.dtype) -> float:
    """Return the next number of that dtype."""
    return torch.nextafter(*torch.tensor([number, towards], dtype=dtype)).item()
