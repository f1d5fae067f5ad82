"""The target `auto`: the best that this machine has, found without starting, downloading or asking anything.

It never takes a server or an image that nobody named: a database that happens to listen on port 8080 may be somebody's
production. Looking is reading a few folder entries; whatever is added here must keep within three seconds.
"""

from __future__ import annotations

from harness.targets import binaries
from harness.targets.base import DescribedTarget
from harness.targets.embedded import of_binary
from harness.targets.reference import ReferenceTarget
from harness.targets.setup import Setup


def look(setup: Setup | None = None) -> DescribedTarget:
    """Return an embedded Weaviate if there is a binary (WEAVIATE_BINARY, then the newest cached), else the reference.

    Raises:
        UsageError: WEAVIATE_BINARY names something that cannot be run; a person meant it, so nothing else will do.
    """
    binary = binaries.named() or next(iter(binaries.in_cache()), None)
    if binary is not None:
        target = of_binary(binary, setup)
        target.notes.append(f"auto chose the Weaviate binary {binary.path} ({binary.origin})")
        return target
    reference = ReferenceTarget(setup=setup)
    reference.notes.append(
        f"auto found no Weaviate: WEAVIATE_BINARY is not set and {binaries.cache_folder()} holds no binary; "
        "to test one, give --target embedded:/path/to/weaviate, embedded:1.39.0, docker:1.39.0 or http://host:8080"
    )
    return reference
