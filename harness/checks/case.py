"""What a check is given: a loaded collection, one interface to ask over, and the exact answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from harness.abilities import CanStartCluster, CanStartSecond, missing
from harness.checks.questioning import Questioning
from harness.checks.registry import image_alone
from harness.checks.shared import Shared, Views
from harness.checks.spread import spread
from harness.dataset import Dataset, Run, Scratch, Stored
from harness.dataset.probe import Probe
from harness.dataset.scratch import scratch
from harness.errors import AnswerError
from harness.images import Picture
from harness.interfaces import SPEAK_GRAPHQL
from harness.model import Aggregation, Answer, Endpoint, Hit, Interface, Metric, Question, State, Tally
from harness.oracle import Fault, Truth
from harness.scenario import Asked, Collection

_Ability = TypeVar("_Ability")
_Made = TypeVar("_Made")
_QUERIES = 2
_FIRST_STEP = 100
"""A search by distance without a limit asks the index for so many first (observed)."""

_BEYOND_MAXIMUM = "query maximum results exceeded"
_ALWAYS_ALLOWED = 1000
"""A server whose setting allows fewer results than this is not made allowance for."""


class Violation(Exception):  # noqa: N818 - it is a finding about the server, not an error of ours
    """The clause does not hold.

    Args:
        what: what was wrong, one sentence without a full stop.
        evidence: the facts, as JSON.
    """

    def __init__(self, what: str, evidence: Mapping[str, Any]) -> None:
        super().__init__(what)
        self.what = what
        self.evidence = dict(evidence)


class Skipped(Exception):  # noqa: N818 - it is an outcome, not an error
    """The check can't be asked here; the message says why."""


@dataclass(frozen=True)
class Query:
    """A picture to ask with, and the exact distances of everything stored from it."""

    name: str
    picture: Picture
    truth: Truth


class Case(Questioning):
    """One check's view of the world.

    Args:
        dataset: the collection, loaded.
        interface: the one way to ask that is being checked.
        run: whose scratch collections these are.
        probe: makes the vectors of query images.
        questions: the scenario's own questions of this collection.
        shared: what it has in common with every other check on this target; whoever gives it closes it.
        views: makes the views on which a check is asked in this run; of none by default.
    """

    def __init__(
        self,
        dataset: Dataset,
        interface: Interface,
        run: Run,
        probe: Probe,
        questions: Sequence[Asked] = (),
        shared: Shared | None = None,
        views: Views = lambda _: (),
    ) -> None:
        super().__init__(dataset)
        self.interface = interface
        self.questions = tuple(questions)
        self.asked = 0
        self.shared = shared or Shared()
        self.views = views
        self.probe = probe
        self._run = run

    @property
    def collection(self) -> Collection:
        """The scenario's collection."""
        return self.dataset.collection

    @property
    def endpoint(self) -> Endpoint:
        """The database."""
        return self.dataset.endpoint

    @property
    def seed(self) -> int:
        """What is drawn from."""
        return self._run.seed

    @property
    def count(self) -> int:
        """How many objects have a vector."""
        return len(self.dataset.ids)

    def ability(self, protocol: type[_Ability]) -> _Ability:
        """Return the target as one that can do this (a protocol of `harness.abilities`).

        Raises:
            Skipped: if it can't; the message says what is missing, and why.
        """
        lacks = missing(protocol, self.shared.target)
        if lacks or not isinstance(self.shared.target, protocol):
            raise Skipped(lacks)
        return self.shared.target

    def cluster(self, nodes: int) -> tuple[Endpoint, ...]:
        """Return a cluster of so many nodes, the same for every check that asks for one.

        Raises:
            Skipped: if the target can't start one.
            TargetError: if it did not start.
        """
        return self.shared.beside.cluster(self.ability(CanStartCluster), nodes)

    def second(self, settings: Mapping[str, str]) -> Endpoint:
        """Return another database with these settings on top, the same for every check that asks for these.

        Raises:
            Skipped: if the target can't start one.
            TargetError: if it did not start.
        """
        return self.shared.beside.second(self.ability(CanStartSecond), settings)

    def was_away(self, endpoint: Endpoint) -> None:
        """Go on after the database was away and came back here: with new connections, for whoever asks.

        Raises:
            AnswerError: if it came back elsewhere; everybody else still asks where it was.
        """
        if (endpoint.url, endpoint.grpc) != (self.endpoint.url, self.endpoint.grpc):
            raise AnswerError(f"the database was at {self.endpoint.url} and came back at {endpoint.url}")
        self.shared.shelves.close()  # what stood there may have been lost, which is one check's to say
        self.shared.renew()

    # --- what to ask with ------------------------------------------------------------------------

    @cached_property
    def queries(self) -> list[Query]:
        """Two pictures to ask with, one where a model runs: the scenario's own first, then stored ones."""
        wanted = _QUERIES if self.planted else 1
        pictures = {
            asked.name: asked.picture
            for asked in self.questions
            if asked.picture is not None and (not self.endpoint.read_only or self.as_stored(asked.picture))
        }
        sampled = [one.picture for one in self.samples(wanted)]
        pictures |= {one.name: one for one in sampled if one and one not in pictures.values()}
        return [Query(name, picture, self.truth_of(picture)) for name, picture in list(pictures.items())[:wanted]]

    def effort(self, most: int) -> int:
        """Return how many of something to ask: all where pictures are planted and cheap, fewer where a model runs.

        What a threshold means is settled on planted pictures, to the last digit; on photographs it is seen to hold.
        """
        return most if self.planted else max(2, most // 5)

    @property
    def planted(self) -> bool:
        """Whether no model runs for the pictures, because they carry their vectors."""
        return self.collection.images.kind in ("planted", "ladder")

    def samples(self, count: int) -> list[Stored]:
        """Return stored objects with a picture, spread over the whole collection.

        For cosine a vector of zeros is left out: it has no direction, so it is not even near itself.

        Raises:
            Skipped: if there is none.
        """
        pictured = self.dataset.pictured
        if self.dataset.metric is Metric.COSINE:
            pictured = tuple(one for one in pictured if any(one.vector or ()))
        if not pictured:
            raise Skipped("no object of this collection has both an image and a vector")
        return spread(pictured, count)

    def truth_of(self, picture: Picture) -> Truth:
        """Return the exact distances from a picture, by the vector that the target makes of it."""
        if self.endpoint.read_only:
            stored = self.as_stored(picture)
            if stored is None or stored.vector is None:
                raise Skipped("the vector of an image that is not stored can't be had without writing")
            return self.dataset.truth(stored.vector)
        return self.dataset.truth(self.probe.image(self.collection, picture))

    def as_stored(self, picture: Picture) -> Stored | None:
        """The object that was made from this very image and from nothing else, if there is one."""
        if not image_alone(self.collection):
            return None
        same = (one for one in self.dataset.pictured if one.picture is not None and one.picture.data == picture.data)
        return next(same, None)

    def truth_of_text(self, text: str) -> Truth:
        """Return the exact distances from a text, by the vector that the target makes of it."""
        if self.endpoint.read_only:
            raise Skipped("the vector of a text can't be had without writing")
        return self.dataset.truth(self.probe.text(self.collection, text))

    def everything(self) -> int | None:
        """Return the limit that leaves out nothing, with a threshold.

        Over GraphQL that is none, over gRPC there is always one. How far a search without a limit really goes is a
        clause of its own (`threshold/complete`); beyond its first step every other check says its limit, so that one
        fault of a server is one finding.
        """
        return None if self.interface.name in SPEAK_GRAPHQL and self.count <= _FIRST_STEP else self.count + 1

    # --- asking ----------------------------------------------------------------------------------

    def ask(self, question: Question) -> Answer:
        """Ask one question.

        Raises:
            AnswerError: if nobody can say what the server did.
        """
        self.count_one()
        answer = self.interface.ask(question)
        if answer.state is State.UNKNOWN:
            raise AnswerError(f"{self.describe(question)}: no answer: {answer.message}")
        return answer

    def count_one(self) -> None:
        """Count a question as asked."""
        self.asked += 1

    def hits(self, question: Question) -> tuple[Hit, ...]:
        """Ask a question that has to be answered, and return what was found; errors as those of `answered`."""
        return self.answered(question).hits

    def tally(self, aggregation: Aggregation) -> Tally:
        """Have something counted that has to be counted.

        Raises:
            AnswerError: if nobody can say what the server did.
            Violation: if it was refused.
        """
        self.count_one()
        answer = self.interface.aggregate(aggregation)
        if answer.state is State.UNKNOWN:
            raise AnswerError(f"{self.describe(aggregation)}: no answer: {answer.message}")
        if answer.tally is None:
            message = f"a good aggregation was refused: {answer.message or answer.code}"
            raise Violation(message, self.evidence(aggregation, ()))
        return answer.tally

    def answered(self, question: Question) -> Answer:
        """Ask a question that has to be answered.

        Raises:
            AnswerError: if nobody can say what the server did.
            Violation: if it was refused.
            Skipped: if it was refused because it asks for more results than the server ever returns.
        """
        answer = self.ask(question)
        if answer.state is State.REFUSED:
            wanted = (question.limit or 0) + (question.offset or 0)
            if wanted > _ALWAYS_ALLOWED and _BEYOND_MAXIMUM in answer.message:
                raise Skipped(f"{wanted} results are more than this server returns (QUERY_MAXIMUM_RESULTS)")
            raise Violation(
                f"a good question was refused: {answer.message or answer.code}", self.evidence(question, answer.hits)
            )
        return answer

    def refused(self, question: Question, *, because: Sequence[str] = ()) -> Answer:
        """Ask a question that has to be refused, with a message that has one of these words in it.

        Raises:
            Violation: if it was answered, or if the message does not name the cause.
        """
        answer = self.ask(question)
        if answer.state is State.OK:
            raise Violation("a question was answered that has to be refused", self.evidence(question, answer.hits))
        if because and not any(word.lower() in answer.message.lower() for word in because):
            facts = {"message": answer.message, "expected_to_name": list(because)}
            raise Violation("the refusal does not name its cause", self.evidence(question, ()) | facts)
        return answer

    def scratch(
        self, definition: Mapping[str, Any] | None = None, endpoint: Endpoint | None = None
    ) -> AbstractContextManager[Scratch]:
        """Return an empty collection of this shape or of another, here or at another endpoint, for this check alone."""
        return scratch(endpoint or self.endpoint, self.collection, self._run, definition=definition)

    def standing(self, make: Callable[..., AbstractContextManager[_Made]], *args: Any) -> _Made:
        """Return what `make` makes of this case and these arguments, for every check of this collection that only asks.

        It stands until the checks of another collection have their turn.
        """
        return self.shared.shelves.made(self, make, *args)

    def on(self, dataset: Dataset, interface: Interface | None = None) -> Case:
        """Return the same view of another collection, perhaps over another connection; it counts as asked here."""
        return _Elsewhere(self, dataset, interface or self.interface, self._run, self.probe)

    # --- judging ---------------------------------------------------------------------------------

    def demand(self, question: Question, hits: Sequence[Hit], faults: Sequence[Fault], **more: Any) -> None:
        """Raise a violation with the first of these faults, if there is one."""
        if faults:
            raise Violation(faults[0].what, self.evidence(question, hits) | faults[0].facts | more)

    def require(
        self,
        true: bool,  # noqa: FBT001 - reads as a sentence
        what: str,
        question: Question | Aggregation | None = None,
        hits: Sequence[Hit] = (),
        **facts: Any,
    ) -> None:
        """Raise a violation with this sentence unless the statement is true."""
        if not true:
            raise Violation(what, (self.evidence(question, hits) if question else {}) | facts)


class _Elsewhere(Case):
    """A case on another collection that counts its questions in the case it came from."""

    def __init__(self, origin: Case, dataset: Dataset, interface: Interface, run: Run, probe: Probe) -> None:
        super().__init__(dataset, interface, run, probe)
        self._origin = origin

    def count_one(self) -> None:
        self._origin.count_one()
        super().count_one()
