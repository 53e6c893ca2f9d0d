import numpy as np
import pytest
from typer.testing import CliRunner

import mxnet as mx
from mxnet.cli.app import app


class Program:
    """Runs commands in this process."""

    def __init__(self):
        self._runner = CliRunner(env={"COLUMNS": None})  # as if nobody had a terminal

    def __call__(self, *arguments, input=None, status=0):
        done = self._runner.invoke(app, [str(each) for each in arguments], input=input)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == status, done.output
        return done


@pytest.fixture(scope="session")
def symnet():
    return Program()


def network():
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = mx.sym.Activation(mx.sym.BatchNorm(net, name="norm"), act_type="relu", name="relu")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def parameters(net, **shapes):
    random = np.random.default_rng(0)
    arguments, _, states = net.infer_shape(**shapes)
    drawn = {
        name: mx.nd.array(random.uniform(0.1, 1, shape))
        for name, shape in zip(
            net.list_arguments() + net.list_auxiliary_states(), arguments + states, strict=True
        )
    }
    kept = {name: drawn[name] for name in net.list_arguments() if name not in (*shapes, "softmax_label")}
    return kept, {name: drawn[name] for name in net.list_auxiliary_states()}


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """The prefix of a small convolutional network that reads pictures of 8 x 8 pixels, of epochs 1 and 3."""
    folder = tmp_path_factory.mktemp("checkpoint")
    prefix = str(folder / "net")
    net = network()
    for epoch in (1, 3):
        mx.model.save_checkpoint(prefix, epoch, net, *parameters(net, data=(1, 3, 8, 8)))
    return prefix


@pytest.fixture(scope="session")
def picture(tmp_path_factory):
    """A file with a picture."""
    cv2 = pytest.importorskip("cv2")
    path = str(tmp_path_factory.mktemp("picture") / "picture.png")
    cv2.imwrite(path, np.random.default_rng(0).integers(0, 255, (20, 16, 3), dtype=np.uint8))
    return path
