"""Kernels come from the cache without a compiler, need nothing but the C library, and are announced when made."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import numpy as np
import pytest
import torch
from llvmlite import binding

from mxnet.native import address, compiling, find, loading, rows, sgemm
from mxnet.native.products import limit_threads

STEMS = tuple(loading.stems())


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of a machine that has compiled nothing; `made` lists what is compiled."""
    monkeypatch.setenv("MXNET_KERNEL_CACHE", str(tmp_path / "kernels"))
    monkeypatch.setattr(loading, "_announce", loading._announce.__wrapped__)
    cache, compiled = tmp_path / "kernels", compiling.compiled
    made = []
    monkeypatch.setattr(
        compiling, "compiled", lambda stem, machine: made.append(stem) or compiled(stem, machine)
    )
    return cache, made


def test_kernels_are_compiled_once_which_is_announced(cache, capsys):
    first, second = loading.objects_of("loop"), loading.objects_of("loop")
    assert first == second
    assert cache[1] == ["loop"]
    assert (
        capsys.readouterr().err == "symnet: compiling kernels for this machine, once; this takes a moment\n"
    )


def test_a_corrupt_cache_is_made_anew(cache):
    loading.objects_of("loop")
    for path in cache[0].iterdir():
        path.write_bytes(b"corrupt")
    assert "run" in loading.objects_of("loop")
    loading.objects_of("loop")
    assert cache[1] == ["loop", "loop"]


def test_without_a_cache_every_process_compiles(cache):
    cache[0].write_text("no folder")
    loading.objects_of("loop")
    loading.objects_of("loop")
    assert cache[1] == ["loop", "loop"]


def test_where_compiling_fails_there_are_no_kernels(cache, monkeypatch):
    def fails(stem, machine):
        raise RuntimeError("no such processor")

    monkeypatch.setattr(compiling, "compiled", fails)
    assert loading._load("loop") == {}


def test_all_kernels_of_a_file_are_loaded(cache):
    assert loading._load("loop").keys() == {"run", "matmul", "matmul_alone"}


def test_importing_the_package_does_not_import_a_compiler():
    program = "import sys, mxnet; print('llvmlite' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


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
    "sincosf",
    "sinf",
    "cosf",
    "tanf",
    *("asinf", "acosf", "atanf", "sinhf", "coshf", "asinhf", "acoshf", "atanhf", "expm1f", "log1pf"),
    *("log2f", "log10f", "erff", "hypotf", "fmodf"),
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


@pytest.mark.skipif(
    limit_threads() is None, reason="the product here is not told how many threads it may take"
)
def test_a_small_product_runs_on_one_thread_and_a_large_one_on_all(monkeypatch):
    monkeypatch.setattr(rows, "threads", lambda: 2)

    def kernel_of(size):
        shape = (size, size)
        to = rows.Rows([shape] * 3, 2, {})
        to.product(*to.ins, *to.outs, (size,) * 3)
        return to.recipe().kernels

    assert kernel_of(64) == (address("matmul_alone"),)
    assert kernel_of(512) == (address("matmul"),)


@pytest.mark.skipif(
    limit_threads() is None, reason="the product here is not told how many threads it may take"
)
def test_a_product_on_one_thread_leaves_the_number_of_threads_as_it_was():
    x, y, out = torch.rand(64, 32), torch.rand(32, 48), torch.empty(64, 48)
    limit = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(limit_threads())
    before = limit(3)
    find("matmul_alone")(
        limit_threads(), sgemm(), y.data_ptr(), x.data_ptr(), out.data_ptr(),
        ord("N"), ord("N"), 48, 64, 32, 1.0, 48, 32, 0.0, 48,
    )  # fmt: skip
    assert limit(before) == 3
    torch.testing.assert_close(out, x @ y)


@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize(("turn_left", "turn_right"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("extents", [(1, 5, 7), (3, 1, 1), (4, 16, 16), (6, 9, 15), (7, 3, 10), (64, 64, 10)])
def test_a_product_as_small_as_a_call_is_long_is_a_kernel(extents, turn_left, turn_right, add):
    m, k, n = extents
    generator = np.random.default_rng(0)
    x, y, out = (generator.normal(size=size).astype("f") for size in ((m, k), (k, n), (m, n)))
    expected = x @ y + (out if add else 0)
    arrays = [
        np.ascontiguousarray(x.T if turn_left else x),
        np.ascontiguousarray(y.T if turn_right else y),
        out,
    ]
    to = rows.Rows([array.shape for array in arrays], 2, {})
    to.product(*to.ins, *to.outs, extents, turn_left=turn_left, turn_right=turn_right, add=add)
    recipe = to.recipe()
    arrays += [np.zeros(size, "f") for size in recipe.scratch]
    words = np.array(recipe.words, np.int64)
    for at, which, offset in recipe.addresses:
        words[at] = arrays[which].ctypes.data + offset
    for kernel, start in zip(recipe.kernels, recipe.starts, strict=True):
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(kernel)(words[start:].ctypes.data)
    assert address("matmul") not in recipe.kernels
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
