"""Arithmetic and comparisons of symbols, and the methods of arrays that a symbol has no values for."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from mxnet.errors import CompositionError, NotImplementedForSymbol, ParameterError, brief
from mxnet.symbol.base import SymbolBase

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Arithmetic", "is_number"]


def is_number(value: object) -> bool:
    """Whether MXNet takes something for a number beside a symbol; a boolean is none."""
    return isinstance(value, int | float | np.number | Decimal) and not isinstance(value, bool)


class Arithmetic(SymbolBase):
    """A symbol that can be added to another, multiplied by a number, compared."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # == makes a symbol, so a symbol is no dictionary key

    def _arithmetic(self, binary: str | None, with_scalar: str, right: object, sign: str) -> Self:
        if isinstance(right, SymbolBase) and binary is not None:
            return self._create(binary, [self, right], {}, hint=binary)
        if is_number(right):
            return self._create(with_scalar, [self], {"scalar": right}, hint=with_scalar.lower())
        if isinstance(right, bool | np.bool_):
            raise ParameterError(
                f"{self._shown()} {sign} {right}: a boolean is not a number here; write {int(right)}."
            )
        raise CompositionError(
            f"{self._shown()} {sign} {brief(right)}: expected a Symbol or a number, but got "
            f"{type(right).__name__}."
        )

    def __add__(self, other: object) -> Self:
        return self._arithmetic("_plus", "_PlusScalar", other, "+")

    def __sub__(self, other: object) -> Self:
        return self._arithmetic("_minus", "_MinusScalar", other, "-")

    def __rsub__(self, other: object) -> Self:
        return self._arithmetic(None, "_RMinusScalar", other, "-")

    def __mul__(self, other: object) -> Self:
        return self._arithmetic("_mul", "_MulScalar", other, "*")

    def __truediv__(self, other: object) -> Self:
        return self._arithmetic("_div", "_DivScalar", other, "/")

    def __rtruediv__(self, other: object) -> Self:
        return self._arithmetic(None, "_RDivScalar", other, "/")

    def __mod__(self, other: object) -> Self:
        return self._arithmetic("_mod", "_ModScalar", other, "%")

    def __rmod__(self, other: object) -> Self:
        return self._arithmetic(None, "_RModScalar", other, "%")

    def __pow__(self, other: object) -> Self:
        return self._arithmetic("_power", "_PowerScalar", other, "**")

    def __rpow__(self, other: object) -> Self:
        return self._arithmetic(None, "_rpower_scalar", other, "**")

    def __neg__(self) -> Self:
        return self.__mul__(-1.0)

    def __abs__(self) -> Self:
        return self._create("abs", [self], {}, hint="abs")

    def __eq__(self, other: object) -> Self:  # type: ignore[override]
        return self._arithmetic("_equal", "_equal_scalar", other, "==")

    def __ne__(self, other: object) -> Self:  # type: ignore[override]
        return self._arithmetic("_not_equal", "_not_equal_scalar", other, "!=")

    def __gt__(self, other: object) -> Self:
        return self._arithmetic("_greater", "_greater_scalar", other, ">")

    def __ge__(self, other: object) -> Self:
        return self._arithmetic("_greater_equal", "_greater_equal_scalar", other, ">=")

    def __lt__(self, other: object) -> Self:
        return self._arithmetic("_lesser", "_lesser_scalar", other, "<")

    def __le__(self, other: object) -> Self:
        return self._arithmetic("_lesser_equal", "_lesser_equal_scalar", other, "<=")

    __radd__ = __add__
    __rmul__ = __mul__
    __div__ = __truediv__
    __rdiv__ = __rtruediv__

    # ------------------------------------------------------------------------------ what only an array can do

    def __bool__(self) -> bool:
        raise NotImplementedForSymbol(self.__bool__, "bool")

    __nonzero__ = __bool__

    def __iadd__(self, other: object) -> Self:
        raise NotImplementedForSymbol(self.__iadd__, "+=", other)

    def __isub__(self, other: object) -> Self:
        raise NotImplementedForSymbol(self.__isub__, "-=", other)

    def __imul__(self, other: object) -> Self:
        raise NotImplementedForSymbol(self.__imul__, "*=", other)

    def __itruediv__(self, other: object) -> Self:
        raise NotImplementedForSymbol(self.__itruediv__, "/=", other)

    __idiv__ = __itruediv__


def _only_arrays(name: str) -> Callable[[Arithmetic], None]:
    def method(self: Arithmetic, *args: object) -> None:  # noqa: ARG001 - it is a method
        raise NotImplementedForSymbol(name, None, *args)

    method.__name__ = name
    method.__doc__ = "Raise NotImplementedForSymbol: a symbol has no value."
    return method


for _name in ("asnumpy", "asscalar", "wait_to_read", "copy", "detach", "backward", "as_in_context"):
    setattr(Arithmetic, _name, _only_arrays(_name))
