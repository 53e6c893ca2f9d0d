"""From a sequence to a sequence: an encoder reads digits, and a decoder says them backwards."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

LENGTH = 4
START = 10  # a word of its own, which the decoder begins with
WORDS, HIDDEN = 11, 64


class Translator(gluon.Block):
    """What the encoder remembers is where the decoder begins."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.embedding = nn.Embedding(WORDS, 24)
            self.encoder = rnn.GRU(HIDDEN)
            self.decoder = rnn.GRUCell(HIDDEN)
            self.output = nn.Dense(WORDS)

    def forward(self, source: nd.NDArray, target: nd.NDArray | None = None) -> nd.NDArray:
        """Return the scores of each word, of shape (length, batch, words).

        The decoder hears what it should have said before, if that is given, else what it has said itself.
        """
        batch_size = source.shape[1]
        _, state = self.encoder(self.embedding(source), self.encoder.begin_state(batch_size))
        states, word, scores = [state[0][0]], nd.full((batch_size,), START), []
        for step in range(LENGTH):
            hidden, states = self.decoder(self.embedding(word), states)
            scores.append(self.output(hidden))
            word = scores[-1].argmax(axis=1) if target is None else target[step]
        return nd.stack(*scores)


def sample(count: int, generator: np.random.Generator) -> tuple[nd.NDArray, nd.NDArray]:
    """Return random digits, and the same backwards, of shape (length, count)."""
    digits = generator.integers(0, 10, (LENGTH, count)).astype("float32")
    return nd.array(digits), nd.array(digits[::-1].copy())


def main() -> int:
    """Learn; return 0 if at least 95 % of the words are right."""
    mx.random.seed(1)
    generator = np.random.default_rng(1)
    net = Translator()
    net.initialize(mx.init.Xavier())
    loss = gluon.loss.SoftmaxCrossEntropyLoss(axis=2, batch_axis=1)
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    for step in range(250):
        source, target = sample(64, generator)
        with autograd.record():
            mean = loss(net(source, target), target).mean()
        mean.backward()
        trainer.step(1)
        if step % 50 == 49:
            print(f"step {step + 1}: loss {mean.asscalar():.3f}")
    source, target = sample(500, generator)
    said = net(source).argmax(axis=2)
    right = float((said == target).mean().asscalar())
    print("".join(f"{digit:.0f}" for digit in source[:, 0].asnumpy()), end=" -> ")
    print("".join(f"{digit:.0f}" for digit in said[:, 0].asnumpy()))
    print(f"{right:.1%} of the words are right")
    return 0 if right >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
