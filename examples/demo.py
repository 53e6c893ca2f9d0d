"""The main job, start to finish: a LeNet learns to read handwritten digits, is saved, loaded and put to use.

Composes the network from symbols, prints and draws it, trains it with ``Module.fit`` on the digits that
scikit-learn ships, draws the learning curve, and lets the reloaded checkpoint read digits it has never seen.
Everything it writes is in the folder ``demo-output``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import mxnet as mx

OUTPUT = Path("demo-output")
CHECKPOINT = str(OUTPUT / "lenet")
BATCH_SIZE = 40
EPOCHS = 8
GOAL = 0.98


def main() -> int:
    """Run all steps; return 0 if the network reads at least 98 % of the held-out digits."""
    began = time.perf_counter()
    OUTPUT.mkdir(exist_ok=True)
    mx.random.seed(1)
    np.random.seed(1)

    heading("The digits")
    train_x, train_y, test_x, test_y = load_data()
    print(f"{len(train_x)} pictures of 8 x 8 pixels to learn from, {len(test_x)} others to be tested on")

    heading("The network")
    net = lenet()
    mx.viz.print_summary(net, shape={"data": (1, 1, 8, 8)}, line_length=80)
    drawing = mx.viz.plot_network(net, shape={"data": (BATCH_SIZE, 1, 8, 8)})
    print("Drawn in", drawing.render(str(OUTPUT / "lenet"), format="svg", cleanup=True))

    heading("Training")
    progress = Progress(EPOCHS * -(-len(train_x) // BATCH_SIZE))
    train(net, (train_x, train_y), (test_x, test_y), progress)
    print("Learning curve in", draw_curve(progress.curve))
    print(f"Checkpoint in {CHECKPOINT}-symbol.json and {CHECKPOINT}-{EPOCHS:04d}.params")

    heading("Reading digits with the reloaded checkpoint")
    probabilities = read_digits(test_x)
    digits = probabilities.argmax(axis=1)
    show_in_terminal(test_x[:4], digits, probabilities.max(axis=1))
    print("More of them in", draw_digits(test_x[:24], test_y, digits))
    misread = int((digits != test_y).sum())
    accuracy = 1 - misread / len(test_y)
    print(f"\nOf the {len(test_y)} held-out digits it reads {accuracy:.1%} correctly and misreads {misread}.")
    print(f"The whole demo took {time.perf_counter() - began:.0f} seconds.")
    return 0 if accuracy >= GOAL else 1


def heading(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n{'-' * len(text)}")


def load_data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures and labels to learn from and to be tested on; a fifth of the digits is held out.

    Each picture to learn from is there five times: as it is, and moved by a pixel in each direction.
    """
    pictures, labels = load_digits(return_X_y=True)
    pictures = (pictures / 16).astype("float32").reshape(-1, 1, 8, 8)
    train_x, test_x, train_y, test_y = train_test_split(
        pictures, labels.astype("float32"), test_size=0.2, stratify=labels, random_state=0
    )
    moves = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    padded = np.pad(train_x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    moved = [padded[:, :, 1 + down : 9 + down, 1 + right : 9 + right] for down, right in moves]
    return np.concatenate(moved), np.tile(train_y, len(moves)), test_x, test_y


def lenet() -> mx.sym.Symbol:
    """Compose LeNet: two convolutions with pooling, two fully connected layers, a softmax."""
    net = mx.sym.Variable("data")
    net = mx.sym.Convolution(net, kernel=(5, 5), pad=(2, 2), num_filter=20, name="conv1")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh1")
    net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2), name="pool1")
    net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=50, name="conv2")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh2")
    net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2), name="pool2")
    net = mx.sym.Flatten(net, name="flatten")
    net = mx.sym.FullyConnected(net, num_hidden=128, name="fc1")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh3")
    net = mx.sym.FullyConnected(net, num_hidden=10, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


class Progress:
    """Shows a bar while the network trains and keeps the accuracies for the learning curve.

    Parameters
    ----------
    total : int
        How many batches there will be.
    """

    def __init__(self, total: int) -> None:
        # disable=None: no bar where there is no terminal to draw it in
        self.bar = tqdm(total=total, unit="batch", disable=None, file=sys.stdout)
        self.curve: dict[str, list[float]] = {"training": [], "held out": []}
        self.accuracy = 0.0

    def after_batch(self, state: mx.model.BatchEndParam) -> None:
        """Move the bar on."""
        self.accuracy = state.eval_metric.get()[1]
        self.bar.set_postfix_str(f"epoch {state.epoch + 1}, accuracy {self.accuracy:.3f}", refresh=False)
        self.bar.update()

    def after_epoch(self, state: mx.model.BatchEndParam) -> None:
        """Print and keep what the epoch reached."""
        held_out = state.eval_metric.get()[1]
        self.curve["training"].append(self.accuracy)
        self.curve["held out"].append(held_out)
        reached = f"{self.accuracy:.1%} in training, {held_out:.1%} on the held-out digits"
        self.bar.write(f"epoch {state.epoch + 1}: {reached}", file=sys.stdout)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self.bar.close()


def train(
    net: mx.sym.Symbol,
    training: tuple[np.ndarray, np.ndarray],
    held_out: tuple[np.ndarray, np.ndarray],
    progress: Progress,
) -> None:
    """Train the network and save it after the last epoch."""
    module = mx.mod.Module(net, context=mx.cpu())
    module.fit(
        mx.io.NDArrayIter(*training, BATCH_SIZE, shuffle=True),
        eval_data=mx.io.NDArrayIter(*held_out, BATCH_SIZE),
        num_epoch=EPOCHS,
        optimizer="sgd",
        optimizer_params={"learning_rate": 0.05, "momentum": 0.9, "wd": 1e-4},
        initializer=mx.init.Xavier(),
        batch_end_callback=progress.after_batch,
        eval_end_callback=progress.after_epoch,
        epoch_end_callback=mx.callback.do_checkpoint(CHECKPOINT, period=EPOCHS),
        progress=False,  # there is one of our own, for all epochs
    )
    progress.close()


def read_digits(pictures: np.ndarray) -> np.ndarray:
    """Load the checkpoint and return the probability of each digit for each picture."""
    module = mx.mod.Module.load(CHECKPOINT, EPOCHS, context=mx.cpu())
    batches = mx.io.NDArrayIter(pictures, batch_size=BATCH_SIZE)
    module.bind(data_shapes=batches.provide_data, for_training=False)
    return module.predict(batches).asnumpy()


def show_in_terminal(pictures: np.ndarray, digits: np.ndarray, certainty: np.ndarray) -> None:
    """Print the pictures side by side in block characters, and below each what was read."""
    shades = np.array(list(" ░▒▓█"))
    blocks = shades[np.rint(pictures[:, 0] * 4).astype(int)].repeat(2, axis=2)
    for row in range(blocks.shape[1]):
        print("  ".join("".join(picture[row]) for picture in blocks).rstrip())
    readings = [f"{digit} ({sure:.1%})" for _, digit, sure in zip(pictures, digits, certainty, strict=False)]
    print("  ".join(f"{reading:^16}" for reading in readings).rstrip())


def draw_curve(curve: dict[str, list[float]]) -> Path:
    """Draw the accuracies over the epochs and return the picture's path."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, accuracies in curve.items():
        axes.plot(range(1, len(accuracies) + 1), accuracies, marker="o", label=name)
    axes.axhline(GOAL, color="grey", linestyle=":", label=f"goal, {GOAL:.0%}")
    axes.set(xlabel="epoch", ylabel="accuracy", title="LeNet on handwritten digits")
    axes.legend()
    path = OUTPUT / "learning-curve.png"
    figure.savefig(path, dpi=150)
    return path


def draw_digits(pictures: np.ndarray, labels: np.ndarray, digits: np.ndarray) -> Path:
    """Draw the pictures with what was read, mistakes in red, and return the picture's path."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    panels = figure.subplots(3, 8).flat
    for axes, picture, label, digit in zip(panels, pictures, labels, digits, strict=False):
        axes.imshow(picture[0], cmap="gray_r")
        axes.set_title(str(digit), color="black" if digit == label else "red")
        axes.axis("off")
    path = OUTPUT / "digits.png"
    figure.savefig(path, dpi=150)
    return path


if __name__ == "__main__":
    sys.exit(main())
