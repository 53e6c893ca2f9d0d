"""``python -m mxnet.run`` runs a script as python does, with the names back that numpy and Python have dropped."""

import json
import os
import re
import signal
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import mxnet as mx
from mxnet import run

HERE = os.path.dirname(os.path.dirname(mx.__file__))


def python(folder, *arguments, **options):
    """Run python in a folder with this package."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": HERE},
        **options,
    )


def mxnet_run(folder, *arguments, **options):
    """Run a program by mxnet.run; return the process, and its stderr without the announcement."""
    done = python(folder, "-m", "mxnet.run", *arguments, **options)
    announced, _, rest = done.stderr.partition("\n")
    assert announced.startswith("mxnet.run: ")
    return done, rest


OLD = """
import collections, fractions, inspect, time
import numpy as np

assert np.int is int and np.float is float and np.object is object and np.str is str
assert np.zeros(2, np.int).dtype == "int64" and np.array([1], dtype=np.bool).dtype == bool
assert np.fromstring(b"\\x01\\x02", dtype=np.uint8).tolist() == [1, 2]
assert np.fromstring("1 2", sep=" ").tolist() == [1.0, 2.0]
assert np.asscalar(np.array([3])) == 3
assert np.NaN != np.NaN and np.Inf > 1 and np.product([2, 3]) == 6
assert isinstance({}, collections.Mapping) and isinstance([], collections.Iterable)
assert inspect.getargspec(lambda a, b=1: 0).args == ["a", "b"]
assert time.clock() > 0
assert fractions.gcd(4, 6) == 2
assert list(xrange(2)) == [0, 1] and isinstance("", basestring)
"""


def test_an_old_script_finds_its_names(tmp_path):
    (tmp_path / "old.py").write_text(OLD)
    done, errors = mxnet_run(tmp_path, "old.py")
    assert (done.returncode, done.stdout, errors) == (0, "", "")


USES = [
    "import imp; m = imp.load_source('made', 'made.py'); assert m.x == 3; imp.reload",
    "import xml.etree.cElementTree as ET; assert ET.fromstring('<a/>').tag == 'a'",
    "import os; assert os.errno.EEXIST",
    "import threading; assert not threading.Thread().isAlive()",
    "import base64; assert base64.decodestring(b'YQ==') == b'a'",
    "import platform; assert len(platform.linux_distribution()) == 3",
    "import unittest; unittest.TestCase().assertEquals(1, 1)",
    "from html.parser import HTMLParser; assert HTMLParser().unescape('&lt;') == '<'",
    "import numpy as np; assert np.in1d([1, 2], [2]).tolist() == [False, True]",
    "import numpy as np; assert np.asfarray([1]).dtype == 'float64'",
    "import numpy as np; assert np.trapz([1, 3]) == 2",
    "import numpy as np; assert np.msort(np.array([2, 1])).tolist() == [1, 2]",
    "import numpy as np; assert np.float_ is np.float64 and np.unicode_ is np.str_",
    "import numpy as np; x = np.fromstring(b'ab', 'uint8'); x[0] = 1",
]


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """Try every use in one process; return the error of each, or nothing."""
    folder = tmp_path_factory.mktemp("uses")
    (folder / "made.py").write_text("x = 3\n")
    (folder / "script.py").write_text(
        "import json\ntried = {}\n"
        f"for use in {USES!r}:\n"
        "    try:\n        exec(use, {})\n        tried[use] = ''\n"
        "    except Exception as error:\n        tried[use] = repr(error)\n"
        "print(json.dumps(tried))\n"
    )
    return json.loads(mxnet_run(folder, "script.py")[0].stdout)


@pytest.mark.parametrize("use", USES)
def test_a_dropped_name_does_what_it_did(tried, use):
    assert tried[use] == ""


def test_importing_mxnet_restores_nothing():
    done = python(".", "-W", "ignore", "-c", "import mxnet, numpy as np; print(hasattr(np, 'int'))")
    assert done.stdout == "False\n", done.stderr
    assert not hasattr(np, "asscalar")


def test_one_line_says_what_has_been_done(tmp_path):
    done = python(tmp_path, "-m", "mxnet.run", "-c", "pass")
    assert re.fullmatch(
        r"mxnet\.run: \d+ names that numpy [\d.]+ and Python 3\.\d+ have dropped are back in this process, "
        r"such as np\.int and .*\.\n",
        done.stderr,
    )


# ------------------------------------------------------------------------------------------ as python does it

SEEN = "import sys, os; print(__name__, sys.argv, os.path.realpath(sys.path[0]), __spec__ is None, globals().get('__file__'))"


def test_a_script_sees_what_python_shows_it(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "script.py").write_text(SEEN)
    arguments = (os.path.join("below", "script.py"), "a", "--b")
    assert mxnet_run(tmp_path, *arguments)[0].stdout == python(tmp_path, *arguments).stdout


def test_code_sees_what_python_shows_it(tmp_path):
    arguments = ("-c", SEEN, "a", "-m")
    assert mxnet_run(tmp_path, *arguments)[0].stdout == python(tmp_path, *arguments).stdout


def test_a_module_sees_what_python_shows_it(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "__main__.py").write_text(f"{SEEN}\nfrom package import sibling\n")
    (tmp_path / "package" / "sibling.py").write_text("print('here')\n")
    arguments = ("-m", "package", "a")
    assert mxnet_run(tmp_path, *arguments)[0].stdout == python(tmp_path, *arguments).stdout


def test_standard_input_is_run(tmp_path):
    done, _ = mxnet_run(tmp_path, "-", "a", input=SEEN)
    assert done.stdout == python(tmp_path, "-", "a", input=SEEN).stdout


def test_a_folder_and_an_archive_are_run(tmp_path):
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "__main__.py").write_text("import sys, beside; print(sys.argv, beside.x)")
    (tmp_path / "program" / "beside.py").write_text("x = 3")
    with zipfile.ZipFile(tmp_path / "program.zip", "w") as archive:
        for name in ("__main__.py", "beside.py"):
            archive.write(tmp_path / "program" / name, name)
    assert mxnet_run(tmp_path, "program", "a")[0].stdout == "['program', 'a'] 3\n"
    assert mxnet_run(tmp_path, "program.zip")[0].stdout == "['program.zip'] 3\n"


def test_modules_beside_the_script_are_found(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "beside.py").write_text("x = 3")
    (tmp_path / "below" / "script.py").write_text("from beside import x; print(x)")
    assert mxnet_run(tmp_path, "below/script.py")[0].stdout == "3\n"


def test_classes_of_the_script_are_pickled(tmp_path):
    (tmp_path / "script.py").write_text(
        "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)\n"
    )
    assert mxnet_run(tmp_path, "script.py")[0].stdout == "True\n"


@pytest.mark.parametrize(
    ("code", "status"),
    [("import sys; sys.exit(5)", 5), ("import sys; sys.exit()", 0), ("import sys; sys.exit('why')", 1)],
)
def test_the_exit_code_is_the_scripts(tmp_path, code, status):
    assert mxnet_run(tmp_path, "-c", code)[0].returncode == status


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    raise ValueError('x')\n\nf()\n",
        "print(1\n",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    {}['a']\n",
        "import broken\n",
    ],
    ids=["raised", "syntax", "chained", "imported"],
)
def test_a_traceback_holds_the_users_lines_alone(tmp_path, source):
    (tmp_path / "script.py").write_text(source)
    (tmp_path / "broken.py").write_text("1 / 0\n")
    done, errors = mxnet_run(tmp_path, "script.py")
    plain = python(tmp_path, "script.py")
    assert (done.returncode, errors) == (1, plain.stderr)
    assert plain.returncode == 1


def test_a_traceback_of_a_module_begins_in_it(tmp_path):
    (tmp_path / "module.py").write_text("1 / 0\n")
    _, errors = mxnet_run(tmp_path, "-m", "module")
    assert re.match(
        r'Traceback \(most recent call last\):\n  File ".*module\.py", line 1, in <module>\n', errors
    )


def test_a_hook_of_the_users_is_called_once(tmp_path):
    code = "import sys; sys.excepthook = lambda kind, error, traceback: print('hook', error); 1 / 0"
    done, errors = mxnet_run(tmp_path, "-c", code)
    assert (done.returncode, done.stdout, errors) == (1, "hook division by zero\n", "")


def test_what_was_registered_for_the_end_is_run(tmp_path):
    (tmp_path / "script.py").write_text(
        "import atexit\nx = 3\natexit.register(lambda: print('end', x))\n1 / 0\n"
    )
    assert mxnet_run(tmp_path, "script.py")[0].stdout == "end 3\n"


@pytest.mark.skipif(os.name == "nt", reason="signals are Unix's")
def test_an_interrupt_ends_it_as_it_ends_python(tmp_path):
    done, errors = mxnet_run(tmp_path, "-c", "raise KeyboardInterrupt")
    assert done.returncode == -signal.SIGINT
    assert errors.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("arguments", [("absent.py",), ("-m", "absent")])
def test_what_is_not_there_is_said_as_python_says_it(tmp_path, arguments):
    done, errors = mxnet_run(tmp_path, *arguments)
    plain = python(tmp_path, *arguments)
    assert (done.returncode, errors) == (plain.returncode, plain.stderr)


def test_without_arguments_it_tells_how_it_is_used(capsys):
    with pytest.raises(SystemExit, match="2"):
        run.main([])
    assert capsys.readouterr().err.startswith("usage: python -m mxnet.run script.py")
    run.main(["--help"])
    assert "numpy and Python have dropped" in capsys.readouterr().out
