"""A variational autoencoder learns to draw digits from two numbers (Kingma and Welling, 2014).

    python examples/vae.py
    python examples/vae.py --picture map.png

One half of the network turns a picture into a normal distribution of codes, the other a code into a picture;
between them a code is drawn at random *inside of the graph*, so that one executor learns all of it. The loss,
`MakeLoss`, is what it takes to tell a picture: the code (its divergence from a standard normal distribution)
and the pixels given the code.
"""

from __future__ import annotations

import argparse
import logging

import handwritten
import numpy as np

import mxnet as mx


def decoder(code):
    """Compose the half that draws; it gives the logarithm of the odds of each pixel."""
    net = mx.sym.FullyConnected(code, num_hidden=128, name="dec1")
    return mx.sym.FullyConnected(mx.sym.Activation(net, act_type="relu"), num_hidden=64, name="dec2")


def network(batch_size, codes):
    """Compose both halves and the loss of each picture."""
    data = mx.sym.Variable("data")
    net = mx.sym.Activation(mx.sym.FullyConnected(data, num_hidden=128, name="enc1"), act_type="relu")
    mean = mx.sym.FullyConnected(net, num_hidden=codes, name="mean")
    log_variance = mx.sym.FullyConnected(net, num_hidden=codes, name="logvar")
    noise = mx.sym.random_normal(loc=0, scale=1, shape=(batch_size, codes))
    odds = decoder(mean + mx.sym.exp(0.5 * log_variance) * noise)
    # The cross entropy of a pixel between black and white: log(1 + exp(odds)) - pixel * odds.
    pixels = mx.sym.relu(odds) - data * odds + mx.sym.log1p(mx.sym.exp(-mx.sym.abs(odds)))
    divergence = -0.5 * (1 + log_variance - mean * mean - mx.sym.exp(log_variance))
    loss = mx.sym.sum(pixels, axis=1) + mx.sym.sum(divergence, axis=1)
    return mx.sym.MakeLoss(loss, name="nats")


def main(argv=None):
    """Train; return the nats per held-out picture, without a network and with it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--codes", type=int, default=2, help="how many numbers a code has")
    parser.add_argument("--num-epochs", type=int, default=60)
    parser.add_argument("--picture", help="where to save a map of the codes, as PNG, if they are two")
    parser.add_argument("--quick", action="store_true", help="few epochs")
    args = parser.parse_args(argv)
    handwritten.seed()
    (pictures, _), (test_pictures, _) = handwritten.arrays()
    pictures, test_pictures = pictures.reshape(-1, 64), test_pictures.reshape(-1, 64)
    size = 60
    train = mx.io.NDArrayIter(pictures, batch_size=size, shuffle=True, last_batch_handle="discard")
    test = mx.io.NDArrayIter(test_pictures, batch_size=size)
    model = mx.mod.Module(network(size, args.codes), label_names=None)
    model.fit(
        train,
        eval_metric=mx.metric.Loss("nats"),
        num_epoch=12 if args.quick else args.num_epochs,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.003},
        initializer=mx.init.Xavier(),
    )
    nats = dict(model.score(test, mx.metric.Loss("nats")))["nats"]
    mean = pictures.mean(axis=0).clip(0.001, 0.999)
    alone = -(test_pictures * np.log(mean) + (1 - test_pictures) * np.log(1 - mean)).sum(axis=1).mean()
    print(f"{nats:.2f} nats tell a held-out picture; {alone:.2f} if every pixel is by itself")
    if args.picture:
        draw_map(args.picture, model.get_params()[0])
    return alone, nats


def draw_map(path, arg_params, side=15):
    """Draw what the codes mean: pictures of codes from one corner of the plane to the other."""
    import cv2

    codes = np.stack(np.meshgrid(*[np.linspace(-2, 2, side)] * 2), axis=-1).reshape(-1, 2)
    net = mx.sym.Activation(decoder(mx.sym.Variable("code")), act_type="sigmoid")
    executor = net.simple_bind(mx.cpu(), grad_req="null", code=codes.shape)
    executor.copy_params_from(arg_params, allow_extra_params=True)
    drawn = executor.forward(code=mx.nd.array(codes))[0].asnumpy()
    sheet = drawn.reshape(side, side, 8, 8).transpose(0, 2, 1, 3).reshape(8 * side, 8 * side)
    cv2.imwrite(path, cv2.resize(255 - 255 * sheet, None, fx=5, fy=5, interpolation=cv2.INTER_NEAREST))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
