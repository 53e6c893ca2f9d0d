"""Compiles all kernels for this machine, as far as that was not done: ``python -m mxnet.native``."""

from __future__ import annotations

from mxnet.native.loading import objects_of, stems

if __name__ == "__main__":
    for stem in stems():
        objects_of(stem)
