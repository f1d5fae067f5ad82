"""Which databases are asked: from options and files to targets with a name and a setup each, and their starts."""

from harness.fleet.starts import Start, needs_of
from harness.fleet.wanted import Wanted, wanted

__all__ = ["Start", "Wanted", "needs_of", "wanted"]
