"""A reader of lines of text: handwritten digits side by side, without being told where one ends.

    python examples/ctc_lines.py

Lines of three to five digits are put together, with gaps at random. An LSTM that reads from both sides looks
at one column of pixels after the other and says what it sees; the CTC loss sums over all ways to place the
digits of the label (Graves, 2006). What is printed is the share of lines read without a mistake, and the
edits per digit that would mend the others.
"""

from __future__ import annotations

import argparse
import logging

import handwritten
import numpy as np

import mxnet as mx


def lines(pictures, digits, longest, count, seed):
    """Make lines: pictures of shape ``(count, 1, 8, width)``, and labels 1 to 10; 0 fills them up."""
    random = np.random.RandomState(seed)
    width = 10 * longest
    data, labels = np.zeros((count, 1, 8, width), "float32"), np.zeros((count, longest), "float32")
    for line, label in zip(data, labels):
        number = random.randint(longest - 2, longest + 1)
        gaps = random.multinomial(width - 8 * number, np.ones(number + 1) / (number + 1))
        at = 0
        for i, pick in enumerate(random.randint(len(digits), size=number)):
            at += gaps[i]
            line[0, :, at : at + 8] = pictures[pick, 0]
            label[i] = digits[pick] + 1
            at += 8
    return data, labels


def network(longest, hidden):
    """Compose the reader: its loss and, for each column, the chances of nothing and of each digit."""
    cell = mx.rnn.FusedRNNCell(hidden, num_layers=1, mode="lstm", bidirectional=True, prefix="lstm_")
    strokes = mx.sym.Convolution(
        mx.sym.Variable("data"), kernel=(8, 5), pad=(0, 2), num_filter=48, name="conv"
    )
    strokes = mx.sym.Pooling(mx.sym.relu(strokes), kernel=(1, 2), stride=(1, 2), pool_type="max")
    strokes = mx.sym.transpose(
        mx.sym.Reshape(strokes, shape=(0, 0, -1)), axes=(2, 0, 1)
    )  # time, batch, filters
    read, _ = cell.unroll(5 * longest, inputs=strokes, layout="TNC", merge_outputs=True)
    scores = mx.sym.FullyConnected(read, num_hidden=11, flatten=False, name="score")
    loss = mx.sym.MakeLoss(
        mx.sym.CTCLoss(scores, mx.sym.Variable("label"), name="ctc"), normalization="batch", name="loss"
    )
    return mx.sym.Group([loss, mx.sym.BlockGrad(mx.sym.softmax(scores, axis=2), name="chances")])


def read_lines(chances):
    """Take the likeliest of each column; drop what repeats, and the gaps."""
    best = chances.argmax(axis=2).T
    return [[c for i, c in enumerate(row) if c and (i == 0 or c != row[i - 1])] for row in best.tolist()]


def edits(a, b):
    """Return how many digits have to be put in, taken out or changed to make one list the other."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]


def main(argv=None):
    """Train; return the share of lines read without a mistake, and the edits per digit."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num-hidden", type=int, default=64)
    parser.add_argument("--num-epochs", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="few and short lines")
    args = parser.parse_args(argv)
    handwritten.seed()
    train_digits, test_digits = handwritten.arrays()
    longest, hidden, size = (3, 32, 16) if args.quick else (5, args.num_hidden, 32)

    def iterator(digits, count, seed):
        data, labels = lines(*digits, longest, count, seed)
        return mx.io.NDArrayIter(data, labels, size, shuffle=seed == 0, label_name="label")

    train = iterator(train_digits, 480 if args.quick else 4096, 0)
    test = iterator(test_digits, 96 if args.quick else 512, 1)
    model = mx.mod.Module(network(longest, hidden), label_names=("label",))
    model.fit(
        train,
        eval_metric=mx.metric.Loss(output_names=["loss_output"], label_names=[]),
        num_epoch=8 if args.quick else args.num_epochs,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.01},
        initializer=mx.init.Xavier(),
        batch_end_callback=mx.callback.Speedometer(size, 20),
    )
    found = [line for outputs, _, _ in model.iter_predict(test) for line in read_lines(outputs[1].asnumpy())]
    labels = [[int(digit) for digit in label if digit] for label in test.label[0][1].asnumpy()]
    wrong = [edits(line, label) for line, label in zip(found, labels)]
    whole, rate = wrong.count(0) / len(wrong), sum(wrong) / sum(map(len, labels))
    print(
        f"{whole:.1%} of {len(labels)} held-out lines are read without a mistake; {rate:.3f} edits per digit"
    )
    return whole, rate


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
