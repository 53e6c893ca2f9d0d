"""Lets native kernels do the work of torch's where they can: the rows that plans have, for a single call."""

from __future__ import annotations

import functools
import inspect
import itertools
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mxnet.ir.constraints import settle_dtypes, settle_shapes
from mxnet.ir.op import Like, Op, Run
from mxnet.lazy import torch
from mxnet.native import run_words, threads
from mxnet.native.rows import Declined, Rows
from mxnet.native.sharing import run_table
from mxnet.ops.tools.layout import takes_native

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["by_rows", "in_rows", "names_in_rows"]


def names_in_rows(op: Op, reads: Iterable[str], makes: Iterable[str]) -> dict[str, int | None]:
    """Return what ``as_rows`` calls inputs and outputs: their positions, None for those left out."""
    names: dict[str, int | None] = dict.fromkeys((*op.inputs, *op.aux, *op.outputs))
    names |= {f"{name}_grad": None for name in (*op.inputs, *op.input_names())}
    return names | {name: i for i, name in enumerate((*reads, *makes))}


def in_rows(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Have a ``forward`` or ``backward`` done by the rows that the operator declares.

    The kernel does what these decline, other dtypes and devices, and what torch is to differentiate.
    """
    reads = tuple(inspect.signature(kernel).parameters)[2:]
    is_backward = kernel.__name__ == "backward"

    @functools.wraps(kernel)
    def compute(self: Op, run: Run, *arrays: Tensor, **named: Tensor) -> Any:
        given = (*arrays, *[named.get(name) for name in reads[len(arrays) :]]) if named else arrays
        if takes_native(*[each for each in given if each is not None and _is_real(each)]):
            facts = tuple([None if each is None else (each.shape, each.dtype) for each in given])
            wants = run.wants if is_backward else None
            rows = _settled(self, is_backward, reads, facts, run.is_train, wants)
            if rows is not None:
                return rows([each for each in given if each is not None])
        return kernel(self, run, *arrays, **named)

    return compute


def _is_real(given: Tensor | Like) -> bool:
    return not isinstance(given, Like) and given.is_floating_point()


class by_rows:  # noqa: N801 - it is a decorator
    """Have a function compute by the rows that it says of places; what calls it with tensors has them run.

    It takes :class:`~mxnet.native.rows.Rows`, something hashable, places, and options by name. Called, it
    takes contiguous tensors instead of rows and places, None for what is not there.

    Attributes
    ----------
    rows : callable
        The function.
    """

    def __init__(self, rule: Callable[..., None]) -> None:
        functools.update_wrapper(self, rule)
        self.rows = rule

    def __call__(self, about: object, *arrays: Tensor | None, **options: object) -> None:
        """Run the rows."""
        shapes = tuple([None if each is None else tuple(each.shape) for each in arrays])
        call = _ruled(self.rows, about, shapes, threads(), tuple(options.items()))
        call.run([each.data_ptr() for each in arrays if each is not None])


@functools.lru_cache(maxsize=512)
def _ruled(
    rule: Callable[..., None],
    about: object,
    shapes: tuple[tuple[int, ...] | None, ...],
    count: int,
    options: tuple[tuple[str, object], ...],
) -> _Call:
    there = [each for each in shapes if each is not None]
    to = Rows(there, len(there), {}, parts=count)
    places = iter(to.ins)
    rule(to, about, *(None if each is None else next(places) for each in shapes), **dict(options))
    return _Call(to, _Made((), (), ()))


class _Made(NamedTuple):
    """What is made: shapes and dtypes, and which of these arrays a kernel returns."""

    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[Any, ...]
    returned: tuple[int | None, ...]


@functools.lru_cache(maxsize=512)
def _settled(
    op: Op,
    is_backward: bool,
    reads: tuple[str, ...],
    facts: tuple[Any, ...],
    is_train: bool,
    wants: frozenset[str] | None,
) -> _Call | None:
    """Return the rows for arrays with these names, shapes and dtypes; None where there are none."""
    rule = op.backward_as_rows if is_backward else op.as_rows
    assert rule is not None
    pairs = zip(reads, facts, strict=False)
    given = {name: (tuple(fact[0]), fact[1]) for name, fact in pairs if fact is not None}
    made = _gradients(op, given, wants or frozenset()) if is_backward else _outputs(op, given)
    shapes = [shape for shape, _ in given.values()]
    if made is None or run_words("run") is None or any(0 in shape for shape in (*shapes, *made.shapes)):
        return None
    makes = [f"{name}_grad" for name in op.input_names() if name in (wants or ())]
    names = names_in_rows(op, given, makes if is_backward else op.output_names())
    to = Rows([*shapes, *made.shapes], len(shapes), names, is_train=is_train, parts=threads())
    try:
        rule(to)
        for place in to.unsaid():
            to("fill", place, place.size, 0.0)
    except Declined:
        return None
    return _Call(to, made)


def _outputs(op: Op, given: dict[str, tuple[tuple[int, ...], Any]]) -> _Made | None:
    names, n = op.input_names() + op.aux_names(), op.arity[2]
    dtypes = settle_dtypes(op, (*("float32",) * len(names), *(None,) * n))
    if any(given[name][1] != getattr(torch, dtype) for name, dtype in zip(names, dtypes, strict=False)):
        return None
    shapes = settle_shapes(op, (*(given[name][0] for name in names), *(None,) * n))[-n:]
    return _Made(shapes, tuple(getattr(torch, each) for each in dtypes[-n:]), tuple(range(n)))


def _gradients(op: Op, given: dict[str, tuple[tuple[int, ...], Any]], wants: frozenset[str]) -> _Made | None:
    dtypes = settle_dtypes(op, (*("float32",) * (op.arity[0] + op.arity[1]), *(None,) * op.arity[2]))
    known = dict(zip(op.slots, dtypes, strict=True))
    if any(dtype != getattr(torch, known.get(name, "float32")) for name, (_, dtype) in given.items()):
        return None
    inputs = op.input_names()
    makes = [name for name in inputs if name in wants]
    shapes = tuple(given[name][0] for name in makes)
    places = [makes.index(name) if name in wants else None for name in inputs]
    return _Made(shapes, (torch.float32,) * len(makes), tuple(places))


class _Call:
    """Runs the rows of a single call."""

    def __init__(self, to: Rows, made: _Made) -> None:
        kernels, starts, words, addresses, _, scratch, _ = to.recipe()
        self._returned = made.returned
        self._shares = kernels[0] if to.is_shared else None
        self._starts = 8 * np.array(starts, np.int64)
        self._code = np.stack([np.array(kernels, np.int64), self._starts], 1)
        self._words = array("q", [*words, self._code.ctypes.data, 0, 0, len(kernels)])  # and the loop's
        self._addresses = addresses
        pairs = zip(made.shapes, made.dtypes, strict=True)
        # What is made is like these, which nobody reads: a single number each, in those shapes.
        self._alike = [torch.empty((), dtype=dtype).expand(shape) for shape, dtype in pairs]
        self._scratch = sum(scratch)
        self._further = [4 * start for start in itertools.accumulate(scratch[:-1], initial=0)][: len(scratch)]

    def __call__(self, tensors: Sequence[Any]) -> Any:
        made = [torch.empty_like(each, memory_format=torch.contiguous_format) for each in self._alike]
        held = [None if isinstance(each, Like) else each.contiguous() for each in tensors]
        self.run([0 if each is None else each.data_ptr() for each in (*held, *made)])
        returned = [None if i is None else made[i] for i in self._returned]
        return returned[0] if len(returned) == 1 else tuple(returned)

    def run(self, places: list[int]) -> None:
        """Run the rows for arrays at these addresses."""
        if self._scratch:
            memory = torch.empty(self._scratch, dtype=torch.float32)
            begin = memory.data_ptr()
            places += [begin + start for start in self._further]
        words = self._words[:]
        for where, which, offset in self._addresses:
            words[where] = places[which] + offset
        at = words.buffer_info()[0]
        if self._shares is not None:
            run_table(self._shares, self._starts + at)
        else:
            words[-3] = at
            loop = run_words("run")
            assert loop is not None
            loop(at + 8 * (len(words) - 4))
