"""Who would like which film? Users and films as vectors, learned from ratings: dense or sparse.

    python examples/matrix_factorization.py
    python examples/matrix_factorization.py --sparse

A rating is the product of a user's vector and a film's, plus how kind the user and how good the film is. The
ratings are made by such vectors, with noise: the error cannot fall below that noise. With ``--sparse`` the
gradients of the vectors are `row_sparse`, with rows for the users and films of a batch only, and so is what
the optimizer updates.
"""

from __future__ import annotations

import argparse
import logging

import handwritten
import numpy as np

import mxnet as mx

NOISE = 0.3


def ratings(users, films, count, rank=4):
    """Make ratings; return users, films, and what they rate."""
    random = np.random.RandomState(0)
    tastes, kinds = random.normal(0, 0.7, (users, rank)), random.normal(0, 0.7, (films, rank))
    user, film = random.randint(users, size=count), random.randint(films, size=count)
    score = 3 + (tastes[user] * kinds[film]).sum(axis=1) + random.normal(0, 0.5, films)[film]
    return user, film, (score + random.normal(0, NOISE, count)).astype("float32")


def network(users, films, factors, sparse):
    """Compose the product of two vectors and two biases."""
    stype = "row_sparse" if sparse else "default"

    def look_up(numbers, count, size, name):
        weight = mx.sym.Variable(f"{name}_weight", stype=stype)
        return mx.sym.Embedding(
            numbers, weight, input_dim=count, output_dim=size, sparse_grad=sparse, name=name
        )

    user, film = mx.sym.Variable("user"), mx.sym.Variable("film")
    alike = look_up(user, users, factors, "taste") * look_up(film, films, factors, "kind")
    score = mx.sym.sum(alike, axis=1, keepdims=True)
    score = score + look_up(user, users, 1, "kindness") + look_up(film, films, 1, "quality")
    score = mx.sym.Flatten(score + 3)
    return mx.sym.LinearRegressionOutput(score, mx.sym.Variable("score"), name="rating")


def main(argv=None):
    """Train; return the root of the mean squared error of held-out ratings."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--sparse", action="store_true", help="vectors and gradients of the batch's rows only"
    )
    parser.add_argument("--factors", type=int, default=8)
    parser.add_argument("--num-epochs", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="few users, few ratings")
    args = parser.parse_args(argv)
    handwritten.seed()
    users, films, count = (60, 40, 6000) if args.quick else (2000, 1000, 200_000)
    user, film, score = ratings(users, films, count)
    split, size = count * 9 // 10, 150 if args.quick else 500
    train, test = (
        mx.io.NDArrayIter(
            {"user": user[part], "film": film[part]}, {"score": score[part]}, size, shuffle=True
        )
        for part in (slice(split), slice(split, None))
    )
    model = mx.mod.Module(
        network(users, films, args.factors, args.sparse), data_names=("film", "user"), label_names=("score",)
    )
    model.fit(
        train,
        eval_data=test,
        eval_metric="rmse",
        num_epoch=5 if args.quick else args.num_epochs,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.05 if args.quick else 0.02, "wd": 0.0},
        initializer=mx.init.Normal(0.1),
        batch_end_callback=mx.callback.Speedometer(size, 100),
    )
    rmse = dict(model.score(test, "rmse"))["rmse"]
    print(f"error {rmse:.3f} of held-out ratings, which vary by {score.std():.3f}; noise alone is {NOISE}")
    return rmse


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
