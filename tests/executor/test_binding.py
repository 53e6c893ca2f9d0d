"""What binding takes: arrays, requests, shapes and contexts, in every form that MXNet takes them."""

import numpy as np
import pytest

import mxnet as mx

A, B = mx.sym.Variable("a"), mx.sym.Variable("b")


def dense(**kwargs):
    return mx.sym.FullyConnected(A, B, no_bias=True, num_hidden=3, name="fc", **kwargs)


# Asked of MXNet 1.9.1 and 1.2.1.
@pytest.mark.parametrize(
    "requests", ["null", ["write", "null"], {"a": "write", "b": "null"}, {"a": "write"}], ids=str
)
def test_gradient_arrays_are_listed_as_given_and_left_alone_where_the_request_is_null(requests):
    given = {"a": mx.nd.ones(2) * 5, "b": mx.nd.ones(2) * 7}
    executor = (A * B).bind(mx.cpu(), [mx.nd.ones(2) * 2, mx.nd.ones(2) * 3], given, requests)
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones(2))
    assert executor.grad_arrays[0] is given["a"]
    assert executor.grad_dict["b"] is given["b"]
    assert given["a"].asnumpy().tolist() == ([5, 5] if requests == "null" else [3, 3])
    assert given["b"].asnumpy().tolist() == [7, 7]


def test_the_dictionaries_are_made_once_and_known_by_mxnet_s_names():
    executor = dense().simple_bind(mx.cpu(), a=(2, 2))
    assert executor._arg_dict is executor._grad_dict is executor._aux_dict is executor._output_dict is None
    assert executor.arg_dict is executor.arg_dict is executor._arg_dict
    assert executor.grad_dict is executor._grad_dict
    assert executor.aux_dict is executor._aux_dict
    assert executor.output_dict is executor._output_dict


@pytest.mark.parametrize(
    "extra", [{"softmax_label": (4,)}, {"mask": (4, 3)}, {"force_rebind": True}], ids=str
)
def test_shapes_of_names_that_the_network_lacks_are_passed_over(extra):
    executor = dense().simple_bind(mx.cpu(), a=(4, 2), **extra)
    assert executor.outputs[0].shape == (4, 3)
    assert executor.reshape(a=(2, 2), **extra).outputs[0].shape == (2, 3)


def test_a_misspelt_name_is_pointed_out_where_a_shape_stays_unknown():
    with pytest.raises(mx.base.MXNetError, match=r"There is no argument 'datas'. Did you mean 'data'\?"):
        mx.sym.exp(mx.sym.Variable("data")).simple_bind(mx.cpu(), datas=(2, 2))


@pytest.mark.parametrize("make", [list, np.array, iter, lambda s: range(s[0], s[-1] + 1)])
def test_a_shape_is_any_sequence_of_whole_numbers(make):
    executor = dense().simple_bind(mx.cpu(), a=make([2, 3]))
    assert executor.outputs[0].shape == (2, 3)
    assert executor.reshape(a=make([2, 3])).outputs[0].shape == (2, 3)
    declared = mx.sym.Variable("v", shape=make([2, 3]))
    assert mx.sym.exp(declared).infer_shape()[1] == [(2, 3)]


@pytest.mark.parametrize("shape", [(2.0, 3), 5, "ab", None, [np.float32(2), 3]], ids=str)
def test_what_is_no_shape_is_refused_by_name(shape):
    with pytest.raises(mx.base.MXNetError, match="The shape of variable 'a' must be a tuple of int"):
        dense().simple_bind(mx.cpu(), a=shape)


@pytest.mark.parametrize("context", ["cpu", None, [mx.cpu()]], ids=str)
def test_what_is_no_context_is_a_type_error(context):
    with pytest.raises(TypeError, match="A context such as mx.cpu"):
        dense().simple_bind(context, a=(2, 2))


@pytest.mark.parametrize("groups", [{"first": [mx.cpu(1)]}, [{"first": mx.cpu(1)}]], ids=str)
def test_contexts_of_groups_stand_in_a_dictionary(groups):
    with pytest.raises(mx.base.MXNetError, match=r"A context such as|group2ctx must be a dictionary"):
        dense(attr={"ctx_group": "first"}).simple_bind(mx.cpu(), group2ctx=groups, a=(2, 2))


@pytest.mark.parametrize("wrong", [mx.nd.ones((2, 2)), None], ids=["array", "None"])
def test_forward_takes_its_inputs_by_name_alone(wrong):
    executor = dense().simple_bind(mx.cpu(), a=(2, 2))
    with pytest.raises(TypeError, match=r"forward\(data=...\)"):
        executor.forward(wrong)


def test_messages_about_three_hundred_layers_are_short():
    net = mx.sym.Variable("data")
    for i in range(300):
        net = mx.sym.FullyConnected(net, num_hidden=2, name=f"layer{i}")
    array = mx.nd.ones((2, 2))
    bound = net.simple_bind(mx.cpu(), data=(2, 2), grad_req="null")
    for mistake in (
        lambda: net.get_internals()["nothere_output"],
        lambda: net.get_internals()[1000],
        lambda: net.simple_bind(mx.cpu()),
        lambda: net.simple_bind(mx.cpu(), data=(2, 2), type_dict={"nothere": "float32"}),
        lambda: net.bind(mx.cpu(), {"data": array}),
        lambda: net.bind(mx.cpu(), [array]),
        lambda: net.bind(mx.cpu(), bound.arg_arrays, [array]),
        lambda: net.bind(mx.cpu(), bound.arg_arrays, grad_req=["write"] * 1000),
        net.eval,
        lambda: net.infer_shape(nothere=(2, 2)),
        lambda: net.infer_shape(*[(2, 2)] * 1000),
        lambda: net.infer_type(nothere="float32"),
        lambda: net(nothere=mx.sym.Variable("x")),
        lambda: net(data=net.get_internals()),
        lambda: net.get_internals()(array),
        lambda: mx.sym.exp(net.get_internals()),
        lambda: mx.sym.Group([net.get_internals(), 5]),
        lambda: net.gradient("nothere"),
        lambda: net.get_internals().gradient("nothere"),
        lambda: net.get_internals() + "text",
        net.compile(),
        lambda: net.compile()(nothere=array),
        lambda: net.compile()(*[array] * 1000),
        lambda: bound.forward(nothere=array),
        lambda: bound.copy_params_from({"nothere": array}),
        lambda: mx.viz.print_summary(net, {"layer0_bias": (2,)}),
    ):
        with pytest.raises(mx.base.MXNetError) as caught:
            mistake()
        assert len(str(caught.value)) < 1000, str(caught.value)[:300]
