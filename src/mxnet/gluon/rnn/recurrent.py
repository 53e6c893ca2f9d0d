"""What all cells share: first states, and unrolling over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mxnet import ndarray
from mxnet.gluon.block import Block, HybridBlock
from mxnet.gluon.errors import CheckError, NotForwardError, StatesError
from mxnet.gluon.rnn.sequences import begin_of, format_sequence, mask_sequence

__all__ = ["HybridRecurrentCell", "RecurrentCell"]


class RecurrentCell(Block):
    """Base of all cells: one step of a recurrent network.

    A subclass defines `state_info` and `forward`, which takes the inputs and the states of a step and returns
    its output and the states of the next.

    Parameters
    ----------
    prefix, params
        See `Block`.
    """

    def __init__(self, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Count steps and first states from 0 again, as each `unroll` does."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._children.values():
            if isinstance(cell, RecurrentCell):
                cell.reset()

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:  # noqa: ARG002 - what a subclass defines
        """Return the shape and the layout of each state."""
        raise NotForwardError(f"{type(self).__name__} does not say what its states are.")

    def begin_state(
        self, batch_size: int = 0, func: Callable[..., Any] = ndarray.zeros, **kwargs: Any
    ) -> list[Any]:
        """Make the states before the first step.

        Parameters
        ----------
        batch_size : int, default 0
            Symbols leave it at 0, which is unknown.
        func : callable, default mx.nd.zeros
            What makes each; `mx.sym.zeros` and `mx.sym.Variable` make symbols.
        **kwargs
            Further arguments of `func`, such as `ctx`.
        """
        self._check_free()
        states = []
        for info in self.state_info(batch_size):
            self._init_counter += 1
            name = f"{self._prefix}begin_state_{self._init_counter}"
            states.append(func(name=name, **{**info, **kwargs}))
        return states

    def _check_free(self) -> None:
        if self._modified:
            raise CheckError(
                f"{self.name!r} is inside of a modifier cell such as ZoneoutCell and cannot be called "
                "itself. Call the modifier cell instead."
            )

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Take `length` steps.

        Parameters
        ----------
        length : int
        inputs : NDArray, Symbol or list of these
            A whole sequence, or the input of each step.
        begin_state : list of NDArray or Symbol, optional
            Zeros by default.
        layout : {'NTC', 'TNC'}
            Of a whole sequence.
        merge_outputs : bool, optional
            Whether the outputs come as one or as a list; None is what suits the cell.
        valid_length : NDArray or Symbol, optional
            The number of steps of each sample, of shape (batch,). Outputs after it are 0, and the states are
            those after it. The outputs come as one then, if `merge_outputs` does not say otherwise.

        Returns
        -------
        outputs : NDArray, Symbol or list of these
        states : list of NDArray or Symbol
            After the last step.
        """
        self.reset()
        inputs, axis, F, batch_size = format_sequence(length, inputs, layout, merge=False)
        states = begin_of(self, F, begin_state, inputs, batch_size)
        outputs: Any = []
        all_states = []
        for step in inputs:
            output, states = self(step, states)
            outputs.append(output)
            all_states.append(states)
        if valid_length is not None:
            states = [
                F.SequenceLast(
                    F.stack(*each, axis=0), sequence_length=valid_length, use_sequence_length=True, axis=0
                )
                for each in zip(*all_states, strict=True)
            ]
            outputs = mask_sequence(F, outputs, length, valid_length, axis, merge=True)
        return format_sequence(length, outputs, layout, merge_outputs)[0], states

    def _get_activation(self, F: Any, inputs: Any, activation: Any, **kwargs: Any) -> Any:
        """Apply an activation: an `act_type` of `Activation`, a block, or a function."""
        if isinstance(activation, str):
            if activation in {"tanh", "relu", "sigmoid", "softsign"}:
                return getattr(F, activation)(inputs, **kwargs)
            return F.Activation(inputs, act_type=activation, **kwargs)
        return activation(inputs) if isinstance(activation, Block) else activation(inputs, **kwargs)

    def forward(self, inputs: Any, states: Any) -> Any:
        """Take one step.

        Parameters
        ----------
        inputs : NDArray or Symbol
            Of shape (batch, channels).
        states : list of NDArray or Symbol
            From the step before, or `begin_state`.

        Returns
        -------
        output : NDArray or Symbol
        states : list of NDArray or Symbol
            For the next step.
        """
        self._counter += 1
        try:
            return super().forward(inputs, states)
        except (IndexError, ValueError, TypeError) as error:
            expected = self.state_info()
            if isinstance(states, list | tuple) and len(states) >= len(expected):
                raise
            given = len(states) if isinstance(states, list | tuple) else f"one {type(states).__name__}"
            raise StatesError(
                f"A {type(self).__name__} takes a list of states.\n  Expect: {len(expected)}, of shapes "
                f"{', '.join(str(each['shape']) for each in expected)}\n  Actual: {given}"
            ) from error


class HybridRecurrentCell(RecurrentCell, HybridBlock):
    """Base of the cells that define their step by `hybrid_forward(F, inputs, states, **params)`.

    Parameters
    ----------
    prefix, params
        See `Block`.
    """
