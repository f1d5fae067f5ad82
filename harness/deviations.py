"""Deviations of real servers that are known: read from `deviations.yaml` and from a file of the user's.

Prints the JSON Schema of such files: `python -m harness.deviations > harness/deviations.schema.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from harness.model import Endpoint, Level, Outcome, Verdict
from harness.scenario import Collection as Class
from harness.scenario.mistakes import nearest, validate
from harness.scenario.reading import Document, read

OURS = Path(__file__).with_suffix(".yaml")
"""What was seen of official releases."""

FORMAT = 1
"""The format's version, which every file states as `nearimage-deviations: 1`."""

_STARTS = "a file of deviations starts with `nearimage-deviations: 1` and has `deviations: [{check: …}]`"
_OF_SCENARIOS = ("question/", "promise/", "steps/")
"""Checks that a scenario makes: whether they exist is known where the scenario is."""

_JUDGED = (Outcome.HELD, Outcome.VIOLATED, Outcome.UNDECIDED, Outcome.INVALID)


# --- the shape of a file -------------------------------------------------------------------------


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Text = Annotated[str, Field(min_length=1)]
_OneOrMore = Annotated[list[_Text], BeforeValidator(_listed, json_schema_input_type=_Text | list[_Text])]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BoundShape(_Shape):
    """What a fact of the evidence has to be."""

    is_: int | float | str | bool | None = Field(default=None, alias="is", description="This very value.")
    least: float | None = Field(default=None, description="A number, at least this.")
    most: float | None = Field(default=None, description="A number, at most this.")
    has: str = Field(default="", description="These words are in it.")
    count: int | None = Field(default=None, ge=0, description="A list of so many.")

    def met(self, value: Any) -> bool:
        """Whether a fact is so."""
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        return (
            (self.is_ is None or value == self.is_)
            and (self.least is None or (number is not None and number >= self.least))
            and (self.most is None or (number is not None and number <= self.most))
            and (self.count is None or (isinstance(value, list | tuple) and len(value) == self.count))
            and self.has in str(value)
        )


_Bound = Annotated[
    BoundShape,
    BeforeValidator(
        lambda it: it if isinstance(it, dict) else {"is": it}, json_schema_input_type=BoundShape | int | float | str
    ),
]


class CollectionShape(_Shape):
    """Of which collections it was seen; what is left out may be any."""

    index: _OneOrMore = Field(default=[], description="Types of vector index: hnsw, flat, dynamic.")
    metric: _OneOrMore = Field(default=[], description="Distance metrics.")
    module: _OneOrMore = Field(default=[], description="Image modules.")
    named: bool | None = Field(default=None, description="Whether its vector has a name.")
    shards: int = Field(default=0, ge=0, description="At least so many shards; with fewer it can't be seen.")
    objects: int = Field(default=0, ge=0, description="At least so many objects; in smaller ones it can't be seen.")

    def fits(self, collection: Class, objects: int) -> bool:
        """Whether a collection with so many objects is one of these."""
        return (
            (not self.index or collection.index in self.index)
            and (not self.metric or collection.metric in self.metric)
            and (not self.module or collection.module in self.module)
            and (self.named is None or self.named == (collection.vector_name is not None))
            and _shards(collection) >= self.shards
            and objects >= self.objects
        )


def _shards(collection: Class) -> int:
    """How many shards a class asks for; one if it says nothing of them."""
    return int(collection.definition.get("shardingConfig", {}).get("desiredCount", 1))


class SeenShape(_Shape):
    """How a violated verdict looks that is this deviation; another fault of the same check looks otherwise."""

    sentence: str = Field(default="", description="Words that are in the verdict's sentence.")
    evidence: dict[_Text, _Bound] = Field(default={}, description="Facts of its evidence, by name.")


class DeviationShape(_Shape):
    """One deviation."""

    check: _Text = Field(description="The id of the check that it violates.")
    versions: _OneOrMore = Field(
        description="Versions of Weaviate (PEP 440), any of these.", examples=["==1.25.*", [">=1.25,<1.28", "==1.39.*"]]
    )
    interfaces: _OneOrMore = Field(default=[], description="Over which interfaces; by default over any.")
    collection: CollectionShape = CollectionShape()
    seen: SeenShape = SeenShape()
    what: _Text = Field(description="What happens, in a sentence.")
    smallest: _Text = Field(description="The smallest case that shows it.")
    link: _Text = Field(description="Where it is discussed, or `observed`.")
    sometimes: bool = Field(default=False, description="It does not show every time: it is never called fixed.")


class DeviationsShape(_Shape):
    """Deviations that are known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="A file of deviations for nearimage")

    format: Literal[1] = Field(alias="nearimage-deviations", description="The version of this format.")
    deviations: list[DeviationShape] = Field(description="The first that fits a verdict is taken.")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of such files, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **DeviationsShape.model_json_schema()}


def deviations(path: Path, *, checks: Collection[str], interfaces: Collection[str]) -> list[DeviationShape]:
    """Read a file.

    Args:
        path: the file.
        checks: the ids that there are; those of a scenario's own questions and promises may be listed besides.
        interfaces: the names that there are.

    Raises:
        FileError: something in it is wrong: the file, the line, and the nearest valid name.
    """
    document = read(path, _STARTS)
    if not isinstance(document.data, dict) or "nearimage-deviations" not in document.data:
        raise document.error((), "`nearimage-deviations: 1` is missing", hint=_STARTS)
    shape = validate(document, DeviationsShape, document.data)
    for place, one in enumerate(shape.deviations):
        _judge(document, place, one, checks, interfaces)
    return shape.deviations


def _judge(
    document: Document, place: int, one: DeviationShape, checks: Collection[str], interfaces: Collection[str]
) -> None:
    at = ("deviations", place)
    if one.check not in checks and not one.check.startswith(_OF_SCENARIOS):
        raise document.error((*at, "check"), f"no check is called {one.check}", hint=nearest(one.check, checks))
    for said in one.versions:
        try:
            SpecifierSet(said)
        except InvalidSpecifier:
            what = f"{said!r} names no versions"
            raise document.error((*at, "versions"), what, hint="Write `==1.25.*` or `>=1.25,<1.28`.") from None
    for name in one.interfaces:
        if name not in interfaces:
            what = f"there is no interface {name}"
            raise document.error((*at, "interfaces"), what, hint=nearest(name, interfaces))


# --- what they make of verdicts ------------------------------------------------------------------


@dataclass(slots=True)
class _Asked:
    """How often a listed deviation could have shown itself at a target, and how often it did not."""

    places: int = 0
    held: int = 0
    last: dict[str, Any] = field(default_factory=dict)


class Listed:
    """What is known to deviate, and what became of it at one target.

    Args:
        entries: the deviations, those of the user's own first.
        file: the user's own file, for the command that asks again.
        strict: whether a deviation that is known is a violation all the same.
    """

    def __init__(
        self, entries: Iterable[DeviationShape] = (), *, file: Path | None = None, strict: bool = False
    ) -> None:
        self._entries = tuple(entries)
        self._strict = strict
        self.words = [*(["--deviations", str(file)] if file else []), *(["--strict"] if strict else [])]
        self._asked: dict[int, _Asked] = {}

    def judged(self, verdict: Verdict, endpoint: Endpoint, collection: Class, objects: int) -> Verdict:
        """Return a verdict as it is, or as known if it is violated in a way that is listed.

        Args:
            verdict: what a check came to.
            endpoint: of whom; only of a real Weaviate is anything known.
            collection: on which collection.
            objects: how many it has.
        """
        if not endpoint.weaviate or verdict.outcome not in _JUDGED:
            return verdict
        about = [
            (number, one)
            for number, one in enumerate(self._entries)
            if _is_about(one, verdict, endpoint) and one.collection.fits(collection, objects)
        ]
        for number, _ in about:
            asked = self._asked.setdefault(number, _Asked())
            asked.places += 1
            asked.held += verdict.outcome is Outcome.HELD
            asked.last = {"scenario": verdict.scenario, "level": str(verdict.level), "repeat": verdict.repeat}
        if verdict.outcome is not Outcome.VIOLATED:
            return verdict
        listed = next((one for _, one in about if _shows(one, verdict)), None)
        return verdict if listed is None else self._known(verdict, listed)

    def _known(self, verdict: Verdict, listed: DeviationShape) -> Verdict:
        more = {"smallest_case": listed.smallest, "link": listed.link}
        if self._strict:
            return replace(verdict, evidence={**verdict.evidence, "known_deviation": listed.what, **more})
        facts = {"found": verdict.sentence, **more, **verdict.evidence}
        return replace(verdict, outcome=Outcome.KNOWN, sentence=listed.what, evidence=facts)

    def fixed(self, endpoint: Endpoint, target: str) -> Iterator[Verdict]:
        """Yield a verdict for each deviation that is listed for this version and showed nowhere it could have.

        Args:
            endpoint: the target.
            target: what it is called.
        """
        for number, asked in sorted(self._asked.items()):
            one = self._entries[number]
            if asked.held < asked.places or one.sometimes:
                continue
            yield Verdict(
                one.check,
                Level(asked.last["level"]),
                Outcome.FIXED,
                f"listed for {' or '.join(one.versions)} and not so at {endpoint.version}: {one.what}",
                asked.last["scenario"],
                "",
                ", ".join(one.interfaces),
                {"asked_in_places": asked.places, "smallest_case": one.smallest, "link": one.link},
                repeat=asked.last["repeat"],
                target=target,
            )

    def told(self) -> dict[str, Any]:
        """Return what another process of this run should know, as plain values."""
        return {str(number): [one.places, one.held, one.last] for number, one in self._asked.items()}

    def heard(self, told: Mapping[str, Any]) -> None:
        """Take over what another process told."""
        for number, (places, held, last) in told.items():
            asked = self._asked.setdefault(int(number), _Asked())
            asked.places += places
            asked.held += held
            asked.last = dict(last)


def _is_about(one: DeviationShape, verdict: Verdict, endpoint: Endpoint) -> bool:
    """Whether it is listed for this check, interface and version; of a version that is not known nothing is listed."""
    release = ".".join(map(str, endpoint.release))
    return (
        one.check == verdict.check
        and (not one.interfaces or verdict.interface in one.interfaces)
        and bool(release)
        and any(SpecifierSet(said).contains(release, prereleases=True) for said in one.versions)
    )


def _shows(one: DeviationShape, verdict: Verdict) -> bool:
    """Whether a violated verdict looks as it is described."""
    facts = verdict.evidence
    return one.seen.sentence in verdict.sentence and all(
        name in facts and bound.met(facts[name]) for name, bound in one.seen.evidence.items()
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
