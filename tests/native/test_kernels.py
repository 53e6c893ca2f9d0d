"""Kernels come from the cache without numba, need nothing but the C library, and say so once when they are made."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from llvmlite import binding

from mxnet.native import address, find, loading, sgemm

STEMS = tuple(loading.stems())

PROGRAM = """
import sys
from mxnet.native import address
print(address("relu") is not None, "numba" in sys.modules)
"""


def in_new_process(folder, **environment):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"MXNET_KERNEL_CACHE": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )


def test_compiling_is_said_once_and_numba_is_not_needed_again(tmp_path):
    first, second = in_new_process(tmp_path / "kernels"), in_new_process(tmp_path / "kernels")
    assert (first.stdout, second.stdout) == ("True True\n", "True False\n")
    assert first.stderr == "symnet: compiling kernels for this machine, once; this takes some seconds\n"
    assert second.stderr == ""


def test_a_corrupt_cache_is_made_anew(tmp_path):
    in_new_process(tmp_path / "kernels")
    for path in (tmp_path / "kernels").iterdir():
        path.write_bytes(b"corrupt")
    assert in_new_process(tmp_path / "kernels").stdout == "True True\n"
    assert in_new_process(tmp_path / "kernels").stdout == "True False\n"


def test_without_a_cache_every_process_compiles(tmp_path):
    (tmp_path / "kernels").write_text("no folder")
    assert in_new_process(tmp_path / "kernels").stdout == "True True\n"


def test_where_compiling_fails_there_are_no_kernels(tmp_path):
    assert in_new_process(tmp_path / "kernels", NUMBA_DISABLE_JIT="1").stdout.startswith(("True", "False"))


def test_importing_the_package_does_not_import_numba():
    program = "import sys, mxnet; print({'numba', 'llvmlite'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_each_name_stands_for_one_kernel():
    names = [name for source in loading.stems().values() for name in loading._KERNEL.findall(source)]
    assert sorted(names) == sorted(set(names))


ALLOWED = {
    "memcpy",
    "memset",
    "memmove",
    "bzero",
    "expf",
    "logf",
    "powf",
    "sinf",
    "cosf",
    "tanf",
    "_GLOBAL_OFFSET_TABLE_",
}


@pytest.mark.parametrize("stem", STEMS)
def test_objects_need_nothing_but_the_c_library(stem):
    for name, (_, code) in loading.objects_of(stem).items():
        assert undefined(code) <= ALLOWED, name


def undefined(code):
    """Return the undefined symbols of an ELF object."""
    assert binding.ObjectFileRef.from_data(code) is not None
    if code[:4] != b"\x7fELF":
        pytest.skip("other formats are not read here")
    head = np.frombuffer(code[:64], np.uint64)
    start, (size, count) = int(head[5]), np.frombuffer(code[58:62], np.uint16).astype(int)
    sections = [code[start + i * size : start + (i + 1) * size] for i in range(count)]
    found = set()
    for section in sections:
        kind = int(np.frombuffer(section[4:8], np.uint32)[0])
        if kind != 2:
            continue
        begin, length = np.frombuffer(section[24:40], np.uint64).astype(int)
        link = int(np.frombuffer(section[40:44], np.uint32)[0])
        names = int(np.frombuffer(sections[link][24:32], np.uint64)[0])
        for at in range(begin, begin + length, 24):
            name, where = (
                int(np.frombuffer(code[at : at + 4], np.uint32)[0]),
                int(np.frombuffer(code[at + 6 : at + 8], np.uint16)[0]),
            )
            if where == 0 and name:
                found.add(code[names + name : code.index(b"\0", names + name)].decode())
    return found


def test_a_kernel_is_called_by_name():
    x, y = torch.tensor([-1.0, float("nan"), 3.0]), torch.empty(3)
    find("rectified")(x.data_ptr(), y.data_ptr(), 3)
    assert y.tolist() == [0, 0, 3]


def test_there_is_no_kernel_of_an_unknown_name():
    assert address("no_such_kernel") is None
    assert find("no_such_kernel") is None


@pytest.mark.skipif(sys.platform != "linux", reason="torch's library exports its product on Linux alone")
def test_the_product_of_matrices_is_torch_s():
    assert sgemm() is not None
