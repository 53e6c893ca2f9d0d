"""Functions of one array, element by element: a table of mathematics, each derivative beside its function."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.dtype import number_as
from mxnet.ir.memory import NOWHERE, Into, Memory
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, param
from mxnet.ir.storage import FALLS_BACK, Sparse
from mxnet.lazy import F, torch
from mxnet.ops.tools.arithmetic import memory_of
from mxnet.ops.tools.shapes import first_is_image, same_shape
from mxnet.ops.tools.storage import FLAT, KEEPS_ZEROS, LINEAR, SLOPES, STEPS, on_values
from mxnet.ops.tools.writing import written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows

    Function = Callable[..., Tensor]
    Derivative = Callable[..., Tensor]
    """Of the head gradient and the function's input (or output): the gradient of the input."""


class Unary(Op):
    """Base of the functions of one array. Of integers they are computed in float64 and truncated."""

    example = "[-1.6, 0, 1.2]"
    names_inputs = False
    image_inputs = first_is_image
    function: ClassVar[Function]
    takes_integers: ClassVar[bool] = False
    """Whether `function` itself is right for integers."""

    infer_shape = same_shape

    def as_activation(self) -> tuple[str, tuple[float, ...]] | None:
        return (self.name, ()) if self.name in {"relu", "sigmoid", "tanh"} else None

    def as_rows(self, to: Rows) -> None:
        to.each(self.name, to.data, to.output)

    def backward_as_rows(self, to: Rows) -> None:
        to.each(f"{self.name}_grad", to.grad, to.output if to.data is None else to.data, to.data_grad)

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        function = type(self).function
        if self.takes_integers or data.dtype.is_floating_point:
            return function(data) if out is None else function(data, out=out)
        result = function(data.double()).to(data.dtype)
        return written(result, out)


def _declare(
    name: str,
    formula: str,
    function: Function | str,
    *,
    by_data: Derivative | None = None,
    by_output: Derivative | None = None,
    slope: float | None = None,
    integers: bool = False,
    sparse: Sparse = FALLS_BACK,
    aliases: tuple[str, ...] | None = None,
    example: str = Unary.example,
) -> None:
    """Declare one function with its derivative, by what that reads.

    The name of a function stands for torch's. A constant `slope` needs nothing but the head gradient; without
    any derivative it is zero. Functions and derivatives that take the keyword ``out`` can write there, over
    their argument or the head gradient, too.
    `integers` says that the function itself is right for them.
    """
    if isinstance(function, str):
        function = _by_torch(function)
    contents: dict[str, Any] = {
        "__doc__": f"Computes :math:`{formula}` of each element.",
        "function": staticmethod(function),
        "takes_integers": integers,
        "sparse": sparse,
        "example": example,
        "memory": memory_of(function, "data"),
    }
    if by_data is not None:
        contents |= {"backward": _reading_data(by_data), "backward_memory": memory_of(by_data, "grad")}
    elif by_output is not None:
        contents |= {"backward": _reading_output(by_output), "backward_memory": memory_of(by_output, "grad")}
    else:
        contents["gradient"] = _constant(slope)
    type(name, (Unary,), contents, name=name, aliases=(f"_sparse_{name}",) if aliases is None else aliases)


def _by_torch(name: str) -> Function:
    def function(x: Tensor, out: Tensor | None = None) -> Tensor:
        return getattr(torch, name)(x, out=out)  # type: ignore[no-any-return]

    return function


def _reading_data(derivative: Derivative) -> Callable[..., Tensor]:
    def backward(
        self: Op, run: Run, grad: Tensor, data: Tensor, *, out: Mapping[str, Into] = NOWHERE
    ) -> Tensor:
        return _times_slope(derivative, grad, data, out)

    return backward


def _reading_output(derivative: Derivative) -> Callable[..., Tensor]:
    def backward(
        self: Op, run: Run, grad: Tensor, output: Tensor, *, out: Mapping[str, Into] = NOWHERE
    ) -> Tensor:
        return _times_slope(derivative, grad, output, out)

    return backward


def _times_slope(derivative: Derivative, grad: Tensor, read: Tensor, out: Mapping[str, Into]) -> Tensor:
    """Return the gradient; of whole numbers the slopes are cut to whole numbers, as MXNet's are."""
    place = out["data"].tensor if out else None
    if grad.dtype.is_floating_point:
        return derivative(grad, read) if place is None else derivative(grad, read, out=place)
    slopes = derivative(torch.ones(grad.shape, dtype=torch.float64, device=grad.device), read.double())
    return written(grad * slopes.to(grad.dtype), place)


def _constant(slope: float | None) -> Callable[..., tuple[Entry | None]]:
    def gradient(self: Op, node: Node, grads: Sequence[Entry]) -> tuple[Entry | None]:
        if slope in (None, 1):
            return (None if slope is None else grads[0],)
        return (-grads[0] if slope == -1 else emit("_mul_scalar", grads[0], scalar=slope),)

    return gradient


# ---------------------------------------------------------------------------------- what torch does not have


def relu(x: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the elements, and 0 in place of negative ones."""
    return torch.relu(x) if out is None else torch.clamp_min(x, 0, out=out)


def tanh_backward(grad: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the gradient of tanh, from its value."""
    kernel: Any = torch.ops.aten.tanh_backward
    into: Tensor = kernel.grad_input(grad, y, grad_input=out) if out is not None else kernel.default(grad, y)
    return into


def sigmoid_backward(grad: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the gradient of the logistic function, from its value."""
    kernel: Any = torch.ops.aten.sigmoid_backward
    into: Tensor = kernel.grad_input(grad, y, grad_input=out) if out is not None else kernel.default(grad, y)
    return into


def leaky_backward(
    grad: Tensor, x: Tensor, slope: float, of_result: bool = False, out: Tensor | None = None
) -> Tensor:
    """Return the gradient of what is `slope` times as steep below 0, from its argument or its result."""
    kernel: Any = torch.ops.aten.leaky_relu_backward
    if out is not None:
        kernel.grad_input(grad, x, slope, of_result, grad_input=out)
        return out
    into: Tensor = kernel.default(grad, x, slope, of_result)
    return into


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


def _slope_of_gammaln(x: Tensor) -> Tensor:
    """Return the digamma function; at its poles plus infinity, as MXNet has it."""
    return _digamma(x).masked_fill((x <= 0) & (x == x.floor()), math.inf)


# --------------------------------------------------------------------------------------------- the functions

_declare(
    "abs",
    "|x|",
    lambda x: x.abs(),
    by_data=lambda grad, x: grad * torch.sign(x),
    integers=True,
    sparse=SLOPES,
)
_declare("sign", r"\mathrm{sign}(x)", "sign", integers=True, sparse=STEPS)
_declare("round", r"\mathrm{round}(x)` (halves away from zero) :math:`\,", _round, sparse=STEPS)
_declare("rint", r"\mathrm{round}(x)` (halves down) :math:`\,", _rint, sparse=STEPS)
_declare("ceil", r"\lceil x \rceil", "ceil", integers=True, sparse=STEPS)
_declare("floor", r"\lfloor x \rfloor", "floor", integers=True, sparse=STEPS)
_declare("trunc", r"\mathrm{trunc}(x)", "trunc", integers=True, sparse=STEPS)
_declare("fix", r"\mathrm{trunc}(x)", "trunc", integers=True, sparse=STEPS)
_declare(
    "logical_not",
    r"\neg x",
    lambda x: (x == 0).to(x.dtype),
    aliases=(),
    integers=True,
    sparse=FLAT,
    example="[0, 2]",
)
# With the gradient passed straight through, so that what rounds can be trained.
_declare(
    "_contrib_round_ste",
    r"\mathrm{round}(x)",
    _round,
    slope=1,
    aliases=("_sparse__contrib_round_ste",),
    sparse=LINEAR,
)
_declare(
    "_contrib_sign_ste",
    r"\mathrm{sign}(x)",
    "sign",
    slope=1,
    aliases=("_sparse__contrib_sign_ste",),
    integers=True,
    sparse=LINEAR,
)

_declare("negative", "-x", "neg", slope=-1, integers=True, sparse=LINEAR)
_declare(
    "degrees",
    r"180 x / \pi",
    lambda x, out=None: torch.mul(x, 180 / math.pi, out=out),
    slope=180 / math.pi,
    sparse=KEEPS_ZEROS,
)
_declare(
    "radians",
    r"\pi x / 180",
    lambda x, out=None: torch.mul(x, math.pi / 180, out=out),
    slope=math.pi / 180,
    sparse=KEEPS_ZEROS,
    example="[0, 90, 180]",
)
_declare(
    "reciprocal",
    "1 / x",
    "reciprocal",
    by_output=lambda grad, y: -grad * y.square(),
    aliases=(),
    example="[1, 2, 4]",
)
_declare(
    "square",
    "x^2",
    lambda x, out=None: torch.mul(x, x, out=out),
    by_data=lambda grad, x: grad * (2 * x),
    integers=True,
    sparse=SLOPES,
)
_declare(
    "sqrt",
    r"\sqrt{x}",
    "sqrt",
    by_output=lambda grad, y: grad * (0.5 / y),
    sparse=KEEPS_ZEROS,
    example="[1, 2, 4]",
)
_declare(
    "rsqrt", r"1 / \sqrt{x}", "rsqrt", by_output=lambda grad, y: grad * (-0.5 * y**3), example="[1, 2, 4]"
)
_declare(
    "cbrt",
    r"\sqrt[3]{x}",
    _cbrt,
    by_output=lambda grad, y: grad / (3 * y.square()),
    sparse=KEEPS_ZEROS,
    example="[1, 2, 4]",
)
_declare(
    "rcbrt",
    r"1 / \sqrt[3]{x}",
    lambda x: 1 / _cbrt(x),
    by_output=lambda grad, y: grad * (y**4 / -3),
    aliases=(),
    example="[1, 2, 4]",
)

_declare("exp", "e^x", "exp", by_output=lambda grad, y, out=None: torch.mul(grad, y, out=out))
_declare("expm1", "e^x - 1", "expm1", by_data=lambda grad, x: grad * torch.exp(x), sparse=KEEPS_ZEROS)
_declare("log", r"\ln x", "log", by_data=lambda grad, x: grad / x, example="[1, 2, 4]")
_declare(
    "log10", r"\log_{10} x", "log10", by_data=lambda grad, x: grad / (x * math.log(10)), example="[1, 2, 4]"
)
_declare("log2", r"\log_2 x", "log2", by_data=lambda grad, x: grad / (x * math.log(2)), example="[1, 2, 4]")
_declare(
    "log1p",
    r"\ln(1 + x)",
    "log1p",
    by_data=lambda grad, x: grad / (1 + x),
    sparse=KEEPS_ZEROS,
    example="[1, 2, 4]",
)

_declare("sin", r"\sin x", "sin", by_data=lambda grad, x: grad * torch.cos(x), sparse=KEEPS_ZEROS)
_declare("cos", r"\cos x", "cos", by_data=lambda grad, x: -grad * torch.sin(x))
_declare("tan", r"\tan x", "tan", by_output=lambda grad, y: grad * (1 + y * y), sparse=KEEPS_ZEROS)
_declare(
    "arcsin",
    r"\arcsin x",
    "asin",
    by_data=lambda grad, x: grad * torch.rsqrt(1 - x * x),
    sparse=KEEPS_ZEROS,
    example="[0, 0.5]",
)
_declare(
    "arccos", r"\arccos x", "acos", by_data=lambda grad, x: -grad * torch.rsqrt(1 - x * x), example="[0, 0.5]"
)
_declare("arctan", r"\arctan x", "atan", by_data=lambda grad, x: grad / (1 + x * x), sparse=KEEPS_ZEROS)
_declare("sinh", r"\sinh x", "sinh", by_data=lambda grad, x: grad * torch.cosh(x), sparse=KEEPS_ZEROS)
_declare("cosh", r"\cosh x", "cosh", by_data=lambda grad, x: grad * torch.sinh(x))
_declare("tanh", r"\tanh x", "tanh", by_output=tanh_backward, sparse=KEEPS_ZEROS)
_declare(
    "arcsinh",
    r"\mathrm{arsinh}\, x",
    "asinh",
    by_data=lambda grad, x: grad * torch.rsqrt(x * x + 1),
    sparse=KEEPS_ZEROS,
)
_declare(
    "arccosh",
    r"\mathrm{arcosh}\, x",
    "acosh",
    by_data=lambda grad, x: grad * torch.rsqrt(x * x - 1),
    example="[1, 2, 3]",
)
_declare(
    "arctanh",
    r"\mathrm{artanh}\, x",
    "atanh",
    by_data=lambda grad, x: grad / (1 - x * x),
    sparse=KEEPS_ZEROS,
    example="[0, 0.5]",
)

_declare(
    "gamma",
    r"\Gamma(x)",
    _gamma,
    by_data=lambda grad, x: grad * (_gamma(x) * _digamma(x)),
    example="[1, 2, 4]",
)
_declare(
    "gammaln",
    r"\ln |\Gamma(x)|",
    "lgamma",
    by_data=lambda grad, x: grad * _slope_of_gammaln(x),
    example="[1, 2, 4]",
)
_declare(
    "erf",
    r"\mathrm{erf}(x)",
    "erf",
    by_data=lambda grad, x: grad * (2 / math.sqrt(math.pi) * torch.exp(-x * x)),
    aliases=(),
    example="[0, 0.5]",
)
_declare(
    "erfinv",
    r"\mathrm{erf}^{-1}(x)",
    "erfinv",
    by_output=lambda grad, y: grad * (math.sqrt(math.pi) / 2 * torch.exp(y * y)),
    aliases=(),
    example="[0, 0.5]",
)

_declare(
    "relu",
    r"\max(x, 0)",
    relu,
    by_output=lambda grad, y, out=None: torch.mul(y.clamp(max=1).ceil_(), grad, out=out),  # NaN of NaN
    integers=True,
    sparse=SLOPES,
)
_declare("sigmoid", "1 / (1 + e^{-x})", "sigmoid", by_output=sigmoid_backward)
_declare(
    "softsign",
    "x / (1 + |x|)",
    lambda x: F.softsign(x),
    by_data=lambda grad, x: grad / (1 + x.abs()).square(),
)


# ------------------------------------------------------------------------------------------- with parameters


class HardSigmoid(Op, name="hard_sigmoid"):
    r"""Approximates sigmoid by a line: :math:`\min(\max(\alpha x + \beta, 0), 1)`."""

    example = "[-1, 0, 1]"
    alpha: float = param(default=0.2, doc="Slope of the line.")
    names_inputs = False
    image_inputs = first_is_image
    beta: float = param(default=0.5, doc="Its value at 0.")

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return (data * self.alpha + self.beta).clamp(0, 1).to(data.dtype)

    def backward(self, run: Run, grad: Tensor, output: Tensor) -> Tensor:
        of_numbers = output.nan_to_num(0.0)
        into: Tensor = torch.ops.aten.hardtanh_backward(grad * self.alpha, of_numbers, 0.0, 1.0)
        return into


class SmoothL1(Op, name="smooth_l1"):
    r"""Computes a loss that is quadratic near 0 and linear elsewhere.

    :math:`(\sigma x)^2 / 2` where :math:`|x| < 1 / \sigma^2`, and :math:`|x| - 1 / (2 \sigma^2)` elsewhere;
    :math:`\sigma` is `scalar` (Girshick, 2015).
    """

    example = "[-2, 0.5, 2] | scalar=1.0"
    names_inputs = False
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

    example = "[-2, 0.5, 2] | a_min=-1.0, a_max=1.0"
    a_min: float = param(doc="Least value.")
    a_max: float = param(doc="Greatest value.")

    infer_shape = same_shape
    memory = Memory("new", over=("data",), into=True)
    backward_memory = Memory("new", over=("grad",), into=True)
    names_inputs = False
    image_inputs = first_is_image
    sparse = Sparse(lambda op, stypes: stypes[0] if op.a_min <= 0 <= op.a_max else None, kernel=on_values)

    def as_activation(self) -> tuple[str, tuple[float, ...]] | None:
        return ("hardtanh", (self.a_min, self.a_max)) if self.a_min <= self.a_max else None

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        low, high = (number_as(bound, data.dtype) for bound in (self.a_min, self.a_max))
        dtype = data.dtype
        least, most = (-math.inf, math.inf) if dtype.is_floating_point else _ends(dtype)
        if least <= self.a_min <= self.a_max <= most:
            return torch.clamp(data, low, high, out=out)
        return written(torch.where(data > self.a_max, high, torch.where(data < self.a_min, low, data)), out)

    def backward(self, run: Run, grad: Tensor, data: Tensor, *, out: Mapping[str, Into] = NOWHERE) -> Tensor:
        if not data.dtype.is_floating_point:
            inside = grad * ((data >= self.a_min) & (data <= self.a_max))
            return written(inside, out["data"].tensor if out else None)
        outside = _neighbour(self.a_min, -math.inf, data.dtype), _neighbour(self.a_max, math.inf, data.dtype)
        kernel: Any = torch.ops.aten.hardtanh_backward
        if out:
            return kernel.grad_input(grad, data, *outside, grad_input=out["data"].tensor)  # type: ignore[no-any-return]
        return kernel.default(grad, data, *outside)  # type: ignore[no-any-return]


def _ends(dtype: torch.dtype) -> tuple[float, float]:
    info = torch.iinfo(dtype)
    return info.min, info.max


@functools.cache
def _neighbour(number: float, towards: float, dtype: torch.dtype) -> float:
    """Return the next number of that dtype."""
    return torch.nextafter(*torch.tensor([number, towards], dtype=dtype)).item()
