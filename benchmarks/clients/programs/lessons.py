# ruff: noqa: E402 - what the package asks for at its import is put there first
"""The lessons of Dive into Deep Learning (Chinese edition), by the functions of its package d2lzh."""

import contextlib
import io
import random
import re

import sys
import types

import matplotlib as mpl

mpl.use("Agg")
notebook = types.SimpleNamespace(set_matplotlib_formats=lambda *_: None)
sys.modules["IPython"] = types.SimpleNamespace(display=notebook)  # there is none to draw into

import d2lzh as d2l

del sys.modules["IPython"]  # matplotlib asks whether it is there
import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import data as gdata
from mxnet.gluon import loss as gloss
from mxnet.gluon import nn, rnn

DRAWN = np.random.RandomState(0)
TEXT = "the time machine by h g wells it was in the machine that the time " * 6
CHARS = sorted(set(TEXT))
INDEX = {char: i for i, char in enumerate(CHARS)}
CORPUS = [INDEX[char] for char in TEXT]
CONTEXT = d2l.try_gpu()


def drawn(*shape):
    """Return the next numbers, which are the same everywhere."""
    return nd.array(DRAWN.normal(0, 0.3, shape))


def told(function, *arguments, **options):
    """Print what a function prints, but for the times."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the lessons draw from it
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        function(*arguments, **options)
    text = re.sub(r",? (time )?[\d.]+ sec( per epoch)?", "", printed.getvalue())
    print(re.sub(r"\d+\.\d+", lambda found: f"{float(found[0]):.2f}", text), end="")


def known(net, *inputs):
    """Give a network parameters that are the same everywhere."""
    net.initialize()
    net(*inputs)
    for parameter in net.collect_params().values():
        if parameter.grad_req != "null":
            parameter.set_data(nd.array(DRAWN.normal(0, 0.1, parameter.shape)))
    return net


x = nd.array(DRAWN.normal(size=(120, 2)))
w = nd.array([[2], [-3.4]])
print("corr2d", d2l.corr2d(nd.arange(9).reshape((3, 3)), nd.array([[0, 1], [2, 3]])).asnumpy().tolist())

# Linear regression from scratch, and the optimizers of chapter 7.
y = d2l.linreg(x, w, nd.array([4.2]))
params = [drawn(2, 1), nd.zeros(1)]
for each in params:
    each.attach_grad()
random.seed(1)
for _ in range(5):
    for X, Y in d2l.data_iter(10, x, y):
        with autograd.record():
            loss = d2l.squared_loss(d2l.linreg(X, *params), Y)
        loss.backward()
        d2l.sgd(params, 0.03, 10)
print("linear", [np.round(each.asnumpy().ravel(), 2).tolist() for each in params])
for name, options in (
    ("sgd", {"learning_rate": 0.05}),
    ("sgd", {"learning_rate": 0.02, "momentum": 0.9}),
    ("adagrad", {"learning_rate": 0.1}),
    ("rmsprop", {"learning_rate": 0.01, "gamma1": 0.9}),
    ("adadelta", {"rho": 0.9}),
    ("adam", {"learning_rate": 0.01}),
):
    np.random.seed(0)  # noqa: NPY002
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        d2l.train_gluon_ch7(name, options, x, y.reshape((-1,)), num_epochs=20)
    print(name, float(printed.getvalue().split()[1].rstrip(",")) < 10)

# Images: a softmax regression and a perceptron, a LeNet, a residual network.
images = nd.array(DRAWN.uniform(size=(64, 1, 28, 28)))
labels = nd.array((images.mean(axis=(1, 2, 3)).asnumpy() * 2000).astype(int) % 2)
batches = lambda: gdata.DataLoader(gdata.ArrayDataset(images, labels), 16, num_workers=2)  # noqa: E731
softmax = gloss.SoftmaxCrossEntropyLoss()
net = nn.Sequential()
net.add(nn.Dense(32, activation="relu"), nn.Dropout(0.0), nn.Dense(2))
known(net, images)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
told(d2l.train_ch3, net, batches(), batches(), softmax, 3, 16, None, None, trainer)
net = nn.Sequential()
net.add(
    nn.Conv2D(6, 5, activation="sigmoid"),
    nn.MaxPool2D(2, 2),
    nn.Conv2D(16, 5, activation="sigmoid"),
    nn.MaxPool2D(2, 2),
    nn.Dense(20, activation="sigmoid"),
    nn.Dense(2),
)
known(net, images)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
told(d2l.train_ch5, net, batches(), batches(), 16, trainer, CONTEXT, 2)
net = known(d2l.resnet18(2), images)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
told(d2l.train, batches(), batches(), net, softmax, trainer, [mx.cpu(0)], 1)

# Text: a network from scratch, and by Gluon's layers.
print([X.asnumpy().shape for X, _ in d2l.data_iter_consecutive(CORPUS, 2, 6)][:2])


def get_params():
    made = [drawn(len(CHARS), 16), drawn(16, 16), nd.zeros(16), drawn(16, len(CHARS)), nd.zeros(len(CHARS))]
    for each in made:
        each.attach_grad()
    return made


def network(inputs, state, params):
    (hidden,), outputs = state, []
    for each in inputs:
        hidden = nd.tanh(nd.dot(each, params[0]) + nd.dot(hidden, params[1]) + params[2])
        outputs.append(nd.dot(hidden, params[3]) + params[4])
    return outputs, (hidden,)


first = lambda batch, hiddens, ctx: (nd.zeros((batch, hiddens), ctx=ctx),)  # noqa: E731
for at_random in (False, True):
    told(
        d2l.train_and_predict_rnn,
        network,
        get_params,
        first,
        16,
        len(CHARS),
        CONTEXT,
        CORPUS,
        CHARS,
        INDEX,
        at_random,
        20,
        8,
        10,
        0.01,
        4,
        10,
        8,
        ["time", "the"],
    )
for layer in (rnn.RNN(16), rnn.GRU(16), rnn.LSTM(16)):
    mx.random.seed(1)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        d2l.train_and_predict_rnn_gluon(
            d2l.RNNModel(layer, len(CHARS)),
            16,
            len(CHARS),
            CONTEXT,
            CORPUS,
            CHARS,
            INDEX,
            60,
            8,
            50,
            0.01,
            4,
            60,
            8,
            ["time"],
        )
    print(type(layer).__name__, float(printed.getvalue().split()[3].rstrip(",")) < 15)

# Pictures of boxes and segments.
colors = nd.zeros(256**3)
for i, (r, g, b) in enumerate(d2l.VOC_COLORMAP):
    colors[(r * 256 + g) * 256 + b] = i
picture = nd.array(np.array(d2l.VOC_COLORMAP)[DRAWN.randint(0, 21, (6, 8))], dtype="uint8")
print(d2l.voc_label_indices(picture, colors).asnumpy().astype(int).tolist())
random.seed(2)
print([each.shape for each in d2l.voc_rand_crop(picture, picture, 4, 5)])
print(d2l.get_vocab_imdb([["good film good good good good", 1]]).token_to_idx)
