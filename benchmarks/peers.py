"""The peers of the benchmarks, each in a virtual environment of its own, made on first use."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent / ".peers"


@dataclass(frozen=True)
class Peer:
    """An environment to run a workload in: a Python version and what to install."""

    name: str
    python: str
    install: tuple[tuple[str, ...], ...]

    def interpreter(self) -> Path | None:
        """Return the environment's Python, made if need be; None if this machine has no such Python."""
        interpreter = ROOT / self.name / "bin" / "python"
        stamp = ROOT / self.name / "installed"
        if stamp.exists():
            return interpreter
        base = find_python(self.python)
        if base is None:
            return None
        subprocess.run([base, "-m", "venv", ROOT / self.name], check=True)
        for packages in self.install:
            subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *packages], check=True)
        stamp.touch()
        return interpreter


MXNET_191 = Peer("mxnet-1.9.1", "3.8", (("mxnet==1.9.1", "numpy<1.24"),))
MXNET_121 = Peer(
    "mxnet-1.2.1", "3.7", (("--no-deps", "mxnet==1.2.1"), ("numpy<1.17", "requests", "graphviz<0.9"))
)


def find_python(version: str) -> str | None:
    """Return an interpreter of that version: on the path, or one that pyenv has."""
    candidates = [shutil.which(f"python{version}")]
    pyenv = Path.home() / ".pyenv" / "versions"
    candidates += [str(path / "bin" / "python") for path in sorted(pyenv.glob(f"{version}.*"))]
    for candidate in filter(None, candidates):
        if not subprocess.run([candidate, "-c", "import venv"], capture_output=True, check=False).returncode:
            return candidate
    return None


def symnet() -> Path:
    """Return the interpreter that runs this: Symnet's own."""
    return Path(sys.executable)
