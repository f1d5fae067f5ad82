"""The collections of a scenario: class definitions with their pictures, one for each variation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from harness.model import Module
from harness.scenario import classes, indexing
from harness.scenario.mistakes import kind, nearest, place
from harness.scenario.pictures import ImagesShape, image_source, images_shape
from harness.scenario.values import Collection, Index
from harness.scenario.vary import variants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.scenario.reading import Document, Loc
    from harness.scenario.shape import ScenarioShape

_TEXT_TYPES = frozenset({"text", "string"})
_NUMBER_TYPES = frozenset({"int", "number"})


def collections(document: Document, shape: ScenarioShape) -> tuple[Collection, ...]:
    """All collections of a scenario, in the file's order, variations of one class together.

    Raises:
        FileError: a class lacks what the harness relies on, or two would have the same name.
    """
    default = shape.needs.settings.get("DEFAULT_VECTORIZER_MODULE", "")
    written = list(_written(document, shape))
    pictures = _Pictures(
        document, shape, [classes.class_name(document, definition, loc) for definition, loc in written]
    )
    found: dict[str, Collection] = {}
    for definition, loc in written:
        for collection in _variants(document, shape, definition, loc, pictures, default):
            if collection.name in found:
                raise document.error((*loc, "class"), f"there are two collections {collection.name}")
            found[collection.name] = collection
    return tuple(found.values())


class _Pictures:
    """Which `images` belong to a class: those of the scenario, or those under its own name."""

    def __init__(self, document: Document, shape: ScenarioShape, names: list[str]) -> None:
        self._document = document
        self._images = shape.images
        self._shared = "from" in shape.images or not set(shape.images) & set(names)
        for name in () if self._shared else shape.images:
            if name not in names:
                loc = ("images", name)
                raise document.error(loc, f"images for {name!r}, which is no class here", hint=nearest(name, names))

    def of(self, name: str) -> tuple[ImagesShape, Loc]:
        if self._shared:
            return images_shape(self._document, self._images, ("images",)), ("images",)
        if name not in self._images:
            raise self._document.error(("images",), f"class {name} has no images")
        loc = ("images", name)
        return images_shape(self._document, self._images[name], loc), loc


def _written(document: Document, shape: ScenarioShape) -> Iterator[tuple[dict[str, Any], Loc]]:
    if (shape.collection is None) == (shape.collections is None):
        what = (
            "neither `collection` nor `collections`" if shape.collection is None else "`collection` and `collections`"
        )
        raise document.error(("collections",), f"there is {what}: exactly one of them says what is made")
    if shape.collection is not None:
        yield shape.collection, ("collection",)
    for index, definition in enumerate(shape.collections or ()):
        yield definition, ("collections", index)


def _variants(
    document: Document,
    shape: ScenarioShape,
    definition: dict[str, Any],
    loc: Loc,
    pictures: _Pictures,
    default: str,
) -> Iterator[Collection]:
    base = classes.class_name(document, definition, loc)
    classes.check_json(document, definition, loc)
    if "steps" not in shape.model_fields_set:
        _check_no_tenants(document, definition, loc)
    part = classes.vector_part(document, definition, loc, default)
    images, images_loc = pictures.of(base)
    image_fields = classes.fields(document, part, "imageFields")
    types = classes.data_types(document, definition, loc)
    _check_image_property(document, images, images_loc, part, image_fields, types)
    _check_kept(document, images, images_loc, types)
    source = image_source(document, images, images_loc)
    queued = shape.needs.settings.get("ASYNC_INDEXING", "").lower() in {"true", "on", "1", "enabled"}
    for variant in variants(definition, part, shape.vary):
        index = classes.index_of(document, part, variant)
        quantizer = indexing.quantizer_of(document, part, variant)
        yield Collection(
            name=variant["class"],
            base=base,
            definition=variant,
            module=part.module,
            metric=classes.metric_of(document, part, variant),
            index=cast("Index", index),
            image_fields=image_fields,
            text_fields=classes.fields(document, part, "textFields") if part.module is Module.CLIP else (),
            images=source,
            image_property=images.as_,
            vector_name=part.name,
            keep=tuple(images.keep),
            shards=indexing.shards_of(document, variant, loc),
            quantizer=quantizer,
            rescored=indexing.rescored(part, variant, index, quantizer),
            queued=queued,
        )


def _check_no_tenants(document: Document, definition: dict[str, Any], loc: Loc) -> None:
    tenancy = definition.get("multiTenancyConfig")
    if isinstance(tenancy, dict) and tenancy.get("enabled"):
        at = (*loc, "multiTenancyConfig", "enabled")
        raise document.error(at, "a collection with tenants cannot be filled from a scenario yet")


def _check_image_property(
    document: Document,
    images: ImagesShape,
    images_loc: Loc,
    part: classes.VectorPart,
    image_fields: tuple[str, ...],
    types: dict[str, str],
) -> None:
    named = images.as_
    blobs = [name for name, data_type in types.items() if data_type == "blob"]
    as_loc = (*images_loc, "as")
    if named not in types:
        raise document.error(
            as_loc, f"pictures go into `{named}`, but there is no such property", hint=nearest(named, blobs)
        )
    if types[named] != "blob":
        what = f"pictures go into `{named}`, which is a {types[named]} and not a blob"
        raise document.error(as_loc, what, hint=nearest(named, blobs))
    fields_loc = (*part.settings_loc, "imageFields")
    if not image_fields:
        hint = f"write `imageFields: [{named}]`"
        raise document.error(
            fields_loc, f"`{place(fields_loc)}` names no property, so nothing is vectorized", hint=hint
        )
    for field in image_fields:
        if types.get(field) != "blob":
            there = f"is {kind(types[field])}" if field in types else "is no property"
            what = f"`imageFields` names `{field}`, which {there} and not a blob"
            raise document.error(fields_loc, what, hint=nearest(field, blobs))
    if named not in image_fields:
        what = f"pictures go into `{named}`, which `imageFields` does not name, so they are not vectorized"
        raise document.error(as_loc, what, hint=nearest(named, image_fields))


def _check_kept(document: Document, images: ImagesShape, images_loc: Loc, types: dict[str, str]) -> None:
    for index, fact in enumerate(images.keep):
        wanted = _NUMBER_TYPES if fact == "number" else _TEXT_TYPES
        data_type = "int" if fact == "number" else "text"
        loc = (*images_loc, "keep", index)
        if fact not in types:
            hint = f"add `{{name: {fact}, dataType: [{data_type}]}}` to the properties"
            raise document.error(loc, f"`{fact}` is to be kept, but there is no such property", hint=hint)
        if types[fact] not in wanted:
            raise document.error(loc, f"`{fact}` is to be kept in a property that is {types[fact]} and not {data_type}")
