"""Chapter configuration: class definitions that have to be refused, and what can't be changed of a class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from harness.checks.case import Case, Violation
from harness.checks.refusing import demand_class_refused, named, refused_reply, shortened
from harness.checks.registry import Per, check, module_is, unnamed
from harness.dataset.loading import must
from harness.model import Level, Module

_WORDS = "refused class definitions: documentation of the module; the message names the cause"
_FIXED = "what an index was built with can't be changed"
_IMAGE = {"name": "image", "dataType": ["blob"]}
_NOWHERE = "vectorizer-that-is-not-there"

refusal = partial(check, source=_WORDS, by_name=True, writes=True, per=Per.MODULE)
"""Registers a check of a definition: it goes over REST, whatever is asked over, so each module is asked once."""

_NAMED_VECTORS = ">=1.24"


def class_of(case: Case, settings: Any = None, **more: Any) -> dict[str, Any]:
    """A class with one image property; its module is told these settings, and more is said of it."""
    module = str(case.collection.module)
    definition = {
        "vectorizer": module,
        "moduleConfig": {module: {"imageFields": ["image"]} if settings is None else settings},
        "properties": [_IMAGE, {"name": "words", "dataType": ["text"]}],
    }
    return definition | more


def _named(case: Case, vectorizer: Any) -> dict[str, Any]:
    """A class with one named vector of this vectorizer; none of its module's own on the whole class."""
    definition = class_of(case)
    del definition["vectorizer"], definition["moduleConfig"]
    return definition | {"vectorConfig": {"front": {"vectorizer": vectorizer, "vectorIndexType": "hnsw"}}}


# --- which fields are images ---------------------------------------------------------------------


@refusal("configuration/fields-no-list")
def image_fields_are_a_list(case: Case) -> None:
    """A class whose imageFields are a text and no list is refused, and the message names imageFields."""
    demand_class_refused(case, class_of(case, {"imageFields": "image"}), because=["imageFields"])


@refusal("configuration/fields-empty")
def image_fields_are_not_empty(case: Case) -> None:
    """A class whose list of imageFields is empty is refused, and the message names imageFields."""
    demand_class_refused(case, class_of(case, {"imageFields": []}), because=["imageFields"])


@refusal("configuration/field-no-text")
def an_image_field_is_a_name(case: Case) -> None:
    """A class with a number among its imageFields is refused, and the message names the field."""
    demand_class_refused(case, class_of(case, {"imageFields": [1]}), because=["imageField"])


@refusal("configuration/field-empty")
def an_image_field_has_a_name(case: Case) -> None:
    """A class with an empty name among its imageFields is refused, and the message names the field."""
    demand_class_refused(case, class_of(case, {"imageFields": [""]}), because=["imageField"])


@refusal("configuration/fields-missing", when=(module_is(Module.IMG2VEC),))
def image_fields_are_required(case: Case) -> None:
    """A class of img2vec-neural without imageFields is refused, and the message names imageFields."""
    demand_class_refused(case, class_of(case, {}), because=["imageFields"])


# --- weights -------------------------------------------------------------------------------------


@refusal("configuration/weights-count", when=(module_is(Module.CLIP),))
def weights_are_as_many_as_fields(case: Case) -> None:
    """A class with more weights than image fields is refused, and the message names the weights."""
    settings = {"imageFields": ["image"], "weights": {"imageFields": [0.5, 0.5]}}
    demand_class_refused(case, class_of(case, settings), because=["weights"])


@refusal("configuration/weight-no-number", when=(module_is(Module.CLIP),))
def a_weight_is_a_number(case: Case) -> None:
    """A class with a text as a weight is refused, and the message shows it."""
    settings = {"imageFields": ["image"], "weights": {"imageFields": ["heavy"]}}
    demand_class_refused(case, class_of(case, settings), because=["heavy", "weights"])


# --- vectorizers ---------------------------------------------------------------------------------


@refusal("configuration/vectorizer-unknown")
def a_vectorizer_is_a_module(case: Case) -> None:
    """A class with a vectorizer that is no module is refused, and the message names it."""
    definition = class_of(case) | {"vectorizer": _NOWHERE, "moduleConfig": {}}
    demand_class_refused(case, definition, because=[_NOWHERE])


@refusal("configuration/two-modules", level=Level.SHOULD, versions=">=1.24")
def a_class_has_one_vectorizer(case: Case) -> None:
    """A class whose moduleConfig has two vectorizers is refused, and the message names them."""
    modules = {str(module): {"imageFields": ["image"]} for module in Module}
    demand_class_refused(case, class_of(case, moduleConfig=modules), because=[str(Module.CLIP)])


@refusal("configuration/named-and-not", versions=_NAMED_VECTORS)
def vectors_are_named_or_not(case: Case) -> None:
    """A class with a vectorizer of its own and named vectors is refused, and the message says which two conflict."""
    vectors = _named(case, {str(case.collection.module): {"imageFields": ["image"]}})["vectorConfig"]
    demand_class_refused(case, class_of(case, vectorConfig=vectors), because=["vectorConfig", "named vectors"])


@refusal("configuration/named-unknown", versions=_NAMED_VECTORS)
def a_named_vectorizer_is_a_module(case: Case) -> None:
    """A named vector whose vectorizer is no module is refused, and the message names it."""
    demand_class_refused(case, _named(case, {_NOWHERE: {}}), because=[_NOWHERE])


@refusal("configuration/named-two", versions=_NAMED_VECTORS)
def a_named_vector_has_one_vectorizer(case: Case) -> None:
    """A named vector with two vectorizers is refused, and the message says that it has more than one."""
    both = {str(module): {"imageFields": ["image"]} for module in Module}
    demand_class_refused(case, _named(case, both), because=["multiple vectorizers", "only 1", "one vectorizer"])


@refusal("configuration/named-text", versions=_NAMED_VECTORS)
def a_named_vectorizer_is_an_object(case: Case) -> None:
    """A named vector whose vectorizer is a text is refused, and the message says that an object is wanted."""
    demand_class_refused(case, _named(case, str(case.collection.module)), because=["object"])


@refusal("configuration/named-fields-empty", versions=_NAMED_VECTORS)
def a_named_vector_has_image_fields(case: Case) -> None:
    """A named vector whose list of imageFields is empty is refused, and the message names imageFields."""
    definition = _named(case, {str(case.collection.module): {"imageFields": []}})
    demand_class_refused(case, definition, because=["imageFields"])


# --- index, properties, names --------------------------------------------------------------------


@refusal("configuration/metric-unknown", level=Level.SHOULD)
def a_metric_is_known(case: Case) -> None:
    """A class with a distance metric that does not exist is refused, and the message names it."""
    demand_class_refused(case, class_of(case, vectorIndexConfig={"distance": "euclid"}), because=["euclid"])


@refusal("configuration/index-unknown")
def an_index_is_known(case: Case) -> None:
    """A class with a vector index that does not exist is refused, and the message names it."""
    demand_class_refused(case, class_of(case, vectorIndexType="tree"), because=["tree"])


@refusal("configuration/type-unknown")
def a_data_type_is_known(case: Case) -> None:
    """A class with a property of a data type that does not exist is refused, and the message names it."""
    properties = [{"name": "image", "dataType": ["picture"]}]
    demand_class_refused(case, class_of(case, properties=properties), because=["picture"])


@refusal("configuration/property-name")
def a_property_has_a_proper_name(case: Case) -> None:
    """A class with a space in the name of a property is refused, and the message names it."""
    properties = [{"name": "im age", "dataType": ["blob"]}]
    demand_class_refused(case, class_of(case, {"imageFields": ["im age"]}, properties=properties), because=["im age"])


@refusal("configuration/property-twice", level=Level.SHOULD)
def a_property_is_there_once(case: Case) -> None:
    """A class with two properties of one name is refused, and the message names it."""
    demand_class_refused(case, class_of(case, properties=[_IMAGE, _IMAGE]), because=["image"])


@refusal("configuration/refused-is-gone", source="what is refused does not happen", when=(unnamed,))
def a_refused_class_is_not_there(case: Case) -> None:
    """A class that was refused is not in the schema, and its name is free for one that is right."""
    image = {"imageFields": ["image"]}
    with case.scratch(class_of(case)) as shelf:
        name = shelf.class_name
        for wrong in (
            class_of(case, {"imageFields": []}),
            class_of(case) | {"vectorizer": _NOWHERE, "moduleConfig": {_NOWHERE: image}},
            class_of(case, vectorIndexType="tree"),
            class_of(case, properties=[_IMAGE, _IMAGE]),
            class_of(case, properties=[_IMAGE, {"name": "kind", "dataType": ["picture"]}]),
            class_of(case, vectorIndexType="dynamic"),
            class_of(case, vectorIndexConfig={"distance": "euclid"}),
        ):
            must(shelf.rest.delete_class(name), "delete a class")
            facts: dict[str, Any] = {"definition": wrong}
            if not refused_reply(shelf.rest.create_class({**wrong, "class": name}), "create a class", facts):
                continue  # that it was accepted is what other clauses are about
            there = shelf.rest.get_class(name)
            case.require(there.code == "404", "a class that was refused is in the schema", now=there.body, **facts)
            again = shelf.rest.create_class({**class_of(case), "class": name})
            case.require(again.ok, "after a refusal its name is taken", message=shortened(again.message), **facts)


# --- what can't be changed -----------------------------------------------------------------------

_Change = Callable[[dict[str, Any]], None]

change = partial(check, source=_FIXED, by_name=True, writes=True, per=Per.MODULE, when=(unnamed,))
"""Registers a check of a change that is to be refused and to leave the class as it was."""


@change("configuration/change-fields", source="changing imageFields of an existing class is refused")
def image_fields_cannot_be_changed(case: Case) -> None:
    """A change of imageFields is refused, and the message names the module."""
    module = str(case.collection.module)

    def edit(definition: dict[str, Any]) -> None:
        definition["moduleConfig"][module]["imageFields"] = ["words"]

    _demand_unchanged(case, edit, because=[module, "moduleConfig", "module config"], leaves=False)


@change("configuration/change-metric", source="changing the distance of an existing class is refused")
def the_metric_cannot_be_changed(case: Case) -> None:
    """A change of the distance metric is refused, and the message names it."""

    def edit(definition: dict[str, Any]) -> None:
        definition["vectorIndexConfig"]["distance"] = "dot"

    _demand_unchanged(case, edit, because=["distance"], leaves=False)


@change("configuration/change-vectorizer")
def the_vectorizer_cannot_be_changed(case: Case) -> None:
    """A change of the vectorizer, to none and to another module, is refused, and the message names it."""
    other = next(str(one) for one in Module if one is not case.collection.module)

    def none(definition: dict[str, Any]) -> None:
        definition["vectorizer"] = "none"

    def another(definition: dict[str, Any]) -> None:
        definition |= {"vectorizer": other, "moduleConfig": {other: {"imageFields": ["image"]}}}

    _demand_unchanged(case, none, because=["vectorizer"], leaves=False)
    _demand_unchanged(case, another, because=["vectorizer", other, "module config"], leaves=False)


@change("configuration/change-index")
def the_index_cannot_be_changed(case: Case) -> None:
    """A change of the kind of index is refused, and the message names it."""

    def edit(definition: dict[str, Any]) -> None:
        definition["vectorIndexType"] = "flat"

    _demand_unchanged(case, edit, because=["index type", "vectorIndexType"], leaves=False)


@change("configuration/change-type")
def a_data_type_cannot_be_changed(case: Case) -> None:
    """A change of a property's data type is refused, and the message speaks of properties."""

    def edit(definition: dict[str, Any]) -> None:
        definition["properties"][0]["dataType"] = ["text"]

    _demand_unchanged(case, edit, because=["propert"], leaves=False)


@change("configuration/change-tenancy", versions=">=1.20")
def tenants_cannot_be_switched_on(case: Case) -> None:
    """Tenants are not switched on for a class that is there, and the message says so."""

    def edit(definition: dict[str, Any]) -> None:
        definition["multiTenancyConfig"] = {"enabled": True}

    _demand_unchanged(case, edit, because=["tenancy"], leaves=False)


@change("configuration/refused-change-undone", level=Level.MUST, source="what is refused does not happen")
def a_refused_change_changes_nothing(case: Case) -> None:
    """A refused change of image fields or vectorizer leaves the class as it was, and new images get vectors."""
    module = str(case.collection.module)
    other = next(str(one) for one in Module if one is not case.collection.module)

    def fields(definition: dict[str, Any]) -> None:
        definition["moduleConfig"][module]["imageFields"] = ["words"]

    def vectorizer(definition: dict[str, Any]) -> None:
        definition |= {"vectorizer": other, "moduleConfig": {other: {"imageFields": ["words"]}}}

    _demand_unchanged(case, fields, because=(), leaves=True)
    _demand_unchanged(case, vectorizer, because=(), leaves=True)


def _demand_unchanged(case: Case, edit: _Change, *, because: list[str] | tuple[()], leaves: bool) -> None:
    """Demand that an edit of a class is refused; with `leaves`, that the class is then what it was."""
    picture = case.samples(1)[0].picture
    assert picture is not None
    with case.scratch(class_of(case, vectorIndexConfig={"distance": "l2-squared"})) as shelf:
        before = shelf.rest.get_class(shelf.class_name).need("read a class")
        wanted = deepcopy(before)
        edit(wanted)
        reply = shelf.rest.update_class(wanted)
        facts: dict[str, Any] = {"message": shortened(reply.message), "changed": _differences(before, wanted)}
        if not refused_reply(reply, "change a class", facts):
            if leaves:
                return  # that it was accepted is what other clauses are about
            raise Violation("a change was accepted that has to be refused", facts)
        named(reply.message, because, facts)
        if leaves:
            after = shelf.rest.get_class(shelf.class_name).need("read a class")
            found = _differences(before, after)
            id_ = shelf.put_in({"image": picture.base64}, picture=picture)
            vector = shelf.read().by_id[id_].vector
            facts |= {"now": found, "a_new_image_has_a_vector": vector is not None}
            case.require(not found and vector is not None, "a refused change has changed the class", **facts)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What is another value in the second definition, by name."""
    return {name: value for name, value in after.items() if before.get(name) != value}
