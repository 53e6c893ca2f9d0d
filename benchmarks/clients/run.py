"""Runs packages that others wrote for MXNet, and their own tests, on Symnet, and prints a table.

Each gets a virtual environment of its own, filled by pip without dependencies; torch and numpy are those of
the Python that runs this. With ``--real PYTHON``, one that has MXNet 1.9.1, the same runs there as well, and
what passes there alone is listed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symnet-clients"
SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"


@dataclass(frozen=True)
class Client:
    """A package, what it needs beside MXNet, and what is run of it."""

    needs: tuple[str, ...]
    program: str = ""
    """A file of ``programs/``, which prints what it computes."""
    source: str = ""
    """A source distribution that has the tests."""
    tests: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """What stands in its home folder."""


OLD = '; python_version < "3.9"'
NEW = '; python_version >= "3.9"'
IMAGES = (f"opencv-python-headless<4.9{OLD}", f"opencv-python-headless{NEW}")
REQUESTS = ("requests", "urllib3", "idna", "certifi", "charset_normalizer", "tqdm")
PICTURES = (
    *("matplotlib", "contourpy", "cycler", "fonttools", "kiwisolver", "pyparsing", "python-dateutil", "six"),
    *("pillow", "packaging", f"importlib_resources{OLD}", f"zipp{OLD}"),
)
TABLES = ("scipy", "pandas", "pytz", "tzdata", "tqdm")
CLIENTS = {
    "keras-mxnet==2.2.4.3": Client(
        needs=(
            *("keras_applications==1.0.8", "keras_preprocessing==1.1.2", "scipy", "pyyaml", "six", "pandas"),
            *("pytz", "python-dateutil", "tzdata", f"h5py<3{OLD}", f"h5py{NEW}"),
        ),
        # The package has no tests of its own; these are those of the Keras that it was made from.
        source="keras==2.2.4",
        tests=(
            "tests/keras",
            *(f"tests/test_{name}.py" for name in ("dynamic_trainability", "loss_masking", "loss_weighting")),
            *(f"tests/test_model_{name}.py" for name in ("pickling", "saving")),
        ),
        leave_out=("tests/keras/utils/multi_gpu_test.py",),
        variables={"KERAS_BACKEND": "mxnet"},
        files={
            ".keras/keras.json": '{"backend": "mxnet", "image_data_format": "channels_first", '
            '"floatx": "float32", "epsilon": 1e-07}'
        },
    ),
    "mmdnn==0.3.1": Client(
        needs=("protobuf<3.21", "six", "pillow", "networkx", "requests", "urllib3", "idna", "certifi"),
        program="convert.py",
    ),
    "foolbox==2.4.0": Client(
        needs=(
            "scipy",
            "requests",
            "urllib3",
            "idna",
            "certifi",
            "charset_normalizer",
            "GitPython",
            "gitdb",
            "smmap",
        ),
        program="attack.py",
    ),
    "insightface==0.1.5": Client(
        needs=(
            *(
                "requests",
                "urllib3",
                "idna",
                "certifi",
                "charset_normalizer",
                "tqdm",
                "easydict",
                "scipy",
                *IMAGES,
            ),
            *(
                "scikit-image",
                "imageio",
                "tifffile",
                "networkx",
                "pillow",
                "packaging",
                f"PyWavelets{OLD}",
                "lazy_loader",
            ),
        ),
        program="faces.py",
    ),
    "gluoncv==0.10.5": Client(
        needs=(*PICTURES, *TABLES, *REQUESTS, "portalocker", "yacs", "pyyaml", "autocfg", *IMAGES),
        program="vision.py",
    ),
    "gluonnlp==0.10.0": Client(needs=(*REQUESTS, "packaging", "cython", "regex"), program="language.py"),
    "d2lzh==1.0.0": Client(needs=(*PICTURES, *TABLES), program="lessons.py"),
    "mxboard==0.1.0": Client(needs=("protobuf<3.21", "six", "pillow"), program="boards.py"),
    "multi-model-server==1.1.11": Client(
        needs=("pillow", "psutil", "future", "model-archiver==1.0.3", "enum-compat", *IMAGES),
        program="serve.py",
    ),
    "xfer-ml==1.1.0": Client(
        needs=(
            "scikit-learn<1.7",
            "scipy",
            "joblib",
            "threadpoolctl",
            "dill",
            "GPy",
            "paramz",
            "decorator",
            "six",
        ),
        program="transfer.py",
    ),
}
TESTING = ("pytest", "pytest-timeout", "iniconfig", "pluggy", "packaging", "pygments", "typing_extensions")
TESTING_OLD = ("exceptiongroup", "tomli")


@dataclass(frozen=True)
class Side:
    """Symnet, or real MXNet: a Python, and what stands on its path."""

    name: str
    python: Path
    path: tuple[Path, ...]

    def environment(self, client: str, folder: Path) -> Path:
        """Return the Python of a virtual environment with the client, made and filled if it is not there."""
        place = folder / self.name / client.partition("=")[0]
        python, stamp = place / "bin" / "python", place / "filled"
        wanted = [client, *CLIENTS[client].needs]
        if CLIENTS[client].tests:
            wanted += [*TESTING, *(f'{name}; python_version < "3.11"' for name in TESTING_OLD)]
        if not stamp.exists() or stamp.read_text() != repr(wanted):
            subprocess.run([self.python, "-m", "venv", "--clear", place], check=True)
            theirs = subprocess.run([self.python, "-c", SITE], check=True, capture_output=True, text=True)
            ours = subprocess.run([python, "-c", SITE], check=True, capture_output=True, text=True)
            Path(ours.stdout.strip(), "zz-base.pth").write_text(theirs.stdout)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", *wanted], check=True)
            stamp.write_text(repr(wanted))
        return python

    def run(self, client: str, folder: Path, arguments: list[str], cwd: Path) -> str:
        """Run the client's Python and return what it prints."""
        python = self.environment(client, folder)
        home = folder / self.name / "home"
        for name, text in CLIENTS[client].files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        variables = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (HERE / "mends", *self.path))),
            "HOME": str(home),
            "OMP_NUM_THREADS": "1",
            "MXNET_MKLDNN_ENABLED": "0",  # the kernels that its numbers are recorded from
            **CLIENTS[client].variables,
        }
        command = [str(python), "-W", "ignore", *arguments]
        done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False)
        log = folder / self.name / f"{client.partition('=')[0]}.log"
        log.write_text(done.stdout + done.stderr)
        if done.returncode not in {0, 1}:
            print(f"{client}: {' '.join(command)} ended with {done.returncode}; see {log}", file=sys.stderr)
        return done.stdout if done.returncode == 0 or CLIENTS[client].tests else ""


def source_of(client: str, folder: Path) -> Path:
    """Return the unpacked source that has the client's tests."""
    wanted = CLIENTS[client].source
    place = folder / "sources"
    found = [each for each in place.glob("*-*/") if each.name.lower() == wanted.replace("==", "-")]
    if not found:
        place.mkdir(parents=True, exist_ok=True)
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*download, "--dest", place, wanted], check=True)
        for archive in place.glob("*.tar.gz"):
            with tarfile.open(archive) as packed:
                packed.extractall(place, filter="data")
        return source_of(client, folder)
    return found[0]


def tested(side: Side, client: str, folder: Path) -> dict[str, str]:
    """Return what became of each of the client's own tests."""
    with tempfile.TemporaryDirectory() as place:  # beside the package itself, which the source holds as well
        os.symlink(source_of(client, folder) / "tests", Path(place, "tests"))
        options = ["-q", "-rA", "--tb=line", "-p", "no:cacheprovider", "-W", "ignore", "--timeout", "120"]
        options += ["--continue-on-collection-errors"]
        options += [f"--ignore={name}" for name in CLIENTS[client].leave_out]
        printed = side.run(client, folder, ["-m", "pytest", *options, *CLIENTS[client].tests], Path(place))
    lines = re.findall(r"^(PASSED|FAILED|ERROR) (.+?)(?: - .*)?$", printed, re.MULTILINE)
    return {name: outcome for outcome, name in reversed(lines)}  # the first that is said of a test counts


def main() -> None:
    """Run what the command line names and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "clients", nargs="*", help=f"of {', '.join(name.partition('=')[0] for name in CLIENTS)}"
    )
    parser.add_argument("--real", type=Path, help="a Python that has MXNet 1.9.1")
    parser.add_argument("--folder", type=Path, default=CACHE, help="where the environments are")
    given = parser.parse_args()
    chosen = [c for c in CLIENTS if not given.clients or c.partition("=")[0] in given.clients]
    source = Path(sysconfig.get_path("purelib"))
    package = HERE.parents[1] / "src"
    sides = [Side("symnet", Path(sys.executable), (package if package.exists() else source,))]
    if given.real:
        sides.append(Side("mxnet", given.real, ()))
    rows = []
    for client in chosen:
        if CLIENTS[client].tests:
            found = [tested(side, client, given.folder) for side in sides]
            passed = [{name for name, outcome in each.items() if outcome == "PASSED"} for each in found]
            rows.append((client, *(f"{len(ok)} of {len(each)} tests" for ok, each in zip(passed, found))))
            lacking = sorted(passed[1] - passed[0]) if given.real else []
            rows += [(f"  passes on MXNet alone: {name}",) for name in lacking]
        else:
            program = str(HERE / "programs" / CLIENTS[client].program)
            printed = [side.run(client, given.folder, [program], given.folder) for side in sides]
            told = ["runs" if each else "fails" for each in printed]
            if given.real and all(printed):
                told[1] += ", and prints the same" if printed[0] == printed[1] else ", and prints otherwise"
            rows.append((client, *told))
    print("| client |", " | ".join(side.name for side in sides), "|")
    print("| --- |", " | ".join("---" for _ in sides), "|")
    for row in rows:
        print("|", " | ".join(row), "|")


if __name__ == "__main__":
    main()
