"""A network learns to play a small game from rewards alone: deep Q-learning (Mnih and others, 2015).

    python examples/dqn.py
    python examples/dqn.py --show

The game: a ball falls through a field of 6 x 6 places, drifting sideways and rebounding from the walls; a bat
at the bottom can step left, stay or step right. Catching the ball is worth 1, missing it -1. The network says
what each step is worth. It learns from steps that it remembers, against a copy of itself that follows now and
then. Many games are played at once, so that the network is asked about all of them together.
"""

from __future__ import annotations

import argparse
import logging
import random as python_random
from collections import deque

import handwritten
import numpy as np

import mxnet as mx
from mxnet import autograd, gluon

SIDE, ACTIONS = 6, 3


class Catch:
    """So many games at once; the balls fall in step."""

    def __init__(self, games, seed):
        self.games, self.random = games, np.random.RandomState(seed)

    def reset(self):
        """Begin; return what is seen."""
        self.y = 0
        self.x, self.bat = self.random.randint(SIDE, size=(2, self.games))
        self.drift = self.random.randint(-1, 2, size=self.games)
        self.before = self.x
        return self.seen()

    def seen(self):
        """Return pictures of shape ``(games, 3, SIDE, SIDE)``: the ball, where it was before, and the bat."""
        field, game = np.zeros((self.games, 3, SIDE, SIDE), "float32"), np.arange(self.games)
        field[game, 0, self.y, self.x] = 1
        field[game, 1, max(self.y - 1, 0), self.before] = 1
        field[game, 2, SIDE - 1, self.bat] = 1
        return field

    def step(self, actions):
        """Step left (0), stay (1) or step right (2); return what is seen, the rewards, and if it is over."""
        self.bat = np.clip(self.bat + actions - 1, 0, SIDE - 1)
        self.drift = np.where(
            (self.x + self.drift < 0) | (self.x + self.drift >= SIDE), -self.drift, self.drift
        )
        self.before, self.x, self.y = self.x, self.x + self.drift, self.y + 1
        over = self.y == SIDE - 1
        return self.seen(), np.where(self.x == self.bat, 1.0, -1.0) * over, over


def network():
    """Return what says how much each step is worth."""
    net = gluon.nn.HybridSequential()
    net.add(
        gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(ACTIONS)
    )
    net.initialize(mx.init.Xavier())
    net.hybridize()
    return net


def best(net, seen):
    """Return the action that is worth most, in each game."""
    return net(mx.nd.array(seen)).asnumpy().argmax(axis=1)


def play(game, net, show=False):
    """Play with the best actions; return the mean reward."""
    seen, over = game.reset(), False
    while not over:
        seen, reward, over = game.step(best(net, seen))
        if show:
            field = np.array(list(".o="))[(seen[0, 0] + 2 * seen[0, 2]).astype(int).clip(0, 2)]
            print("\n".join("".join(row) for row in field), end="\n\n")
    return reward.mean()


def main(argv=None):
    """Learn; return the mean reward before and after."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=600, help="how often to play, 16 games at once")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--show", action="store_true", help="show a game at the end")
    parser.add_argument("--quick", action="store_true", help="few rounds")
    args = parser.parse_args(argv)
    handwritten.seed()
    python_random.seed(1)
    rounds = 110 if args.quick else args.rounds
    game, judge = Catch(16, seed=0), Catch(500, seed=1)
    net, target = network(), network()
    before = play(judge, net)
    best(target, game.reset())  # now it has parameters of its own
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.003})
    loss = gluon.loss.HuberLoss()
    loss.hybridize()
    memory = deque(maxlen=20_000)
    for number in range(rounds):
        if number % 5 == 0:
            for mine, theirs in zip(target.collect_params().values(), net.collect_params().values()):
                mine.set_data(theirs.data())
        curious = max(0.1, 1 - 1.5 * number / rounds)
        seen, over = game.reset(), False
        while not over:
            at_random = np.random.rand(game.games) < curious
            actions = np.where(at_random, np.random.randint(ACTIONS, size=game.games), best(net, seen))
            after, rewards, over = game.step(actions)
            memory.extend((*each, over) for each in zip(seen, actions, rewards, after))
            seen = after
            if len(memory) < args.batch_size:
                continue
            some = zip(*python_random.sample(memory, args.batch_size))
            old, action, reward, new, last = (mx.nd.array(np.array(each)) for each in some)
            worth = reward + 0.95 * target(new).max(axis=1) * (1 - last)
            with autograd.record():
                wrong = loss(mx.nd.pick(net(old), action), worth)
            wrong.backward()
            trainer.step(args.batch_size)
        if number % 50 == 49:
            logging.info("Round[%d] reward %.2f", number, play(judge, net))
    reached = play(judge, net)
    print(
        f"mean reward {before:.2f} at first, {reached:.2f} after {rounds * game.games} games; 1 is the most"
    )
    if args.show:
        play(Catch(1, seed=2), net, show=True)
    return before, reached


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
