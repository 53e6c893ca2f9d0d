"""SequentialModule and the modules written in Python."""

import numpy as np
import pytest

import mxnet as mx


def layer(name, hidden=3, loss=False):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=hidden, name=name)
    if loss:
        return mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    return mx.mod.Module(net, label_names=None)


def ready(last):
    chain = mx.mod.SequentialModule().add(layer("one")).add(last, take_labels=True, auto_wiring=True)
    chain.bind([("data", (4, 2))], [("softmax_label", (4,))], inputs_need_grad=True)
    chain.init_params(mx.init.Constant(0.5))
    chain.init_optimizer(optimizer_params={"learning_rate": 0.5})
    return chain


BATCH = mx.io.DataBatch([mx.nd.array(np.arange(8).reshape(4, 2) / 8)], [mx.nd.array([0, 1, 2, 0])])


def test_a_chain_trains_like_one_network():
    chain = ready(layer("two", loss=True))
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="one")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="two")
    whole = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    whole.bind([("data", (4, 2))], [("softmax_label", (4,))], inputs_need_grad=True)
    whole.init_params(mx.init.Constant(0.5))
    whole.init_optimizer(optimizer_params={"learning_rate": 0.5})
    for _ in range(3):
        for module in (chain, whole):
            module.forward_backward(BATCH)
            module.update()
    np.testing.assert_allclose(chain.get_outputs()[0].asnumpy(), whole.get_outputs()[0].asnumpy(), rtol=1e-5)
    np.testing.assert_allclose(
        chain.get_input_grads()[0].asnumpy(), whole.get_input_grads()[0].asnumpy(), rtol=1e-4, atol=1e-7
    )
    assert BATCH.data[0].shape == (4, 2)


def test_a_chain_is_measured_where_labels_are_taken():
    chain = ready(layer("two", loss=True))
    batches = mx.io.NDArrayIter(np.zeros((4, 2)), np.array([0, 1, 2, 0]), 4)
    ((name, value),) = chain.score(batches, "acc")
    assert (name, value) == ("accuracy", 0.5)


def test_a_loss_in_python_starts_the_gradient():
    loss = mx.mod.PythonLossModule(grad_func=lambda scores, labels: scores.asnumpy() * 0 + 1)
    chain = ready(loss)
    chain.forward_backward(BATCH)
    np.testing.assert_allclose(chain.get_input_grads()[0].asnumpy(), 1.5)
    assert chain.output_shapes == [("pyloss_output", (4, 3))]
    metric = mx.metric.Loss()
    chain.update_metric(metric, BATCH.label)
    assert metric.num_inst == 12


def test_names_of_parameters_must_differ():
    chain = mx.mod.SequentialModule().add(layer("one")).add(layer("one"), auto_wiring=True)
    chain.bind([("data", (4, 3))], for_training=False)
    with pytest.raises(ValueError, match="Modules 0 and 1 both have a parameter 'one_weight'"):
        chain.init_params()


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: mx.mod.SequentialModule().add(layer("x"), take_label=True), "Did you mean 'take_labels'"),
        (
            lambda: mx.mod.SequentialModule().bind([("data", (1, 1))]),
            r"nothing to bind: add\(\) modules first",
        ),
        (lambda: mx.mod.SequentialModule().add(layer("x")).forward(BATCH), "Call bind"),
        (
            lambda: ready(mx.mod.PythonLossModule()).install_monitor(mx.mon.Monitor(1)),
            "does not define install_monitor",
        ),
        (lambda: ready(mx.mod.PythonLossModule()).forward_backward(BATCH), "does not define grad_func"),
        (
            lambda: ready(mx.mod.PythonLossModule()).forward(mx.io.DataBatch(BATCH.data), True),
            "no labels, but the loss",
        ),
        (lambda: mx.mod.PythonLossModule().backward([1]), "takes no out_grads"),
        (
            lambda: mx.mod.PythonLossModule().bind([("dat", (1,))]),
            r"data_shapes is for \['dat'\], but the module's data",
        ),
        (lambda: mx.mod.PythonLossModule().bind([("data", (1,))], grad_req="add"), "cannot be 'add'"),
        (lambda: mx.mod.PythonModule(["data"], [], ["o"]).bind([("data", (1,))]), "_compute_output_shapes"),
    ],
)
def test_misuse_is_explained(use, message):
    with pytest.raises((mx.MXNetError, NotImplementedError), match=message):
        use()
