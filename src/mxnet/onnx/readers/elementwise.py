"""Arithmetic, comparisons, and functions of single elements."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable

import numpy as np

from mxnet.lazy import onnx
from mxnet.onnx.reading import READERS, Call, Dim, Result, Value, reads, sym
from mxnet.symbol.symbol import Symbol

Function = Callable[[Symbol], Symbol]

FUNCTIONS: dict[str, Function] = {
    "Abs": sym.abs,
    "Acos": sym.arccos,
    "Acosh": sym.arccosh,
    "Asin": sym.arcsin,
    "Asinh": sym.arcsinh,
    "Atan": sym.arctan,
    "Atanh": sym.arctanh,
    "Ceil": sym.ceil,
    "Cos": sym.cos,
    "Cosh": sym.cosh,
    "Det": sym.linalg.det,
    "Erf": sym.erf,
    "Exp": sym.exp,
    "Floor": sym.floor,
    "HardSwish": lambda x: x * sym.clip(x / 6 + 0.5, a_min=0.0, a_max=1.0),
    "Identity": sym.identity,
    "IsNaN": lambda x: sym.broadcast_not_equal(x, x),
    "Log": sym.log,
    "Mish": lambda x: x * sym.tanh(sym.Activation(x, act_type="softrelu")),
    "Neg": sym.negative,
    "Not": sym.logical_not,
    "Reciprocal": sym.reciprocal,
    "Relu": lambda x: sym.Activation(x, act_type="relu"),
    "Sigmoid": lambda x: sym.Activation(x, act_type="sigmoid"),
    "Sign": sym.sign,
    "Sin": sym.sin,
    "Sinh": sym.sinh,
    "Softplus": lambda x: sym.Activation(x, act_type="softrelu"),
    "Softsign": lambda x: sym.Activation(x, act_type="softsign"),
    "Sqrt": sym.sqrt,
    "Tan": sym.tan,
    "Tanh": lambda x: sym.Activation(x, act_type="tanh"),
}


def _function(call: Call) -> Result:
    return FUNCTIONS[call.op_type](call.symbol())


READERS.update(dict.fromkeys(FUNCTIONS, _function))

_ALIKE: dict[str, tuple[Callable[..., Symbol], Callable[..., Symbol] | None]] = {
    "Add": (sym.broadcast_add, operator.add),
    "Sub": (sym.broadcast_sub, operator.sub),
    "Mul": (sym.broadcast_mul, operator.mul),
    "Div": (sym.broadcast_div, operator.truediv),
    "Pow": (sym.broadcast_power, operator.pow),
    "And": (sym.broadcast_logical_and, None),
    "Or": (sym.broadcast_logical_or, None),
    "Xor": (sym.broadcast_logical_xor, None),
    "Equal": (sym.broadcast_equal, None),
    "Greater": (sym.broadcast_greater, None),
    "GreaterOrEqual": (sym.broadcast_greater_equal, None),
    "Less": (sym.broadcast_lesser, None),
    "LessOrEqual": (sym.broadcast_lesser_equal, None),
}
"""Of two operands, and what it is if one of them is a number."""

_OF_ONE_SHAPE = {
    "Add": sym.elemwise_add,
    "Sub": sym.elemwise_sub,
    "Mul": sym.elemwise_mul,
    "Div": sym.elemwise_div,
}


@reads(*_ALIKE)
def _of_two(call: Call) -> Result:
    if any(isinstance(each, np.ndarray) and each.dtype == object for each in call.inputs):
        return _of_extents(call)
    if call.op_type == "Pow" and call.dtype(0) != call.dtype(1):
        a, b = (sym.cast(each, dtype="float32") for each in call.symbols())
        return sym.cast(sym.broadcast_power(a, b), dtype=call.dtype(0) or "float32")
    both, with_number = _ALIKE[call.op_type]
    if with_number is not None:
        for i in (0, 1):
            number = call.known(1 - i)
            if number is not None and number.size == 1 and number.ndim <= _rank(call, i):
                value = number.item()
                return with_number(call.symbol(0), value) if i == 0 else with_number(value, call.symbol(1))
    if call.op_type in _OF_ONE_SHAPE and call.shape(0) == call.shape(1):
        return _OF_ONE_SHAPE[call.op_type](call.symbol(0), call.symbol(1))
    return both(call.symbol(0), call.symbol(1))


def _rank(call: Call, i: int) -> int:
    return 0 if call.known(i) is not None else call.rank(i)


def _of_extents(call: Call) -> Value:
    """Return the extents that are computed from others; what is not one of them is open and new."""
    a, b = np.broadcast_arrays(*map(np.asarray, call.inputs))
    made = np.empty(a.shape, object)
    neutral = 1 if call.op_type in ("Mul", "Div") else 0
    function = {"Add": operator.add, "Sub": operator.sub, "Mul": operator.mul, "Div": operator.floordiv}
    for i in np.ndindex(a.shape):
        x, y = a[i], b[i]
        if y == neutral:
            made[i] = x
        elif x == neutral and call.op_type in ("Add", "Mul"):
            made[i] = y
        elif isinstance(x, Dim) or isinstance(y, Dim) or call.op_type not in function:
            made[i] = Dim(f"{call.name}{i}")
        else:
            made[i] = function[call.op_type](int(x), int(y))
    return made


@reads("Sum", "Mean", "Max", "Min")
def _of_many(call: Call) -> Result:
    symbols = call.symbols()
    both = {"Max": sym.broadcast_maximum, "Min": sym.broadcast_minimum}.get(call.op_type, sym.broadcast_add)
    total = functools.reduce(both, symbols) if len(symbols) > 1 else sym.identity(symbols[0])
    return total / len(symbols) if call.op_type == "Mean" else total


@reads("Mod")
def _mod(call: Call) -> Result:
    a, b = call.symbol(0), call.symbol(1)
    if not call.get("fmod", 0):
        return sym.broadcast_mod(a, b)
    quotient = sym.broadcast_div(a, b)
    return sym.broadcast_sub(a, sym.broadcast_mul(sym.trunc(quotient), b))


@reads("Round")
def _round(call: Call) -> Result:
    data = call.symbol()
    above = sym.floor(data + 0.5)
    tie, odd = (above - data) == 0.5, (above % 2) == 1
    return above - tie * odd


@reads("IsInf")
def _is_inf(call: Call) -> Result:
    data = call.symbol()
    if call.get("detect_negative", 1) and call.get("detect_positive", 1):
        return sym.abs(data) == math.inf
    return data == (math.inf if call.get("detect_positive", 1) else -math.inf)


@reads("LeakyRelu")
def _leaky(call: Call) -> Result:
    return sym.LeakyReLU(call.symbol(), act_type="leaky", slope=call.get("alpha", 0.01))


@reads("Elu")
def _elu(call: Call) -> Result:
    return sym.LeakyReLU(call.symbol(), act_type="elu", slope=call.get("alpha", 1.0))


@reads("Selu")
def _selu(call: Call) -> Result:
    alpha, gamma = call.get("alpha", 1.67326319217681884765625), call.get("gamma", 1.05070102214813232421875)
    if abs(alpha - 1.6732632) < 1e-5 and abs(gamma - 1.050701) < 1e-5:
        return sym.LeakyReLU(call.symbol(), act_type="selu")
    return sym.LeakyReLU(call.symbol(), act_type="elu", slope=alpha) * gamma


@reads("Celu")
def _celu(call: Call) -> Result:
    alpha = call.get("alpha", 1.0)
    data = call.symbol()
    return sym.relu(data) + alpha * sym.expm1(sym.clip(data / alpha, a_min=-3e38, a_max=0.0))


@reads("Gelu")
def _gelu(call: Call) -> Result:
    data = call.symbol()
    if call.get("approximate", "none") == "none":
        return sym.LeakyReLU(data, act_type="gelu")
    return data * 0.5 * (sym.tanh((data + data * data * data * 0.044715) * math.sqrt(2 / math.pi)) + 1)


@reads("Swish")
def _swish(call: Call) -> Result:
    data, alpha = call.symbol(), call.get("alpha", 1.0)
    return data * sym.sigmoid(data if alpha == 1 else data * alpha)


@reads("ThresholdedRelu")
def _thresholded(call: Call) -> Result:
    data = call.symbol()
    return data * (data > call.get("alpha", 1.0))


@reads("Shrink")
def _shrink(call: Call) -> Result:
    data, bias, least = call.symbol(), call.get("bias", 0.0), call.get("lambd", 0.5)
    return (data < -least) * (data + bias) + (data > least) * (data - bias)


@reads("HardSigmoid")
def _hard_sigmoid(call: Call) -> Result:
    return sym.hard_sigmoid(call.symbol(), alpha=call.get("alpha", 0.2), beta=call.get("beta", 0.5))


@reads("PRelu")
def _prelu(call: Call) -> Result:
    data, slope = call.symbol(), call.known(1)
    rank = call.rank()
    per_channel = slope is not None and (
        slope.size == 1 or (slope.ndim == rank - 1 and slope.size == slope.shape[0])
    )
    if slope is not None and per_channel:
        return sym.LeakyReLU(data, call.parameter(slope.reshape(-1), "gamma"), act_type="prelu")
    negative = sym.broadcast_mul(data, call.symbol(1))
    return sym.where(data > 0, data, negative)


@reads("Clip")
def _clip(call: Call) -> Result:
    low, high = call.constant(1, "min", None), call.constant(2, "max", None)
    if low is not None and high is not None and low > high:
        return sym.minimum(sym.maximum(call.symbol(), low), high)
    largest = 3.4028234e38 if "float" in (call.dtype() or "float32") else 2**31 - 1
    return sym.clip(
        call.symbol(), a_min=-largest if low is None else low, a_max=largest if high is None else high
    )


@reads("Where")
def _where(call: Call) -> Result:
    condition, x, y = call.symbols()
    shapes = [call.shape(i) for i in range(3)]
    if len({*shapes}) == 1:
        return sym.where(condition, x, y)
    # All three are repeated to one shape: that of a sum.
    whole = sym.broadcast_add(sym.broadcast_add(sym.zeros_like(x), sym.zeros_like(y)), _nothing(call))
    return sym.where(
        *(sym.broadcast_add(_as(each, call, i), whole) for i, each in enumerate((condition, x, y)))
    )


def _nothing(call: Call) -> Result:
    return sym.zeros_like(_as(call.symbol(0), call, 0))


def _as(symbol: Symbol, call: Call, i: int) -> Result:
    """Return the condition in the data type of what it chooses."""
    return sym.cast(symbol, dtype=call.dtype(1) or "float32") if i == 0 else symbol


@reads("Cast")
def _cast(call: Call) -> Result:
    value = call.inputs[0]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value
    dtype = str(onnx.helper.tensor_dtype_to_np_dtype(call.get("to")))
    if dtype == "bool":
        return call.symbol() != 0
    return sym.cast(call.symbol(), dtype=dtype)


@reads("CastLike")
def _cast_like(call: Call) -> Result:
    return sym.cast(call.symbol(), dtype=call.dtype(1) or "float32")


@reads("Dropout")
def _dropout(call: Call) -> Result:
    if call.reads_more_than_one or call.constant(2, "", False):
        raise call.refusal("it is known for inference alone")
    return sym.identity(call.symbol())


@reads("DequantizeLinear")
def _dequantize(call: Call) -> Result:
    scale = _along(call, call.symbol(1), 1)
    whole = sym.cast(call.symbol(0), dtype="float32")
    if call.has(2):
        whole = sym.broadcast_sub(whole, sym.cast(_along(call, call.symbol(2), 2), dtype="float32"))
    return sym.broadcast_mul(whole, scale)


@reads("QuantizeLinear")
def _quantize(call: Call) -> Result:
    zero = call.known(2)
    dtype = "uint8" if zero is None else str(zero.dtype)
    info = np.iinfo(dtype)
    whole = sym.round(sym.broadcast_div(call.symbol(0), _along(call, call.symbol(1), 1)))
    if zero is not None:
        whole = sym.broadcast_add(whole, sym.cast(_along(call, call.symbol(2), 2), dtype="float32"))
    return sym.cast(sym.clip(whole, a_min=info.min, a_max=info.max), dtype=dtype)


def _along(call: Call, numbers: Symbol, i: int) -> Result:
    """Return one number for all, or one for each position of an axis, so that it broadcasts."""
    if call.get("block_size", 0):
        raise call.refusal("blocks are not known here")
    if call.rank(i) == 0 or call.shape(i) == (1,):
        return numbers
    axis = call.get("axis", 1) % call.rank()
    return sym.reshape(numbers, shape=tuple(-1 if j == axis else 1 for j in range(call.rank())))
