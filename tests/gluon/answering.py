"""What is recorded of a layer, asked of real MXNet and of this project by the same lines (Python 3.8 reads it too)."""

import hashlib
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
    words = {
        "mx": mx,
        "nn": gluon.nn,
        "C": gluon.contrib,
        "rnn": gluon.rnn,
        "loss": gluon.loss,
        "stack": stack,
    }
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


def stack(container, *cells):
    """Put cells into a container."""
    for cell in cells:
        container.add(cell)
    return container


def flat(values):
    """Return what lists in lists hold."""
    return (
        [each for value in values for each in flat(value)] if isinstance(values, (list, tuple)) else [values]
    )


def graph(values):
    """Return the nodes of symbols in lists; cells have counters, so numbers of the naming are left out."""
    return nodes(mx.sym.Group(flat(values)))


def described_cell(block):
    """Return what a cell says of itself."""
    return [type(block).__name__, repr(block), block.prefix, described(block), _states(block.state_info(2))]


def _states(infos):
    return [[list(info["shape"]), info["__layout__"], str(info.get("dtype"))] for info in infos]


def train(block, call, arrays):
    """Record a call; return the gradients of arrays and parameters of its first result."""
    for array in arrays:
        array.attach_grad()
    with autograd.record():
        output = flat(call(*arrays))[0]
    output.backward(mx.nd.array(values(90, output.shape)))
    trained = [p for p in block.collect_params().values() if p.grad_req != "null"]
    return plain([array.grad for array in arrays] + [p.grad() for p in trained])


def answer_cell(expression, shape, steps):
    """Return everything that is recorded of a cell on vectors: of a step, if it takes any, and of unrolling."""
    block = build(expression)
    known = {"described": described_cell(block)}
    with mx.name.NameManager():
        block = build(expression)
        x, lengths = mx.sym.Variable("x"), mx.sym.Variable("lengths")
        count = len(block.state_info())
        if steps:
            block.reset()
            known["step_nodes"] = graph(block(x, [mx.sym.Variable(f"s{n}") for n in range(count)]))
        known["list_nodes"] = graph(block.unroll(2, x, merge_outputs=False))
        known["merged_nodes"] = graph(block.unroll(2, x, layout="TNC", merge_outputs=True))
        known["valid_nodes"] = graph(block.unroll(2, x, merge_outputs=True, valid_length=lengths))
    batch, width = shape
    block, step = build(expression), mx.nd.array(values(1, shape))
    sequence = mx.nd.array(values(2, (batch, 3, width)))
    block.initialize()
    begin = [mx.nd.array(values(20 + n, info["shape"])) for n, info in enumerate(block.state_info(batch))]
    zeros = [mx.nd.zeros(state.shape) for state in begin]
    block.unroll(3, sequence, begin)
    known["known"] = [repr(block), [list(p.shape) for p in block.collect_params().values()]]
    fill(block)
    if steps:
        block.reset()
        known["step"] = plain(flat(block(step, begin)))
        known["step_grads"] = train(block, lambda step, *begin: block(step, list(begin)), [step, *begin])
    known["unrolled"] = plain(flat(block.unroll(3, sequence, zeros, merge_outputs=True)))
    known["unrolled_grads"] = train(
        block,
        lambda sequence, *begin: block.unroll(3, sequence, list(begin), merge_outputs=True),
        [sequence, *begin],
    )
    known["valid"] = plain(
        flat(block.unroll(3, sequence, begin, merge_outputs=True, valid_length=mx.nd.array([1, 3])))
    )
    return known


def answer_step(expression, shape):
    """Return what is recorded of a step of a cell whose sizes are known."""
    block = build(expression)
    known = {"described": described_cell(block)}
    block.initialize()
    fill(block)
    begin = [mx.nd.array(values(20 + n, info["shape"])) for n, info in enumerate(block.state_info(shape[0]))]
    arrays = [mx.nd.array(values(1, shape)), *begin]
    known["step"] = plain(flat(block(arrays[0], begin)))
    known["step_grads"] = train(block, lambda step, *begin: block(step, list(begin)), arrays)
    return known


def describe_recurrent(expression):
    """Return what is recorded of a cell or layer that draws random numbers, or that needs a GPU in MXNet."""
    block = build(expression)
    known = {"described": described_cell(block)}
    with mx.name.NameManager():
        block = build(expression)
        states = [mx.sym.Variable(f"s{number}") for number in range(len(block.state_info()))]
        lengths = [mx.sym.Variable("lengths")] if "use_sequence_length" in expression else []
        known["nodes"] = graph(block(mx.sym.Variable("x"), states, *lengths))
    return known


def answer_recurrent(expression, shape):
    """Return what is recorded of a layer: with and without states, and its gradients."""
    known = describe_recurrent(expression)
    known["structure"] = sorted(build(expression)._collect_params_with_prefix())
    block, sequence = build(expression), mx.nd.array(values(1, shape))
    block.initialize()
    block(sequence)
    known["known"] = [repr(block), [list(p.shape) for p in block.collect_params().values()]]
    fill(block)
    batch = shape[block._layout.find("N")]
    begin = [mx.nd.array(values(40 + n, info["shape"])) for n, info in enumerate(block.state_info(batch))]
    known["alone"] = plain([block(sequence)])
    known["output"] = plain(flat(block(sequence, begin)))
    known["grads"] = train(block, lambda sequence, *begin: block(sequence, list(begin)), [sequence, *begin])
    return known


def answer_network(name):
    """Return digests of a published network: what stands on its parameters, its structure, its graph."""
    network = gluon.model_zoo.vision.get_model(name, classes=7, prefix="z_")
    with mx.name.NameManager():
        graph = nodes(network(mx.sym.Variable("data")))
    parts = {
        "class": type(network).__name__,
        "repr": repr(network),
        "params": described(network),
        "structure": sorted(network._collect_params_with_prefix()),
        "graph": graph,
    }
    return {
        part: hashlib.sha1(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
        for part, value in parts.items()
    }
