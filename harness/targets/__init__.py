"""Ways to get a database: one file each, found by the text that a person types (`find`)."""

from harness.targets.base import DescribedTarget
from harness.targets.find import KINDS, Kind, find

__all__ = ["KINDS", "DescribedTarget", "Kind", "find"]
