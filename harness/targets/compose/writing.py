"""Compose files for Weaviate with its image modules, complete and of use without the harness: printed, and tested.

The files under `compose/` are what is printed here, word for word; a test compares them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from harness.errors import UsageError
from harness.model import Module
from harness.targets.compose.services import ASK_INFERENCE, SERVICES
from harness.targets.docker.images import WEAVIATE
from harness.targets.versions import OFFICIAL

GPU = "gpu"
MODULES: Mapping[str, tuple[Module, ...]] = {
    "img2vec": (Module.IMG2VEC,),
    "clip": (Module.CLIP,),
    "both": tuple(Module),
}
SHIPPED: Mapping[str, Mapping[str, Any]] = {
    **{name: {"name": name} for name in (*MODULES, GPU)},
    "cluster": {"name": "both", "cluster": True},
    "auth": {"name": "both", "auth": True},
}
"""The files under `compose/` by their names: what `composed` is asked for to get each."""

_BLANK = re.compile(r"\n\n+(?=    )|\n(?=\n\n)")
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+(?:-[\w.]+)?)")


def composed(
    name: str, *, gpu: bool = False, cluster: bool = False, auth: bool = False, version: str = OFFICIAL
) -> str:
    """Return a Compose file.

    Args:
        name: `img2vec`, `clip` or `both`; or `gpu` for what turns one of them into one for a GPU.
        gpu: the inference services compute on a GPU.
        cluster: three nodes, and a replication factor of 3.
        auth: an API key is asked for.
        version: of Weaviate.

    Raises:
        UsageError: there is no such file, or no such version can be.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        raise UsageError(f"--version is a whole version of Weaviate, not {version!r}", hint=f"Such as {OFFICIAL}.")
    if name == GPU:
        if gpu or cluster or auth or found[1] != OFFICIAL:
            raise UsageError("the file gpu is put on top of others and has no options", hint="Such as: compose both.")
        return _rendered("gpu", services=list(SERVICES.values()))
    if name not in MODULES:
        near = difflib.get_close_matches(name, (*MODULES, GPU), 1, 0.5)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join((*MODULES, GPU))}."
        raise UsageError(f"there is no Compose file {name!r}", hint=hint)
    modules = MODULES[name]
    chosen = {"--gpu": gpu, "--cluster": cluster, "--auth": auth, f"--version {found[1]}": found[1] != OFFICIAL}
    text = _rendered(
        "weaviate",
        file=_file_name(name, cluster=cluster, auth=auth),
        words=" ".join([name, *(word for word, yes in chosen.items() if yes)]),
        says=" and ".join(modules),
        modules=list(modules),
        services=[SERVICES[module] for module in modules],
        image=f"${{WEAVIATE_IMAGE:-{WEAVIATE}}}:${{WEAVIATE_VERSION:-{found[1]}}}",
        gpu=0 if gpu else None,
        cluster=cluster,
        auth=auth,
        ask=ASK_INFERENCE,
    )
    # The template's pieces end in lines of their own; what is left between two keys of a service is no blank line.
    return _BLANK.sub(lambda found: "\n" * (len(found[0]) > 1), text)


def shipped(name: str) -> str:
    """Return the file of this name under `compose/`."""
    return composed(**SHIPPED[name])


def _file_name(name: str, **options: bool) -> str:
    """What the file is called where it lies under `compose/`, or would best be called."""
    asked = {"name": name, **{option: True for option, yes in options.items() if yes}}
    return next((each for each, how in SHIPPED.items() if how == asked), name) + ".yaml"


@cache
def _templates() -> Any:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("harness.targets.compose", ""),
        autoescape=False,  # noqa: S701 (YAML, of our own words alone)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )


def _rendered(name: str, **values: Any) -> str:
    return str(_templates().get_template(f"{name}.yaml.jinja").render(**values))
