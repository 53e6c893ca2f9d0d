"""A checkpoint that does not fit says what is missing, not used or of another shape, and why that may be."""

import pytest

import mxnet as mx


@pytest.fixture
def net():
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc1")
    return mx.sym.FullyConnected(mx.sym.BatchNorm(hidden, name="bn"), num_hidden=2, name="fc2")


def parameters(net, prefix="", **changed):
    shapes, _, states = net.infer_shape(data=(1, 3))
    arguments = {
        prefix + name: mx.nd.ones(changed.get(name, shape))
        for name, shape in zip(net.list_arguments(), shapes, strict=True)
        if name != "data"
    }
    return arguments, {
        name: mx.nd.ones(s) for name, s in zip(net.list_auxiliary_states(), states, strict=True)
    }


def test_parameters_that_fit_pass(net):
    mx.model.check_params(net, *parameters(net), data=(1, 3))


def test_what_is_missing_is_named(net):
    arguments, states = parameters(net)
    del arguments["fc2_weight"], states["bn_moving_var"]
    with pytest.raises(ValueError, match=r"Missing: bn_moving_var, fc2_weight\."):
        mx.model.check_params(net, arguments, states)


def test_another_shape_is_shown_beside_the_expected_one(net):
    with pytest.raises(mx.MXNetError, match=r"fc2_weight is \(5, 4\), expected \(2, 4\)"):
        mx.model.check_params(net, *parameters(net, fc2_weight=(5, 4)), data=(1, 3))


def test_other_classes_are_the_likely_cause_of_another_shape(net):
    with pytest.raises(mx.MXNetError, match="whose last layer has other classes"):
        mx.model.check_params(net, *parameters(net, fc2_weight=(5, 4)), data=(1, 3))


def test_other_prefixes_are_the_likely_cause_of_other_names(net):
    with pytest.raises(mx.MXNetError, match=r"(?s)Not used: .*the same layers have other names"):
        mx.model.check_params(net, *parameters(net, prefix="net0_"))


def test_names_by_structure_are_known_as_those_of_gluon(net):
    arguments = {"features.0.weight": mx.nd.ones((4, 3)), "output.bias": mx.nd.ones((2,))}
    with pytest.raises(mx.MXNetError, match="saved by save_parameters of Gluon"):
        mx.model.check_params(net, arguments, {})


@pytest.mark.parametrize("with_prefix", [True, False])
def test_a_checkpoint_loads_with_and_without_prefixes(net, tmp_path, with_prefix):
    arguments, states = parameters(net)
    prefix = str(tmp_path / "net")
    mx.model.save_checkpoint(prefix, 3, net, arguments, states)
    if not with_prefix:
        mx.nd.save(f"{prefix}-0003.params", {**arguments, **states})
    _, loaded, loaded_states = mx.model.load_checkpoint(prefix, 3)
    assert (sorted(loaded), sorted(loaded_states)) == (sorted(arguments), sorted(states))


def test_states_without_prefix_are_told_by_their_names_where_there_is_no_network(net, tmp_path):
    arguments, states = parameters(net)
    mx.nd.save(str(tmp_path / "net-0003.params"), {**arguments, **states})
    loaded, loaded_states = mx.model.load_params(str(tmp_path / "net"), 3)
    assert (sorted(loaded), sorted(loaded_states)) == (sorted(arguments), sorted(states))
