"""foolbox attacks a network that MXNet runs, by its gradients and without."""

import foolbox
import mxnet as mx
import numpy as np

random = np.random.RandomState(0)
data = mx.sym.Variable("data")
net = mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, name="conv")
net = mx.sym.Pooling(mx.sym.Activation(net, act_type="relu"), kernel=(2, 2), stride=(2, 2), pool_type="max")
logits = mx.sym.FullyConnected(net, num_hidden=5, name="fc")
shapes = logits.infer_shape(data=(1, 3, 8, 8))[0]
arguments = {
    name: mx.nd.array(random.uniform(-0.5, 0.5, shape))
    for name, shape in zip(logits.list_arguments(), shapes)
    if name != "data"
}
model = foolbox.models.MXNetModel(
    data, logits, arguments, mx.cpu(), num_classes=5, bounds=(0, 1), preprocessing=(0.5, 2)
)
images = random.rand(4, 3, 8, 8).astype("float32")
labels = model.forward(images).argmax(axis=-1)
print("logits", np.round(model.forward(images).sum(axis=1), 3))
print("gradient", np.round(np.abs(model.gradient_one(images[0], int(labels[0]))).sum(), 3))
print("both", [round(float(np.abs(each).sum()), 3) for each in model.forward_and_gradient(images, labels)])
print("backward", np.round(np.abs(model.backward(np.ones((4, 5), "float32"), images)).sum(), 3))
for name in (
    "FGSM",
    "GradientAttack",
    "DeepFoolAttack",
    "LinfinityBasicIterativeAttack",
    "ContrastReductionAttack",
):
    attack = getattr(foolbox.attacks, name)(model, distance=foolbox.distances.Linfinity)
    found = attack(images, labels, unpack=False)
    print(name, [round(float(each.distance.value), 3) for each in found])
