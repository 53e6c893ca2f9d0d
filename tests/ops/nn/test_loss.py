"""What the table of samples cannot say of losses: which gradients they ignore, and the labels they accept."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import ShapeError


def _gradient(symbol, head=None, req="write", start=0.0, **values):
    """Run one training step; return what is in data's gradient array then."""
    arrays = {name: mx.nd.array(value) for name, value in values.items()}
    gradient = mx.nd.full(arrays["data"].shape, start)
    executor = symbol.bind(
        mx.cpu(), arrays, {"data": gradient}, {name: req if name == "data" else "null" for name in arrays}
    )
    executor.forward(is_train=True)
    executor.backward(None if head is None else mx.nd.array(head))
    return gradient.asnumpy()


def _loss(operator, **params):
    return getattr(mx.sym, operator)(mx.sym.Variable("data"), mx.sym.Variable("label"), **params)


def _softmax(data, axis):
    e = np.exp(data - data.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@pytest.fixture
def scores():
    return np.random.default_rng(2).normal(size=(4, 3)).astype("float32")


@pytest.mark.parametrize(
    "operator",
    ["SoftmaxOutput", "SVMOutput", "LinearRegressionOutput", "LogisticRegressionOutput", "MakeLoss"],
)
def test_losses_start_the_gradient_whatever_the_head_gradient_is(scores, operator):
    label = (
        {"label": np.zeros((4, 3) if "Regression" in operator else (4,))} if operator != "MakeLoss" else {}
    )
    symbol = mx.sym.MakeLoss(mx.sym.Variable("data")) if operator == "MakeLoss" else _loss(operator)
    without = _gradient(symbol, data=scores, **label)
    assert np.abs(without).max() > 0
    np.testing.assert_array_equal(_gradient(symbol, head=np.full((4, 3), 7.0), data=scores, **label), without)


def test_softmax_output_multiplies_with_the_head_gradient_if_told(scores):
    label = np.array([0, 2, 1, 1])
    head = np.random.default_rng(3).normal(size=(4, 3)).astype("float32")
    alone = _gradient(_loss("SoftmaxOutput"), data=scores, label=label)
    multiplied = _gradient(_loss("SoftmaxOutput", out_grad=True), head=head, data=scores, label=label)
    np.testing.assert_allclose(multiplied, alone * head, rtol=1e-6)


def test_softmax_output_pushes_all_classes_down_where_the_label_is_no_class(scores):
    found = _gradient(_loss("SoftmaxOutput"), data=scores, label=np.array([-1, 3, 0, 7]))
    expected = _softmax(scores, 1)
    expected[2, 0] -= 1
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_softmax_output_compares_labels_as_whole_numbers(scores):
    symbol = _loss("SoftmaxOutput", use_ignore=True, ignore_label=1.5)
    found = _gradient(symbol, data=scores, label=np.array([0.7, 1.9, 2.2, 1]))
    assert np.abs(found).sum(1).astype(bool).tolist() == [True, False, True, False]
    assert found[0, 0] < 0
    assert found[2, 2] < 0


def test_softmax_output_counts_valid_labels_whether_or_not_it_ignores_any(scores):
    label = np.array([0, 2, 2, 1])
    plain = _gradient(_loss("SoftmaxOutput"), data=scores, label=label)
    counted = _gradient(
        _loss("SoftmaxOutput", ignore_label=2, normalization="valid"), data=scores, label=label
    )
    np.testing.assert_allclose(counted, plain / 2, rtol=1e-6)


def test_softmax_output_of_nothing_valid_divides_by_one(scores):
    symbol = _loss("SoftmaxOutput", ignore_label=1, use_ignore=True, normalization="valid")
    assert not _gradient(symbol, data=scores, label=np.ones(4)).any()


def test_softmax_output_per_position_divides_by_the_positions():
    data = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")
    label = np.array([[0, 1, 2, 0], [2, 2, 1, 0]])
    onehot = np.eye(3)[label].transpose(0, 2, 1)
    found = _gradient(_loss("SoftmaxOutput", multi_output=True), data=data, label=label)
    np.testing.assert_allclose(found, (_softmax(data, 1) - onehot) / 4, rtol=1e-5, atol=1e-7)


def test_softmax_output_over_several_axes_reads_labels_in_a_row():
    data = np.random.default_rng(1).normal(size=(2, 3, 2)).astype("float32")
    found = _gradient(_loss("SoftmaxOutput"), data=data, label=np.array([[1, 5, 0], [2, 2, 2]])).reshape(2, 6)
    expected = _softmax(data.reshape(2, 6), 1)
    expected[0, 1] -= 1
    expected[1, 5] -= 1  # the second label, though it stands with the first sample
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("params", "label"),
    [
        ({}, (2, 3, 4)),
        ({"multi_output": True}, (2, 20)),
        ({"multi_output": True}, (2, 4, 5)),
        ({"multi_output": True}, (2, 1, 4, 5)),
        ({"multi_output": True}, (2, 3, 4, 5)),
        ({"preserve_shape": True}, (2, 3, 4)),
    ],
)
def test_softmax_output_accepts_labels_in_several_shapes(params, label):
    arguments, outputs, _ = _loss("SoftmaxOutput", **params).infer_shape(data=(2, 3, 4, 5), label=label)
    assert arguments == [(2, 3, 4, 5), label]
    assert outputs == [(2, 3, 4, 5)]


def test_a_label_of_the_wrong_shape_is_shown_beside_the_right_one():
    with pytest.raises(ShapeError, match=r"(?s)label.*Expect: label \(4,\).*Actual: label \(5,\)"):
        _loss("SoftmaxOutput").infer_shape(data=(4, 3), label=(5,))
    with pytest.raises(ShapeError, match="at least 2 axes"):
        _loss("SoftmaxOutput", multi_output=True).infer_shape(data=(4,))
    with pytest.raises(ShapeError, match="data must have 2 axes, sample and class; it has 3"):
        _loss("softmax_cross_entropy").infer_shape(data=(4, 3, 2))


def test_regression_takes_one_label_per_sample_for_a_single_output():
    data, label = np.array([[1.0], [3.0]]), np.array([0.0, 5.0])
    assert _gradient(_loss("LinearRegressionOutput"), data=data, label=label).tolist() == [[1], [-2]]


def test_mean_absolute_error_counts_a_hit_as_too_small():
    found = _gradient(
        _loss("MAERegressionOutput"), data=np.array([1.0, 2.0, 3.0]), label=np.array([1.0, 1.0, 4.0])
    )
    assert found.tolist() == [-1, 1, -1]


def test_regression_takes_any_label_of_as_many_numbers_per_sample():
    data, label = np.arange(8.0).reshape(2, 2, 2), np.arange(8.0) / 2
    expected = (data - label.reshape(data.shape)) / 4
    for shape in ((2, 4), (2, 1, 4), (2, 2, 2, 1)):
        found = _gradient(_loss("LinearRegressionOutput"), data=data, label=label.reshape(shape))
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ShapeError, match="the shape of 'label' does not fit"):
        _loss("LinearRegressionOutput").infer_shape(data=(2, 2, 2), label=(8,))


def test_a_made_loss_is_divided_by_the_positions_of_its_batch():
    def slope(*shape):
        made = mx.sym.MakeLoss(mx.sym.Variable("data"), normalization="batch")
        return _gradient(made, data=np.zeros(shape)).max()

    assert [slope(5), slope(4, 3), slope(2, 3, 4)] == pytest.approx([1, 1 / 4, 1 / 6])
    assert slope(2, 3, 4, 5) == pytest.approx(1 / 24)


def test_svm_output_has_a_label_for_each_row_of_scores():
    data = np.array([[[0.5, -2.0], [0.2, 0.1]]])
    found = _gradient(_loss("SVMOutput", use_linear=True), data=data, label=np.array([[0, 1]]))
    assert found.tolist() == [[[-1, 0], [1, -1]]]


def test_softmax_cross_entropy_has_a_floor_and_counts_no_class_as_impossible():
    value = mx.nd.softmax_cross_entropy(mx.nd.array([[200.0, 0.0], [0.0, 0.0]]), mx.nd.array([1, 5]))
    np.testing.assert_allclose(value.asnumpy(), [-2 * np.log(1e-8)], rtol=1e-6)


def test_sparseness_average_moves_in_backward():
    data = np.array([[0.2, 0.8], [0.4, 0.6]], "float32")
    symbol = mx.sym.IdentityAttachKLSparseReg(
        mx.sym.Variable("data"), sparseness_target=0.3, penalty=0.1, momentum=0.5, name="sparse"
    )
    executor = symbol.simple_bind(mx.cpu(), data=data.shape)
    executor.arg_dict["data"][:] = data
    executor.aux_dict["sparse_moving_avg"][:] = 0.5
    executor.forward(is_train=True)
    assert executor.aux_dict["sparse_moving_avg"].asnumpy().tolist() == [0.5, 0.5]
    executor.backward(mx.nd.ones(data.shape))
    average = executor.aux_dict["sparse_moving_avg"].asnumpy()
    np.testing.assert_allclose(average, [0.4, 0.6], rtol=1e-6)
    slope = 1 + 0.1 * (0.7 / (1 - average) - 0.3 / average)
    np.testing.assert_allclose(executor.grad_dict["data"].asnumpy(), [slope, slope], rtol=1e-5)


@pytest.mark.parametrize("operator", ["SoftmaxOutput", "SVMOutput"])
def test_grad_req_add_replaces_the_gradient_of_a_loss_as_in_mxnet(scores, operator):
    label = np.array([0, 2, 1, 1])
    written = _gradient(_loss(operator), data=scores, label=label)
    added = _gradient(_loss(operator), req="add", start=100.0, data=scores, label=label)
    np.testing.assert_array_equal(added, written)


def test_grad_req_add_scales_what_a_regression_adds_to_as_in_mxnet(scores):
    found = _gradient(
        _loss("LinearRegressionOutput", grad_scale=2.0),
        req="add",
        start=10.0,
        data=scores,
        label=np.zeros((4, 3)),
    )
    np.testing.assert_allclose(found, (10 + scores) * (1 + 2 / 3), rtol=1e-5)


def test_grad_req_add_adds_behind_a_loss(scores):
    data = mx.sym.Variable("data")
    symbol = mx.sym.SoftmaxOutput(data * 1.0, mx.sym.Variable("label"))
    label = np.array([0, 2, 1, 1])
    written = _gradient(symbol, data=scores, label=label)
    added = _gradient(symbol, req="add", start=100.0, data=scores, label=label)
    np.testing.assert_allclose(added, written + 100, rtol=1e-6)


def test_labels_get_no_gradient(scores):
    executor = _loss("SoftmaxOutput").simple_bind(mx.cpu(), data=(4, 3))
    executor.arg_dict["data"][:] = scores
    executor.forward(is_train=True)
    executor.backward()
    assert not executor.grad_dict["label"].asnumpy().any()
