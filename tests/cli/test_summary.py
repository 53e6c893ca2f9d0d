import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mxnet as mx


def test_layers_and_totals_are_shown(symnet, checkpoint):
    lines = symnet("summary", checkpoint).output.splitlines()
    assert lines[1] == "15 nodes, 5 of them operators"
    conv = next(line for line in lines if line.startswith("conv "))
    assert conv.split() == ["conv", "Convolution", "1x4x6x6", "112", "7.78", "K"]
    assert "parameters: 555, and 8 numbers of auxiliary states" in lines
    assert "input:      data 1x3x8x8  (a guess: give another with --shape)" in lines
    assert "output:     softmax_output 1x3" in lines
    assert any(line.startswith("memory: ") for line in lines)


def test_totals_alone_are_shown_briefly(symnet, checkpoint):
    output = symnet("summary", checkpoint, "--brief", "--shape", "5,3,8,8").output
    assert "Activation" not in output.partition("outputs:")[2]
    assert "input:      data 5x3x8x8\n" in output


def test_programs_get_all_of_it_as_json(symnet, checkpoint):
    told = json.loads(symnet("summary", checkpoint, "--json").output)
    assert told["parameters"] == sum(layer["parameters"] for layer in told["layers"]) == 555
    assert told["inputs"]["data"] == [1, 3, 8, 8]
    assert told["guessed"] == ["data"]
    assert told["peak_bytes"] > 0


def test_a_network_alone_is_summed_up(symnet, checkpoint, tmp_path):
    shutil.copy(f"{checkpoint}-symbol.json", tmp_path)
    assert "no file of parameters was found" in symnet("summary", tmp_path).output


def test_a_network_with_an_operator_that_nobody_knows_is_listed(symnet, tmp_path):
    path = tmp_path / "odd-symbol.json"
    nodes = [
        {"op": "null", "name": "x", "inputs": []},
        {"op": "WarpCTC", "name": "odd", "inputs": [[0, 0, 0]]},
    ]
    path.write_text(json.dumps({"nodes": nodes, "arg_nodes": [0], "heads": [[1, 0, 0]]}))
    output = symnet("summary", path).output
    assert "odd    WarpCTC" in output
    assert "There is no operator 'WarpCTC'" in output


def test_a_shape_that_contradicts_the_network_is_an_error(symnet, checkpoint):
    assert "fc_weight" in symnet("summary", checkpoint, "--shape", "1,3,9,9", status=1).stderr


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        (b"", "is empty"),
        (b'{"nodes": [', "is truncated"),
        (b"\xff\xfe\x00", "is no text"),
        (b'{"nodes": 3}', "x-symbol.json"),
    ],
)
def test_a_damaged_file_is_told_in_a_line(symnet, tmp_path, contents, why):
    path = tmp_path / "x-symbol.json"
    path.write_bytes(contents)
    told = symnet("summary", path, status=1).stderr
    assert why in told
    assert "x-symbol.json" in told
    assert told.count("\n") == 1


def test_truncated_parameters_are_told_with_the_array(symnet, checkpoint, tmp_path):
    shutil.copy(f"{checkpoint}-symbol.json", tmp_path / "net-symbol.json")
    whole = Path(f"{checkpoint}-0001.params").read_bytes()
    (tmp_path / "net-0001.params").write_bytes(whole[:300])
    assert (
        "truncated or corrupt (in array 0 of 8, at byte 80)"
        in symnet("summary", tmp_path / "net", status=1).stderr
    )


def test_it_begins_to_print_before_torch_is_loaded(checkpoint):
    program = (
        "import sys; write = sys.stdout.write\n"
        "def first(text):\n"
        "    sys.stderr.write(str({'torch', 'mxnet.ops'} & set(sys.modules)))\n"
        "    sys.stdout.write = write\n"
        "sys.stdout.write = first\n"
        "from mxnet.cli.app import main\n"
        f"main(['summary', {checkpoint!r}, '--no-memory'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "set()"


def test_a_terminal_of_80_columns_gets_lines_that_fit(tmp_path):
    net = mx.sym.Variable("data")
    for each in ("first", "second"):
        net = mx.sym.FullyConnected(
            net, num_hidden=3, name=f"a_name_that_is_longer_than_a_terminal_{'x' * 50}_{each}"
        )
    path = str(tmp_path / "long-symbol.json")
    net.save(path)
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.Popen(
        [sys.executable, "-m", "mxnet", "summary", path, "--no-memory"], stdout=theirs, env=environment
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 1 << 16):
            shown += part
    except OSError:  # how a pseudo terminal says that nobody writes any more
        pass
    os.close(ours)
    assert done.wait() == 0
    table = [
        line for line in shown.decode().splitlines() if "FullyConnected" in line and "operators" not in line
    ]
    assert len(table) == 2
    assert all(len(line) <= 80 for line in table)
    assert table[0].split()[0].endswith("first")
