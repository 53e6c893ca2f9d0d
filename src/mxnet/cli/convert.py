"""``symnet convert``: a model leaves, and what is written is run beside what it was made from."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
import typer

from mxnet import ndarray as nd
from mxnet.checkpoint import load_checkpoint, save_checkpoint
from mxnet.cli.tools.failing import Failure, warn
from mxnet.cli.tools.files import check_target
from mxnet.cli.tools.inputs import Array, Look
from mxnet.cli.tools.models import Model, find_model
from mxnet.cli.tools.options import CUT, EPOCH, FORCE, JSON, MODEL, PARAMS, SHAPE
from mxnet.cli.tools.printing import as_bytes, as_shape, console, print_json, working
from mxnet.cli.tools.running import Prepared, largest_difference, prepare, run
from mxnet.engines.package import has_runtime, new_session
from mxnet.errors import did_you_mean
from mxnet.files import atomic_write
from mxnet.ndarray.foreign_files import save_npz, save_safetensors
from mxnet.onnx import export_model

__all__ = ["command"]

_MOST = 1e-4
"""How far outputs may be apart, of their largest number."""


@dataclass
class Wanted:
    """What a model becomes.

    Attributes
    ----------
    path : str
        The file to write.
    dynamic : bool
        Whether the batch stays open.
    opset : int or None
        Of ONNX.
    verify : bool
        Whether the result is proved.
    """

    path: str
    dynamic: bool
    opset: int | None
    verify: bool


@dataclass
class Proof:
    """What was written, and how it compares.

    Attributes
    ----------
    files : list of str
        The files.
    how : str
        What was compared.
    differences : dict of str to float
        The largest difference of each output, or of each array.
    why_not : str
        Why nothing was compared.
    """

    files: list[str]
    how: str = ""
    differences: dict[str, float] = field(default_factory=dict)
    why_not: str = ""

    @property
    def worst(self) -> float:
        """The largest of the differences."""
        return max(self.differences.values(), default=0.0)


def command(
    model: MODEL,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            "-t",
            metavar="KIND",
            help="onnx, torch, python, safetensors, npz or mxnet.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to; by default the name of the model in this folder. For torch the ending says what: "
            ".pt2 a program for torch.export.load, .pt the weights, .py the source of the module.",
            show_default=False,
        ),
    ] = None,
    params: PARAMS = None,
    epoch: EPOCH = None,
    cut: CUT = None,
    shape: SHAPE = [],  # noqa: B006 - typer asks for it
    dynamic: Annotated[
        bool, typer.Option("--dynamic", help="Leave the number of samples open (onnx, torch).")
    ] = False,
    opset: Annotated[
        int | None, typer.Option(min=1, help="The version of ONNX's operators.", show_default=False)
    ] = None,
    verify: Annotated[bool, typer.Option(help="Run what was written, and compare its outputs.")] = True,
    force: FORCE = False,
    json: JSON = False,
) -> None:
    """Write a model as ONNX, PyTorch, Python or other files, and prove it by its outputs.

    The written file is read again and run beside the model on random numbers. It ends with status 1 if
    outputs differ by more than 1e-4 of their largest number.
    """
    if to not in _KINDS:
        raise Failure(f"--to is one of {', '.join(_KINDS)}, not {to!r}.{did_you_mean(to, _KINDS)}")
    kind = _KINDS[to]
    with working("Loading the model"):
        found = find_model(model, params, epoch, cut)
        path = output or f"{found.name}{kind.ending}"
        for each in _targets(to, path):
            check_target(each, force=force)
        prepared = prepare(found, [], shape, Look(), 2 if dynamic else None) if kind.runs else None
    with working(f"Writing {path}"):
        wanted = Wanted(path, dynamic, opset, verify)
        proof = kind.write(prepared or found, wanted)
    _report(found, prepared, proof, json=json)


def _targets(to: str, path: str) -> Iterable[str]:
    return _mxnet_files(path) if to == "mxnet" else (path,)


def _report(found: Model, prepared: Prepared | None, proof: Proof, *, json: bool) -> None:
    shapes = {name: list(array.shape) for name, array in prepared.inputs.items()} if prepared else {}
    notes = [] if prepared is None else [each for each in prepared.notes if "--input" not in each]
    fits = proof.worst <= _MOST
    if json:
        print_json(
            {
                "sources": found.sources,
                "files": {each: os.path.getsize(each) for each in proof.files},
                "inputs": shapes,
                "compared": proof.how or None,
                "why_not": proof.why_not or None,
                "differences": proof.differences,
                "largest_difference": proof.worst if proof.differences else None,
                "notes": notes,
            }
        )
    else:
        for note in notes:
            warn(note)
        to = console()
        for each in proof.files:
            to.print(f"Wrote {each} ({as_bytes(os.path.getsize(each))}).", markup=False)
        if proof.differences:
            given = ", ".join(f"{name} {as_shape(shape)}" for name, shape in shapes.items())
            to.print(f"Verified: {proof.how}{f', with {given}' if given else ''}.", markup=False)
            to.print(_verdict(proof), markup=False)
        else:
            to.print(f"Not verified: {proof.why_not}", markup=False)
    if not fits:
        raise typer.Exit(1)


def _verdict(proof: Proof) -> str:
    if not proof.worst:
        return "All of it is equal."
    name = max(proof.differences, key=lambda each: proof.differences[each])
    many = f" of {len(proof.differences)}" if len(proof.differences) > 1 else ""
    verdict = "within" if proof.worst <= _MOST else "MORE THAN"
    return f"The largest difference{many} is {proof.worst:.1e} of {name}: {verdict} {_MOST:.0e}."


# ----------------------------------------------------------------------------------------------------- kinds


def _to_onnx(prepared: Prepared, wanted: Wanted) -> Proof:
    model, inputs = prepared.model, prepared.inputs
    names = [name for name in model.symbol.list_inputs() if name in inputs]
    export_model(
        model.symbol,
        [model.arguments, model.states],
        [inputs[name].shape for name in names],
        [inputs[name].dtype for name in names],
        onnx_file_path=wanted.path,
        dynamic=wanted.dynamic,
        opset_version=wanted.opset,
        verify=False,
    )
    proof = Proof([wanted.path], "its outputs in ONNX Runtime beside those here")
    if not wanted.verify:
        return _unproved(proof)
    if not has_runtime():
        return _unproved(proof, "ONNX Runtime is not installed: pip install 'symnet[onnx]'.")
    if _is_random(model):
        return _unproved(proof, "the network draws random numbers, which are others there.")
    try:
        session = new_session(wanted.path)
        theirs = session.run(None, {each.name: inputs[each.name] for each in session.get_inputs()})
    except Exception as error:  # ONNX Runtime's own have no public base
        return _unproved(proof, f"ONNX Runtime cannot run it: {str(error).splitlines()[0]}")
    proof.differences = _differences(run(model, inputs), theirs)
    return proof


def _to_torch(prepared: Prepared, wanted: Wanted) -> Proof:
    model, inputs = prepared.model, prepared.inputs
    shapes = {name: array.shape for name, array in inputs.items()}
    module = model.symbol.to_torch(model.arguments, model.states, **shapes).eval()
    tensors = tuple(torch.from_numpy(np.ascontiguousarray(each)) for each in inputs.values())
    ending = os.path.splitext(wanted.path)[1]
    if ending == ".py":
        _write(wanted.path, module.code.encode())
        made, how = module, "the outputs of the module beside those here"
    elif ending in (".pt", ".pth"):
        buffer = io.BytesIO()
        torch.save(module.state_dict(), buffer)
        _write(wanted.path, buffer.getvalue())
        module.load_state_dict(torch.load(wanted.path, weights_only=True))
        made, how = module, "the outputs of a module with the weights of the file beside those here"
    else:
        made, how = (
            _exported(module, tensors, wanted),
            "the outputs of the program in the file beside those here",
        )
    proof = Proof([wanted.path], how)
    if not wanted.verify:
        return _unproved(proof)
    if _is_random(model):
        return _unproved(proof, "the network draws random numbers, which are others there.")
    with torch.no_grad():
        theirs = made(*tensors)
    theirs = list(theirs) if isinstance(theirs, tuple | list) else [theirs]
    proof.differences = _differences(run(model, inputs), [each.detach().numpy() for each in theirs])
    return proof


def _exported(module: Any, tensors: tuple[torch.Tensor, ...], wanted: Wanted) -> Any:
    """Write a program of torch.export, and return it as it is read again."""
    export: Any = importlib.import_module("torch.export")
    batch = export.Dim("batch")
    dynamic = tuple({0: batch} if each.ndim else {} for each in tensors) if wanted.dynamic else None
    try:
        program = export.export(module, tensors, dynamic_shapes=dynamic)
        buffer = io.BytesIO()
        export.save(program, buffer)
    except Exception as error:  # torch's own, of many kinds
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise Failure(
            f"torch.export does not take this network: {reason.strip()} "
            f"--output {os.path.splitext(wanted.path)[0]}.pt writes the weights alone, .py the module."
        ) from error
    _write(wanted.path, buffer.getvalue())
    return export.load(wanted.path).module()


def _to_python(model: Model | Prepared, wanted: Wanted) -> Proof:
    assert isinstance(model, Model)
    source = model.symbol.to_python()
    _write(wanted.path, source.encode())
    proof = Proof([wanted.path], "the network that the program builds beside this one, as JSON")
    if not wanted.verify:
        return _unproved(proof)
    scope: dict[str, Any] = {"__name__": "network"}
    exec(compile(source, wanted.path, "exec"), scope)  # noqa: S102 - it was just written, by us
    equal = scope["symbol"].tojson() == model.symbol.tojson()
    proof.differences = {"network": 0.0 if equal else float("inf")}
    return proof


def _to_arrays(save: Callable[..., None]) -> Callable[[Model | Prepared, Wanted], Proof]:
    def write(model: Model | Prepared, wanted: Wanted) -> Proof:
        assert isinstance(model, Model)
        if not model.every:
            raise Failure(f"{model.sources[0]!r} comes without parameters: there is nothing to write.")
        save(wanted.path, model.every)
        proof = Proof([wanted.path], "the arrays of the file beside those here")
        return _compared_arrays(proof, model, wanted)

    return write


def _compared_arrays(proof: Proof, model: Model, wanted: Wanted) -> Proof:
    if not wanted.verify:
        return _unproved(proof)
    again = nd.load(wanted.path)
    assert isinstance(again, dict)
    proof.differences = {
        name: largest_difference(array.asnumpy(), again[name].asnumpy()) if name in again else float("inf")
        for name, array in model.every.items()
    }
    return proof


def _to_mxnet(prepared: Prepared, wanted: Wanted) -> Proof:
    prefix = _mxnet_prefix(wanted.path)
    save_checkpoint(prefix, 0, prepared.found.symbol, prepared.model.arguments, prepared.model.states)
    proof = Proof(list(_mxnet_files(wanted.path)), "the outputs of the saved checkpoint beside those here")
    if not wanted.verify or _is_random(prepared.model):
        return _unproved(proof)
    again = Model(*load_checkpoint(prefix, 0)).for_inference()
    theirs = run(again, prepared.inputs)
    proof.differences = _differences(run(prepared.model, prepared.inputs), list(theirs.values()))
    return proof


def _mxnet_prefix(path: str) -> str:
    return path.removesuffix(".json").removesuffix("-symbol").removesuffix("-0000.params")


def _mxnet_files(path: str) -> tuple[str, str]:
    prefix = _mxnet_prefix(path)
    return f"{prefix}-symbol.json", f"{prefix}-0000.params"


def _write(path: str, contents: bytes) -> None:
    with atomic_write(path) as file:
        file.write(contents)


def _is_random(model: Model) -> bool:
    return any(node.op is not None and not node.op.pure for node in model.symbol.graph.nodes)


def _unproved(proof: Proof, why: str = "nobody asked for it.") -> Proof:
    proof.why_not = why
    return proof


def _differences(own: dict[str, Array], theirs: Iterable[Array]) -> dict[str, float]:
    return {
        name: largest_difference(a, np.asarray(b)) for (name, a), b in zip(own.items(), theirs, strict=True)
    }


class _Kind(NamedTuple):
    """How a kind of file is written."""

    write: Callable[[Any, Wanted], Proof]
    ending: str
    runs: bool


_KINDS = {
    "onnx": _Kind(_to_onnx, ".onnx", runs=True),
    "torch": _Kind(_to_torch, ".pt2", runs=True),
    "python": _Kind(_to_python, ".py", runs=False),
    "safetensors": _Kind(_to_arrays(save_safetensors), ".safetensors", runs=False),
    "npz": _Kind(_to_arrays(save_npz), ".npz", runs=False),
    "mxnet": _Kind(_to_mxnet, "", runs=True),
}
