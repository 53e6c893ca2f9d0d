"""Import, compose and infer LeNet, without running it; prints seconds and whether torch was loaded."""

import json
import sys
import time

start = time.perf_counter()
import mxnet as mx  # noqa: E402 - the import is what is measured

net = mx.sym.Variable("data")
for number, filters in enumerate((20, 50), start=1):
    net = mx.sym.Convolution(net, kernel=(5, 5), num_filter=filters, name=f"conv{number}")
    net = mx.sym.Activation(net, act_type="tanh", name=f"tanh{number}")
    net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2), name=f"pool{number}")
net = mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=500, name="fc1")
net = mx.sym.Activation(net, act_type="tanh")
net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=10, name="fc2"), name="softmax")
shapes = net.infer_shape(data=(64, 1, 28, 28))
assert shapes[1] == [(64, 10)]
print(json.dumps({"seconds": time.perf_counter() - start, "torch loaded": "torch" in sys.modules}))
