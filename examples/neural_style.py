"""A picture is painted in the manner of another (Gatys and others, 2016): what learns is the picture itself.

    python examples/neural_style.py --output painted.png
    python examples/neural_style.py --content house.jpg --style waves.jpg --vgg-params vgg19-0000.params

The layers of VGG say what is where (the content) and which patterns come together (the style: products of the
feature maps with each other). The executor is asked for the gradient of its *data*, and an optimizer changes
these. Without ``--vgg-params`` the layers are random, which is enough for colours and simple textures, and
the two pictures are drawn.
"""

from __future__ import annotations

import argparse
import logging

import cv2
import handwritten
import numpy as np

import mxnet as mx

LAYERS = (
    ("conv1_1", 64),
    ("conv1_2", 64),
    ("pool1", 0),
    ("conv2_1", 128),
    ("conv2_2", 128),
    ("pool2", 0),
    ("conv3_1", 256),
)
STYLE, CONTENT = ("conv1_1", "conv2_1", "conv3_1"), "conv2_2"


def vgg(thin):
    """Compose the first layers of VGG-19; return what they give, by name."""
    net, found = mx.sym.Variable("data"), {}
    for name, filters in LAYERS:
        if filters:
            net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=filters // thin, name=name)
            net = mx.sym.Activation(net, act_type="relu", name=name.replace("conv", "relu"))
        else:
            net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="avg", name=name)
        found[name] = net
    return found


def gram(features):
    """Compose the mean products of all pairs of feature maps."""
    maps = mx.sym.Reshape(features, shape=(-3, -1))  # of one picture: (maps, places)
    return mx.sym.dot(maps, maps, transpose_b=True)


def loss_of(layers, style_weight):
    """Compose the loss of a picture, against the targets ``style_NAME`` and ``content``."""
    off = mx.sym.sum(mx.sym.square(layers[CONTENT] - mx.sym.Variable("content")))
    for name in STYLE:
        off = off + style_weight * mx.sym.sum(
            mx.sym.square(gram(layers[name]) - mx.sym.Variable(f"style_{name}"))
        )
    return mx.sym.MakeLoss(off, name="loss")


def pictures(args):
    """Return content and style, shape ``(1, 3, size, size)``, with a mean of about 0."""
    size = args.size
    if args.content:
        both = [cv2.resize(cv2.imread(path), (size, size)) for path in (args.content, args.style)]
    else:
        content, style = np.full((2, size, size, 3), 90, "uint8")
        cv2.circle(content, (size // 2, size // 2), size // 3, (230, 230, 230), -1)
        for x in range(-size, size, 8):
            cv2.line(style, (x, 0), (x + size, size), (40, 120, 250), 3)
        both = [content, style]
    return [(picture.transpose(2, 0, 1)[None].astype("float32") - 120) / 60 for picture in both]


def main(argv=None):
    """Paint; return the loss of the first picture, the content itself, and of the last one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--content", help="a picture; by default a disc")
    parser.add_argument("--style", help="a picture; by default stripes")
    parser.add_argument(
        "--vgg-params", help="parameters of VGG-19, as MXNet saves them; by default random ones"
    )
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--style-weight", type=float, default=1.0)
    parser.add_argument("--output", help="where to save the picture")
    parser.add_argument("--quick", action="store_true", help="a small picture, few steps")
    args = parser.parse_args(argv)
    handwritten.seed()
    args.size, steps = (32, 30) if args.quick else (args.size, args.steps)
    content, style = pictures(args)
    layers = vgg(thin=1 if args.vgg_params else 4)

    # What the layers say of the two pictures is what the new one is to come near to.
    wanted = mx.sym.Group([layers[CONTENT], *(gram(layers[name]) for name in STYLE)])
    looker = wanted.simple_bind(mx.cpu(), grad_req="null", data=content.shape)
    if args.vgg_params:
        saved = mx.nd.load(args.vgg_params)
        looker.copy_params_from(
            {name.split(":")[-1]: value for name, value in saved.items()}, allow_extra_params=True
        )
    else:
        random = mx.init.Xavier(rnd_type="gaussian", factor_type="in", magnitude=2)
        for name, array in looker.arg_dict.items():
            if name != "data":
                random(mx.init.InitDesc(name), array)
    targets = {"content": looker.forward(data=mx.nd.array(content))[0].copy()}
    grams = looker.forward(data=mx.nd.array(style))[1:]
    targets.update({f"style_{name}": value.copy() for name, value in zip(STYLE, grams)})

    weight = args.style_weight / content.shape[2] ** 2
    shapes = {name: value.shape for name, value in targets.items()}
    painter = loss_of(layers, weight).simple_bind(
        mx.cpu(), grad_req={"data": "write"}, data=content.shape, **shapes
    )
    painter.copy_params_from({**looker.arg_dict, **targets})
    picture = painter.arg_dict["data"]
    picture[:] = content
    update = mx.optimizer.get_updater(mx.optimizer.create("adam", learning_rate=0.05))
    losses = []
    for step in range(steps):
        losses.append(float(painter.forward(is_train=True)[0].asnumpy().sum()))
        painter.backward()
        update(0, painter.grad_dict["data"], picture)
        if step % 25 == 24:
            logging.info("Step[%d] loss %.4g", step, losses[-1])
    print(f"loss {losses[0]:.4g} of the content itself, {losses[-1]:.4g} after {steps} steps")
    if args.output:
        pixels = (picture.asnumpy()[0].transpose(1, 2, 0) * 60 + 120).clip(0, 255).astype("uint8")
        cv2.imwrite(args.output, pixels)
    return losses[0], losses[-1]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
