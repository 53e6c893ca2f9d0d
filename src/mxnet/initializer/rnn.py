"""Initializers of recurrent networks, whose parameters have parts by gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mxnet import ndarray as nd
from mxnet.errors import ShapeError
from mxnet.initializer.base import (
    InitDesc,
    InitializationError,
    Initializer,
    create,
    not_one_of,
    plain,
    register,
)

if TYPE_CHECKING:
    from mxnet.ndarray import NDArray

__all__ = ["FusedRNN", "LSTMBias"]


@register
class LSTMBias(Initializer):
    """Sets the bias of an LSTM to 0, and its forget gate's part to a value, so that it starts by remembering.

    Parameters
    ----------
    forget_bias : float, default 1.0
        The bias of the forget gate, the second of the four gates.
    """

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=plain(forget_bias))
        self.forget_bias = forget_bias

    def _init_weight(self, _: str, arr: NDArray) -> None:
        quarter = arr.shape[0] // 4
        values = np.zeros(arr.shape, "float32")
        values[quarter : 2 * quarter] = self.forget_bias
        arr[:] = values


@register
class FusedRNN(Initializer):
    """Fills the packed parameters of a fused RNN, part by part.

    Parameters
    ----------
    init : Initializer, str or None
        What fills each part. None leaves it to the initializer of the whole network.
    num_hidden, num_layers : int
        As of the cell.
    mode : {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'}
        As of the cell.
    bidirectional : bool
        As of the cell.
    forget_bias : float, default 1.0
        The bias of the forget gates of an LSTM.
    """

    # The gates of each mode, in the order in which their rows are packed.
    _GATES: ClassVar[dict[str, tuple[str, ...]]] = {
        "rnn_relu": ("",),
        "rnn_tanh": ("",),
        "lstm": ("_i", "_f", "_c", "_o"),
        "gru": ("_r", "_z", "_o"),
    }

    def __init__(
        self,
        init: Initializer | str | None,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        inner = create(init) if isinstance(init, str) else init
        super().__init__(
            init=None if inner is None else inner.dumps(),
            num_hidden=plain(num_hidden),
            num_layers=plain(num_layers),
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=plain(forget_bias),
        )
        if mode not in self._GATES:
            raise not_one_of("mode", mode, self._GATES)
        self._init = inner
        self._num_hidden = int(num_hidden)
        self._num_layers = int(num_layers)
        self._mode = mode
        self._directions = ("l", "r") if bidirectional else ("l",)
        self._forget_bias = forget_bias

    def _init_weight(self, desc: str, arr: NDArray) -> None:
        packed = np.empty(arr.shape, "float32")
        fallback = getattr(desc, "global_init", None)
        start = 0
        for name, shape in self.parts(desc.removesuffix("parameters"), arr.size):
            part = nd.zeros(shape)
            if self._mode == "lstm" and name.endswith("_f_bias"):
                part[:] = self._forget_bias
            else:
                init = self._init or fallback
                if init is None:
                    raise InitializationError(
                        f"FusedRNN has no initializer for {name!r}: pass one as `init`."
                    )
                init(InitDesc(name, global_init=fallback), part)
            packed[start : start + part.size] = part.asnumpy().ravel()
            start += part.size
        arr[:] = packed

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates of the mode, in the order in which their rows are packed."""
        return self._GATES[self._mode]

    def parts(self, prefix: str, size: int) -> list[tuple[str, tuple[int, ...]]]:
        """Name the parts of `size` values as the unfused cells do, in the order in which they are packed."""
        gates, hidden, directions = self.gates, self._num_hidden, len(self._directions)
        rows = len(gates) * hidden * directions
        # Every layer after the first reads `hidden * directions` values; what is left belongs to the first.
        later = (self._num_layers - 1) * rows * (hidden * (directions + 1) + 2)
        inputs = (size - later) // rows - hidden - 2
        if inputs < 1 or later + rows * (inputs + hidden + 2) != size:
            raise ShapeError(
                f"{size} values are no parameters of {self._num_layers} layers of {self._mode} with {hidden} "
                f"hidden units in {directions} direction(s)."
            )
        return self.parts_of_width(prefix, inputs)

    def parts_of_width(self, prefix: str, inputs: int) -> list[tuple[str, tuple[int, ...]]]:
        """Name the parts of a network that reads `inputs` values in each step."""
        gates, hidden, directions = self.gates, self._num_hidden, len(self._directions)
        weights: list[tuple[str, tuple[int, ...]]] = []
        biases: list[tuple[str, tuple[int, ...]]] = []
        for layer in range(self._num_layers):
            width = inputs if layer == 0 else hidden * directions
            for direction in self._directions:
                for group, columns in (("i2h", width), ("h2h", hidden)):
                    for gate in gates:
                        name = f"{prefix}{direction}{layer}_{group}{gate}"
                        weights.append((f"{name}_weight", (hidden, columns)))
                        biases.append((f"{name}_bias", (hidden,)))
        return weights + biases
