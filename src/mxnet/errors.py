"""The exceptions of Symnet, each an ``MXNetError`` and, where one fits, a built-in kind too; and warnings."""

from __future__ import annotations

import contextlib
import difflib
import functools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxnet.ir.node import Node

__all__ = [
    "BindError",
    "CompositionError",
    "DTypeError",
    "FileFormatError",
    "GradientError",
    "InferenceError",
    "MXNetError",
    "MissingPackageError",
    "NameLookupError",
    "NotImplementedForSymbol",
    "NotSupportedForSparseNDArray",
    "OutOfMemoryError",
    "OutOfRangeError",
    "ParameterError",
    "ReadOnlyError",
    "ShapeError",
    "StorageTypeError",
    "UnknownOperatorError",
    "add_note",
    "also_ours",
    "brief",
    "did_you_mean",
    "few",
    "user_code",
]


class MXNetError(RuntimeError):
    """Base of every error that Symnet raises on purpose.

    Attributes
    ----------
    node : Node or None
        Where in a graph it happened, or in which call on arrays: with `op`, `name` and `source`, the user's
        line. The text begins with it.
    within : tuple of Node
        The nodes whose bodies that node is part of, the outermost first.
    block : str
        In which of Gluon's blocks it happened, as the path that leads there. The text ends with it.
    """

    node: Node | None = None
    within: tuple[Node, ...] = ()
    block: str = ""

    def __str__(self) -> str:
        nodes = () if self.node is None else (*self.within, self.node)
        where = f"\n  in block {self.block}" if self.block else ""
        return "".join([f"Error in operator {node}: " for node in nodes]) + self._reason() + where

    def _reason(self) -> str:
        return BaseException.__str__(self)  # KeyError, which some errors are, would print the repr

    def __reduce__(self) -> Any:
        if self.node is None and not self.block:
            return super().__reduce__()
        return _unpickled, (type(self), str(self))  # the text alone: a node hangs on a graph, a block on all


class ParameterError(MXNetError, ValueError):
    """An operator's parameter is missing, unknown, or has a value that is not allowed."""


class CompositionError(MXNetError, TypeError):
    """Symbols were put together in a way that makes no graph."""


class StorageTypeError(CompositionError, ValueError):
    """Something that is no storage type was named as one."""


class ReadOnlyError(MXNetError, ValueError):
    """A read-only array was to be written."""


class InferenceError(MXNetError, ValueError):
    """Shapes or dtypes of a graph contradict each other."""


class ShapeError(InferenceError):
    """Two shapes that must agree do not."""


class DTypeError(InferenceError, TypeError):
    """Two dtypes that must agree do not, or a dtype is not one an operator works on."""


class BindError(MXNetError, ValueError):
    """The arrays given to ``bind`` do not fit the graph."""


class NameLookupError(MXNetError, KeyError, ValueError):
    """A name was looked up that does not exist."""


class UnknownOperatorError(MXNetError, AttributeError):
    """No operator of that name is registered."""


class GradientError(MXNetError, ValueError):
    """A gradient was asked for that does not exist."""


class FileFormatError(MXNetError, ValueError):
    """A file is truncated, corrupt, or not of the format it should be."""


class OutOfRangeError(MXNetError, IndexError):
    """An index lies outside of an array, or there are more indices than dimensions."""


class MissingPackageError(MXNetError, ImportError):
    """A package is not installed that this needs."""


class OutOfMemoryError(MXNetError, MemoryError):
    """There is not the memory for an array."""


class NotImplementedForSymbol(MXNetError, TypeError):
    """An operation of arrays was asked of a symbol, which has no value.

    Parameters
    ----------
    function : callable
        The method that was called.
    alias : str or None
        The operator sign that stands for it, such as ``"+="``.
    *args
        What it was called with.
    """

    def __init__(self, function: object, alias: str | None = None, *args: object) -> None:
        self.function = getattr(function, "__name__", str(function))
        self.alias = alias
        self.args_types = [type(a).__name__ for a in args]
        sign = f" (the operator {alias})" if alias else ""
        given = f" with arguments of type {', '.join(self.args_types)}" if args else ""
        super().__init__(
            f"{self.function}{sign}{given} is not available on a Symbol: a symbol is a description of a "
            "computation and has no value. Bind it (simple_bind, bind, eval) and use the resulting NDArrays."
        )


class NotSupportedForSparseNDArray(MXNetError, TypeError):
    """A dense array's operation was asked of a sparse array."""

    def __init__(self, function: object, alias: str | None = None, *args: object) -> None:
        self.function = getattr(function, "__name__", str(function))
        sign = f" (the operator {alias})" if alias else ""
        given = f" with arguments of type {', '.join(type(a).__name__ for a in args)}" if args else ""
        super().__init__(
            f"{self.function}{sign}{given} is not available on a sparse NDArray. Use "
            "tostype('default') first."
        )


def _unpickled(kind: type[MXNetError], text: str) -> MXNetError:
    return kind.__new__(kind, text)


def add_note(error: Exception, note: str) -> None:
    """Add to what is printed with an exception; Python 3.10 keeps it but does not print it."""
    if hasattr(error, "add_note"):
        error.add_note(note)
    else:
        error.__notes__ = [*getattr(error, "__notes__", []), note]


def also_ours(error: Exception) -> Exception:
    """Return the exception of a user's own code as one that is also an MXNetError, to be raised in its place.

    It has the same arguments and attributes, and the same place in the code. Where none can be made, it is
    the exception itself.

    Examples
    --------
    >>> ours = also_ours(ZeroDivisionError("no"))
    >>> isinstance(ours, ZeroDivisionError), isinstance(ours, MXNetError), str(ours)
    (True, True, 'no')
    """
    if isinstance(error, MXNetError):
        return error
    kind = _also_ours(type(error))  # type: ignore[arg-type]
    try:
        made = kind(*error.args) if type(error).__module__ == "builtins" else kind.__new__(kind, *error.args)
    except TypeError:
        return error
    made.args = error.args
    made.__dict__.update(error.__dict__)
    made.__cause__ = error.__cause__ or error.__context__
    made.__suppress_context__ = True
    return made.with_traceback(error.__traceback__)


@functools.cache
def _also_ours(kind: type[Exception]) -> type[Exception]:
    if issubclass(MXNetError, kind) or issubclass(kind, StopIteration):  # which generators cannot raise
        return MXNetError
    return type(kind.__name__, (kind, MXNetError), {"__module__": kind.__module__, "__doc__": kind.__doc__})


@contextlib.contextmanager
def user_code(where: str) -> Iterator[None]:
    """Run a user's own code; its exceptions become MXNetErrors, too, with a note of where they are from."""
    try:
        yield
    except Exception as error:
        ours = also_ours(error)
        add_note(ours, where)
        raise ours  # noqa: B904 - it is the same


def did_you_mean(name: object, candidates: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the candidate closest to `name`, or an empty string.

    Examples
    --------
    >>> did_you_mean("num_hiden", ["num_hidden", "no_bias"])
    " Did you mean 'num_hidden'?"
    """
    close = difflib.get_close_matches(str(name), list(candidates), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


_FEW = 8
_LONG = 200


def few(names: Iterable[str], near: object = None) -> str:
    """Return names as a message lists them: all if they are few, else those nearest to one, and a count.

    Examples
    --------
    >>> few(["data", "weight", "bias"])
    'data, weight, bias'
    >>> few([f"fc{i}_weight" for i in range(300)], near="fc27_wieght")
    'fc27_weight, fc297_weight, fc287_weight, fc279_weight, fc278_weight and 295 more'
    """
    names = list(names)
    if len(names) <= _FEW:
        return ", ".join(names) or "none"
    nearest = [] if near is None else difflib.get_close_matches(str(near), names, n=_FEW - 3, cutoff=0.3)
    shown = nearest or names[: _FEW - 3]
    return f"{', '.join(shown)} and {len(names) - len(shown)} more"


def brief(value: object) -> str:
    """Return what `repr` says of a value, as far as it fits into a message."""
    text = repr(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]} …"
