"""Freed memory is kept for the process, or not: no program decides it."""

import subprocess
import sys

import pytest

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
print(len(calls))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
@pytest.mark.parametrize(("pool", "calls"), [(None, "2"), ("Unpooled", "0")])
def test_a_program_leaves_the_allocator_of_the_process_alone(monkeypatch, pool, calls):
    if pool:
        monkeypatch.setenv("MXNET_CPU_MEM_POOL_TYPE", pool)
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == (calls, "")
