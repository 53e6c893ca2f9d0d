"""Recording and differentiating imperative code."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd as ag
from mxnet.base import MXNetError


@pytest.fixture
def x():
    array = mx.nd.array([1, 2, 3])
    array.attach_grad()
    return array


def test_gradient_is_written_into_the_same_array_each_time(x):
    gradient = x.grad
    for factor in (2, 5):
        with ag.record():
            y = x * factor
        y.backward()
        assert gradient.asnumpy().tolist() == [factor] * 3
    assert x.grad is gradient


def test_gradient_can_be_added_up():
    x = mx.nd.array([1, 2])
    x.attach_grad(grad_req="add")
    for _ in range(3):
        with ag.record():
            y = x * x
        y.backward()
    assert x.grad.asnumpy().tolist() == [6, 12]


def test_array_without_a_gradient_request_gets_none():
    x = mx.nd.ones((2,))
    x.attach_grad(grad_req="null")
    assert x.grad is None


def test_unknown_gradient_request_is_refused(x):
    with pytest.raises(ValueError, match="grad_req must be one of 'null', 'write', 'add', not 'wirte'"):
        x.attach_grad("wirte")


def test_array_used_twice_gets_the_sum_of_both_gradients(x):
    with ag.record():
        y = x * x + mx.nd.exp(x) * x
    y.backward()
    values = x.asnumpy()
    np.testing.assert_allclose(x.grad.asnumpy(), 2 * values + np.exp(values) * (1 + values), rtol=1e-5)


def test_heads_may_have_gradients(x):
    with ag.record():
        y, z = x * 2, x * 3
    ag.backward([y, z], [mx.nd.array([1, 10, 100]), None])
    assert x.grad.asnumpy().tolist() == [5, 23, 203]


def test_head_gradient_must_have_the_shape_of_the_head(x):
    with ag.record():
        y = x * 2
    with pytest.raises(ValueError, match=r"of shape \(3,\) was given a gradient of shape \(2,\)"):
        y.backward(mx.nd.ones((2,)))


def test_one_output_of_several_can_be_differentiated(x):
    with ag.record():
        parts = mx.nd.split(x, num_outputs=3, axis=0)
        y = parts[0] * parts[2]
    y.backward()
    assert x.grad.asnumpy().tolist() == [3, 0, 1]


def test_loss_makes_its_own_gradient(x):
    with ag.record():
        y = mx.nd.SoftmaxOutput(x.reshape((1, 3)), mx.nd.array([1]))
    y.backward()
    probability = np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum()
    np.testing.assert_allclose(x.grad.asnumpy(), probability - [0, 1, 0], rtol=1e-5)


def test_leaf_is_its_own_gradient(x):
    x.backward(mx.nd.array([4, 5, 6]))
    assert x.grad.asnumpy().tolist() == [4, 5, 6]


def test_blocked_value_gives_a_gradient_of_zero(x):
    x.grad[:] = 7
    with ag.record():
        y = mx.nd.BlockGrad(x * 2)
    y.backward()
    assert x.grad.asnumpy().tolist() == [0, 0, 0]


def test_integer_arrays_have_integer_gradients():
    x = mx.nd.array([1, 2], dtype="int32")
    x.attach_grad()
    with ag.record():
        y = x * 3
    y.backward()
    assert x.grad.dtype is np.int32
    assert x.grad.asnumpy().tolist() == [3, 3]


def test_gradient_passes_through_copies_casts_and_contexts(x):
    with ag.record():
        y = x.copy().astype("float64").as_in_context(mx.cpu(1)).reshape((3, 1)).T * 2
    y.backward()
    assert x.grad.dtype is np.float32
    assert x.grad.asnumpy().tolist() == [2, 2, 2]


def test_batch_norm_moves_its_statistics_in_backward():
    data = mx.nd.array([[1, 2], [3, 6]])
    gamma, beta, mean, variance = mx.nd.ones((2,)), mx.nd.zeros((2,)), mx.nd.zeros((2,)), mx.nd.ones((2,))
    gamma.attach_grad()
    with ag.record():
        y = mx.nd.BatchNorm(data, gamma, beta, mean, variance, momentum=0.5, fix_gamma=False)
    assert mean.asnumpy().tolist() == [0, 0]
    y.backward()
    np.testing.assert_allclose(mean.asnumpy(), [1, 2])


# ---------------------------------------------------------------------------------------------------- what is recorded


def test_modes_nest():
    states = []

    def note():
        states.append((ag.is_recording(), ag.is_training()))

    with ag.record():
        note()
        with ag.pause():
            note()
        with ag.predict_mode():
            note()
        with ag.record(train_mode=False), ag.train_mode():
            note()
    note()
    assert states == [(True, True), (False, False), (True, False), (True, True), (False, False)]


def test_modes_end_with_an_exception():
    with pytest.raises(KeyError), ag.record():
        raise KeyError
    assert not ag.is_recording()


def test_flags_can_be_set_and_tell_what_they_were():
    assert ag.set_recording(True) is False
    assert ag.set_recording(False) is True
    assert ag.set_training(True) is False
    assert ag.set_training(False) is True


def test_other_threads_do_not_record():
    seen = []
    with ag.record():
        thread = threading.Thread(target=lambda: seen.append(ag.is_recording()))
        thread.start()
        thread.join()
    assert seen == [False]


def test_nothing_is_recorded_while_paused(x):
    with ag.record():
        with ag.pause():
            factor = x * 10
        y = factor * x
    y.backward()
    assert x.grad.asnumpy().tolist() == [10, 20, 30]


def test_detached_array_is_a_constant(x):
    with ag.record():
        y = (x * x).detach() * x
    y.backward()
    assert x.grad.asnumpy().tolist() == [1, 4, 9]


def test_array_that_gets_a_gradient_later_begins_a_new_graph(x):
    with ag.record():
        y = x * 2
        y.attach_grad()
        z = y * y
    z.backward()
    assert y.grad.asnumpy().tolist() == [4, 8, 12]
    assert x.grad.asnumpy().tolist() == [0, 0, 0]


def test_variables_can_be_marked_with_arrays_for_their_gradients():
    x, gradient = mx.nd.array([2]), mx.nd.zeros((1,))
    ag.mark_variables([x], [gradient])
    with ag.record():
        y = x * x
    y.backward()
    assert gradient.asscalar() == 4
    with pytest.raises(ValueError, match="1 variables, 0 gradients"):
        ag.mark_variables([x], [])


def test_result_goes_into_out_while_recording(x):
    out = mx.nd.zeros((3,))
    with ag.record():
        mx.nd.square(x, out=out)
    out.backward()
    assert x.grad.asnumpy().tolist() == [2, 4, 6]


def test_assignment_of_a_value_with_a_gradient_is_recorded(x):
    y = mx.nd.zeros((2, 3))
    with ag.record():
        y[1] = x * 2
        z = y * mx.nd.array([[1, 1, 1], [1, 10, 100]])
    z.backward()
    assert x.grad.asnumpy().tolist() == [2, 20, 200]


def test_assignment_to_index_arrays_is_recorded(x):
    y = mx.nd.zeros((4,))
    with ag.record():
        y[[0, 3, 1]] = x
        z = y * mx.nd.array([1, 2, 3, 4])
    z.backward()
    assert x.grad.asnumpy().tolist() == [1, 4, 2]


@pytest.mark.parametrize(
    "change",
    [
        lambda y, x: y.__iadd__(1),
        lambda y, x: y.__setitem__(0, 1),
        lambda y, x: mx.nd.exp(x, out=y),
        lambda y, x: x.__imul__(2),
        lambda y, x: x.__setitem__(slice(None), 0),
    ],
)
def test_recorded_arrays_cannot_be_written_in_place(change, x):
    with ag.record():
        y = x * 2
        with pytest.raises(MXNetError, match="while recording|recorded gradient"):
            change(y, x)


def test_array_that_an_operator_reads_cannot_be_its_output(x):
    y = mx.nd.ones((3,))
    with ag.record(), pytest.raises(MXNetError, match="broadcast_mul cannot write in place"):
        y *= x


# ----------------------------------------------------------------------------------------------------- the end of a graph


def test_graph_is_gone_after_backward(x):
    with ag.record():
        y = x * 2
        z = y + 1
    z.backward()
    for array in (z, y):
        with pytest.raises(MXNetError, match="The recorded graph is gone"):
            array.backward()


def test_graph_can_be_retained(x):
    with ag.record():
        y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.asnumpy().tolist() == [2, 4, 6]


def test_values_are_freed_with_the_arrays_that_need_them(x):
    with ag.record():
        y = mx.nd.exp(x)
    tensor = weakref.ref(y.handle)
    y.backward()
    del y
    gc.collect()
    assert tensor() is None


def test_unrecorded_array_cannot_be_differentiated(x):
    y = x * 2
    with pytest.raises(MXNetError, match="computed while recording"):
        y.backward()
    with ag.record():
        z = mx.nd.ones((2,)) * 2
    with pytest.raises(MXNetError, match="computed while recording"):
        z.backward()


def test_long_chain_needs_no_recursion():
    x = mx.nd.ones((1,))
    x.attach_grad()
    with ag.record():
        y = x
        for _ in range(5000):
            y = y + 1
    y.backward()
    assert x.grad.asscalar() == 1


# ------------------------------------------------------------------------------------------------------- grad and orders


def test_grad_leaves_gradient_arrays_alone(x):
    with ag.record():
        y = x * x
    (gradient,) = ag.grad(y, x)
    assert gradient.asnumpy().tolist() == [2, 4, 6]
    assert x.grad.asnumpy().tolist() == [0, 0, 0]


def test_grad_of_an_intermediate_array(x):
    with ag.record():
        y = x * 2
        z = y * y
    (gradient,) = ag.grad(z, [y])
    assert gradient.asnumpy().tolist() == [4, 8, 12]


def test_grad_of_what_is_not_there_is_zero(x):
    other = mx.nd.ones((2,))
    other.attach_grad()
    with ag.record():
        y = x * 2
    assert ag.grad(y, [other])[0].asnumpy().tolist() == [0, 0]


def test_grad_needs_variables_with_gradients(x):
    with ag.record():
        y = x * 2
    with pytest.raises(ValueError, match="needs variables that have gradient arrays"):
        ag.grad(y, mx.nd.ones((3,)))


def test_gradients_can_be_differentiated_again_and_again():
    x = mx.nd.array([0.5, 2])
    x.attach_grad()
    with ag.record():
        y = x * x * x * x
        (first,) = ag.grad(y, x, create_graph=True)
        (second,) = ag.grad(first, x, create_graph=True)
        third = second * 1
    third.backward()
    np.testing.assert_allclose(first.asnumpy(), 4 * x.asnumpy() ** 3, rtol=1e-6)
    np.testing.assert_allclose(second.asnumpy(), 12 * x.asnumpy() ** 2, rtol=1e-6)
    np.testing.assert_allclose(x.grad.asnumpy(), 24 * x.asnumpy(), rtol=1e-6)


def test_penalty_on_a_gradient_trains_a_layer():
    x, w = mx.nd.array([[1, 2]]), mx.nd.array([[3, 4]])
    x.attach_grad()
    w.attach_grad()
    with ag.record():
        y = mx.nd.square(mx.nd.FullyConnected(x, w, num_hidden=1, no_bias=True))
        (gradient,) = ag.grad(y, x, create_graph=True)
        penalty = mx.nd.square(gradient).sum()
    penalty.backward()
    s = 11  # w · x; the gradient of y is 2 s w, so the penalty is 4 s² |w|²
    expected = 8 * s * np.array([[1, 2]]) * 25 + 8 * s**2 * np.array([[3, 4]])
    np.testing.assert_allclose(w.grad.asnumpy(), expected, rtol=1e-5)


# ------------------------------------------------------------------------------------------------- functions of the user


class Scaled(ag.Function):
    """Doubles its input, and says that it triples it."""

    def forward(self, x):
        assert not ag.is_recording()
        self.save_for_backward(x)
        return x * 2

    def backward(self, dy):
        (x,) = self.saved_tensors
        return dy * 3 + x * 0


def test_function_has_the_gradient_it_says(x):
    with ag.record():
        y = Scaled()(x * 1) + x
    assert y.asnumpy().tolist() == [3, 6, 9]
    y.backward()
    assert x.grad.asnumpy().tolist() == [4, 4, 4]


def test_function_may_have_several_inputs_and_outputs(x):
    class Both(ag.Function):
        def forward(self, a, b):
            return a + b, a - b

        def backward(self, d_sum, d_difference):
            return d_sum + d_difference, d_sum - d_difference

    other = mx.nd.array([1, 1, 1])
    other.attach_grad()
    with ag.record():
        total, difference = Both()(x, other)
        y = total * 10 + difference
    y.backward()
    assert x.grad.asnumpy().tolist() == [11, 11, 11]
    assert other.grad.asnumpy().tolist() == [9, 9, 9]


def test_function_that_returns_its_input_does_not_become_its_own_ancestor(x):
    class Same(ag.Function):
        def forward(self, a):
            return a

        def backward(self, dy):
            return dy * 5

    with ag.record():
        y = Same()(x)
    y.backward()
    assert x.grad.asnumpy().tolist() == [5, 5, 5]


def test_function_must_return_a_gradient_per_input(x):
    class Short(ag.Function):
        def forward(self, a, b):
            return a * b

        def backward(self, dy):
            return dy

    with ag.record():
        y = Short()(x, x)
    with pytest.raises(MXNetError, match=r"Short\.backward\(\) returned 1 gradients for 2 inputs"):
        y.backward()


def test_exception_in_a_function_surfaces_as_itself(x):
    class Broken(Scaled):
        def backward(self, dy):
            raise ZeroDivisionError("mine")

    with ag.record():
        y = Broken()(x)
    with pytest.raises(ZeroDivisionError, match="mine"):
        y.backward()


def test_gradient_of_a_function_cannot_be_differentiated(x):
    with ag.record():
        y = Scaled()(x)
        (gradient,) = ag.grad(y * y, x, create_graph=True)
    with pytest.raises(MXNetError, match="cannot be differentiated"):
        gradient.backward()


# ------------------------------------------------------------------------------------------------------------ as a symbol


def test_recorded_graph_becomes_a_symbol_that_computes_the_same(x):
    w = mx.nd.array([[1, 2, 3]])
    with ag.record():
        y = mx.nd.FullyConnected(x.reshape((1, 3)), w, num_hidden=1, no_bias=True) + mx.nd.exp(x[0:1])
    symbol = ag.get_symbol(y)
    assert symbol.list_arguments() == ["var0", "var1"]
    (result,) = symbol.eval(mx.cpu(), var0=x, var1=w)
    np.testing.assert_allclose(result.asnumpy(), y.asnumpy(), rtol=1e-6)
    assert mx.sym.load_json(symbol.tojson()).list_arguments() == ["var0", "var1"]


def test_symbol_of_an_unrecorded_array_is_refused():
    with pytest.raises(MXNetError, match="computed while recording"):
        ag.get_symbol(mx.nd.ones((1,)))


def test_array_whose_graph_is_gone_is_a_constant_in_the_next_one():
    x, state = mx.nd.array([2]), mx.nd.array([1])
    x.attach_grad()
    for expected in (1, 3, 7):
        with ag.record():
            state = state * x + 1
        state.backward()
        assert x.grad.asscalar() == expected
    with pytest.raises(MXNetError, match="gone"):
        state.backward()


@pytest.fixture
def dense():
    data, weight, bias = (
        mx.nd.array(np.arange(n).reshape(shape)) for n, shape in ((6, (2, 3)), (12, (4, 3)), (4, 4))
    )
    weight.attach_grad()
    bias.attach_grad("add")
    return data, weight, bias


def test_layers_write_and_add_up_their_gradients_where_they_belong(dense):
    data, weight, bias = dense
    for turn in (1, 2):
        with ag.record():
            y = mx.nd.FullyConnected(*dense, num_hidden=4)
        y.backward()
        np.testing.assert_array_equal(weight.grad.asnumpy(), [data.asnumpy().sum(0)] * 4)
        np.testing.assert_array_equal(bias.grad.asnumpy(), [2 * turn] * 4)
        assert weight._fresh_grad
        assert bias._fresh_grad


def test_gradient_of_a_layer_that_is_used_twice_is_the_sum(dense):
    data, weight, _ = dense
    with ag.record():
        y = [mx.nd.FullyConnected(x, weight, num_hidden=4, no_bias=True) for x in (data, data + 1)]
        y = y[0] + y[1]
    y.backward()
    np.testing.assert_array_equal(weight.grad.asnumpy(), [(2 * data + 1).asnumpy().sum(0)] * 4)


def test_gradient_array_that_was_computed_with_keeps_its_values_until_all_is_done(dense):
    data, weight, _ = dense
    weight.grad[:] = weight
    with ag.record():
        y = mx.nd.FullyConnected(
            mx.nd.FullyConnected(data, weight, num_hidden=4, no_bias=True),
            weight.grad.T,
            num_hidden=3,
            no_bias=True,
        )
    y.backward()
    heads = np.ones((2, 3), np.float32) @ weight.asnumpy().T
    np.testing.assert_array_equal(weight.grad.asnumpy(), heads.T @ data.asnumpy())


def test_gradient_array_of_another_type_gets_what_was_computed(dense):
    data, weight, _ = dense
    gradient = mx.nd.zeros((4, 3), dtype="float64")
    ag.mark_variables(weight, gradient)
    with ag.record():
        y = mx.nd.FullyConnected(data, weight, num_hidden=4, no_bias=True)
    y.backward()
    np.testing.assert_array_equal(gradient.asnumpy(), [data.asnumpy().sum(0)] * 4)


def test_a_function_of_symbols_composes_its_forward_unless_a_gradient_is_recorded():
    composed = Scaled()(mx.sym.var("x"))
    assert isinstance(composed, mx.sym.Symbol)
    with ag.record(), pytest.raises(MXNetError, match="a graph would not use its backward"):
        Scaled()(mx.sym.var("x"))


def test_a_function_is_called_once():
    function = Scaled()
    function(mx.nd.ones(1))
    with pytest.raises(AssertionError, match="Please create another instance"):
        function(mx.nd.ones(1))


def test_a_function_returns_a_tuple_where_forward_does():
    class Both(ag.Function):
        def forward(self, x):
            return x, x + 1

    assert type(Both()(mx.nd.ones(1))) is tuple
    with ag.record():
        assert type(Both()(mx.nd.ones(1))) is tuple
