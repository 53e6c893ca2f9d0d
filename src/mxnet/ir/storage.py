"""How values are stored, and what an operator declares about those that are not stored densely."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.errors import MXNetError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "CSR",
    "DENSE",
    "FALLS_BACK",
    "ROWS",
    "STYPES",
    "Call",
    "GradientCall",
    "Sparse",
    "StorageError",
    "Stored",
]

DENSE, ROWS, CSR = "default", "row_sparse", "csr"

STYPES = "stypes"
"""Where a kernel that is given dense copies of its inputs finds in its state how they are stored."""


class StorageError(MXNetError, ValueError):
    """An operator cannot do anything with arrays that are stored like that."""


class Stored(NamedTuple):
    """A value as it is stored.

    Attributes
    ----------
    stype : str
        The kind of storage.
    shape : tuple of int
        The extents of what is stored.
    parts : tuple of Tensor
        All values of a dense array; the stored rows and their numbers of one by rows; the stored values,
        their columns and where each row begins of a matrix in CSR form.
    """

    stype: str
    shape: tuple[int, ...]
    parts: tuple[Tensor, ...]


class Call(NamedTuple):
    """One call of an operator with arrays of which some are sparse, as its sparse kernel sees it.

    Attributes
    ----------
    op : Op
        The operator with its parameters.
    arrays : sequence of Stored
        The inputs.
    stype : str or None
        How the result is to be stored; None if the operator's rule knows of no such inputs.
    run : callable
        Runs the operator itself on tensors, and returns its first output.
    """

    op: Any
    arrays: Sequence[Stored]
    stype: str | None
    run: Callable[[Sequence[Tensor]], Tensor]


class GradientCall(NamedTuple):
    """The gradient of one call of an operator, as the kernel for stored gradients sees it.

    Attributes
    ----------
    op : Op
        The operator with its parameters.
    wants : tuple of str
        The inputs whose gradients are asked for.
    head : Stored
        The gradient of the first output.
    arrays : dict of str to Stored
        The inputs that the operator's ``backward`` reads, by name.
    """

    op: Any
    wants: tuple[str, ...]
    head: Stored
    arrays: Mapping[str, Stored]


ResultRule = Callable[[Any, tuple[str, ...]], "str | tuple[str, ...] | None"]
"""From an operator and how its inputs are stored (not all dense) to how all its results are, or each of them;
None to fall back."""

GradientRule = Callable[[Any, tuple[str, ...], str], tuple[str, ...]]
"""From an operator, how its inputs are stored, and how its output's gradient is, to those of the inputs."""


def falls_back(op: Any, stypes: tuple[str, ...]) -> str | None:
    """Compute with dense copies; updates know what they are given."""
    del stypes
    return DENSE if op.mutates else None


def dense_gradients(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:
    """Make only dense gradients."""
    del op, head
    return (DENSE,) * len(stypes)


def no_rows(op: Any, stypes: Sequence[str]) -> bool:
    """Update all of an array, whatever its gradient has."""
    del op, stypes
    return False


@dataclass(frozen=True)
class Sparse:
    """What an operator does with arrays that are not dense, as ``sparse`` of its class.

    Rules that many operators share are in :mod:`mxnet.ops.tools.storage`, ready declarations among them.

    Attributes
    ----------
    result : callable
        How the result is stored; by default the operator falls back on dense copies, and its result is dense.
    gradient : callable
        How the gradients of its inputs are stored; by default all are dense.
    kernel : callable, optional
        Computes from what is stored, and returns the result or None where it cannot.
    gradient_kernel : callable, optional
        Computes the gradients that are asked for from what is stored, for operators with a ``backward``; it
        returns them in that order, or None where it cannot. Whether an array is sparse, it sees itself: the
        gradient may be where the inputs are not.
    takes : str, optional
        How the first input must be stored, if the operator takes nothing else.
    always : bool
        Whether it has to do with how arrays are stored even where all of them are dense.
    rows_only : callable
        Of updates: whether arrays stored in such ways are updated only in the rows that the gradient has.
    """

    result: ResultRule = falls_back
    gradient: GradientRule = dense_gradients
    kernel: Callable[[Call], Stored | None] | None = None
    gradient_kernel: Callable[[GradientCall], tuple[Stored, ...] | None] | None = None
    takes: str | None = None
    always: bool = False
    rows_only: Callable[[Any, Sequence[str]], bool] = no_rows


FALLS_BACK = Sparse()
"""Of operators that say nothing: they compute with dense copies."""
