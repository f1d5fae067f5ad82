"""The shape of `steps` in a scenario file, and from it the steps; what cannot be done in this order is found here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.model import Metric, Where
from harness.scenario.steps import Ask, Step, Thing, Value, Write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.scenario.reading import Document, Loc
    from harness.scenario.values import Collection

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Image = Annotated[list[_Number], Field(min_length=1, max_length=2048)]
_Text = Annotated[str, Field(min_length=1)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ThingShape(_Shape):
    """An object: its own number, its image, its other properties."""

    object: int = Field(ge=0, lt=10**12, description="A number that the object goes by in this file.")
    image: _Image | None = Field(default=None, description="The vector that its picture carries; left out: no image.")
    properties: dict[_Text, Value] = Field(default={}, description="Its properties beside the image.")
    tenant: _Text | None = Field(default=None, description="Whose it is, in a class with tenants.")


class NamedShape(_Shape):
    """An object that is there."""

    object: int = Field(ge=0, lt=10**12, description="The number of the object.")
    tenant: _Text | None = Field(default=None, description="Whose it is, in a class with tenants.")


class FilterShape(_Shape):
    """A filter in Weaviate's own terms: a comparison, or `And` and `Or` over others."""

    operator: Literal[
        "Equal", "NotEqual", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual", "And", "Or"
    ] = Field(description="Weaviate's own name of it.")
    path: list[_Text] = Field(default=[], max_length=1, description="The property that is compared.")
    value: Value | None = Field(default=None, description="What it is compared with.")
    operands: list[FilterShape] = Field(default=[], max_length=8, description="What `And` and `Or` put together.")

    def where(self) -> Where:
        """The filter as a value."""
        return Where(self.operator, tuple(self.path), self.value, tuple(one.where() for one in self.operands))


class AskShape(_Shape):
    """One nearImage."""

    image: _Image = Field(description="The vector that the query image carries.")
    limit: int | None = Field(default=None, ge=1, description="At most so many hits.")
    offset: int | None = Field(default=None, ge=0, description="So many of the best are passed over; needs a limit.")
    distance: _Number | None = Field(default=None, description="No hit is farther than this.")
    certainty: float | None = Field(default=None, gt=0, le=1, description="No hit is less certain; cosine only.")
    where: FilterShape | None = Field(default=None, description="Which objects are asked at all.")
    tenant: _Text | None = Field(default=None, description="Whose objects are asked.")


class StepShape(_Shape):
    """One step: exactly one of these."""

    insert: ThingShape | None = Field(default=None, description="POST one new object.")
    batch: Annotated[list[ThingShape], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Import objects; one that is there is replaced."
    )
    replace: ThingShape | None = Field(default=None, description="PUT an object that is there.")
    patch: ThingShape | None = Field(default=None, description="PATCH an object: what is left out stays.")
    delete: NamedShape | None = Field(default=None, description="DELETE an object that is there.")
    near_image: AskShape | None = Field(default=None, description="Ask nearImage; the answer must be the exact one.")


def steps(document: Document, shapes: list[StepShape], collection: Collection) -> tuple[Step, ...]:
    """Return the steps of a file.

    Args:
        document: the file.
        shapes: its `steps`.
        collection: the class that they write into.

    Raises:
        FileError: a step is none or two, writes what is not there, or asks what can't be asked; says where.
    """
    reading = _Reading(document, collection)
    return tuple(reading.step(("steps", place), shape) for place, shape in enumerate(shapes))


class _Reading:
    """What is there after the steps so far, and of how many components its images are."""

    def __init__(self, document: Document, collection: Collection) -> None:
        self._document = document
        self._collection = collection
        self._there: set[tuple[str | None, int]] = set()
        self._length = 0
        self._tenants = bool(collection.definition.get("multiTenancyConfig", {}).get("enabled"))

    def step(self, loc: Loc, shape: StepShape) -> Step:
        given = sorted(shape.model_fields_set)
        if len(given) != 1 or getattr(shape, given[0]) is None:
            names = ", ".join(StepShape.model_fields)
            raise self._document.error(loc, f"a step is exactly one of {names}")
        [name] = given
        loc = (*loc, name)
        if shape.near_image is not None:
            return self._ask(loc, shape.near_image)
        if shape.delete is not None:
            self._owned(loc, shape.delete.tenant)
            self._present(loc, shape.delete)
            self._there.discard((shape.delete.tenant, shape.delete.object))
            return Write("delete", (Thing(shape.delete.object, tenant=shape.delete.tenant),))
        for how in ("insert", "replace", "patch"):
            if (one := getattr(shape, how)) is not None:
                return Write(how, (self._thing(loc, how, one),))
        things = enumerate(shape.batch or ())
        return Write("batch", tuple(self._thing((*loc, place), "batch", one) for place, one in things))

    def _thing(self, loc: Loc, how: str, shape: ThingShape) -> Thing:
        self._owned(loc, shape.tenant)
        key = (shape.tenant, shape.object)
        if how in {"replace", "patch"}:
            self._present(loc, shape)
        elif how == "insert" and key in self._there:
            hint = "use `replace`, `patch` or `batch`"
            raise self._document.error((*loc, "object"), f"object {shape.object} is there already", hint=hint)
        self._there.add(key)
        self._measured(loc, shape.image)
        return Thing(shape.object, _floats(shape.image), dict(shape.properties), shape.tenant)

    def _ask(self, loc: Loc, shape: AskShape) -> Ask:
        self._owned(loc, shape.tenant)
        self._measured(loc, shape.image)
        if shape.distance is not None and shape.certainty is not None:
            raise self._document.error((*loc, "certainty"), "`distance` and `certainty`: only one is allowed")
        if shape.certainty is not None and self._collection.metric is not Metric.COSINE:
            what = f"the class measures {self._collection.metric}: certainty exists for cosine only"
            raise self._document.error((*loc, "certainty"), what, hint="use `distance`")
        if shape.limit is None and (shape.offset is not None or (shape.distance is None and shape.certainty is None)):
            what = "the question needs a `limit`"
            raise self._document.error(loc, what, hint="without one only a threshold says where its answer ends")
        for where in _all_of(shape.where):
            self._filter(loc, where)
        return Ask(
            tuple(map(float, shape.image)),
            shape.limit,
            shape.offset,
            shape.distance,
            shape.certainty,
            shape.where.where() if shape.where else None,
            shape.tenant,
        )

    def _filter(self, loc: Loc, shape: FilterShape) -> None:
        combines = shape.operator in {"And", "Or"}
        given = (bool(shape.operands), bool(shape.path), shape.value is not None)
        if given != (combines, not combines, not combines):
            what = f"`{shape.operator}` has {'`operands`' if combines else '`path` and `value`'} and nothing else"
            raise self._document.error((*loc, "where"), what)

    def _owned(self, loc: Loc, tenant: str | None) -> None:
        if self._tenants != (tenant is not None):
            what = "no tenant, and the class has some" if self._tenants else "a tenant, and the class has none"
            raise self._document.error(loc, f"the step names {what}")

    def _present(self, loc: Loc, shape: ThingShape | NamedShape) -> None:
        if (shape.tenant, shape.object) not in self._there:
            raise self._document.error((*loc, "object"), f"object {shape.object} is not there at this step")

    def _measured(self, loc: Loc, image: list[float] | None) -> None:
        if image is None:
            return
        self._length = self._length or len(image)
        if len(image) != self._length:
            what = f"this image carries {len(image)} components, the others {self._length}"
            raise self._document.error((*loc, "image"), what)


def _floats(image: list[float] | None) -> tuple[float, ...] | None:
    return None if image is None else tuple(map(float, image))


def _all_of(shape: FilterShape | None) -> Iterator[FilterShape]:
    if shape is not None:
        yield shape
        for one in shape.operands:
            yield from _all_of(one)
