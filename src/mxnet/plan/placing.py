"""Finds out which steps run as rows, where their values lie, and what is left for torch's kernels."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from mxnet.context import cpu
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op
from mxnet.ir.types import CHANNELS_LAST, Type
from mxnet.native import address
from mxnet.native.arena import Lifetime, place
from mxnet.native.frame import Bound, Table, Words
from mxnet.native.joining import joined
from mxnet.native.rows import Recipe
from mxnet.ops.backward import Backward
from mxnet.plan.plan import Plan, Step, Value
from mxnet.plan.recipes import Recipes
from mxnet.plan.segments import FramedPlan, Segment, Stretch

__all__ = ["with_segments"]

_END = 1 << 60
_NOTHING = Type((0,), "int8", cpu())


def with_segments(plan: Plan, n_heads: int, is_train: Callable[[Op], bool]) -> Plan:
    """Return a plan whose steps run as rows where they can; the plan itself where none does.

    Parameters
    ----------
    plan : Plan
        For known shapes.
    n_heads : int
        How many of the given values, the last ones, are gradients of outputs.
    is_train : callable
        Whether an operator behaves as in training.
    """
    recipes = Recipes(plan, is_train)
    outside, values = plan.outside, plan.values
    last = {v for v in outside if values[v].type.layout == CHANNELS_LAST}  # these are no rows' business
    found = [
        recipes.of(step) if last.isdisjoint(step.inputs) else None for step in (*plan.forward, *plan.backward)
    ]
    if not any(found) or address("run") is None:
        return plan
    return _Planner(plan, n_heads, found).plan()


class _Planner:
    """Finds a home for every value, and makes the table and the new plan."""

    def __init__(self, plan: Plan, n_heads: int, recipes: Sequence[Recipe | None]) -> None:
        self.old = plan
        self.steps = (*plan.forward, *plan.backward)
        self.n_forward = len(plan.forward)
        self.recipes = recipes
        self.n_variables = plan.n_given - n_heads
        self.frame = len(plan.values)
        self.outside = plan.outside
        self.root: dict[int, int] = {}  # of a value that is another one seen in another shape
        self.made: dict[int, int] = {}  # by value that rows make, the step
        self.held: dict[int, frozenset[int]] = {}  # whose memory a tensor of torch's may lie in
        self.read: set[int] = set()  # the roots that anything but a change of shape reads
        self.exported: set[int] = set()  # the values of rows that are needed as tensors
        self.last: dict[int, int] = {}
        self.fresh: set[int] = set()  # the roots that leave the run
        self._follow()
        self.target: dict[int, int] = {}  # by root that lies in the array of a gradient, its number
        self.more: dict[int, list[tuple[str, int, int]]] = {}  # by step, gradients that are copied or added
        self._settle_gradients()

    def home(self, v: int) -> int:
        """Return the value whose memory a value lies in."""
        return self.root.get(v, v)

    def nbytes(self, v: int) -> int:
        """Return the size of a value; of scratch memory, it is known already."""
        return self.old.values[v].type.nbytes

    # --------------------------------------------------------------------------------------- following values

    def _follow(self) -> None:
        """Look at all steps in order: who makes and reads what, and when for the last time."""
        made = self.made
        for t, (step, recipe) in enumerate(zip(self.steps, self.recipes, strict=True)):
            op = step.node.op
            assert op is not None
            read = step.inputs
            if op.shape_only:
                read = tuple(v for i, v in enumerate(read) if i not in op.shape_only)
            if recipe is None:
                self._follow_torch(t, step, read)
            else:
                self._follow_rows(t, step, read, recipe)
        for v in self.old.outputs:
            self.exported.add(v)
            self.fresh.update(self._memory_of(v))
        self.fresh = {v for v in self.fresh if v in made}
        self.exported = {v for v in self.exported if v in made}

    def _follow_rows(self, t: int, step: Step, read: Sequence[int], recipe: Recipe) -> None:
        root, made, arrays = self.root, self.made, (*step.inputs, *step.outputs)
        for output, source in recipe.same:
            root[arrays[output]] = self.home(arrays[source])
        for v in step.outputs:
            made[v] = t
        if recipe.kernels:
            self.read.update([root.get(v, v) for v in read])
        for v in (*read, *step.outputs):
            r = root.get(v, v)
            if r in made:
                self.last[r] = _END if made[r] < self.n_forward <= t else t
            elif r in self.held:
                self._touch(r, t)

    def _follow_torch(self, t: int, step: Step, read: Sequence[int]) -> None:
        assert step.node.op is not None
        self.exported.update(read)
        for v in read:
            self.read.add(self.home(v))
            self._touch(v, t)
        seen = frozenset().union(*map(self._memory_of, read)) if read else frozenset()
        if step.takes is not None and step.takes not in self.made:
            self._hold(step.outputs[:1], self._memory_of(step.takes))
        elif step.node.op.memory.result != "new":
            self._hold(step.outputs, seen)
        if step.wants:
            self._hold(step.outputs[-1:], seen)

    def _hold(self, values: Sequence[int], memory: frozenset[int]) -> None:
        if memory:
            for v in values:
                self.held[v] = memory

    def _memory_of(self, v: int) -> frozenset[int]:
        """Return the values of rows whose memory a value may lie in."""
        v = self.home(v)
        if v in self.made:
            return frozenset((v,))
        return self.held.get(v, frozenset())

    def _touch(self, v: int, t: int) -> None:
        v = self.root.get(v, v)
        begun = self.made.get(v)
        if begun is not None:
            # A forward half may be followed by several backward halves, which all find what it has left.
            self.last[v] = _END if begun < self.n_forward <= t else t
        elif v in self.held:
            for each in self.held[v]:
                self._touch(each, t)

    # ---------------------------------------------------------------------------------------------- gradients

    def _settle_gradients(self) -> None:
        """Find what rows make that lies in the array of a gradient, or is copied or added to it by rows."""
        gradients = self.old.gradients
        sharing: dict[int, int] = {}
        for v, _ in gradients:
            sharing[self.home(v)] = sharing.get(self.home(v), 0) + 1
        rows_write = set()
        for number, (v, request) in enumerate(gradients):
            t, r = self.made.get(v), self.home(v)
            if t is None:
                continue  # torch makes it, or it is given
            made_later = t >= self.n_forward
            op = self.old.values[v].entry.node.op
            rule = op.forward_op.add_gradient if isinstance(op, Backward) and request == "add" else None
            if not made_later or rule is not None or self.nbytes(v) == 0:
                self.exported.add(v)
                self._touch(v, len(self.steps))
                continue
            rows_write.add(number)
            of_rows = r in self.made and self.made[r] >= self.n_forward
            if (
                request == "write"
                and of_rows
                and sharing[r] == 1
                and r not in self.read
                and r not in self.fresh
                and v not in self.exported
            ):
                self.target[r] = number
            else:
                self.more.setdefault(t, []).append(
                    ("copy" if request == "write" else "accumulate", v, number)
                )
        self.rows_write = frozenset(rows_write)

    # -------------------------------------------------------------------------------------------------- table

    def plan(self) -> FramedPlan:
        """Return the new plan."""
        writing = _Writing(self)
        steps: list[Step] = []
        begins = 0  # of the backward half
        for t, (step, recipe) in enumerate(zip(self.steps, self.recipes, strict=True)):
            if t == self.n_forward:
                steps += writing.close()
                begins = len(steps)
            if recipe is not None:
                writing.enter(t, step, recipe)
                continue
            steps += writing.close()
            takes = None if step.takes in self.made else step.takes
            steps.append(step._replace(takes=takes, frees=()))
        if self.n_forward == len(self.steps):
            steps += writing.close()
            begins = len(steps)
        steps += writing.close()
        old = self.old
        table, given, heads, targets = writing.finish()
        frame = Value(Entry(Node(None, "frame", types=(_NOTHING,))), _NOTHING)
        made = {v for step in steps[:begins] for v in step.outputs}
        later = {v for step in steps[begins:] for v in _read(step)}
        pending = {v for i, (v, _) in enumerate(old.gradients) if i not in self.rows_write}
        saved = made & (later | pending) if old.gradients else set()
        outside = {*self.outside, self.frame, *old.outputs}
        return FramedPlan(
            values=(*old.values, frame),
            n_given=old.n_given,
            preparations=old.preparations,
            forward=_freed(steps[:begins], outside | saved),
            backward=_freed(steps[begins:], outside | {v for v in pending if v in saved or v in outside}),
            outputs=old.outputs,
            gradients=old.gradients,
            saved=tuple(sorted(saved)),
            memory=old.memory,
            frame=self.frame,
            rows_write=self.rows_write,
            whole=old,
            table=table,
            given=given,
            heads=heads,
            targets=targets,
        )


def _read(step: Step) -> Sequence[int]:
    assert step.node.op is not None
    skip = step.node.op.shape_only
    return [v for i, v in enumerate(step.inputs) if i not in skip] if skip else step.inputs


def _freed(steps: Sequence[Step], kept: set[int]) -> tuple[Step, ...]:
    """Return steps that let go what nothing reads afterwards and is not kept."""
    seen = set(kept)
    result = []
    for step in reversed(steps):
        frees = tuple([v for v in dict.fromkeys((*_read(step), *step.outputs)) if v not in seen])
        seen.update(frees)
        result.append(step._replace(frees=frees))
    return tuple(reversed(result))


def _with(array: Words, changes: Mapping[int, int]) -> Words:
    """Return a copy of an array with other values in some places."""
    changed = array.copy()
    changed[[*changes]] = [*changes.values()]
    return changed


@functools.cache
def _gradient(kernel: str, size: int) -> Recipe:
    """Return the row that copies or adds the first of two arrays to the second."""
    found = address(kernel)
    assert found is not None
    words = (0, 0, 1, size, size, size) if kernel == "copy" else (0, 0, size)
    return Recipe((found,), (0,), words, ((0, 0, 0), (1, 1, 0)), (), (), ())


class _Writing:
    """Collects the rows of steps, and makes a step of each stretch of them.

    Arrays have numbers: those of values, then those of gradients' arrays, then those of scratch memory.
    """

    def __init__(self, planner: _Planner) -> None:
        self.planner = planner
        self.rows: list[tuple[Recipe, Sequence[int]]] = []
        self.n_rows = 0
        self.segments: list[tuple[int, int]] = []
        self.stretches: list[Stretch] = []
        self.loose: dict[int, int] = {}
        self.first_target = planner.frame + 1
        self.first_scratch = self.first_target + len(planner.old.gradients)
        self.scratch: dict[int, Lifetime] = {}
        self.written: set[int] = set()
        self.known = set(planner.outside)  # and what rows have made so far: all others torch makes
        self.now: Stretch | None = None

    def enter(self, t: int, step: Step, recipe: Recipe) -> None:
        """Write the rows of a step."""
        planner, now, outputs = self.planner, self.now, step.outputs
        if now is None:
            now = self.now = Stretch(len(self.stretches))
            self.segments.append((self.n_rows, 0))
        now.steps.append(step)
        arrays = (*step.inputs, *outputs)
        root = planner.root
        if recipe.same:
            self.known.update([v for v in outputs if root.get(v, v) == v or root[v] in self.known])
        else:
            self.known.update(outputs)
        if not self.known.issuperset(arrays):
            # What only lends its shape need not be there.
            needed = [root.get(v, v) for v in (*_read(step), *outputs)]
            now.reads |= {v: self.number_of(v) for v in needed if v not in self.known}
            now.lasts |= {number for v, number in now.reads.items() if self.is_last(v)}
        begin = self.n_rows
        for size in recipe.scratch:
            number = self.first_scratch + len(self.scratch)
            self.scratch[number] = Lifetime(4 * size, t, t)
            arrays += (number,)
        self._add(recipe, arrays)
        if recipe.writes:
            self.written.update([root.get(arrays[which], arrays[which]) for which in recipe.writes])
        if not planner.fresh.isdisjoint(outputs):
            now.makes += [(self.number_of(v), self.shape(v)) for v in outputs if v in planner.fresh]
        if not planner.exported.isdisjoint(outputs):
            now.exports += [v for v in outputs if v in planner.exported]
        for added, v, number in planner.more.get(t, ()):
            self._add(_gradient(added, math.prod(self.shape(v))), (v, self.first_target + number))
        now.rows.append((begin, self.n_rows))

    def _add(self, recipe: Recipe, arrays: Sequence[int]) -> None:
        self.rows.append((recipe, arrays))
        self.n_rows += len(recipe.kernels)

    def is_last(self, v: int) -> bool:
        """Whether a value has the channels last."""
        return self.planner.old.values[v].type.layout == CHANNELS_LAST

    def shape(self, v: int) -> tuple[int, ...]:
        """Return the shape of a value, in the order in which it lies."""
        shape: tuple[int, ...] = self.planner.old.values[v].type.shape  # type: ignore[assignment]
        return (shape[0], *shape[2:], shape[1]) if self.is_last(v) else shape

    def number_of(self, v: int) -> int:
        """Return which of the loose tensors a value is."""
        return self.loose.setdefault(v, len(self.loose))

    def close(self) -> Iterator[Step]:
        """Yield the step that the last rows are, if there are any."""
        now, self.now = self.now, None
        if now is None:
            return
        self.segments[-1] = (self.segments[-1][0], self.n_rows)
        self.stretches.append(now)
        counts = 1 + len(now.reads), len(now.exports)
        node = Node(Segment.make().knowing(counts=counts, run=now), now.title, types=(_NOTHING,))
        yield Step(node, (self.planner.frame, *now.reads), tuple(now.exports))

    def finish(self) -> tuple[Table, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Return the table, and which values are its `given`, `heads` and `targets`."""
        planner = self.planner
        made, last = planner.made, planner.last
        lifetimes = {
            v: Lifetime(4 * math.prod(self.shape(v)), t, last[v])
            for v, t in made.items()
            if v not in planner.root and v not in planner.target and v not in planner.fresh
        }
        offsets, nbytes = place(lifetimes | self.scratch)
        code, words, where, which, further = joined(self.rows)
        numbers = np.arange(self.first_scratch + len(self.scratch))
        which = _with(numbers, planner.root)[which]
        which = _with(numbers, {v: self.first_target + i for v, i in planner.target.items()})[which]
        nowhere = np.full(len(numbers), -1)
        at_byte, number = _with(nowhere, offsets), _with(nowhere, self.loose)
        in_arena = at_byte[which] >= 0
        is_loose = ~in_arena & (number[which] >= 0)
        loose: list[list[tuple[int, int]]] = [[] for _ in self.loose]
        for each, *word in zip(number[which[is_loose]], where[is_loose], further[is_loose], strict=True):
            loose[each].append(tuple(map(int, word)))
        is_target = which >= self.first_target
        is_head = (planner.n_variables <= which) & (which < planner.old.n_given)
        bound = ~(in_arena | is_loose)
        order, outside = [], []
        for chosen, also in (
            (bound & ~(is_target | is_head), self._exported(given=True)),
            (bound & is_head, self._exported(given=False)),
            (bound & is_target, set()),
        ):
            order.append(sorted({*which[chosen].tolist(), *also}))
            outside.append((where[chosen], which[chosen], further[chosen]))
        for stretch in self.stretches:
            stretch.results = [self._result(stretch, v, offsets, order) for v in stretch.exports]
        table = Table(
            code,
            np.concatenate([words, np.zeros(4 * len(self.segments), np.int64)]),
            tuple(self.segments),
            (where[in_arena], (at_byte[which] + further)[in_arena]),
            nbytes,
            Bound.of(order[0], *outside[0], written=self.written & set(order[0])),
            Bound.of(order[1], *outside[1]),
            Bound.of(order[2], *outside[2], written=order[2]),
            tuple(loose),
        )
        targets = tuple([each - self.first_target for each in order[2]])
        return table, tuple(order[0]), tuple(order[1]), targets

    def _exported(self, *, given: bool) -> set[int]:
        """Return the values from outside that rows hand on in another shape."""
        planner = self.planner
        homes = {planner.home(v) for stretch in self.stretches for v in stretch.exports} & planner.outside
        heads = range(planner.n_variables, planner.old.n_given)
        return {v for v in homes if (v not in heads) is given}

    def _result(
        self, stretch: Stretch, v: int, offsets: Mapping[int, int], order: Sequence[Sequence[int]]
    ) -> tuple[str, int, tuple[int, ...], bool]:
        home, how = self.planner.home(v), (self.shape(v), self.is_last(v))
        if home in offsets:
            return "arena", offsets[home], *how
        if home in stretch.reads:
            return "read", list(stretch.reads).index(home), *how
        if home in self.loose:
            return "new", self.loose[home], *how
        where = 0 if home in order[0] else 1
        return ("given", "heads")[where], order[where].index(home), *how
