"""Steps of optimizers by native kernels, in one pass over memory: of whole weights, or some of their rows."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mxnet.config import knob
from mxnet.lazy import torch
from mxnet.native import find, run_shares, run_words, threads, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Values = Any
    """A tensor, several that step together (:class:`mxnet.optimizer.arrays.Arrays`), or `RowsOf` one."""

    Step = Callable[..., None]
    """``step(op, weight, grad, states, lr, wd)`` moves the weight and the states."""

__all__ = ["RowsOf", "by_kernel", "fusable", "is_clipped", "limit_of", "show_change"]

_MANY = 1 << 19  # elements from which on it is worth it that threads share them
_BLOCK = 1 << 12  # rows whose addresses are made at once
_SHARED = 1 << 16  # elements in rows from which on threads share them


class RowsOf(NamedTuple):
    """Some rows of an array, which a step moves where they lie.

    Attributes
    ----------
    array : Tensor
        All rows.
    rows : Tensor
        The numbers of those that are meant, each once.
    """

    array: Tensor
    rows: Tensor

    def read(self) -> Tensor:
        """Return a copy of the rows."""
        return self.array.index_select(0, self.rows)

    def write(self, values: Tensor) -> None:
        """Put other values in their place."""
        self.array.index_copy_(0, self.rows, values)


def by_kernel(
    kernel: str,
    states: int,
    numbers: Callable[[Any, float, float], Sequence[float]],
    *,
    whole: bool = True,
) -> Callable[[Step], Step]:
    """Return a decorator of steps that a native kernel takes where it can; it knows what to do with `RowsOf`.

    Parameters
    ----------
    kernel : str
        Its words are numbers, the count of what follows, and then for each the addresses of weight, gradient
        and states, and the number of elements.
    states : int
        How many there are.
    numbers : callable
        Returns the numbers from the operator or optimizer, the learning rate and the weight decay.
    whole : bool
        Whether the kernel works on whole weights; if not, only on rows.
    """

    def decorate(step: Step) -> Step:
        @functools.wraps(step)
        def stepped(
            op: Any, weight: Values, grad: Values, given: Sequence[Values], lr: float, wd: float
        ) -> None:
            moved = [weight, *given]
            fits = len(given) == states
            if isinstance(weight, RowsOf):
                if not (fits and _move_rows(kernel, moved, grad, numbers(op, lr, wd), whole=whole)):
                    part, *parts = [each.read() for each in moved]
                    step(op, part, grad, parts, lr, wd)
                    for each, values in zip(moved, (part, *parts), strict=True):
                        each.write(values)
            elif not (fits and whole and _move_all(kernel, [weight, grad, *given], numbers(op, lr, wd))):
                step(op, weight, grad, given, lr, wd)

        return stepped

    return decorate


def is_clipped(op: Any) -> bool:
    """Whether gradients are limited."""
    return op.clip_gradient is not None and op.clip_gradient >= 0


def limit_of(op: Any) -> float:
    """Return what gradients are limited to, infinity if by nothing."""
    return float(op.clip_gradient) if is_clipped(op) else math.inf


def fusable(*values: Values) -> list[Any] | None:
    """Return values as lists of tensors, if fused kernels can work on them."""
    kind = _layout(values[0])
    if kind is None or not kind[0].is_floating_point or kind[1].type not in {"cpu", "cuda"}:
        return None
    if any(_layout(each) != kind for each in values[1:]):
        return None
    return [[each] if isinstance(each, torch.Tensor) else each for each in values]


def show_change(*lists: Sequence[Tensor]) -> None:
    """Move the versions of tensors, which fused kernels forget."""
    for each in lists:
        for tensor in each:
            torch.autograd.graph.increment_version(tensor)


def _layout(values: Values) -> Any:
    """Return dtype and device of values that lie row by row, None of others."""
    if isinstance(values, torch.Tensor):
        return (values.dtype, values.device) if values.is_contiguous() else None
    return values.layout


def _is_for_kernels(tensor: Tensor) -> bool:
    return (
        tensor.dtype == torch.float32
        and tensor.device.type == "cpu"
        and "native" not in knob("MXNET_DISABLED_PASSES")
    )


def _move_all(kernel: str, values: Sequence[Values], numbers: Sequence[float]) -> bool:
    """Let a kernel move all but the second of some values; return whether it could."""
    weight, *others = values
    if isinstance(weight, torch.Tensor):
        table = _Table(kernel, values, len(numbers))
    else:  # the same list, step after step
        table = weight.tables.get(kernel)
        if table is None or not table.holds_for(others):
            table = weight.tables[kernel] = _Table(kernel, values, len(numbers))
    return table.step(numbers)


class _Table:
    """The words for steps of the same values, of which only the numbers change from step to step."""

    def __init__(self, kernel: str, values: Sequence[Values], numbers: int) -> None:
        self._kernel = kernel
        self._others = values[1:]
        self._threads = threads()
        lists = fusable(*values)
        sizes = [] if lists is None else [each.numel() for each in lists[0]]
        self._shares: list[Any] = []
        if lists is not None and _fits(kernel, lists, sizes):
            shares = self._threads if sum(sizes) >= _MANY else 1
            self._shares = [_share(numbers, lists, sizes, i, shares) for i in range(shares)]
            # The lower half of each word.
            self._numbers = [words.view(np.float32)[: 2 * numbers : 2] for words in self._shares]
            self._words = self._shares[0].ctypes.data
            self._written = [*lists[0], *itertools.chain(*lists[2:])]

    def holds_for(self, others: Sequence[Values]) -> bool:
        """Whether it is still right beside these gradients and states, with as many threads as there are."""
        return all(map(operator.is_, self._others, others)) and self._threads == threads()

    def step(self, numbers: Sequence[float]) -> bool:
        """Take a step; return whether the kernel could."""
        if not self._shares:
            return False
        for places in self._numbers:
            places[:] = numbers
        if len(self._shares) > 1:
            run_shares(self._kernel, self._shares)
        else:
            run = run_words(self._kernel)
            assert run is not None
            run(self._words)
        torch.autograd.graph.increment_version(self._written)
        return True


def _fits(kernel: str, lists: Sequence[Sequence[Tensor]], sizes: Sequence[int]) -> bool:
    """Whether a kernel can work on values, and pays."""
    return (
        _is_for_kernels(lists[0][0])
        and find(kernel) is not None
        and all([each.numel() for each in tensors] == sizes for tensors in lists[1:])
        and (sum(sizes) < _MANY or threads() > 1 or torch.get_num_threads() == 1)
    )


def _share(
    numbers: int, lists: Sequence[Sequence[Tensor]], sizes: Sequence[int], which: int, of: int
) -> NDArray[np.int64]:
    """Return the words for one of as many parts of all tensors; the numbers come later."""
    words = [0] * numbers + [len(sizes)]
    for size, *tensors in zip(sizes, *lists, strict=True):
        start, stop = size * which // of, size * (which + 1) // of
        words += [each.data_ptr() + 4 * start for each in tensors]
        words.append(stop - start)
    return np.array(words, np.int64)


def _move_rows(
    kernel: str, moved: Sequence[RowsOf], grad: Tensor, numbers: Sequence[float], *, whole: bool
) -> bool:
    """Let a kernel move rows where they lie, as if each were a weight; return whether it could."""
    arrays = [moved[0].array, grad, *(each.array for each in moved[1:])]
    rows = moved[0].rows
    if not all(_is_for_kernels(each) and each.is_contiguous() for each in arrays) or find(kernel) is None:
        return False
    state_size = arrays[0].numel() if whole else len(arrays[0])
    if len(grad) != len(rows) or any(each.numel() != state_size for each in arrays[2:]):
        return False
    blocks = _blocks([*map(float, numbers)], arrays, rows.numpy())
    if grad.numel() < _SHARED or threads() == 1:
        for block in blocks:
            run_shares(kernel, [block])
    else:
        run_shares(kernel, list(blocks))
    show_change([each.array for each in moved])
    return True


def _blocks(numbers: list[float], arrays: Sequence[Tensor], rows: Any) -> Iterator[Any]:
    """Yield the words for some rows at a time, which keeps them few."""
    steps = [each.stride(0) * each.element_size() if each.numel() else 0 for each in arrays]
    for start in range(0, len(rows), _BLOCK):
        which = rows[start : start + _BLOCK]
        head = words_of(*numbers, len(which))
        words = np.empty(len(head) + len(which) * (len(arrays) + 1), np.int64)
        words[: len(head)] = head
        table = words[len(head) :].reshape(len(which), -1)
        for i, (array, step) in enumerate(zip(arrays, steps, strict=True)):
            places = np.arange(start, start + len(which)) if i == 1 else which
            table[:, i] = array.data_ptr() + places * step
        table[:, -1] = arrays[1][0].numel()
        yield words
