"""Operators that only MXNet itself can make or run: their names exist, and say what to use instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from mxnet.errors import MXNetError, UnknownOperatorError
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.param import MANY

if TYPE_CHECKING:
    from torch import Tensor


class _WithoutValue(Op):
    """A part of MXNet's gradient graphs that can be composed, but not run."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {}

    def forward(self, run: Run, *tensors: Tensor) -> NoReturn:
        raise MXNetError(f"{self.name} has no value: Symbol.gradient makes gradients.")


class NoGradient(_WithoutValue, name="_NoGradient"):
    """Stands where MXNet finds no gradient."""

    inputs = {}


class BroadcastBackward(_WithoutValue, name="_broadcast_backward"):
    """The gradient of an early broadcasting operator, without the parameters it would need."""


class _FromElsewhere(_WithoutValue):
    """An operator made of what no script and no file can hold.

    A file with one can be loaded to be looked at, as one with an unknown operator can.
    """

    inputs = {}
    instead = ""

    def validate(self) -> None:
        raise UnknownOperatorError(f"{self.name} cannot be made here: {self.instead}.")

    def forward(self, run: Run, *tensors: Tensor) -> NoReturn:
        raise UnknownOperatorError(self.instead)


class SplitV2Backward(_FromElsewhere, name="_split_v2_backward"):
    """The gradient of ``split_v2``."""

    indices: tuple[int, ...] = param(doc="Where the array was split.")
    axis: int = param(default=1, doc="Along which axis.")
    squeeze_axis: bool = param(default=False, doc="Whether the axis was dropped.")
    sections: int = param(default=0, le=MANY, doc="Into how many equal sections.")
    instead = "Symbol.gradient makes gradients"


class CustomFunction(_FromElsewhere, name="_CustomFunction"):
    """A recorded call of ``autograd.Function``."""

    instead = "derive a class from mx.autograd.Function and call it"


class CachedOp(_FromElsewhere, name="_CachedOp"):
    """A graph that Gluon has hybridised."""

    instead = "Symbol.compile makes a function of a graph"


class CachedOpThreadSafe(_FromElsewhere, name="_CachedOpThreadSafe"):
    """A graph that several threads of a C++ program share."""

    instead = CachedOp.instead


class PythonCall(_FromElsewhere, name="_NDArray"):
    """A call of an ``NDArrayOp``, by its address in the process that made the graph."""

    info: str = param(doc="The address of a Python object.")
    instead = "derive a class from mx.operator.CustomOp"


class NativeCall(PythonCall, name="_Native"):
    """A call of a ``NumpyOp``, by its address in the process that made the graph."""

    need_top_grad: bool = param(default=True, doc="Whether its gradient reads those of its outputs.")
