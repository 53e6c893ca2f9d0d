"""``print_summary``: the table of layers."""

import pytest

import mxnet as mx
from mxnet.errors import NameLookupError


@pytest.fixture
def table(capsys):
    def summarise(symbol, shape=None, **options):
        mx.viz.print_summary(symbol, shape, **options)
        return capsys.readouterr().out

    return summarise


def rows(text):
    """The cells of each layer, as words: name, shape (if any), parameters, previous layers."""
    return [line.split() for line in text.splitlines() if "(" in line and "Layer" not in line]


@pytest.fixture
def data():
    return mx.sym.Variable("data")


def test_the_table_is_that_of_mxnet(table, data):
    net = mx.sym.FullyConnected(data, num_hidden=10, name="fc")
    assert table(net, {"data": (1, 20)}, line_length=60) == (
        "_" * 60 + "\n"
        "Layer (type)              Output ShapeParam Previous Layer  \n" + "=" * 60 + "\n"
        "data(null)                20          0                     \n" + "_" * 60 + "\n"
        "fc(FullyConnected)        10          210   data            \n" + "=" * 60 + "\n"
        "Total params: 210\n" + "_" * 60 + "\n"
    )


def test_columns_end_where_they_are_told_to(table, data):
    text = table(mx.sym.exp(data, name="e"), line_length=40, positions=[10, 20, 30, 40])
    assert "e(exp)              0         data      \n" in text


def test_weights_of_two_layers_count_once(table, data):
    weight = mx.sym.Variable("w")
    net = mx.sym.FullyConnected(data, weight=weight, num_hidden=3, no_bias=True, name="f")
    net = mx.sym.FullyConnected(net, weight=weight, num_hidden=3, no_bias=True, name="g")
    text = table(net, {"data": (2, 3)})
    assert rows(text)[1:] == [["f(FullyConnected)", "3", "9", "data"], ["g(FullyConnected)", "3", "0", "f"]]
    assert "Total params: 9\n" in text


def test_parameters_are_those_of_the_weights(table, data):
    net = mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, num_group=2, name="conv")
    net = mx.sym.BatchNorm(net, name="bn", fix_gamma=False)
    net = mx.sym.FullyConnected(net, num_hidden=5, name="fc")
    text = table(net, {"data": (1, 6, 5, 5)})
    assert [row[2] for row in rows(text)] == ["0", "112", "8", "185"]
    assert "Total params: 305\n" in text


def test_without_shapes_only_what_operators_tell_is_counted(table, data):
    net = mx.sym.Embedding(data, input_dim=30, output_dim=7, name="embed")
    net = mx.sym.FullyConnected(
        mx.sym.Convolution(net, kernel=(1,), num_filter=4, name="c"), num_hidden=5, name="fc"
    )
    assert [row[1] for row in rows(table(net))] == ["0", "210", "4", "5"]


def test_a_layer_of_several_inputs_has_a_line_for_each(table, data):
    net = mx.sym.Concat(mx.sym.exp(data, name="a"), mx.sym.log(data, name="b"), name="cat")
    lines = table(net, {"data": (1, 2)}).splitlines()
    below = lines[lines.index(next(line for line in lines if line.startswith("cat"))) + 1]
    assert below.split() == ["b"]


def test_labels_and_weights_are_no_layers(table, data):
    text = table(mx.sym.SoftmaxOutput(data, name="softmax"), {"data": (4, 2)})
    assert [row[0] for row in rows(text)] == ["data(null)", "softmax(SoftmaxOutput)"]


def test_a_layer_of_several_outputs_has_no_shape(table, data):
    text = table(mx.sym.SliceChannel(data, num_outputs=2, name="cut"), {"data": (4, 2)})
    assert rows(text)[1] == ["cut(SliceChannel)", "0", "data"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3,), TypeError, "symbol must be a Symbol, not 3"),
        ((mx.sym.Variable("x"), (1, 2)), TypeError, "shape must be a dictionary"),
        ((mx.sym.Variable("x"), {"y": (1, 2)}), NameLookupError, "'y'"),
        ((mx.sym.Variable("x"), {}), ValueError, "Input shape is incomplete"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        mx.viz.print_summary(*arguments)


@pytest.mark.parametrize(
    ("make", "shape", "count"),
    [
        (lambda x: mx.sym.Deconvolution(x, kernel=(4, 4), num_filter=8, name="up"), (1, 3, 8, 8), 384),
        (lambda x: mx.sym.LeakyReLU(x, act_type="prelu", name="act"), (1, 3, 8, 8), 3),
        (lambda x: mx.sym.LayerNorm(x, name="norm"), (2, 16), 32),
        (lambda x: mx.sym.contrib.SparseEmbedding(x, input_dim=5, output_dim=2, name="words"), (3,), 10),
        (
            lambda x: mx.sym.RNN(x, state_size=4, num_layers=1, mode="lstm", name="rnn"),
            (6, 2, 3),
            4 * 4 * (3 + 4 + 2),
        ),
    ],
)
def test_all_that_a_layer_learns_is_counted(table, data, make, shape, count):
    assert f"Total params: {count}\n" in table(make(data), {"data": shape})


def test_what_updates_and_distributions_are_given_is_no_parameter(table, data):
    net = mx.sym.broadcast_add(data, mx.sym.random.gamma(mx.sym.Variable("a"), mx.sym.Variable("beta")))
    assert "Total params: 0\n" in table(net, {"data": (2, 3), "a": (3,), "beta": (3,)})
