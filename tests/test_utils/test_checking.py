"""Checks of symbols."""

import numpy as np
import pytest

import mxnet as mx

T = mx.test_utils
A = np.random.RandomState(0).uniform(0.5, 1, (2, 3)).astype("float32")
B = np.random.RandomState(1).uniform(0.5, 1, (2, 3)).astype("float32")
X, Y = mx.sym.Variable("x"), mx.sym.Variable("y")
PRODUCT = mx.sym.broadcast_mul(X, Y, name="product")


def test_outputs_may_be_given_in_order_or_by_name():
    assert T.check_symbolic_forward(PRODUCT, [A, B], [A * B])[0].shape == (2, 3)
    T.check_symbolic_forward(PRODUCT, {"y": B, "x": A}, {"product_output": A * B})
    with pytest.raises(AssertionError, match="EXPECTED_product_output=.*FORWARD_product_output="):
        T.check_symbolic_forward(PRODUCT, [A, B], [A])


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ([A], r"The location has 1 arrays, but the symbol's arguments are \['x', 'y'\]"),
        ({"x": A}, r"The location is for \['x'\], but the symbol's arguments are \['x', 'y'\]"),
        ({"x": A, "y": B, "z": B}, "The location is for"),
    ],
)
def test_every_argument_needs_a_value(location, message):
    with pytest.raises(ValueError, match=message):
        T.check_symbolic_forward(PRODUCT, location, [A])


def test_auxiliary_states_are_needed():
    net = mx.sym.BatchNorm(X, name="bn")
    with pytest.raises(ValueError, match=r"\['bn_moving_mean', 'bn_moving_var'\] are not given"):
        T.check_symbolic_forward(net, [A, np.ones(3), np.ones(3)], [A])


def test_lists_may_be_longer_than_what_they_are_for():
    both = mx.sym.Group([PRODUCT, X + Y])
    T.check_symbolic_forward(PRODUCT, [A, B, A], [A * B, B], aux_states=[A])
    T.check_symbolic_forward(both, [A, B], [A * B])  # or shorter, of what is expected
    T.check_symbolic_forward(PRODUCT, [A, B], A * B)
    head = np.ones((2, 3))
    T.check_symbolic_backward(PRODUCT, [A, B], [head, head], [B, A, A], grad_req=["write", "add", "null"])
    T.check_symbolic_backward(PRODUCT, [A, B], [head], [B])
    T.check_symbolic_backward(PRODUCT, [A, B], {"product_output": head, "another": head}, [B, A])
    net = mx.sym.BatchNorm(X, fix_gamma=False, eps=0)
    states = [np.zeros(3), np.ones(3), np.ones(3)]
    T.check_symbolic_forward(net, [A, np.ones(3), np.zeros(3)], [A], aux_states=states)


def test_lists_that_are_too_short_are_refused():
    with pytest.raises(
        KeyError, match=r"grad_req has 1 entries, but the symbol's arguments are \['x', 'y'\]"
    ):
        T.check_symbolic_backward(PRODUCT, [A, B], [A], [B, A], grad_req=["write"])
    with pytest.raises(mx.MXNetError, match="the gradient of output"):
        T.check_symbolic_backward(mx.sym.Group([PRODUCT, X + Y]), [A, B], [A], [B, A])
    net = mx.sym.BatchNorm(X, name="bn")
    given = {"bn_moving_mean": A[0], "bn_moving_var": A[0], "other": A}
    with pytest.raises(ValueError, match=r"has no auxiliary states \['other'\]"):
        T.check_symbolic_forward(net, [A, A[0], A[0]], [A], aux_states=given)


def test_gradients_are_written_added_or_left():
    head = np.ones((2, 3), "float32")
    assert sorted(T.check_symbolic_backward(PRODUCT, [A, B], [head], [B, A])) == ["x", "y"]
    T.check_symbolic_backward(PRODUCT, [A, B], [head], {"x": B}, grad_req={"x": "add", "y": "null"})
    T.check_symbolic_backward(
        PRODUCT, [A, B], {"product_output": head}, {"x": B, "y": A}, grad_req=["add", "null"]
    )
    with pytest.raises(AssertionError, match="EXPECTED_x=.*BACKWARD_x="):
        T.check_symbolic_backward(PRODUCT, [A, B], [head], [A, A])


def test_losses_need_no_head_gradients():
    T.check_symbolic_backward(mx.sym.MakeLoss(X * 2), [A], None, [np.full((2, 3), 2)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_right_gradients_agree_with_differences(dtype):
    T.check_numeric_gradient(mx.sym.tanh(X) * Y, [A, B], dtype=dtype)
    T.check_numeric_gradient(mx.sym.Group([mx.sym.sqrt(X), X * Y]), {"x": A, "y": B}, dtype=dtype)
    T.check_numeric_gradient(X * Y, [A, B], grad_nodes={"x": "add", "y": "null"}, dtype=dtype)


@pytest.mark.parametrize(
    ("net", "shapes"),
    [
        (X * 2, [(20, 20)]),
        (mx.sym.dot(X, X, transpose_b=True), [(9, 9)]),
        (mx.sym.concat(X, X, dim=1), [(12, 10)]),
        (mx.sym.Group([X + Y, X * Y]), [(10, 10), (10, 10)]),
    ],
)
def test_the_noise_of_a_difference_does_not_grow_with_the_output(net, shapes):
    random = np.random.RandomState(3)
    np.random.seed(3)
    T.check_numeric_gradient(net, [random.rand(*shape) for shape in shapes])


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"grad_nodes": "x"}, ValueError, "grad_nodes is 'x'. Expected a list of names"),
        ({"dtype": np.int32}, AssertionError, "Expected a dtype of real numbers"),
        ({"dtype": "asnumpy"}, AssertionError, "Expected a dtype of real numbers"),
        ({"location": [A]}, KeyError, "The location has 1 arrays"),
    ],
)
def test_a_gradient_that_cannot_be_checked_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message) as caught:
        T.check_numeric_gradient(PRODUCT, **{"location": [A, B], **arguments})
    assert isinstance(caught.value, mx.MXNetError)


def test_wrong_gradients_do_not():
    with pytest.raises(AssertionError, match="NUMERICAL_x=.*BACKWARD_x="):
        T.check_numeric_gradient(mx.sym.BlockGrad(X) * Y, [A, B])


def test_states_are_the_same_for_every_difference():
    net = mx.sym.BatchNorm(X, fix_gamma=False, name="bn")
    states = [np.zeros(3), np.ones(3)]
    T.check_numeric_gradient(
        net, [A, B[0], B[1]], states, numeric_eps=1e-3, dtype="float64", rtol=1e-3, atol=1e-3
    )


def test_differences_are_of_the_first_output():
    executor = PRODUCT.bind(mx.cpu(), {"x": mx.nd.array(A), "y": mx.nd.array(B)})
    grads = T.numeric_grad(executor, {"x": A}, eps=1e-2)
    np.testing.assert_allclose(grads["x"], B, rtol=1e-2)


def test_dtypes_agree_with_one_another():
    entries = [
        {"ctx": mx.cpu(i), "x": (2, 3), "y": (2, 3), "type_dict": {"x": dtype, "y": dtype}}
        for i, dtype in enumerate([np.float16, np.float32, np.float64])
    ]
    truth = T.check_consistency(PRODUCT, entries, scale=0.5)
    assert sorted(truth) == ["product_output", "x_grad", "y_grad"]
    assert truth["product_output"].dtype == np.float64
    T.check_consistency(PRODUCT, entries, grad_req="null", use_uniform=True)


def test_networks_that_differ_do_not(capsys):
    entries = [{"ctx": mx.cpu(), "x": (2, 3)}] * 2
    networks = [mx.sym.identity(X * 2, name="n"), mx.sym.identity(X * 3, name="n")]
    with pytest.raises(AssertionError, match="n_output of entry 1=.*n_output of entry 0="):
        T.check_consistency(networks, entries)
    T.check_consistency(networks, entries, raise_on_err=False)
    assert "Items are not equal" in capsys.readouterr().out


def test_consistency_needs_something_to_compare():
    entry = {"ctx": mx.cpu(), "x": (2, 3), "y": (2, 3)}
    for networks, entries in ((PRODUCT, [entry]), ([PRODUCT], [entry] * 2)):
        with pytest.raises(AssertionError, match="Expected one for each, and at least 2"):
            T.check_consistency(networks, entries)


def test_running_a_symbol_on_numpy_arrays():
    assert (T.simple_forward(PRODUCT, x=A, y=B) == A * B).all()
    first, second = T.simple_forward(mx.sym.Group([X, X * 2]), x=A)
    assert (second == 2 * first).all()


def test_the_time_of_a_run_is_measured():
    assert T.check_speed(PRODUCT, x=(2, 3), y=(2, 3), N=2) > 0
    assert T.check_speed(PRODUCT, {"x": A, "y": B}, N=2, typ="forward") > 0
    with pytest.raises(ValueError, match="typ is 'backward'. Expected 'whole' or 'forward'"):
        T.check_speed(PRODUCT, x=(2, 3), y=(2, 3), typ="backward")


def test_equal_optimizers_agree_and_others_do_not():
    make = mx.optimizer.SGD
    T.compare_optimizer(make(momentum=0.9), make(momentum=0.9), (4, 3), "float32", g_stype="row_sparse")
    T.compare_optimizer(make(), make(), [(2, 3), (4,)], "float32", ntensors=2)
    T.compare_optimizer(make(), make(), [(2, 3)], "float32")
    with pytest.raises(AssertionError):
        T.compare_optimizer(make(learning_rate=1.0), make(learning_rate=0.5), (4, 3), "float32")


def test_structure_is_more_than_names():
    assert T.same_symbol_structure(X * Y, mx.sym.Variable("p") * mx.sym.Variable("q"))
    assert not T.same_symbol_structure(X * Y, X + Y)
    assert not T.same_symbol_structure(X * Y, X * X)
