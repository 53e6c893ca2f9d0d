"""Functions of two arrays or numbers: each is an operator, its form with a number, or plain arithmetic."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from mxnet.errors import CompositionError
from mxnet.ndarray import arithmetic as by
from mxnet.ndarray.arithmetic import Operators, is_scalar
from mxnet.ndarray.ndarray import NDArray, invoke_by_name

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


def _chooser(name: str, what: str, how: Operators, plain: Function) -> Function:
    """Return a function that chooses by the types of its arguments.

    Parameters
    ----------
    name : str
        Its name.
    what : str
        What it computes, for its documentation.
    how : Operators
        The operators to choose from.
    plain : callable
        What it does with two numbers.
    """

    def function(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, NDArray):
            if isinstance(rhs, NDArray):
                return invoke_by_name(how.binary, lhs, rhs)
            if is_scalar(rhs):
                return invoke_by_name(how.scalar, lhs, scalar=float(rhs))
        elif is_scalar(lhs):
            if isinstance(rhs, NDArray):
                return invoke_by_name(how.reflected, rhs, scalar=float(lhs))
            if is_scalar(rhs):
                return plain(lhs, rhs)
        kinds = f"{type(lhs).__name__} and {type(rhs).__name__}"
        raise CompositionError(f"{name}() takes NDArrays or numbers, not {kinds}.")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"Return {what}; arrays are broadcast against each other.\n\nEither argument may be a number."
    )
    return function


def _comparison(name: str, what: str, how: Operators, compare: Function) -> Function:
    what = f"1 where the first argument is {what} the second and 0 elsewhere, in the data type of the arrays"
    return _chooser(name, what, how, lambda a, b: int(compare(a, b)))


def _logical(name: str, word: str, combine: Function) -> Function:
    what = f"1 where {word} of the arguments is not 0, and 0 elsewhere"
    how = Operators(f"broadcast_{name}", f"_{name}_scalar", f"_{name}_scalar")
    return _chooser(name, what, how, lambda a, b: int(combine(bool(a), bool(b))))


_MAXIMUM = Operators("broadcast_maximum", "_maximum_scalar", "_maximum_scalar")
_MINIMUM = Operators("broadcast_minimum", "_minimum_scalar", "_minimum_scalar")

add = _chooser("add", "the sum", by.ADD, operator.add)
subtract = _chooser("subtract", "the difference", by.SUBTRACT, operator.sub)
multiply = _chooser("multiply", "the product", by.MULTIPLY, operator.mul)
divide = _chooser("divide", "the quotient", by.DIVIDE, operator.truediv)
true_divide = divide
modulo = _chooser("modulo", "the remainder", by.MODULO, operator.mod)
_power = _chooser("power", "the first to the power of the second", by.POWER, operator.pow)


def power(base: Any, exp: Any) -> Any:
    """Return the first argument to the power of the second; arrays are broadcast against each other.

    Either argument may be a number.
    """
    return _power(base, exp)


maximum = _chooser("maximum", "the larger", _MAXIMUM, max)
minimum = _chooser("minimum", "the smaller", _MINIMUM, min)
equal = _comparison("equal", "equal to", by.EQUAL, operator.eq)
not_equal = _comparison("not_equal", "not equal to", by.NOT_EQUAL, operator.ne)
greater = _comparison("greater", "greater than", by.GREATER, operator.gt)
greater_equal = _comparison("greater_equal", "at least", by.GREATER_EQUAL, operator.ge)
lesser = _comparison("lesser", "less than", by.LESSER, operator.lt)
lesser_equal = _comparison("lesser_equal", "at most", by.LESSER_EQUAL, operator.le)
logical_and = _logical("logical_and", "each", operator.and_)
logical_or = _logical("logical_or", "either", operator.or_)
logical_xor = _logical("logical_xor", "exactly one", operator.xor)
