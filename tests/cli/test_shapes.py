import pytest

import mxnet as mx
from mxnet.cli.tools.shapes import input_shapes, parse_shapes


def shapes_of(net, **inputs):
    """Return what is found from the shapes of the parameters alone."""
    names = [*net.list_arguments(), *net.list_auxiliary_states()]
    arguments, _, states = net.infer_shape(**inputs)
    known = {
        name: shape for name, shape in zip(names, [*arguments, *states], strict=True) if name not in inputs
    }
    return input_shapes(net, known, {}).shapes


def convolution(data, **more):
    return mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, name="conv", **more)


def test_a_dense_layer_after_convolutions_tells_the_size_of_images():
    net = mx.sym.FullyConnected(convolution(mx.sym.Variable("data")), num_hidden=2, name="fc")
    assert shapes_of(net, data=(1, 3, 28, 28)) == {"data": (1, 3, 28, 28)}
    assert shapes_of(net, data=(1, 1, 12, 12)) == {"data": (1, 1, 12, 12)}


def test_images_that_are_wider_than_high_are_found():
    net = mx.sym.Flatten(convolution(mx.sym.Variable("data")))
    net = mx.sym.FullyConnected(net, num_hidden=2, name="fc")
    assert shapes_of(net, data=(1, 3, 112, 96)) == {"data": (1, 3, 112, 96)}


def test_a_network_that_takes_any_size_gets_a_usual_one():
    net = mx.sym.Pooling(convolution(mx.sym.Variable("data")), global_pool=True, pool_type="avg")
    assert shapes_of(net, data=(1, 6, 50, 50)) == {"data": (1, 6, 224, 224)}


def test_groups_of_channels_count():
    net = convolution(mx.sym.Variable("data"), num_group=2)
    assert shapes_of(net, data=(1, 6, 9, 9))["data"][1] == 6


def test_a_dense_layer_tells_the_number_of_features():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    assert shapes_of(net, data=(4, 17)) == {"data": (1, 17)}


def test_a_recurrent_layer_tells_the_number_of_features():
    states = {name: mx.sym.zeros((1, 0, 5)) for name in ("state", "state_cell")}
    net = mx.sym.RNN(mx.sym.Variable("data"), mode="lstm", state_size=5, num_layers=1, name="rnn", **states)
    assert shapes_of(net, data=(7, 1, 13))["data"][2] == 13


def test_several_inputs_are_found_each_for_itself():
    parts = [mx.sym.FullyConnected(mx.sym.Variable(each), num_hidden=2, name=f"fc_{each}") for each in "ab"]
    assert shapes_of(parts[0] + parts[1], a=(1, 5), b=(1, 7)) == {"a": (1, 5), "b": (1, 7)}


def test_what_was_guessed_is_said():
    net = convolution(mx.sym.Variable("data"))
    found = input_shapes(net, {"conv_weight": (4, 3, 3, 3)}, {})
    assert found.guessed == ("data",)
    assert "--shape data=1,3,224,224" in found.note()


def test_nothing_is_guessed_that_is_given():
    net = convolution(mx.sym.Variable("data"))
    found = input_shapes(net, {}, {"data": (2, 5, 9, 9)})
    assert found == ({"data": (2, 5, 9, 9)}, ())
    assert not found.note()


def test_a_network_that_no_shape_fits_says_why():
    data = mx.sym.Variable("data")
    net = mx.sym.Concat(convolution(data), data)
    with pytest.raises(mx.MXNetError, match=r"--shape data=1,\.\.\.\n  data=1,3,224,224 does not fit"):
        input_shapes(net, {}, {})


@pytest.mark.parametrize("text", ["data=1,3,8,8", "1x3x8x8", "(1, 3, 8, 8)", "data=[1,3,8,8]"])
def test_shapes_are_written_as_people_do(text):
    assert parse_shapes([text], ["data"]) == {"data": (1, 3, 8, 8)}


@pytest.mark.parametrize(
    ("text", "why"), [("data=big", "is no shape"), ("dta=1,2", "no input 'dta', only data")]
)
def test_what_is_no_shape_is_refused(text, why):
    with pytest.raises(mx.MXNetError, match=why):
        parse_shapes([text], ["data"])
