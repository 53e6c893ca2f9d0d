"""The loss over all alignments, against the alignments themselves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import ShapeError


def _by_counting(data, label, blank):
    """Return minus the log probability of a label, from every way to spell it."""
    p = np.exp(data) / np.exp(data).sum(1, keepdims=True)
    total = 0.0
    for spelling in itertools.product(range(data.shape[1]), repeat=len(data)):
        read = [c for i, c in enumerate(spelling) if (i == 0 or c != spelling[i - 1]) and c != blank]
        if read == list(label):
            total += np.prod([p[t, c] for t, c in enumerate(spelling)])
    return -np.log(total)


@pytest.fixture
def data():
    return np.random.default_rng(4).normal(size=(5, 3, 4))


def test_loss_sums_over_all_alignments(data):
    labels = [[1, 2, 0], [3, 3, 0], [2, 0, 0]]
    found = mx.nd.CTCLoss(mx.nd.array(data), mx.nd.array(labels)).asnumpy()
    expected = [_by_counting(data[:, i], [c for c in label if c], 0) for i, label in enumerate(labels)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_blank_may_be_the_last_class(data):
    labels = [[0, 1, -1], [2, 2, -1], [1, -1, -1]]
    found = mx.nd.CTCLoss(mx.nd.array(data), mx.nd.array(labels), blank_label="last").asnumpy()
    expected = [_by_counting(data[:, i], [c for c in label if c >= 0], 3) for i, label in enumerate(labels)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_lengths_say_what_counts(data):
    found = mx.nd.CTCLoss(
        mx.nd.array(data),
        mx.nd.array([[1, 2, 3]] * 3),
        mx.nd.array([5, 3, 4]),
        mx.nd.array([3, 1, 2]),
        use_data_lengths=True,
        use_label_lengths=True,
    ).asnumpy()
    pairs = zip((5, 3, 4), ([1, 2, 3], [1], [1, 2]), strict=True)
    expected = [_by_counting(data[:steps, i], label, 0) for i, (steps, label) in enumerate(pairs)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_labels_that_cannot_be_read_cost_nothing_and_teach_nothing(data):
    x = mx.nd.array(data)
    x.attach_grad()
    with mx.autograd.record():
        loss = mx.nd.CTCLoss(
            x, mx.nd.array([[1, 1, 1], [2, 2, 2], [1, 2, 3]]), mx.nd.array([4, 3, 2]), use_data_lengths=True
        )
    loss.backward()
    assert loss.asnumpy().tolist() == [0, 0, 0]
    assert not x.grad.asnumpy().any()


@pytest.mark.parametrize("blank", ["first", "last"])
def test_an_empty_label_is_read_from_blanks_alone(data, blank):
    x = mx.nd.array(data)
    x.attach_grad()
    padding = 0 if blank == "first" else -1
    with mx.autograd.record():
        loss = mx.nd.CTCLoss(x, mx.nd.array([[padding] * 2, [1, 2], [padding] * 2]), blank_label=blank)
    loss.backward()
    p = np.exp(data) / np.exp(data).sum(2, keepdims=True)
    read = np.eye(data.shape[2])[0 if blank == "first" else -1]
    np.testing.assert_allclose(loss.asnumpy()[[0, 2]], -np.log(p[:, [0, 2]] @ read).sum(0), rtol=1e-5)
    np.testing.assert_allclose(x.grad.asnumpy()[:, [0, 2]], (p - read)[:, [0, 2]], rtol=1e-4, atol=1e-6)


def test_gradient_of_the_gradient_is_finite_differences(data):
    names = mx.sym.Variable("x"), mx.sym.Variable("label")
    gradient = mx.sym.sum(mx.sym.square(mx.sym.CTCLoss(*names).gradient(["x"])[0]))
    second = gradient.gradient(["x"])[0]
    label = mx.nd.array([[1, 2, 0], [3, 3, 0], [2, 0, 0]])
    direction = np.random.default_rng(5).normal(size=data.shape)

    def value(symbol, at):
        return symbol.eval(x=mx.nd.array(at, dtype="float64"), label=label)[0].asnumpy()

    numeric = (value(gradient, data + 1e-5 * direction) - value(gradient, data - 1e-5 * direction)) / 2e-5
    np.testing.assert_allclose((value(second, data) * direction).sum(), numeric[0], rtol=1e-5)


@pytest.mark.parametrize(
    ("label", "params", "message"),
    [
        (
            [1, 4, 0],
            {},
            r"sample 1 has 4 at position 1, but data has 4 classes.*'first' labels are 1 to 3, and 0",
        ),
        ([-1, 1, 0], {}, "sample 1 has -1 at position 0, but data has 4 classes"),
        (
            [0, 9, -1],
            {"blank_label": "last"},
            "sample 1 has 9 at position 1.*'last' labels are 0 to 2, and -1 ends",
        ),
        ([0, -2, 1], {"blank_label": "last"}, "sample 1 has -2 at position 1"),
        ([1, 2, 7], {"label_lengths": [3, 3, 3]}, "sample 1 has 7 at position 2"),
        ([1, -1, 2], {"label_lengths": [3, 3, 3], "blank_label": "last"}, "sample 1 has -1 at position 1"),
        ([1, 2, 3], {"label_lengths": [3, 4, 3]}, "label_lengths of sample 1 is 4, but must be from 0 to 3"),
        ([1, 2, 3], {"data_lengths": [5, 6, 5]}, "data_lengths of sample 1 is 6, but must be from 0 to 5"),
    ],
)
def test_what_no_class_stands_for_is_refused(data, label, params, message):
    lengths = {name: mx.nd.array(value) for name, value in params.items() if "lengths" in name}
    used = {f"use_{name}": True for name in lengths}
    blank = {name: value for name, value in params.items() if name not in lengths}
    labels = mx.nd.array([[1, 2, 1], label, [1, 1, 1]])
    with pytest.raises(mx.MXNetError, match=message):
        mx.nd.CTCLoss(mx.nd.array(data), labels, **lengths, **used, **blank).wait_to_read()


def test_what_lies_after_a_label_may_be_anything(data):
    def loss(label, **kwargs):
        return mx.nd.CTCLoss(mx.nd.array(data[:, :1]), mx.nd.array([label]), **kwargs).asscalar()

    assert loss([1, 0, 99]) == loss([1, 0, 0])
    shortened = {"label_lengths": mx.nd.array([2]), "use_label_lengths": True}
    assert loss([1, 2, -7], **shortened) == loss([1, 2, 0], **shortened)


def test_labels_are_rounded_as_in_mxnet(data):
    def loss(*label):
        return mx.nd.CTCLoss(mx.nd.array(data[:, :1]), mx.nd.array([label])).asscalar()

    assert loss(1.2, 1.5) == loss(1, 2)
    assert loss(0.6, 2.5) == loss(1, 3)
    assert loss(1, 0.4) == loss(1, 0)


def test_a_label_longer_than_the_time_is_refused():
    symbol = mx.sym.CTCLoss(mx.sym.Variable("x"), mx.sym.Variable("label"))
    with pytest.raises(ShapeError, match="labels of 4 classes cannot be read in 3 time steps"):
        symbol.infer_shape(x=(3, 2, 5), label=(2, 4))
    with pytest.raises(ShapeError, match="data must have 3 axes; it has 2"):
        symbol.infer_shape(x=(3, 2))
