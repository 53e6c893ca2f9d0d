"""Training with fit."""

import numpy as np
import pytest

import mxnet as mx


def circles(count=200):
    data = np.random.RandomState(0).uniform(-1, 1, (count, 2)).astype("float32")
    return data, ((data**2).sum(axis=1) > 0.6).astype("float32")


def network():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=16, name="fc1")
    net = mx.sym.Activation(net, act_type="relu")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax")


@pytest.mark.parametrize("context", [[mx.cpu()], [mx.cpu(0), mx.cpu(1)]])
def test_a_network_learns(context):
    mx.random.seed(1)
    np.random.seed(1)
    data, label = circles()
    train = mx.io.NDArrayIter(data, label, 20, shuffle=True)
    test = mx.io.NDArrayIter(data[:100], label[:100], 20)
    module = mx.mod.Module(network(), context=context)
    module.fit(
        train,
        test,
        num_epoch=30,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.03},
        initializer=mx.init.Xavier(),
    )
    assert dict(module.score(test, "acc"))["accuracy"] > 0.95


def test_data_that_are_used_up_are_explained():
    data, label = circles(8)
    train = mx.io.NDArrayIter(data, label, 4)
    list(train)
    with pytest.raises(
        mx.MXNetError, match=r"no batch\. \(Was the iterator used up before\? Call its reset\(\)"
    ):
        mx.mod.Module(network()).fit(train, num_epoch=1)


def test_labels_under_another_name_are_explained():
    data, label = circles(8)
    train = mx.io.NDArrayIter(data, label, 4, label_name="target")
    with pytest.raises(
        ValueError, match=r"label_shapes is for \['target'\], but the module was made with label_names"
    ):
        mx.mod.Module(network()).fit(train, num_epoch=1)


def test_the_metric_may_be_a_function_and_validation_another():
    data, label = circles(8)
    train = mx.io.NDArrayIter(data, label, 4)
    seen = []
    mx.mod.Module(network()).fit(
        train,
        eval_data=mx.io.NDArrayIter(data, label, 4),
        eval_metric=lambda label, pred: 1.5,
        validation_metric=["acc", "ce"],
        num_epoch=1,
        batch_end_callback=lambda param: seen.append(param.eval_metric.get()[1]),
        eval_end_callback=lambda param: seen.append((param.nbatch, param.eval_metric.get()[0])),
    )
    assert seen == [1.5, 1.5, (2, ["accuracy", "cross-entropy"])]


def test_callbacks_see_the_loop_s_variables():
    data, label = circles(8)
    seen = []
    mx.mod.Module(network()).fit(
        mx.io.NDArrayIter(data, label, 4),
        num_epoch=1,
        batch_end_callback=lambda param: seen.append(param.locals["data_batch"].data[0].shape),
    )
    assert seen == [(4, 2), (4, 2)]


def test_training_starts_from_parameters_that_are_given():
    data, label = circles(8)
    first = mx.mod.Module(network())
    train = mx.io.NDArrayIter(data, label, 4)
    first.fit(train, num_epoch=1)
    arguments, states = first.get_params()
    second = mx.mod.Module(network())
    second.fit(
        train,
        num_epoch=1,
        arg_params={"fc1_weight": arguments["fc1_weight"]},
        aux_params=states,
        allow_missing=True,
        optimizer_params={"learning_rate": 0.0},
    )
    found = second.get_params()[0]
    assert (found["fc1_weight"].asnumpy() == arguments["fc1_weight"].asnumpy()).all()
    assert not (found["fc2_weight"].asnumpy() == arguments["fc2_weight"].asnumpy()).all()


def test_callbacks_see_the_variables_that_mxnet_has_there():
    data, label = circles(8)
    train = mx.io.NDArrayIter(data, label, 4)
    seen = {}

    def look(when):
        return lambda param: seen.setdefault(when, param.locals)

    module = mx.mod.Module(network())
    module.fit(
        train,
        train,
        num_epoch=2,
        batch_end_callback=look("batch"),
        eval_batch_end_callback=look("validation batch"),
        eval_end_callback=look("validation"),
    )
    named = {
        "batch": "allow_missing arg_params aux_params batch_end_callback begin_epoch data_batch data_iter "
        "end_of_batch epoch epoch_end_callback eval_batch_end_callback eval_data eval_end_callback eval_metric "
        "force_init force_rebind initializer kvstore monitor nbatch next_data_batch num_epoch optimizer "
        "optimizer_params self sparse_row_id_fn tic train_data validation_metric",
        "validation batch": "actual_num_batch batch_end_callback epoch eval_batch eval_data eval_metric nbatch "
        "num_batch reset score_end_callback self sparse_row_id_fn",
        "validation": "actual_num_batch batch_end_callback callback epoch eval_batch eval_data eval_metric "
        "nbatch num_batch reset score_end_callback self sparse_row_id_fn",
    }
    assert not {when: lost for when, names in named.items() if (lost := set(names.split()) - set(seen[when]))}
    batch = seen["batch"]
    assert (batch["self"], batch["train_data"]) == (module, train)
    assert (batch["num_epoch"], batch["nbatch"], batch["end_of_batch"]) == (2, 0, False)
    assert isinstance(batch["eval_metric"], mx.metric.Accuracy)
