"""Which databases are asked: from options and files to targets with a name and a setup each."""

from harness.fleet.wanted import Wanted, wanted

__all__ = ["Wanted", "wanted"]
