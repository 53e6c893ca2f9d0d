"""Makes the tables of cases, and what answers them, importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
