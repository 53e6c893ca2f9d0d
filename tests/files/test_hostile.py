"""Files that are damaged, or made to harm: an MXNetError or a right answer, in little memory, without any code run.

Over 10,000 files are made of good ones by changing bytes, lengths and members, the same in each run.
"""

import functools
import gzip
import io
import json
import os
import pickle
import random
import resource
import tarfile
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.io.files import read_idx
from mxnet.ndarray.serialize import dumps

EXTREMES = [
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    1 << 40,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
]
ODD = [
    *(
        None,
        True,
        -1,
        10**30,
        1.5,
        "",
        "x",
        "(2,",
        "(-1, 99999999999)",
        "[[[[",
        "9" * 5000,
        "\ud800",
        [],
        {},
        [[0, 0, 0]],
    ),
    *({"a": "b"}, "null", "Convolution", "RNN", "Custom", "_foreach", "__import__('os')", f"({'1,' * 3000})"),
]
KEYS = (
    "attrs",
    "param",
    "inputs",
    "op",
    "name",
    "subgraphs",
    "kernel",
    "num_filter",
    "shape",
    "__shape__",
    "__dtype__",
)
GIGABYTE = 1 << 30


# -------------------------------------------------------------------------------------------------- good files


def network():
    x = mx.sym.Convolution(
        mx.sym.Variable("data", shape=(0, 3, 8, 8)), kernel=(3, 3), num_filter=4, name="conv"
    )
    x = mx.sym.FullyConnected(mx.sym.BatchNorm(x, name="bn"), num_hidden=3, name="fc")
    x = mx.sym.Reshape(mx.sym.slice_axis(x, axis=1, begin=0, end=2), shape=(0, -1))
    out, _ = mx.sym.contrib.foreach(
        lambda row, states: (row + states[0], [row * 2]), mx.sym.Variable("rows"), [mx.sym.Variable("state")]
    )
    return mx.sym.Group(
        [mx.sym.SoftmaxOutput(x, name="softmax"), out, mx.sym.topk(x, k=2, ret_typ="both")[1]]
    )


OLD_NETWORK = json.dumps(
    {
        "nodes": [
            {"op": "null", "param": {}, "name": "data", "inputs": [], "backward_source_id": -1},
            {"op": "FullyConnected", "param": {"num_hidden": "3"}, "name": "fc", "inputs": [[0, 0]]},
        ],
        "arg_nodes": [0],
        "heads": [[1, 0]],
    }
)


def written(folder, name, write):
    write(str(folder / name))
    return (folder / name).read_bytes()


def params(folder):
    arrays = {
        "arg:a": mx.nd.ones((2, 3)),
        "aux:b": mx.nd.array([1, 2], dtype="int8"),
        "arg:r": mx.nd.sparse.row_sparse_array((np.ones((2, 2)), [0, 2]), shape=(4, 2)),
        "arg:c": mx.nd.sparse.csr_matrix(np.eye(3)),
    }
    listed = [mx.nd.ones((1,)), mx.nd.ones((2, 1), dtype="float16")]
    return [dumps(arrays), dumps(listed)]


def npz(folder):
    compressed = io.BytesIO()
    np.savez_compressed(compressed, a=np.ones((20, 3), "float32"), b=np.arange(3))
    plain = written(
        folder, "a.npz", lambda path: mx.nd.save_npz(path, {"a": mx.nd.ones((2, 3)), "b": mx.nd.ones((1,))})
    )
    return [plain, compressed.getvalue()]


def safetensors(folder):
    pytest.importorskip("safetensors")
    return [
        written(
            folder,
            "a",
            lambda path: mx.nd.save_safetensors(path, {"a": mx.nd.ones((2, 3)), "b": mx.nd.ones((1,))}),
        )
    ]


def records(folder):
    with mx.recordio.MXIndexedRecordIO(folder / "good.idx", folder / "good.rec", "w") as file:
        for i in range(5):
            label = [1.0, 2.0] if i % 2 else 3.0
            file.write_idx(
                i, mx.recordio.pack(mx.recordio.IRHeader(0, label, i, 0), b"abc" * i + b"\x0a\x23\xd7\xce")
            )
    return [(folder / "good.rec").read_bytes()]


def index(folder):
    records(folder)
    return [(folder / "good.idx").read_bytes()]


def states(folder):
    schedule = mx.lr_scheduler.FactorScheduler(3)
    updater = mx.optimizer.get_updater(mx.optimizer.Adam(lr_scheduler=schedule))
    for i in range(2):
        updater(i, mx.nd.ones((2,)), mx.nd.ones((2,)))
    return [updater.get_states(), updater.get_states(dump_optimizer=True)]


def members(folder):
    return {"net-symbol.json": network().tojson().encode(), "net-0003.params": params(folder)[0]}


def tarred(folder, mode="w"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, contents in members(folder).items():
            info = tarfile.TarInfo(name)
            info.size = len(contents)
            archive.addfile(info, io.BytesIO(contents))
    return [file.getvalue()]


def zipped(folder):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in members(folder).items():
            archive.writestr(name, contents)
    return [file.getvalue()]


def onnx(folder):
    pytest.importorskip("onnx")
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=2, name="conv")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="fc")
    executor = net.simple_bind(mx.cpu(), data=(1, 3, 5, 5))
    arrays = {name: array for name, array in executor.arg_dict.items() if name != "data"}
    return [
        written(
            folder,
            "a.onnx",
            lambda path: mx.onnx.export_model(net, arrays, [(1, 3, 5, 5)], "float32", path, verify=False),
        )
    ]


def unsigned_bytes(folder):
    contents = bytes([0, 0, 8, 3]) + np.array([2, 3, 4], ">u4").tobytes() + bytes(24)
    return [contents, gzip.compress(contents)]


# ------------------------------------------------------------------------------------------------- their readers


def read_network(path):
    symbol = mx.sym.load(path)
    again = mx.sym.load_json(symbol.tojson())
    assert again.list_inputs() == symbol.list_inputs()
    assert again.list_outputs() == symbol.list_outputs()
    for infer in (lambda: symbol.infer_shape_partial(data=(1, 3, 8, 8)), symbol.infer_type):
        try:
            infer()
        except mx.MXNetError:
            continue


def read_arrays(path):
    arrays = mx.nd.load(path)
    for array in arrays.values() if isinstance(arrays, dict) else arrays:
        assert array.stype != "default" or array.asnumpy().shape == array.shape


def read_records(path):
    with mx.recordio.MXRecordIO(path, "r") as file:
        while (record := file.read()) is not None:
            mx.recordio.unpack(record)


def read_indexed(path):
    with mx.recordio.MXIndexedRecordIO(path, Path(path).parent / "good.rec", "r") as file:
        for key in file.keys:
            file.read_idx(key)


def read_states(path):
    updater = mx.optimizer.get_updater(mx.optimizer.SGD())
    updater.set_states(Path(path).read_bytes())
    updater.get_states(dump_optimizer=True)


def read_onnx(path):
    symbol, _, _ = mx.contrib.onnx.import_model(path)
    symbol.tojson()
    mx.contrib.onnx.get_model_metadata(path)


KINDS = {
    "network": (
        lambda folder: [network().tojson().encode(), OLD_NETWORK.encode()],
        read_network,
        "-symbol.json",
        2000,
    ),
    "params": (params, read_arrays, ".params", 2000),
    "npz": (npz, read_arrays, ".npz", 700),
    "safetensors": (safetensors, read_arrays, ".safetensors", 700),
    "records": (records, read_records, ".rec", 1200),
    "index": (index, read_indexed, ".idx", 600),
    "states": (states, read_states, ".states", 1500),
    "tar": (tarred, mx.model.load_checkpoint, ".tar", 400),
    "tar.gz": (functools.partial(tarred, mode="w:gz"), mx.model.load_checkpoint, ".tar.gz", 600),
    "zip": (zipped, mx.model.load_checkpoint, ".zip", 400),
    "onnx": (onnx, read_onnx, ".onnx", 600),
    "ubyte": (unsigned_bytes, functools.partial(read_idx, dimensions=3), "-ubyte", 400),
}


# -------------------------------------------------------------------------------------------------- what is changed


def changed(chance, contents):
    """The contents with some bytes cut, replaced, repeated, or with another length or number among them."""
    data = bytearray(contents)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        at, size = chance.randrange(len(data)), chance.choice((1, 2, 4, 8, 16, 32))
        match chance.randrange(7):
            case 0:
                del data[at:]
            case 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                size = min(size, 8)
                data[at : at + size] = (chance.choice(EXTREMES) % (1 << 8 * size)).to_bytes(size, "little")
            case 3:
                del data[at : at + size]
            case 4:
                data[at:at] = chance.randbytes(size)
            case 5:
                to = chance.randrange(len(data))
                data[to : to + size] = data[at : at + size]
            case _:
                data[at:at] = data[at : at + size]
    return bytes(data)


def changed_json(chance, contents):
    """The contents with values of JSON left out, repeated, or of another kind; or with other bytes."""
    if chance.random() < 0.4:
        return changed(chance, contents)
    tree = json.loads(contents)
    for _ in range(chance.choice((1, 1, 2, 3))):
        inside = tree
        while keys := list(inside) if isinstance(inside, dict) else list(range(len(inside))):
            key = chance.choice(keys)
            if isinstance(inside[key], dict | list) and inside[key] and chance.random() < 0.8:
                inside = inside[key]
                continue
            match chance.randrange(4):
                case 0:
                    del inside[key]
                case 1 if isinstance(inside, list):
                    inside.append(inside[key])
                case 2 if isinstance(inside, dict):
                    inside[chance.choice(KEYS)] = chance.choice((inside[key], chance.choice(ODD)))
                case _:
                    inside[key] = chance.choice((chance.choice(ODD), chance.choice(EXTREMES)))
            break
    return json.dumps(tree).encode()


@pytest.fixture
def little_memory():
    """Lets the process have a gigabyte more than it has now, so that it cannot make what a file merely states."""
    pages = (
        int(Path("/proc/self/statm").read_text().split()[0]) if os.path.exists("/proc/self/statm") else None
    )
    before = resource.getrlimit(resource.RLIMIT_AS)
    if pages is not None:
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + GIGABYTE, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def test_enough_files_are_tried():
    assert sum(count for *_, count in KINDS.values()) >= 10_000


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_read_right_or_refused(kind, tmp_path, little_memory):
    make, read, ending, count = KINDS[kind]
    good = make(tmp_path)
    chance = random.Random(kind)
    slowest = refused = 0
    for number in range(count):
        contents = (changed_json if kind == "network" else changed)(chance, chance.choice(good))
        path = tmp_path / f"{number}{ending}"
        path.write_bytes(contents)
        begin = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(str(path))
        except mx.MXNetError:
            refused += 1
        except BaseException as error:
            raise AssertionError(f"file {number}, {contents[:2000]!r}") from error
        slowest = max(slowest, time.process_time() - begin)
        path.unlink()
    assert refused > count / 3
    assert slowest < 2


@pytest.mark.parametrize("kind", ["params", "safetensors", "states", "zip"])
def test_files_that_end_early_are_refused_wherever_they_end(kind, tmp_path):
    make, read, ending, _ = KINDS[kind]
    path = tmp_path / f"cut{ending}"
    contents = make(tmp_path)[0]
    for length in range(0, len(contents), max(len(contents) // 100, 1)):
        path.write_bytes(contents[:length])
        with pytest.raises(mx.MXNetError):
            read(str(path))


# ---------------------------------------------------------------------------------------------- made to harm


@pytest.mark.parametrize("number", [0x7FFFFFFF, 1 << 40, (1 << 63) - 1])
def test_lengths_that_a_file_states_are_not_believed(number, tmp_path, little_memory):
    contents = bytearray(params(tmp_path)[1])
    contents[16:24] = number.to_bytes(8, "little")
    with pytest.raises(
        mx.MXNetError, match=r"the number of arrays is \d+, for which the file is too short.*at byte 24"
    ):
        mx.nd.load_frombuffer(bytes(contents))


def test_truncated_parameters_name_the_file_the_array_and_the_offset(tmp_path):
    path = tmp_path / "short.params"
    path.write_bytes(params(tmp_path)[1][:60])
    with pytest.raises(mx.MXNetError, match=r"short\.params.*in array \d of 2, at byte \d+"):
        mx.nd.load(path)


@pytest.mark.parametrize(
    ("operator", "parameter", "others"),
    [
        ("SliceChannel", "num_outputs", {}),
        ("Concat", "num_args", {}),
        ("RNN", "num_layers", {"state_size": "2", "mode": "gru"}),
        ("multi_sgd_update", "num_weights", {"lrs": "(1,)", "wds": "(1,)"}),
    ],
)
def test_numbers_of_inputs_and_outputs_are_not_believed(operator, parameter, others, little_memory):
    variable = {"op": "null", "name": "x", "inputs": []}
    node = {"op": operator, "name": "y", "attrs": {parameter: "1000000000", **others}, "inputs": [[0, 0, 0]]}
    with pytest.raises(mx.MXNetError, match=rf"node 1 \('y'\).*'{parameter}'"):
        mx.sym.load_json(json.dumps({"nodes": [variable, node], "arg_nodes": [0], "heads": [[1, 0, 0]]}))


def test_numbers_of_outputs_that_are_read_are_not_believed(little_memory):
    nodes = [{"op": "NobodyKnows", "name": "y", "inputs": []}]
    with pytest.raises(mx.MXNetError, match="refers to output 999999999, which no node has"):
        mx.sym.load_json(json.dumps({"nodes": nodes, "arg_nodes": [], "heads": [[0, 999999999, 0]]}))


def test_graphs_within_graphs_without_end_are_refused():
    graph = '{"nodes":[{"op":"null","name":"x","inputs":[]}],"arg_nodes":[0],"heads":[[0,0,0]]}'
    head, tail = (
        '{"nodes":[{"op":"_cond","name":"f","inputs":[],"subgraphs":[',
        ']}],"arg_nodes":[],"heads":[[0,0,0]]}',
    )
    with pytest.raises(mx.MXNetError, match="nested too deeply"):
        mx.sym.load_json(head * 3000 + graph + tail * 3000)


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_no_code_in_optimizer_states_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(mx.MXNetError, match=r"asks for posix\.mkdir|asks for nt\.mkdir"):
        mx.optimizer.get_updater(mx.optimizer.SGD()).set_states(pickle.dumps({0: Bomb()}))
    assert not os.path.exists("exploded")


def test_no_code_in_numpy_s_files_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    array = np.empty(1, object)
    array[0] = Bomb()
    np.savez("a.npz", array)
    with pytest.raises(mx.MXNetError, match="Cannot read"):
        mx.nd.load("a.npz")
    assert not os.path.exists("exploded")


def test_optimizer_states_that_number_values_beyond_their_own_length_are_refused(little_memory):
    memo = pickle.PROTO + b"\x04" + pickle.EMPTY_DICT + pickle.LONG_BINPUT + b"\xff\xff\xff\x3f" + pickle.STOP
    with pytest.raises(mx.MXNetError, match="number 1073741823 of so many values"):
        mx.optimizer.get_updater(mx.optimizer.SGD()).set_states(memo)


@pytest.mark.parametrize("name", ["beta1", "wd"])
def test_optimizer_that_lacks_or_misspells_a_number_is_refused(name):
    updater = mx.optimizer.get_updater(mx.optimizer.Adam())
    setattr(updater.optimizer, f"{name}x", vars(updater.optimizer).pop(name))
    with pytest.raises(mx.MXNetError, match=f"their Adam has no '{name}'"):
        mx.optimizer.get_updater(mx.optimizer.SGD()).set_states(updater.get_states(dump_optimizer=True))


@pytest.mark.parametrize(
    ("name", "kind", "linkname", "why"),
    [
        ("../net-symbol.json", tarfile.REGTYPE, "", "leads out of the archive"),
        ("/tmp/net-symbol.json", tarfile.REGTYPE, "", "leads out of the archive"),
        ("net-symbol.json", tarfile.SYMTYPE, "/etc/passwd", "link or device"),
        ("net-symbol.json", tarfile.LNKTYPE, "other", "link or device"),
        ("net-symbol.json", tarfile.FIFOTYPE, "", "link or device"),
    ],
)
def test_members_that_lead_elsewhere_are_refused(name, kind, linkname, why, tmp_path):
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, linkname
        archive.addfile(info, io.BytesIO())
    with pytest.raises(mx.MXNetError, match=rf"model\.tar\.gz.*{why}"):
        mx.model.load_checkpoint(str(tmp_path / "model.tar.gz"))


def test_archives_that_unpack_to_far_more_than_they_are_are_refused_before_they_do(tmp_path, little_memory):
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("net-0000.params")
        info.size = 1 << 34
        archive.fileobj.write(info.tobuf())
        archive.fileobj.write(bytes(1 << 20))
    with pytest.raises(
        mx.MXNetError, match="unpacks to too many bytes: 'net-0000.params' alone takes 17179869184"
    ):
        mx.model.load_checkpoint(str(tmp_path / "bomb.tar.gz"))


def test_zips_that_state_less_than_they_hold_are_refused(tmp_path, little_memory):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net-0000.params", bytes(1 << 22))
    contents = (tmp_path / "bomb.zip").read_bytes()
    size = (1 << 22).to_bytes(4, "little")
    assert contents.count(size) >= 1
    (tmp_path / "bomb.zip").write_bytes(contents.replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(mx.MXNetError, match=r"bomb\.zip"):
        mx.model.load_checkpoint(str(tmp_path / "bomb.zip"))


def test_compressed_bytes_cannot_be_more_than_compression_allows(tmp_path, little_memory):
    contents = bytes([0, 0, 8, 3]) + np.array([4000, 4000, 200], ">u4").tobytes()
    (tmp_path / "a.gz").write_bytes(gzip.compress(contents))
    with pytest.raises(
        mx.MXNetError, match=r"states the shape \(4000, 4000, 200\), for which \d+ bytes are too few"
    ):
        read_idx(str(tmp_path / "a.gz"), 3)


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "missing"])
def test_onnx_models_get_no_weights_from_elsewhere(location, tmp_path):
    library = pytest.importorskip("onnx")
    (tmp_path / "secret").write_bytes(bytes(16))
    (tmp_path / "inner").mkdir()
    tensor = library.TensorProto(name="w", data_type=1, dims=[4], data_location=library.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    out = library.helper.make_tensor_value_info("y", 1, [4])
    graph = library.helper.make_graph(
        [library.helper.make_node("Abs", ["w"], ["y"])], "g", [], [out], [tensor]
    )
    path = tmp_path / "inner" / "a.onnx"
    path.write_bytes(library.helper.make_model(graph).SerializeToString())
    with pytest.raises(mx.MXNetError, match=r"a\.onnx' names weights that cannot be read"):
        mx.contrib.onnx.import_model(path)
