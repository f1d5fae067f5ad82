"""Every fault put to the checks, and every server that is right: what each came to, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Literal

from harness.checks import Per, all_checks
from harness.errors import HarnessError
from harness.inference.encoders import Encoders, load
from harness.inference.faults import FAULTS
from harness.model import Outcome, Verdict
from harness.proving.places import about, accusations, drawn, everywhere, in_turn, once
from harness.proving.staging import behind, liars, photographs, planted_service, staged, verdict, verdicts
from harness.reference.mutants import MUTANTS
from harness.reference.rules import Rules
from harness.stage import Stage

ALL_TOGETHER = "all benign differences together"
HONEST = "the honest reference"
OUR_SERVICE = "our own service"
_OF_SERVICES = ("encoder/", "encoding/")


@dataclass(frozen=True, slots=True)
class Job:
    """One fault that is to be caught, or one server that is not to be accused.

    `kind` is fault (of the reference), service (a fault of the encoder), or right and right service, for those that are
    benign or honest. `checks` are the only ones that are asked of what is right; none: all. `everywhere`: once a fault
    is caught, the checks of every chapter are put to it, and not only those of the chapter whose check caught it.
    """

    kind: Literal["fault", "service", "right", "right service"]
    name: str
    seed: int = 0
    checks: tuple[str, ...] = ()
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a job came to.

    Of a fault: `breaks` is the check that names its clause and `caught` that check's first violation, None if it
    survived; `others` are checks that noticed it too, each asked at that same place. Of what is right: every verdict
    that `accused` it. `asked` is the number of verdicts.
    """

    job: Job
    breaks: str = ""
    caught: Verdict | None = None
    others: tuple[str, ...] = ()
    accused: tuple[Verdict, ...] = ()
    asked: int = 0
    seconds: float = 0.0


def jobs(only: str = "", seeds: int = 20, *, everywhere: bool = False) -> list[Job]:
    """Return what there is to do.

    Args:
        only: a glob: faults by their name or by the check that names their clause, and what is right by its name; the
            honest reference is then asked those checks alone. Empty: everything.
        seeds: with how many seeds what is right is asked; each draws other pictures and other thresholds.
        everywhere: whether the checks of every chapter are put to a fault, once it is caught.
    """

    def wanted(name: str, breaks: str) -> bool:
        return not only or fnmatchcase(name, only) or fnmatchcase(breaks, only)

    faults = [
        Job("fault", one.name, everywhere=everywhere)
        for one in MUTANTS.values()
        if not one.benign and wanted(one.name, one.breaks)
    ]
    faults += [Job("service", one.name) for one in FAULTS.values() if not one.benign and wanted(one.name, one.breaks)]
    named = tuple(dict.fromkeys(_breaks(one) for one in faults)) if only else ()
    benign = [one.name for one in MUTANTS.values() if one.benign and wanted(one.name, "")]
    right = [Job("right", name, 0, named) for name in benign]
    right += [Job("right service", one.name) for one in FAULTS.values() if one.benign and wanted(one.name, "")]
    if not only or faults:
        right += [Job("right", name, seed, named) for seed in range(seeds) for name in (HONEST, ALL_TOGETHER)]
        if not named or any(check.startswith(_OF_SERVICES) for check in named):
            right.append(Job("right service", OUR_SERVICE, 0, named))
    return faults + right


def _breaks(job: Job) -> str:
    return MUTANTS[job.name].breaks if job.kind == "fault" else FAULTS[job.name].breaks


class Workplace:
    """Where jobs are done: one inference service with planted vectors, and the models once they are needed."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self.planted = liars()
        self.photographs = photographs()
        self.url = self._open.enter_context(planted_service())

    @cached_property
    def models(self) -> Encoders:
        """Our own encoders, loaded once."""
        return load("auto", preload=True)

    def close(self) -> None:
        """Stop the service."""
        self._open.close()

    def do(self, job: Job) -> Found:
        """Do one job."""
        begun = perf_counter()
        with TemporaryDirectory(prefix="nearimage-") as folder:
            found = {
                "fault": self._fault,
                "service": self._service,
                "right": self._right,
                "right service": self._right_service,
            }[job.kind](job, Path(folder))
        return replace(found, seconds=perf_counter() - begun)

    def _fault(self, job: Job, folder: Path) -> Found:
        mutant = MUTANTS[job.name]
        with staged(mutant.rules(), self.url, folder) as stage:
            caught = first(verdicts(stage, self.planted, all_checks()[mutant.breaks]))
            others = tuple(self._others(stage, job, caught)) if caught is not None else ()
        return Found(job, mutant.breaks, caught, others)

    def _others(self, stage: Stage, job: Job, caught: Verdict) -> Iterator[str]:
        """The other checks that notice a fault at the place where it was caught; none that touches the server."""
        chapter = all_checks()[caught.check].chapter
        place = next(one for one in self.planted.collections if one.name == caught.collection)
        for check in all_checks().values():
            if not (job.everywhere or check.chapter == chapter) or check.id == caught.check:
                continue
            if check.abilities or check.per is Per.MODULE or check.apart or not check.applies(place):
                continue
            try:
                if verdict(stage, self.planted, check, place, caught.interface).outcome is Outcome.VIOLATED:
                    yield check.id
            except HarnessError:  # a server with a fault may not even be loaded anew
                continue

    def _service(self, job: Job, folder: Path) -> Found:
        fault = FAULTS[job.name]
        check = all_checks()[fault.breaks]
        with behind(fault.on(self.models), folder) as stage:
            places = (one for one in self.photographs.collections if check.applies(one))
            found = (verdict(stage, self.photographs, check, one, "graphql") for one in places)
            return Found(job, fault.breaks, first(found))

    def _right(self, job: Job, folder: Path) -> Found:
        scenario = drawn(self.planted, job.seed)
        with staged(right_rules(job.name), self.url, folder, seed=job.seed) as stage:
            if job.seed or job.name not in (HONEST, ALL_TOGETHER):
                asked = list(once(stage, scenario, job.seed + len(job.name), job.checks, sparing=not job.checks))
            elif job.name == HONEST:
                asked = list(everywhere(stage, scenario, job.checks))
            else:
                asked = list(in_turn(stage, scenario, job.checks))
        return _judged(job, asked)

    def _right_service(self, job: Job, folder: Path) -> Found:
        encoders = self.models if job.name == OUR_SERVICE else FAULTS[job.name].on(self.models)
        checks = [one for one in about(self.photographs, job.checks) if one.id.startswith(_OF_SERVICES)]
        with behind(encoders, folder) as stage:
            asked = [
                verdict(stage, self.photographs, check, place, "graphql")
                for check in checks
                for place in self.photographs.collections
                if check.applies(place)
            ]
        return _judged(job, [one for one in asked if one.outcome is not Outcome.SKIPPED])


def first(found: Iterable[Verdict]) -> Verdict | None:
    """Return the first violation; nothing more is asked then."""
    return next((one for one in found if one.outcome is Outcome.VIOLATED), None)


def right_rules(name: str) -> Rules:
    """Return the rules of a server that is right, by its name."""
    if name == ALL_TOGETHER:
        benign = (type(one.rules()) for one in MUTANTS.values() if one.benign)
        together: Rules = type("Together", tuple(benign), {})()
        return together
    return Rules() if name == HONEST else MUTANTS[name].rules()


def _judged(job: Job, asked: list[Verdict]) -> Found:
    return Found(job, accused=tuple(accusations(asked)), asked=len(asked))
