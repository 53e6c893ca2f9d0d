"""The page docs/command-line.md says what the commands print."""

import doctest
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mxnet.cli.app import COMMANDS, app

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")


def test_every_block_prints_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tried = 0
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for part in re.split(r"^\$ symnet ", block, flags=re.MULTILINE)[1:]:
            command, _, said = part.partition("\n")
            done = CliRunner(env={"COLUMNS": None}).invoke(app, command.split())
            assert done.exit_code == 0, done.output
            flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            assert doctest.OutputChecker().check_output(said, done.stdout, flags), done.stdout
            tried += 1
    assert tried == 6


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_told_of(command):
    assert f"`{command}" in PAGE or f"symnet {command}" in PAGE
