"""What a watch saw, as a record says it."""

from __future__ import annotations

from harness.record.used_entries import LookFact, UsedFact
from harness.watching.looking import Moment, Watch, of_part


def used(watch: Watch, answers: int) -> UsedFact:
    """Return what was used while so many questions were answered."""
    database, service = watch.cpu("database"), watch.cpu("inference")
    gos = [moment.go for moment in watch.moments if moment.go is not None]
    return UsedFact(
        database_cpu_ms=_each(database, answers),
        service_cpu_ms=_each(service, answers),
        resident=watch.most("database", "resident"),
        anonymous=watch.most("database", "anonymous"),
        disk=watch.most("database", "disk"),
        service_resident=watch.most("inference", "resident"),
        heap=max((go.heap for go in gos), default=None),
        pauses=max(0.0, gos[-1].paused - gos[0].paused) if gos else None,
        longest_pause=max((go.longest for go in gos), default=None),
    )


def looks(watch: Watch, began: float) -> tuple[LookFact, ...]:
    """Return every look, on an axis that began at this moment (`time.perf_counter`)."""
    return tuple(_look(moment, began) for moment in watch.moments)


def _look(moment: Moment, began: float) -> LookFact:
    database, service = of_part(moment, "database"), of_part(moment, "inference")
    return LookFact(
        at=max(0.0, moment.at - began),
        database_cpu=sum(one.cpu_seconds for one in database) if database else None,
        service_cpu=sum(one.cpu_seconds for one in service) if service else None,
        resident=sum(one.resident for one in database) if database else None,
        anonymous=_sum([one.anonymous for one in database]),
        disk=_sum([one.disk for one in database]),
        service_resident=sum(one.resident for one in service) if service else None,
        heap=moment.go.heap if moment.go else None,
        paused=moment.go.paused if moment.go else None,
    )


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _each(seconds: float | None, answers: int) -> float | None:
    return None if seconds is None or not answers else max(0.0, seconds) * 1000 / answers
