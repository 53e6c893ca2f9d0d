"""``symnet bench``: how fast a model runs, here and in other engines that are installed."""

from __future__ import annotations

import importlib
import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
import typer

from mxnet import ndarray as nd
from mxnet.cli.tools.failing import warn
from mxnet.cli.tools.inputs import Array, Look
from mxnet.cli.tools.models import find_model
from mxnet.cli.tools.options import CUT, EPOCH, JSON, MODEL, PARAMS, SHAPE
from mxnet.cli.tools.printing import as_shape, console, print_json, print_table, working
from mxnet.cli.tools.running import Prepared, largest_difference, prepare
from mxnet.context import cpu
from mxnet.onnx import export_model

__all__ = ["command"]

Run = Callable[[], list[Array]]


class _Result(NamedTuple):
    """How an engine did.

    Attributes
    ----------
    engine : str
        Which.
    first : float
        Milliseconds until it could run: what it takes to make its program.
    best, median : float
        Milliseconds of a run.
    difference : float
        How far its outputs are from ours, of their largest number.
    problem : str
        Why it did not run.
    """

    engine: str
    first: float = 0.0
    best: float = 0.0
    median: float = 0.0
    difference: float = 0.0
    problem: str = ""


def command(
    model: MODEL,
    params: PARAMS = None,
    epoch: EPOCH = None,
    cut: CUT = None,
    shape: SHAPE = [],  # noqa: B006 - typer asks for it
    batch: Annotated[
        int | None, typer.Option("--batch", min=1, help="How many samples.", show_default=False)
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.01, help="How long to measure each engine.")] = 3.0,
    threads: Annotated[int, typer.Option(min=1, help="How many threads each may use.")] = 1,
    compiled: Annotated[
        bool, typer.Option("--compile", help="Measure torch.compile, too, which takes long.")
    ] = False,
    json: JSON = False,
) -> None:
    """Measure how fast a model runs for inference, here and in other engines that are installed.

    All run the same numbers, and their outputs are compared. Times are of the wall clock, on this machine's
    processors; the best is what to compare, the median shows how busy the machine is.
    """
    torch.set_num_threads(threads)
    with working("Loading the model"):
        prepared = prepare(find_model(model, params, epoch, cut), [], shape, Look(), batch)
    results, ours = [], None
    with tempfile.TemporaryDirectory() as folder:
        for name, make in _engines(prepared, folder, threads, compiled=compiled):
            with working(f"Measuring {name}"):
                result, outputs = _measured(name, make, seconds, ours)
            ours = outputs if ours is None else ours
            results.append(result)
    given = {name: list(array.shape) for name, array in prepared.inputs.items()}
    if json:
        print_json(
            {
                "inputs": given,
                "threads": threads,
                "unit": "ms",
                "clock": "wall",
                "engines": [each._asdict() for each in results],
            }
        )
        return
    for note in prepared.notes:
        if "--input" not in note:
            warn(note)
    _print(results, given, threads)


def _print(results: list[_Result], given: dict[str, list[int]], threads: int) -> None:
    base = results[0].best
    rows = [
        [each.engine, each.problem, "", "", "", ""]
        if each.problem
        else [
            each.engine,
            f"{each.best:.3f}",
            f"{each.median:.3f}",
            f"{base / each.best:.2f}" if base else "",
            f"{each.first:.0f}",
            f"{each.difference:.0e}" if each.difference else "-",
        ]
        for each in results
    ]
    shapes = ", ".join(f"{name} {as_shape(shape)}" for name, shape in given.items())
    columns = ["engine", "best ms", "median ms", "speed", "start ms", "differs by"]
    title = f"{shapes}, {threads} thread{'s' * (threads > 1)}, wall clock"
    print_table(columns, rows, title, columns[1:])
    console().print("speed: how many times as fast as Symnet; start: until the first answer", markup=False)


def _measured(
    name: str, make: Callable[[], Run], seconds: float, ours: list[Array] | None
) -> tuple[_Result, list[Array]]:
    begin = time.perf_counter()
    try:
        run = make()
        outputs = run()
    except Exception as error:  # each engine has its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return _Result(name, problem=f"does not run: {reason[:80]}"), []
    first = time.perf_counter() - begin
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    apart = (
        max((largest_difference(a, b) for a, b in zip(ours, outputs, strict=True)), default=0.0)
        if ours
        else 0.0
    )
    milliseconds = np.array(times) * 1000
    return _Result(
        name, first * 1000, float(milliseconds.min()), float(np.median(milliseconds)), apart
    ), outputs


def _engines(
    prepared: Prepared, folder: str, threads: int, *, compiled: bool
) -> Iterator[tuple[str, Callable[[], Run]]]:
    yield "Symnet", lambda: _here(prepared)
    yield "PyTorch", lambda: _in_torch(prepared, lambda module: module)
    if compiled:
        yield "torch.compile", lambda: _in_torch(prepared, torch.compile)
    if importlib.util.find_spec("onnxruntime"):
        yield "ONNX Runtime", lambda: _in_onnxruntime(prepared, folder, threads)
    if importlib.util.find_spec("openvino") and importlib.util.find_spec("onnx"):
        yield "OpenVINO", lambda: _in_openvino(prepared, folder, threads)


def _here(prepared: Prepared) -> Run:
    model = prepared.model
    known = {name: nd.array(array, dtype=array.dtype) for name, array in prepared.inputs.items()}
    arguments = {name: {**model.arguments, **known}[name] for name in model.symbol.list_arguments()}
    executor = model.symbol.bind(cpu(), arguments, grad_req="null", aux_states=model.states or None)
    return lambda: [each.asnumpy() for each in executor.forward(is_train=False)]


def _in_torch(prepared: Prepared, compiler: Callable[[Any], Any]) -> Run:
    model = prepared.model
    shapes = {name: array.shape for name, array in prepared.inputs.items()}
    module = compiler(model.symbol.to_torch(model.arguments, model.states, **shapes).eval())
    tensors = [torch.from_numpy(np.ascontiguousarray(each)) for each in prepared.inputs.values()]

    def run() -> list[Array]:
        with torch.inference_mode():
            made = module(*tensors)
        return [each.numpy() for each in (made if isinstance(made, tuple | list) else (made,))]

    return run


def _exported(prepared: Prepared, folder: str) -> str:
    path = os.path.join(folder, "model.onnx")
    if os.path.exists(path):
        return path
    model, inputs = prepared.model, prepared.inputs
    names = [name for name in model.symbol.list_inputs() if name in inputs]
    return export_model(
        model.symbol,
        [model.arguments, model.states],
        [inputs[name].shape for name in names],
        [inputs[name].dtype for name in names],
        onnx_file_path=path,
        verify=False,
    )


def _in_onnxruntime(prepared: Prepared, folder: str, threads: int) -> Run:
    engine: Any = importlib.import_module("onnxruntime")
    options = engine.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = engine.InferenceSession(
        _exported(prepared, folder), options, providers=["CPUExecutionProvider"]
    )
    given = {each.name: prepared.inputs[each.name] for each in session.get_inputs()}
    return lambda: session.run(None, given)


def _in_openvino(prepared: Prepared, folder: str, threads: int) -> Run:
    engine: Any = importlib.import_module("openvino")
    core = engine.Core()
    program = core.compile_model(
        _exported(prepared, folder),
        "CPU",
        {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"},
    )
    request = program.create_infer_request()
    given = {each.any_name: prepared.inputs[each.any_name] for each in program.inputs}

    def run() -> list[Array]:
        found = request.infer(given)
        return [np.asarray(found[each]) for each in program.outputs]

    return run
