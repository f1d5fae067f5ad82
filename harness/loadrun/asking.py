"""What is asked under load: the questions of a mix, on one collection over one interface, and what is right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.checks.case import Case, Skipped
from harness.checks.promises import question_of
from harness.images import Picture
from harness.load.answers import Expectation
from harness.load.mix import stamped
from harness.model import NearImage, NearText, NearVector, Question, Where
from harness.scenario import Mix, OpenLoad
from harness.scenario.load_values import LIMIT

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Asking:
    """The questions of a load.

    Args:
        case: the collection and the interface.
        load: the load.
        names: only these questions of the scenario; empty means all.
    """

    case: Case
    load: OpenLoad
    names: tuple[str, ...] = ()

    @property
    def _mix(self) -> Mix:
        return self.load.mix

    @cached_property
    def named(self) -> list[tuple[str, Picture | str, Question]]:
        """Each question with its name and the picture or text that it asks with, its image still without a stamp.

        Raises:
            Skipped: nothing of the mix can be asked of this collection.
        """
        case, mix = self.case, self._mix
        where, _ = self._filter
        found: list[tuple[str, Picture | str, Question]]
        if mix.of == "questions":
            found = [
                (asked.name, asked.picture if asked.picture is not None else asked.text or "", question_of(case, asked))
                for asked in case.questions
                if not self.names or asked.name in self.names
            ]
        else:
            limit = LIMIT if mix.limit is None and mix.distance is None else mix.limit
            if limit is None:
                limit = case.everything()
            pictures = {one.picture.name: one.picture for one in case.dataset.pictured if one.picture is not None}
            found = [(name, one, case.near(one, limit=limit, distance=mix.distance)) for name, one in pictures.items()]
        if not found:
            raise Skipped("no question of the load goes to this collection")
        return [(name, given, question.but(where=where)) for name, given, question in found]

    @cached_property
    def questions(self) -> list[Question]:
        """The questions as they are sent.

        Raises:
            AnswerError: the vector that is to be sent in place of an image is not certain.
        """
        return [self._sent(given, question) for _, given, question in self.named]

    def _sent(self, given: Picture | str, question: Question) -> Question:
        if self._mix.near == "vector":
            return question.but(near=NearVector(self._vector(given)))
        if self._mix.unique and isinstance(question.near, NearImage):
            return question.but(near=NearImage(stamped(question.near.image)))
        return question

    def _vector(self, given: Picture | str) -> tuple[float, ...]:
        probe, collection = self.case.probe, self.case.collection
        return probe.text(collection, given) if isinstance(given, str) else probe.image(collection, given)

    @property
    def words(self) -> str:
        """What was asked, for people."""
        kinds = {NearImage: "nearImage", NearVector: "nearVector", NearText: "nearText"}
        near = dict.fromkeys(kinds.get(type(one.near), "") for one in self.questions)
        count = len(self.questions)
        return f"{count:,} question{'s' if count > 1 else ''} ({', '.join(near)}): {self._mix.words}"

    # --- what is right ---------------------------------------------------------------------------

    def expectation(self, place: int, added: frozenset[str], *, exact: bool) -> Expectation:
        """Return what the answers to a question are held against.

        Raises:
            AnswerError: the query's vector can't be had.
            Skipped: it can't be had without writing.
        """
        _, given, question = self.named[place]
        truth = self.case.truth_of(given) if isinstance(given, Picture) else self.case.truth_of_text(given)
        return Expectation(question, truth, self._filter[1], added, exact)

    @cached_property
    def _filter(self) -> tuple[Where | None, frozenset[str] | None]:
        """The filter, and the ids that it leaves."""
        pairs = self._mix.where
        if not pairs:
            return None, None
        known = {one["name"] for one in self.case.collection.definition.get("properties", [])}
        for name, _ in pairs:
            if name not in known:
                raise Skipped(f"the filter is about {name}, which this collection does not have")
        leaves = tuple(Where("Equal", (name,), value) for name, value in pairs)
        where = leaves[0] if len(leaves) == 1 else Where("And", operands=leaves)
        left = (one.id for one in self.case.dataset.stored if all(_equal(one.properties, *pair) for pair in pairs))
        return where, frozenset(left)


def _equal(properties: Mapping[str, Any], name: str, wanted: str | float) -> bool:
    """Whether a stored property equals a value as Weaviate's filter understands it: texts by their words.

    Source: the default tokenization, `word`: what is no letter or digit separates words, and case does not matter.
    """
    value = properties.get(name)
    if isinstance(wanted, str):
        return isinstance(value, str) and _words(wanted) <= _words(value)
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower().replace("_", " ")))
