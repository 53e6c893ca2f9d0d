"""Recurrent layers: ONNX has a matrix for each part of a layer; RNN has one vector of parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from mxnet.onnx.reading import Array, Call, Result, reads, sym

_ORDERS = {"LSTM": [0, 2, 3, 1], "GRU": [1, 0, 2], "RNN": [0]}
"""Where RNN's gates are among ONNX's."""
_PLAIN = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


@reads("LSTM", "GRU", "RNN")
def _recurrent(call: Call) -> Result:
    kind, direction = call.op_type, call.get("direction", "forward")
    both = 2 if direction == "bidirectional" else 1
    mode = _mode(call, both)
    if call.get("clip") is not None or call.get("input_forget", 0) or (kind == "LSTM" and call.has(7)):
        raise call.refusal("clipping, joined gates and peepholes are not known here")
    if kind == "GRU" and not call.get("linear_before_reset", 0):
        raise call.refusal("only the form whose reset gate comes after the product is known here")
    size, layout = call.extent(-1, 2), call.get("layout", 0)
    data = sym.swapaxes(call.symbol(0), dim1=0, dim2=1) if layout else call.symbol(0)
    lengths: dict[str, Any] = {}
    if call.has(4):
        lengths = {"sequence_length": call.symbol(4), "use_sequence_length": True}
    if direction == "reverse":
        data = sym.SequenceReverse(data, **lengths)
    states = [_state(call, 5, size, both)]
    if kind == "LSTM":
        states.append(_state(call, 6, size, both))
    named = dict(zip(("state", "state_cell"), states, strict=False))
    made = sym.RNN(
        data,
        call.parameter(_parameters(call, both, size), "parameters"),
        **named,
        **lengths,
        state_size=size,
        num_layers=1,
        mode=mode,
        bidirectional=both == 2,
        state_outputs=True,
    )
    steps, *final = made
    if direction == "reverse":
        steps = sym.SequenceReverse(steps, **lengths)
    # (time, batch, directions * size) becomes (time, directions, batch, size)
    steps = sym.transpose(sym.reshape(steps, shape=(0, 0, both, size)), axes=(0, 2, 1, 3))
    if layout:
        steps = sym.transpose(steps, axes=(2, 0, 1, 3))
        final = [sym.swapaxes(each, dim1=0, dim2=1) for each in final]
    return steps, *final


def _mode(call: Call, both: int) -> str:
    given = call.get("activations")
    activations = [each.decode() if isinstance(each, bytes) else each for each in given or []]
    plain = _PLAIN[call.op_type] * both
    if call.op_type == "RNN" and activations and set(activations) == {"Relu"}:
        return "rnn_relu"
    if activations and activations != plain:
        raise call.refusal(f"activations {activations}")
    return "rnn_tanh" if call.op_type == "RNN" else call.op_type.lower()


def _state(call: Call, i: int, size: int, both: int) -> Result:
    if call.has(i):
        given = call.symbol(i)
        return sym.swapaxes(given, dim1=0, dim2=1) if call.get("layout", 0) else given
    return sym.zeros(shape=(both, 0, size))


def _parameters(call: Call, both: int, size: int) -> Array:
    """Return the one vector: all matrices, and then all biases."""
    w, r = call.known(1), call.known(2)
    if w is None or r is None:
        raise call.refusal("its weights must be constant here")
    order = _ORDERS[call.op_type]
    bias = call.known(3)
    bias = np.zeros((both, 2 * len(order) * size), w.dtype) if bias is None else bias

    def ordered(rows: Array) -> Array:
        return rows.reshape(len(order), size, -1)[order].reshape(-1)

    matrices = [ordered(each[i]) for i in range(both) for each in (w, r)]
    half = len(order) * size
    biases = [ordered(bias[i, begin : begin + half]) for i in range(both) for begin in (0, half)]
    return np.concatenate([*matrices, *biases])
