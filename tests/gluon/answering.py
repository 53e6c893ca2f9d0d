"""What is recorded of a layer, asked of real MXNet and of this project by the same lines (Python 3.8 reads it too)."""

import json

import numpy as np

import mxnet as mx
from mxnet import autograd, gluon


def values(number, shape):
    """Return the array of a formula; its number moves it."""
    size = int(np.prod(shape))
    return (np.sin(np.arange(size) * 0.37 + number * 1.7 + 0.3) * 0.5).reshape(shape).astype("float32")


def whole(number, shape, below):
    """Return integers of a formula."""
    size = int(np.prod(shape))
    return ((np.arange(size) * 7 + number * 3) % below).reshape(shape).astype("float32")


def fill(block):
    """Give every parameter, in their order, the values of the formula."""
    for number, parameter in enumerate(block.collect_params().values()):
        array = values(number, parameter.shape)
        if parameter.name.endswith(("gamma", "running_var")):
            array = np.abs(array) + 0.5
        parameter.set_data(mx.nd.array(array))


def build(expression):
    """Build the block of an expression, with names counted from 0."""
    words = {"mx": mx, "nn": gluon.nn, "C": gluon.contrib, "rnn": gluon.rnn, "loss": gluon.loss}
    with mx.name.NameManager():
        return eval(expression, words)  # the expressions of the table beside


def feed(inputs):
    """Make the arrays of the inputs of a case."""
    arrays = []
    for number, each in enumerate(inputs):
        if len(each) == 2 and isinstance(each[0], tuple):
            arrays.append(mx.nd.array(whole(number, *each)))
        else:
            arrays.append(mx.nd.array(values(number + 5, each) * 2))
    return arrays


def plain(arrays):
    """Turn arrays into lists, rounded as float32 is."""
    if isinstance(arrays, (list, tuple)):
        return [plain(each) for each in arrays]
    return [list(arrays.shape), [float(f"{value:.7g}") for value in arrays.asnumpy().ravel()]]


def described(block):
    """Return what stands on the parameters."""
    return [
        [p.name, list(p.shape), p.grad_req, np.dtype(p.dtype).name, _init(p.init), p._stype, p._grad_stype]
        for p in block.collect_params().values()
    ]


def _init(init):
    return init if init is None or isinstance(init, str) else init.dumps()


def nodes(symbol):
    """Return the nodes of a symbol as its file has them."""
    found = json.loads(symbol.tojson())["nodes"]
    for node in found:
        if "__shape__" in node.get("attrs", {}):  # real MXNet writes some as lists
            node["attrs"]["__shape__"] = node["attrs"]["__shape__"].replace("[", "(").replace("]", ")")
    return [[node["op"], node["name"], node.get("attrs", {}), node["inputs"]] for node in found]


def composed(expression, inputs):
    """Return the nodes that a block adds to variables."""
    with mx.name.NameManager():
        block = build(expression)
        result = block(*[mx.sym.Variable(f"data{number}") for number in range(len(inputs) or 1)])
        return nodes(mx.sym.Group(result) if isinstance(result, (list, tuple)) else result)


def run(block, arrays, inputs):
    """Train once; return outputs, gradients of inputs and of parameters."""
    asked = [arrays[number] for number, each in enumerate(inputs) if isinstance(each[0], int)]
    for array in asked:
        array.attach_grad()
    with autograd.record():
        output = block(*arrays)
    output.backward(mx.nd.array(values(90, output.shape)))
    trained = [p for p in block.collect_params().values() if p.grad_req != "null"]
    moved = [p.data() for p in block.collect_params().values() if p.grad_req == "null"]
    dense = [p.grad().tostype("default") for p in trained]
    return plain([output]), plain([array.grad for array in asked]), plain(dense), plain(moved)


def answer(expression, inputs, hybrid=False):
    """Return everything that is recorded of a block."""
    block = build(expression)
    known = {"class": type(block).__name__, "repr": repr(block), "params": described(block)}
    if "Sparse" not in expression and "SDML" not in expression:
        known["nodes"] = composed(expression, inputs)
    if not inputs:
        return known
    arrays = feed(inputs)
    block.initialize()
    block(*arrays)
    known["known"] = [repr(block), [list(p.shape) for p in block.collect_params().values()]]
    fill(block)
    known["output"] = plain(block(*arrays))
    known["train"], known["input_grads"], known["param_grads"], known["moved"] = run(block, arrays, inputs)
    if hybrid:
        fill(block)
        block.hybridize()
        assert np.allclose(plain(block(*arrays))[1], known["output"][1], atol=1e-5)
    return known
