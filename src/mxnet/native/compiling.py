"""Compiles a file of kernels to machine code."""

from __future__ import annotations

import importlib
from typing import Any

from llvmlite import binding

from mxnet.native.kernels.language import KERNELS
from mxnet.native.translating import translated

__all__ = ["compiled"]


def compiled(stem: str, machine: Any) -> dict[str, tuple[str, bytes]]:
    """Return the kernels of a file: by name, the symbol and the object code for a machine of llvmlite's."""
    tuning = binding.PipelineTuningOptions(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = True
    module, made = importlib.import_module(f"mxnet.native.kernels.{stem}"), {}
    for kernel in KERNELS[module.__name__]:
        symbol = f"symnet_{kernel.__name__}"
        text = binding.parse_assembly(translated(kernel, symbol, machine.triple))
        text.verify()
        builder = binding.create_pass_builder(machine, tuning)
        builder.getModulePassManager().run(text, builder)
        made[kernel.__name__] = symbol, machine.emit_object(text)
    return made
