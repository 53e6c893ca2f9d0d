"""Layers of whole sequences, computed by the fused operator ``RNN``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mxnet import ndarray, symbol
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.block.where import say_where
from mxnet.gluon.errors import BlockError, CheckError
from mxnet.gluon.nn.axes import lengths_of
from mxnet.gluon.rnn.cells import GRUCell, LSTMCell, RNNCell
from mxnet.gluon.rnn.modifiers import BidirectionalCell, DropoutCell, HybridSequentialRNNCell
from mxnet.gluon.rnn.sequences import is_whole
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from mxnet.gluon.nn.norm_layers import Init
    from mxnet.gluon.parameter import Parameter
    from mxnet.gluon.rnn.recurrent import RecurrentCell

__all__ = ["GRU", "LSTM", "RNN"]

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


class _Silent(list[Any]):
    """States that nobody gave, and nobody gets back: hooks and the summary see the output alone."""


class _RNNLayer(HybridBlock):
    """What all of them share: a parameter for each layer, direction and part, packed for the operator."""

    def __init__(
        self,
        hidden_size: int,
        num_layers: int,
        layout: str,
        dropout: float,
        bidirectional: bool,
        input_size: int,
        i2h_weight_initializer: Init,
        h2h_weight_initializer: Init,
        i2h_bias_initializer: Init,
        h2h_bias_initializer: Init,
        mode: str,
        projection_size: int | None = None,
        h2r_weight_initializer: Init = None,
        lstm_state_clip_min: float | None = None,
        lstm_state_clip_max: float | None = None,
        lstm_state_clip_nan: bool = False,
        dtype: Any = "float32",
        use_sequence_length: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if layout not in {"TNC", "NTC"}:
            raise CheckError(f"layout has to be 'TNC' or 'NTC', got {layout!r}.")
        if mode not in _GATES:
            raise CheckError(f"mode has to be one of {', '.join(_GATES)}, got {mode!r}.")
        self._hidden_size = hidden_size
        self._projection_size = projection_size or None
        self._num_layers = num_layers
        self._mode = mode
        self._layout = layout
        self._dropout = dropout
        self._dir = 2 if bidirectional else 1
        self._input_size = input_size
        self._gates = _GATES[mode]
        self._use_sequence_length = use_sequence_length
        self._dtype = dtype
        self._clipping = {
            "lstm_state_clip_min": lstm_state_clip_min,
            "lstm_state_clip_max": lstm_state_clip_max,
            "lstm_state_clip_nan": lstm_state_clip_nan,
        }
        inits = {
            "i2h_weight": i2h_weight_initializer,
            "h2h_weight": h2h_weight_initializer,
            "i2h_bias": i2h_bias_initializer,
            "h2h_bias": h2h_bias_initializer,
            "h2r_weight": h2r_weight_initializer,
        }
        rows, read_back = self._gates * hidden_size, self._projection_size or hidden_size
        width = input_size
        for layer in range(num_layers):
            shapes = {
                "i2h_weight": (rows, width),
                "h2h_weight": (rows, read_back),
                "i2h_bias": (rows,),
                "h2h_bias": (rows,),
            }
            if self._projection_size:
                shapes["h2r_weight"] = (self._projection_size, hidden_size)
            for direction in self._directions():
                for kind, shape in shapes.items():
                    self._register_param(f"{direction}{layer}_{kind}", shape, inits[kind], dtype)
            width = read_back * self._dir

    def _directions(self) -> str:
        return "lr"[: self._dir]

    def _register_param(self, name: str, shape: tuple[int, ...], init: Init, dtype: Any) -> Parameter:
        parameter: Parameter = self.params.get(
            name, shape=shape, init=init, allow_deferred_init=True, dtype=dtype
        )
        setattr(self, name, parameter)
        return parameter

    def __repr__(self) -> str:
        columns = lengths_of(self._reg_params["l0_i2h_weight"])[1] or None
        parts = [f"{columns} -> {self._hidden_size}", self._layout]
        parts += [f"num_layers={self._num_layers}"] * (self._num_layers != 1)
        parts += [f"dropout={self._dropout}"] * (self._dropout != 0)
        parts += ["bidirectional"] * (self._dir == 2)
        return f"{type(self).__name__}({', '.join(parts)})"

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """Return the parameters by the names that single cells would give them: so files have them."""
        start = f"{prefix}._unfused." if prefix else "_unfused."
        found = {}
        for name, parameter in self._reg_params.items():
            place, _, kind = name.partition("_")
            side = f"{place[0]}_cell." if self._dir == 2 else ""
            found[f"{start}{place[1:]}.{side}{kind}"] = parameter
        return found

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Return the shape, the layout and the dtype of each state."""
        return [self._state(batch_size, self._hidden_size)]

    def _state(self, batch_size: int, width: int) -> dict[str, Any]:
        shape = (self._num_layers * self._dir, batch_size, width)
        return {"shape": shape, "__layout__": "LNC", "dtype": self._dtype}

    def cast(self, dtype: Any) -> None:
        """Change the dtype of parameters and states."""
        super().cast(dtype)
        self._dtype = dtype

    def begin_state(
        self, batch_size: int = 0, func: Callable[..., Any] = ndarray.zeros, **kwargs: Any
    ) -> list[Any]:
        """Make the states before the first step; see `RecurrentCell.begin_state`."""
        return [
            func(name=f"{self.prefix}h0_{number}", **{**info, **kwargs})
            for number, info in enumerate(self.state_info(batch_size))
        ]

    def __call__(  # type: ignore[override]  # states and lengths are named
        self, inputs: Any, states: Any = None, sequence_length: Any = None, **kwargs: Any
    ) -> Any:
        """Read a sequence.

        Parameters
        ----------
        inputs : NDArray or Symbol
            Of shape (time, batch, channels), or as `layout` says.
        states : NDArray, Symbol or list of these, optional
            Before the first step, each of shape (layers * directions, batch, channels). Zeros by default.
        sequence_length : NDArray or Symbol, optional
            The number of steps of each sample, of shape (batch,), with `use_sequence_length`.
        **kwargs
            Further arguments of `hybrid_forward`.

        Returns
        -------
        output : NDArray or Symbol
            Of each step.
        states : list of NDArray or Symbol
            After the last step, if states were given.
        """
        if states is None:
            states = _Silent(self._zeros_like_batch(inputs))
        elif is_whole(states):
            states = [states]
        if len(states) != len(self.state_info()):
            error = BlockError(
                f"{type(self).__name__} has {len(self.state_info())} states, but got {len(states)}."
            )
            say_where(error, self)
            raise error
        lengths = () if sequence_length is None else (sequence_length,)
        return super().__call__(inputs, states, *lengths, **kwargs)

    def forward(self, inputs: Any, states: Any, *lengths: Any) -> Any:
        """Compute as `HybridBlock.forward` does, and leave out states that nobody gave."""
        output, after = super().forward(inputs, states, *lengths)
        return output if isinstance(states, _Silent) else (output, after)

    def _zeros_like_batch(self, inputs: Any) -> list[Any]:
        if isinstance(inputs, NDArray):
            batch_size = inputs.shape[self._layout.find("N")]
            return self.begin_state(batch_size, ctx=inputs.context, dtype=inputs.dtype)
        return self.begin_state(0, func=symbol.zeros)

    def hybrid_forward(  # type: ignore[override]
        self, F: Any, inputs: Any, states: Any, sequence_length: Any = None, **params: Any
    ) -> tuple[Any, list[Any]]:
        """Return the output of each step, and the states after the last."""
        if self._layout == "NTC":
            inputs = F.swapaxes(inputs, dim1=0, dim2=1)
        packed = F._internal._rnn_param_concat(*[each.reshape(-1) for each in self._packed(params)], dim=0)
        output, *after = F.RNN(
            data=inputs,
            parameters=packed,
            sequence_length=sequence_length,
            **dict(zip(("state", "state_cell"), states, strict=False)),
            use_sequence_length=self._use_sequence_length,
            state_size=self._hidden_size,
            projection_size=self._projection_size,
            num_layers=self._num_layers,
            bidirectional=self._dir == 2,
            p=self._dropout,
            state_outputs=True,
            mode=self._mode,
            **self._clipping,
        )
        if self._layout == "NTC":
            output = F.swapaxes(output, dim1=0, dim2=1)
        return output, after

    def _packed(self, params: dict[str, Any]) -> list[Any]:
        """Return the parameters as the operator reads them: all weights by layer, and then all biases."""
        kinds = ("i2h_weight", "h2h_weight", "h2r_weight"), ("i2h_bias", "h2h_bias")
        names = [
            f"{direction}{layer}_{kind}"
            for group in kinds
            for layer in range(self._num_layers)
            for direction in self._directions()
            for kind in group
        ]
        return [params[name] for name in names if name in params]

    def _unfuse(self) -> HybridSequentialRNNCell:
        """Return the same network as single cells, which share the parameters."""
        if self._projection_size:
            raise CheckError("A layer with projections cannot be unfused.")
        stack = HybridSequentialRNNCell(prefix=self.prefix, params=self.params)
        with stack.name_scope():
            width = self._input_size
            for layer in range(self._num_layers):
                cells = [self._single(f"{direction}{layer}_", width) for direction in self._directions()]
                stack.add(BidirectionalCell(cells[0], cells[1]) if self._dir == 2 else cells[0])
                if self._dropout > 0 and layer != self._num_layers - 1:
                    stack.add(DropoutCell(self._dropout))
                width = self._hidden_size * self._dir
        return stack

    def _single(self, place: str, width: int) -> RecurrentCell:
        shared: dict[str, Any] = {"input_size": width, "prefix": place}
        if self._mode == "lstm":
            return LSTMCell(self._hidden_size, **shared)
        if self._mode == "gru":
            return GRUCell(self._hidden_size, **shared)
        return RNNCell(self._hidden_size, self._mode.removeprefix("rnn_"), **shared)


class RNN(_RNNLayer):
    """Layers of plain cells with ReLU or tanh.

    Parameters
    ----------
    hidden_size : int
    num_layers : int, default 1
    activation : {'relu', 'tanh'}
    layout : {'TNC', 'NTC'}
        Of inputs and outputs: time, batch, channels.
    dropout : float, default 0
        Between layers, in training.
    bidirectional : bool, default False
        Whether a second cell of each layer reads backwards; the outputs stand side by side.
    i2h_weight_initializer, h2h_weight_initializer : Initializer or str, optional
    i2h_bias_initializer, h2h_bias_initializer : Initializer or str, default 'zeros'
    input_size : int, optional
        By default the first input tells.
    dtype : str or dtype, default 'float32'
    **kwargs
        `use_sequence_length`, and `prefix` and `params`, see `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> layer = mx.gluon.rnn.RNN(4, num_layers=2)
    >>> layer.initialize()
    >>> output, states = layer(mx.nd.zeros((5, 1, 3)), layer.begin_state(batch_size=1))
    >>> output.shape, states[0].shape, layer
    ((5, 1, 4), (2, 1, 4), RNN(3 -> 4, TNC, num_layers=2))
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        activation: str = "relu",
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        i2h_weight_initializer: Init = None,
        h2h_weight_initializer: Init = None,
        i2h_bias_initializer: Init = "zeros",
        h2h_bias_initializer: Init = "zeros",
        input_size: int = 0,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            f"rnn_{activation}",
            dtype=dtype,
            **kwargs,
        )


class LSTM(_RNNLayer):
    """Layers of long short-term memory; see `RNN` for what is the same.

    Parameters
    ----------
    hidden_size, num_layers, layout, dropout, bidirectional, input_size, dtype, **kwargs
        See `RNN`.
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer
        See `RNN`.
    projection_size : int, optional
        What the output is projected to.
    h2r_weight_initializer : Initializer or str, optional
        Of the projection.
    state_clip_min, state_clip_max : float, optional
        The bounds of the states.
    state_clip_nan : bool, default False
        Whether a nan becomes a bound.
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Init = None,
        h2h_weight_initializer: Init = None,
        i2h_bias_initializer: Init = "zeros",
        h2h_bias_initializer: Init = "zeros",
        projection_size: int | None = None,
        h2r_weight_initializer: Init = None,
        state_clip_min: float | None = None,
        state_clip_max: float | None = None,
        state_clip_nan: bool = False,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            "lstm",
            projection_size,
            h2r_weight_initializer,
            state_clip_min,
            state_clip_max,
            state_clip_nan,
            dtype,
            **kwargs,
        )

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Return the shape, the layout and the dtype of each state: output and memory."""
        sizes = (self._projection_size or self._hidden_size, self._hidden_size)
        return [self._state(batch_size, size) for size in sizes]


class GRU(_RNNLayer):
    """Layers of gated recurrent units, computed as cuDNN does; see `RNN` for the parameters."""

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Init = None,
        h2h_weight_initializer: Init = None,
        i2h_bias_initializer: Init = "zeros",
        h2h_bias_initializer: Init = "zeros",
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            "gru",
            dtype=dtype,
            **kwargs,
        )
