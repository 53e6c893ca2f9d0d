"""A trained network computes with integers of 8 bits: a quarter of the size, nearly the same answers.

    python examples/quantized.py

LeNet learns to read digits as usual. `quantize_model` then replaces its layers by ones that compute with
integers; to which range the integers stretch is found by looking at some batches (``calib_mode``). Both
networks read the held-out digits.
"""

from __future__ import annotations

import argparse
import logging

import handwritten
import image_classification
import numpy as np

import mxnet as mx
from mxnet.contrib import quantization


def bound(symbol, arg_params, aux_params, test):
    """Return a module that is ready to predict."""
    model = mx.mod.Module(symbol, label_names=["softmax_label"])
    model.bind(test.provide_data, test.provide_label, for_training=False)
    model.set_params(arg_params, aux_params)
    return model


def size(arg_params):
    """Return the bytes of the weights."""
    return sum(array.asnumpy().nbytes for array in arg_params.values())


def main(argv=None):
    """Train and quantize; return both accuracies and the share of answers that agree."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num-epochs", type=int, default=12)
    parser.add_argument("--calib-mode", choices=["none", "naive", "entropy"], default="naive")
    parser.add_argument("--quick", action="store_true", help="few epochs")
    args = parser.parse_args(argv)
    handwritten.seed()
    train, test = handwritten.iterators(30)
    model = mx.mod.Module(image_classification.lenet())
    model.fit(
        train,
        num_epoch=2 if args.quick else args.num_epochs,
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        initializer=mx.init.Xavier(),
    )
    train.reset()
    small, integers, aux_params = quantization.quantize_model(
        model.symbol,
        *model.get_params(),
        calib_mode=args.calib_mode,
        calib_data=train,
        num_calib_examples=300,
        quantized_dtype="int8",
    )
    wide = bound(model.symbol, *model.get_params(), test)
    narrow = bound(small, integers, aux_params, test)
    accuracies = [dict(each.score(test, "acc"))["accuracy"] for each in (wide, narrow)]
    answers = [each.predict(test).asnumpy().argmax(axis=1) for each in (wide, narrow)]
    agree = float(np.mean(answers[0] == answers[1]))
    sizes = [size(params) / 1000 for params in (model.get_params()[0], integers)]
    for name, accuracy, kilobytes in zip(("float32", "int8"), accuracies, sizes):
        print(f"{name}: {accuracy:.1%} right, {kilobytes:.0f} kB of weights")
    print(f"{agree:.1%} of the answers are the same")
    return (*accuracies, agree)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
