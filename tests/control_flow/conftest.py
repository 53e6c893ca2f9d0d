"""Makes the loops, which live beside this file, importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
