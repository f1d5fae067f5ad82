"""nearimage: a conformance and performance harness for image search in Weaviate."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("nearimage")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+source"
