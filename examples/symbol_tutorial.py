"""A walk through the Symbol system: describe a computation first, then infer, draw, run and save it.

Follows the Symbol tutorial of MXNet from its first sum to its last shared variable. Run it from any folder;
the pictures and the saved graph are put into ``demo-output`` there.
"""

from __future__ import annotations

from pathlib import Path

import mxnet as mx

OUTPUT = Path("demo-output")


def main() -> None:
    """Take the walk."""
    OUTPUT.mkdir(exist_ok=True)
    total = first_symbols()
    two_layers()
    naming_and_combining()
    modules_of_layers()
    several_outputs()
    inference(total)
    running(total)
    saving(total)
    casting()
    sharing()


def heading(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n{'-' * len(text)}")


def draw(symbol: mx.sym.Symbol, name: str, shape: dict[str, tuple[int, ...]] | None = None) -> None:
    """Draw a symbol's graph into a file; a notebook would show what ``plot_network`` returns."""
    picture = mx.viz.plot_network(symbol, shape=shape)
    print("drawn in", picture.render(str(OUTPUT / name), format="svg", cleanup=True))


def first_symbols() -> mx.sym.Symbol:
    """Put expressions together from two variables."""
    heading("Expressions")
    # A variable is a place for an array. An operator on symbols computes nothing: it makes a larger symbol.
    a = mx.sym.Variable("a")
    b = mx.sym.Variable("b")
    total = a + b
    print("a sum that nobody named gets a name of its own:", (a, b, total))

    product = a * b  # element by element
    matrix_product = mx.sym.dot(a, b)
    row = mx.sym.reshape(product + matrix_product, shape=(1, 4))
    draw(mx.sym.broadcast_to(row, shape=(2, 4)), "expression")
    return total


def two_layers() -> None:
    """Stack layers, and see which arrays a network needs."""
    heading("A network of two layers")
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(net, name="fc1", num_hidden=128)
    net = mx.sym.Activation(net, name="relu1", act_type="relu")
    net = mx.sym.FullyConnected(net, name="fc2", num_hidden=10)
    net = mx.sym.SoftmaxOutput(net, name="out")
    draw(net, "two-layers", shape={"data": (100, 200)})
    # Weights, biases and the label were not given, so variables were made for them, named after their layer.
    print("its arguments:", net.list_arguments())


def naming_and_combining() -> None:
    """Name parameters, use a symbol as a function, and put a prefix before names."""
    heading("Names and composition")
    weight = mx.sym.Variable("myweight")
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), weight=weight, name="fc1", num_hidden=128)
    print("a weight of our own:", net.list_arguments())

    both = mx.sym.Variable("data1") + mx.sym.Variable("data2")
    net = mx.sym.FullyConnected(both, name="fc1", num_hidden=128)
    print("a layer on a sum:", net.list_arguments())

    # Calling a symbol puts another in the place of one of its variables.
    below = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc1", num_hidden=10)
    above = mx.sym.FullyConnected(mx.sym.Variable("data2"), name="fc2", num_hidden=10)
    composed = above(data2=below, name="composed")
    print("one network on top of another:", composed.list_arguments())

    net = mx.sym.Variable("data")
    for i in (1, 2):
        with mx.name.Prefix(f"layer{i}_"):
            net = mx.sym.FullyConnected(net, name="fc", num_hidden=100)
    print("with a prefix:", net.list_arguments())


def convolution_block(
    data: mx.sym.Symbol,
    num_filter: int,
    kernel: tuple[int, int],
    name: str,
    stride: tuple[int, int] = (1, 1),
    pad: tuple[int, int] = (0, 0),
) -> mx.sym.Symbol:
    """Chain convolution, batch normalisation and ReLU: the brick of deep networks."""
    net = mx.sym.Convolution(
        data, num_filter=num_filter, kernel=kernel, stride=stride, pad=pad, name=f"conv_{name}"
    )
    net = mx.sym.BatchNorm(net, name=f"bn_{name}")
    return mx.sym.Activation(net, act_type="relu", name=f"relu_{name}")


def inception_block(data: mx.sym.Symbol, name: str) -> mx.sym.Symbol:
    """Look at the data through four towers side by side, and join what they see."""
    narrow = convolution_block(data, 64, (1, 1), f"{name}_1x1")
    middle = convolution_block(data, 64, (1, 1), f"{name}_3x3_reduce")
    middle = convolution_block(middle, 64, (3, 3), f"{name}_3x3", pad=(1, 1))
    wide = convolution_block(data, 64, (1, 1), f"{name}_double_3x3_reduce")
    wide = convolution_block(wide, 96, (3, 3), f"{name}_double_3x3_0", pad=(1, 1))
    wide = convolution_block(wide, 96, (3, 3), f"{name}_double_3x3_1", pad=(1, 1))
    pooled = mx.sym.Pooling(
        data, kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type="avg", name=f"{name}_pool"
    )
    pooled = convolution_block(pooled, 32, (1, 1), f"{name}_proj")
    return mx.sym.Concat(narrow, middle, wide, pooled, name=f"{name}_concat")


def modules_of_layers() -> None:
    """Write functions that make parts of a network."""
    heading("Networks from functions")
    shape = {"previous": (128, 3, 28, 28)}
    previous = mx.sym.Variable("previous")
    draw(convolution_block(previous, 64, (7, 7), "first", stride=(2, 2)), "convolution-block", shape)
    inception = inception_block(previous, "in3a")
    draw(inception, "inception-block", shape)
    print("its output for a batch of 128:", inception.infer_shape(**shape)[1][0])


def several_outputs() -> None:
    """Group losses into one symbol."""
    heading("More than one output")
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc1", num_hidden=128)
    hidden = mx.sym.Activation(hidden, name="relu1", act_type="relu")
    classes = mx.sym.SoftmaxOutput(hidden, name="softmax")
    values = mx.sym.LinearRegressionOutput(hidden, name="regression")
    print(mx.sym.Group([classes, values]).list_outputs())


def inference(total: mx.sym.Symbol) -> None:
    """Learn shapes and dtypes without computing anything."""
    heading("Shapes and dtypes")
    argument_shapes, output_shapes, _ = total.infer_shape(a=(2, 3), b=(2, 3))
    argument_types, output_types, _ = total.infer_type(a="float32", b="float32")
    arguments, outputs = total.list_arguments(), total.list_outputs()
    print("arguments:", dict(zip(arguments, zip(argument_shapes, argument_types, strict=True), strict=True)))
    print("outputs:", dict(zip(outputs, zip(output_shapes, output_types, strict=True), strict=True)))


def running(total: mx.sym.Symbol) -> None:
    """Bind a symbol to arrays and run it, here and on a GPU if there is one."""
    heading("Running")
    executor = total.bind(ctx=mx.cpu(), args={"a": mx.nd.ones((2, 3)), "b": mx.nd.ones((2, 3))})
    executor.forward()
    print(f"{len(executor.outputs)} output:\n{executor.outputs[0].asnumpy()}")

    device = mx.gpu() if mx.context.num_gpus() else mx.cpu()
    twos, threes = mx.nd.ones((3, 4), device) * 2, mx.nd.ones((3, 4), device) * 3
    executor = total.bind(ctx=device, args={"a": twos, "b": threes})
    executor.forward()
    print(f"on {device}:\n{executor.outputs[0].asnumpy()}")

    (result,) = total.eval(ctx=mx.cpu(), a=mx.nd.ones((2, 3)), b=mx.nd.ones((2, 3)))
    print(f"bound and run in one call:\n{result.asnumpy()}")


def saving(total: mx.sym.Symbol) -> None:
    """Save a graph as JSON and load it again."""
    heading("Saving and loading")
    print(total.tojson())
    path = str(OUTPUT / "sum.json")
    total.save(path)
    print("loaded again, it is the same:", mx.sym.load(path).tojson() == total.tojson())


def casting() -> None:
    """Change the dtype inside a graph."""
    heading("Casting")
    data = mx.sym.Variable("data")
    for given, wanted in (("float32", "float16"), ("int32", "uint8")):
        arguments, outputs, _ = mx.sym.cast(data, dtype=wanted).infer_type(data=given)
        print({"input": arguments, "output": outputs})


def sharing() -> None:
    """Bind one array to two variables."""
    heading("Sharing")
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    shared = mx.nd.ones((2, 3)) * 2
    executor = (a + a * b).bind(ctx=mx.cpu(), args={"a": shared, "b": shared})
    executor.forward()
    print(f"a + a * b where a and b are the same array of twos:\n{executor.outputs[0].asnumpy()}")


if __name__ == "__main__":
    main()
