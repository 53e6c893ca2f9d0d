"""Tests and times what runs on a GPU, in at most five minutes: beside torch, eager and compiled.

    python benchmarks/gpu.py

First come the tests of `tests/gpu`. Then ResNet-50, an LSTM and a chain of 1000 layers, in float32 and
bfloat16, for inference and for training, each once without the replay of CUDA graphs as well; torch's
compiler comes last, as far as the time goes. The table is printed and written to ``results/gpu.md``. Without
a GPU nothing is run. ``--device cpu`` tries the script itself, on networks that are small.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))


WORKLOADS = {
    "cuda": (("resnet-50", 32), ("lstm-unrolled", 32), ("chain", 64)),
    "cpu": (("mlp", 8), ("lenet", 2)),
}
PEERS = ("symnet", "symnet, not replayed", "torch", "torch-compile")
MINUTES, SECONDS = 5, 1.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long it may take (%(default)s)")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    signal.signal(signal.SIGALRM, out_of_time)
    if options.device == "cuda" and not torch.cuda.is_available():
        print("There is no GPU that torch can use: nothing was run.")
        return 0
    where = torch.cuda.get_device_name() if options.device == "cuda" else "the processor, to try the script"
    lines = [f"{where}, torch {torch.__version__}", ""]
    failed = options.device == "cuda" and tests(lines, end)
    lines += ["| network | batch | mode | dtype | " + " | ".join(f"{each}, ms" for each in PEERS) + " |"]
    lines += ["| --- " * (4 + len(PEERS)) + "|"]
    print("\n".join(lines), flush=True)
    for row in timed(options.device, end):
        lines.append(row)
        print(row, flush=True)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "gpu.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return failed


def out_of_time(*_):
    raise OutOfTimeError


def tests(lines, end):
    """Run the tests of what needs a GPU, in half of the time at most; return whether one failed."""
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-x", "tests/gpu"]
    limit = (end - time.monotonic()) / 2
    variables = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}
    try:
        done = subprocess.run(
            command,
            cwd=HERE.parent,
            env=variables,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        lines += [f"tests/gpu: not done after {limit:.0f} seconds", ""]
        return True
    lines += [f"tests/gpu: {(done.stdout.strip().splitlines() or ['nothing was said'])[-1]}", ""]
    if done.returncode:
        print(done.stdout)
    return bool(done.returncode)


def timed(device, end):
    """Yield the rows of the table; what there is no time for is left out of them."""
    import arrays

    cells = {}
    rows = [
        (network, batch, mode, dtype)
        for network, batch in WORKLOADS[device]
        for mode in ("inference", "sgd")
        for dtype in ("float32", "bfloat16")
    ]
    with tempfile.TemporaryDirectory() as folder:
        for network, batch in WORKLOADS[device]:
            (Path(folder) / network).mkdir()
            arrays.write(network, batch, Path(folder) / network)
        for peer in PEERS:
            for row in rows:
                cells[row, peer] = cell(peer, row, device, Path(folder) / row[0], end)
                print(f"{peer}: {' '.join(map(str, row))}: {cells[row, peer]}", file=sys.stderr, flush=True)
    for row in rows:
        yield "| " + " | ".join([*map(str, row), *(cells[row, peer] for peer in PEERS)]) + " |"


class OutOfTimeError(BaseException):
    """The time is over; nothing that catches what a peer may raise catches this."""


def cell(peer, row, device, folder, end):
    """Return the time of a step as text, or why there is none."""
    left = end - time.monotonic()
    if left <= 0:
        return "no time left"
    signal.setitimer(signal.ITIMER_REAL, left)
    try:
        return in_time(peer, row, device, folder)
    except OutOfTimeError:
        return "no time left"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def in_time(peer, row, device, folder):
    """Return the time of a step as text, or why it fails."""
    gc.collect()
    torch.cuda.empty_cache()
    os.environ.pop("MXNET_DISABLED_PASSES", None)
    if "not replayed" in peer:
        os.environ["MXNET_DISABLED_PASSES"] = "cuda_graphs"
    network, _, mode, dtype = row
    try:
        if peer.startswith("symnet"):
            step = symnet(network, mode, dtype, device, folder)
        else:
            step = torch_net(network, mode, dtype, device, folder, compiled=peer == "torch-compile")
        return f"{1e3 * lowest(step, device):.3f}"
    except Exception as error:  # whatever a peer cannot do is told in its place
        return f"failed: {(str(error).strip().splitlines() or [type(error).__name__])[0]:.60}"


def lowest(step, device):
    """Return the lowest time of a step, which is over when the device has nothing left to do."""

    def run():
        start = time.perf_counter()
        step()
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    for _ in range(6):  # warms up, compiles, records
        run()
    took = []
    while len(took) < 3 or (sum(took) < SECONDS and len(took) < 200):
        took.append(run())
    return min(took)


def symnet(network, mode, dtype, device, folder):
    """Return a step of a network, bound in a dtype; in training with SGD."""
    import mxnet as mx
    from backends.symbolic import compose
    from networks import NETWORKS

    training = mode == "sgd"
    symbol, packed = compose(network, training)
    weights, inputs = dict(np.load(folder / "weights.npz")), dict(np.load(folder / "inputs.npz"))
    for name, parts in packed.items():
        weights[name] = np.concatenate([weights.pop(part).ravel() for part, _ in parts])
    arguments = symbol.list_arguments()
    given = {name: value for name, value in inputs.items() if name in arguments}
    executor = symbol.simple_bind(
        mx.gpu(0) if device == "cuda" else mx.cpu(),
        grad_req={name: "write" if training and name in weights else "null" for name in arguments},
        type_dict={
            name: dtype for name, value in given.items() if name != "label" and value.dtype == "float32"
        },
        **{name: value.shape for name, value in given.items()},
    )
    for name, value in {**weights, **given}.items():
        array = executor.arg_dict.get(name, executor.aux_dict.get(name))
        array[:] = mx.nd.array(value)
    if not training:
        return executor.forward
    head = None if NETWORKS[network].loss else mx.nd.ones(executor.outputs[0].shape, dtype=dtype)
    learned = [name for name in arguments if name in weights]
    update = mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=0.1))
    places = list(range(len(learned)))
    moved = [executor.arg_dict[name] for name in learned]
    slopes = [executor.grad_dict[name] for name in learned]

    def step():
        executor.forward(is_train=True)
        executor.backward(head)
        update(places, slopes, moved)

    return step


def torch_net(network, mode, dtype, device, folder, *, compiled):
    """Return a step of the same network as a module of torch."""
    from backends.eager import Net
    from networks import NETWORKS

    training, kind = mode == "sgd", getattr(torch, dtype)
    weights, inputs = dict(np.load(folder / "weights.npz")), dict(np.load(folder / "inputs.npz"))
    if not (training and NETWORKS[network].loss):
        inputs.pop("label", None)
    net = Net(NETWORKS[network], weights, list(inputs), training).to(device=device, dtype=kind)
    values = [torch.from_numpy(value).to(device) for value in inputs.values()]
    values = [each.long() if each.dtype == torch.int32 else each.to(kind) for each in values]
    torch._dynamo.reset()
    run = torch.compile(net, mode="reduce-overhead") if compiled else net
    if not training:

        def infer():
            with torch.no_grad():
                run(*values)

        return infer
    optimizer = torch.optim.SGD(net.parameters(), 0.1)

    def step():
        optimizer.zero_grad()
        output = run(*values)
        output.backward(None if output.ndim == 0 else torch.ones_like(output))
        optimizer.step()

    return step


if __name__ == "__main__":
    sys.exit(main())
