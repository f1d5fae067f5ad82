"""nearimage: a conformance and performance harness for image search in Weaviate."""


def __getattr__(name: str) -> str:
    """The version, looked up when it is wanted: that takes longer than all else that our servers need of this file."""
    if name != "__version__":
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("nearimage")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+source"
