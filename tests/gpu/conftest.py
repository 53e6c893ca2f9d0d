"""Makes the table of samples importable, which drives the tests of operators."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "ops"))
