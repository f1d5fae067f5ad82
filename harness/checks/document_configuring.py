"""Chapter document, rows about the configuration of server and class, as far as the database decides them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from harness.abilities import CanStartSecond
from harness.checks.case import Case, Violation
from harness.checks.document_asking import a_module_is_required
from harness.checks.document_rows import consists, row
from harness.checks.refusing import no_crash, shortened
from harness.checks.registry import Per, module_is, unnamed
from harness.errors import HarnessError
from harness.model import Module

_API = {Module.IMG2VEC: "IMAGE_INFERENCE_API", Module.CLIP: "CLIP_INFERENCE_API"}

IMAGE_EXAMPLE: Mapping[str, Any] = {
    "class": "ImageExample",
    "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
    "properties": [{"dataType": ["blob"], "description": "Grayscale image", "name": "image"}],
    "vectorizer": "img2vec-neural",
}
"""The document's class for img2vec-neural."""

CLIP_EXAMPLE: Mapping[str, Any] = {
    "class": "ClipExample",
    "moduleConfig": {"multi2vec-clip": {"imageFields": ["image"]}},
    "properties": [{"dataType": ["blob"], "name": "image"}],
    "vectorizer": "multi2vec-clip",
}
"""The document's class for multi2vec-clip."""

# --- requirements --------------------------------------------------------------------------------


@row("b1-server-is-configured", of=("settings/module-not-enabled",), when=(module_is(Module.CLIP),))
def without_a_configured_server_nothing_works(case: Case) -> None:
    """First the server has to be configured: without its module the class is refused, by the module's name."""
    consists(case)


@row("b2-class-is-configured", writes=True, per=Per.MODULE, apart=True, when=(unnamed,))
def without_a_configured_class_nothing_works(case: Case) -> str | None:
    """Then the class has to be configured: without a vectorizer of its own its images can't be searched by image."""
    return a_module_is_required(case)


@row("b3-module-and-address", writes=True, abilities=("second",), per=Per.MODULE)
def a_module_needs_its_address(case: Case) -> str:
    """A module that is enabled and has no address of its service keeps the server from starting, which says why."""
    module = case.collection.module
    assert module is not None
    api = _API[module]
    try:
        with case.ability(CanStartSecond).second({api: ""}):
            pass
    except HarnessError as refusal:
        told = f"{refusal.what} {getattr(refusal, 'log', '')}"
        line = next((line for line in told.splitlines() if api in line), "")
        if not line:
            facts = {"message": shortened(told)[-500:], "expected_to_name": [api]}
            raise Violation("the server that does not start does not say which address it lacks", facts) from refusal
        return f"without the address: {shortened(line.strip())[-200:]}"
    raise Violation(
        "a server starts whose module has no address", {"setting": f"{api} is empty", "module": str(module)}
    )


# --- the class -----------------------------------------------------------------------------------


@row("c1-class-chooses-its-module", of=("settings/default-vectorizer",))
def a_class_chooses_its_module(case: Case) -> None:
    """A class names its module, or has the server's default one."""
    definition = {key: value for key, value in case.collection.definition.items() if key != "vectorizer"}
    module = str(case.collection.module)
    with case.scratch({**definition, "vectorizer": module}) as shelf:
        found = shelf.rest.get_class(shelf.class_name).need("read a class")["vectorizer"]
    case.require(found == module, "the class has another vectorizer than it names", named=module, found=found)


@row(
    "c2-image-fields",
    of=("configuration/fields-empty", "configuration/field-nowhere", "configuration/field-is-text"),
    per=Per.MODULE,
)
def image_fields_name_blobs(case: Case) -> None:
    """`imageFields` names the blobs that hold images; a missing field, or a text, makes no vector."""
    consists(case)


@row("c3-image-example", writes=True, per=Per.MODULE, when=(module_is(Module.IMG2VEC), unnamed))
def the_documents_class_for_images_works(case: Case) -> str:
    """A class made of the document's JSON of ImageExample is what it says, and an image stored in it finds itself."""
    return _works(case, IMAGE_EXAMPLE)


@row("c4-clip-example", writes=True, per=Per.MODULE, when=(module_is(Module.CLIP), unnamed))
def the_documents_class_for_clip_works(case: Case) -> str:
    """A class made of the document's JSON of ClipExample is what it says, and an image stored in it finds itself."""
    return _works(case, CLIP_EXAMPLE)


@row("c5-weights", of=("vector/weights", "vector/no-weights"))
def weights_balance_texts_and_images(case: Case) -> None:
    """With multi2vec-clip the balance of texts and images can be set, and moves the vector exactly as computed."""
    consists(case)


def _works(case: Case, example: Mapping[str, Any]) -> str:
    """Demand that a class of the document reads back as it is written there and finds what is stored in it.

    Returns:
        What the REST route says to the document's envelope, which was for the client of its time.
    """
    stored = case.samples(1)[0]
    assert stored.picture is not None
    with case.scratch(example) as shelf:
        found = shelf.rest.get_class(shelf.class_name).need("read a class")
        lost = _lost(example, found)
        case.require(not lost, "the class is not what the document's JSON says", lost=lost)
        id_ = shelf.put_in({"image": stored.picture.base64}, picture=stored.picture)
        there = case.on(shelf.read())
        question = there.near(stored.picture, limit=1)
        hits = there.hits(question)
        there.require([hit.id for hit in hits] == [id_], "the image does not find itself", question, hits)
        return _envelope(case, example)


def _lost(said: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Which words of a definition are not in the class that was made of it; its name is this run's."""
    lost = [name for name in ("vectorizer", "moduleConfig") if not _within(said[name], found.get(name))]
    for property_ in said["properties"]:
        same: Mapping[str, Any] = next(
            (one for one in found.get("properties") or () if one.get("name") == property_["name"]), {}
        )
        lost += [f"{property_['name']}.{name}" for name, value in property_.items() if same.get(name) != value]
    return lost


def _within(said: Any, found: Any) -> bool:
    """Whether everything that is said is found; defaults may have been filled in."""
    if isinstance(said, Mapping) and isinstance(found, Mapping):
        return all(name in found and _within(value, found[name]) for name, value in said.items())
    return bool(said == found)


def _envelope(case: Case, example: Mapping[str, Any]) -> str:
    """Send `{"classes": [...]}` to the REST route, which takes one class at a time, and tell what it says."""
    with case.scratch(example) as shelf:
        inner = deepcopy(shelf.rest.get_class(shelf.class_name).need("read a class"))
        name = f"{shelf.class_name}Inside"
        reply = shelf.rest.request("POST", "/v1/schema", body={"classes": [inner | {"class": name}]})
        no_crash(reply.message, {"sent": "an envelope of classes"})
        made = shelf.rest.get_class(name).ok
        shelf.rest.delete_class(name)
    said = shortened(reply.message) or ("it was taken" if reply.ok else reply.code)
    case.require(
        reply.ok == made, "what is said of an envelope of classes is not what happened", message=said, made=made
    )
    return f"to an envelope of classes the REST route says: {said}"
