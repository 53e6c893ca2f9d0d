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
Step: TypeAlias = "tuple[Symbol, list[Symbol]]"
States: TypeAlias = "Sequence[Symbol] | None"
Unrolled: TypeAlias = "tuple[Any, list[Any]]"


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

    _gate_names: Sequence[str] = ()

    def __init__(self, prefix: str = "", params: RNNParams | None = None) -> None:
        self._prefix = prefix
        self._own_params = params is None  # until somebody asks for them
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

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> Step:  # noqa: ARG002
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
        raise SteppingError(f"{type(self).__name__} cannot be stepped: call unroll.")

    @property
    def params(self) -> RNNParams:
        """The parameters, to be given to cells that share them."""
        self._own_params = False
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
        self._check_free()
        states = []
        for info in self.state_info:
            self._init_counter += 1
            name = f"{self._prefix}begin_state_{self._init_counter}"
            states.append(func(name=name, **{**kwargs, **(info or {})}))
        return states

    def _check_free(self) -> None:
        if self._modified:
            raise CellError("This cell is part of a modifier such as ZoneoutCell: call the modifier instead.")

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
        return self._unroll(length, inputs, begin_state, layout, merge_outputs)

    def _unroll(
        self, length: int, inputs: Inputs, begin: States, layout: str, merged: bool | None
    ) -> Unrolled:
        """Take the steps of `unroll`, counted from 0."""
        states = list(self.begin_state() if begin is None else begin)
        outputs = []
        for step in _split_steps(length, inputs, layout):
            output, states = self(step, states)
            outputs.append(output)
        return _normalize_sequence(length, outputs, layout, merged)[0], states

    def _get_activation(
        self, inputs: Symbol, activation: str | Callable[..., Symbol], **kwargs: Any
    ) -> Symbol:
        """Apply an activation: an `act_type` of `Activation`, or a function of a symbol."""
        if isinstance(activation, str):
            return symbol.Activation(inputs, act_type=activation, **kwargs)  # type: ignore[arg-type]
        return activation(inputs, **kwargs)

    def _groups(self) -> list[str]:
        """Name the weights that hold a block of rows for each gate."""
        return [f"{self._prefix}{group}" for group in ("i2h", "h2h")] if self._gate_names else []

    def _next_step(self) -> str:
        """Count a step; return what the names of its nodes start with."""
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


def _normalize_sequence(
    length: int, inputs: Any, layout: str, merge: bool | None, in_layout: str | None = None
) -> tuple[Any, int]:
    """Turn a sequence into one symbol (`merge`), into a list of steps (not), or leave it (None).

    Parameters
    ----------
    length : int
        The number of steps.
    inputs : Symbol, or iterable of Symbol
    layout : {'NTC', 'TNC'}
    merge : bool, optional
    in_layout : {'NTC', 'TNC'}, optional
        That of `inputs`, if it is another one.

    Returns
    -------
    sequence : Symbol or list of Symbol
    axis : int
        That of time.
    """
    axis = layout.find("T")
    if inputs is None:
        raise CellError(
            "unroll needs inputs: a symbol of the whole sequence, or a list of one for each step."
        )
    if isinstance(inputs, Symbol):
        if in_layout is not None and in_layout != layout:
            inputs = symbol.swapaxes(inputs, dim1=axis, dim2=in_layout.find("T"))
        if merge is not False:
            return inputs, axis
        if len(inputs.list_outputs()) != 1:
            raise CellError("unroll takes no grouped symbol: give list(inputs) instead.")
        squeeze: Any = 1  # as files of MXNet have it
        return list(symbol.split(inputs, axis=axis, num_outputs=length, squeeze_axis=squeeze)), axis
    steps = list(inputs)
    if length != len(steps):
        raise CellError(f"unroll over {length} steps needs as many inputs, got {len(steps)}.")
    if merge:
        return symbol.Concat(*(symbol.expand_dims(step, axis=axis) for step in steps), dim=axis), axis
    return steps, axis


def _split_steps(length: int, sequence: Inputs, layout: str) -> list[Symbol]:
    """Return the input of each step."""
    steps: list[Symbol] = _normalize_sequence(length, sequence, layout, merge=False)[0]
    return steps
