"""A network that was trained for one task is taught another, of which there are very few examples.

    python examples/fine_tune.py
    python examples/fine_tune.py --prefix old --epoch 8 --examples 3

A checkpoint of a network that reads digits is loaded (it is made first, unless ``--prefix`` names one of
LeNet in `image_classification.py`). Its layers up to the last are taken by `get_internals` and held fast by
`fixed_param_names`; a new head learns to tell odd from even digits from a single example of each digit. The
same network that learns all of it anew, from the same examples, does much worse.
"""

from __future__ import annotations

import argparse
import logging
import tempfile

import handwritten
import image_classification
import numpy as np

import mxnet as mx


def make_checkpoint(prefix, epochs):
    """Teach LeNet to read digits, and save it."""
    train, _ = handwritten.iterators(32)
    mx.mod.Module(image_classification.lenet()).fit(
        train,
        num_epoch=epochs,
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        initializer=mx.init.Xavier(),
        epoch_end_callback=mx.callback.do_checkpoint(prefix, period=epochs),
    )


def with_new_head(symbol, classes):
    """Return the network up to its last dense layer but one, with a new last layer."""
    features = symbol.get_internals()["fc1_output"]
    net = mx.sym.FullyConnected(mx.sym.Activation(features, act_type="tanh"), num_hidden=classes, name="head")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def learn(net, train, test, epochs, arg_params=None, aux_params=None):
    """Train the head alone if there are parameters for all else; return the accuracy and the module."""
    fixed = [name for name in net.list_arguments() if arg_params and name in arg_params]
    model = mx.mod.Module(net, fixed_param_names=fixed)
    model.fit(
        train,
        num_epoch=epochs,
        arg_params=arg_params,
        aux_params=aux_params,
        allow_missing=True,  # the head has no parameters yet
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        initializer=mx.init.Xavier(),
    )
    return dict(model.score(test, "acc"))["accuracy"], model


def main(argv=None):
    """Fine-tune; return the accuracies with and without what was learned before."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--prefix", help="what the names of the checkpoint begin with; by default one is made"
    )
    parser.add_argument("--epoch", type=int, default=8, help="of the checkpoint")
    parser.add_argument(
        "--examples", type=int, default=1, help="how many of each digit there are to learn from"
    )
    parser.add_argument("--quick", action="store_true", help="few epochs")
    args = parser.parse_args(argv)
    handwritten.seed()
    with tempfile.TemporaryDirectory() as folder:
        epoch = 4 if args.quick else args.epoch
        prefix = args.prefix or f"{folder}/old"
        if not args.prefix:
            make_checkpoint(prefix, epoch)
        symbol, arg_params, aux_params = mx.model.load_checkpoint(prefix, epoch)
    (pictures, digits), (test_pictures, test_digits) = handwritten.arrays()
    few = np.concatenate([np.flatnonzero(digits == digit)[: args.examples] for digit in range(10)])
    train = mx.io.NDArrayIter(pictures[few], digits[few] % 2, 10, shuffle=True)
    test = mx.io.NDArrayIter(test_pictures, test_digits % 2, 10)

    net = with_new_head(symbol, classes=2)
    tuned, model = learn(net, train, test, 20, arg_params, aux_params)
    kept = model.get_params()[0]["conv0_weight"].asnumpy()
    assert (kept == arg_params["conv0_weight"].asnumpy()).all(), "the old layers have not changed"
    scratch, _ = learn(net, train, test, 20)
    print(f"from {len(few)} examples: a new head on old layers {tuned:.1%} right; all anew: {scratch:.1%}")
    return tuned, scratch


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
