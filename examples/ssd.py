"""A small single-shot detector finds drawn shapes: where they are, and which.

    python examples/ssd.py

`ImageDetIter` reads pictures with boxes from a record file, mirrors them with their boxes, and makes batches.
The network proposes boxes at every place of two scales (`MultiBoxPrior`), is told which of them fit
(`MultiBoxTarget`), and learns their kind and how to move them. `MultiBoxDetection` turns what it says into
boxes. What is printed is the mean average precision at an overlap of one half.
"""

from __future__ import annotations

import argparse
import logging
import tempfile

import cv2
import handwritten
import numpy as np

import mxnet as mx
from mxnet import recordio

SIDE, CLASSES = 48, 2


def draw_records(prefix, count, seed):
    """Write a record file of pictures with one to three discs and squares each."""
    random = np.random.RandomState(seed)
    file = recordio.MXIndexedRecordIO(f"{prefix}.idx", f"{prefix}.rec", "w")
    for i in range(count):
        picture = random.normal(60, 10, (SIDE, SIDE, 3)).clip(0, 255).astype("uint8")
        boxes = []
        for _ in range(random.randint(1, 4)):
            kind, r = random.randint(CLASSES), random.randint(6, 11)
            x, y = random.randint(r, SIDE - r, 2)
            box = np.array([x - r, y - r, x + r, y + r]) / SIDE
            if all(overlap(box, other[1:]) < 0.1 for other in boxes):
                colour = random.randint(130, 256, 3).tolist()
                if kind == 0:
                    cv2.circle(picture, (int(x), int(y)), r, colour, -1)
                else:
                    cv2.rectangle(picture, (int(x - r), int(y - r)), (int(x + r), int(y + r)), colour, -1)
                boxes.append([kind, *box])
        label = np.array([2, 5, *np.ravel(boxes)])  # sizes of the header and of an object, then the objects
        header = recordio.IRHeader(0, label, i, 0)
        file.write_idx(i, recordio.pack_img(header, picture, quality=3, img_fmt=".png"))
    file.close()


def overlap(a, b):
    """Return the share of the union of two boxes that is in both."""
    width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = max(width, 0) * max(height, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def network(training):
    """Compose the network that learns, or the one that detects."""
    net, scales = mx.sym.Variable("data"), []
    for i, filters in enumerate((16, 32, 32, 64)):
        net = mx.sym.Convolution(
            net, kernel=(3, 3), pad=(1, 1), num_filter=filters, no_bias=True, name=f"conv{i}"
        )
        net = mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False, name=f"bn{i}"), act_type="relu")
        net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
        scales.append(net)
    kinds, moves, priors = [], [], []
    for i, (scale, sizes) in enumerate(((scales[2], (0.28, 0.36)), (scales[3], (0.44,)))):
        each = len(sizes)
        wanted = {"kernel": (3, 3), "pad": (1, 1)}
        kind = mx.sym.Convolution(scale, num_filter=each * (CLASSES + 1), name=f"kind{i}", **wanted)
        kinds.append(mx.sym.Flatten(mx.sym.transpose(kind, axes=(0, 2, 3, 1))))
        move = mx.sym.Convolution(scale, num_filter=each * 4, name=f"move{i}", **wanted)
        moves.append(mx.sym.Flatten(mx.sym.transpose(move, axes=(0, 2, 3, 1))))
        priors.append(mx.sym.contrib.MultiBoxPrior(scale, sizes=sizes, clip=True))
    kinds = mx.sym.Reshape(mx.sym.Concat(*kinds, dim=1), shape=(0, -1, CLASSES + 1))
    kinds = mx.sym.transpose(kinds, axes=(0, 2, 1))
    moves, priors = mx.sym.Concat(*moves, dim=1), mx.sym.Concat(*priors, dim=1)
    if not training:
        chances = mx.sym.softmax(kinds, axis=1)
        return mx.sym.contrib.MultiBoxDetection(chances, moves, priors, nms_threshold=0.4, threshold=0.05)
    target = mx.sym.contrib.MultiBoxTarget(
        priors, mx.sym.Variable("label"), kinds, overlap_threshold=0.5, negative_mining_ratio=3
    )
    chances = mx.sym.SoftmaxOutput(
        kinds,
        target[2],
        multi_output=True,
        use_ignore=True,
        ignore_label=-1,
        normalization="valid",
        name="kind",
    )
    off = mx.sym.smooth_l1(target[1] * (moves - target[0]), scalar=1.0)
    return mx.sym.Group(
        [chances, mx.sym.MakeLoss(off, normalization="valid", name="move"), mx.sym.BlockGrad(target[2])]
    )


class Wrong(mx.metric.EvalMetric):
    """How sure the network is of the right kind: the cross entropy of the boxes that count."""

    def __init__(self):
        super().__init__("kind-loss")

    def update(self, labels, preds):  # noqa: ARG002 - the network hands the targets on
        """Take note of a batch."""
        kinds = preds[2].asnumpy().astype(int)
        chances = np.take_along_axis(preds[0].asnumpy(), np.maximum(kinds, 0)[:, None], 1)[:, 0]
        self.sum_metric += -np.log(chances[kinds >= 0] + 1e-9).sum()
        self.num_inst += (kinds >= 0).sum()


def mean_average_precision(found, labels):
    """Return the mean over the kinds of the area below the curve of precision over recall."""
    areas = []
    for kind in range(CLASSES):
        hits = []  # of each box that was found: how sure, and whether it is right
        for boxes, truth in zip(found, labels):
            open_ones = [box[1:5] for box in truth if box[0] == kind]
            for box in sorted((box for box in boxes if box[0] == kind), key=lambda box: -box[1]):
                fits = [overlap(box[2:], other) for other in open_ones]
                right = bool(fits) and max(fits) >= 0.5
                if right:
                    open_ones.pop(int(np.argmax(fits)))
                hits.append((box[1], right))
        right = np.array([hit for _, hit in sorted(hits, key=lambda hit: -hit[0])], dtype=float)
        total = sum(int((truth[:, 0] == kind).sum()) for truth in labels)
        precision = np.maximum.accumulate((np.cumsum(right) / np.arange(1, len(right) + 1))[::-1])[::-1]
        areas.append((precision * right).sum() / total)
    return float(np.mean(areas))


def main(argv=None):
    """Train; return the mean average precision on held-out pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num-epochs", type=int, default=25)
    parser.add_argument("--quick", action="store_true", help="few pictures, few epochs")
    args = parser.parse_args(argv)
    handwritten.seed()
    size = 16
    with tempfile.TemporaryDirectory() as folder:
        iterators = []
        for part, count in (("train", 96 if args.quick else 800), ("test", 32 if args.quick else 160)):
            draw_records(f"{folder}/{part}", count, seed=len(part))
            options = {"path_imgrec": f"{folder}/{part}.rec", "path_imgidx": f"{folder}/{part}.idx"}
            augment = {"shuffle": True, "rand_mirror": True} if part == "train" else {}
            shape = (3, SIDE, SIDE)
            iterators.append(mx.image.ImageDetIter(size, shape, mean=True, std=True, **options, **augment))
        train, test = iterators
        train.sync_label_shape(test)
        model = mx.mod.Module(network(training=True), label_names=("label",))
        model.fit(
            train,
            eval_metric=Wrong(),
            num_epoch=8 if args.quick else args.num_epochs,
            optimizer="adam",
            optimizer_params={"learning_rate": 0.005},
            initializer=mx.init.Xavier(),
        )
        detector = mx.mod.Module(network(training=False), label_names=None)
        detector.bind(test.provide_data, for_training=False)
        detector.set_params(*model.get_params())
        found, labels = [], []
        for outputs, _, batch in detector.iter_predict(test):
            found += list(outputs[0].asnumpy())
            labels += list(batch.label[0].asnumpy())[: len(outputs[0])]
    precision = mean_average_precision(found, labels)
    print(f"mean average precision {precision:.3f} on {len(labels)} held-out pictures")
    return precision


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
