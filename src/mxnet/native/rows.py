"""What an operator says of its work in rows: which kernels, on which of its arrays; nothing about memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from mxnet.native.calling import as_word
from mxnet.native.loading import address, calls_the_library
from mxnet.native.products import limit_threads, sgemm
from mxnet.native.sharing import runs_together, threads

__all__ = ["FEW", "Declined", "Place", "Recipe", "Rows"]

FEW = 1 << 15
"""Elements up to which work element by element is done in rows: above, torch takes several threads for it."""

_MUCH = 1 << 17
"""Elements from which on to wake other threads takes less time than they save."""

FEW_CALLS = 1 << 9
"""The same of functions that a kernel has the C library compute, one number at a time."""

_ALONE = range(1 << 12, 1 << 24)
"""Multiplications of a product that several threads might share, but to wake them takes as long as they save.

Where another process has their core, a product would wait for them for milliseconds. Smaller ones are not
shared by the library itself.
"""

_SMALL, _NARROW = 1 << 13, 1 << 20
"""Multiplications up to which a kernel is done before the library has looked at what it was given.

The second is for a result of less than 16 columns, which take the library three times as long.
"""

Shape = tuple[int, ...]

_NO, _YES = ord("N"), ord("T")


class Declined(Exception):
    """The operator is not run in rows with these parameters or types."""


class Place(NamedTuple):
    """Memory that a step reads or writes: an array of its own, or what lies somewhere in it.

    Attributes
    ----------
    position : int
        Which of the step's inputs, outputs and scratch arrays, in this order.
    shape : tuple of int
        Its extents.
    offset : int
        In elements.
    layout : str
        That of its type: how its elements lie, if not in the order of its axes.
    """

    position: int
    shape: Shape
    offset: int = 0
    layout: str = ""

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    def at(self, offset: int) -> Place:
        """Return what lies that many elements further on."""
        return self._replace(offset=self.offset + offset)


def _steps(shape: Shape, wanted: Shape) -> list[int]:
    """Return how far apart the next elements are along each axis of a wanted shape; 0 where it repeats."""
    aligned = (1,) * (len(wanted) - len(shape)) + shape
    return [0 if extent == 1 else math.prod(aligned[axis + 1 :]) for axis, extent in enumerate(aligned)]


def most_of(kernel: str) -> int:
    """Return up to how many elements a kernel is worth a row: torch has its own vectors, or threads."""
    return FEW_CALLS if calls_the_library(kernel) else FEW


def _axes(shape: Shape, steps: Sequence[Sequence[int]]) -> tuple[list[int] | None, list[list[int]]]:
    """Return the extents of four axes that stand for all, and the steps along them; None if it takes more."""
    extents: list[int] = []
    found: list[list[int]] = [[] for _ in steps]
    for axis, extent in enumerate(shape):
        mine = [each[axis] for each in steps]
        if extent == 1:
            continue
        if extents and all(a[-1] == b * extent for a, b in zip(found, mine, strict=True)):
            extents[-1] *= extent
            for a, b in zip(found, mine, strict=True):
                a[-1] = b
        else:
            extents.append(extent)
            for a, b in zip(found, mine, strict=True):
                a.append(b)
    missing = 4 - len(extents)
    if missing < 0:
        return None, found
    if not extents:
        return [1] * 4, [[0, 0, 0, 1] for _ in steps]
    return [1] * missing + extents, [[0] * missing + each for each in found]


class Recipe(NamedTuple):
    """The rows of a step, in terms of its inputs, outputs and scratch arrays.

    Attributes
    ----------
    kernels : tuple of int
        The addresses of the kernels, by row.
    starts : tuple of int
        Where each row's words begin.
    words : tuple of int
        All words; 0 where an address belongs.
    addresses : tuple of (int, int, int)
        Which words are addresses, of which array each is, and how many bytes further on.
    same : tuple of (int, int)
        Outputs (by position among all arrays) that are inputs, seen in another shape.
    scratch : tuple of int
        The elements of scratch arrays.
    writes : tuple of int
        The positions of inputs that are written to.
    """

    kernels: tuple[int, ...]
    starts: tuple[int, ...]
    words: tuple[int, ...]
    addresses: tuple[tuple[int, int, int], ...]
    same: tuple[tuple[int, int], ...]
    scratch: tuple[int, ...]
    writes: tuple[int, ...]


class Rows:
    """What an operator's ``as_rows`` writes to: ``to("relu", to.data, to.output, 6)`` adds a row.

    Operators are asked of arrays that lie in the order of their axes; where ``rows_of_any_layout`` of a class
    says that it looks at layouts, it is asked, for inference, of others too.

    Attributes
    ----------
    ins, outs : tuple of Place
        Inputs with auxiliary states, and outputs.
    is_train : bool
        Whether this is a training run.
    is_shared : bool
        Whether all rows are of one kernel, and may run at the same time.

    Parameters
    ----------
    shapes : sequence of tuple of int
        Of inputs (with auxiliary states) and then outputs.
    n_in : int
        How many of these are inputs.
    names : mapping of str to int or None
        Positions by name; None for what there is not in this step.
    unread : set of int
        Positions of inputs of which only the shape is known.
    may_share : bool
        Whether an output may lie in the memory of an input.
    is_train : bool
        See above.
    parts : int, optional
        Into how many rows a loop may be divided that are to run at the same time; none in a plan.
    layouts : sequence of str, optional
        Of what there is a shape of.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        n_in: int,
        names: Mapping[str, int | None],
        *,
        unread: frozenset[int] = frozenset(),
        may_share: bool = False,
        is_train: bool = False,
        parts: int | None = None,
        layouts: Sequence[str] | None = None,
    ) -> None:
        lie = layouts or [""] * len(shapes)
        places = [Place(i, shape, 0, how) for i, (shape, how) in enumerate(zip(shapes, lie, strict=True))]
        self.ins, self.outs = tuple(places[:n_in]), tuple(places[n_in:])
        self.is_train = is_train
        self.is_shared = False
        self._parts = parts
        self._unread = unread
        self._may_share = may_share
        self._kernels: list[int] = []
        self._starts: list[int] = []
        self._words: list[int] = []
        self._addresses: list[tuple[int, int, int]] = []
        self._same: list[tuple[int, int]] = []
        self._scratch: list[int] = []
        self._writes: list[int] = []
        for name, position in names.items():
            self.__dict__.setdefault(name, None if position is None else places[position])

    if TYPE_CHECKING:  # the names of arrays are known when a program is made

        def __getattr__(self, name: str) -> Any: ...

    def __call__(self, kernel: str, *words: Place | float) -> None:
        """Add a row: a kernel, and its words: places, integers, or other numbers as float32."""
        found = address(kernel)
        if found is None:
            self.decline()
        self._kernels.append(found)
        self._starts.append(len(self._words))
        for word in words:
            if isinstance(word, Place):
                if word.position in self._unread:
                    raise TypeError(f"row {kernel!r} reads an array of which only the shape is there")
                self._addresses.append((len(self._words), word.position, 4 * word.offset))
                self._words.append(0)
            else:
                self._words.append(as_word(word))

    def decline(self) -> NoReturn:
        """Leave the step to torch."""
        raise Declined

    def each(self, kernel: str, *words: Place | float) -> None:
        """Add a row that works element by element on places of one size, which becomes its last word.

        Much work is declined: torch does it in several threads.
        """
        sizes = {word.size for word in words if isinstance(word, Place)}
        if len(sizes) > 1 or max(sizes) > most_of(kernel):
            self.decline()
        self(kernel, *words, *sizes)

    def loop(self, kernel: str, *words: Place | float, over: int, work: int, memory: int = 0) -> None:
        """Add a row for a loop over things that have nothing to do with each other.

        Its last words are memory, if it needs any, and the numbers of things from which to before which to
        go. A plan leaves much work to a single call, which divides it among threads.

        Parameters
        ----------
        kernel : str
            The kernel.
        *words : Place or float
            Its first words.
        over : int
            How many things there are.
        work : int
            What it takes, in elements.
        memory : int
            How many elements of memory of its own each row needs.
        """
        parts = 1 if work <= FEW else min(over, threads() if self._parts is None else self._parts)
        if parts > 1:
            if self._parts is None:
                self.decline()
            self.is_shared = True
        for i in range(parts):
            own = (self.scratch(memory),) if memory else ()
            self(kernel, *words, *own, over * i // parts, over * (i + 1) // parts)

    def shares(self, kernel: str, shares: Sequence[Sequence[Place | float]]) -> None:
        """Add a row that runs a kernel for the words of each share, on the threads of torch's pool."""
        if len(shares) == 1:
            self(kernel, *shares[0])
            return
        runner, of_each = runs_together(), address(kernel)
        if runner is None or of_each is None:
            self.decline()
        words = [word for share in shares for word in share]
        self("together", *runner, of_each, len(shares), len(shares[0]), *words)

    def divide(
        self, kernel: str, over: int, words: Callable[[int, int], Sequence[Place | float]], *, work: int
    ) -> None:
        """Add a row for things that have nothing to do with each other; much work is shared among threads.

        Parameters
        ----------
        kernel : str
            The kernel.
        over : int
            How many things there are.
        words : callable
            Returns what the kernel is told to do things from which to before which.
        work : int
            What all take, in elements.
        """
        if work >= _MUCH and runs_together() is None:  # torch may have threads where there are none for rows
            self.decline()
        parts = min(over, threads()) if work >= _MUCH else 1
        self.shares(
            kernel, [words(*share) for share in pairwise(over * i // parts for i in range(parts + 1))]
        )

    def lines(self, kernel: str, width: int, *places: Place) -> None:
        """Add a row that does lines of some places one by one; last come the numbers of lines and columns."""
        self.divide(
            kernel,
            places[0].size // width,
            lambda i, j: (*(each.at(i * width) for each in places), j - i, width),
            work=places[0].size,
        )

    def binary(
        self, kernel: str, left: Place | float, right: Place | float, into: Place | None = None
    ) -> Place:
        """Add a row for a function of two places, repeated to one shape, or of a place and a number.

        Return where the result is: in scratch memory, if no place for it is given.
        """
        shapes = [each.shape for each in (left, right) if isinstance(each, Place)]
        if into is None:
            shape = np.broadcast_shapes(*shapes)
            into = self.scratch(math.prod(shape))._replace(shape=shape)
        self.few(into, most_of(kernel))
        n = into.size
        if isinstance(left, Place) and isinstance(right, Place) and len(set(shapes)) > 1:
            extents, steps = _axes(into.shape, [_steps(each, into.shape) for each in shapes])
            if extents is None:
                self.decline()
            self(kernel, left, right, into, extents[-1], 3, *extents[:-1], *steps[0], *steps[1])
        else:
            kind = 0 if len(shapes) == 2 else 1 if isinstance(left, Place) else 2
            self(
                kernel,
                *(each if isinstance(each, Place) else float(each) for each in (left, right)),
                into,
                n,
                kind,
            )
        return into

    def where(self, condition: Place, left: Place | float, right: Place | float, into: Place) -> None:
        """Add a row that chooses between two operands by a condition for each element, or for rows."""
        self.few(into)
        kept = [extent for extent in condition.shape if extent != 1]
        if math.prod(into.shape[: len(kept)]) != condition.size or list(into.shape[: len(kept)]) != kept:
            self.decline()
        width = into.size // condition.size
        if any(isinstance(each, Place) and each.size != into.size for each in (left, right)):
            self.decline()
        words = [each if isinstance(each, Place) else float(each) for each in (left, right)]
        numbers = [int(not isinstance(each, Place)) for each in (left, right)]
        self("where", condition, *words, into, condition.size, width, *numbers)

    def spread(self, source: Place, shape: Shape, into: Place) -> None:
        """Add a row that repeats an array, seen in a shape with as many axes, along axes of extent 1."""
        self.walk(source, _steps(shape, into.shape), into)

    def walk(self, source: Place, steps: Sequence[int], into: Place, *, back: bool = False) -> None:
        """Add a row that fills a place from another, going on there by some steps along each axis.

        On the way back, the steps are those in the place that is filled, and the shape is the other's.
        """
        self.few(into)
        extents, (found,) = _axes(source.shape if back else into.shape, [steps])
        if extents is None:
            self.decline()
        self("put" if back else "repeat", source, into, extents[-1], *extents[:-1], *found)

    def sum_to(self, source: Place, into: Place, factor: float = 1.0, *, shape: Shape | None = None) -> None:
        """Add rows that add up an array along axes where another has an extent of 1, or that it lacks.

        Parameters
        ----------
        source, into : Place
            From where, and to where.
        factor : float
            What sums are multiplied by.
        shape : tuple of int, optional
            That `into` is to be seen in.
        """
        self.few(source)
        shape = into.shape if shape is None else shape
        aligned = (1,) * (len(source.shape) - len(shape)) + shape
        groups: list[tuple[int, bool]] = []
        for extent, kept in zip(source.shape, aligned, strict=True):
            is_summed = kept != extent
            if extent != 1:
                last = groups.pop() if groups and groups[-1][1] == is_summed else (1, is_summed)
                groups.append((last[0] * extent, is_summed))
        while True:
            at = next((i for i, (_, is_summed) in enumerate(groups) if is_summed), None)
            if at is None:
                self("sum_middle", source, into, source.size, 1, 1, 1, factor)
                return
            outer, inner = (math.prod(n for n, _ in part) for part in (groups[:at], groups[at + 1 :]))
            middle = groups.pop(at)[0]
            if not any(is_summed for _, is_summed in groups):
                self("sum_middle", source, into, outer, middle, inner, inner, factor)
                return
            sums = self.scratch(outer * inner)
            self("sum_middle", source, sums, outer, middle, inner, inner, 1.0)
            source = sums

    def product(
        self,
        left: Place,
        right: Place,
        into: Place,
        extents: tuple[int, int, int],
        *,
        turn_left: bool = False,
        turn_right: bool = False,
        add: bool = False,
    ) -> None:
        """Add a row that multiplies matrices.

        Parameters
        ----------
        left, right, into : Place
            Of the matrices (m, k), (k, n) and (m, n), row by row.
        extents : tuple of int
            m, k and n.
        turn_left, turn_right : bool
            Whether they are stored as (k, m), or (n, k).
        add : bool
            Whether the product is added to what is there.
        """
        m, k, n = extents
        if 0 < m * k * n <= (_NARROW if n < 16 else _SMALL):
            if turn_right and m == 1:
                self("multiply_row", left, right, into if add else 0, into, k, 0, 0, n)
                return
            if turn_right:
                lines = self.scratch(k * n)
                self("transpose", right, lines, 1, n, k)
                right = lines
            self("matmul_small", left, right, into, m, k, n, *((1, m) if turn_left else (k, 1)), int(add))
            return
        limit, *words = self.factors(
            left, right, into, extents, turn_left=turn_left, turn_right=turn_right, add=add
        )
        self(*(("matmul_alone", limit) if limit else ("matmul",)), *words)

    def factors(
        self,
        left: Place,
        right: Place,
        into: Place,
        extents: tuple[int, int, int],
        *,
        turn_left: bool = False,
        turn_right: bool = False,
        add: bool = False,
    ) -> list[Place | float]:
        """Return the words of the library's product, and before them what limits its threads, or 0."""
        m, k, n = extents
        function = sgemm()
        if function is None or not m * k * n:
            self.decline()
        limit = limit_threads() if m * k * n in _ALONE and threads() > 1 else None
        return [
            limit or 0, function, right, left, into,
            _YES if turn_right else _NO, _YES if turn_left else _NO, n, m, k,
            1.0, k if turn_right else n, m if turn_left else k, float(add), n,
        ]  # fmt: skip

    def copy(
        self,
        source: Place,
        into: Place,
        rows: int,
        width: int,
        source_step: int | None = None,
        into_step: int | None = None,
    ) -> None:
        """Add a row that copies so many rows of a width; from one to the next it is a step on either side."""
        source_step = width if source_step is None else source_step
        into_step = width if into_step is None else into_step
        if source_step == into_step == width:
            rows, width = 1, rows * width
        self("copy", source, into, rows, width, source_step, into_step)

    def few(self, place: Place, most: int = FEW) -> None:
        """Decline if a place is so large that torch does it in several threads, which is worth it."""
        if place.size > most:
            self.decline()

    def same(self, output: Place, source: Place) -> None:
        """Say that an output is an input, in another shape: no row, unless memory may not be shared."""
        if self._may_share:
            self._same.append((output.position, source.position))
        else:
            self.copy(source, output, 1, output.size)

    def scratch(self, size: int) -> Place:
        """Return memory for so many elements, until the step is done."""
        self._scratch.append(size)
        return Place(len(self.ins) + len(self.outs) + len(self._scratch) - 1, (size,))

    def writes(self, place: Place) -> Place:
        """Say that an input (an auxiliary state) is written to, and return it."""
        self._writes.append(place.position)
        return place

    def unsaid(self) -> list[Place]:
        """Return the outputs that no row is about."""
        said = {which for _, which, _ in self._addresses} | {output for output, _ in self._same}
        return [place for place in self.outs if place.position not in said]

    def recipe(self) -> Recipe:
        """Return what was said."""
        return Recipe(
            tuple(self._kernels),
            tuple(self._starts),
            tuple(self._words),
            tuple(self._addresses),
            tuple(self._same),
            tuple(self._scratch),
            tuple(self._writes),
        )
