"""With ``mx.np_shape`` on, -1 is unknown, and 0 and () are shapes; what is expected was observed under MXNet 1.9.1."""

import threading

import numpy as np
import pytest

import mxnet as mx


@pytest.fixture
def numpy_shapes():
    with mx.np_shape():
        yield


def dense():
    return mx.sym.FullyConnected(mx.sym.Variable("a"), num_hidden=3, name="fc")


# ------------------------------------------------------------------------------------------------ the switch


def test_numpy_shapes_are_off_until_they_are_turned_on():
    assert not mx.is_np_shape()
    assert mx.set_np_shape(True) is False
    assert mx.is_np_shape()
    assert mx.set_np_shape(False) is True
    assert not mx.util.is_np_shape()


def test_the_scope_puts_back_what_was_before_it():
    with mx.np_shape():
        with mx.np_shape(False):
            assert not mx.is_np_shape()
        assert mx.is_np_shape()
    assert not mx.is_np_shape()


def test_the_scope_can_be_used_twice():
    scope = mx.np_shape()
    with scope, scope:
        assert mx.is_np_shape()
    assert not mx.is_np_shape()


def test_a_thread_has_a_switch_of_its_own(numpy_shapes):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(mx.is_np_shape()))
    thread.start()
    thread.join()
    assert seen == [False]


def test_a_function_is_decorated():
    @mx.use_np_shape
    def inside(x):
        """Return both."""
        return x, mx.is_np_shape()

    assert inside(1) == (1, True)
    assert inside.__name__ == "inside"
    assert not mx.is_np_shape()


def test_a_class_is_decorated_method_by_method():
    @mx.use_np_shape
    class Inside:
        def __init__(self):
            self.made = mx.is_np_shape()

        def method(self):
            return mx.is_np_shape()

        @property
        def attribute(self):
            return mx.is_np_shape()

        @staticmethod
        def static():
            return mx.is_np_shape()

        @classmethod
        def of_class(cls):
            return cls.__name__

    inside = Inside()
    assert (inside.made, inside.method(), inside.attribute) == (True, True, True)
    assert inside.static() is False
    assert inside.of_class() == "Inside"


def test_what_cannot_be_called_is_not_decorated():
    with pytest.raises(TypeError, match="decorates functions and classes, not int"):
        mx.use_np_shape(3)


def test_arrays_of_mx_np_are_refused_and_shapes_alone_are_not():
    with pytest.raises(ValueError, match=r"set_np\(array=False\)"):
        mx.util.set_np()
    mx.util.set_np(array=False)
    assert mx.is_np_shape()
    mx.util.reset_np()
    assert not mx.is_np_shape()
    assert not mx.util.is_np_array()


# ------------------------------------------------------------------------------------------------- inference


def test_without_it_0_is_unknown():
    assert dense().infer_shape(a=(0, 5)) == (None, None, None)
    assert dense().infer_shape_partial(a=(-1, 5)) == ([(0, 5), (3, 5), (3,)], [(0, 3)], [])
    assert dense().infer_shape_partial() == ([(), (), ()], [()], [])


@pytest.mark.parametrize(
    ("shape", "inferred"),
    [
        ((0, 5), ([(0, 5), (3, 5), (3,)], [(0, 3)], [])),
        ((-1, 5), ([(-1, 5), (3, 5), (3,)], [(-1, 3)], [])),
    ],
)
def test_with_it_0_is_an_extent_and_minus_1_is_unknown(numpy_shapes, shape, inferred):
    assert dense().infer_shape_partial(a=shape) == inferred


def test_a_shape_with_an_unknown_extent_is_incomplete(numpy_shapes):
    assert dense().infer_shape(a=(-1, 5)) == (None, None, None)


def test_an_unknown_shape_is_none(numpy_shapes):
    assert dense().infer_shape_partial(fc_weight=(3, 5)) == ([None, (3, 5), None], [None], [])


def test_no_axes_are_a_shape(numpy_shapes):
    assert mx.sym.exp(mx.sym.Variable("a")).infer_shape(a=()) == ([()], [()], [])


def test_the_classic_reductions_keep_an_axis(numpy_shapes):
    a = mx.sym.Variable("a")
    assert mx.sym.sum(a).infer_shape(a=(2, 3))[1] == [(1,)]
    assert mx.sym.mean(a).infer_shape(a=())[1] == [(1,)]


def test_a_dense_layer_refuses_a_scalar(numpy_shapes):
    with pytest.raises(mx.MXNetError, match="at least one axis"):
        dense().infer_shape_partial(a=())


def test_what_a_variable_declares_is_read_by_the_switch():
    variable = mx.sym.Variable("a", shape=(0, 5))
    assert variable.infer_shape() == (None, None, None)
    with mx.np_shape():
        assert variable.infer_shape() == ([(0, 5)], [(0, 5)], [])
        assert mx.sym.Variable("b", shape=(-1, 5)).infer_shape_partial() == ([(-1, 5)], [(-1, 5)], [])
        assert mx.sym.load_json(variable.tojson()).infer_shape() == ([(0, 5)], [(0, 5)], [])


@pytest.mark.parametrize(
    "made",
    [
        lambda: mx.sym.zeros((0, 3)),
        lambda: mx.sym.full((0, 3), 2),
        lambda: mx.sym.random.uniform(shape=(0, 3)),
    ],
)
def test_the_same_symbol_is_inferred_by_the_switch_of_the_moment(made):
    symbol = made()
    assert symbol.infer_shape() == (None, None, None)
    with mx.np_shape():
        assert symbol.infer_shape() == ([], [(0, 3)], [])
    assert symbol.infer_shape() == (None, None, None)


def test_scalars_are_made(numpy_shapes):
    assert mx.sym.zeros(()).infer_shape() == ([], [()], [])
    assert mx.sym.random.normal(shape=()).infer_shape() == ([], [()], [])


def test_extents_of_0_meet_others(numpy_shapes):
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    assert mx.sym.dot(a, b).infer_shape(a=(0, 3), b=(3, 0))[1] == [(0, 0)]
    assert mx.sym.Concat(a, b, dim=0).infer_shape(a=(0, 3), b=(2, 3))[1] == [(2, 3)]
    assert mx.sym.broadcast_add(a, b).infer_shape(a=(2, 3), b=())[1] == [(2, 3)]
    assert mx.sym.reshape(a, shape=(-1, 3)).infer_shape(a=(0, 3))[1] == [(0, 3)]


# --------------------------------------------------------------------------------------------------- running


def test_an_executor_of_no_rows_is_bound(numpy_shapes):
    executor = dense().simple_bind(mx.cpu(), a=(0, 5))
    assert [output.shape for output in executor.forward()] == [(0, 3)]


def test_without_it_no_rows_are_unknown_rows():
    with pytest.raises(mx.MXNetError, match="stayed unknown"):
        dense().simple_bind(mx.cpu(), a=(0, 5))


def test_an_executor_of_a_scalar_gives_its_gradient(numpy_shapes):
    a, gradient = mx.nd.full((), 3), mx.nd.zeros(())
    executor = (mx.sym.Variable("a") ** 2).bind(mx.cpu(), {"a": a}, {"a": gradient})
    (output,) = executor.forward(is_train=True)
    executor.backward(mx.nd.ones(()))
    assert (output.shape, output.asscalar(), gradient.asscalar()) == ((), 9, 6)


def test_an_executor_that_was_bound_with_it_runs_without_it():
    with mx.np_shape():
        executor = mx.sym.exp(mx.sym.Variable("a")).simple_bind(mx.cpu(), a=(0, 3))
    assert executor.forward()[0].shape == (0, 3)


# ---------------------------------------------------------------------------------------------------- arrays


def test_an_element_is_a_scalar(numpy_shapes):
    array = mx.nd.array([[1, 2], [3, 4]])
    assert array[1, 0].shape == ()
    assert array[1, 0].asscalar() == 3
    assert [each.shape for each in array[0]] == [(), ()]


def test_without_it_an_element_has_an_axis():
    assert mx.nd.array([1, 2])[1].shape == (1,)


def test_an_element_is_a_scalar_under_autograd(numpy_shapes):
    array = mx.nd.array([1, 2, 3])
    array.attach_grad()
    with mx.autograd.record():
        element = array[1]
        square = element * element
    square.backward()
    assert square.shape == ()
    assert array.grad.asnumpy().tolist() == [0, 4, 0]


def test_a_scalar_is_filled_and_set(numpy_shapes):
    scalar = mx.nd.full((), 3)
    assert scalar.asnumpy() == np.float32(3)
    scalar[:] = 4
    assert scalar.asscalar() == 4
    scalar[()] = 5
    assert scalar.asscalar() == 5


def test_one_element_is_reshaped_to_a_scalar():
    assert mx.nd.ones((1, 1)).reshape(()).shape == ()
    with pytest.raises(mx.MXNetError, match=r"\(2,\) cannot have the shape \(\)"):
        mx.nd.ones((2,)).reshape(())


def test_scalars_and_empty_arrays_are_saved(numpy_shapes, tmp_path):
    path = str(tmp_path / "a.params")
    mx.nd.save(path, [mx.nd.full((), 3), mx.nd.zeros((0, 2))])
    scalar, empty = mx.nd.load(path)
    assert (scalar.shape, scalar.asscalar(), empty.shape) == ((), 3, (0, 2))


def test_a_module_trains_on_no_rows(numpy_shapes):
    module = mx.mod.Module(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), label_names=None)
    module.bind([("data", (0, 3))])
    module.init_params()
    module.forward(mx.io.DataBatch([mx.nd.zeros((0, 3))]), is_train=False)
    assert module.get_outputs()[0].shape == (0, 2)
