"""A frame is what one run of rows owns: memory for its values, and words with addresses that hold for it."""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mxnet.lazy import torch
from mxnet.native.calling import run_words

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Bound", "Frame", "Table", "Tensors"]

_FEW = 8  # tensors up to which each is moved by itself

Words = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bound:
    """Tensors that come from outside, the same in most runs, and the words that hold their addresses.

    Attributes
    ----------
    where, which, offsets : array of int64
        Words, of which tensor each is an address, and how many bytes further on; in the order of tensors.
    starts : list of int
        By tensor, where its words begin.
    written : tuple of int
        The tensors that rows write to.
    """

    where: Words
    which: Words
    offsets: Words
    starts: list[int]
    written: tuple[int, ...]

    @classmethod
    def of(
        cls, tensors: Sequence[int], where: Words, which: Words, offsets: Words, written: Iterable[int] = ()
    ) -> Bound:
        """Return that of tensors by some numbers, in ascending order, and words, each with such a number."""
        known = np.array(tensors, np.int64)
        order = np.lexsort((where, which))
        position = np.searchsorted(known, which[order])
        starts = np.searchsorted(position, np.arange(len(tensors) + 1)).tolist()
        changed = tuple(np.searchsorted(known, sorted(written)).tolist())
        return cls(where[order], position, offsets[order], starts, changed)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, and how the words are made for a frame; shared by all frames, and never written.

    Attributes
    ----------
    code : array of int64
        By row, the address of its kernel, and how many bytes its words are from the first.
    words : array of int64
        All words; 0 where an address belongs, and for the loop's own row of each segment, which come last.
    segments : tuple of (int, int)
        The first row, and that after the last one.
    arena : tuple of array
        Words that are addresses in the arena, and how many bytes from its beginning.
    arena_bytes : int
        Its size.
    given, heads, targets : Bound
        Variables and what is prepared; gradients of outputs; arrays that gradients are written to.
    loose : tuple of sequence of (int, int)
        Of each tensor that is another one in every run: words, and bytes.
    """

    code: Words
    words: Words
    segments: tuple[tuple[int, int], ...]
    arena: tuple[Words, Words]
    arena_bytes: int
    given: Bound
    heads: Bound
    targets: Bound
    loose: tuple[Sequence[tuple[int, int]], ...]


class Frame:
    """See above; one run has it at a time.

    Attributes
    ----------
    arena : Tensor
        The memory of its values, as float32.
    given, heads, targets : Tensors
        What is bound now.
    fresh : dict of int to Tensor
        What this run has made that leaves it, by number among loose tensors.
    seen, targets_seen : tuple, list
        What was bound last, to tell in a moment that it is the same again.

    Parameters
    ----------
    table : Table
        What it is for.
    """

    __slots__ = ("_cells", "_loop", "_loops", "_views", "_words", "arena", "fresh", "given", "heads", "seen",
                 "table", "targets", "targets_seen")  # fmt: skip

    def __init__(self, table: Table) -> None:
        self.table = table
        self.arena: Tensor = torch.empty(table.arena_bytes // 4, dtype=torch.float32)
        self._words = words = table.words.copy()
        self._cells = memoryview(words)  # type: ignore[arg-type]
        where, offsets = table.arena
        words[where] = self.arena.data_ptr() + offsets
        at = words.ctypes.data
        first = len(words) - 4 * len(table.segments)
        for number, (begin, end) in enumerate(table.segments):
            words[first + 4 * number :][:4] = table.code.ctypes.data, at, begin, end
        self._loops = at + 8 * first
        loop = run_words("run")
        assert loop is not None
        self._loop: Callable[[int], None] = loop
        self.given, self.heads = Tensors(table.given, words), Tensors(table.heads, words)
        self.targets = Tensors(table.targets, words)
        self.seen: tuple[Any, ...] = ()
        self.targets_seen: Any = None
        self.fresh: dict[int, Tensor] = {}
        self._views: dict[tuple[int, tuple[int, ...]], Tensor] = {}

    def run(self, segment: int) -> None:
        """Run a stretch of rows."""
        self._loop(self._loops + 32 * segment)

    def run_timed(self, parts: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
        """Run rows, from which to before which each time; return when each began, and its microseconds.

        What a call takes by itself is not counted.
        """
        idle = 3  # calls of no row at all: the first is slower than those that follow
        rows = np.zeros((idle + len(parts), 4), np.int64)
        rows[:, 0], rows[:, 1] = self.table.code.ctypes.data, self._words.ctypes.data
        rows[idle:, 2:] = parts
        at, clock, loop, times = rows.ctypes.data, time.perf_counter_ns, self._loop, []
        for i in range(len(rows)):
            begin = clock()
            loop(at + 32 * i)
            times.append((begin / 1000, (clock() - begin) / 1000))
        call = min(duration for _, duration in times[:idle])
        return [(begin, max(0.001, duration - call)) for begin, duration in times[idle:]]

    def place(self, number: int, tensor: Tensor) -> Tensor:
        """Let rows read or write a tensor, or its values in the order of its indices; return where these are.

        Whoever calls sees to it that it lives as long as rows need it.
        """
        if not tensor.is_contiguous():
            tensor = tensor.contiguous()
        address, cells = tensor.data_ptr(), self._cells
        for at, offset in self.table.loose[number]:
            cells[at] = address + offset
        return tensor

    def new(self, number: int, shape: tuple[int, ...]) -> None:
        """Make memory for what leaves the run; rows may read it for as long as this run lasts."""
        self.fresh[number] = self.place(number, torch.empty(shape, dtype=torch.float32))

    def view(self, offset: int, shape: tuple[int, ...]) -> Tensor:
        """Return a value in the arena, at that many bytes from its beginning."""
        found = self._views.get((offset, shape))
        if found is None:
            begin = offset // 4
            found = self.arena[begin : begin + math.prod(shape)].view(shape)
            self._views[offset, shape] = found
        return found

    def rest(self) -> None:
        """Let go what only the last run needed."""
        self.fresh.clear()


class Tensors:
    """Tensors that are bound for a frame.

    Attributes
    ----------
    tensors : sequence of Tensor
        Those that rows work on: the bound ones or, where these are not contiguous, copies.
    """

    __slots__ = ("_bound", "_given", "_strided", "_words", "tensors")

    def __init__(self, bound: Bound, words: Words) -> None:
        self._bound = bound
        self._words = words
        self._given: Sequence[Tensor] = ()
        self._strided: list[int] = []
        self.tensors: list[Tensor] = []

    def bind(self, tensors: Sequence[Tensor]) -> None:
        """Let rows work on these tensors; nothing is done about those that were bound before."""
        bound, given, words = self._bound, self._given, self._words
        if len(given) == len(tensors):
            if all(map(operator.is_, given, tensors)):
                return
            changed = [i for i, pair in enumerate(zip(given, tensors, strict=True)) if pair[0] is not pair[1]]
        else:
            changed = [*range(len(tensors))]
        self._given = tensors
        self._strided = [i for i, tensor in enumerate(tensors) if not tensor.is_contiguous()]
        self.tensors = [*tensors]
        if len(changed) <= _FEW:
            for i in changed:
                self._move(i, tensors[i].data_ptr())
        else:
            addresses = np.array([tensor.data_ptr() for tensor in tensors], np.int64)
            words[bound.where] = addresses[bound.which] + bound.offsets

    def _move(self, i: int, address: int) -> None:
        bound = self._bound
        mine = slice(bound.starts[i], bound.starts[i + 1])
        self._words[bound.where[mine]] = bound.offsets[mine] + address

    def gather(self) -> None:
        """Copy what is not contiguous to where it is, for this run."""
        for i in self._strided:
            self.tensors[i] = copy = self._given[i].contiguous()
            self._move(i, copy.data_ptr())

    def scatter(self, written: Sequence[int] | None = None) -> None:
        """Copy what was written where it does not belong, and raise the versions of all that was written.

        Parameters
        ----------
        written : sequence of int, optional
            The positions of what was; by default all that rows write to.
        """
        written = self._bound.written if written is None else written
        if not written:
            return
        for i in self._strided:
            if i in written:
                self._given[i].copy_(self.tensors[i])
        if len(written) == len(self._given):
            raise_versions(self._given)
        else:
            raise_versions([self._given[i] for i in written])


def raise_versions(tensors: Sequence[Tensor]) -> None:
    """Let torch, and what is prepared of parameters, know that tensors were written to."""
    torch.autograd.graph.increment_version(tensors)
