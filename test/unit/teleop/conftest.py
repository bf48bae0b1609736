"""Helpers beside the tests are imported by name."""

from pathlib import Path
import sys


sys.path.insert(0, str(Path(__file__).parent))
