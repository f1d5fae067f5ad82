"""One load of a run: asked on a clock, judged by the oracle, held against what is promised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from time import perf_counter
from uuid import uuid4

import numpy as np

from harness.abilities import CanRestart
from harness.checks.case import Case, Skipped
from harness.dataset.loading import properties
from harness.errors import AnswerError, UnsupportedError
from harness.interfaces.rest import Object, Rest
from harness.interfaces.service import NO_CALLS, calls_since
from harness.load.answers import Answers, Expectation, Judged, judged
from harness.load.distributed import run_distributed
from harness.load.disturbance import Disturbance, ports_of, watching
from harness.load.inserting import Inserting
from harness.load.lanes import Encoded, Request, Wire
from harness.load.mix import order
from harness.load.pace import event_loop
from harness.load.percentiles import percentiles
from harness.load.runner import run_closed, run_open
from harness.load.samples import Samples
from harness.load.schedule import Schedule, Step, constant, poisson, ramp, replay, steps
from harness.load.steady import Steady, steady_state
from harness.load.validity import Validity, validity
from harness.load.wires import wire
from harness.loadrun.asking import Asking
from harness.loadrun.entry import Found, Place
from harness.model import Endpoint
from harness.scenario import OpenLoad
from harness.statistics import Interval
from harness.watching.looking import looking

_JUDGED = 100
"""Questions whose answers are compared, the most asked first: the vector of each has to be made."""

_LOOKS = 2.0
"""Seconds between two looks at what is used: they are this process's too, which has requests to send."""

_EVEN = ("constant", "poisson")
"""The schedules at whose rate a server comes to rest; of a ramp or steps nobody expects it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to, and what was asked: for the evidence of a wrong answer."""

    found: Found
    asking: Asking


def schedule_of(load: OpenLoad, seed: int) -> Schedule:
    """Return when the requests of a load are intended."""
    match load.schedule:
        case "constant":
            return constant(load.rate, load.seconds)
        case "ramp":
            return ramp(load.rate, load.last, load.seconds)
        case "steps":
            return steps([Step(*one) for one in load.steps])
        case "replay":
            return replay(load.times)
        case "poisson":
            return poisson(load.rate, load.seconds, seed)


def put_under_load(
    case: Case,
    load: OpenLoad,
    place: Place,
    *,
    names: tuple[str, ...] = (),
    exact: bool,
    workers: int = 0,
    listen: str = "",
    target: object = None,
) -> Loaded:
    """Put a collection under load.

    Args:
        case: the collection and the interface.
        load: what is asked, and when.
        place: what it is called in the record.
        names: only these questions of the scenario; empty means all.
        exact: whether an answer that lacks a neighbour is wrong; otherwise that is told as recall.
        workers: so many of Locust's workers send; 0: this process does.
        listen: where workers of other machines find this one; empty starts them here.
        target: the opened target, to be asked what its parts use meanwhile.

    Raises:
        AnswerError: there is no connection, or the vector of a question can't be had.
        Skipped: the load can't be put on this collection.
        UnsupportedError: not over this interface.
    """
    asking = Asking(case, load, names)
    how = wire(case.interface.name, case.endpoint)
    requests = [how.encode(question) for question in asking.questions]
    schedule = schedule_of(load, case.seed)
    which = order(load.mix.draw, len(schedule), len(requests), exponent=load.mix.exponent, seed=case.seed)
    answers = Answers()
    anew = _started_anew(case) if load.cold else ""
    cold = _cold(how, requests)
    service = _service(case)
    since = calls_since(service, NO_CALLS)[0] if service else 0
    with (
        _inserting(case, load) as inserting,
        looking(target, every=_LOOKS) as watch,
        watching(ports_of(case.endpoint)) as disturbance,
    ):
        began = perf_counter()
        if workers:
            _demand_distributable(case, load)
            sent = run_distributed(
                case.endpoint,
                [one for one in requests if isinstance(one, Encoded)],
                schedule.times,
                which,
                workers=workers,
                concurrency=load.concurrency,
                timeout=load.timeout,
                listen=listen,
            )
            samples, answers = sent.samples, sent.answers
        else:
            samples = run_open(
                how,
                requests,
                schedule.times,
                which,
                concurrency=load.concurrency,
                timeout=load.timeout,
                heard=answers,
                beside=inserting.run if inserting is not None else None,
            )
    if workers:
        disturbance.own = sent.cpu
    if listen:
        disturbance.stolen = disturbance.others = None  # this machine sent nothing
    share = _module_share(service, since, samples) if service else None  # before the oracle has vectors made
    state = steady_state(samples) if load.schedule in _EVEN else Steady(0.0, steady=True, why="the rate changes")
    found = Found(
        place=place,
        schedule=schedule,
        samples=samples,
        steady=state,
        validity=_valid(samples, schedule, state, disturbance, load.concurrency),
        disturbance=disturbance,
        names=tuple(name for name, _, _ in asking.named),
        mix=asking.words,
        concurrency=load.concurrency,
        timeout=load.timeout,
        judged=_judged(asking, answers, samples, how, _added(inserting), exact=exact),
        watch=watch,
        began=began,
        inserted=len(inserting.stored) if inserting is not None else 0,
        cold=cold,
        processes=workers or 1,
        generator="Locust, gevent" if workers else event_loop(),
        module_share=share,
        notes=(*([anew] if anew else []), *_notes(answers, disturbance, inserting, load, case.endpoint)),
    )
    return Loaded(found, asking)


def _demand_distributable(case: Case, load: OpenLoad) -> None:
    if case.interface.name != "graphql":
        raise UnsupportedError(f"workers ask over graphql, not over {case.interface.name}")
    if load.inserts:
        raise UnsupportedError("workers store nothing meanwhile: leave out `inserts`")


def _valid(samples: Samples, schedule: Schedule, state: Steady, disturbance: Disturbance, lanes: int) -> Validity:
    found = validity(samples, schedule.seconds, disturbance, lanes=lanes)
    return found if state.steady or found.short else Validity(found.spoiled, state.why)


def _started_anew(case: Case) -> str:
    """Start the database anew, so that the first request finds it cold; return a sentence about it."""
    try:
        case.was_away(case.ability(CanRestart).restart())
    except Skipped as error:
        return f"the first request did not find the database cold: {error}"
    return "the first request came right after the database was started anew; the inference service was not"


def _cold(how: Wire, requests: list[Request]) -> float | None:
    """Seconds that the very first question takes, over a new connection; None without an answer."""
    samples = run_closed(how, requests[:1], np.zeros(1, dtype=np.int32))
    return float(samples.service[0]) if samples.ok.all() else None


def _judged(
    asking: Asking, answers: Answers, samples: Samples, how: Wire, added: frozenset[str], *, exact: bool
) -> Judged:
    often = np.argsort(-np.bincount(samples.question, minlength=len(asking.questions)), kind="stable")
    chosen = frozenset(often[:_JUDGED].tolist())
    made: dict[int, Expectation | None] = {}

    def expected(place: int) -> Expectation | None:
        if place not in made:
            try:
                made[place] = asking.expectation(place, added, exact=exact) if place in chosen else None
            except (AnswerError, Skipped):
                made[place] = None
        return made[place]

    return judged(answers, expected, how.decoded)


def _service(case: Case) -> str:
    """The address of the inference service that tells of its calls; empty if there is none."""
    service = case.endpoint.inference.get(str(case.collection.module))
    return service.url if service is not None and service.ours else ""


def _module_share(service: str, since: int, samples: Samples) -> Interval | None:
    """How much of the median the median call of the inference service is, as far as both intervals leave open."""
    try:
        _, calls = calls_since(service, since)
    except AnswerError:
        return None
    whole = percentiles(samples.service[samples.ok], (50.0,))[0].interval
    if not calls or whole is None:
        return Interval(0.0, 0.0) if whole is not None else None
    part = percentiles(np.array([call.total_ms for call in calls]) / 1000, (50.0,))[0].interval
    return Interval(min(1.0, part.low / whole.high), min(1.0, part.high / whole.low)) if part else None


# --- storing meanwhile ---------------------------------------------------------------------------


@contextmanager
def _inserting(case: Case, load: OpenLoad) -> Iterator[Inserting | None]:
    """Yield what stores copies of the collection's own pictures; they are deleted afterwards."""
    pictured = case.dataset.pictured
    if not load.inserts or case.endpoint.read_only or not pictured:
        yield None
        return
    count = max(
        1, round(load.inserts * (load.seconds or max(load.times, default=0.0) or sum(s for _, s in load.steps)))
    )
    objects = [
        Object(case.dataset.class_name, str(uuid4()), properties(case.collection, one.picture, number))
        for number, one in enumerate(islice(cycle(pictured), count))
        if one.picture is not None
    ]
    inserting = Inserting(case.endpoint, objects, load.inserts)
    try:
        yield inserting
    finally:
        with Rest(case.endpoint) as rest:
            for id_ in inserting.tried:
                rest.delete(case.dataset.class_name, id_)


def _added(inserting: Inserting | None) -> frozenset[str]:
    return frozenset(inserting.tried) if inserting is not None else frozenset()


def _notes(
    answers: Answers, disturbance: Disturbance, inserting: Inserting | None, load: OpenLoad, endpoint: Endpoint
) -> tuple[str, ...]:
    notes = [f"refused {count:,} times: {words}" for words, count in answers.refusals.items()]
    if answers.unkept:
        notes.append(f"{answers.unkept:,} answers were not compared: there were too many different ones")
    if disturbance.others is None:
        notes.append("what other programs took of the machines can't be told from what the load took")
    if disturbance.stepped:
        notes.append(f"the wall clock was set by {disturbance.stepped:+.3g} s meanwhile; no time here is taken from it")
    if load.inserts and endpoint.read_only:
        notes.append("nothing was stored meanwhile: this database may only be read")
    if inserting is not None and inserting.refused:
        notes.append(f"{inserting.refused:,} objects were not stored")
    return tuple(notes)
