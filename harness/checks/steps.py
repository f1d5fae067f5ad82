"""A scenario's steps as a check: each is done, and after each the class holds and answers what it must."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from harness.checks.case import Case, Violation
from harness.checks.registry import Check
from harness.checks.worlds import MOST, World, Worlds, passes
from harness.dataset import Scratch
from harness.dataset.loaded import matrix
from harness.dataset.loading import must
from harness.errors import AnswerError
from harness.images import Picture, planted_picture
from harness.interfaces import SPEAK_GRAPHQL
from harness.interfaces.rest import Object
from harness.model import Level, Question, State
from harness.oracle import UNIT, Expected, Fault, Truth, descents
from harness.scenario import Ask, Step, Thing, Write, tenants

STEPS = "steps/as-stored"
"""The id of the check that a scenario of steps consists of."""

_ROOM = 5
"""So many more hits than there are objects are asked for after each write."""

_WITHOUT_LIMIT = 100
"""A search by distance without a limit asks the index for so many first (observed)."""


def done(steps: Sequence[Step]) -> Check:
    """Return the check that does these steps."""

    def run(case: Case) -> str:
        with case.scratch() as shelf:
            doing = Doing(case, shelf, tenants(tuple(steps)))
            for step in steps:
                doing.do(step)
        return f"{len(steps)} steps"

    sentence = "After each step exactly what was written is stored, and each answer is the exact one."
    return Check(STEPS, Level.MUST, sentence, "the scenario's steps", run, writes=True)


class Doing:
    """Does one step after the other in an empty class and holds what comes back against what must be.

    Args:
        case: the class's shape, how it is asked, and what makes the vectors of images.
        shelf: the empty class.
        owners: the tenants that it gets; none for a class without.
    """

    def __init__(self, case: Case, shelf: Scratch, owners: Sequence[str] = ()) -> None:
        self._case = case
        self._shelf = shelf
        self.worlds = Worlds()
        self._owners: tuple[str | None, ...] = tuple(owners) or (None,)
        self._number = 0
        self._mark = sha256(shelf.class_name.encode()).hexdigest()[:8]
        if owners:
            must(shelf.rest.add_tenants(shelf.class_name, owners), "add tenants")

    def do(self, step: Step) -> None:
        """Do one step.

        Raises:
            Violation: if something is not as it must be.
            AnswerError: if nobody can say what the server did, or might have done.
        """
        self._number += 1
        try:
            if isinstance(step, Ask):
                self._ask(step)
                return
            self._write(step)
            for owner in self._owners:
                self._list(owner)
                self._look(owner, step)
        except Violation as violation:
            raise Violation(violation.what, {"step": self._number, **violation.evidence}) from None

    def reach(self, ask: Ask) -> list[float]:
        """Return the distances of what a question is about, ascending; nothing if there is nothing."""
        truth, among = self._truth(self.worlds.possible[0], ask)
        return sorted(truth.distance(id_) for id_ in among)

    def _id(self, number: int) -> str:
        """The id of an object, which ends in its number; another class's has another id."""
        return f"{self._mark}-0000-4000-8000-{number:012d}"

    # --- writing ---------------------------------------------------------------------------------

    def _write(self, step: Write) -> None:
        sent = zip(step.things, self._sent(step), strict=True)
        states = [self._state(step, thing, state, message) for thing, (state, message) in sent]
        self.worlds = self.worlds.after(step, states)
        if len(self.worlds.possible) > MOST:
            raise AnswerError("of too many writes nobody can say what became")

    def _state(self, step: Write, thing: Thing, state: State, message: str) -> State:
        """What became of an object; a good write that was refused is a finding.

        Whether an object without an image may be stored is a clause of its own, and what is not there for certain may
        well be refused.
        """
        imageless = thing.image is None and step.how not in {"patch", "delete"}
        good = step.how in {"insert", "batch"} or self.worlds.has(thing)
        if state is State.REFUSED and good and not imageless:
            facts = {"object": thing.object, "tenant": thing.tenant}
            raise Violation(f"a good {step.how} was refused: {message}", facts)
        return state

    def _sent(self, step: Write) -> list[tuple[State, str]]:
        rest, things = self._shelf.rest, [self._object(thing) for thing in step.things]
        if step.how == "batch":
            return [(one.state, one.message) for one in rest.insert_batch(things)]
        [thing] = things
        if step.how == "delete":
            reply = rest.delete(thing.class_name, thing.id, tenant=thing.tenant)
        else:
            send = {"insert": rest.insert, "replace": rest.put, "patch": rest.patch}[step.how]
            reply = send(thing)
        return [(reply.state, reply.message or reply.code)]

    def _object(self, thing: Thing) -> Object:
        values: dict[str, Any] = dict(thing.properties)
        if thing.image is not None:
            values[self._case.collection.image_property] = _picture(thing.image).base64
        return Object(self._shelf.class_name, self._id(thing.object), values, tenant=thing.tenant)

    # --- judging ---------------------------------------------------------------------------------

    def _list(self, owner: str | None) -> None:
        """The objects that are listed are those that were written, with their properties."""
        listed = {one.id: one.properties for one in self._shelf.rest.objects(self._shelf.class_name, tenant=owner)}

        def wrong(world: World) -> list[Fault]:
            mine = {self._id(number): thing for (tenant, number), thing in world.items() if tenant == owner}
            if gone := sorted(set(mine) - set(listed)):
                return [Fault("an object that was written is not listed", {"missing": gone})]
            if extra := sorted(set(listed) - set(mine)):
                return [Fault("an object is listed that must not be there", {"extra": extra})]
            return list(_altered(mine, listed.items()))

        self._demand(wrong, {"listed": list(listed), "tenant": owner})

    def _look(self, owner: str | None, step: Write) -> None:
        """Ask for everything that a tenant has, near the image of the write or of any other object."""
        written = [thing.image for thing in step.things if thing.image is not None]
        there = [one.image for world in self.worlds.possible for one in world.values() if one.image is not None]
        if written or there:
            self._ask(Ask((written or there)[0], limit=self._most() + _ROOM, tenant=owner))

    def _ask(self, ask: Ask) -> None:
        question = self._question(ask)
        hits = self._case.hits(question)

        def wrong(world: World) -> list[Fault]:
            truth, among = self._truth(world, ask)
            mine = {self._id(number): thing for (tenant, number), thing in world.items() if tenant == ask.tenant}
            return [
                *truth.faults(hits, _expected(truth, ask, question, among)),
                *truth.wrong_distances(hits),
                *descents(hits),
                *_altered(mine, ((hit.id, hit.properties) for hit in hits)),
            ]

        self._demand(wrong, self._case.evidence(question, hits) | {"tenant": ask.tenant})

    def _demand(self, wrong: Callable[[World], list[Fault]], evidence: dict[str, Any]) -> None:
        """Raise a violation unless one of the worlds explains what was seen; its faults are those of the first."""
        faults = [wrong(world) for world in self.worlds.possible]
        if all(faults):
            raise Violation(faults[0][0].what, evidence | faults[0][0].facts)

    def _truth(self, world: World, ask: Ask) -> tuple[Truth, list[str]]:
        """The exact distances of a tenant's objects, and the ids that a filter leaves."""
        mine = [thing for (tenant, _), thing in world.items() if tenant == ask.tenant and thing.image is not None]
        vectors = matrix(self._vector(thing.image) for thing in mine if thing.image is not None)
        truth = Truth(
            self._case.collection.metric, self._vector(ask.image), [self._id(one.object) for one in mine], vectors
        )
        return truth, [self._id(thing.object) for thing in mine if passes(thing, ask.where)]

    def _vector(self, image: tuple[float, ...]) -> tuple[float, ...]:
        return self._case.probe.image(self._case.collection, _picture(image))

    def _question(self, ask: Ask) -> Question:
        limit = ask.limit
        if limit is None and (self._case.interface.name not in SPEAK_GRAPHQL or self._most() > _WITHOUT_LIMIT):
            limit = self._most() + _ROOM  # over gRPC there is always a limit
        properties = self._case.collection.definition.get("properties", [])
        return self._case.near(
            _picture(ask.image),
            distance=ask.distance,
            certainty=ask.certainty,
            limit=limit,
            offset=ask.offset,
            where=ask.where,
            tenant=ask.tenant,
            properties=tuple(one["name"] for one in properties if one["dataType"] != ["blob"]),
        ).but(collection=self._shelf.class_name)

    def _most(self) -> int:
        return max(len(world) for world in self.worlds.possible)


def _picture(image: tuple[float, ...]) -> Picture:
    return planted_picture(image, name=f"[{', '.join(f'{one:g}' for one in image)}]")


def _expected(truth: Truth, ask: Ask, question: Question, among: Sequence[str]) -> Expected:
    """Which hits must and may be there."""

    def within(threshold: float | None) -> Expected:
        return truth.expect(limit=question.limit, offset=ask.offset or 0, threshold=threshold, among=among)

    if ask.certainty is None:
        return within(ask.distance)
    # the server computes the distance from the certainty in float32: two roundings more
    distance = 2.0 * (1.0 - ask.certainty)
    least, most = within(distance - 8 * UNIT), within(distance + 8 * UNIT)
    return Expected(least.must, most.may, least.least, most.most)


def _altered(mine: dict[str, Thing], seen: Any) -> Iterator[Fault]:
    """Yield what has other properties than were written; the image is not looked at."""
    for id_, properties in seen:
        thing = mine.get(id_)
        wrong = {
            name: properties.get(name)
            for name, value in (thing.properties.items() if thing else ())
            if properties.get(name) != value
        }
        if thing is not None and wrong:
            facts = {"id": id_, "returned_properties": wrong, "written": dict(thing.properties)}
            yield Fault("an object has other properties than were written", facts)
