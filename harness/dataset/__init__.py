"""A scenario's collection as it stands in the target: loaded, read back, and taken away again."""

from harness.dataset.adopting import UnfitError, adopt
from harness.dataset.loaded import Dataset, Stored
from harness.dataset.loading import load
from harness.dataset.names import Run
from harness.dataset.scratch import Scratch

__all__ = ["Dataset", "Run", "Scratch", "Stored", "UnfitError", "adopt", "load"]
