"""mmdnn reads a network of MXNet and writes it as a program for MXNet, which computes the same."""

import importlib.util
import os
import tempfile

import mxnet as mx
import numpy as np
from mmdnn.conversion.mxnet.mxnet_emitter import MXNetEmitter
from mmdnn.conversion.mxnet.mxnet_parser import MXNetParser

random = np.random.RandomState(0)
folder = tempfile.mkdtemp()
os.chdir(folder)

net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=4, name="conv")
net = mx.sym.BatchNorm(net, fix_gamma=False, name="norm")
net = mx.sym.Activation(net, act_type="relu", name="relu")
net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool")
net = mx.sym.Flatten(net, name="flat")
net = mx.sym.FullyConnected(net, num_hidden=5, name="fc")
net = mx.sym.SoftmaxOutput(net, name="softmax")
shapes, _, states = net.infer_shape(data=(1, 3, 8, 8))
arguments = {
    name: mx.nd.array(random.uniform(-0.5, 0.5, shape))
    for name, shape in zip(net.list_arguments(), shapes)
    if name not in ("data", "softmax_label")
}
auxiliary = {
    name: mx.nd.array(random.uniform(0.5, 1, shape))
    for name, shape in zip(net.list_auxiliary_states(), states)
}
mx.model.save_checkpoint("net", 0, net, arguments, auxiliary)


def predicted(module, image):
    module.forward(mx.io.DataBatch([mx.nd.array(image)]), is_train=False)
    return module.get_outputs()[0].asnumpy()


image = random.rand(1, 3, 8, 8).astype("float32")
module = mx.mod.Module(net)
module.bind([("data", (1, 3, 8, 8))], [("softmax_label", (1,))], for_training=False)
module.set_params(arguments, auxiliary)
before = predicted(module, image)
print("before", np.round(before, 4))

parser = MXNetParser(("net-symbol.json", "net", "0", [3, 8, 8]))
parser.run("ir")
print("layers", len(parser.IR_graph.node), sorted({node.op for node in parser.IR_graph.node}))

MXNetEmitter(("ir.pb", "ir.npy", "again.npy")).run("again.py", "again.npy", "test")
spec = importlib.util.spec_from_file_location("again", os.path.join(folder, "again.py"))
again = importlib.util.module_from_spec(spec)
spec.loader.exec_module(again)
module = again.deploy_weight(again.RefactorModel(), "again.npy")
print("after", np.round(predicted(module, image), 4))
