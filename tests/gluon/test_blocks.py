"""Blocks: names, children, hooks, files, and errors that say where in a network they were raised."""

import copy
import pickle

import numpy as np
import pytest

import mxnet as mx
from mxnet import gluon
from mxnet.gluon import nn


class Net(gluon.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential()
            self.features.add(nn.Dense(4, activation="relu"), nn.BatchNorm())
            self.output = nn.Dense(2)

    def hybrid_forward(self, F, x):
        return self.output(self.features(x))


@pytest.fixture
def net():
    made = Net(prefix="net_")
    made.initialize()
    return made


@pytest.fixture
def x():
    return mx.nd.ones((3, 5))


def test_names_count_blocks_of_a_kind_in_their_scope(net):
    assert list(net.collect_params()) == [
        "net_dense0_weight",
        "net_dense0_bias",
        "net_batchnorm0_gamma",
        "net_batchnorm0_beta",
        "net_batchnorm0_running_mean",
        "net_batchnorm0_running_var",
        "net_dense1_weight",
        "net_dense1_bias",
    ]
    with mx.name.NameManager():
        assert [nn.Dense(1).prefix, nn.Dense(1).name, nn.Dropout(0).prefix] == [
            "dense0_",
            "dense1",
            "dropout0_",
        ]


def test_symbolic_call_composes_the_graph_with_the_names_of_the_block(net):
    out = net(mx.sym.var("data"))
    assert out.list_arguments()[0] == "data"
    assert {*out.list_inputs()} - {"data"} == {*net.collect_params()}


def test_children_share_parameters_that_are_handed_on():
    first = nn.Dense(2, in_units=2)
    second = nn.Dense(2, in_units=2, params=first.params)
    first.initialize()
    assert second.weight is first.weight
    assert second.prefix != first.prefix


def test_collect_params_selects_by_the_beginning_of_names(net):
    assert all(name.endswith("weight") for name in net.collect_params(".*weight"))
    assert not list(net.collect_params("weight"))


def test_apply_visits_children_before_their_parent(net):
    visited = []
    assert net.apply(lambda block: visited.append(type(block).__name__)) is net
    assert visited == ["Activation", "Dense", "BatchNorm", "HybridSequential", "Dense", "Net"]


def test_hooks_see_inputs_and_output_until_they_are_detached(net, x):
    seen = []
    before = net.register_forward_pre_hook(lambda block, inputs: seen.append(inputs[0].shape))
    with net.register_forward_hook(lambda block, inputs, output: seen.append(output.shape)):
        net(x)
    before.detach()
    net(x)
    assert seen == [(3, 5), (3, 2)]


def test_hook_handle_is_attached_once(net):
    handle = net.register_forward_hook(print)
    with pytest.raises(AssertionError, match="twice"):
        handle.attach(net._forward_hooks, print)


def test_parameters_are_saved_by_structure_and_found_in_a_network_of_other_names(net, x, tmp_path):
    file = str(tmp_path / "net.params")
    y = net(x).asnumpy()
    net.save_parameters(file)
    assert set(mx.nd.load(file)) >= {"features.0.weight", "features.1.running_mean", "output.bias"}
    other = Net(prefix="other_")
    other.load_parameters(file)
    np.testing.assert_array_equal(other(x).asnumpy(), y)


@pytest.mark.filterwarnings("ignore:save_params:DeprecationWarning", "ignore:load_params:DeprecationWarning")
def test_files_of_before_1_3_are_written_and_read(net, x, tmp_path):
    file = str(tmp_path / "old.params")
    y = net(x).asnumpy()
    net.save_params(file)
    assert all("." not in name for name in mx.nd.load(file))
    other = Net(prefix="another_")
    other.load_params(file)
    np.testing.assert_array_equal(other(x).asnumpy(), y)


def test_missing_and_extra_parameters_of_a_file_are_named(net, x, tmp_path):
    file = str(tmp_path / "net.params")
    net(x)
    net.save_parameters(file)
    arrays = mx.nd.load(file)
    del arrays["output.weight"]
    arrays["outptu.weight"] = mx.nd.ones((2, 4))
    mx.nd.save(file, arrays)
    with pytest.raises(AssertionError, match=r"'output.weight' is missing in file .*outptu.weight"):
        net.load_parameters(file)
    with pytest.raises(ValueError, match=r"'outptu.weight' loaded from file .*ignore_extra=True"):
        net.load_parameters(file, allow_missing=True)
    net.load_parameters(file, allow_missing=True, ignore_extra=True)


def test_dtype_of_a_file_is_cast_where_that_is_wanted(tmp_path):
    file = str(tmp_path / "half.params")
    half = nn.Dense(2, in_units=2)
    half.cast("float16")
    half.initialize()
    half.save_parameters(file)
    net = nn.Dense(2, in_units=2)
    with pytest.raises(AssertionError, match="cast_dtype=True"):
        net.load_parameters(file)
    net.load_parameters(file, cast_dtype=True)
    assert net.weight.data().dtype == np.float32
    net.load_parameters(file, cast_dtype=True, dtype_source="saved")
    assert net.weight.data().dtype == np.float16


def test_exported_network_is_a_checkpoint_that_module_and_symbol_block_read(net, x, tmp_path):
    prefix = str(tmp_path / "net")
    net.hybridize()
    y = net(x).asnumpy()
    net.export(prefix, epoch=3)
    block = gluon.SymbolBlock.imports(f"{prefix}-symbol.json", ["data"], f"{prefix}-0003.params")
    np.testing.assert_allclose(block(x).asnumpy(), y, rtol=1e-5)
    module = mx.mod.Module.load(prefix, 3, label_names=None)
    module.bind([("data", (3, 5))], for_training=False)
    module.forward(mx.io.DataBatch([x]))
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), y, rtol=1e-5)


def test_block_that_was_not_called_cannot_be_exported(net):
    with pytest.raises(RuntimeError, match="hybridize"):
        net.export("nowhere")


def test_structure_is_saved_with_the_parameters_and_hybridizes_what_was(net, x, tmp_path):
    prefix = str(tmp_path / "net")
    net.features.hybridize()
    y = net(x).asnumpy()
    net.save(prefix)
    other = Net()
    other.load(prefix)
    assert (other._active, other.features._active, other.output._active) == (False, True, False)
    np.testing.assert_allclose(other(x).asnumpy(), y, rtol=1e-5)
    with pytest.raises(KeyError, match="another structure"):
        net.features.load(prefix)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda block: pickle.loads(pickle.dumps(block))])
def test_copied_block_trains_by_itself(net, x, again):
    net.hybridize()
    y = net(x).asnumpy()
    other = again(net)
    np.testing.assert_allclose(other(x).asnumpy(), y, rtol=1e-6)
    trainer = gluon.Trainer(other.collect_params(), "sgd", {"learning_rate": 1.0})
    with mx.autograd.record():
        loss = other(x) ** 2
    loss.backward()
    trainer.step(1)
    assert not np.allclose(other(x).asnumpy(), y)
    np.testing.assert_allclose(net(x).asnumpy(), y, rtol=1e-6)


def test_blocks_in_a_list_are_warned_of():
    class Lists(gluon.Block):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Dense(2)]

    with pytest.warns(UserWarning, match=r'"Lists.layers" is an unregistered container'):
        assert not list(Lists().collect_params())


# ----------------------------------------------------------------------------------------------------- errors


def test_uninitialized_parameter_is_named_with_the_path_of_its_block(x):
    with pytest.raises(
        RuntimeError, match=r"has not been initialized(.|\n)*in block net.features.0 \(Dense\)"
    ):
        Net(prefix="net_")(x)


def test_misfit_is_raised_with_the_path_of_its_block(net, x):
    net(x)
    with pytest.raises(mx.MXNetError, match=r"in block net.features.0 \(Dense\)"):
        net(mx.nd.ones((3, 6)))


def test_misfit_of_a_hybridized_network_names_the_node_and_the_path_of_its_block(net, x):
    net.hybridize()
    net(x)
    with pytest.raises(mx.MXNetError, match=r"dense0_fwd(.|\n)*in block net.features.0 \(Dense\)"):
        net(mx.nd.ones((3, 6)))


def test_node_that_a_block_makes_between_its_children_is_told_from_theirs():
    class Sums(gluon.HybridBlock):
        def __init__(self):
            super().__init__(prefix="sums_")
            self.first, self.second = nn.Activation("relu"), nn.Activation("tanh")

        def hybrid_forward(self, F, x):
            return self.second(F.elemwise_add(self.first(x), F.ones((2, 3))))

    net = nn.HybridSequential(prefix="net_")
    net.add(Sums())
    net.hybridize()
    net(mx.nd.ones((2, 3)))
    with pytest.raises(mx.MXNetError, match=r"in block net.0 \(Sums\)"):
        net(mx.nd.ones((3, 3)))


@pytest.mark.parametrize("hybrid", [False, True])
def test_uninitialized_parameter_inside_of_a_hybridized_network_has_the_path_of_its_block(x, hybrid):
    net = Net(prefix="net_")
    net.hybridize(hybrid)
    with pytest.raises(
        RuntimeError, match=r"has not been initialized(.|\n)*in block net.features.0 \(Dense\)"
    ):
        net(x)


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize(
    ("block", "n_inputs", "expected"),
    [
        (lambda: nn.Dense(2), 2, "Expect: x\n  Actual: NDArray"),
        (nn.HybridSequential, 0, "Expect: x\n  Actual: none"),
        (gluon.loss.L2Loss, 1, "Expect: pred, label, sample_weight=None\n  Actual: NDArray"),
        (gluon.loss.TripletLoss, 5, "Expect: pred, positive, negative\n"),
        (lambda: nn.HybridLambda(lambda F, a, b: F.dot(a, b)), 1, "Expect: a, b\n"),
        (lambda: gluon.rnn.LSTMCell(2), 1, "Expect: inputs, states\n"),
    ],
)
def test_wrong_number_of_inputs_is_refused_with_those_that_the_block_takes(block, n_inputs, expected, hybrid):
    class Outer(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return self.inner(*[x] * n_inputs)

    net = Outer(prefix="net_")
    net.inner = block()
    net.initialize()
    net.hybridize(hybrid)
    with pytest.raises(TypeError, match=rf"in block net.inner \({type(net.inner).__name__}\)") as raised:
        net(mx.nd.ones((2, 2)))
    assert isinstance(raised.value, mx.MXNetError)
    if not hybrid:
        assert expected in str(raised.value)


def test_type_error_of_the_users_own_code_stays_what_it_is_and_says_where(x):
    class Faulty(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return len(3)

    net = nn.HybridSequential(prefix="net_")
    net.add(Faulty())
    with pytest.raises(TypeError, match="has no len") as raised:
        net(x)
    assert type(raised.value) is TypeError
    assert raised.value.__notes__ == ["  in block net.0 (Faulty)"]


def test_parameter_that_hybrid_forward_does_not_take_is_named(x):
    class Forgetful(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.scale = self.params.get("scale", shape=(1,))

        def hybrid_forward(self, F, x):
            return x

    net = Forgetful()
    net.initialize()
    with pytest.raises(TypeError, match="does not take 'scale'"):
        net(x)


def test_cell_that_lacks_a_state_says_which_ones_it_has():
    cell = gluon.rnn.LSTMCell(4, input_size=3, prefix="cell_")
    cell.initialize()
    with pytest.raises(
        ValueError, match=r"Expect: 2, of shapes \(0, 4\), \(0, 4\)\n  Actual: 1\n  in block cell"
    ):
        cell(mx.nd.ones((2, 3)), cell.begin_state(2)[:1])


def test_block_cannot_be_put_into_itself():
    outer, inner = nn.HybridSequential(prefix="outer_"), nn.HybridSequential(prefix="inner_")
    outer.add(inner)
    with pytest.raises(ValueError, match="'outer' cannot become the child '0' of 'inner'"):
        inner.add(outer)


def test_child_does_not_take_the_number_of_another_one():
    net = nn.Sequential(prefix="net_")
    net.register_child(nn.Dense(2, prefix="first_"), "1")
    with pytest.raises(ValueError, match="'net' has 'first' as its child '1' already"):
        net.add(nn.Dense(2))


def test_parameters_of_the_same_name_are_refused_with_the_block_that_has_them():
    net = nn.HybridSequential(prefix="net_")
    part = nn.HybridSequential(prefix="part_")
    part.add(nn.Dense(2, prefix="same_"), nn.Dense(2, prefix="same_"))
    net.add(part)
    with pytest.raises(AssertionError, match=r"'same_weight'(.|\n)*in block net.0 \(HybridSequential\)"):
        net.collect_params()


def test_saved_parameter_of_another_shape_is_refused_with_the_path_of_its_block(net, x, tmp_path):
    net(x)
    net.save_parameters(tmp_path / "net.params")
    net.output = nn.Dense(7)
    with pytest.raises(AssertionError, match=r"shape incompatible(.|\n)*in block net.output \(Dense\)"):
        net.load_parameters(tmp_path / "net.params")


def test_error_of_a_block_is_pickled_as_its_text(x):
    with pytest.raises(mx.MXNetError) as raised:
        Net(prefix="net_")(x)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_shape_that_the_inputs_do_not_determine_is_named(x):
    class Free(gluon.HybridBlock):
        def __init__(self):
            super().__init__(prefix="free_")
            self.free = self.params.get("weight", shape=(0, 3), allow_deferred_init=True)

        def hybrid_forward(self, F, x, free):
            return F.broadcast_add(x, F.sum(free))

    net = Free()
    net.initialize()
    with pytest.raises(
        ValueError, match=r"does not determine|do not determine the shape of free_weight \(0, 3\)"
    ):
        net(x)


def test_deferred_parameter_says_that_the_first_call_makes_it(net):
    with pytest.raises(gluon.DeferredInitializationError, match="in_units"):
        net.output.weight.data()


def test_shape_of_a_symbol_is_refused_with_what_to_do(x):
    class Reads(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return F.reshape(x, shape=(x.shape[0], -1))

    net = Reads(prefix="reads_")
    assert net(x).shape == (3, 5)
    net.hybridize()
    with pytest.raises(AttributeError, match=r"shape(.|\n)*in block reads"):
        net(x)


def test_child_that_is_no_hybrid_block_is_refused(net):
    with pytest.raises(ValueError, match="HybridSequential"):
        net.register_child(gluon.Block())


def test_attribute_that_holds_a_block_keeps_holding_one(net):
    with pytest.raises(TypeError, match="Changing attribute type for output"):
        net.output = 3


def test_two_parameters_of_one_name_are_refused_with_a_hint():
    class Twins(gluon.Block):
        def __init__(self):
            super().__init__()
            self.one, self.other = nn.Dense(1, prefix="same_"), nn.Dense(1, prefix="same_")

    with pytest.raises(AssertionError, match="name_scope"):
        Twins().collect_params()


def test_what_is_no_array_is_refused(net):
    with pytest.raises(ValueError, match="NDArray"):
        net(3)
    with pytest.raises(ValueError, match="mixed"):
        net.features.forward(mx.nd.ones((1,)), mx.sym.var("a"))


def test_block_without_forward_says_so(x):
    with pytest.raises(NotImplementedError, match=r"defines no forward\(\)"):
        gluon.Block()(x)
    with pytest.raises(NotImplementedError, match=r"defines no hybrid_forward\(\)"):
        gluon.HybridBlock()(x)


def test_hybridized_block_wants_its_inputs_on_one_context(x):
    class Sum(gluon.HybridBlock):
        def hybrid_forward(self, F, x, y):
            return x + y

    net = Sum()
    net.hybridize()
    net(x, x)
    with pytest.raises(ValueError, match=r"cpu\(0\), cpu\(1\)"):
        net(x, x.as_in_context(mx.cpu(1)))


def test_summary_lists_layers_and_counts_shared_parameters_once(net, x, capsys):
    net(x)
    net.summary(x)
    text = capsys.readouterr().out
    assert "Dense-2" in text
    assert "Net-5" in text
    net.hybridize()
    with pytest.raises(AssertionError, match="must not be hybridized"):
        net.summary(x)


def test_tensor_types_are_what_a_block_is_called_with():
    assert all(isinstance(each, mx.gluon.tensor_types) for each in (mx.nd.ones(1), mx.sym.var("x")))
    assert not isinstance(np.ones(1), mx.gluon.tensor_types)


class Resized(mx.gluon.HybridBlock):
    def hybrid_forward(self, F, x, size):
        return F.contrib.BilinearResize2D(x, height=size[0], width=size[1])


def test_a_block_takes_numbers_beside_arrays_and_only_a_graph_of_its_own_refuses_them():
    class Net(mx.gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.up = Resized()

        def hybrid_forward(self, F, x):
            return self.up(x, (4, 6))

    net, image = Net(), mx.nd.ones((1, 1, 2, 3))
    assert net(image).shape == (1, 1, 4, 6)
    net.hybridize()
    assert net(image).shape == (1, 1, 4, 6)
    with pytest.raises(ValueError, match=r"must be a \(nested\) list of Symbol or NDArray, but got 4"):
        net.up(image, (4, 6))
