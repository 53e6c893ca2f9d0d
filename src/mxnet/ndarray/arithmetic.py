"""Arithmetic of arrays: which operators ``x + y`` and ``1 - x`` are, and the methods behind these signs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mxnet.errors import CompositionError

if TYPE_CHECKING:
    from mxnet.ndarray.ndarray import NDArray

__all__ = [
    "ADD",
    "DIVIDE",
    "EQUAL",
    "GREATER",
    "GREATER_EQUAL",
    "LESSER",
    "LESSER_EQUAL",
    "MODULO",
    "MULTIPLY",
    "NOT_EQUAL",
    "POWER",
    "SUBTRACT",
    "Arithmetic",
    "Operators",
    "cannot_combine",
    "is_scalar",
]


class Operators(NamedTuple):
    """The operators that a function of two arguments is: of two arrays, and of an array and a number.

    Attributes
    ----------
    binary : str
        Of two arrays, which are broadcast against each other.
    scalar, reflected : str
        Of an array and a number, and of a number and an array; these take the array first, too.
    """

    binary: str
    scalar: str
    reflected: str


ADD = Operators("broadcast_add", "_plus_scalar", "_plus_scalar")
SUBTRACT = Operators("broadcast_sub", "_minus_scalar", "_rminus_scalar")
MULTIPLY = Operators("broadcast_mul", "_mul_scalar", "_mul_scalar")
DIVIDE = Operators("broadcast_div", "_div_scalar", "_rdiv_scalar")
MODULO = Operators("broadcast_mod", "_mod_scalar", "_rmod_scalar")
POWER = Operators("broadcast_power", "_power_scalar", "_rpower_scalar")
EQUAL = Operators("broadcast_equal", "_equal_scalar", "_equal_scalar")
NOT_EQUAL = Operators("broadcast_not_equal", "_not_equal_scalar", "_not_equal_scalar")
GREATER = Operators("broadcast_greater", "_greater_scalar", "_lesser_scalar")
GREATER_EQUAL = Operators("broadcast_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar")
LESSER = Operators("broadcast_lesser", "_lesser_scalar", "_greater_scalar")
LESSER_EQUAL = Operators("broadcast_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar")


class Arithmetic:
    """The methods that Python's signs stand for; a class of arrays says how two operands are combined."""

    __slots__ = ()

    def __hash__(self) -> int:
        return id(self) >> 4  # as == makes an array

    @abstractmethod
    def _combine(
        self, other: Any, how: Operators, *, reflected: bool = False, in_place: bool = False
    ) -> NDArray:
        """Return what the operators make of this array and another, or a number.

        Parameters
        ----------
        other : NDArray or float
            The right operand; the left one, if `reflected`.
        how : Operators
            The operators to choose from.
        reflected : bool, default False
            Whether the array is the right operand.
        in_place : bool, default False
            Whether the result takes the place of the array's values.
        """

    def __add__(self, other: Any) -> NDArray:
        return self._combine(other, ADD)

    __radd__ = __add__

    def __iadd__(self, other: Any) -> NDArray:
        return self._combine(other, ADD, in_place=True)

    def __sub__(self, other: Any) -> NDArray:
        return self._combine(other, SUBTRACT)

    def __rsub__(self, other: Any) -> NDArray:
        return self._combine(other, SUBTRACT, reflected=True)

    def __isub__(self, other: Any) -> NDArray:
        return self._combine(other, SUBTRACT, in_place=True)

    def __mul__(self, other: Any) -> NDArray:
        return self._combine(other, MULTIPLY)

    __rmul__ = __mul__

    def __imul__(self, other: Any) -> NDArray:
        return self._combine(other, MULTIPLY, in_place=True)

    def __truediv__(self, other: Any) -> NDArray:
        return self._combine(other, DIVIDE)

    def __rtruediv__(self, other: Any) -> NDArray:
        return self._combine(other, DIVIDE, reflected=True)

    def __itruediv__(self, other: Any) -> NDArray:
        return self._combine(other, DIVIDE, in_place=True)

    __div__, __rdiv__, __idiv__ = __truediv__, __rtruediv__, __itruediv__  # called by name by old scripts

    def __nonzero__(self) -> bool:
        return bool(self)

    def __mod__(self, other: Any) -> NDArray:
        return self._combine(other, MODULO)

    def __rmod__(self, other: Any) -> NDArray:
        return self._combine(other, MODULO, reflected=True)

    def __imod__(self, other: Any) -> NDArray:
        return self._combine(other, MODULO, in_place=True)

    def __pow__(self, other: Any) -> NDArray:
        return self._combine(other, POWER)

    def __rpow__(self, other: Any) -> NDArray:
        return self._combine(other, POWER, reflected=True)

    def __eq__(self, other: object) -> NDArray:  # type: ignore[override]
        return self._combine(other, EQUAL)

    def __ne__(self, other: object) -> NDArray:  # type: ignore[override]
        return self._combine(other, NOT_EQUAL)

    def __gt__(self, other: Any) -> NDArray:
        return self._combine(other, GREATER)

    def __ge__(self, other: Any) -> NDArray:
        return self._combine(other, GREATER_EQUAL)

    def __lt__(self, other: Any) -> NDArray:
        return self._combine(other, LESSER)

    def __le__(self, other: Any) -> NDArray:
        return self._combine(other, LESSER_EQUAL)

    def __neg__(self) -> NDArray:
        return self._combine(-1.0, MULTIPLY)


def is_scalar(value: object) -> bool:
    """Whether something is a number that an array can be combined with."""
    return isinstance(value, int | float | np.number | np.bool_) and not isinstance(value, np.complexfloating)


def cannot_combine(other: object) -> CompositionError:
    """Return the error for an operand that is neither an array nor a number."""
    hint = (
        " Make it an NDArray with mx.nd.array first." if isinstance(other, np.ndarray | list | tuple) else ""
    )
    return CompositionError(
        f"An NDArray goes together with an NDArray or a number, not with {type(other).__name__}.{hint}"
    )
