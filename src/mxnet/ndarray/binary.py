"""Functions of two arrays or numbers: each is an operator, its form with a number, or plain arithmetic."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from mxnet.errors import CompositionError
from mxnet.ndarray.invoke import invoke_by_name
from mxnet.ndarray.ndarray import NDArray, is_scalar

__all__ = [
    "add",
    "divide",
    "equal",
    "greater",
    "greater_equal",
    "lesser",
    "lesser_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "modulo",
    "multiply",
    "not_equal",
    "power",
    "subtract",
    "true_divide",
]

Function = Callable[[Any, Any], Any]


def _chooser(name: str, what: str, binary: str, scalar: str, reflected: str, plain: Function) -> Function:
    """Return a function that chooses by the types of its arguments.

    Parameters
    ----------
    name : str
        Its name.
    what : str
        What it computes, for its documentation.
    binary, scalar, reflected : str
        The operators for two arrays, an array and a number, and a number and an array.
    plain : callable
        What it does with two numbers.
    """

    def function(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, NDArray):
            if isinstance(rhs, NDArray):
                return invoke_by_name(binary, lhs, rhs)
            if is_scalar(rhs):
                return invoke_by_name(scalar, lhs, scalar=float(rhs))
        elif is_scalar(lhs):
            if isinstance(rhs, NDArray):
                return invoke_by_name(reflected, rhs, scalar=float(lhs))
            if is_scalar(rhs):
                return plain(lhs, rhs)
        kinds = f"{type(lhs).__name__} and {type(rhs).__name__}"
        raise CompositionError(f"{name}() takes NDArrays or numbers, not {kinds}.")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"Return {what}; arrays are broadcast against each other.\n\nEither argument may be a number."
    )
    return function


def _comparison(name: str, what: str, scalar: str, reflected: str, compare: Function) -> Function:
    what = f"1 where the first argument is {what} the second and 0 elsewhere, in the data type of the arrays"
    return _chooser(name, what, f"broadcast_{name}", scalar, reflected, lambda a, b: int(compare(a, b)))


def _logical(name: str, word: str, combine: Function) -> Function:
    what = f"1 where {word} of the arguments is not 0, and 0 elsewhere"
    scalar = f"_{name}_scalar"
    return _chooser(
        name, what, f"broadcast_{name}", scalar, scalar, lambda a, b: int(combine(bool(a), bool(b)))
    )


add = _chooser("add", "the sum", "broadcast_add", "_plus_scalar", "_plus_scalar", operator.add)
subtract = _chooser(
    "subtract", "the difference", "broadcast_sub", "_minus_scalar", "_rminus_scalar", operator.sub
)
multiply = _chooser("multiply", "the product", "broadcast_mul", "_mul_scalar", "_mul_scalar", operator.mul)
divide = _chooser("divide", "the quotient", "broadcast_div", "_div_scalar", "_rdiv_scalar", operator.truediv)
true_divide = divide
modulo = _chooser("modulo", "the remainder", "broadcast_mod", "_mod_scalar", "_rmod_scalar", operator.mod)
power = _chooser(
    "power",
    "the first to the power of the second",
    "broadcast_power",
    "_power_scalar",
    "_rpower_scalar",
    operator.pow,
)
maximum = _chooser("maximum", "the larger", "broadcast_maximum", "_maximum_scalar", "_maximum_scalar", max)
minimum = _chooser("minimum", "the smaller", "broadcast_minimum", "_minimum_scalar", "_minimum_scalar", min)
equal = _comparison("equal", "equal to", "_equal_scalar", "_equal_scalar", operator.eq)
not_equal = _comparison("not_equal", "not equal to", "_not_equal_scalar", "_not_equal_scalar", operator.ne)
greater = _comparison("greater", "greater than", "_greater_scalar", "_lesser_scalar", operator.gt)
greater_equal = _comparison(
    "greater_equal", "at least", "_greater_equal_scalar", "_lesser_equal_scalar", operator.ge
)
lesser = _comparison("lesser", "less than", "_lesser_scalar", "_greater_scalar", operator.lt)
lesser_equal = _comparison(
    "lesser_equal", "at most", "_lesser_equal_scalar", "_greater_equal_scalar", operator.le
)
logical_and = _logical("logical_and", "each", operator.and_)
logical_or = _logical("logical_or", "either", operator.or_)
logical_xor = _logical("logical_xor", "exactly one", operator.xor)
