"""One network answers two questions: which digit it is, and whether it is odd or even.

    python examples/multi_task.py

Both heads stand on the same layers and are grouped to one symbol; the iterator brings two labels, and a
composite metric asks each head by the names of its output and its label. ``grad_scale`` says how much a task
counts.
"""

from __future__ import annotations

import argparse
import logging

import handwritten

import mxnet as mx


def network():
    """Compose the layers that are shared, and a head for each task."""
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=16, name="conv")
    net = mx.sym.Pooling(
        mx.sym.Activation(net, act_type="relu"), kernel=(2, 2), stride=(2, 2), pool_type="max"
    )
    net = mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=64, name="shared")
    net = mx.sym.Activation(net, act_type="relu")
    digit = mx.sym.FullyConnected(net, num_hidden=10, name="fc_digit")
    digit = mx.sym.SoftmaxOutput(digit, mx.sym.Variable("digit_label"), name="digit")
    parity = mx.sym.FullyConnected(net, num_hidden=2, name="fc_parity")
    parity = mx.sym.SoftmaxOutput(parity, mx.sym.Variable("parity_label"), grad_scale=0.5, name="parity")
    return mx.sym.Group([digit, parity])


def accuracies():
    """Return a metric with the accuracy of each task."""
    metric = mx.metric.CompositeEvalMetric()
    for task in ("digit", "parity"):
        metric.add(
            mx.metric.Accuracy(name=task, output_names=[f"{task}_output"], label_names=[f"{task}_label"])
        )
    return metric


def main(argv=None):
    """Train; return the accuracies on held-out digits, by task."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num-epochs", type=int, default=12)
    parser.add_argument("--quick", action="store_true", help="few epochs")
    args = parser.parse_args(argv)
    handwritten.seed()
    train, test = (
        mx.io.NDArrayIter(data, {"digit_label": label, "parity_label": label % 2}, 32, shuffle=True)
        for data, label in handwritten.arrays()
    )
    model = mx.mod.Module(network(), label_names=("digit_label", "parity_label"))
    model.fit(
        train,
        eval_data=test,
        eval_metric=accuracies(),
        num_epoch=3 if args.quick else args.num_epochs,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.005},
        initializer=mx.init.Xavier(),
        batch_end_callback=mx.callback.Speedometer(32, 20),
    )
    reached = dict(model.score(test, accuracies()))
    print(f"which digit: {reached['digit']:.1%} right; odd or even: {reached['parity']:.1%}")
    return reached


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
