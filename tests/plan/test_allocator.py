"""Freed memory is kept for the process, or not: no program decides it."""

import subprocess
import sys
import types

import pytest

from mxnet import allocator

SCRIPT = """
import ctypes, sys
calls = []

class Library:
    gnu_get_libc_version = True

    def mallopt(self, *args):
        calls.append(args)

ctypes.CDLL = lambda name, *args, **kwargs: Library()
import mxnet as mx
assert not calls, "composing graphs changes nothing in the process"
net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=3)
for budget in (None, "1MB"):
    executor = net.simple_bind(mx.cpu(), x=(2, 4), memory_budget=budget)
    before = len(calls)
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2, 3)))
    assert len(calls) == before, "a program changed the process"
print(calls)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_a_program_leaves_the_allocator_of_the_process_alone():
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("[(-4, 0), (-1, -1)]", "")


@pytest.mark.parametrize(
    ("name", "value", "calls"),
    [
        (
            "MXNET_CPU_MEM_POOL_TYPE",
            "Pooled",
            [(allocator._M_MMAP_MAX, 0), (allocator._M_TRIM_THRESHOLD, -1)],
        ),
        ("MXNET_CPU_MEM_POOL_TYPE", "Unpooled", [(allocator._M_MMAP_THRESHOLD, allocator._LARGE)]),
        ("MXNET_MEMORY_BUDGET", "2GB", [(allocator._M_MMAP_THRESHOLD, allocator._LARGE)]),
    ],
)
def test_freed_memory_is_kept_unless_it_is_to_go_back(monkeypatch, name, value, calls):
    made = []
    monkeypatch.setattr(
        allocator, "_c_library", lambda: types.SimpleNamespace(mallopt=lambda *a: made.append(a))
    )
    monkeypatch.setenv(name, value)
    allocator.decide_on_freed_memory()
    assert made == calls
