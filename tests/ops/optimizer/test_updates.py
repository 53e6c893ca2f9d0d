"""What one call of an update does to its arrays; the numbers are in the recorded answers."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import MXNetError, ParameterError


@pytest.fixture
def draw():
    random = np.random.default_rng(8)
    return lambda *shape, dtype="float32": mx.nd.array(random.uniform(0.5, 1.5, shape), dtype=dtype)


def test_the_new_weight_is_a_result_and_states_move_in_place(draw):
    weight, grad, mom = draw(3), draw(3), draw(3)
    old_weight, old_mom = weight.asnumpy(), mom.asnumpy()
    new = mx.nd.sgd_mom_update(weight, grad, mom, lr=0.1, momentum=0.9)
    assert weight.asnumpy().tolist() == old_weight.tolist()
    np.testing.assert_allclose(mom.asnumpy(), 0.9 * old_mom - 0.1 * grad.asnumpy(), rtol=1e-6)
    np.testing.assert_allclose(new.asnumpy(), old_weight + mom.asnumpy(), rtol=1e-6)


def test_out_replaces_the_weight(draw):
    weight, grad = draw(3), draw(3)
    expected = weight.asnumpy() - 0.1 * grad.asnumpy()
    assert mx.nd.sgd_update(weight, grad, lr=0.1, out=weight) is weight
    np.testing.assert_allclose(weight.asnumpy(), expected, rtol=1e-6)


def test_decay_is_clipped_by_adam_but_not_by_sgd(draw):
    weight, grad = draw(3), draw(3)
    sgd = mx.nd.sgd_update(weight, grad, lr=1.0, wd=0.5, clip_gradient=0.1)
    np.testing.assert_allclose(sgd.asnumpy(), 0.5 * weight.asnumpy() - 0.1, rtol=1e-6)
    mean, var = mx.nd.zeros(3), mx.nd.zeros(3)
    mx.nd.adam_update(weight, grad, mean, var, lr=1.0, wd=0.5, clip_gradient=0.1)
    np.testing.assert_allclose(mean.asnumpy(), 0.01, rtol=1e-5)


def test_mixed_precision_keeps_what_half_precision_cannot_hold(draw):
    weight, grad = mx.nd.ones(3, dtype="float16"), draw(3, dtype="float16")
    master = mx.nd.ones(3)
    for _ in range(3):
        mx.nd.mp_sgd_update(weight, grad, master, lr=1e-5, out=weight)
    np.testing.assert_allclose(master.asnumpy(), 1 - 3e-5 * grad.asnumpy().astype("float32"), rtol=1e-6)
    assert weight.asnumpy().tolist() == [1, 1, 1]


@pytest.mark.parametrize("momentum", [False, True])
@pytest.mark.parametrize("preloaded", [False, True])
@pytest.mark.parametrize("mixed", [False, True])
def test_several_weights_at_once_move_as_one_by_one(draw, momentum, preloaded, mixed):
    shapes, lrs, wds = [(2, 3), (4,)], (0.1, 0.2), (0.0, 0.3)
    low = "float16" if mixed else "float32"
    groups = [
        [draw(*shape, dtype=low), draw(*shape, dtype=low), *[draw(*shape) for _ in range(momentum + mixed)]]
        for shape in shapes
    ]
    alone = [[array.copy() for array in group] for group in groups]
    more = {"momentum": 0.9} if momentum else {}
    name = ("mp_" if mixed else "") + ("sgd_mom_update" if momentum else "sgd_update")
    for group, lr, wd in zip(alone, lrs, wds, strict=True):
        getattr(mx.nd, name)(*group, lr=lr, wd=wd, out=group[0], **more)
    arrays = [array for group in groups for array in group]
    out = [group[0] for group in groups]
    if preloaded:
        arrays += [mx.nd.array(lrs), mx.nd.array(wds)]
        getattr(mx.nd, f"preloaded_multi_{name}")(*arrays, num_weights=2, out=out, **more)
    else:
        getattr(mx.nd, f"multi_{name}")(*arrays, num_weights=2, lrs=lrs, wds=wds, out=out, **more)
    for group, expected in zip(groups, alone, strict=True):
        for array, other in zip(group, expected, strict=True):
            np.testing.assert_allclose(array.asnumpy(), other.asnumpy(), rtol=1e-6)


def test_several_weights_need_as_many_rates(draw):
    with pytest.raises(
        ParameterError, match=r"multi_sgd_update: lrs needs a number for each of 2 weights: \(0.1,\)"
    ):
        mx.nd.multi_sgd_update(draw(2), draw(2), draw(2), draw(2), lrs=(0.1,), wds=(0, 0), num_weights=2)


def test_adamw_rests_when_the_gradient_has_overflowed(draw):
    weight, grad, mean, var = draw(3), draw(3), draw(3), draw(3)
    before = [array.asnumpy() for array in (weight, grad, mean, var)]
    for factor in (np.inf, np.nan, 0.0):
        mx.nd.contrib.adamw_update(weight, grad, mean, var, factor, lr=0.1, eta=1.0, out=weight)
    for array, old in zip((weight, grad, mean, var), before, strict=True):
        assert array.asnumpy().tolist() == old.tolist()


def test_adamw_and_lamb_of_several_weights_move_as_one_by_one(draw):
    groups = [[draw(2, 3) for _ in range(4)], [draw(4) for _ in range(4)]]
    columns = list(zip(*groups, strict=True))
    one_by_one = []
    for weight, grad, mean, var in groups:
        arrays = [array.copy() for array in (weight, grad, mean, var)]
        one_by_one.append(mx.nd.contrib.adamw_update(*arrays, 0.5, lr=0.1, eta=1.0, wd=0.2).asnumpy())
    copies = [[array.copy() for array in column] for column in columns]
    found = mx.nd.contrib.multi_adamw_update(*copies, 0.5, lrs=(0.1,) * 2, wds=(0.2,) * 2, etas=(1.0,) * 2)
    for array, expected in zip(found, one_by_one, strict=True):
        np.testing.assert_allclose(array.asnumpy(), expected, rtol=1e-6)
    one_by_one = []
    for weight, grad, mean, var in groups:
        direction = mx.nd.lamb_update_phase1(weight, grad, mean.copy(), var.copy(), t=2, wd=0.2)
        norms = [mx.nd.norm(array).reshape((1,)) for array in (weight, direction)]
        one_by_one.append(mx.nd.lamb_update_phase2(weight, direction, *norms, lr=0.1).asnumpy())
    copies = [[array.copy() for array in column] for column in columns]
    found = mx.nd.contrib.multi_lamb_update(*copies, step_count=(2, 2), lrs=(0.1,) * 2, wds=(0.2,) * 2)
    for array, expected in zip(found, one_by_one, strict=True):
        np.testing.assert_allclose(array.asnumpy(), expected, rtol=1e-5)


def test_lazy_updates_touch_only_the_rows_of_the_gradient(draw):
    weight, mom = draw(3, 2), draw(3, 2)
    before = weight.asnumpy(), mom.asnumpy()
    grad = mx.nd.sparse.row_sparse_array((np.ones((1, 2)), [1]), shape=(3, 2), dtype="float32")
    mx.nd.sgd_mom_update(weight, grad, mom, lr=0.1, momentum=0.9, wd=0.1, out=weight)
    for array, old in zip((weight, mom), before, strict=True):
        assert (array.asnumpy() == old).all(1).tolist() == [True, False, True]
    mx.nd.sgd_mom_update(weight, grad, mom, lr=0.1, momentum=0.9, wd=0.1, lazy_update=False, out=weight)
    assert not (mom.asnumpy() == before[1]).any()


def test_updates_in_mixed_precision_are_not_lazy():  # as in MXNet 1.9.1
    weight, master = mx.nd.ones((3, 1), dtype="float16"), mx.nd.ones((3, 1))
    grad = mx.nd.array([[1], [0], [0]], dtype="float16").tostype("row_sparse")
    found = mx.nd.mp_sgd_update(weight, grad, master, lr=0.1, wd=0.5).asnumpy()
    np.testing.assert_allclose(found.ravel(), [0.85, 0.95, 0.95], rtol=1e-3)


def test_adagrad_has_no_decay():
    with pytest.raises(ParameterError, match="weight decay is not supported"):
        mx.sym.sparse.adagrad_update(*map(mx.sym.Variable, "wgh"), lr=0.1, wd=0.1)


def test_resetting_arrays_returns_nothing(draw):
    arrays = [draw(2, 3), draw(4)]
    assert mx.nd.reset_arrays(*arrays, num_arrays=2) == []
    assert not any(array.asnumpy().any() for array in arrays)


def test_the_number_of_arrays_must_be_said(draw):
    with pytest.raises(MXNetError, match="requires the parameter 'num_arrays'"):
        mx.nd.multi_sum_sq(draw(2), draw(3))


def test_one_number_that_is_not_finite_is_found(draw):
    arrays = [draw(2, 3), draw(4)]
    assert mx.nd.multi_all_finite(*arrays, num_arrays=2).asnumpy().tolist() == [1]
    arrays[1][2] = np.inf
    assert mx.nd.multi_all_finite(*arrays, num_arrays=2).asnumpy().tolist() == [0]


@pytest.mark.parametrize(
    ("name", "weight", "state", "lazy"),
    [
        ("sgd_mom_update", "default", "default", True),
        ("sgd_mom_update", "row_sparse", "row_sparse", True),
        ("sgd_mom_update", "default", "row_sparse", False),
        ("sgd_mom_update", "row_sparse", "default", False),
        ("adam_update", "default", "default", True),
        ("adam_update", "row_sparse", "default", False),
        ("ftrl_update", "row_sparse", "row_sparse", True),
        ("ftrl_update", "row_sparse", "default", False),
        ("ftrl_update", "default", "default", False),
    ],
)
def test_updates_leave_rows_without_gradient_alone_if_states_are_stored_as_the_weight(
    name, weight, state, lazy
):
    array, grad = (
        mx.nd.ones((3, 2)).tostype(weight),
        mx.nd.sparse.row_sparse_array(([[1, 1]], [1]), shape=(3, 2)),
    )
    states = [mx.nd.ones((3, 2)).tostype(state) for _ in range(1 if "mom" in name else 2)]
    getattr(mx.nd, name)(array, grad, *states, out=array, lr=0.1, wd=0.1)
    moved = (array.asnumpy() != 1).any(1).tolist()
    assert moved == ([False, True, False] if lazy else [True, True, True])
