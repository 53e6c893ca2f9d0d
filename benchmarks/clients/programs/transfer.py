"""xfer takes a trained network apart, and teaches its features other classes."""

import mxnet as mx
import numpy as np
import xfer

random = np.random.RandomState(0)
mx.random.seed(0)
net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=6, name="fc1")
net = mx.sym.Activation(net, act_type="relu", name="relu1")
net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=4, name="fc2"), name="softmax")
source = mx.mod.Module(net)
source.bind([("data", (5, 3))], [("softmax_label", (5,))])
source.init_params()
shapes = dict(zip(net.list_arguments(), net.infer_shape(data=(5, 3))[0]))
values = {n: mx.nd.array(random.uniform(-1, 1, shapes[n])) for n in sorted(source.get_params()[0])}
source.set_params(values, {})

data = random.uniform(-1, 1, (40, 3)).astype("float32")
label = (data[:, 0] > 0).astype("float32")


def batches():
    return mx.io.NDArrayIter(data, label, batch_size=5)


handler = xfer.model_handler.ModelHandler(source)
print("layers", handler.layer_names)
features, labels = handler.get_layer_output(batches(), ["fc1"])
print("features", np.round(features["fc1"][:2], 4).tolist(), labels[:4].tolist())
handler.drop_layer_top(2)
handler.add_layer_top([mx.sym.FullyConnected(num_hidden=2, name="new"), mx.sym.SoftmaxOutput(name="softmax")])
print("rebuilt", handler.symbol.list_arguments(), handler.get_module(batches()).output_shapes)

regression = xfer.LrRepurposer(source, feature_layer_names=["relu1"])
regression.repurpose(batches())
print("regression", float((regression.predict_label(batches()) == label).mean()) > 0.8)

tuned = xfer.NeuralNetworkFineTuneRepurposer(
    source,
    transfer_layer_name="relu1",
    target_class_count=2,
    num_epochs=60,
    optimizer_params={"learning_rate": 0.1},
)
tuned.repurpose(batches())
print("tuned", tuned.predict_probability(batches()).shape)
print("tuned", float((tuned.predict_label(batches()) == label).mean()) > 0.8)
