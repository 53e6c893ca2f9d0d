"""An LSTM of several layers, each on a device of its own.

    python examples/model_parallel_lstm.py
    python examples/model_parallel_lstm.py --gpus 0,1

Whatever is composed inside of ``AttrScope(ctx_group=...)`` belongs to a group, and `Module` is told where
each group runs (``group2ctxs``); the copies between devices are put in by themselves, forwards and backwards.
The task is to remember: which token came first in a sequence? Without GPUs the devices are `mx.cpu(0)` and
`mx.cpu(1)`.
"""

from __future__ import annotations

import argparse
import logging

import handwritten
import numpy as np

import mxnet as mx


def network(length, tokens, hidden, layers):
    """Compose the network, with a group for each layer."""
    with mx.AttrScope(ctx_group="layer0"):
        data = mx.sym.Variable("data")
        outputs = mx.sym.Embedding(data, input_dim=tokens, output_dim=hidden, name="embed")
    for i in range(layers):
        with mx.AttrScope(ctx_group=f"layer{i}"):
            cell = mx.rnn.LSTMCell(hidden, prefix=f"lstm{i}_")
            outputs, _ = cell.unroll(length, inputs=outputs, merge_outputs=True)
    with mx.AttrScope(ctx_group=f"layer{layers - 1}"):
        last = mx.sym.SequenceLast(mx.sym.swapaxes(outputs, dim1=0, dim2=1))
        net = mx.sym.FullyConnected(last, num_hidden=tokens, name="fc")
        return mx.sym.SoftmaxOutput(net, name="softmax")


def main(argv=None):
    """Train; return the share of held-out sequences whose first token is remembered."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gpus", help="the numbers of the GPUs, such as 0,1")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--length", type=int, default=20)
    parser.add_argument("--num-epochs", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="short sequences, few epochs")
    args = parser.parse_args(argv)
    handwritten.seed()
    length, hidden, tokens = (6, 32, 5) if args.quick else (args.length, 64, 8)
    devices = [mx.gpu(int(n)) for n in args.gpus.split(",")] if args.gpus else [mx.cpu(0), mx.cpu(1)]
    places = {f"layer{i}": devices[i % len(devices)] for i in range(args.layers)}

    sequences = np.random.randint(tokens, size=(2500, length)).astype("float32")
    train, test = (
        mx.io.NDArrayIter(some, some[:, 0], 50, shuffle=True) for some in (sequences[:2000], sequences[2000:])
    )
    model = mx.mod.Module(network(length, tokens, hidden, args.layers), context=devices[0], group2ctxs=places)
    model.fit(
        train,
        eval_data=test,
        num_epoch=3 if args.quick else args.num_epochs,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.01},
        initializer=mx.init.Xavier(),
        batch_end_callback=mx.callback.Speedometer(50, 20),
    )
    accuracy = dict(model.score(test, "acc"))["accuracy"]
    print(f"{accuracy:.1%} of the first tokens are remembered over {length} steps; {places}")
    return accuracy


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
