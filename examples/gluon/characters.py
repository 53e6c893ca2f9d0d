"""A recurrent network that learns a rhyme letter by letter: from scratch, and with Gluon's LSTM."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn, rnn

RHYME = "twinkle twinkle little star how i wonder what you are up above the world so high "
LETTERS = sorted(set(RHYME))
HIDDEN = 64
STEPS = 20


def batches(text: str) -> tuple[nd.NDArray, nd.NDArray]:
    """Return pieces of the text, each of which begins a letter later, and what follows their letters."""
    codes = [LETTERS.index(letter) for letter in text + text[: STEPS + 1]]
    pieces = [codes[start : start + STEPS + 1] for start in range(len(text))]
    both = nd.array(pieces).T  # time, batch
    return both[:-1], both[1:]


class ByHand:
    """The plain recurrence, of arrays: what is remembered is tanh of what comes in and what was there."""

    def __init__(self) -> None:
        self.parameters = [
            nd.random.normal(scale=0.1, shape=shape)
            for shape in ((len(LETTERS), HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, len(LETTERS)))
        ]
        for parameter in self.parameters:
            parameter.attach_grad()

    def begin(self, batch_size: int) -> nd.NDArray:
        """Return what is remembered before the first letter."""
        return nd.zeros((batch_size, HIDDEN))

    def __call__(self, letters: nd.NDArray, state: nd.NDArray) -> tuple[nd.NDArray, nd.NDArray]:
        """Return the scores of what follows each letter, and what is remembered."""
        read, remember, write = self.parameters
        scores = []
        for step in nd.one_hot(letters, len(LETTERS)):
            state = nd.tanh(nd.dot(step, read) + nd.dot(state, remember))
            scores.append(nd.dot(state, write))
        return nd.stack(*scores), state

    def step(self) -> None:
        """Descend along the gradients, which are kept from becoming too long."""
        gluon.utils.clip_global_norm([parameter.grad for parameter in self.parameters], 1.0)
        for parameter in self.parameters:
            parameter[:] = parameter - 1.0 * parameter.grad


class Reader(gluon.Block):
    """An embedding, an LSTM and a dense layer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.embedding = nn.Embedding(len(LETTERS), 16)
            self.lstm = rnn.LSTM(HIDDEN)
            self.dense = nn.Dense(len(LETTERS), flatten=False)

    def begin(self, batch_size: int) -> list[nd.NDArray]:
        """Return what is remembered before the first letter."""
        return self.lstm.begin_state(batch_size)

    def forward(self, letters: nd.NDArray, state: Any) -> tuple[nd.NDArray, Any]:
        """Return the scores of what follows each letter, and what is remembered."""
        output, state = self.lstm(self.embedding(letters), state)
        return self.dense(output), state


def learn(net: Any, step: Callable[[], None], epochs: int) -> str:
    """Train a network; return how it goes on after the first letters."""
    letters, following = batches(RHYME)
    loss = gluon.loss.SoftmaxCrossEntropyLoss(axis=2, batch_axis=1)
    for _ in range(epochs):
        with autograd.record():
            scores, _ = net(letters, net.begin(letters.shape[1]))
            mean = loss(scores, following).mean()
        mean.backward()
        step()
    text, state = "twinkle", net.begin(1)
    scores, state = net(nd.array([[LETTERS.index(letter)] for letter in text]), state)
    while len(text) < 40:
        text += LETTERS[int(scores[-1].argmax(axis=1).asscalar())]
        scores, state = net(nd.array([[LETTERS.index(text[-1])]]), state)
    return text


def main() -> int:
    """Learn in both ways; return 0 if both know the rhyme."""
    mx.random.seed(1)
    by_hand, reader = ByHand(), Reader()
    reader.initialize(mx.init.Xavier())
    trainer = gluon.Trainer(reader.collect_params(), "adam", {"learning_rate": 0.02})
    told = {
        "from scratch": learn(by_hand, by_hand.step, epochs=250),
        "with Gluon": learn(reader, lambda: trainer.step(1), epochs=60),
    }
    for name, text in told.items():
        print(f"{name}: {text}")
    return 0 if all(text in RHYME * 2 for text in told.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
