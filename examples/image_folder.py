"""From a folder of pictures to a network that tells them apart: im2rec, ImageRecordIter, Module.

    python examples/image_folder.py
    python examples/image_folder.py --folder my-pictures --classes 7 --size 96

Without ``--folder``, pictures of circles, squares and triangles are drawn, a folder for each kind. `im2rec`
lists them and packs them into two record files; `ImageRecordIter` decodes, cuts, mirrors and normalizes in
threads while the network learns.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile

import cv2
import handwritten
import numpy as np

import mxnet as mx
from mxnet.tools import im2rec


def draw_pictures(folder, count):
    """Draw so many pictures of each kind, in random places, sizes and colours, on noisy grounds."""
    random = np.random.RandomState(0)
    for kind in ("circle", "square", "triangle"):
        os.makedirs(f"{folder}/{kind}")
        for i in range(count):
            picture = random.normal(random.uniform(20, 100), 12, (48, 56, 3)).clip(0, 255).astype("uint8")
            x, y, r = random.randint(16, 40), random.randint(16, 32), random.randint(8, 14)
            colour = random.randint(130, 256, 3).tolist()
            if kind == "circle":
                cv2.circle(picture, (x, y), r, colour, -1)
            elif kind == "square":
                cv2.rectangle(picture, (x - r, y - r), (x + r, y + r), colour, -1)
            else:
                cv2.fillPoly(picture, [np.array([[x, y - r], [x - r, y + r], [x + r, y + r]])], colour)
            cv2.imwrite(f"{folder}/{kind}/{i:04d}.jpg", picture)


def pack(folder, prefix, size):
    """Write ``PREFIX_train.rec`` and ``PREFIX_val.rec`` with the pictures of a folder of folders."""
    im2rec.main(["--list", "--recursive", "--train-ratio", "0.8", prefix, folder])
    for part in ("train", "val"):
        im2rec.main(["--resize", str(size), "--quality", "95", f"{prefix}_{part}", folder])


def network(classes):
    """Convolutions and pooling, then the mean over the picture, so that any size will do."""
    net = mx.sym.Variable("data")
    for i, filters in enumerate((16, 32, 64)):
        net = mx.sym.Convolution(
            net, kernel=(3, 3), pad=(1, 1), num_filter=filters, no_bias=True, name=f"conv{i}"
        )
        net = mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False, name=f"bn{i}"), act_type="relu")
        net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.Flatten(mx.sym.Pooling(net, global_pool=True, kernel=(1, 1), pool_type="max"))
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=classes, name="fc"), name="softmax")


def main(argv=None):
    """Train; return the share of the held-out pictures whose kind is told correctly."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", help="pictures, in a folder for each kind; by default they are drawn")
    parser.add_argument("--classes", type=int, default=3, help="the number of kinds")
    parser.add_argument("--size", type=int, default=40, help="what the network sees: the side of a square")
    parser.add_argument("--num-epochs", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="few pictures, few epochs")
    args = parser.parse_args(argv)
    handwritten.seed()
    with tempfile.TemporaryDirectory() as work:
        folder = args.folder or f"{work}/pictures"
        if not args.folder:
            draw_pictures(folder, 70 if args.quick else 300)
        pack(folder, f"{work}/all", args.size + 4)
        shared = {
            "data_shape": (3, args.size, args.size),
            "batch_size": 12 if args.quick else 24,
            "preprocess_threads": args.threads,
            **{f"mean_{c}": 125 for c in "rgb"},
            **{f"std_{c}": 60 for c in "rgb"},
        }
        train = mx.io.ImageRecordIter(
            path_imgrec=f"{work}/all_train.rec",
            shuffle=True,
            rand_crop=True,
            rand_mirror=True,
            seed=1,
            **shared,
        )
        test = mx.io.ImageRecordIter(path_imgrec=f"{work}/all_val.rec", **shared)
        model = mx.mod.Module(network(args.classes), context=mx.cpu())
        model.fit(
            train,
            eval_data=test,
            num_epoch=3 if args.quick else args.num_epochs,
            optimizer="adam",
            optimizer_params={"learning_rate": 0.005},
            initializer=mx.init.Xavier(),
            batch_end_callback=mx.callback.Speedometer(24, 10),
        )
        accuracy = dict(model.score(test, "acc"))["accuracy"]
    print(f"{accuracy:.1%} of the held-out pictures are told correctly")
    return accuracy


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
