"""No faults at all: another server might well answer so, and no check may accuse these."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import numpy as np
from numpy.typing import NDArray

from harness.model import Metric
from harness.reference.mutants.registry import mutant
from harness.reference.request import (
    Aggregation,
    Draft,
    InterfaceName,
    Near,
    Refusal,
    Search,
    Vector,
)
from harness.reference.rules import Rules
from harness.reference.settings import Settings

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]


@mutant()
class TiesTheOtherWay(Rules):
    """Within a tie the newest object comes first."""

    def order(self, distances: Vector, search: Search | Aggregation) -> Rows:
        del search
        return (len(distances) - 1 - np.argsort(distances[::-1], kind="stable")).astype(np.intp)


@mutant()
class TiesShuffled(Rules):
    """Within a tie the order is another one each time."""

    def order(self, distances: Vector, search: Search | Aggregation) -> Rows:
        del search
        return np.lexsort((np.random.default_rng().random(len(distances)), distances))


@mutant()
class SumsBackwards(Rules):
    """Distances are summed from the last component to the first."""

    def distances(self, metric: Metric, query: Vector, vectors: NDArray[np.float32]) -> Vector:
        return super().distances(metric, query[::-1], vectors[:, ::-1])


@mutant()
class SelfBelowZero(Rules):
    """By cosine an image is a little nearer to itself than 0, as up to Weaviate 1.25."""

    def cosine(self, query: Vector, vectors: NDArray[np.float32]) -> Vector:
        found = super().cosine(query, vectors)
        return np.where(found < np.float32(2e-7), found - np.float32(5e-7), found)


@mutant()
class NoSlack(Rules):
    """Nothing beyond the threshold is accepted, not even 1e-6; a certainty is compared as it is shown."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        return _without_slack(self, distances, threshold, search)


@mutant()
class SelfAboveZero(Rules):
    """By cosine an image is a rounding away from itself, and so not within distance 0, for nothing beyond it is."""

    def cosine(self, query: Vector, vectors: NDArray[np.float32]) -> Vector:
        found = super().cosine(query, vectors)
        return np.where(found < np.float32(1e-7), np.float32(2**-23), found)

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        return _without_slack(self, distances, threshold, search)


@mutant()
class RoundedWithinTheBound(Rules):
    """Cosine distances are one float32 step larger."""

    def cosine(self, query: Vector, vectors: NDArray[np.float32]) -> Vector:
        return np.nextafter(super().cosine(query, vectors), np.float32(np.inf), dtype=np.float32)


@mutant()
class OtherWords(Rules):
    """Refusals are worded otherwise."""

    def words(self, message: str, interface: InterfaceName) -> str:
        del interface
        return f"the request can't be answered ({message})"


@mutant()
class OtherDefaultLimit(Rules):
    """Without a limit 25 objects are returned, where no setting says how many."""

    def settings(self, given: Settings) -> Settings:
        plain = Settings()
        return replace(
            given,
            limit=25 if given.limit == plain.limit else given.limit,
            limit_graphql=25 if given.limit_graphql == plain.limit_graphql else given.limit_graphql,
        )


@mutant()
class TiesTurnAtARestart(Rules):
    """After a restart the newest object within a tie comes first."""

    turned = False

    def opened(self, objects: int) -> None:
        self.turned = self.turned or objects > 0

    def order(self, distances: Vector, search: Search | Aggregation) -> Rows:
        if not self.turned:
            return super().order(distances, search)
        return (len(distances) - 1 - np.argsort(distances[::-1], kind="stable")).astype(np.intp)


@mutant()
class FailedImportInOtherWords(Rules):
    """An import that fails is refused with another message."""

    def failed_import(self, refusal: Refusal, draft: Draft) -> Vector | None:
        del draft
        raise Refusal(f"vectorizer: {refusal.message}", refusal.status)


@mutant()
class NanIsRefused(Rules):
    """NaN as a threshold is refused."""

    def check_one_threshold(self, near: Near, interface: InterfaceName) -> None:
        super().check_one_threshold(near, interface)
        if any(one is not None and isnan(one) for one in (near.distance, near.certainty)):
            raise Refusal("a threshold has to be a number")


def _without_slack(rules: Rules, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
    certainty = search.near[0].certainty
    if certainty:
        shown = np.array([rules.certainty_from_distance(one) for one in distances.tolist()], np.float32)
        return shown >= np.float32(certainty)
    with np.errstate(over="ignore"):
        return distances <= np.float32(threshold)
