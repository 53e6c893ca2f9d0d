"""Finds kernels by name: their machine code comes from the cache, or is made, once on a machine."""

from __future__ import annotations

import functools
import hashlib
import logging
import re
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mxnet.native.keeping import Objects, keep, kept

__all__ = ["address", "calls_the_library", "objects_of", "stems"]

_SOURCES = Path(__file__).parent / "kernels"
_LOCK = threading.Lock()
_KERNEL = re.compile(r"^@(?:kernel|unary|pair|binary)\ndef (\w+)\(", re.MULTILINE)

_log = logging.getLogger(__name__)


def address(kernel: str) -> int | None:
    """Return the address of a kernel; None where there are no native kernels, or none of that name."""
    stem = _index().get(kernel)
    return None if stem is None else _addresses(stem).get(kernel)


def calls_the_library(kernel: str) -> bool:
    """Whether a kernel has the C library compute each number."""
    return _index().get(kernel) == "library"


@functools.cache
def _files() -> Mapping[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(_SOURCES.glob("*.py"))}


@functools.cache
def stems() -> Mapping[str, str]:
    """Return the sources of the files of kernels, by name."""
    return {stem: source for stem, source in _files().items() if _KERNEL.search(source)}


def objects_of(stem: str) -> Objects:
    """Return the machine code of a file of kernels: from the cache, or compiled now, and then kept there."""
    machine, about = _machine()
    how = [source for other, source in _files().items() if other not in stems()]  # what kernels call
    makers = _SOURCES.parent / "translating.py", _SOURCES.parent / "compiling.py"
    how += [path.read_text(encoding="utf-8") for path in makers]
    key = hashlib.sha256("|".join((about, *how, stems()[stem])).encode()).hexdigest()
    name = f"{stem}-{key[:32]}"
    objects = kept(name)
    if objects is None:
        from mxnet.native.compiling import compiled  # it takes a moment

        _announce()
        objects = compiled(stem, machine)
        keep(name, objects)
    return objects


@functools.cache
def _announce() -> None:
    """Tell the user, who waits, what takes the time; once, and not in a log, which few look at."""
    sys.stderr.write("symnet: compiling kernels for this machine, once; this takes a moment\n")
    sys.stderr.flush()


@functools.cache
def _index() -> Mapping[str, str]:
    """Return the files of kernels by the names of these."""
    return {kernel: stem for stem, source in stems().items() for kernel in _KERNEL.findall(source)}


_loaded: dict[str, dict[str, int]] = {}
_engines: list[Any] = []
"""What holds the machine code: it is never let go."""


def _addresses(stem: str) -> Mapping[str, int]:
    found = _loaded.get(stem)
    if found is None:
        with _LOCK:
            found = _loaded.get(stem)
            if found is None:
                found = _loaded[stem] = _load(stem)
    return found


def _load(stem: str) -> dict[str, int]:
    try:
        from llvmlite import binding

        objects = objects_of(stem)
        engine = binding.create_mcjit_compiler(binding.parse_assembly(""), _machine()[0])
        for _, code in objects.values():
            engine.add_object_file(binding.ObjectFileRef.from_data(code))
        engine.finalize_object()
    except Exception as error:  # whatever it is, torch's kernels do the same
        _log.debug("There are no native %s kernels: %s", stem, error)
        return {}
    _engines.append(engine)
    return {name: engine.get_function_address(symbol) for name, (symbol, _) in objects.items()}


@functools.cache
def _machine() -> tuple[Any, str]:
    """Return the machine to compile for, and all that the code depends on besides the source."""
    import llvmlite
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    cpu, features = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="default", codemodel="jitdefault", jit=True
    )
    return machine, f"{machine.triple} {cpu} {features} {llvmlite.__version__}"
