"""When a comparison is looked at, and what each look may err: the same for two live targets and for a replay."""

from __future__ import annotations

from collections.abc import Sequence

from harness.comparing.judging import Allowed, Is, Judged, Metric, answers, judge
from harness.comparing.series import Series
from harness.record import RoundsEntry
from harness.statistics.sequential import plan, rest


class Looks:
    """The looks at one comparison, planned before its first round.

    Args:
        most: rounds if nothing ends it before.
        looks: how often it may end, the end included.
        metrics: what is looked at.
        allowed: how often all looks together may be wrong.
    """

    def __init__(self, most: int, looks: int, metrics: Sequence[Metric], allowed: Allowed) -> None:
        self._metrics = metrics
        self._alarms, self._misses = (plan(most, error, looks) for error in (allowed.false_alarm, allowed.missed))
        self._allowed = allowed
        self._last = 0
        self.looked: tuple[int, ...] = ()

    @property
    def most(self) -> int:
        """How many rounds there are if nothing ends it before."""
        return self._alarms.most

    @property
    def planned(self) -> tuple[int, ...]:
        """After how many rounds it is looked."""
        return self._alarms.rounds

    @property
    def cost(self) -> float:
        """By how much wider an interval at the end is because somebody looked before."""
        return self._alarms.cost

    def due(self, done: int) -> bool:
        """Whether it is looked after so many rounds."""
        return done in self._alarms.rounds

    def at(self, done: int, series: Sequence[Series]) -> list[Is]:
        """Look after so many rounds, and spend what may be erred by then."""
        self._allowed = Allowed(*(rest(each, self._last, done) for each in (self._alarms, self._misses)))
        self._last = done
        self.looked += (done,)
        return answers(series, self._metrics, self._allowed)

    def judged(self, series: Sequence[Series]) -> Judged:
        """Return everything that the last look came to."""
        return judge(series, self._metrics, self._allowed)


def left(rounds: RoundsEntry, allowed: Allowed) -> Allowed:
    """Return how often the last look at a run that was asked in turn may be wrong, if all of its looks may `allowed`.

    Its rounds ended when a look decided, so whoever judges them again may not err more often than that look might.
    """
    if not rounds.looks:
        return allowed
    before = rounds.looks[-2] if len(rounds.looks) > 1 else 0
    whole = (plan(rounds.planned, error, 1) for error in (allowed.false_alarm, allowed.missed))
    return Allowed(*(rest(each, before, rounds.looks[-1]) for each in whole))
