"""The peers of the benchmarks and the virtual environments they live in, made on first use.

Call it as ``python benchmarks/peers.py [PEER ...]`` to make environments ahead of time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symnet-bench"

# Where today's libraries run: best the Python that runs this, else what can be found.
TODAY = tuple(dict.fromkeys((f"{sys.version_info[0]}.{sys.version_info[1]}", "3.13", "3.12", "3.11")))


class UnavailableError(Exception):
    """A peer cannot be had on this machine; the message says why in one line."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment: the Pythons that will do, best first, and what pip is asked for in each call."""

    name: str
    pythons: tuple[str, ...]
    install: tuple[tuple[str, ...], ...]

    def interpreter(self, cache_folder: Path = CACHE) -> Path:
        """Return the environment's Python; it is made and filled if it is not there as declared."""
        folder = cache_folder / self.name
        python, stamp = folder / "bin" / "python", folder / "installed"
        if not stamp.exists() or stamp.read_text() != repr(self.install):
            print(f"making the environment {folder}", file=sys.stderr)
            base = next(filter(None, map(find_python, self.pythons)), None)
            if base is None:
                raise UnavailableError(f"needs Python {' or '.join(self.pythons)}, and there is none here")
            call([base, "-m", "venv", "--clear", str(folder)])
            for packages in self.install:
                call([str(python), "-m", "pip", "install", "--quiet", *packages])
            stamp.write_text(repr(self.install))
        return python


@dataclass(frozen=True)
class Peer:
    """One column of the results: a backend of the worker, with options, in an environment."""

    name: str
    backend: str
    environment: Environment | None = None  # None: the Python that runs this
    options: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    program: str | None = None  # what the machine must have beside Python

    def interpreter(self, cache_folder: Path = CACHE) -> Path:
        """Return the Python that runs this peer; an `UnavailableError` says why there is none."""
        if self.program is not None and shutil.which(self.program) is None:
            raise UnavailableError(f"needs {self.program}, and there is none here")
        return self.environment.interpreter(cache_folder) if self.environment else Path(sys.executable)


MXNET_191 = Environment("mxnet-1.9.1", ("3.8",), (("mxnet==1.9.1", "numpy<1.24"),))
MXNET_121 = Environment(
    "mxnet-1.2.1", ("3.7",), (("--no-deps", "mxnet==1.2.1"), ("numpy<1.17", "requests", "graphviz<0.9"))
)
# torch's CPU build will do; with Python 3.11 pip finds it in more places than with the newest.
TORCH = Environment(
    "torch", ("3.11", *TODAY), (("-c", "constraints.txt", "torch", "numpy", "onnx", "onnxscript"),)
)
JAX = Environment("jax", TODAY, (("jax", "numpy"),))
ONNXRUNTIME = Environment("onnxruntime", TODAY, (("onnxruntime", "numpy"),))
OPENVINO = Environment("openvino", TODAY, (("openvino", "numpy"),))

PEERS = {
    peer.name: peer
    for peer in (
        Peer("symnet", "symbolic", variables={"PYTHONPATH": str(HERE.parent / "src")}),
        Peer("mxnet-1.9.1", "symbolic", MXNET_191, variables={"MXNET_SUBGRAPH_BACKEND": "NONE"}),
        Peer("mxnet-1.9.1-onednn", "symbolic", MXNET_191, variables={"MXNET_SUBGRAPH_BACKEND": "MKLDNN"}),
        Peer("mxnet-1.2.1", "symbolic", MXNET_121),
        Peer("torch", "eager", TORCH),
        Peer("torch-channels-last", "eager", TORCH, {"layout": "channels_last"}),
        Peer("torch-compile", "eager", TORCH, {"compile": "yes"}, program="g++"),
        Peer("jax", "jitted", JAX),
        Peer("onnxruntime", "exported", ONNXRUNTIME, {"runtime": "onnxruntime"}),
        Peer("openvino", "exported", OPENVINO, {"runtime": "openvino"}),
    )
}


def call(command: list[str]) -> None:
    """Run a command where constraints.txt is; what it prints is shown only when it fails, as the reason."""
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise UnavailableError(f"{' '.join(command[1:4])} failed: {lines[-1]}")


@cache
def find_python(version: str) -> str | None:
    """Return an interpreter of that version: this one, one on the path, or one that pyenv has."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [sys.executable, shutil.which(f"python{version}")]
    candidates += [str(path / "bin" / "python") for path in sorted(pyenv.glob(f"{version}.*"), reverse=True)]
    wanted = f"import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for candidate in filter(None, candidates):
        if not subprocess.run([candidate, "-c", wanted], capture_output=True, check=False).returncode:
            return candidate
    return None


def main() -> None:
    """Make the environments of the peers that are named, or of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("peers", nargs="*", help=f"which of {', '.join(PEERS)}; all by default")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where environments are kept (%(default)s)")
    options = parser.parse_args()
    for name in options.peers or PEERS:
        try:
            print(f"{name}: {PEERS[name].interpreter(options.cache)}")
        except UnavailableError as reason:
            print(f"{name}: {reason}")


if __name__ == "__main__":
    main()
