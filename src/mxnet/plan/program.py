"""The program: a plan that can be run, again and again, with what it keeps between runs."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from mxnet.errors import MXNetError, OutOfMemoryError
from mxnet.ir.blame import blame, is_of_user
from mxnet.ir.storage import DENSE
from mxnet.lazy import torch
from mxnet.plan.kernel_errors import Given, lacks_memory, no_room, raised_by_torch, refused
from mxnet.plan.memory_plan import needs_of
from mxnet.plan.plan import Plan, Step

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Code", "Program", "Tap"]

Tap = Callable[[str, "Tensor"], None]


class Code(Protocol):
    """How a plan runs, in functions that take tensors by position."""

    @property
    def source(self) -> str:
        """What is done, as Python text."""

    @property
    def prepare(self) -> Sequence[Callable[..., tuple[Tensor, ...]]]:
        """A function of the variables for each preparation."""

    @property
    def forward(self) -> Callable[..., Any]:
        """Takes variables, what is prepared, and a tap."""

    @property
    def backward(self) -> Callable[..., Any]:
        """Takes variables and head gradients, what is prepared, what was saved, targets, and a tap."""

    @property
    def announced(self) -> Callable[..., Iterator[Iterable[int]]]:
        """Like `backward`, but yields the numbers of gradients that have just been written."""

    def step_of(self, error: BaseException) -> Step | None:
        """Return the step in which an exception was raised, None if it was in none."""


class Program:
    """A plan that can be run, from several threads at once.

    It takes and returns tensors; of what is not stored densely, :class:`~mxnet.ir.storage.Stored`.

    Attributes
    ----------
    plan : Plan
        What it does.
    code : Code
        How.
    reached : tuple of bool
        Which of the arguments that gradients were asked for have one at all.
    needs_head : tuple of bool
        Which outputs need a gradient from outside for that.
    owns_outputs : tuple of bool
        Which outputs surely lie in memory of their own, and need not be copied to be kept.
    hands_out : tuple of bool
        Which gradients are not stored densely: the run hands them out, instead of writing them.
    unsure : list of Step
        Those whose residuals may be larger than planned: a user's code tells only by running.
    """

    def __init__(
        self, plan: Plan, code: Code, reached: tuple[bool, ...] = (), needs_head: tuple[bool, ...] = ()
    ) -> None:
        self.plan = plan
        self.code = code
        self.reached = reached
        self.needs_head = needs_head
        self.owns_outputs = tuple(plan.is_own(v) for v in plan.outputs)
        self.hands_out = tuple(plan.values[v].type.stype != DENSE for v, _ in plan.gradients)
        self.unsure = [
            step
            for step in (*plan.forward, *plan.backward)
            if step.wants and step.node.op is not None and not step.node.op.pure
        ]
        self._reads = [preparation.reads for preparation in plan.preparations]
        self._prepared: list[_Prepared | None] = [None] * len(self._reads)
        self._all_reads = [i for reads in self._reads for i in reads]
        self._all_prepared: _Prepared | None = None

    def forward(
        self, variables: Sequence[Tensor | None], tap: Tap | None = None
    ) -> tuple[tuple[Tensor, ...], list[Tensor]]:
        """Run the forward half; return the outputs and what the backward half needs.

        It takes the graph's arguments and auxiliary states, and no head gradients.
        """
        return self._run(self.code.forward, variables, tap)  # type: ignore[no-any-return]

    def backward(
        self,
        variables: Sequence[Tensor | None],
        saved: list[Tensor],
        targets: list[Any],
        tap: Tap | None = None,
        told: Callable[[int], None] | None = None,
    ) -> None:
        """Run the backward half, which writes or adds the gradients to `targets` and empties `saved`.

        Those that it hands out (:attr:`hands_out`) it puts there in the place of None. After the variables it
        takes a head gradient for each output; None where :attr:`needs_head` is False. `told` is called with
        the number of each gradient once that is in its place, while others are still computed.
        """
        if told is None:
            self._run(self.code.backward, variables, saved, targets, tap)
            return
        self._run(functools.partial(self._announce, told), variables, saved, targets, tap)

    def _announce(
        self,
        told: Callable[[int], None],
        variables: Sequence[Tensor | None],
        prepared: Sequence[Tensor],
        saved: list[Tensor],
        targets: list[Any],
        tap: Tap | None,
    ) -> None:
        left = dict.fromkeys(range(len(targets)))
        for numbers in self.code.announced(variables, prepared, saved, targets, tap):
            for number in numbers:
                del left[number]
                told(number)
        for number in left:  # what the forward half has made, or was given
            told(number)

    def _run(self, half: Callable[..., Any], variables: Sequence[Tensor | None], *rest: Any) -> Any:
        recording = torch.is_grad_enabled()
        torch._C._set_grad_enabled(False)  # what `torch.no_grad` does, in a quarter of its time
        try:
            return half(variables, self._prepare_all(variables) if self._reads else (), *rest)
        except Exception as error:  # every exception passes on, with the node it came from
            self._blame(error)
        finally:
            torch._C._set_grad_enabled(recording)

    def _prepare_all(self, variables: Sequence[Tensor | None]) -> tuple[Tensor, ...]:
        """Return what is made of parameters, made again where one of them is another or was written to."""
        kept = self._all_prepared
        read = [variables[i] for i in self._all_reads]
        if kept is not None and kept.is_of(read):
            return kept.made
        made: list[Tensor] = []
        for i, (positions, prepare) in enumerate(zip(self._reads, self.code.prepare, strict=True)):
            one = self._prepared[i]
            mine = [variables[p] for p in positions]
            if one is None or not one.is_of(mine):
                one = self._prepared[i] = _Prepared(mine, prepare(variables))
            made += one.made
        self._all_prepared = kept = _Prepared(read, tuple(made))
        return kept.made

    def _blame(self, error: Exception) -> NoReturn:
        """Say in which node an exception was raised; one of torch's becomes an MXNetError."""
        step = self.code.step_of(error)
        if lacks_memory(error) and not isinstance(error, MXNetError) and not is_of_user(error):
            told = no_room(error) if step is None else refused(error, self._given_to(step))
            told = OutOfMemoryError(f"{told}\n  {needs_of(self.plan)}")
            raise (told if step is None else blame(told, step.node)) from None
        if step is None:
            raise error
        if raised_by_torch(error):
            raise blame(refused(error, self._given_to(step)), step.node) from None
        raise blame(error, step.node)

    def _given_to(self, step: Step) -> Given:
        assert step.node.op is not None
        names = step.node.op.input_names() + step.node.op.aux_names()
        types = (self.plan.values[v].type for v in step.inputs)
        return [(name, each.shape, each.dtype) for name, each in zip(names, types, strict=True)]  # type: ignore[misc]


class _Prepared:
    """What was made of some tensors, and the versions they had then; it is never changed, only replaced."""

    __slots__ = ("_read", "_versions", "made")

    def __init__(self, read: list[Any], made: tuple[Tensor, ...]) -> None:
        self._read = read
        self._versions = [tensor._version for tensor in read]
        self.made = made

    def is_of(self, read: list[Any]) -> bool:
        """Whether these are the same tensors, and nobody has written to them since."""
        return all(map(operator.is_, read, self._read)) and self._versions == [t._version for t in read]
