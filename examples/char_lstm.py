"""An LSTM learns to write, letter by letter: sentences of many lengths, in buckets.

    python examples/char_lstm.py

Sentences are made by a small grammar. `BucketSentenceIter` gathers those of like length, `BucketingModule`
has one unrolled network for each length, all with the same parameters. Perplexity says among how many
letters, on average, the network is in doubt; the grammar leaves a doubt at the beginnings of words only. Then
it writes by itself.
"""

from __future__ import annotations

import argparse
import logging
import random

import handwritten
import numpy as np

import mxnet as mx

NOUNS = ["cat", "dog", "bird", "horse", "child", "old man", "little mouse"]
VERBS = ["sees", "hears", "likes", "follows"]
PLACES = ["", " in the garden", " near the river", " at night"]


def sentences(count):
    """Make so many sentences, each a list of letters that ends with a full stop."""
    pick = random.Random(0).choice
    return [list(f"the {pick(NOUNS)} {pick(VERBS)} the {pick(NOUNS)}{pick(PLACES)}.") for _ in range(count)]


def unrolled(length, letters, hidden):
    """Compose the network for sentences of one length."""
    cell = mx.rnn.SequentialRNNCell()
    for i in range(2):
        cell.add(mx.rnn.LSTMCell(hidden, prefix=f"lstm{i}_"))
    data, label = mx.sym.Variable("data"), mx.sym.Variable("softmax_label")
    embedded = mx.sym.Embedding(data, input_dim=letters, output_dim=16, name="embed")
    outputs, _ = cell.unroll(length, inputs=embedded, merge_outputs=True)
    scores = mx.sym.FullyConnected(
        mx.sym.Reshape(outputs, shape=(-1, hidden)), num_hidden=letters, name="pred"
    )
    label = mx.sym.Reshape(label, shape=(-1,))
    net = mx.sym.SoftmaxOutput(scores, label, use_ignore=True, ignore_label=0, name="softmax")
    return net, ("data",), ("softmax_label",)


def write(arg_params, vocabulary, hidden, start, most=80):
    """Let the trained network write on from a beginning, one letter after the other."""
    letters = {number: letter for letter, number in vocabulary.items()}
    cells = [mx.rnn.LSTMCell(hidden, prefix=f"lstm{i}_") for i in range(2)]
    output = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=len(vocabulary), output_dim=16, name="embed")
    states = []
    for i, cell in enumerate(cells):
        output, after = cell(output, [mx.sym.Variable(f"h{i}"), mx.sym.Variable(f"c{i}")])
        states += after
    scores = mx.sym.FullyConnected(output, num_hidden=len(vocabulary), name="pred")
    net = mx.sym.Group([mx.sym.softmax(scores), *states])
    names = ["h0", "c0", "h1", "c1"]
    executor = net.simple_bind(mx.cpu(), grad_req="null", data=(1,), **dict.fromkeys(names, (1, hidden)))
    executor.copy_params_from(arg_params)
    text, state = list(start), [mx.nd.zeros((1, hidden))] * 4
    for position in range(most):
        number = mx.nd.array([vocabulary[text[position]]])
        chances, *state = executor.forward(data=number, **{n: s.copy() for n, s in zip(names, state)})
        if position + 1 < len(text):
            continue
        chances = chances[0].asnumpy().astype("float64")
        text.append(letters[int(np.random.choice(len(letters), p=chances / chances.sum()))])
        if text[-1] == ".":
            break
    return "".join(text)


def main(argv=None):
    """Train; return the perplexity of sentences that were held out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num-hidden", type=int, default=64)
    parser.add_argument("--num-epochs", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="few sentences, few epochs")
    args = parser.parse_args(argv)
    handwritten.seed()
    random.seed(1)  # the order of the buckets
    count, buckets = (640, [36, 48]) if args.quick else (3000, [30, 36, 42, 48, 54, 60])
    encoded, vocabulary = mx.rnn.encode_sentences(sentences(count), invalid_label=0, start_label=1)
    split = count * 9 // 10
    train, test = (
        mx.rnn.BucketSentenceIter(some, 32, buckets=buckets, invalid_label=0)
        for some in (encoded[:split], encoded[split:])
    )
    model = mx.mod.BucketingModule(
        lambda length: unrolled(length, len(vocabulary), args.num_hidden), default_bucket_key=buckets[-1]
    )
    model.fit(
        train,
        eval_data=test,
        eval_metric=mx.metric.Perplexity(ignore_label=0),
        num_epoch=3 if args.quick else args.num_epochs,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.02 if args.quick else 0.01},
        initializer=mx.init.Xavier(factor_type="in", magnitude=2.34),
        batch_end_callback=mx.callback.Speedometer(32, 20),
    )
    perplexity = dict(model.score(test, mx.metric.Perplexity(ignore_label=0)))["perplexity"]
    print(f"perplexity {perplexity:.2f} of held-out sentences, among {len(vocabulary) - 1} letters")
    for _ in range(3):
        print("it writes:", write(model.get_params()[0], vocabulary, args.num_hidden, "the "))
    return perplexity


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
