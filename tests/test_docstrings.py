"""The examples in docstrings run and give what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import mxnet as mx


def examples():
    """Return every docstring of the package that has an example."""
    modules = [mx, *(importlib.import_module(m.name) for m in pkgutil.walk_packages(mx.__path__, "mxnet."))]
    finder = doctest.DocTestFinder()
    return [
        test for module in modules for test in finder.find(module, extraglobs={"mx": mx}) if test.examples
    ]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_example_gives_what_it_says(example, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    with mx.name.NameManager():
        failed = doctest.DocTestRunner(optionflags=options).run(example).failed
    assert not failed, capsys.readouterr().out
