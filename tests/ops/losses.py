"""Losses at every rank and with every parameter: what real MXNet answered to each is in data/losses.json.

``python losses.py``, run by a Python that has MXNet, prints its answers. Those recorded are of 1.9.1, but for
``out_grad=True``, of which 1.9.1 makes nonsense: they are of 1.2.1. Left out are SoftmaxOutput and SVMOutput of vectors
(1.9.1 reads a label of no elements), the sparseness penalty beyond two axes (MXNet mixes up its axes), and labels that
are no class in softmax_cross_entropy (MXNet reads foreign memory).
"""

import itertools
import json

import numpy as np

import mxnet as mx

SHAPES = [(5,), (4, 3), (2, 3, 4), (2, 3, 2, 3), (2, 3, 2, 1, 2)]


def numbers(shape, step=37, modulus=23, scale=7.0):
    """Return numbers on both sides of 0, in no order."""
    i = np.arange(int(np.prod(shape)))
    return ((i * step % modulus - modulus // 2) / scale).astype("float32").reshape(shape)


def labels(kind, shape, classes):
    """Return classes, classes and what is none, class 1 everywhere, or numbers from 0 to 1."""
    i = np.arange(int(np.prod(shape)))
    made = {
        "class": i * 5 % classes,
        "odd": np.array([0, -1, 1, classes, 1.7, classes + 3, 2, -5, 0.2])[i % 9],
        "one": np.ones_like(i),
        "soft": i * 7 % 11 / 10.0,
    }[kind]
    return made.astype("float32").reshape(shape)


def _combined(**choices):
    return [dict(zip(choices, values)) for values in itertools.product(*choices.values())]  # noqa: B905


def _make_loss():
    for shape in [*SHAPES, (1, 4), (2, 3, 4, 5)]:
        for params in _combined(
            normalization=["null", "batch", "valid"], grad_scale=[0.5, -2], valid_thresh=[0, 0.4, 9]
        ):
            yield "MakeLoss", params, {"data": numbers(shape)}
        yield "make_loss", {}, {"data": numbers(shape)}


def _softmax():
    for shape in SHAPES[1:]:
        for params in _combined(
            multi_output=[False, True],
            preserve_shape=[False, True],
            normalization=["null", "batch", "valid"],
            use_ignore=[False, True],
            smooth_alpha=[0, 0.3],
            out_grad=[False, True],
        ):
            n, *rest = shape
            positions, classes = (rest[1:], rest[0]) if params["multi_output"] else (rest[:-1], rest[-1])
            flat, spread = (n, int(np.prod(positions))), (n, *positions)
            shapes = [(spread, "class"), (spread, "odd"), (spread, "one"), (shape, "soft")]
            if params["multi_output"]:
                shapes += [(flat, "odd"), ((n, 1, *positions), "class")]
            for label, kind in shapes:
                arrays = {"data": numbers(shape), "label": labels(kind, label, classes)}
                yield "SoftmaxOutput", dict(params, ignore_label=1, grad_scale=0.5), arrays


def _svm():
    for shape in SHAPES[1:]:
        for params in _combined(
            margin=[1, 0.4], regularization_coefficient=[1, 0.5], use_linear=[False, True]
        ):
            for kind in ("class", "odd"):
                arrays = {"data": numbers(shape), "label": labels(kind, shape[:-1], shape[-1])}
                yield "SVMOutput", params, arrays


def _regression():
    for operator in ("LinearRegressionOutput", "MAERegressionOutput", "LogisticRegressionOutput"):
        for shape in [*SHAPES, (4, 1), (4, 1, 1), (1, 4)]:
            flat = (shape[0], int(np.prod(shape[1:])))
            column = {shape[:1]} if flat[1] == 1 else set()
            for label in sorted({shape, (*shape, 1), flat} | column):
                for scale in (1, 0.5, -2):
                    arrays = {"data": numbers(shape), "label": labels("soft", label, 3)}
                    yield operator, {"grad_scale": scale}, arrays


def _functions():
    for shape in SHAPES:
        for scalar in (1, 0.5, 3):
            yield "smooth_l1", {"scalar": scalar}, {"data": numbers(shape)}
    yield "softmax_cross_entropy", {}, {"data": numbers((4, 3)), "label": labels("class", (4,), 3)}
    for params in _combined(sparseness_target=[0.1, 0.4], penalty=[0.001, 2], momentum=[0.9, 0.3]):
        yield "IdentityAttachKLSparseReg", params, {"data": np.abs(numbers((4, 3))) / 2 + 0.01}


def _ctc():
    for params in _combined(
        blank_label=["first", "last"], use_data_lengths=[False, True], use_label_lengths=[False, True]
    ):
        for padded in (False, True):
            label = np.array([[1, 2, 2, 1], [3, 1, 2, 2], [2, 3, 1, 3]], "float32")
            if padded:
                label[1, 1:] = label[2, 3:] = 0 if params["blank_label"] == "first" else -1
            arrays = {"data": numbers((7, 3, 5)), "label": label}
            if params["use_data_lengths"]:
                arrays["data_lengths"] = np.array([7, 5, 6], "float32")
            if params["use_label_lengths"]:
                arrays["label_lengths"] = np.array([4, 1, 3], "float32")
            yield "CTCLoss", params, arrays


CASES = [
    *_make_loss(),
    *itertools.islice(_softmax(), 0, None, 7),
    *_svm(),
    *_regression(),
    *_functions(),
    *_ctc(),
]


def _digest(array):
    """Return two weighted sums, which tell arrays of one shape apart."""
    flat = array.astype("float64").ravel()
    i = np.arange(flat.size)
    return [float(f"{flat.dot(weights):.5g}") for weights in (np.cos(i), np.sin(2 * i + 1))]


def answer(operator, params, arrays):
    """Return digests of the output, of data's gradient, written and added to 1, and of the states after that."""
    symbol = getattr(mx.sym, operator)(**dict(params, **{name: mx.sym.Variable(name) for name in arrays}))
    bound = {name: mx.nd.array(value) for name, value in arrays.items()}
    gradient = mx.nd.ones(arrays["data"].shape)
    states = [mx.nd.ones(arrays["data"].shape[1:2]) * 0.3 for _ in symbol.list_auxiliary_states()]
    seen = []
    for request in ("write", "add"):
        gradient[:] = 1
        requests = dict(dict.fromkeys(bound, "null"), data=request)
        executor = symbol.bind(mx.cpu(), bound, {"data": gradient}, requests, states)
        output = executor.forward(is_train=True)[0].asnumpy()
        executor.backward([mx.nd.array(numbers(output.shape, 11, 13, 3.0))])
        seen.append(_digest(gradient.asnumpy()))
    return [_digest(output), *seen, *(_digest(state.asnumpy()) for state in states)]


if __name__ == "__main__":
    print("[\n" + ",\n".join(json.dumps(answer(*case)) for case in CASES) + "\n]")  # noqa: T201
