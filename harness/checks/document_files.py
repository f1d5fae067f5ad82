"""Chapter document, rows about files: the Compose files that come along, and the page of links.

What such a row says of a file is judged by `FAULTS`, which a test gives files with one thing wrong each; what it says
of a server is asked of the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from harness.checks.case import Case, Skipped, Violation
from harness.checks.document_rows import row
from harness.checks.encoding import device
from harness.checks.registry import Per, Run, module_is
from harness.images import shipped_folder
from harness.model import Module

_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
_FILES = {Module.IMG2VEC: "img2vec", Module.CLIP: "clip"}
_SERVICE = {Module.IMG2VEC: "i2v-neural", Module.CLIP: "multi2vec-clip"}
_SETTING = {Module.IMG2VEC: "IMAGE_INFERENCE_API", Module.CLIP: "CLIP_INFERENCE_API"}
_IMAGE = {
    Module.IMG2VEC: "semitechnologies/img2vec-pytorch:resnet50",
    Module.CLIP: "semitechnologies/multi2vec-clip:sentence-transformers-clip-ViT-B-32-multilingual-v1",
}
_COMPLETE = ("image", "ports", "volumes", "healthcheck", "depends_on", "restart")
"""What the document's fragment leaves out of its service weaviate."""

Texts = Mapping[str, str]
"""Files by their names."""

Faults = Callable[[Texts], Iterator[str]]


# --- what is wrong with a file -------------------------------------------------------------------


def _parsed(text: str) -> Mapping[str, Any]:
    import yaml

    found = yaml.safe_load(text)
    return found if isinstance(found, Mapping) else {}


def _environment(text: str, service: str) -> Mapping[str, Any]:
    found = _service(text, service).get("environment")
    return found if isinstance(found, Mapping) else {}


def _service(text: str, service: str) -> Mapping[str, Any]:
    found = (_parsed(text).get("services") or {}).get(service)
    return found if isinstance(found, Mapping) else {}


def all_are_there(texts: Texts) -> Iterator[str]:
    """Yield what is missing of the files that a tool is to generate."""
    for name in ("img2vec", "clip", "both", "gpu", "cluster"):
        if not _parsed(texts.get(f"{name}.yaml", "")).get("services"):
            yield f"there is no Compose file {name}.yaml"
    nodes = [name for name in _parsed(texts.get("cluster.yaml", "")).get("services") or () if "weaviate" in name]
    if len(nodes) < 3:  # noqa: PLR2004 - a cluster that can lose one
        yield f"cluster.yaml has {len(nodes)} nodes, not 3"


def setting(module: Module, name: str, value: str, texts: Texts) -> Iterator[str]:
    """Yield what is wrong with one setting of the database."""
    found = _environment(texts[f"{_FILES[module]}.yaml"], "weaviate").get(name)
    if found != value:
        yield f"{name} is {found!r}, and the document has {value!r}"


def image(module: Module, texts: Texts) -> Iterator[str]:
    """Yield what is wrong with the inference service: its name, its image."""
    found = _DEFAULT.sub(r"\1", str(_service(texts[f"{_FILES[module]}.yaml"], _SERVICE[module]).get("image")))
    if found != _IMAGE[module]:
        yield f"the image of {_SERVICE[module]} is {found}, and the document has {_IMAGE[module]}"


def complete(texts: Texts) -> Iterator[str]:
    """Yield what a file lacks to be started as it is."""
    for name in ("img2vec", "clip"):
        service = _service(texts[f"{name}.yaml"], "weaviate")
        for key in _COMPLETE:
            if not service.get(key):
                yield f"the service weaviate of {name}.yaml has no {key}"
        for volume in service.get("volumes") or ():
            if volume.partition(":")[0] not in (_parsed(texts[f"{name}.yaml"]).get("volumes") or {}):
                yield f"{name}.yaml does not declare the volume {volume}"


def cuda(texts: Texts) -> Iterator[str]:
    """Yield what is wrong with the switch of the GPU: 0 in the file, 1 and a reserved device in the one for GPUs."""
    off = _environment(texts["clip.yaml"], "multi2vec-clip").get("ENABLE_CUDA")
    if off != "0":
        yield f"ENABLE_CUDA is {off!r}, and the document has '0'"
    for service in _SERVICE.values():
        on = _environment(texts["gpu.yaml"], service).get("ENABLE_CUDA")
        if on != "1":
            yield f"ENABLE_CUDA of {service} is {on!r} in the file for a GPU"
        deploy = _service(texts["gpu.yaml"], service).get("deploy") or {}
        devices = ((deploy.get("resources") or {}).get("reservations") or {}).get("devices") or [{}]
        if devices[0].get("driver") != "nvidia" or "gpu" not in (devices[0].get("capabilities") or ()):
            yield f"gpu.yaml reserves no GPU for {service}"


_PAGES = ("img2vec-neural", "multi2vec-clip")


def module_links(texts: Texts) -> Iterator[str]:
    """Yield what the page of links lacks of the modules' pages; whether a link is alive is not looked up."""
    for name in _PAGES:
        if not re.search(
            rf"\]\(https://[^)\s]+\)[^\n]*{re.escape(name)}|{re.escape(name)}[^\n]*\]\(https://", texts["links.md"]
        ):
            yield f"the page of links has none for {name}"


def client_links(texts: Texts) -> Iterator[str]:
    """Yield what the page of links lacks of the client's reference."""
    if not re.search(r"\]\(https://weaviate-python-client\.readthedocs\.io/[^)\s]+\)", texts["links.md"]):
        yield "the page of links has none for the reference of the Python client"


FAULTS: Mapping[str, Faults] = {
    "b4-files-can-be-generated": all_are_there,
    "b5-image-inference-api": partial(
        setting, Module.IMG2VEC, "IMAGE_INFERENCE_API", f"http://{_SERVICE[Module.IMG2VEC]}:8080"
    ),
    "b6-default-vectorizer": partial(setting, Module.IMG2VEC, "DEFAULT_VECTORIZER_MODULE", "img2vec-neural"),
    "b7-enable-modules": partial(setting, Module.IMG2VEC, "ENABLE_MODULES", "img2vec-neural"),
    "b8-service-image": partial(image, Module.IMG2VEC),
    "b9-complete": complete,
    "b10-clip-inference-api": partial(
        setting, Module.CLIP, "CLIP_INFERENCE_API", f"http://{_SERVICE[Module.CLIP]}:8080"
    ),
    "b11-clip-default-vectorizer": partial(setting, Module.CLIP, "DEFAULT_VECTORIZER_MODULE", "multi2vec-clip"),
    "b12-clip-enable-modules": partial(setting, Module.CLIP, "ENABLE_MODULES", "multi2vec-clip"),
    "b13-clip-service-image": partial(image, Module.CLIP),
    "b14-enable-cuda": cuda,
    "c6-links-to-modules": module_links,
    "h2-link-to-the-client": client_links,
}
"""What is wrong with the files, by row."""


# --- the rows ------------------------------------------------------------------------------------


def files() -> Texts:
    """Return the files that come along and that the document has something to say about.

    Raises:
        UsageError: this installation is without them.
    """
    folders = (shipped_folder("compose").glob("*.yaml"), shipped_folder("docs").glob("links.md"))
    return {path.name: path.read_text(encoding="utf-8") for paths in folders for path in paths}


def _file(name: str, module: Module, **more: Any) -> Callable[[Run], Run]:
    """Register a row about a file: asked once, of a collection of its module."""

    def register(function: Run) -> Run:
        def judged(case: Case) -> str | None:
            wrong = list(FAULTS[name](files()))
            if wrong:
                raise Violation(wrong[0], {"all": wrong})
            return function(case)

        judged.__doc__, judged.__module__ = function.__doc__, function.__module__
        return row(name, when=(module_is(module),), per=Per.MODULE, apart=True, **more)(judged)

    return register


_img2vec = partial(_file, module=Module.IMG2VEC)
_clip = partial(_file, module=Module.CLIP)


def _lists(case: Case) -> str:
    """Demand that the server lists the module, which it does only with its address and if it is enabled."""
    module = str(case.collection.module)
    there = sorted(case.endpoint.modules)
    case.require(not there or module in there, "the server does not list the module", module=module, there=there)
    return "the server lists the module" if there else "this target does not say which modules it has"


@_img2vec("b4-files-can-be-generated")
def a_tool_generates_the_file(case: Case) -> str:
    """A tool generates the Compose file: `nearimage compose img2vec`, `clip` and `both`, for a GPU, for a cluster."""
    del case
    return "nearimage compose img2vec; nearimage compose clip; nearimage compose gpu; nearimage compose both --cluster"


@_img2vec("b5-image-inference-api")
def the_address_of_img2vec_is_set(case: Case) -> str:
    """The Compose file gives img2vec-neural its address in IMAGE_INFERENCE_API, and the server lists the module."""
    return _lists(case)


@_img2vec("b6-default-vectorizer", of=("settings/default-vectorizer",))
def the_default_vectorizer_is_img2vec(case: Case) -> None:
    """The Compose file makes img2vec-neural the default, and a class without a vectorizer gets it."""
    del case


@_img2vec("b7-enable-modules")
def img2vec_is_enabled(case: Case) -> str:
    """The Compose file enables img2vec-neural, and the server lists it."""
    return _lists(case)


@_img2vec("b8-service-image")
def the_image_of_img2vec_is_the_documents(case: Case) -> str:
    """The Compose file has the document's image of img2vec-neural."""
    return _behind(case)


@_img2vec("b9-complete")
def the_file_is_complete(case: Case) -> None:
    """The document's YAML is a fragment; ours is complete: image, ports, volumes, health checks, order of the start."""
    del case


@_clip("b10-clip-inference-api")
def the_address_of_clip_is_set(case: Case) -> str:
    """The Compose file gives multi2vec-clip its address in CLIP_INFERENCE_API, and the server lists the module."""
    return _lists(case)


@_clip("b11-clip-default-vectorizer", of=("settings/default-vectorizer",))
def the_default_vectorizer_is_clip(case: Case) -> None:
    """The Compose file makes multi2vec-clip the default, and a class without a vectorizer gets it."""
    del case


@_clip("b12-clip-enable-modules")
def clip_is_enabled(case: Case) -> str:
    """The Compose file enables multi2vec-clip, and the server lists it."""
    return _lists(case)


@_clip("b13-clip-service-image")
def the_image_of_clip_is_the_documents(case: Case) -> str:
    """The Compose file has the document's image of multi2vec-clip."""
    return _behind(case)


@_clip("b14-enable-cuda")
def cuda_is_off_unless_it_is_switched_on(case: Case) -> None:
    """ENABLE_CUDA is '0' in the Compose file; the one for a GPU says '1' and reserves the device."""
    del case


@row("b14-service-on-a-gpu", when=(module_is(Module.CLIP),), per=Per.MODULE, apart=True)
def a_service_on_a_gpu_says_so(case: Case) -> str:
    """With ENABLE_CUDA 1 and a GPU the inference service says that it computes on the GPU."""
    where = device(case)
    if not where.startswith("cuda"):
        raise Skipped(
            f"only a GPU can answer this: the service computes on {where or 'a device that it does not name'}"
        )
    return f"the service says that it computes on {where}"


@_img2vec("c6-links-to-modules")
def the_page_of_links_has_the_modules(case: Case) -> None:
    """Our page of links leads to the pages of both modules."""
    del case


@_img2vec("h2-link-to-the-client")
def the_page_of_links_has_the_client(case: Case) -> None:
    """Our page of links leads to the reference of the Python client."""
    del case


def _behind(case: Case) -> str:
    """What stands behind the module here: the official image is a claim of the file, not of every target."""
    service = case.endpoint.inference.get(str(case.collection.module))
    if service is None or not (service.image or service.ours):
        return "what stands behind this server can't be seen"
    return f"here stands behind it: {service.image or 'the encoder that comes along'}"
