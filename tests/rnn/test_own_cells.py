"""Cells that users derive from those of MXNet, and what these offer them."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.rnn.rnn_cell import (
    _cells_begin_state,
    _cells_pack_weights,
    _cells_state_info,
    _cells_state_shape,
    _cells_unpack_weights,
    _normalize_sequence,
)

X = mx.sym.Variable("data")


class Leaky(mx.rnn.RNNCell):
    """Uses the variables and the activation of its base."""

    def __call__(self, inputs, states):
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        i2h = mx.sym.FullyConnected(
            inputs, self._iW, self._iB, num_hidden=self._num_hidden, name=name + "i2h"
        )
        h2h = mx.sym.FullyConnected(
            states[0], self._hW, self._hB, num_hidden=self._num_hidden, name=name + "h2h"
        )
        moved = self._get_activation(i2h + h2h, self._activation, name=name + "act")
        output = states[0] * 0.5 + moved * 0.5
        return output, [output]


class Peephole(mx.rnn.LSTMCell):
    """Adds a variable of its own."""

    def __init__(self, num_hidden, prefix="peep_", params=None):
        super().__init__(num_hidden, prefix, params)
        self._pW = self.params.get("p2h_weight", shape=(1, num_hidden))

    def __call__(self, inputs, states):
        output, (_, memory) = super().__call__(inputs, states)
        output = mx.sym.broadcast_mul(output, self._pW)
        return output, [output, memory]


class Alone(mx.rnn.BaseRNNCell):
    """Is made from the base of all cells."""

    _num_hidden = 3

    def __init__(self, prefix="alone_", params=None):
        super().__init__(prefix=prefix, params=params)
        self._W = self.params.get("i2h_weight")

    @property
    def state_info(self):
        return [{"shape": (0, 3), "__layout__": "NC"}]

    @property
    def _gate_names(self):
        return []

    def __call__(self, inputs, states):
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        step = mx.sym.FullyConnected(inputs, self._W, no_bias=True, num_hidden=3, name=name)
        output = self._get_activation(
            step + states[0], lambda x, name: mx.sym.tanh(x, name=name), name=name + "out"
        )
        return output, [output]


def stacked(*cells):
    stack = mx.rnn.SequentialRNNCell()
    for cell in cells:
        stack.add(cell)
    return stack


@pytest.mark.parametrize("make", [lambda p: Leaky(3, prefix=p), lambda p: Peephole(3, p), Alone])
@pytest.mark.parametrize(
    "around",
    [
        lambda cell: cell("a_"),
        lambda cell: stacked(cell("a_"), mx.rnn.DropoutCell(0.5), cell("b_")),
        lambda cell: mx.rnn.BidirectionalCell(cell("a_"), cell("b_")),
        lambda cell: mx.rnn.ZoneoutCell(cell("a_"), 0.5, 0.5),
        lambda cell: mx.rnn.ResidualCell(cell("a_")),
    ],
)
def test_own_cells_stand_in_every_other_one(make, around):
    cell = around(make)
    outputs, _ = cell.unroll(2, X, merge_outputs=True)
    shapes, (output,), _ = outputs.infer_shape(data=(4, 2, 3))
    assert output[:2] == (4, 2)
    arrays = {
        name: mx.nd.ones(shape)
        for name, shape in zip(outputs.list_arguments(), shapes, strict=True)
        if name != "data"
    }
    back = cell.pack_weights(cell.unpack_weights(arrays))
    assert {name: array.shape for name, array in back.items()} == {n: a.shape for n, a in arrays.items()}


def test_an_own_cell_computes_what_it_says():
    outputs, _ = Leaky(2, activation="relu", prefix="k_").unroll(2, X, merge_outputs=True)
    assert outputs.list_arguments() == ["data", "k_i2h_weight", "k_i2h_bias", "k_h2h_weight", "k_h2h_bias"]
    executor = outputs.simple_bind(mx.cpu(), data=(1, 2, 1))
    for array in executor.arg_arrays:
        array[:] = 1
    np.testing.assert_allclose(executor.forward()[0].asnumpy()[0, :, 0], [1.5, 3.75])


@pytest.mark.parametrize(
    "cell",
    [
        mx.rnn.RNNCell(3, prefix="c_"),
        mx.rnn.LSTMCell(3, prefix="c_"),
        mx.rnn.GRUCell(3, prefix="c_"),
        *(
            kind((1, 2, 4, 4), 3, prefix="c_")
            for kind in (mx.rnn.ConvRNNCell, mx.rnn.ConvLSTMCell, mx.rnn.ConvGRUCell)
        ),
    ],
)
def test_cells_show_their_variables(cell):
    shown = [variable.name for variable in (cell._iW, cell._iB, cell._hW, cell._hB)]
    assert shown == ["c_i2h_weight", "c_i2h_bias", "c_h2h_weight", "c_h2h_bias"]
    assert cell._own_params is False
    assert cell._num_gates == len(cell._gate_names)


def test_cells_show_whose_parameters_they_have():
    assert mx.rnn.ZoneoutCell(mx.rnn.RNNCell(2))._own_params is True
    assert stacked()._override_cell_params is False
    assert mx.rnn.SequentialRNNCell(mx.rnn.RNNParams("a_"))._override_cell_params is True


def test_convolution_cells_show_their_windows():
    cell = mx.rnn.ConvLSTMCell((1, 2, 8, 8), 3, h2h_kernel=(5, 5), i2h_stride=(2, 2))
    assert (cell._h2h_kernel, cell._h2h_pad, cell._i2h_stride, cell._conv_layout) == (
        (5, 5),
        (2, 2),
        (2, 2),
        "NCHW",
    )
    assert cell._state_shape == (0, 3, 4, 4)
    i2h, h2h = cell._conv_forward(X, cell.begin_state(), "n_")
    assert (i2h.name, h2h.name) == ("n_i2h", "n_h2h")


def test_the_fused_cell_shows_views_of_its_weights():
    cell = mx.rnn.FusedRNNCell(3, 2, "gru", bidirectional=True, prefix="f_")
    assert (cell._num_gates, cell._directions) == (3, ["l", "r"])
    size = sum(int(np.prod(shape)) for _, shape in cell._init.parts_of_width("f_", 5))
    packed = mx.nd.zeros(size)
    cell._slice_weights(packed, 5, 3)["f_r1_h2h_z_bias"][:] = 1
    assert packed.sum().asscalar() == 3
    with pytest.raises(mx.MXNetError, match="has 4 values, but the cell's take"):
        cell._slice_weights(mx.nd.zeros(4), 5, 3)


def test_modifiers_of_own_cells_hand_on_first_states():
    class Counting(Alone):
        def begin_state(self, func=mx.sym.zeros, **kwargs):
            return [mx.sym.Variable("given")]

    outputs, _ = mx.rnn.ResidualCell(Counting()).unroll(2, X, merge_outputs=True)
    assert "given" in outputs.list_arguments()


def test_several_cells_are_asked_together():
    cells = [mx.rnn.RNNCell(3, prefix="a_"), mx.rnn.LSTMCell(2, prefix="b_")]
    assert _cells_state_shape(cells) == [(0, 3), (0, 2), (0, 2)]
    assert [info["__layout__"] for info in _cells_state_info(cells)] == ["NC"] * 3
    assert [state.name for state in _cells_begin_state(cells)] == [
        "a_begin_state_0",
        "b_begin_state_0",
        "b_begin_state_1",
    ]
    weights = {
        f"b_{g}_{k}": mx.nd.ones((8, 2) if k == "weight" else 8)
        for g in ("i2h", "h2h")
        for k in ("weight", "bias")
    }
    weights |= {
        f"a_{g}_{k}": mx.nd.ones((3, 2) if k == "weight" else 3)
        for g in ("i2h", "h2h")
        for k in ("weight", "bias")
    }
    split = _cells_unpack_weights(cells, weights)
    assert split["b_i2h_f_weight"].shape == (2, 2)
    assert sorted(_cells_pack_weights(cells, split)) == sorted(weights)


def test_sequences_are_joined_and_split():
    steps = [mx.sym.Variable("a"), mx.sym.Variable("b")]
    joined, axis = _normalize_sequence(2, steps, "TNC", True)
    assert (joined.infer_shape(a=(3, 4), b=(3, 4))[1], axis) == ([(2, 3, 4)], 0)
    assert _normalize_sequence(2, iter(steps), "NTC", None) == (steps, 1)
    assert len(_normalize_sequence(2, X, "NTC", False)[0]) == 2
    turned, _ = _normalize_sequence(2, X, "TNC", True, in_layout="NTC")
    assert turned.infer_shape(data=(3, 2, 4))[1] == [(2, 3, 4)]
    with pytest.raises(AssertionError, match="unroll over 3 steps"):
        _normalize_sequence(3, steps, "NTC", None)


@pytest.mark.parametrize(
    "cell", [mx.rnn.BaseRNNCell(), mx.rnn.FusedRNNCell(2), mx.rnn.BidirectionalCell(Alone("a"), Alone("b"))]
)
def test_cells_that_need_the_whole_sequence_say_so(cell):
    with pytest.raises(NotImplementedError, match=f"{type(cell).__name__} cannot be stepped: call unroll"):
        cell(X, [])
