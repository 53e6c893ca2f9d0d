"""Training in half precision, with weights kept in full; and a trained network made narrow.

    python examples/mixed_precision.py
    python examples/mixed_precision.py --dtype bfloat16

In the first half, the graph casts its data, so that all parameters are of 16 bits; the optimizer keeps copies
of 32 (``multi_precision``), without which small steps would be lost. The loss is computed in float32. In the
second half, `mx.contrib.amp.convert_model` makes a network of 32 bits narrow, operator by operator as its
lists say.
"""

from __future__ import annotations

import argparse
import logging

import handwritten

import mxnet as mx
from mxnet.contrib import amp


def network(dtype):
    """Compose a network whose layers compute in that type."""
    net = mx.sym.Cast(mx.sym.Flatten(mx.sym.Variable("data")), dtype=dtype)
    for i in range(2):
        net = mx.sym.FullyConnected(net, num_hidden=64, name=f"fc{i}")
        net = mx.sym.Activation(net, act_type="relu", name=f"relu{i}")
    net = mx.sym.FullyConnected(net, num_hidden=10, name="head")
    return mx.sym.SoftmaxOutput(mx.sym.Cast(net, dtype="float32"), name="softmax")


def learn(dtype, epochs):
    """Train; return the accuracy and the module."""
    handwritten.seed()
    train, test = handwritten.iterators(32)
    model = mx.mod.Module(network(dtype))
    model.fit(
        train,
        num_epoch=epochs,
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9, "multi_precision": True},
        initializer=mx.init.Xavier(),
    )
    return dict(model.score(test, "acc"))["accuracy"], model


def main(argv=None):
    """Train in both, and convert; return the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dtype", choices=["float16", "bfloat16"], default="float16")
    parser.add_argument("--num-epochs", type=int, default=12)
    parser.add_argument("--quick", action="store_true", help="few epochs")
    args = parser.parse_args(argv)
    epochs = 3 if args.quick else args.num_epochs
    narrow, narrow_model = learn(args.dtype, epochs)
    print(
        f"trained in {narrow_model.get_params()[0]['fc0_weight'].dtype}: {narrow:.1%} of the held-out digits"
    )
    wide, model = learn("float32", epochs)
    symbol, arg_params, aux_params = amp.convert_model(
        model.symbol, *model.get_params(), target_dtype=args.dtype, cast_optional_params=True
    )
    _, test = handwritten.iterators(32)
    converted = mx.mod.Module(symbol)
    converted.bind(test.provide_data, test.provide_label, for_training=False)
    converted.set_params(arg_params, aux_params)
    after = dict(converted.score(test, "acc"))["accuracy"]
    print(f"trained in float32: {wide:.1%}; converted to {args.dtype}: {after:.1%}")
    return narrow, wide, after


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
