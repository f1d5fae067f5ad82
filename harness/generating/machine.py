"""Draws a class and steps in it, one after the other, each fit for what is stored by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from harness.generating.shapes import DIMENSIONS, TENANTS, Shape
from harness.model import Metric, Where
from harness.scenario import Ask, Step, Thing, Write
from harness.scenario.steps import Value

_LABELS = ("cat", "dog", "owl")
_NUMBERS = st.integers(0, 9)
_BESIDE = (0.0, 0.0, 1e-5, -1e-5, 0.5, -0.5)
_COMPARISONS = ("Equal", "NotEqual", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual")
_FIRST = 6
"""At most so many objects are there from the beginning."""

_AWAY = 1000
"""Which of the objects or distances is meant, whatever their number is by then."""

_images = st.tuples(
    st.sampled_from((1.0, 1.0, 1.0, 0.5, 100.0)),
    st.lists(st.integers(-3, 3), min_size=DIMENSIONS, max_size=DIMENSIONS).filter(any),
).map(lambda drawn: tuple(drawn[0] * component for component in drawn[1]))
_properties: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {"label": st.sampled_from(_LABELS), "number": _NUMBERS}
)
_some_properties: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {}, optional={"label": st.sampled_from(_LABELS), "number": _NUMBERS}
)
_leaves = st.one_of(
    st.builds(lambda how, value: Where(how, ("number",), value), st.sampled_from(_COMPARISONS), _NUMBERS),
    st.builds(
        lambda how, value: Where(how, ("label",), value), st.sampled_from(_COMPARISONS[:2]), st.sampled_from(_LABELS)
    ),
)
_filters = st.one_of(
    _leaves,
    st.builds(lambda how, both: Where(how, operands=both), st.sampled_from(("And", "Or")), st.tuples(_leaves, _leaves)),
)
_no_filter: st.SearchStrategy[Where | None] = st.none()
_limits = st.integers(1, 6)
_offsets = st.none() | st.integers(0, 4)
_which = st.integers(0, _AWAY)
_tenants = st.sampled_from(TENANTS)


class Played(Protocol):
    """What does the steps of one case."""

    def do(self, step: Step) -> None:
        """Do a step and judge; raises what is wrong."""

    def reach(self, ask: Ask) -> list[float]:
        """The distances of what a question is about, ascending."""

    def end(self) -> None:
        """Take the class away."""


class Playground(Protocol):
    """Where cases are done."""

    @property
    def shapes(self) -> Sequence[Shape]:
        """The kinds of classes that there are."""

    @property
    def interfaces(self) -> Sequence[str]:
        """The ways to ask."""

    def play(self, shape: Shape, interface: str) -> Played:
        """Begin a case in an empty class."""


class _Machine(RuleBasedStateMachine):
    """One case: a class, and what is written and asked in it."""

    ground: ClassVar[Playground]

    def __init__(self) -> None:
        super().__init__()
        self.played: Played | None = None
        self.there: list[tuple[str | None, int]] = []
        self.gone: list[tuple[str | None, int]] = []
        self.given = 0

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """An empty class, asked over one interface."""
        self.shape = data.draw(st.sampled_from(self.ground.shapes))
        self.played = self.ground.play(self.shape, data.draw(st.sampled_from(self.ground.interfaces)))
        if first := data.draw(st.lists(st.tuples(_images, _properties), max_size=_FIRST)):
            owner = self.owner(TENANTS[0])
            self.do(Write("batch", tuple(Thing(self.new(owner), image, given, owner) for image, given in first)))

    def teardown(self) -> None:
        if self.played is not None:
            self.played.end()

    def do(self, step: Step) -> None:
        assert self.played is not None
        self.played.do(step)

    def owner(self, tenant: str) -> str | None:
        return tenant if self.shape.tenants else None

    def new(self, owner: str | None) -> int:
        self.given += 1
        self.there.append((owner, self.given))
        return self.given

    @rule(image=_images, properties=_properties, tenant=_tenants)
    def insert(self, image: tuple[float, ...], properties: dict[str, Value], tenant: str) -> None:
        """Store one new object."""
        owner = self.owner(tenant)
        self.do(Write("insert", (Thing(self.new(owner), image, properties, owner),)))

    @rule(properties=_properties, tenant=_tenants)
    def insert_without_image(self, properties: dict[str, Value], tenant: str) -> None:
        """Store an object that has no image and so no vector."""
        owner = self.owner(tenant)
        self.do(Write("insert", (Thing(self.new(owner), None, properties, owner),)))

    @rule(given=st.lists(st.tuples(_images, _properties, st.none() | _which), min_size=1, max_size=6), tenant=_tenants)
    def batch(self, given: list[tuple[tuple[float, ...], dict[str, Value], int | None]], tenant: str) -> None:
        """Import several objects, some of which may be there, or may have been."""
        owner, things = self.owner(tenant), {}
        for image, properties, which in given:
            known = [number for whose, number in (*self.there, *self.gone) if whose == owner]
            number = self.new(owner) if which is None or not known else known[which % len(known)]
            things[number] = Thing(number, image, properties, owner)  # none twice: which one wins is nowhere said
        back = [one for one in self.gone if one[0] == owner and one[1] in things]
        self.there += back
        self.gone = [one for one in self.gone if one not in back]
        self.do(Write("batch", tuple(things.values())))

    @precondition(lambda self: self.there)
    @rule(which=_which, image=_images, properties=_properties)
    def replace(self, which: int, image: tuple[float, ...], properties: dict[str, Value]) -> None:
        """Put another object in the place of one."""
        owner, number = self.there[which % len(self.there)]
        self.do(Write("replace", (Thing(number, image, properties, owner),)))

    @precondition(lambda self: self.there)
    @rule(which=_which, image=st.none() | _images, properties=_some_properties)
    def patch(self, which: int, image: tuple[float, ...] | None, properties: dict[str, Value]) -> None:
        """Change a part of an object."""
        owner, number = self.there[which % len(self.there)]
        if image is not None or properties:
            self.do(Write("patch", (Thing(number, image, properties, owner),)))

    @precondition(lambda self: self.there)
    @rule(which=_which)
    def delete(self, which: int) -> None:
        """Delete an object."""
        owner, number = self.there.pop(which % len(self.there))
        self.gone.append((owner, number))
        self.do(Write("delete", (Thing(number, tenant=owner),)))

    @rule(image=_images, limit=_limits, offset=_offsets, where=_no_filter | _filters, tenant=_tenants)
    def page(self, image: tuple[float, ...], limit: int, offset: int | None, where: Where | None, tenant: str) -> None:
        """Ask for so many near an image, perhaps not from the first on, perhaps filtered."""
        self.do(Ask(image, limit, offset, where=where, tenant=self.owner(tenant)))

    @rule(
        image=_images,
        which=_which,
        beside=st.sampled_from(_BESIDE),
        as_certainty=st.booleans(),
        page=st.just((None, None)) | st.tuples(_limits, _offsets),
        where=_no_filter | _filters,
        tenant=_tenants,
    )
    def within(
        self,
        image: tuple[float, ...],
        which: int,
        beside: float,
        as_certainty: bool,  # noqa: FBT001 - drawn by name
        page: tuple[int | None, int | None],
        where: Where | None,
        tenant: str,
    ) -> None:
        """Ask within the distance of one of the objects, or a little beside it, as a distance or a certainty."""
        assert self.played is not None
        limit, offset = page
        ask = Ask(image, limit, offset, where=where, tenant=self.owner(tenant))
        reach = self.played.reach(ask)
        distance = (reach[which % len(reach)] if reach else 1.0) + beside
        certainty = 1.0 - distance / 2
        if as_certainty and self.shape.metric is Metric.COSINE and 0.0 < certainty <= 1.0:
            self.do(replace(ask, certainty=certainty))
        else:
            self.do(replace(ask, distance=distance))


def machine(ground: Playground) -> type[RuleBasedStateMachine]:
    """Return the state machine whose every run is one case on this ground."""
    return type("Machine", (_Machine,), {"ground": ground})
