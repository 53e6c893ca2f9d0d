"""What an executor knows as long as nobody replaces a tensor of its arrays, and what gradients begin with."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from mxnet.errors import MXNetError, ShapeError
from mxnet.fitting import NotAnArrayError, Value
from mxnet.ir.storage import DENSE, Stored
from mxnet.ir.types import show_shape
from mxnet.lazy import torch
from mxnet.ndarray import NDArray
from mxnet.ndarray.gradients import has_written, write_gradient
from mxnet.ndarray.replacing import EPOCH
from mxnet.plan.program import Program, Tap

__all__ = ["Places", "Ready", "apart", "checked_head"]


class Ready(NamedTuple):
    """A program that can be run as long as the arrays hold the same tensors."""

    epoch: int
    held: list[object]
    program: Program
    values: list[Any]


class Places:
    """Where the gradients of a program go.

    Attributes
    ----------
    tensors : list of Tensor or None
        Where they are written; None for those that the program hands out.
    all_dense : bool
        Whether all are stored densely.
    are_heard : bool
        Whether somebody is to be told when one has been written.
    """

    def __init__(self, program: Program, targets: Sequence[tuple[NDArray, str]]) -> None:
        self._epoch = EPOCH.number
        self._program = program
        pairs = [*zip(targets, program.reached, strict=True)]
        self._reached = [target for target, there in pairs if there]
        self._zeroed = [target for (target, req), there in pairs if not there and req == "write"]
        self.tensors: list[Any] = [
            None if handed_out else target._tensor  # of a sparse array, a dense copy
            for (target, _), handed_out in zip(self._reached, program.hands_out, strict=True)
        ]
        dense = all(target.stype == DENSE for target, _ in self._reached)
        self.all_dense = dense and not any(program.hands_out)
        self.are_heard = any(target._told is not None for target, _ in targets)

    def holds_for(self, program: Program) -> bool:
        """Whether these are the places of a program, and still the same."""
        return self._program is program and self.all_dense and self._epoch == EPOCH.number

    @functools.cached_property
    def memory(self) -> set[int]:
        """The storages that are written to."""
        return {tensor.untyped_storage().data_ptr() for tensor in self.tensors if tensor is not None}

    def run(self, program: Program, values: list[Any], saved: list[Any], tap: Tap | None) -> None:
        """Run the backward half of the program, which writes all gradients."""
        places = self.tensors if self.all_dense else [*self.tensors]
        if self.are_heard:
            program.backward(values, saved, places, tap, functools.partial(self._finish, places))
        else:
            program.backward(values, saved, places, tap)
            for number in () if self.all_dense else range(len(places)):
                self._finish(places, number)
        for target in self._zeroed:
            if target.stype == DENSE:
                target._tensor.zero_()
                has_written(target)
            else:
                write_gradient(target, None, "write")

    def _finish(self, places: Sequence[Any], number: int) -> None:
        """Write what was handed out; whoever wants to know of the gradient is told."""
        (target, req), place = self._reached[number], places[number]
        if isinstance(place, Stored):
            write_gradient(target, place, req)
            return
        if target.stype != DENSE:
            target._set_tensor(place)
        has_written(target)


def apart(head: Value, memory: Collection[int]) -> Value:
    """Return a head gradient that does not lie in memory that gradients are written to."""
    if isinstance(head, torch.Tensor) and head.untyped_storage().data_ptr() in memory:
        return head.clone()
    return head


def checked_head(name: str, output: NDArray, gradient: object) -> Value:
    """Return the gradient that was given for an output, as the program takes it; refuse what does not fit."""
    if gradient is None:
        raise MXNetError(
            f"backward() needs the gradient of output {name!r}: it is not a loss, so pass out_grads "
            f"(an NDArray of shape {show_shape(output.shape)}), or end the network in a loss such as "
            "SoftmaxOutput or MakeLoss."
        )
    if not isinstance(gradient, NDArray):
        raise NotAnArrayError(
            f"backward() expects an NDArray as the gradient of {name!r}, not {type(gradient).__name__}."
        )
    if gradient.shape != output.shape:
        raise ShapeError(
            f"backward(): the gradient of output {name!r} has shape {show_shape(gradient.shape)}, but the "
            f"output has shape {show_shape(output.shape)}."
        )
    if output.stype == DENSE:
        return gradient._tensor.to(output._tensor)  # dtype and device
    return (
        gradient.as_in_context(output.context)
        .astype(output.dtype, copy=False)
        ._stored_as(output.stype)
        ._stored()
    )
