"""Checkpoints."""

import pytest

import mxnet as mx


def test_what_is_saved_is_loaded(tmp_path):
    prefix = str(tmp_path / "net")
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn")
    mx.model.save_checkpoint(
        prefix, 12, net, {"bn_gamma": mx.nd.ones((2,))}, {"bn_moving_mean": mx.nd.zeros((2,))}
    )
    symbol, arguments, states = mx.model.load_checkpoint(prefix, 12)
    assert symbol.tojson() == net.tojson()
    assert (list(arguments), list(states)) == (["bn_gamma"], ["bn_moving_mean"])
    assert mx.model.load_params(prefix, 12)[0]["bn_gamma"].asnumpy().tolist() == [1, 1]


def test_parameters_without_a_network_are_saved_alone(tmp_path):
    mx.model.save_checkpoint(str(tmp_path / "net"), 1, None, {}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["net-0001.params"]
    assert mx.model.load_params(str(tmp_path / "net"), 1) == ({}, {})


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(mx.MXNetError, match=r"nothing-symbol\.json"):
        mx.model.load_checkpoint(str(tmp_path / "nothing"), 1)


def test_other_names_are_refused(tmp_path):
    path = str(tmp_path / "x-0001.params")
    mx.nd.save(path, {"weight": mx.nd.ones((1,)), "arg:bias": mx.nd.ones((1,))})
    with pytest.raises(ValueError, match=r"holds 'weight'\. Parameters are saved as arg:NAME"):
        mx.model.load_params(str(tmp_path / "x"), 1)
    mx.nd.save(path, [mx.nd.ones((1,))])
    with pytest.raises(ValueError, match="holds arrays without names"):
        mx.model.load_params(str(tmp_path / "x"), 1)
