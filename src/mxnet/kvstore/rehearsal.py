"""What is pushed again and again: its messages begin while backward still computes the gradients of others.

Whether that is right is known only afterwards: somebody may write to a gradient between its backward and the
push, or run another backward. So a push is watched at first. If in all workers every array was written once,
by a backward, and was the same when it was pushed, then the next ones begin as soon as they are written. A
number that goes around with each push says whether that held again. If it did not, what was sent so far is
dropped in all workers, and what was pushed is sent.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from mxnet.ir.storage import DENSE
from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.kvstore.exchange import Courier, Part
    from mxnet.ndarray import NDArray

__all__ = ["Rehearsal", "Values"]

Values = Mapping[int | str, Sequence["NDArray"]]
"""What is pushed: by key, the array of each device."""


class Rehearsal:
    """Arrays that are pushed together, and the messages in which they are sent.

    Parameters
    ----------
    values : dict of int or str to list of NDArray
        By key, the array of each device.
    parts : list of (Part, dict)
        The messages, in their order, each with what goes into it.
    courier : Courier
        Who sends them.
    may_begin : callable
        Whether messages may begin before they are pushed; asked each time.
    """

    def __init__(
        self,
        values: Values,
        parts: Sequence[tuple[Part, Values]],
        courier: Courier,
        may_begin: Callable[[], bool],
    ) -> None:
        self._keys = [*values]
        self._arrays = [array for arrays in values.values() for array in arrays]
        self._parts = parts
        self._courier = courier
        self._may_begin = may_begin
        self._part_of = {
            id(array): number
            for number, (_, inside) in enumerate(parts)
            for arrays in inside.values()
            for array in arrays
        }
        self._sizes = [sum(map(len, inside.values())) for _, inside in parts]
        self._lock = threading.Lock()  # devices compute their gradients in threads
        self._verdict: Future[None] | None = None
        self._disturbed: Tensor = torch.zeros(1)
        self._watch()

    def _watch(self) -> None:
        """Begin anew to look at what is written."""
        self._seen: dict[int, tuple[tuple[Tensor, int], ...]] = {}
        self._twice = False
        self._missing = [*self._sizes]
        self._begun = 0
        for array in self._arrays:
            if array._told != self._written:
                array._tell(self._written)

    def is_of(self, values: Values) -> bool:
        """Whether it is about these very arrays."""
        given = [array for arrays in values.values() for array in arrays]
        is_like = [*values] == self._keys and len(given) == len(self._arrays)
        return is_like and all(map(operator.is_, given, self._arrays))

    @property
    def is_on(self) -> bool:
        """Whether messages begin before they are pushed, in all workers."""
        return self._verdict is not None and not float(self._disturbed)

    def _written(self, array: NDArray) -> None:
        """Note that a backward has written an array; begin with what is complete and next in order."""
        with self._lock:
            which = id(array)
            self._twice = self._twice or which in self._seen
            self._seen[which] = _state_of(array)
            self._missing[self._part_of[which]] -= 1
            if self._verdict is None or not self._verdict.done() or not self.is_on or not self._may_begin():
                return
            while self._begun < len(self._parts) and self._missing[self._begun] <= 0:
                self._begin()

    def _begin(self) -> None:
        part, inside = self._parts[self._begun]
        part.start(inside)
        self._begun += 1

    def begin_rest(self) -> None:
        """Begin with what has not begun, if messages begin before they are pushed."""
        if self._verdict is not None:
            self._verdict.result()
            while self.is_on and self._begun < len(self._parts):
                self._begin()

    def perform(self, last: Rehearsal | None) -> Iterator[Part]:
        """Send everything, unless that has begun; yield the messages that are under way.

        Parameters
        ----------
        last : Rehearsal or None
            That of the push before.
        """
        was_on = False
        if last is not None:
            last.begin_rest()
            was_on = last.is_on
        quiet = last is self and self._was_quiet()
        self._disturbed = torch.tensor([0.0 if quiet else 1.0])
        self._verdict = self._courier.send(self._ask)
        if was_on:
            self._verdict.result()
        is_sent = was_on and self.is_on
        for part in last.parts if last is not None and was_on and not is_sent else ():
            part.drop()
        for part, inside in self._parts:
            if not is_sent:
                part.start(inside)
            yield part
        self._watch()

    def _ask(self) -> None:
        self._courier.workers.add_up(self._disturbed)

    @property
    def parts(self) -> list[Part]:
        """The messages."""
        return [part for part, _ in self._parts]

    def _was_quiet(self) -> bool:
        """Whether each array was written once, by a backward, and is the same now."""
        if self._twice or len(self._seen) < len(self._arrays):
            return False
        return all(_same(_state_of(array), self._seen[id(array)]) for array in self._arrays)


def _state_of(array: NDArray) -> tuple[tuple[Tensor, int], ...]:
    """Return where the numbers of an array are, and how often these have been written to."""
    tensors = (array._tensor,) if array.stype == DENSE else array._stored().parts
    return tuple((tensor, tensor._version) for tensor in tensors)


def _same(state: tuple[tuple[Tensor, int], ...], other: tuple[tuple[Tensor, int], ...]) -> bool:
    return all(a is b and i == j for (a, i), (b, j) in zip(state, other, strict=True))
