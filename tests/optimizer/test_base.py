"""What all optimizers share."""

import pickle

import numpy as np
import pytest

import mxnet as mx

NAMES = {0: "a_weight", 1: "a_bias", 2: "b_gamma", 3: "b_beta"}


def test_an_unknown_optimizer_suggests_another():
    with pytest.raises(
        ValueError, match=r"'adm' is not a registered optimizer\. Known: .* Did you mean 'adam'\?"
    ):
        mx.optimizer.create("adm")


def test_what_is_no_name_is_refused():
    with pytest.raises(ValueError, match="made from its name, such as 'sgd', not from 3"):
        mx.optimizer.create(3)


def test_an_unknown_parameter_is_refused():
    with pytest.raises(TypeError, match="learning_rte"):
        mx.optimizer.create("sgd", learning_rte=0.1)


def test_names_come_as_a_dictionary():
    with pytest.raises(TypeError, match="param_idx2name is a dictionary of indices to names, got list"):
        mx.optimizer.SGD(param_idx2name=["a"])


def test_only_weights_and_gammas_decay():
    optimizer = mx.optimizer.SGD(wd=0.5, param_idx2name=NAMES)
    assert [optimizer._get_wd(i) for i in NAMES] == [0.5, 0, 0.5, 0]
    assert mx.optimizer.SGD(wd=0.5)._get_wd(1) == 0.5


def test_multipliers_of_variables_count_and_those_set_later_come_first():
    weight = mx.sym.Variable("a_weight", lr_mult=3, wd_mult=2)
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), weight=weight, num_hidden=1, name="a")
    optimizer = mx.optimizer.SGD(learning_rate=1.0, wd=1.0, sym=net, param_idx2name=NAMES)
    assert (optimizer._get_lr(0), optimizer._get_wd(0)) == (3, 2)
    optimizer.set_lr_mult({"a_weight": 5, 1: 0.5})
    optimizer.set_wd_mult({"a_bias": 4})
    assert optimizer._get_lrs([0, 1, 2]) == [5, 0.5, 1]
    assert optimizer._get_wds([0, 1, 2]) == [2, 4, 1]


def test_a_parameter_s_own_multipliers_come_first_of_all():
    class Parameter:
        lr_mult, wd_mult = 7.0, 0.25

    optimizer = mx.optimizer.SGD(learning_rate=1.0, wd=1.0, param_dict={0: Parameter()})
    optimizer.set_lr_mult({0: 2})
    assert (optimizer._get_lr(0), optimizer._get_wd(0)) == (7, 0.25)


def test_updates_are_counted_for_each_parameter_from_where_it_was_told():
    optimizer = mx.optimizer.SGD(begin_num_update=10)
    optimizer._update_count([0, 1])
    optimizer._update_count(0)
    assert optimizer._index_update_count == {0: 12, 1: 11}
    assert optimizer.num_update == 12


def test_devices_count_their_updates_apart():
    optimizer = mx.optimizer.SGD()
    optimizer._update_count(0)
    optimizer._set_current_context(1)
    optimizer._update_count(0)
    assert optimizer.num_update == 1
    optimizer._set_current_context(0)
    assert optimizer._index_update_count == {0: 1}


def test_a_schedule_takes_the_optimizer_s_rate_as_its_base():
    schedule = mx.lr_scheduler.FactorScheduler(1, 0.5)
    assert mx.optimizer.SGD(learning_rate=0.4, lr_scheduler=schedule).learning_rate == 0.4
    assert schedule.base_lr == 0.4
    alone = mx.lr_scheduler.FactorScheduler(1, 0.5, base_lr=0.2)
    assert mx.optimizer.SGD(lr_scheduler=alone).learning_rate == 0.2


def test_a_scheduled_rate_cannot_be_set():
    optimizer = mx.optimizer.SGD(lr_scheduler=mx.lr_scheduler.FactorScheduler(1))
    with pytest.raises(UserWarning, match="comes from lr_scheduler"):
        optimizer.set_learning_rate(0.1)


def test_numpy_numbers_are_rates():
    optimizer = mx.optimizer.SGD(learning_rate=np.float64(0.5), momentum=np.float32(0.5))
    weight = mx.nd.ones((2,))
    mx.optimizer.get_updater(optimizer)(np.int64(0), mx.nd.ones((2,)), weight)
    assert weight.asnumpy().tolist() == [0.5, 0.5]


def test_pickling_leaves_the_parameters_behind():
    optimizer = mx.optimizer.Adam(learning_rate=0.5, param_dict={0: object()})
    copy = pickle.loads(pickle.dumps(optimizer))
    assert type(copy) is mx.optimizer.Adam
    assert copy.lr == 0.5
    assert copy.param_dict == {}


def test_classes_are_where_mxnet_has_them():
    assert mx.optimizer.SGD is mx.optimizer.optimizer.SGD
    assert mx.optimizer.SGD.__module__ == "mxnet.optimizer.optimizer"
    assert mx.optimizer.contrib.GroupAdaGrad.__module__ == "mxnet.optimizer.contrib"


def test_incomplete_optimizers_say_so():
    weight = mx.nd.ones((2,))
    with pytest.raises(NotImplementedError, match="Optimizer does not define update"):
        mx.optimizer.Optimizer().update(0, weight, weight, None)
    with pytest.raises(ValueError, match="use set_lr_mult"):
        mx.optimizer.SGD().set_lr_scale({})
