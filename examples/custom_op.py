"""An operator and a loss of one's own, in Python.

    python examples/custom_op.py

`Softmax` is an operator in numpy, registered as `mx.operator.register` wants it, with a gradient of its own;
in a graph it is `mx.sym.Custom(..., op_type="my_softmax")`. The loss of a support vector machine is composed
from operators that exist, and becomes one by `MakeLoss`; its gradient comes by itself. Both teach the same
network to read digits.
"""

from __future__ import annotations

import argparse
import logging

import handwritten
import numpy as np

import mxnet as mx


class Softmax(mx.operator.CustomOp):
    """Softmax whose gradient is that of the cross entropy with the label."""

    def forward(self, is_train, req, in_data, out_data, aux):  # noqa: ARG002
        """Compute the chances of each class."""
        scores = in_data[0].asnumpy()
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.assign(out_data[0], req[0], mx.nd.array(chances / chances.sum(axis=1, keepdims=True)))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):  # noqa: ARG002
        """Compute how the scores have to change."""
        gradient = out_data[0].asnumpy().copy()
        labels = in_data[1].asnumpy().astype(int)
        gradient[np.arange(len(labels)), labels] -= 1
        self.assign(in_grad[0], req[0], mx.nd.array(gradient))


@mx.operator.register("my_softmax")
class SoftmaxProp(mx.operator.CustomOpProp):
    """What the graph has to know of `Softmax`: its inputs, its outputs, and their shapes."""

    def __init__(self):
        super().__init__(need_top_grad=False)  # it is a loss: nothing has to come from above

    def list_arguments(self):
        """Name the inputs."""
        return ["data", "label"]

    def list_outputs(self):
        """Name the outputs."""
        return ["output"]

    def infer_shape(self, in_shape):
        """Tell the shapes of inputs, outputs and auxiliary states from that of the data."""
        return [in_shape[0], [in_shape[0][0]]], [in_shape[0]], []

    def create_operator(self, ctx, shapes, dtypes):  # noqa: ARG002
        """Make the operator."""
        return Softmax()


def body():
    """Compose the network below the loss."""
    net = mx.sym.FullyConnected(mx.sym.Flatten(mx.sym.Variable("data")), num_hidden=64, name="fc1")
    return mx.sym.FullyConnected(mx.sym.Activation(net, act_type="relu"), num_hidden=10, name="fc2")


def with_custom_operator():
    """Put the operator on top."""
    return mx.sym.Custom(body(), mx.sym.Variable("softmax_label"), op_type="my_softmax", name="softmax")


def with_custom_loss(margin=1.0):
    """Put on top the loss of a support vector machine: wrong classes stay below the right one."""
    scores, label = body(), mx.sym.Variable("softmax_label")
    right = mx.sym.expand_dims(mx.sym.pick(scores, label, axis=1), axis=1)
    above = mx.sym.relu(mx.sym.broadcast_sub(scores, right) + margin) * (1 - mx.sym.one_hot(label, depth=10))
    loss = mx.sym.MakeLoss(mx.sym.sum(mx.sym.square(above), axis=1), name="svm")
    return mx.sym.Group([mx.sym.BlockGrad(scores, name="scores"), loss])


def main(argv=None):
    """Train both; return their accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num-epochs", type=int, default=12)
    parser.add_argument("--quick", action="store_true", help="few epochs")
    args = parser.parse_args(argv)
    reached = {}
    for name, net, rate in (("operator", with_custom_operator(), 0.1), ("loss", with_custom_loss(), 0.02)):
        handwritten.seed()
        train, test = handwritten.iterators(32)
        outputs = net.list_outputs()[:1]
        model = mx.mod.Module(net)
        model.fit(
            train,
            eval_data=test,
            eval_metric=mx.metric.Accuracy(output_names=outputs, label_names=["softmax_label"]),
            num_epoch=3 if args.quick else args.num_epochs,
            optimizer_params={"learning_rate": rate, "momentum": 0.9},
            initializer=mx.init.Xavier(),
        )
        metric = mx.metric.Accuracy(output_names=outputs, label_names=["softmax_label"])
        reached[name] = dict(model.score(test, metric))["accuracy"]
        print(f"custom {name}: {reached[name]:.1%} of the held-out digits are read correctly")
    return reached


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
