"""What stands for an operator that nobody has declared, so that a file with one can be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mxnet.errors import UnknownOperatorError
from mxnet.ir.op import Op

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UnknownOp"]


class UnknownOp(Op):
    """An operator known by name only: it lists, draws and saves, but cannot infer or run.

    Attributes
    ----------
    reason : str
        Why it is unknown, and what can be done.
    """

    reason: str
    _n_inputs: int
    _n_outputs: int

    @classmethod
    def of(cls, name: str, given: Mapping[str, str], n_inputs: int, n_outputs: int, reason: str) -> UnknownOp:
        """Return the stand-in for the operator `name`, with as many inputs and outputs as are used of it."""
        op = object.__new__(cls)
        values = (name, tuple(given.items()), n_inputs, n_outputs)
        op.__dict__.update(
            name=name,
            given=dict(given),
            reason=reason,
            _n_inputs=n_inputs,
            _n_outputs=n_outputs,
            _values=values,
            _hash=hash((cls, values)),
        )
        return op

    def input_names(self) -> tuple[str, ...]:
        """Return ``arg0``, ``arg1`` ..., as many as are given."""
        return tuple(f"arg{i}" for i in range(self._n_inputs))

    def output_names(self) -> tuple[str, ...]:
        """Return as many names as outputs are used."""
        return ("output",) if self._n_outputs == 1 else tuple(f"output{i}" for i in range(self._n_outputs))

    def refuse(self, *_: object) -> NoReturn:
        """Raise the error that says what is missing, in the place of inference, gradient and kernel.

        Raises
        ------
        UnknownOperatorError
            Always.
        """
        raise UnknownOperatorError(
            f"{self.reason} Until then symbols with it can be listed, printed, drawn and saved, and what "
            "stands before it runs by itself: take it from get_internals()."
        )

    infer_shape = refuse
    infer_dtype = refuse  # type: ignore[assignment] # its parameter has another name
    gradient = refuse
    forward = refuse

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.given.items())})"
