"""What all recurrent cells share: parameters, first states, unrolling over time, weights gate by gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from mxnet import ndarray as nd
from mxnet import symbol
from mxnet.errors import MXNetError
from mxnet.symbol.creation import zeros
from mxnet.symbol.symbol import Symbol
from mxnet.symbol.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mxnet.ndarray import NDArray

Inputs: TypeAlias = "Symbol | Sequence[Symbol]"
Weights: TypeAlias = "dict[str, NDArray]"


class CellError(MXNetError, AssertionError):
    """A cell is given what it cannot work with, or used where it cannot be."""


class SteppingError(MXNetError, NotImplementedError):
    """A cell that needs the whole sequence is called for one step."""


class RNNParams:
    """The variables of cells, made when first asked for. Cells given the same object share their weights.

    Parameters
    ----------
    prefix : str
        What the names start with.

    Examples
    --------
    >>> import mxnet as mx
    >>> params = mx.rnn.RNNParams("lstm_")
    >>> params.get("i2h_weight") is params.get("i2h_weight")
    True
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """Return the variable of a name; the keywords are those of `mx.sym.Variable` when it is made."""
        name = self._prefix + name
        if name not in self._params:
            self._params[name] = Variable(name, **kwargs)
        return self._params[name]


class BaseRNNCell:
    """Base of all cells: one step of a recurrent network.

    A subclass defines `state_info` and `__call__`.

    Parameters
    ----------
    prefix : str
        What the names of its parameters and outputs start with.
    params : RNNParams, optional
        Shared parameters; by default its own.
    """

    _gate_names: tuple[str, ...] = ()
    _steppable = True

    def __init__(self, prefix: str = "", params: RNNParams | None = None) -> None:
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._cells: list[BaseRNNCell] = []
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Count steps and first states from 0 again, as each `unroll` does."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._cells:
            cell.reset()

    def __call__(
        self,
        inputs: Symbol,  # noqa: ARG002
        states: Sequence[Symbol],  # noqa: ARG002
    ) -> tuple[Symbol, list[Symbol]]:
        """Take one step.

        Parameters
        ----------
        inputs : Symbol
            Of shape (batch, channels).
        states : list of Symbol
            From the step before, or `begin_state`.

        Returns
        -------
        output : Symbol
        states : list of Symbol
            For the next step.
        """
        raise SteppingError(f"{type(self).__name__} does not say what a step is.")

    @property
    def params(self) -> RNNParams:
        """The parameters, to be given to cells that share them."""
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state; a 0 stands for the batch."""
        raise SteppingError(f"{type(self).__name__} does not say what its states are.")

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """The shape of each state."""
        return [info["shape"] for info in self.state_info]

    def begin_state(self, func: Callable[..., Symbol] = zeros, **kwargs: Any) -> list[Symbol]:
        """Make the states before the first step.

        Parameters
        ----------
        func : callable, default mx.sym.zeros
            What makes each; `mx.sym.Variable` makes states that are fed.
        **kwargs
            Further arguments of `func`.
        """
        if self._modified:
            raise CellError("This cell is part of a modifier such as ZoneoutCell: call the modifier instead.")
        states = []
        for info in self.state_info:
            self._init_counter += 1
            name = f"{self._prefix}begin_state_{self._init_counter}"
            states.append(func(name=name, **{**kwargs, **info}))
        return states

    def unpack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Split the weights into one array for each gate; other arrays stay as they are."""
        weights = dict(args)
        for group in self._groups():
            packed = {kind: weights.pop(f"{group}_{kind}") for kind in ("weight", "bias")}
            for number, gate in enumerate(self._gate_names):
                for kind, array in packed.items():
                    rows = array.shape[0] // len(self._gate_names)
                    weights[f"{group}{gate}_{kind}"] = array[number * rows : (number + 1) * rows].copy()
        return weights

    def pack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Join what `unpack_weights` split."""
        weights = dict(args)
        for group in self._groups():
            for kind in ("weight", "bias"):
                parts = [weights.pop(f"{group}{gate}_{kind}") for gate in self._gate_names]
                weights[f"{group}_{kind}"] = nd.concatenate(parts)
        return weights

    def unroll(
        self,
        length: int,
        inputs: Inputs,
        begin_state: Sequence[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Take `length` steps.

        Parameters
        ----------
        length : int
        inputs : Symbol or list of Symbol
            The whole sequence, or the input of each step.
        begin_state : list of Symbol, optional
            Zeros by default.
        layout : {'NTC', 'TNC'}
            Of a whole sequence.
        merge_outputs : bool, optional
            Whether the outputs come as one symbol or as a list; None is what suits the cell.

        Returns
        -------
        outputs : Symbol or list of Symbol
        states : list of Symbol
            After the last step.
        """
        self.reset()
        states = list(self.begin_state() if begin_state is None else begin_state)
        outputs = []
        for step in split_steps(length, inputs, layout):
            output, states = self(step, states)
            outputs.append(output)
        return arrange(length, outputs, layout, merge_outputs), states

    def _groups(self) -> list[str]:
        """Name the weights that hold a block of rows for each gate."""
        return [f"{self._prefix}{group}" for group in ("i2h", "h2h")] if self._gate_names else []

    def _next_step(self) -> str:
        """Count a step; return what the names of its nodes start with."""
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


def arrange(length: int, sequence: Inputs, layout: str, merged: bool | None) -> Any:
    """Turn a sequence into one symbol (`merged`), into a list of steps (not), or leave it (None)."""
    axis = layout.find("T")
    if sequence is None:
        raise CellError(
            "unroll needs inputs: a symbol of the whole sequence, or a list of one for each step."
        )
    if isinstance(sequence, Symbol):
        if merged is not False:
            return sequence
        if len(sequence.list_outputs()) != 1:
            raise CellError("unroll takes no grouped symbol: give list(inputs) instead.")
        squeeze: Any = 1  # as files of MXNet have it
        return list(symbol.split(sequence, axis=axis, num_outputs=length, squeeze_axis=squeeze))
    if length != len(sequence):
        raise CellError(f"unroll over {length} steps needs as many inputs, got {len(sequence)}.")
    if merged:
        return symbol.Concat(*(symbol.expand_dims(step, axis=axis) for step in sequence), dim=axis)
    return list(sequence)


def split_steps(length: int, sequence: Inputs, layout: str) -> list[Symbol]:
    """Return the input of each step."""
    steps: list[Symbol] = arrange(length, sequence, layout, merged=False)
    return steps
