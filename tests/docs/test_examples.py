"""Every operator's help ends with an example that runs, on arrays and on symbols, and gives what it says."""

import doctest
import re

import numpy as np
import pytest

import mxnet as mx
from mxnet.ir.op import REGISTRY
from mxnet.surface.examples import call_of, example_of
from mxnet.surface.namespaces import home_of

# Operators without an example, each with its reason.
WITHOUT = {
    "Custom": "it runs what users register, see mx.operator.register",
    "_cond": "mx.sym.contrib.cond makes it",
    "_foreach": "mx.sym.contrib.foreach makes it",
    "_while_loop": "mx.sym.contrib.while_loop makes it",
    "_cvimdecode": "it decodes what is in a file",
    "_imdecode": "it decodes what is in a file",
    "_cvimread": "it reads a file",
    "_set_value": "it fills an array that is given as out",
    "_CachedOp": "it stands in files only",
    "_CachedOpThreadSafe": "it stands in files only",
    "_CustomFunction": "it stands in files only",
    "_NDArray": "it stands in files only",
    "_Native": "it stands in files only",
    "_NoGradient": "it stands in files only",
    "_broadcast_backward": "it stands in files only",
    "_split_v2_backward": "it stands in files only",
}

EXAMPLES = sorted({cls.name for cls in REGISTRY.values() if cls.example})

_NUMBER = re.compile(r"-?\d+\.\d*(?:e[+-]?\d+)?")


class AlmostEqual(doctest.OutputChecker):
    """Lets numbers differ in the last place that is shown."""

    def check_output(self, want, got, optionflags):
        if super().check_output(want, got, optionflags):
            return True
        numbers = [[float(each) for each in _NUMBER.findall(text)] for text in (want, got)]
        texts = ["".join(_NUMBER.sub("#", text).split()) for text in (want, got)]
        return texts[0] == texts[1] and np.allclose(*numbers, rtol=0, atol=0.0015)


@pytest.mark.parametrize("package", ["mx.nd", "mx.sym"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_example_gives_what_it_says(name, package):
    text = example_of(REGISTRY[name], package) + "\n"
    test = doctest.DocTestParser().get_doctest(text, {"mx": mx}, name, None, None)
    said = []
    failed = doctest.DocTestRunner(AlmostEqual()).run(test, out=said.append).failed
    assert not failed, "".join(said)


@pytest.mark.parametrize("name", EXAMPLES)
def test_result_of_the_example_is_written_down(name):
    assert call_of(REGISTRY[name]).result


def test_every_operator_has_an_example():
    from_mxnet = {cls.name for cls in REGISTRY.values() if not cls.name.startswith(("_backward", "_fused"))}
    declared = {name for name in from_mxnet if REGISTRY[name].__module__.startswith("mxnet.")}
    assert {name for name in declared if name not in EXAMPLES} == set(WITHOUT)


@pytest.mark.parametrize("package", ["nd", "sym"])
def test_help_ends_with_the_example(package):
    for name in EXAMPLES:
        function = getattr(mx, package)
        for part in home_of(REGISTRY[name]).split("."):
            function = getattr(function, part)
        if hasattr(
            function, "__signature__"
        ):  # made from the declaration, not one of MXNet's Python functions
            assert function.__doc__.endswith(example_of(REGISTRY[name], f"mx.{package}")), name
