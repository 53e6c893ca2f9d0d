"""How layers, losses and cells are put together and used, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn
from mxnet.gluon.contrib import nn as extra
from mxnet.gluon.contrib import rnn as extra_rnn


def same(one, other):
    np.testing.assert_allclose(one.asnumpy(), other.asnumpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [nn.Sequential, nn.HybridSequential])
def test_part_of_a_sequence_of_layers_shares_them(kind):
    net = kind(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3), nn.Dense(4), nn.Dense(5))
    part = net[1:]
    assert (len(net), len(part), part[0] is net[1], net[-1].name) == (3, 2, True, "net_dense2")
    assert type(part) is kind
    assert part.prefix == "net_"


def test_sequence_of_hybrid_layers_says_that_it_could_be_one_graph():
    net = nn.Sequential()
    net.add(nn.Dense(3))
    with pytest.warns(UserWarning, match="Consider using HybridSequential"):
        net.hybridize()


def test_text_of_nested_layers_is_indented():
    inner, outer = nn.HybridSequential(), nn.HybridSequential()
    inner.add(nn.Flatten())
    outer.add(inner)
    assert repr(outer) == "HybridSequential(\n  (0): HybridSequential(\n    (0): Flatten\n  )\n)"


def test_lambda_makes_a_layer_of_a_function_or_its_name():
    x = nd.array([-1, 2])
    same(nn.Lambda(lambda v: v + 1)(x), x + 1)
    same(nn.Lambda("relu")(x), nd.relu(x))
    layer = nn.HybridLambda(lambda F, v: F.relu(v) * 2)
    layer.hybridize()
    same(layer(x), nd.array([0, 4]))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: nn.Lambda("no_such"), "no_such is not found in mxnet.ndarray"),
        (lambda: nn.HybridLambda(5), "Unrecognized function in lambda: 5 of type int"),
        (lambda: nn.Conv2D(3, (3, 3, 3)), r"kernel_size of Conv2D has to be a number or a list of 2"),
        (lambda: nn.Conv1D(3, 3, layout="NWC"), "Conv1D supports only layout 'NCW', got 'NWC'"),
        (lambda: nn.MaxPool2D(layout="NCW"), "'NCHW' and 'NHWC', got 'NCW'"),
        (lambda: nn.Conv1DTranspose(2, 3, output_padding=(1, 1)), "output_padding of Conv1DTranspose"),
        (lambda: nn.LeakyReLU(-0.1), "has to be at least 0, got -0.1"),
        (lambda: nn.ReflectionPad2D((1, 2)), "a number or 8 of them"),
        (lambda: extra.PixelShuffle2D((1, 2, 3)), "needs a factor, or 2 of them"),
        (lambda: gluon.loss.CTCLoss("CNT"), "layout has to be 'NTC' or 'TNC', got 'CNT'"),
        (lambda: gluon.loss.LogisticLoss(label_format="x"), "'signed' or 'binary', got 'x'"),
        (lambda: rnn.LSTM(3, layout="TTT"), "layout has to be 'TNC' or 'NTC', got 'TTT'"),
        (lambda: rnn.RNN(3, activation="x"), "got 'rnn_x'"),
        (lambda: rnn.DropoutCell("x"), "rate has to be a number, got 'x'"),
        (lambda: rnn.RNNCell(3).unroll(3, [nd.ones((1, 2))]), "3 steps needs as many inputs, got 1"),
        (lambda: rnn.RNNCell(3).unroll(3, nd.ones((1, 2, 2))), "got 2 along axis 1"),
        (lambda: rnn.RNNCell(3).unroll(3, None), "unroll needs inputs"),
        (lambda: extra_rnn.Conv2DRNNCell((2, 5, 5), 3, 3, 2), "h2h_kernel has to be odd"),
        (lambda: extra_rnn.Conv2DRNNCell((5, 5), 3, 3, 3), "3 numbers, got"),
    ],
)
def test_wrong_argument_is_named(wrong, says):
    with pytest.raises(AssertionError, match=says) as caught:
        wrong()
    assert isinstance(caught.value, mx.MXNetError)


def test_groups_that_do_not_fit_are_refused_when_the_layer_is_made():
    with pytest.raises(mx.MXNetError, match="conv0_fwd.*3 filters cannot be divided into 2 groups"):
        nn.Conv2D(3, 1, groups=2, prefix="conv0_")


def test_loss_of_its_own_says_what_a_pair_costs_or_is_refused():
    class Cubes(gluon.loss.Loss):
        def _each(self, F, pred, label):
            return F.abs(pred - label) ** 3

    same(Cubes(2, 0)(nd.array([3, 1]), nd.array([1, 1])), nd.array([16, 0]))
    with pytest.raises(NotImplementedError, match="Loss defines no hybrid_forward"):
        gluon.loss.Loss(None, 0)(nd.ones(1), nd.ones(1))


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize(
    ("lengths", "answers"),
    [  # of MXNet 1.9.1
        ([[4, 5]], [3.14897, 3.36101]),
        ([None, [2, 3]], [3.32408, 3.36101]),
        ([[4, 5], [2, 3]], [2.58802, 3.36101]),
        ([None, None, [2, 3]], [7.0978, 10.08303]),
    ],
)
def test_each_length_of_ctc_is_optional(lengths, answers, hybrid):
    loss = gluon.loss.CTCLoss()
    if hybrid:
        loss.hybridize()
    pred = nd.array((np.sin(np.arange(40) * 0.37 + 8.8)).reshape(2, 5, 4))
    given = [each and nd.array(each) for each in lengths]
    costs = loss(pred, nd.array([[0, 1, 2], [2, 1, 0]]), *given)
    np.testing.assert_allclose(costs.asnumpy(), answers, rtol=1e-5)


def test_counts_of_zero_have_a_finite_poisson_loss():
    loss = gluon.loss.PoissonNLLLoss(compute_full=True)
    assert np.isfinite(loss(nd.array([1, 2]), nd.array([0, 3])).asscalar())


@pytest.mark.parametrize("loss", [gluon.loss.SDMLLoss(), gluon.loss.PoissonNLLLoss(compute_full=True)])
def test_losses_that_mxnet_cannot_hybridize_are_graphs_too(loss):
    x, y = nd.array([[1, 2], [3, 5]]), nd.array([[1, 3], [3, 4]])
    plain = loss(x, y)
    loss.hybridize()
    same(loss(x, y), plain)


def test_batch_norm_of_half_precision_keeps_its_statistics_in_float32():
    layer = nn.BatchNorm(in_channels=2)
    layer.cast("float16")
    assert {np.dtype(p.dtype).name for p in layer.collect_params().values()} == {"float32"}


def test_sparse_embedding_reads_rows_and_gets_gradients_by_rows():
    layer = extra.SparseEmbedding(6, 2)
    layer.initialize(mx.init.One())
    trainer = gluon.Trainer(layer.collect_params(), "sgd", {"learning_rate": 1.0})
    with autograd.record():
        y = layer(nd.array([1, 4, 1]))
    y.backward()
    assert layer.weight.grad().stype == "row_sparse"
    trainer.step(1)
    rows = layer.weight.row_sparse_data(nd.arange(6)).asnumpy()
    np.testing.assert_array_equal(rows[:, 0], [1, -1, 1, 1, 0, 1])


# ----------------------------------------------------------------------------------------------------- recurrence


def test_recurrent_layer_computes_what_its_cells_compute():
    layer = rnn.GRU(3, num_layers=2, bidirectional=True, input_size=2)
    layer.initialize(mx.init.Xavier())
    x = nd.random.normal(shape=(4, 2, 2))
    outputs, _ = layer._unfuse().unroll(4, x, layout="TNC", merge_outputs=True)
    same(outputs, layer(x))


def test_hybridized_recurrent_layer_gives_states_when_it_is_given_some():
    layer = rnn.LSTM(3)
    layer.initialize()
    layer.hybridize()
    x = nd.ones((2, 1, 4))
    alone = layer(x)
    output, states = layer(x, layer.begin_state(batch_size=1))
    same(output, alone)
    same(states[0][0], output[-1])


def test_states_that_do_not_fit_are_refused_by_shape():
    layer = rnn.LSTM(3, prefix="net_")
    layer.initialize()
    with pytest.raises(
        ValueError, match=r"(?s)Expect: state_cell \(1, 1, 3\).*Actual: state_cell \(2, 1, 3\)"
    ):
        layer(nd.ones((2, 1, 4)), [nd.zeros((1, 1, 3)), nd.zeros((2, 1, 3))])
    with pytest.raises(ValueError, match="LSTM has 2 states, but got 1"):
        layer(nd.ones((2, 1, 4)), nd.zeros((1, 1, 3)))


@pytest.mark.parametrize("kind", [rnn.RNN, rnn.LSTM, rnn.GRU])
def test_sequence_lengths_end_sequences(kind):
    layer = kind(3, use_sequence_length=True)
    layer.initialize()
    x = nd.random.normal(shape=(4, 2, 2))
    output, states = layer(x, layer.begin_state(2), nd.array([2, 4]))
    assert not output[2:, 0].asnumpy().any()
    same(states[0][0, 0], output[1, 0])
    same(states[0][0, 1], output[3, 1])


def test_dynamic_unroll_computes_what_unroll_computes():
    cell = rnn.LSTMCell(3, input_size=2)
    cell.initialize(mx.init.Xavier())
    x, lengths = nd.random.normal(shape=(4, 2, 2)), nd.array([2, 4])
    for valid_length in (None, lengths):
        outputs, states = cell.unroll(
            4, x, layout="TNC", merge_outputs=True, valid_length=valid_length, begin_state=cell.begin_state(2)
        )
        looped, after = extra_rnn.rnn_cell.dynamic_unroll(
            cell, x, cell.begin_state(2), valid_length=valid_length
        )
        same(looped, outputs)
        for one, other in zip(after, states, strict=True):
            same(one, other)


def test_variational_dropout_drops_the_same_values_in_every_step():
    class Echo(rnn.HybridRecurrentCell):
        def state_info(self, batch_size=0):
            return [{"shape": (batch_size, 1), "__layout__": "NC"}]

        def hybrid_forward(self, F, inputs, states):
            return inputs, states

    for drop_states in (0.0, 0.5):
        cell = extra_rnn.VariationalDropoutCell(Echo(), drop_inputs=0.5, drop_states=drop_states)
        with autograd.record():
            outputs, _ = cell.unroll(5, nd.ones((1, 5, 50)), merge_outputs=True)
        kept = outputs.asnumpy()[0]
        assert 0 < kept[0].sum() < 100
        np.testing.assert_array_equal(kept, np.tile(kept[0], (5, 1)))


def test_zoneout_keeps_a_part_of_the_states_in_training_only():
    cell = rnn.ZoneoutCell(rnn.RNNCell(200, input_size=1), zoneout_states=0.5)
    cell.initialize(mx.init.One())
    state = [nd.ones((1, 200)) * 0.25]
    with autograd.train_mode():
        kept = (cell(nd.ones((1, 1)), state)[1][0] == 0.25).mean().asscalar()
    assert 0.3 < kept < 0.7
    assert not (cell(nd.ones((1, 1)), state)[1][0] == 0.25).sum().asscalar()


def test_cell_in_a_modifier_is_not_called_itself():
    cell = rnn.RNNCell(2, prefix="inner_")
    rnn.ResidualCell(cell)
    with pytest.raises(AssertionError, match="'inner' is inside of a modifier cell"):
        cell.begin_state(batch_size=1)
    with pytest.raises(AssertionError, match="cannot be modified twice"):
        rnn.ZoneoutCell(cell)


@pytest.mark.parametrize("outer", [rnn.SequentialRNNCell, rnn.HybridSequentialRNNCell])
def test_what_reads_backwards_cannot_be_stepped(outer):
    both = rnn.BidirectionalCell(rnn.RNNCell(2), rnn.RNNCell(2))
    with pytest.raises(NotImplementedError, match="call unroll"):
        both(nd.ones((1, 2)), [])
    stack = outer()
    stack.add(both)
    with pytest.raises(AssertionError, match="call unroll"):
        stack(nd.ones((1, 2)), [nd.ones((1, 2))] * 2)
    with pytest.raises(AssertionError, match="cannot be stepped, which zoneout needs"):
        rnn.ZoneoutCell(stack)


def test_first_states_are_random_where_that_is_asked_for():
    (state,) = rnn.GRUCell(200).begin_state(batch_size=1, func=nd.random.uniform)
    assert 0 < state.mean().asscalar() < 1
