"""A scenario's `load` as values, judged together with what is promised of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.scenario.load_values import Mix, OpenLoad, ScheduleKind
from harness.scenario.mistakes import nearest
from harness.scenario.promises import is_percentile, milliseconds
from harness.scenario.values import LATENCY, LOAD, LoadProfile
from harness.statistics import needed

if TYPE_CHECKING:
    from harness.scenario.load_shape import LoadShape, MixShape
    from harness.scenario.reading import Document
    from harness.scenario.shape import ScenarioShape

_MOST = 10_000_000
_LONGEST = 24 * 3600.0


def load_profile(document: Document, shape: ScenarioShape) -> LoadProfile | None:
    """The load profile: the written one, the default one for a promise about latency, or None: nothing is timed.

    Where no number of requests is written, there are as many as the promised percentiles need.

    Raises:
        FileError: the parts of `load` do not fit together, or too few requests are asked for what is promised.
    """
    if LOAD in shape.promises and not _on_a_clock(shape.load):
        hint = "write `load: {rate: 50, duration: 60s}`, or promise it of `latency`"
        raise document.error(("promises", LOAD), "a promise about load, but nothing is asked on a clock", hint=hint)
    if "load" not in shape.model_fields_set and LATENCY not in shape.promises:
        return None
    for place, name in enumerate(shape.load.questions):
        if name not in shape.questions:
            loc = ("load", "questions", place)
            raise document.error(loc, f"there is no question {name!r}", hint=nearest(name, shape.questions))
    percentiles = _promised(shape, LATENCY)
    requests = shape.load.requests
    if "requests" not in shape.load.model_fields_set:
        requests = max([requests, *percentiles.values()])
    for key, least in percentiles.items():
        if requests < least:
            what = f"{key} needs {least:,} requests, for ten to lie beyond it, and the load has {requests:,}"
            hint = f"write `load: {{requests: {least}}}`, or promise a lower percentile"
            raise document.error(("promises", LATENCY, key), what, hint=hint)
    return LoadProfile(requests, shape.load.warmup, tuple(shape.load.questions), _open(document, shape))


def _promised(shape: ScenarioShape, subject: str) -> dict[str, int]:
    """The percentiles that are promised of a subject, and the requests that each needs."""
    return {key: needed(float(key[1:])) for key in shape.promises.get(subject, {}) if is_percentile(key)}


def _on_a_clock(load: LoadShape) -> bool:
    return load.rate is not None or load.steps is not None or load.times is not None


def _open(document: Document, shape: ScenarioShape) -> OpenLoad | None:
    load = shape.load
    if not _on_a_clock(load):
        for key in ("to", "duration", "schedule", "inserts", "mix", "concurrency", "timeout", "raw", "cold"):
            if key in load.model_fields_set:
                what = f"`load.{key}` is about a load on a clock, and there is no rate"
                raise document.error(("load", key), what, hint="write for example `rate: 50`, requests a second")
        return None
    kind = _kind(document, load)
    timed = kind in {"constant", "poisson", "ramp"}
    if timed and load.duration is None:
        raise document.error(("load",), "a rate needs a duration", hint="write for example `duration: 60s`")
    made = OpenLoad(
        schedule=kind,
        rate=load.rate or 0.0,
        last=load.to or 0.0,
        seconds=_seconds(document, load.duration or "1s", "duration") if timed else 0.0,
        steps=tuple(
            (one.rate, _seconds(document, one.duration, "steps", place, "duration"))
            for place, one in enumerate(load.steps or ())
        ),
        times=_times(document, load.times) if load.times else (),
        mix=_mix(document, shape, load.mix),
        concurrency=load.concurrency,
        timeout=_seconds(document, load.timeout, "timeout"),
        inserts=load.inserts,
        raw=load.raw,
        cold=load.cold,
    )
    _check_enough(document, shape, made)
    return made


def _kind(document: Document, load: LoadShape) -> ScheduleKind:
    """The kind of schedule: the one that is named, or the one that the keys which are there belong to."""
    keys = {"steps": load.steps, "replay": load.times, "ramp": load.to}
    meant: list[ScheduleKind] = [kind for kind in ("steps", "replay", "ramp") if keys[kind] is not None]
    kind = load.schedule or (meant[0] if meant else "poisson")
    names = {"steps": "steps", "replay": "times", "ramp": "to"}
    for other in meant:
        if other != kind:
            raise document.error(("load", names[other]), f"`load.{names[other]}` does not belong to {kind}")
    if kind in names and keys[kind] is None:
        raise document.error(("load", "schedule"), f"the schedule {kind} needs `load.{names[kind]}`")
    if kind not in {"steps", "replay"} and load.rate is None:
        raise document.error(("load",), f"the schedule {kind} needs `load.rate`, requests a second")
    for key in ("rate", "duration"):
        if kind in {"steps", "replay"} and key in load.model_fields_set:
            raise document.error(("load", key), f"`load.{key}` does not belong to {kind}")
    return kind


def _mix(document: Document, shape: ScenarioShape, mix: MixShape) -> Mix:
    if mix.of == "questions":
        if not shape.questions:
            raise document.error(("load",), "there are no questions to ask", hint="write `mix: {of: images}`")
        for key in ("limit", "distance"):
            if key in mix.model_fields_set:
                what = f"`load.mix.{key}` is for images; a question says it itself"
                raise document.error(("load", "mix", key), what)
    if mix.unique and mix.near == "vector":
        raise document.error(("load", "mix", "unique"), "`unique` is about images, and vectors are sent")
    return Mix(
        of=mix.of,
        draw=mix.draw,
        exponent=mix.exponent,
        unique=mix.unique,
        near=mix.near,
        limit=mix.limit,
        distance=mix.distance,
        where=tuple(mix.filter.items()),
    )


def _check_enough(document: Document, shape: ScenarioShape, load: OpenLoad) -> None:
    n = load.intended
    if not 1 <= n <= _MOST:
        raise document.error(("load",), f"{n:,} requests are intended; a load has 1 to {_MOST:,}")
    for key, least in _promised(shape, LOAD).items():
        if n < least:
            what = f"{key} needs {least:,} requests, for ten to lie beyond it, and the load intends {n:,}"
            hint = "promise a lower percentile"
            if load.rate and load.seconds:
                longer, faster = (math.ceil(least / n * each) for each in (load.seconds, load.rate))
                hint = f"make it {longer} s long, or {faster} a second, or {hint}"
            raise document.error(("promises", LOAD, key), what, hint=hint)


def _seconds(document: Document, text: str, *where: str | int) -> float:
    found = milliseconds(text)
    if not found or found > _LONGEST * 1000:
        what = f"`load.{'.'.join(str(part) for part in where)}` is {text!r}, which is no duration"
        raise document.error(("load", *where), what, hint="write a time with its unit, a day at most: 500ms, 60s")
    return found / 1000


def _times(document: Document, name: str) -> tuple[float, ...]:
    path = document.path.parent / name
    loc = ("load", "times")
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise document.error(loc, f"{name} can't be read: {error}", hint="a text file beside this one") from None
    try:
        times = tuple(float(line) for line in lines)
    except ValueError as error:
        raise document.error(loc, f"{name} has something that is no time: {error}") from None
    if len(set(times)) < 2 or not all(abs(time) < float("inf") for time in times):  # noqa: PLR2004 - a span
        raise document.error(loc, f"{name} needs two different times at least, finite numbers of seconds")
    return times
