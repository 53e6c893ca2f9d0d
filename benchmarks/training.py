"""Measures what training takes beside its steps, what several workers gain, and what fits into a budget.

    python benchmarks/training.py fit           # Module.fit / executor and updates, should be at most 1.05
    python benchmarks/training.py metrics       # what a metric takes for a batch
    python benchmarks/training.py update --against MXNET/bin/python  # one update of ResNet-50
    python benchmarks/training.py workers -n 2  # samples a second of workers / of one, should be 1.7
    python benchmarks/training.py budget        # ResNet-200, batches of 32, intermediates under 1957 MB
    python benchmarks/training.py waiting       # how long ResNet-18 waits for pictures, should be at most 5 %
    python benchmarks/training.py devices       # what a step takes on two contexts, beside one

Times are of the processor, so that other work on the machine does little harm; both sides take turns.
"""

import argparse
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np

if "budget" in sys.argv:
    os.environ.setdefault("MXNET_CPU_MEM_POOL_TYPE", "Unpooled")  # what is freed goes back at once

import mxnet as mx
import pictures
from gluon import turns


def mlp(batch=64):
    net = mx.sym.Variable("data")
    for number, width in enumerate((128, 64)):
        net = mx.sym.FullyConnected(net, num_hidden=width, name="fc%d" % number)
        net = mx.sym.Activation(net, act_type="relu")
    net = mx.sym.FullyConnected(net, num_hidden=10, name="last")
    return mx.sym.SoftmaxOutput(net, name="softmax"), (batch, 784)


def lenet(batch=64):
    net = mx.sym.Variable("data")
    for number, channels in enumerate((20, 50)):
        net = mx.sym.Convolution(net, kernel=(5, 5), num_filter=channels, name="conv%d" % number)
        net = mx.sym.Activation(net, act_type="tanh")
        net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.Activation(mx.sym.FullyConnected(net, num_hidden=500, name="fc"), act_type="tanh")
    net = mx.sym.FullyConnected(net, num_hidden=10, name="last")
    return mx.sym.SoftmaxOutput(net, name="softmax"), (batch, 1, 28, 28)


def resnet(units, bottleneck, shape, classes=1000):
    """Residual network, version 1 (arXiv 1512.03385)."""

    def conv(x, name, filters, kernel, stride=1, relu=True):
        x = mx.sym.Convolution(
            x,
            name=name,
            num_filter=filters,
            kernel=(kernel,) * 2,
            stride=(stride,) * 2,
            pad=(kernel // 2,) * 2,
            no_bias=True,
        )
        x = mx.sym.BatchNorm(x, name=name + "_bn", fix_gamma=False)
        return mx.sym.Activation(x, act_type="relu") if relu else x

    x = conv(mx.sym.Variable("data"), "stem", 64, 7, 2)
    x = mx.sym.Pooling(x, kernel=(3, 3), stride=(2, 2), pad=(1, 1), pool_type="max")
    for stage, count in enumerate(units):
        filters = 64 << stage
        for unit in range(count):
            name, stride = "stage%d_unit%d" % (stage, unit), 2 if stage and not unit else 1
            if bottleneck:
                y = conv(conv(x, name + "_a", filters, 1), name + "_b", filters, 3, stride)
                y = conv(y, name + "_c", 4 * filters, 1, relu=False)
            else:
                y = conv(x, name + "_a", filters, 3, stride)
                y = conv(y, name + "_b", filters, 3, relu=False)
            if not unit:
                x = conv(x, name + "_short", filters * (4 if bottleneck else 1), 1, stride, relu=False)
            x = mx.sym.Activation(x + y, act_type="relu")
    x = mx.sym.Flatten(mx.sym.Pooling(x, kernel=(1, 1), global_pool=True, pool_type="avg"))
    x = mx.sym.FullyConnected(x, num_hidden=classes, name="fc")
    return mx.sym.SoftmaxOutput(x, name="softmax"), shape


def learned_of(net):
    return [name for name in net.list_arguments() if name not in ("data", "softmax_label")]


def bound(net, shape, **options):
    """Return an executor with gradients of the parameters."""
    return net.simple_bind(mx.cpu(), grad_req=dict.fromkeys(learned_of(net), "write"), data=shape, **options)


RESNET_18 = (2, 2, 2, 2)
RESNET_50 = (3, 4, 6, 3)
RESNET_200 = (3, 24, 36, 3)


# ----------------------------------------------------------------------------------------------- Module.fit


class Same(mx.io.DataIter):
    """Yields the same batch a number of times."""

    def __init__(self, shape, count):
        super().__init__(shape[0])
        random = np.random.RandomState(0)
        self.batch = mx.io.DataBatch(
            [mx.nd.array(random.randn(*shape))], [mx.nd.array(random.randint(0, 10, shape[0]))], pad=0
        )
        self.provide_data = [mx.io.DataDesc("data", shape)]
        self.provide_label = [mx.io.DataDesc("softmax_label", shape[:1])]
        self.count, self.at = count, 0

    def reset(self):
        self.at = 0

    def next(self):
        if self.at == self.count:
            raise StopIteration
        self.at += 1
        return self.batch


class Nothing(mx.metric.EvalMetric):
    """A metric that looks at nothing: what others take is measured by itself."""

    def __init__(self):
        super().__init__("nothing")

    def update(self, labels, preds):
        pass

    update_dict = update


def fit(options):
    for name, make in (("MLP", mlp), ("LeNet", lenet)):
        net, shape = make()
        steps = 500 if name == "MLP" else 20  # an epoch of 32,000 samples; of fewer, as each takes longer
        source = Same(shape, steps)
        module = mx.mod.Module(net)
        sgd = {"optimizer": "sgd", "optimizer_params": {"learning_rate": 1e-4, "momentum": 0.9}}

        def with_fit(module=module, source=source, sgd=sgd):
            module.fit(source, num_epoch=1, eval_metric=Nothing(), **sgd)

        executor = bound(net, shape)
        for array in executor.arg_arrays:
            array[:] = mx.nd.random.uniform(-0.05, 0.05, array.shape)
        descent = mx.optimizer.SGD(learning_rate=1e-4, momentum=0.9, rescale_grad=1 / shape[0])
        updater = mx.optimizer.get_updater(descent)
        weights, gradients = (
            [arrays[name] for name in learned_of(net)] for arrays in (executor.arg_dict, executor.grad_dict)
        )

        def bare(executor=executor, source=source, updater=updater, weights=weights, gradients=gradients):
            for batch in source:
                executor.arg_dict["data"][:] = batch.data[0]
                executor.arg_dict["softmax_label"][:] = batch.label[0]
                executor.forward(is_train=True)
                executor.backward()
                updater(list(range(len(weights))), gradients, weights)
            source.reset()

        plain, whole = turns([bare, with_fit], 1, options.turns)
        times = [f"{name} {took / steps * 1e6:8.0f} us" for name, took in (("bare", plain), ("fit", whole))]
        print(f"{name:8} {times[0]}  {times[1]}  {whole / plain:6.3f}")


def metrics(options):
    random = np.random.RandomState(0)
    for classes in (10, 1000):
        scores = mx.nd.softmax(mx.nd.array(random.randn(128, classes)))
        labels = mx.nd.array(random.randint(0, classes, 128))
        for name in ("acc", "ce", mx.metric.TopKAccuracy(5), "mse"):
            metric = mx.metric.create(name)
            target = scores if name == "mse" else labels
            (took,) = turns([lambda: metric.update([target], [scores])], 20, options.turns)  # noqa: B023
            print(f"{type(metric).__name__:18} 128 x {classes:4} {took * 1e6:8.0f} us")


def update(options):
    """Time one update of all parameters of ResNet-50, by SGD with momentum and by Adam."""
    net, shape = resnet(RESNET_50, True, (1, 3, 224, 224))
    shapes = dict(zip(net.list_arguments(), net.infer_shape(data=shape)[0]))
    shapes = [shapes[name] for name in learned_of(net)]
    found = {}
    for name, values in (("sgd", {"momentum": 0.9, "wd": 1e-4}), ("adam", {"wd": 1e-4})):
        updater = mx.optimizer.get_updater(mx.optimizer.create(name, learning_rate=1e-6, **values))
        weights = [mx.nd.random.uniform(shape=s) for s in shapes]
        gradients = [mx.nd.random.uniform(shape=s) for s in shapes]
        numbers = list(range(len(shapes)))

        def one(updater=updater, weights=weights, gradients=gradients, numbers=numbers):
            if updater.aggregate_updates or mx.__file__.startswith(os.path.abspath("src")):
                updater(numbers, gradients, weights)
            else:
                for each in zip(numbers, gradients, weights):
                    updater(*each)
            mx.nd.waitall()

        (found[name],) = turns([one], 1, options.turns)
    if options.json:
        print(json.dumps(found))
        return
    theirs = {}
    if options.against:
        command = [options.against, __file__, "update", "--json", "--turns", str(options.turns)]
        others = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=others)
        theirs = json.loads(done.stdout.strip().splitlines()[-1])
    for name, took in found.items():
        beside = f"  MXNet {theirs[name] * 1e3:7.1f} ms  {took / theirs[name]:6.2f}" if theirs else ""
        print(f"{name:5} {took * 1e3:7.1f} ms{beside}")


# ------------------------------------------------------------------------------------------ several workers


def workers(options):
    """Start workers, and one alone with the same batch for itself, and compare samples a second."""
    command = [sys.executable, __file__, "worker"]
    for name in ("steps", "batch", "bits", "side"):
        command += ["--" + name, str(getattr(options, name))]
    launch = [sys.executable, "-m", "mxnet.tools.launch", "-n", str(options.n), *command]
    found = []
    for line in (command, launch):
        done = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)
        found.append([json.loads(each) for each in done.stdout.splitlines() if each.startswith("{")])
    (alone,), several = found
    for what in ("clock", "processor"):
        slowest = max(each[what] for each in several)
        print(
            f"by the {what:9}: alone {alone[what]:.3f} s a step, each of {options.n} {slowest:.3f} s: "
            f"{options.n * alone[what] / slowest:.2f} times as many samples a second"
        )
    sent, planned = (several[0][what] / 2**20 for what in ("sent", "planned"))
    print(f"sent by each in a step: {sent:.2f} MB, planned {planned:.2f} MB")


def worker(options):
    net, shape = resnet(RESNET_18, False, (options.batch, 3, options.side, options.side))
    together = "DMLC_NUM_WORKER" in os.environ
    store = mx.kv.create("dist_sync") if together else "local"
    coded = {"type": "2bit", "threshold": 0.5} if together and options.bits == 2 else None
    module = mx.mod.Module(net, compression_params=coded)
    source = Same(shape, 1)
    module.bind(source.provide_data, source.provide_label)
    module.init_params(mx.init.Xavier())
    module.init_optimizer(kvstore=store, optimizer_params={"learning_rate": 1e-3, "momentum": 0.9})
    best = {"clock": float("inf"), "processor": float("inf")}
    for step in range(options.steps + 2):
        before = store.sent_bytes if together else 0
        start = time.perf_counter(), time.process_time()
        module.forward_backward(source.batch)
        module.update()
        took = time.perf_counter() - start[0], time.process_time() - start[1]
        if step >= 2:
            best = {what: min(least, one) for (what, least), one in zip(best.items(), took)}
    numbers = sum(array.size for array in module.get_params()[0].values())
    sent = store.sent_bytes - before if together else 0
    planned = numbers / 4 if options.bits == 2 else numbers * 4
    sys.stdout.write(json.dumps({**best, "sent": sent, "planned": planned}) + "\n")


# --------------------------------------------------------------------------------------------------- budget


def budget(options):
    """Run a whole step of ResNet-200 whose intermediates fit into a budget, in this new process."""
    net, shape = resnet(RESNET_200, True, (options.batch, 3, options.side, options.side))
    loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    start = time.perf_counter()
    executor = bound(net, shape, memory_budget=options.budget)
    arrays = [*executor.arg_arrays, *executor.grad_arrays, *executor.aux_arrays]
    size = sum(array.size for array in arrays if array is not None) * 4 / 2**20
    planned = executor.debug_str().splitlines()[-2]
    print(f"bound in {time.perf_counter() - start:.0f} s. {planned} for intermediates", flush=True)
    for name, array in executor.arg_dict.items():
        array[:] = mx.nd.random.normal(0, 0.05, array.shape) if name.endswith("weight") else 1
    start = time.perf_counter(), time.process_time()
    executor.forward(is_train=True)
    executor.backward()
    mx.nd.waitall()
    took = time.perf_counter() - start[0], time.process_time() - start[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"a step took {took[0]:.0f} s ({took[1]:.0f} s of the processor)")
    print(f"peak {peak:.0f} MB, of which {loaded:.0f} MB before binding, and {size:.0f} MB bound arrays")
    gradient = executor.grad_dict["stem_weight"].asnumpy()
    assert np.isfinite(gradient).all()


# ------------------------------------------------------------------------------------- pictures and devices


def trained(net, shape, context=None):
    """Return a module that is ready to take steps."""
    module = mx.mod.Module(net, context=context)
    source = Same(shape, 1)
    module.bind(source.provide_data, source.provide_label)
    module.init_params(mx.init.Xavier())
    module.init_optimizer(optimizer_params={"learning_rate": 1e-3, "momentum": 0.9})
    return module, source.batch


def waiting(options):
    """Train ResNet-18 on a record file of photographs, and tell how much of the time it waits for these."""
    module, _ = trained(*resnet(RESNET_18, False, (options.batch, 3, 224, 224)))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pictures.rec")
        pictures.draw(path)
        batches = mx.io.ImageRecordIter(
            path_imgrec=path, preprocess_threads=2, **{**pictures.PARAMETERS, "batch_size": options.batch}
        )
        begin = waited = 0.0
        for step in range(options.steps + 1):
            before = time.perf_counter()
            batch = batches.next()
            after = time.perf_counter()
            if step == 0:  # pictures that nobody had asked for
                begin = after
            else:
                waited += after - before
            module.forward_backward(batch)
            module.update()
        took = time.perf_counter() - begin
    print(f"{took / options.steps:.2f} s a step, of which {waited / took:.2%} waiting for pictures")


def devices(options):
    """Compare steps on one context and on two, which work at the same time.

    Of two, what the thread of the program takes is half of the work if nothing is done in turns.
    """
    for name, (net, shape), steps in (
        ("MLP", mlp(512), 10),
        ("LeNet", lenet(128), 4),
        ("ResNet-18", resnet(RESNET_18, False, (options.batch, 3, options.side, options.side)), 1),
    ):
        found = []
        for context in (mx.cpu(0), [mx.cpu(0), mx.cpu(1)]):
            module, batch = trained(net, shape, context)
            module.forward_backward(batch)
            module.update()
            found.append((module, batch, []))
        for _ in range(options.turns):
            for module, batch, times in found:
                clocks = time.perf_counter, time.thread_time, time.process_time
                before = [clock() for clock in clocks]
                for _ in range(steps):
                    module.forward_backward(batch)
                between = [clock() for clock in clocks]
                module.update()
                took = [(t - b) / steps for b, t in zip(before, between)]
                times.append([*took, time.process_time() - between[2]])
        for number, (_, _, times) in enumerate(found, 1):
            clock, thread, process, update = (min(each) * 1e3 for each in zip(*times))
            print(
                f"{name:10} {number} contexts: {clock:7.1f} ms by the clock, {thread:7.1f} ms of its main "
                f"thread, {process:7.1f} ms of all; update {update:6.2f} ms"
            )


KINDS = fit, metrics, update, workers, worker, budget, waiting, devices


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=[each.__name__ for each in KINDS])
    parser.add_argument("--turns", type=int, default=20, help="how many turns each side of a row takes")
    parser.add_argument("--against", metavar="PYTHON", help="an interpreter with real MXNet")
    parser.add_argument("--json", action="store_true", help="print times as JSON")
    parser.add_argument("-n", type=int, default=2, help="how many workers")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--bits", type=int, default=32, choices=[2, 32], help="for each number of a gradient")
    parser.add_argument("--side", type=int, default=224, help="of the pictures")
    parser.add_argument("--budget", default="1957MB")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # a module that is fitted again says what it keeps
    warnings.simplefilter("ignore")
    globals()[options.what](options)


if __name__ == "__main__":
    main()
