"""SymbolBlock: a graph as a block."""

import numpy as np
import pytest

import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn


@pytest.fixture
def graph():
    data = mx.sym.Variable("data")
    hidden = mx.sym.Activation(
        mx.sym.FullyConnected(data, num_hidden=4, name="fc1"), act_type="tanh", name="act1"
    )
    return mx.sym.BatchNorm(mx.sym.FullyConnected(hidden, num_hidden=3, name="fc2"), name="bn")


@pytest.fixture
def x():
    return mx.nd.array(np.arange(10).reshape(2, 5) / 10)


def test_variables_that_are_no_inputs_are_its_parameters(graph):
    block = gluon.SymbolBlock(graph, mx.sym.Variable("data"))
    assert {name: each.grad_req for name, each in block.collect_params().items()} == {
        **dict.fromkeys(["fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias", "bn_gamma", "bn_beta"], "write"),
        **dict.fromkeys(["bn_moving_mean", "bn_moving_var"], "null"),
    }


def test_internal_outputs_share_the_parameters_of_the_whole(graph, x):
    data = mx.sym.Variable("data")
    whole = gluon.SymbolBlock(graph, data)
    whole.initialize(mx.init.Normal(1))
    whole(x)
    inner = graph.get_internals()
    part = gluon.SymbolBlock([inner["act1_output"], inner["fc2_output"]], data, params=whole.collect_params())
    hidden, out = part(x)
    weight, bias = whole.params["fc2_weight"].data(), whole.params["fc2_bias"].data()
    np.testing.assert_allclose(out.asnumpy(), (mx.nd.dot(hidden, weight.T) + bias).asnumpy(), rtol=1e-5)


def test_block_trains_and_composes_inside_of_others(graph, x):
    net = nn.HybridSequential()
    net.add(gluon.SymbolBlock(graph, mx.sym.Variable("data")), nn.Dense(1))
    net.initialize()
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    net(x)
    before = net[0].params["fc1_weight"].data().asnumpy()
    with mx.autograd.record():
        loss = net(x) ** 2
    loss.backward()
    trainer.step(1)
    assert not np.array_equal(net[0].params["fc1_weight"].data().asnumpy(), before)
    assert net(mx.sym.var("other")).list_arguments()[0] == "other"


def test_checkpoint_is_imported_with_the_dtypes_of_its_file(graph, x, tmp_path):
    prefix = str(tmp_path / "net")
    executor = graph.simple_bind(mx.cpu(), data=x.shape, type_dict={"data": "float64"})
    for array in (*executor.arg_arrays, *executor.aux_arrays):
        array[:] = 0.5
    arguments = {name: array for name, array in executor.arg_dict.items() if name != "data"}
    mx.model.save_checkpoint(prefix, 1, graph, arguments, executor.aux_dict)
    block = gluon.SymbolBlock.imports(f"{prefix}-symbol.json", "data", f"{prefix}-0001.params", ctx=mx.cpu(1))
    y = block(x.astype("float64").as_in_context(mx.cpu(1)))
    assert (y.dtype, y.context) == (np.float64, mx.cpu(1))
    np.testing.assert_allclose(y.asnumpy(), executor.forward(data=x.astype("float64"))[0].asnumpy())


def test_half_precision_leaves_batch_norm_as_it_is(graph):
    block = gluon.SymbolBlock(graph, mx.sym.Variable("data"))
    block.cast("float16")
    assert np.dtype(block.params["fc1_weight"].dtype) == np.float16
    assert np.dtype(block.params["bn_gamma"].dtype) == np.float32


def test_inputs_have_to_be_variables(graph):
    with pytest.raises(AssertionError, match="must be variable"):
        gluon.SymbolBlock(graph, graph.get_internals()["fc1_output"])


def test_row_sparse_parameters_are_refused():
    weight = mx.sym.Variable("weight", stype="row_sparse")
    with pytest.raises(AssertionError, match="'weight' because its storage type is 'row_sparse'"):
        gluon.SymbolBlock(mx.sym.dot(mx.sym.Variable("data"), weight), mx.sym.Variable("data"))


def test_graph_stays_when_the_block_is_hybridized_again(graph, x):
    block = gluon.SymbolBlock(graph, mx.sym.Variable("data"))
    block.initialize()
    before = block(x).asnumpy()
    block.hybridize()
    np.testing.assert_array_equal(block(x).asnumpy(), before)
