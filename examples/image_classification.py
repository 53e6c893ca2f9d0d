r"""LeNet or a small ResNet reads handwritten digits: all that a training usually has around it.

    python examples/image_classification.py
    python examples/image_classification.py --network resnet --model-prefix resnet
    python examples/image_classification.py --network resnet --model-prefix resnet --load-epoch 12 \
        --num-epochs 15

The learning rate falls as epochs go by, a line every 20 batches says how fast it goes, and with
``--model-prefix`` every epoch leaves a checkpoint that ``--load-epoch`` goes on from.
"""

from __future__ import annotations

import argparse
import logging

import handwritten

import mxnet as mx


def lenet():
    """Two convolutions with pooling, two dense layers."""
    net = mx.sym.Variable("data")
    for i, filters in enumerate((16, 32)):
        net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=filters, name=f"conv{i}")
        net = mx.sym.Activation(net, act_type="tanh")
        net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2))
    net = mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=64, name="fc1")
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="tanh"), num_hidden=10, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def resnet(filters=(16, 32, 64)):
    """One residual unit at each of three sizes, with normalization and ReLU before each convolution."""

    def convolve(net, count, stride, name):
        net = mx.sym.BatchNorm(net, fix_gamma=False, name=f"{name}_bn")
        net = mx.sym.Activation(net, act_type="relu", name=f"{name}_relu")
        shape = {"kernel": (3, 3), "pad": (1, 1), "stride": (stride, stride)}
        return net, mx.sym.Convolution(net, num_filter=count, no_bias=True, name=f"{name}_conv", **shape)

    net = mx.sym.Convolution(
        mx.sym.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=filters[0], name="conv0"
    )
    for i, count in enumerate(filters):
        stride = 1 if i == 0 else 2
        active, inner = convolve(net, count, stride, f"unit{i}_1")
        inner = convolve(inner, count, 1, f"unit{i}_2")[1]
        shortcut = net
        if stride > 1:
            shape = {"kernel": (1, 1), "stride": (stride, stride)}
            shortcut = mx.sym.Convolution(
                active, num_filter=count, no_bias=True, name=f"unit{i}_shortcut", **shape
            )
        net = inner + shortcut
    net = mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False, name="bn1"), act_type="relu")
    net = mx.sym.Flatten(mx.sym.Pooling(net, global_pool=True, kernel=(1, 1), pool_type="avg"))
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=10, name="fc1"), name="softmax")


def main(argv=None):
    """Train; return the share of the held-out digits that are read correctly."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", choices=["lenet", "resnet"], default="lenet")
    parser.add_argument("--num-epochs", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--model-prefix", help="what the names of checkpoints begin with")
    parser.add_argument("--load-epoch", type=int, help="go on from the checkpoint of this epoch")
    parser.add_argument("--quick", action="store_true", help="train for one epoch only")
    args = parser.parse_args(argv)
    handwritten.seed()
    train, test = handwritten.iterators(args.batch_size)
    epochs = 1 if args.quick else args.num_epochs

    net, arg_params, aux_params, begin = {"lenet": lenet, "resnet": resnet}[args.network](), None, None, 0
    if args.load_epoch:
        net, arg_params, aux_params = mx.model.load_checkpoint(args.model_prefix, args.load_epoch)
        begin = args.load_epoch
    model = mx.mod.Module(net, context=mx.cpu())
    per_epoch = -(-train.num_data // args.batch_size)
    model.fit(
        train,
        eval_data=test,
        optimizer="sgd",
        optimizer_params={
            "momentum": 0.9,
            "wd": 1e-4,
            "lr_scheduler": mx.lr_scheduler.FactorScheduler(5 * per_epoch, 0.3, base_lr=args.lr),
        },
        initializer=mx.init.Xavier(rnd_type="gaussian", factor_type="in", magnitude=2),
        arg_params=arg_params,
        aux_params=aux_params,
        begin_epoch=begin,
        num_epoch=epochs,
        batch_end_callback=mx.callback.Speedometer(args.batch_size, 20),
        epoch_end_callback=mx.callback.do_checkpoint(args.model_prefix) if args.model_prefix else None,
    )
    accuracy = dict(model.score(test, "acc"))["accuracy"]
    print(f"{args.network} reads {accuracy:.1%} of the held-out digits correctly")
    return accuracy


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
