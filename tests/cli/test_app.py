import subprocess
import sys

import pytest

import mxnet.cli.demo
from mxnet.cli.app import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_what_it_does(symnet, command):
    assert "usage" in symnet(command, "--help").output.lower()


@pytest.mark.parametrize("command", COMMANDS)
def test_only_paragraphs_and_the_width_of_the_terminal_break_the_lines_of_help(symnet, monkeypatch, command):
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 400)
    lines = [line.strip() for line in symnet(command, "--help").output.splitlines()]
    told = lines[next(i for i, line in enumerate(lines) if line.lower().startswith("usage")) :]
    sentences = [line for line in told if line and line[0].isalpha() and not line.lower().startswith("usage")]
    assert command == "im2rec" or all(line.endswith(".") for line in sentences)


def test_the_list_of_commands_needs_no_torch():
    program = (
        "import sys, atexit; atexit.register(lambda: print({'torch', 'mxnet.ops', 'onnx'} & set(sys.modules)));"
        "from mxnet.cli.app import main; main(['--help'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert all(command in done.stdout for command in COMMANDS)
    assert done.stdout.endswith("set()\n")
    assert "\x1b" not in done.stdout


def test_importing_mxnet_imports_no_package_of_the_command_line():
    program = "import sys, mxnet; print({'typer', 'rich', 'mxnet.symbol'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_misspelt_command_is_answered_with_the_nearest(symnet):
    assert "Did you mean 'summary'?" in symnet("sumary", status=2).output


def test_an_error_is_a_line_that_names_the_command(symnet, tmp_path):
    done = symnet("summary", tmp_path / "none", status=1)
    assert done.stderr.startswith("symnet summary: There is no ")
    assert done.stderr.count("\n") == 1


def test_the_way_to_an_error_is_shown_on_request(symnet, tmp_path):
    with pytest.raises(mxnet.MXNetError):
        symnet("summary", tmp_path / "none", "--traceback", status=1)


def test_an_interrupt_ends_a_command_with_130(symnet, monkeypatch):
    def interrupted(count):
        raise KeyboardInterrupt

    monkeypatch.setattr(mxnet.cli.demo, "_pictures", interrupted)
    assert symnet("demo", status=130).stderr.strip() == "symnet demo: interrupted."


def test_an_error_of_the_program_itself_says_how_to_find_it(symnet, monkeypatch):
    def broken(count):
        raise RuntimeError("oh")

    monkeypatch.setattr(mxnet.cli.demo, "_pictures", broken)
    assert "RuntimeError: oh. This should not happen; --traceback" in symnet("demo", status=1).stderr


def test_the_module_is_the_program():
    done = subprocess.run(
        [sys.executable, "-m", "mxnet", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("as MXNet 1.9.1\n")
