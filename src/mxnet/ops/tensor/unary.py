"""Functions of one array, element by element: a table of mathematics, each derivative beside its function."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.ir.memory import NOWHERE, Into
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run
from mxnet.ir.storage import FALLS_BACK, Sparse
from mxnet.lazy import torch
from mxnet.native import address, find, run_shares, threads
from mxnet.native.rows import FEW
from mxnet.ops.tools.arithmetic import memory_of
from mxnet.ops.tools.layout import takes_native
from mxnet.ops.tools.shapes import first_is_image, same_shape
from mxnet.ops.tools.storage import FLAT, KEEPS_ZEROS, LINEAR, SLOPES, STEPS
from mxnet.ops.tools.traced import rows_by_trace
from mxnet.ops.tools.writing import laid_out_alike, written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

    Function = Callable[..., Tensor]
    InOnnx = str | Callable[[OnnxGraph, Value], Value]
    Derivative = Callable[..., Tensor]
    """Of the head gradient and the function's input (or output): the gradient of the input."""


_OF_INTEGERS = {"Abs", "Neg", "Sign"}
"""Those of ONNX's functions that are defined of whole numbers, too."""


class Unary(Op):
    """Base of the functions of one array. Of integers they are computed in float64 and truncated."""

    example = "[-1.6, 0, 1.2]"
    names_inputs = False
    image_inputs = first_is_image
    function: ClassVar[Function]
    in_onnx: ClassVar[InOnnx | None] = None
    """What it is in ONNX: an operator of real numbers, or a function of the graph and a value."""
    takes_integers: ClassVar[bool] = False
    """Whether `function` itself is right for integers."""

    infer_shape = same_shape

    def as_activation(self) -> tuple[str, tuple[float, ...]] | None:
        return (self.name, ()) if self.name in {"relu", "sigmoid", "tanh"} else None

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        said = type(self).in_onnx
        assert said is not None
        real = (
            data
            if data.is_real or (self.takes_integers and said in _OF_INTEGERS)
            else data.as_type("float32")
        )
        return (to.node(said, real) if isinstance(said, str) else said(to, real)).as_type(data.dtype)

    def as_rows(self, to: Rows) -> None:
        if address(self.name) is None:
            rows_by_trace(Unary.forward)(self, to)
        else:
            to.each(self.name, to.data, to.output)

    def backward_as_rows(self, to: Rows) -> None:
        if address(f"{self.name}_grad") is None:
            rows_by_trace(type(self).backward, is_backward=True)(self, to)
        else:
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
    onnx: InOnnx | None = None,
) -> None:
    """Declare one function with its derivative, by what that reads.

    The name of a function stands for torch's. A constant `slope` needs nothing but the head gradient; without
    any derivative it is zero. Functions and derivatives that take the keyword ``out`` can write there, over
    their argument or the head gradient, too.
    `integers` says that the function itself is right for them.
    """
    in_torch = f"torch.{function}({{}})" if isinstance(function, str) and slope is None else None
    if isinstance(function, str):
        function = _by_torch(function)
    contents: dict[str, Any] = {
        "as_torch": in_torch and (lambda self, data: in_torch.format(data)),
        "__doc__": f"Computes :math:`{formula}` of each element.",
        "function": staticmethod(function),
        "takes_integers": integers,
        "sparse": sparse,
        "example": example,
        "in_onnx": onnx if onnx is None or isinstance(onnx, str) else staticmethod(onnx),
        "memory": memory_of(function, "data"),
    }
    if onnx is None:
        contents["onnx"] = None
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


def tanh(x: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the hyperbolic tangent, of many numbers by the native kernel: torch takes five times longer."""
    made = torch.empty_like(x) if out is None else out
    if x.numel() <= FEW or not (laid_out_alike(x, made) and takes_native(x, made) and find("tanh")):
        return torch.tanh(x, out=out)
    count, n = threads(), x.numel()
    cuts = [n * i // count for i in range(count + 1)]
    run_shares(
        "tanh",
        [
            (x.data_ptr() + 4 * begin, made.data_ptr() + 4 * begin, end - begin)
            for begin, end in itertools.pairwise(cuts)
        ],
    )
    return made


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


def _round_in_onnx(to: OnnxGraph, x: Value) -> Value:
    return to.Sign(x) * to.Floor(to.Abs(x) + 0.5)


def _trunc_in_onnx(to: OnnxGraph, x: Value) -> Value:
    return to.Sign(x) * to.Floor(to.Abs(x))


def _cbrt_in_onnx(to: OnnxGraph, x: Value) -> Value:
    return to.Sign(x) * to.Pow(to.Abs(x), 1 / 3)


# --------------------------------------------------------------------------------------------- the functions

_declare(
    "abs",
    "|x|",
    lambda x: x.abs(),
    by_data=lambda grad, x: grad * torch.sign(x),
    integers=True,
    sparse=SLOPES,
    onnx="Abs",
)
_declare("sign", r"\mathrm{sign}(x)", "sign", integers=True, sparse=STEPS, onnx="Sign")
_declare(
    "round",
    r"\mathrm{round}(x)` (halves away from zero) :math:`\,",
    _round,
    sparse=STEPS,
    onnx=_round_in_onnx,
)
_declare(
    "rint",
    r"\mathrm{round}(x)` (halves down) :math:`\,",
    _rint,
    sparse=STEPS,
    onnx=lambda to, x: to.Ceil(x - 0.5),
)
_declare("ceil", r"\lceil x \rceil", "ceil", integers=True, sparse=STEPS, onnx="Ceil")
_declare("floor", r"\lfloor x \rfloor", "floor", integers=True, sparse=STEPS, onnx="Floor")
_declare("trunc", r"\mathrm{trunc}(x)", "trunc", integers=True, sparse=STEPS, onnx=_trunc_in_onnx)
_declare("fix", r"\mathrm{trunc}(x)", "trunc", integers=True, sparse=STEPS, onnx=_trunc_in_onnx)
_declare(
    "logical_not",
    r"\neg x",
    lambda x: (x == 0).to(x.dtype),
    aliases=(),
    integers=True,
    sparse=FLAT,
    example="[0, 2]",
    onnx=lambda to, x: to.Not(to.truth(x)),
)
# With the gradient passed straight through, so that what rounds can be trained.
_declare(
    "_contrib_round_ste",
    r"\mathrm{round}(x)",
    _round,
    slope=1,
    aliases=("_sparse__contrib_round_ste",),
    sparse=LINEAR,
    onnx=_round_in_onnx,
)
_declare(
    "_contrib_sign_ste",
    r"\mathrm{sign}(x)",
    "sign",
    slope=1,
    aliases=("_sparse__contrib_sign_ste",),
    integers=True,
    sparse=LINEAR,
    onnx="Sign",
)

_declare("negative", "-x", "neg", slope=-1, integers=True, sparse=LINEAR, onnx="Neg")
_declare(
    "degrees",
    r"180 x / \pi",
    lambda x, out=None: torch.mul(x, 180 / math.pi, out=out),
    slope=180 / math.pi,
    sparse=KEEPS_ZEROS,
    onnx=lambda to, x: x * (180 / math.pi),
)
_declare(
    "radians",
    r"\pi x / 180",
    lambda x, out=None: torch.mul(x, math.pi / 180, out=out),
    slope=math.pi / 180,
    sparse=KEEPS_ZEROS,
    example="[0, 90, 180]",
    onnx=lambda to, x: x * (math.pi / 180),
)
_declare(
    "reciprocal",
    "1 / x",
    "reciprocal",
    by_output=lambda grad, y: -grad * y.square(),
    aliases=(),
    example="[1, 2, 4]",
    onnx="Reciprocal",
)
_declare(
    "square",
    "x^2",
    lambda x, out=None: torch.mul(x, x, out=out),
    by_data=lambda grad, x: grad * (2 * x),
    integers=True,
    sparse=SLOPES,
    onnx=lambda to, x: x * x,
)
_declare(
    "sqrt",
    r"\sqrt{x}",
    "sqrt",
    by_output=lambda grad, y: grad * (0.5 / y),
    sparse=KEEPS_ZEROS,
    example="[1, 2, 4]",
    onnx="Sqrt",
)
_declare(
    "rsqrt",
    r"1 / \sqrt{x}",
    "rsqrt",
    by_output=lambda grad, y: grad * (-0.5 * y**3),
    example="[1, 2, 4]",
    onnx=lambda to, x: to.Reciprocal(to.Sqrt(x)),
)
_declare(
    "cbrt",
    r"\sqrt[3]{x}",
    _cbrt,
    by_output=lambda grad, y: grad / (3 * y.square()),
    sparse=KEEPS_ZEROS,
    example="[1, 2, 4]",
    onnx=_cbrt_in_onnx,
)
_declare(
    "rcbrt",
    r"1 / \sqrt[3]{x}",
    lambda x: 1 / _cbrt(x),
    by_output=lambda grad, y: grad * (y**4 / -3),
    aliases=(),
    example="[1, 2, 4]",
    onnx=lambda to, x: to.Reciprocal(_cbrt_in_onnx(to, x)),
)

_declare("exp", "e^x", "exp", by_output=lambda grad, y, out=None: torch.mul(grad, y, out=out), onnx="Exp")
_declare(
    "expm1",
    "e^x - 1",
    "expm1",
    by_data=lambda grad, x: grad * torch.exp(x),
    sparse=KEEPS_ZEROS,
    onnx=lambda to, x: to.Exp(x) - 1,
)
_declare("log", r"\ln x", "log", by_data=lambda grad, x: grad / x, example="[1, 2, 4]", onnx="Log")
_declare(
    "log10",
    r"\log_{10} x",
    "log10",
    by_data=lambda grad, x: grad / (x * math.log(10)),
    example="[1, 2, 4]",
    onnx=lambda to, x: to.Log(x) * (1 / math.log(10)),
)
_declare(
    "log2",
    r"\log_2 x",
    "log2",
    by_data=lambda grad, x: grad / (x * math.log(2)),
    example="[1, 2, 4]",
    onnx=lambda to, x: to.Log(x) * (1 / math.log(2)),
)
_declare(
    "log1p",
    r"\ln(1 + x)",
    "log1p",
    by_data=lambda grad, x: grad / (1 + x),
    sparse=KEEPS_ZEROS,
    example="[1, 2, 4]",
    onnx=lambda to, x: to.Log(x + 1),
)

_declare("sin", r"\sin x", "sin", by_data=lambda grad, x: grad * torch.cos(x), sparse=KEEPS_ZEROS, onnx="Sin")
_declare("cos", r"\cos x", "cos", by_data=lambda grad, x: -grad * torch.sin(x), onnx="Cos")
_declare(
    "tan", r"\tan x", "tan", by_output=lambda grad, y: grad * (1 + y * y), sparse=KEEPS_ZEROS, onnx="Tan"
)
_declare(
    "arcsin",
    r"\arcsin x",
    "asin",
    by_data=lambda grad, x: grad * torch.rsqrt(1 - x * x),
    sparse=KEEPS_ZEROS,
    example="[0, 0.5]",
    onnx="Asin",
)
_declare(
    "arccos",
    r"\arccos x",
    "acos",
    by_data=lambda grad, x: -grad * torch.rsqrt(1 - x * x),
    example="[0, 0.5]",
    onnx="Acos",
)
_declare(
    "arctan",
    r"\arctan x",
    "atan",
    by_data=lambda grad, x: grad / (1 + x * x),
    sparse=KEEPS_ZEROS,
    onnx="Atan",
)
_declare(
    "sinh", r"\sinh x", "sinh", by_data=lambda grad, x: grad * torch.cosh(x), sparse=KEEPS_ZEROS, onnx="Sinh"
)
_declare("cosh", r"\cosh x", "cosh", by_data=lambda grad, x: grad * torch.sinh(x), onnx="Cosh")
_declare("tanh", r"\tanh x", tanh, by_output=tanh_backward, sparse=KEEPS_ZEROS, onnx="Tanh")
_declare(
    "arcsinh",
    r"\mathrm{arsinh}\, x",
    "asinh",
    by_data=lambda grad, x: grad * torch.rsqrt(x * x + 1),
    sparse=KEEPS_ZEROS,
    onnx="Asinh",
)
_declare(
    "arccosh",
    r"\mathrm{arcosh}\, x",
    "acosh",
    by_data=lambda grad, x: grad * torch.rsqrt(x * x - 1),
    example="[1, 2, 3]",
    onnx="Acosh",
)
_declare(
    "arctanh",
    r"\mathrm{artanh}\, x",
    "atanh",
    by_data=lambda grad, x: grad / (1 - x * x),
    sparse=KEEPS_ZEROS,
    example="[0, 0.5]",
    onnx="Atanh",
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
    onnx="Erf",
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
    onnx="Relu",
)
_declare("sigmoid", "1 / (1 + e^{-x})", "sigmoid", by_output=sigmoid_backward, onnx="Sigmoid")
_declare(
    "softsign",
    "x / (1 + |x|)",
    lambda x: x / (1 + x.abs()),
    by_data=lambda grad, x: grad / (1 + x.abs()).square(),
    onnx="Softsign",
)
