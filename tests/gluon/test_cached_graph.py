"""A hybridized block is one graph: it runs, and is differentiated, as a bound executor."""

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import nn
from mxnet.gluon.block.recorded_graph import GraphCall


class Scaled(gluon.HybridBlock):
    """A factor and BatchNorm: a parameter, two auxiliary states."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.factor = self.params.get("factor", shape=(1, 3), init="ones")
            self.norm = nn.BatchNorm(momentum=0.5)

    def hybrid_forward(self, F, x, factor):
        return F.tanh(self.norm(F.broadcast_mul(x, factor)))


@pytest.fixture
def x():
    return mx.nd.array(np.sin(np.arange(12)).reshape(4, 3))


def trained(net, x, heads=None, **record):
    x.attach_grad()
    with autograd.record(**record):
        y = net(x)
    y.backward(heads)
    gradients = [p.grad().asnumpy() for p in net.collect_params().values() if p.grad_req != "null"]
    return [y.asnumpy(), x.grad.asnumpy(), *gradients]


def states(net):
    return [p.data().asnumpy() for p in net.collect_params().values()]


def pair(make):
    """Return two blocks with the same parameters, of which the second is hybridized."""
    nets = [make(), make()]
    for net in nets:
        mx.random.seed(3)
        net.initialize(mx.init.Uniform(1))
    nets[1].hybridize()
    return nets


def assert_close(these, those):
    for one, other in zip(these, those, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_hybridized_block_computes_and_trains_as_it_does_at_once(x):
    at_once, hybridized = pair(Scaled)
    assert_close(trained(at_once, x), trained(hybridized, x))
    assert_close(states(at_once), states(hybridized))
    assert_close([at_once(x).asnumpy()], [hybridized(x).asnumpy()])


def test_moving_statistics_move_in_backward_and_in_training_only(x):
    net = Scaled()
    net.initialize()
    net.hybridize()
    net(x)
    before = states(net)
    net(x)
    with autograd.record(train_mode=False):
        y = net(x)
    y.backward()
    assert_close(before, states(net))
    with autograd.record():
        net(x).backward()
    assert not np.allclose(net.norm.running_mean.data().asnumpy(), before[3])


def test_whole_graph_is_one_recorded_node(x):
    net = Scaled()
    net.initialize()
    net.hybridize()
    net(x)
    with autograd.record():
        y = net(x)
    assert isinstance(y._recorded.node.op, GraphCall)
    assert all(entry.node.op is None for entry in y._recorded.node.inputs)


def test_program_is_that_of_a_bound_executor():
    net = nn.HybridSequential()
    net.add(nn.Dense(4, in_units=3, activation="relu"), nn.Dense(2, in_units=4))
    net.initialize()
    net.hybridize()
    x = mx.nd.ones((5, 3))
    with autograd.record():
        y = net(x)
    program = y._recorded.node.held.program
    reqs = dict.fromkeys(net.collect_params(), "write")
    executor = net(mx.sym.var("data")).simple_bind(mx.cpu(), grad_req=reqs, data=(5, 3))
    assert program.code.source == executor.program(is_train=True)


def test_graph_is_composed_once_and_planned_once_for_each_shape(x):
    composed = []

    class Counting(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            composed.append(F)
            return x * 2

    net = Counting()
    net.hybridize()
    for rows in (4, 2, 4, 1, 2):
        np.testing.assert_array_equal(net(x[:rows]).asnumpy(), 2 * x[:rows].asnumpy())
    assert composed == [mx.sym]
    (kept,) = net._cached_op._graph._kept.values()
    assert len(kept.programs._made) == 3


@pytest.mark.parametrize("retain", [False, True])
def test_gradients_are_added_where_grad_req_says_so(x, retain):
    results = []
    for net in pair(Scaled):
        net(x)
        net.collect_params(".*(factor|gamma|beta)").setattr("grad_req", "add")
        for _ in range(2):
            with autograd.record():
                y = net(x)
            y.backward(retain_graph=retain)
        results.append([p.grad().asnumpy() for p in net.collect_params(".*(factor|gamma)").values()])
    assert_close(*results)


def test_graph_that_is_retained_gives_its_gradients_again(x):
    net = nn.HybridSequential()
    net.add(nn.Dense(5), nn.Dropout(0.5), nn.Dense(2))
    net.initialize()
    net.hybridize()
    net(x)
    weight = net[0].weight
    with autograd.record():
        y = net(x)
    y.backward(retain_graph=True)
    first = weight.grad().asnumpy()
    weight.zero_grad()
    mx.nd.random.uniform(shape=(7,))  # what is drawn in between changes nothing
    y.backward()
    np.testing.assert_allclose(weight.grad().asnumpy(), first, rtol=1e-5)
    with pytest.raises(mx.MXNetError, match="retain_graph=True"):
        y.backward()


def test_block_that_is_called_twice_adds_up_its_gradients(x):
    results = []
    for net in pair(lambda: nn.Dense(3, in_units=3)):
        with autograd.record():
            y = net(net(x)) * net(x)
        y.backward()
        results.append([p.grad().asnumpy() for p in net.collect_params().values()])
    assert_close(*results)


def test_gradients_of_gradients_are_those_of_the_block_at_once(x):
    results = []
    for net in pair(lambda: nn.Dense(2, in_units=3, activation="tanh")):
        x.attach_grad()
        with autograd.record():
            y = net(x)
            (slope,) = autograd.grad(y, x, create_graph=True)
            penalty = (slope**2).sum()
        penalty.backward()
        results.append([slope.asnumpy(), x.grad.asnumpy(), net.weight.grad().asnumpy()])
    assert_close(*results)


def test_several_outputs_and_losses_among_them_are_differentiated(x):
    class Two(gluon.HybridBlock):
        def hybrid_forward(self, F, x, label):
            return F.SoftmaxOutput(x, label), x * x

    results = []
    for hybridized in (False, True):
        net = Two()
        net.hybridize(hybridized)
        x.attach_grad()
        label = mx.nd.array([0, 1, 2, 0])
        with autograd.record():
            made = net(x, label)
        autograd.backward(list(made), [mx.nd.ones(x.shape), 3 * mx.nd.ones(x.shape)])
        results.append([x.grad.asnumpy()])
    assert_close(*results)


def test_sparse_gradient_of_an_embedding_stays_sparse():
    for net in pair(lambda: nn.Embedding(6, 2, sparse_grad=True)):
        with autograd.record():
            y = net(mx.nd.array([1, 4, 1]))
        y.backward()
        gradient = net.weight.grad()
        assert gradient.stype == "row_sparse"
        assert gradient.indices.asnumpy().tolist() == [1, 4]
        np.testing.assert_array_equal(gradient.data.asnumpy(), [[2, 2], [1, 1]])


def test_every_context_has_its_own_parameters_and_gradients(x):
    net = Scaled()
    contexts = [mx.cpu(0), mx.cpu(1)]
    net.initialize(ctx=contexts)
    net.hybridize()
    net(x)
    for context, factor in zip(contexts, (1, 3), strict=True):
        with autograd.record():
            y = net((factor * x).as_in_context(context))
        y.backward(y.copy())
        assert y.context == context
    first, second = net.factor.list_grad()
    assert not np.allclose(first.asnumpy(), second.asnumpy())


def test_parameters_that_are_replaced_are_seen_by_the_next_call(x):
    net = nn.Dense(2, in_units=3, use_bias=False)
    net.initialize(mx.init.One())
    net.hybridize()
    sums = x.sum(axis=1).asnumpy()
    np.testing.assert_allclose(net(x).asnumpy()[:, 0], sums, rtol=1e-5)
    net.initialize(mx.init.Constant(2), force_reinit=True)
    np.testing.assert_allclose(net(x).asnumpy()[:, 0], 2 * sums, rtol=1e-5)
    net.weight.data()[:] = 3
    np.testing.assert_allclose(net(x).asnumpy()[:, 0], 3 * sums, rtol=1e-5)
    net.cast("float64")
    assert net(x.astype("float64")).dtype == np.float64


def test_frozen_parameters_have_no_gradient_and_others_keep_theirs(x):
    for net in pair(Scaled):
        net(x)
        net.factor.grad_req = "null"
        with autograd.record():
            y = net(x)
        y.backward()
        assert net.factor._grad is None
        assert net.norm.gamma.grad().asnumpy().any()


def test_hybridized_children_train_inside_of_a_block_that_is_not(x):
    class Outer(gluon.Block):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.inner = Scaled()
                self.out = nn.Dense(2, in_units=3)

        def forward(self, x):
            return self.out(self.inner(x) + 1)

    assert_close(*(trained(net, x) for net in pair(Outer)))


def test_random_numbers_are_those_of_the_same_operators_at_once(x):
    class Noisy(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return x + F.random.uniform(shape=(4, 3))

    results = []
    for net in (Noisy(), Noisy()):
        net.hybridize(bool(results))
        mx.random.seed(5)
        results.append([net(x).asnumpy(), net(x).asnumpy()])
    assert_close(*results)
    assert not np.allclose(results[1][0], results[1][1])


def test_loops_are_part_of_the_graph(x):
    class Running(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            def step(row, total):
                return row + total, row * total

            return F.contrib.foreach(step, x, F.ones((3,)))[0]

    assert_close(*(trained(net, x) for net in pair(Running)))


def test_nested_arguments_and_results_keep_their_form(x):
    class Nest(gluon.HybridBlock):
        def hybrid_forward(self, F, x, more, left_out):
            assert left_out is None
            return x, [more[0] + 1, (more[1][0] * 2,)]

    net = Nest()
    net.hybridize()
    first, (second, (third,)) = net(x, [x, [x]], None)
    assert_close(
        [first.asnumpy(), second.asnumpy(), third.asnumpy()], [x.asnumpy(), x.asnumpy() + 1, 2 * x.asnumpy()]
    )
    with pytest.raises(ValueError, match="does not match the cached version"):
        net(x, x, None)


def test_result_that_is_an_input_is_a_copy(x):
    class Same(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return x

    net = Same()
    net.hybridize()
    y = net(x)
    y[:] = 0
    assert x.asnumpy().any()


def test_op_hook_is_shown_every_value_by_name(x):
    net = nn.HybridSequential(prefix="s_")
    with net.name_scope():
        net.add(nn.Dense(3, activation="relu"), nn.Dense(2))
    net.initialize()
    net.hybridize()
    net(x)
    seen = {}
    net.register_op_hook(lambda name, op, array: seen.update({name: array.shape}))
    net(x)
    assert seen == {
        b"s_dense0_fwd_output": (4, 3),
        b"s_dense0_relu_fwd_output": (4, 3),
        b"s_dense1_fwd_output": (4, 2),
    }


def test_hybridize_takes_the_flags_of_mxnet_and_can_be_undone(x):
    net = Scaled()
    net.initialize()
    net.hybridize(
        static_alloc=True, static_shape=True, inline_limit=4, forward_bulk_size=2, backward_bulk_size=2
    )
    net(x)
    assert net._cached_op is not None
    net.hybridize(False)
    net(x)
    assert net._cached_op is None


def test_optimize_for_composes_the_graph_and_wants_a_backend(x):
    net = Scaled()
    net.initialize()
    net.optimize_for(x, backend="MKLDNN")
    assert net._cached_op is not None
    assert net.factor.shape == (1, 3)
    with pytest.raises(ValueError, match="backend"):
        net.optimize_for(x)


def test_inputs_and_parameters_that_nothing_reads_are_warned_of(x):
    class Wasteful(gluon.HybridBlock):
        def __init__(self):
            super().__init__(prefix="w_")
            self.unused = self.params.get("unused", shape=(1,))

        def hybrid_forward(self, F, x, y, unused):
            return x + 1

    net = Wasteful()
    net.initialize()
    net.hybridize()
    with pytest.warns(UserWarning, match="not used by any computation") as warned:
        net(x, x)
    texts = [str(each.message) for each in warned]
    assert "The 1-th input to HybridBlock is not used by any computation. Is this intended?" in texts
    assert "Parameter w_unused is not used by any computation. Is this intended?" in texts


def test_sparse_input_is_taken_as_it_is_stored():
    class Product(gluon.HybridBlock):
        def hybrid_forward(self, F, x, w):
            return F.dot(x, w)

    net = Product()
    net.hybridize()
    dense = np.diag([1.0, 2.0, 3.0]).astype("float32")
    weight = mx.nd.array(np.arange(6).reshape(3, 2))
    weight.attach_grad()
    with autograd.record():
        y = net(mx.nd.array(dense).tostype("csr"), weight)
    y.backward()
    np.testing.assert_allclose(y.asnumpy(), dense @ weight.asnumpy())
    np.testing.assert_allclose(weight.grad.asnumpy(), [[1, 1], [2, 2], [3, 3]])


class Doubled(gluon.Parameter):
    """A parameter as packages above Gluon have them: its block gets something else than its array."""

    def __init__(self, parameter):
        super().__init__(parameter.name, shape=parameter.shape)
        self._data, self._grad = parameter._data, parameter._grad
        self._ctx_list, self._ctx_map = parameter._ctx_list, parameter._ctx_map

    def data(self, ctx=None):
        return self._check_and_get(self._data, ctx) * 2


@pytest.mark.parametrize("hybrid", [False, True])
def test_block_computes_with_what_a_parameter_class_of_its_own_gives(hybrid):
    net = nn.Dense(1, in_units=2, use_bias=False)
    net.initialize(mx.init.One())
    doubled = net._reg_params["weight"] = Doubled(net.weight)
    net.params._params[doubled.name] = doubled
    net.hybridize(hybrid)
    x = mx.nd.array([[1, 2]])
    for _ in range(2):
        with autograd.record():
            out = net(x)
        out.backward()
        assert out.asscalar() == 6
        assert doubled.grad().asnumpy().tolist() == [[2, 4]]


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize(
    ("ran_in_training", "gradient_of_training", "of_data", "of_gamma", "moving_mean"),
    [  # as MXNet 1.9.1 answers
        (True, True, [0.6013, 0.3001, -0.2004, -0.5145, -0.4009, 0.2144], [-1.8708, 1.49], [0.9167, 0.9167]),
        (True, False, [0.5, 4, -0.5, 1, 0.125, 6], [-1.0625, 5.5], [0.5, 1]),
        (False, True, [0.5026, 22.332, -0.3203, 0.9998, 0.0391, -19.6654], [-1.0625, 5.5], [0.5, 1]),
        (False, False, [0.5, 4, -0.5, 1, 0.125, 6], [-1.0625, 5.5], [0.5, 1]),
    ],
)
def test_backward_says_whether_gradients_are_those_of_training(
    hybrid, ran_in_training, gradient_of_training, of_data, of_gamma, moving_mean
):
    net = nn.BatchNorm(in_channels=2, momentum=0.5)
    net.initialize()
    net.running_mean.set_data(mx.nd.array([0.5, 1]))
    net.running_var.set_data(mx.nd.array([4, 0.25]))
    net.hybridize(hybrid)
    data = mx.nd.array([[1, -2], [3, 0.5], [0, 4]])
    data.attach_grad()
    with autograd.record(train_mode=ran_in_training):
        loss = (net(data) * mx.nd.array([[1, 2], [-1, 0.5], [0.25, 3]])).sum()
    loss.backward(train_mode=gradient_of_training)
    np.testing.assert_allclose(data.grad.asnumpy().ravel(), of_data, atol=2e-4)
    np.testing.assert_allclose(net.gamma.grad().asnumpy(), of_gamma, atol=2e-4)
    np.testing.assert_allclose(net.running_mean.data().asnumpy(), moving_mean, atol=1e-4)
