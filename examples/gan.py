"""Two networks play against each other: one draws digits, the other tells drawn ones from real ones.

    python examples/gan.py
    python examples/gan.py --picture drawn.png

Two modules share no graph. The one that judges is asked for the gradient of its input (`inputs_need_grad`),
and that is what the one that draws learns from (`backward(out_grads)`). How good the drawings are is measured
by the Frechet distance between the pixels of drawn and real digits, seen as two normal distributions: 0 is
perfect.
"""

from __future__ import annotations

import argparse
import logging

import handwritten
import numpy as np

import mxnet as mx

CODE = 16


def generator():
    """Compose what draws: from a code of random numbers to a picture."""
    net = mx.sym.Variable("code")
    for i, size in enumerate((128, 128)):
        net = mx.sym.FullyConnected(net, num_hidden=size, no_bias=True, name=f"g{i}")
        net = mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False, name=f"gbn{i}"), act_type="relu")
    return mx.sym.Activation(mx.sym.FullyConnected(net, num_hidden=64, name="g_out"), act_type="sigmoid")


def discriminator():
    """Compose what judges: from a picture to how real it is."""
    net = mx.sym.Variable("data")
    for i, size in enumerate((128, 64)):
        net = mx.sym.FullyConnected(net, num_hidden=size, name=f"d{i}")
        net = mx.sym.LeakyReLU(net, act_type="leaky", slope=0.2)
    net = mx.sym.FullyConnected(net, num_hidden=1, name="d_out")
    return mx.sym.LogisticRegressionOutput(net, mx.sym.Variable("label"), name="real")


def frechet(a, b):
    """Return the Frechet distance between two sets of pictures, taken for normal distributions."""
    mean, covariance = a.mean(axis=0) - b.mean(axis=0), [np.cov(x, rowvar=False) for x in (a, b)]
    roots = np.sqrt(np.linalg.eigvals(covariance[0] @ covariance[1]).astype(complex)).real
    return float((mean**2).sum() + np.trace(covariance[0]) + np.trace(covariance[1]) - 2 * roots.sum())


def new_module(symbol, name, shape, labels, rate, **options):
    """Return a module with parameters and an optimizer."""
    model = mx.mod.Module(symbol, data_names=(name,), label_names=("label",) if labels else None)
    model.bind([(name, shape)], [("label", (shape[0], 1))] if labels else None, **options)
    model.init_params(mx.init.Xavier())
    model.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": rate, "beta1": 0.5})
    return model


def main(argv=None):
    """Train; return the Frechet distance before and after."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num-epochs", type=int, default=120)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--picture", help="where to save 64 drawn digits, as PNG")
    parser.add_argument("--quick", action="store_true", help="few epochs")
    args = parser.parse_args(argv)
    handwritten.seed()
    (pictures, _), _ = handwritten.arrays()
    pictures = pictures.reshape(-1, 64)
    train = mx.io.NDArrayIter(pictures, batch_size=args.batch_size, shuffle=True, last_batch_handle="discard")
    draw = new_module(generator(), "code", (args.batch_size, CODE), labels=False, rate=0.002)
    judge = new_module(
        discriminator(), "data", (args.batch_size, 64), labels=True, rate=0.001, inputs_need_grad=True
    )
    real, drawn = mx.nd.ones((args.batch_size, 1)), mx.nd.zeros((args.batch_size, 1))

    def new_codes():
        return mx.io.DataBatch([mx.nd.random.normal(shape=(args.batch_size, CODE))])

    def draw_some():
        """Return a thousand pictures."""
        some = []
        for _ in range(1000 // args.batch_size):
            draw.forward(new_codes(), is_train=True)  # a batch is normalized by itself, as in training
            some.append(draw.get_outputs()[0].asnumpy())
        return np.concatenate(some)

    before = frechet(draw_some(), pictures)
    for epoch in range(8 if args.quick else args.num_epochs):
        train.reset()
        for batch in train:
            draw.forward(new_codes(), is_train=True)
            fakes = draw.get_outputs()[0].copy()
            for data, label in ((fakes, drawn), (batch.data[0], real)):
                judge.forward_backward(mx.io.DataBatch([data], [label]))
                judge.update()
            judge.forward_backward(mx.io.DataBatch([fakes], [real]))  # what would make them look real?
            draw.backward(judge.get_input_grads())
            draw.update()
        if epoch % 10 == 9:
            logging.info("Epoch[%d] Frechet distance %.3f", epoch, frechet(draw_some(), pictures))
    after = frechet(draw_some(), pictures)
    print(f"Frechet distance to real digits: {before:.2f} at first, {after:.2f} at last")
    if args.picture:
        import cv2

        sheet = draw_some()[:64].reshape(8, 8, 8, 8).transpose(0, 2, 1, 3).reshape(64, 64)
        cv2.imwrite(args.picture, cv2.resize(255 - 255 * sheet, (512, 512), interpolation=cv2.INTER_NEAREST))
    return before, after


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
