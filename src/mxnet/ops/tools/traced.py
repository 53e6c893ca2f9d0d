"""Formulas of tensors as rows: what a function computes with torch's names, element by element, said once.

A function that is called with :class:`Traced` in the place of tensors returns what it would compute, as a
tree of kernels. What it calls is torch's, by name; what is not known here has no rows.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.lazy import torch
from mxnet.native.rows import Declined

if TYPE_CHECKING:
    from mxnet.native.rows import Place, Rows

__all__ = ["Traced", "rows_by_trace"]

Shape = tuple[int, ...]
Operand = Any
"""What is traced, or a number."""


class Traced:
    """An array of float32 that is not there: what is asked of it is noted.

    Parameters
    ----------
    shape : tuple of int
        Its extents.
    write : callable
        Adds the rows that make it, in a place if one is given, and returns where it is.
    """

    is_cuda = False

    def __init__(self, shape: Shape, write: Callable[[Rows, Place | None], Place]) -> None:
        self.shape = shape
        self._write = write
        self._place: Place | None = None

    @classmethod
    def at(cls, place: Place) -> Traced:
        """Return what an array at a place is."""
        traced = cls(place.shape, lambda to, into: place)
        traced._place = place
        return traced

    def write(self, to: Rows, into: Place | None = None) -> Place:
        """Add the rows that make it, if they are not there, and return where it is."""
        if self._place is None:
            self._place = self._write(to, into)
        elif into is not None:
            to.copy(self._place, into, 1, into.size)
        return self._place

    # --------------------------------------------------------------------------------- as tensors are asked

    @property
    def dtype(self) -> torch.dtype:
        """The dtype: there are rows of no other."""
        return torch.float32

    def dim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)

    def to(self, dtype: torch.dtype) -> Traced:
        """Return it in a dtype."""
        if dtype != torch.float32:
            raise Declined
        return self

    def view(self, *shape: Any) -> Traced:
        """Return it in another shape of as many elements."""
        given = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        rest = math.prod(self.shape) // max(math.prod(each for each in given if each >= 0), 1)
        wanted = tuple(rest if each < 0 else each for each in given)

        def write(to: Rows, into: Place | None) -> Place:
            return self.write(to, into and into._replace(shape=self.shape))._replace(shape=wanted)

        return Traced(wanted, write)

    reshape = view

    def sum_to_size(self, shape: Shape) -> Traced:
        """Return the sums along axes that a shape lacks, or has with an extent of 1."""
        if shape == self.shape:
            return self

        def write(to: Rows, into: Place | None) -> Place:
            place = into or to.scratch(math.prod(shape))._replace(shape=shape)
            to.sum_to(self.write(to), place)
            return place

        return Traced(shape, write)

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Traced:
        """Note a call of a function of torch's."""
        options = {name: value for name, value in (kwargs or {}).items() if name != "out"}
        return _called(function.__name__, *args, **options)

    def __getattr__(self, name: str) -> Callable[..., Traced]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **options: _called(name, self, *args, **options)

    __add__, __sub__, __mul__, __truediv__, __pow__, __gt__, __ge__, __lt__, __le__, __or__, __and__ = (
        lambda self, other, kernel=kernel: _two(kernel, self, other)
        for kernel in ("add", "sub", "mul", "div", "power", "greater", "greater_equal", "lesser",
                       "lesser_equal", "logical_or", "logical_and")
    )  # fmt: skip
    __radd__, __rsub__, __rmul__, __rtruediv__, __rpow__ = (
        lambda self, other, kernel=kernel: _two(kernel, other, self)
        for kernel in ("add", "sub", "mul", "div", "power")
    )
    __hash__ = object.__hash__

    def __eq__(self, other: Operand) -> Traced:  # type: ignore[override]
        return _two("equal", self, other)

    def __ne__(self, other: Operand) -> Traced:  # type: ignore[override]
        return _two("not_equal", self, other)

    def __mod__(self, other: Operand) -> Traced:
        raise Declined

    def __neg__(self) -> Traced:
        return _one("negative", self)

    def __invert__(self) -> Traced:
        return _two("equal", self, 0.0)


def _one(kernel: str, x: Traced) -> Traced:
    def write(to: Rows, into: Place | None) -> Place:
        place = into or to.scratch(math.prod(x.shape))._replace(shape=x.shape)
        to.each(kernel, x.write(to), place)
        return place

    return Traced(x.shape, write)


def _two(kernel: str, x: Operand, y: Operand) -> Traced:
    x, y = (each.item() if isinstance(each, torch.Tensor) and not each.dim() else each for each in (x, y))
    if not all(isinstance(each, Traced | float | int) for each in (x, y)):
        raise Declined

    def write(to: Rows, into: Place | None) -> Place:
        return to.binary(kernel, _word(x, to), _word(y, to), into)

    return Traced(_shape_of(x, y), write)


def _word(operand: Operand, to: Rows) -> Place | float:
    return operand.write(to) if isinstance(operand, Traced) else float(operand)


def _shape_of(*operands: Operand) -> Shape:
    return np.broadcast_shapes(*(each.shape for each in operands if isinstance(each, Traced)))


def _where(condition: Traced, x: Operand, y: Operand) -> Traced:
    shape = _shape_of(condition, x, y)

    def write(to: Rows, into: Place | None) -> Place:
        place = into or to.scratch(math.prod(shape))._replace(shape=shape)
        to.where(condition.write(to), _word(x, to), _word(y, to), place)
        return place

    return Traced(shape, write)


def _clamp(x: Traced, low: float | None = None, high: float | None = None, **bounds: float | None) -> Traced:
    low, high = bounds.get("min", low), bounds.get("max", high)
    least = x if low is None else _two("maximum", x, low)
    return least if high is None else _two("minimum", least, high)


def _called(name: str, *args: Any, **options: Any) -> Traced:
    name = name.split(".", maxsplit=1)[0].rstrip("_")
    if name in _FUNCTIONS:
        return _FUNCTIONS[name](*args, **options)
    kernel = _NAMES.get(name, name)
    if options or len(args) not in (1, 2):
        raise Declined
    return _one(kernel, *args) if len(args) == 1 else _two(kernel, *args)


_FUNCTIONS: Mapping[str, Callable[..., Traced]] = {
    "where": _where,
    "clamp": _clamp,
    "masked_fill": lambda x, mask, value: _where(mask, float(value), x),
    "nan_to_num": lambda x, nan: _where(x == x, x, nan),  # noqa: PLR0124
    "hardtanh_backward": lambda grad, x, low, high: _where((x > low) & (x < high), grad, 0.0),
    "square": lambda x: x * x,
    "isfinite": lambda x: x - x == 0.0,
    "isnan": lambda x: x != x,  # noqa: PLR0124
    "zeros_like": lambda x: Traced(x.shape, lambda to, into: _filled(to, into, x.shape)),
}
_NAMES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "neg": "negative", "pow": "power", "eq": "equal", "ne": "not_equal", "gt": "greater",
    "ge": "greater_equal", "lt": "lesser", "le": "lesser_equal", "true_divide": "div",
}  # fmt: skip
"""The kernels of torch's functions that have another name."""


def _filled(to: Rows, into: Place | None, shape: Shape) -> Place:
    place = into or to.scratch(math.prod(shape))._replace(shape=shape)
    to("fill", place, place.size, 0.0)
    return place


class _Asked:
    """What a kernel is told of its run: which gradients are wanted."""

    def __init__(self, wants: frozenset[str], *, is_train: bool) -> None:
        self.wants, self.is_train = wants, is_train


def _write(to: Rows, result: Any, into: Place) -> None:
    if not isinstance(result, Traced) or result.shape != into.shape:
        to.decline()
    result.write(to, into)


@functools.cache
def rows_by_trace(kernel: Callable[..., Any], *, is_backward: bool = False) -> Callable[[Any, Rows], None]:
    """Return the ``as_rows``, or ``backward_as_rows``, of what a ``forward`` or ``backward`` computes."""
    reads = [
        name
        for name, each in inspect.signature(kernel).parameters.items()
        if each.kind is each.POSITIONAL_OR_KEYWORD
    ][2:]

    def rows(self: Any, to: Rows) -> None:
        places = [getattr(to, name) for name in reads]
        given = [None if place is None else Traced.at(place) for place in places]
        names = self.input_names()
        made = [getattr(to, f"{name}_grad") for name in names] if is_backward else [*to.outs]
        wants = frozenset([name for name, place in zip(names, made, strict=False) if place is not None])
        results = kernel(self, _Asked(wants, is_train=to.is_train), *given)
        for result, place in zip(results if isinstance(results, tuple) else (results,), made, strict=True):
            if result is not None and place is not None:
                _write(to, result, place)

    return rows
