"""The words of a plan: values, steps, what is prepared, whose memory a value lies in, and the bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mxnet.ir.node import Entry, Node
from mxnet.ir.storage import DENSE
from mxnet.ir.types import Type

__all__ = ["Memory", "Plan", "Preparation", "Step", "Value"]


class Value(NamedTuple):
    """What a node makes: where it comes from, and its type."""

    entry: Entry
    type: Type


class Step(NamedTuple):
    """One node to run.

    Attributes
    ----------
    node : Node
        What runs.
    inputs, outputs : tuple of int
        The values it reads and makes.
    frees : tuple of int
        Those that nothing needs afterwards.
    takes : int or None
        The value whose memory the first output takes over.
    writes : tuple of (int, int)
        Outputs that are gradients, by value and number, which this step's kernel itself writes into the bound
        array.
    wants : frozenset of str
        Of a step whose last output is its residual: the inputs whose gradients are computed from that.
    """

    node: Node
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    frees: tuple[int, ...] = ()
    takes: int | None = None
    writes: tuple[tuple[int, int], ...] = ()
    wants: frozenset[str] = frozenset()

    def is_dense(self, values: Sequence[Value]) -> bool:
        """Whether it reads and makes only what is stored densely, of these values."""
        return all(values[v].type.stype == DENSE for v in (*self.inputs, *self.outputs))

    def taking(self, value: int) -> Step:
        """Return the step with its first output in the memory of `value`."""
        return self._replace(takes=value)

    def writing(self, writes: tuple[tuple[int, int], ...]) -> Step:
        """Return the step with these gradients written by its kernel."""
        return self._replace(writes=writes)


@dataclass(frozen=True, slots=True)
class Preparation:
    """Steps that run only when one of the variables that they read has changed.

    Attributes
    ----------
    steps : tuple of Step
        The steps.
    reads : tuple of int
        The variables they read, by value.
    makes : tuple of int
        The values that other steps read.
    """

    steps: tuple[Step, ...]
    reads: tuple[int, ...]
    makes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """Which values may lie in the same memory.

    Attributes
    ----------
    owner : tuple of int
        By value: the value whose memory it surely lies in, itself if it brings its own.
    touches : mapping of int to frozenset of int
        By value: the owners of all memory it may lie in, where that may be other than its own. More than
        one, where a kernel may return a view.
    """

    owner: tuple[int, ...]
    touches: Mapping[int, frozenset[int]]

    def may_touch(self, value: int) -> frozenset[int]:
        """Return the owners of all memory that a value may lie in."""
        return self.touches.get(value) or frozenset((value,))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a program will do.

    Attributes
    ----------
    values : tuple of Value
        All values, by number; first those that are given (arguments, auxiliary states, head gradients), in
        the order in which a program takes them.
    n_given : int
        How many are given.
    preparations : tuple of Preparation
        What runs before the first run, and again when what it was made from has changed.
    forward, backward : tuple of Step
        The steps of the two halves.
    outputs : tuple of int
        What the forward half returns.
    gradients : tuple of (int, str)
        What the backward half writes into bound arrays, and whether it writes or adds. A gradient that is not
        stored densely is handed out instead.
    saved : tuple of int
        What the forward half keeps for the backward half.
    memory : Memory
        Which values share memory.
    """

    values: tuple[Value, ...]
    n_given: int
    preparations: tuple[Preparation, ...]
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    outputs: tuple[int, ...]
    gradients: tuple[tuple[int, str], ...]
    saved: tuple[int, ...]
    memory: Memory

    def pending(self) -> Iterable[tuple[int, tuple[int, str]]]:
        """Return those of the gradients, by number, that what runs steps has to write."""
        return enumerate(self.gradients)

    def arriving(self) -> list[tuple[int, ...]]:
        """Return by step of the backward half which gradients, by number, are where they belong after it."""
        return [self._arriving(step.outputs, self.pending()) for step in self.backward]

    def _arriving(
        self, made: Iterable[int], gradients: Iterable[tuple[int, tuple[int, str]]]
    ) -> tuple[int, ...]:
        return tuple(number for number, (v, _) in gradients if v in made)

    @property
    def prepared(self) -> tuple[int, ...]:
        """The values that preparations make, in order."""
        return tuple(v for preparation in self.preparations for v in preparation.makes)

    @property
    def outside(self) -> frozenset[int]:
        """The values that a run finds when it begins."""
        return frozenset((*range(self.n_given), *self.prepared))

    def is_own(self, output: int) -> bool:
        """Whether an output surely lies in memory that neither a bound array nor another output uses."""
        mine = self.memory.may_touch(output)
        others = sum(bool(mine & self.memory.may_touch(v)) for v in self.outputs)
        return others == 1 and mine.isdisjoint(self.outside)

    def bytes_of(self, values: Iterable[int]) -> int:
        """Return the bytes of the memory that values lie in, but for what a run finds when it begins."""
        owners = {self.memory.owner[v] for v in values} - self.outside
        return sum(self.values[v].type.nbytes for v in owners)

    def timeline(self) -> Iterator[tuple[Step, int]]:
        """Yield each step with the bytes of intermediate values that are alive while it runs.

        Memory that several values share counts once; bound arrays and prepared parameters do not count.
        """
        alive = 0
        users: dict[int, set[int]] = {}
        owner, outside = self.memory.owner, self.outside
        for step in (*self.forward, *self.backward):
            written = {v for v, _ in step.writes}
            for v in step.outputs:
                mine = owner[v]
                if mine not in outside and v not in written:
                    if mine not in users:
                        alive += self.values[mine].type.nbytes
                    users.setdefault(mine, set()).add(v)
            yield step, alive
            for v in step.frees:
                living = users.get(owner[v])
                if living is not None:
                    living.discard(v)
                    if not living:
                        alive -= self.values[owner[v]].type.nbytes
                        del users[owner[v]]

    @property
    def peak_bytes(self) -> int:
        """The most bytes of intermediate values that are alive at once."""
        return max((alive for _, alive in self.timeline()), default=0)
