"""Compose, infer and bind an unrolled two-layer LSTM of about 13,000 nodes; prints seconds for each."""

import json
import sys
import time

import mxnet as mx

STEPS, LAYERS, HIDDEN, BATCH = 430, 2, 32, 8


def cell(data, state, memory, params, name):
    gates = mx.sym.FullyConnected(data, params[0], params[1], num_hidden=4 * HIDDEN, name=name + "i2h")
    gates = gates + mx.sym.FullyConnected(
        state, params[2], params[3], num_hidden=4 * HIDDEN, name=name + "h2h"
    )
    cut = mx.sym.SliceChannel(gates, num_outputs=4, name=name + "slice")
    take = mx.sym.Activation(cut[0], act_type="sigmoid", name=name + "i")
    keep = mx.sym.Activation(cut[1], act_type="sigmoid", name=name + "f")
    new = mx.sym.Activation(cut[2], act_type="tanh", name=name + "c")
    show = mx.sym.Activation(cut[3], act_type="sigmoid", name=name + "o")
    memory = mx.sym.elemwise_add(keep * memory, take * new, name=name + "state")
    return mx.sym.elemwise_mul(show, mx.sym.Activation(memory, act_type="tanh"), name=name + "out"), memory


def compose():
    steps = mx.sym.SliceChannel(
        mx.sym.Variable("data"), num_outputs=STEPS, axis=1, squeeze_axis=True, name="steps"
    )
    params = [[mx.sym.Variable("l%d_%s" % (i, n)) for n in ("iw", "ib", "hw", "hb")] for i in range(LAYERS)]
    states = [[mx.sym.Variable("l%d_h" % i), mx.sym.Variable("l%d_c" % i)] for i in range(LAYERS)]
    outputs = []
    for t in range(STEPS):
        x = steps[t]
        for i in range(LAYERS):
            x, states[i][1] = cell(x, states[i][0], states[i][1], params[i], "l%d_t%d_" % (i, t))
            states[i][0] = x
        outputs.append(mx.sym.FullyConnected(x, num_hidden=10, name="out%d" % t))
    return mx.sym.Concat(*outputs, dim=0, name="all")


shapes = {"data": (BATCH, STEPS, HIDDEN)}
shapes.update({"l%d_%s" % (i, n): (BATCH, HIDDEN) for i in range(LAYERS) for n in "hc"})
mx.nd.zeros((1,)).asnumpy()  # each library is loaded by now, whenever it does that
start = time.perf_counter()
net = compose()
composed = time.perf_counter()
net.infer_shape(**shapes)
inferred = time.perf_counter()
executor = net.simple_bind(mx.cpu(), grad_req="write", **shapes)
bound = time.perf_counter()
result = {
    "compose": composed - start,
    "infer": inferred - composed,
    "bind": bound - inferred,
    "total": bound - start,
}
result["nodes"] = len(json.loads(net.tojson())["nodes"])
if "--run" in sys.argv:
    executor.forward(is_train=True)[0].asnumpy()
    result["first run"] = time.perf_counter() - bound
    again = time.perf_counter()
    executor.forward(is_train=True)[0].asnumpy()
    result["second run"] = time.perf_counter() - again
print(json.dumps(result))
