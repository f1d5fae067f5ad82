"""`nearimage mutants`: every fault and every server that is right, put to the checks, in a few processes.

Prints a line for each fault, with the check that caught it and those that noticed it too, then what is right.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from time import perf_counter

from harness.checks import all_checks
from harness.errors import ExitCode, UsageError
from harness.proving.proof import Found, Job, Workplace, jobs

SEEDS = 20
_FAULTS = ("fault", "service")

Say = Callable[[str], object]
"""Prints a line."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What all jobs came to; `whole` is False if only some faults were asked for: then a check may well catch none."""

    found: tuple[Found, ...]
    whole: bool

    @property
    def faults(self) -> list[Found]:
        """Of those that were to be caught."""
        return [one for one in self.found if one.job.kind in _FAULTS]

    @property
    def survivors(self) -> list[str]:
        """The faults that the check that names their clause did not catch."""
        return [one.job.name for one in self.faults if one.caught is None]

    @property
    def idle(self) -> list[str]:
        """The checks that caught no fault that names them."""
        if not self.whole:
            return []
        busy = {one.breaks for one in self.faults if one.caught is not None}
        return [id_ for id_, check in all_checks().items() if id_ not in busy and not check.apart]

    @property
    def accused(self) -> list[Found]:
        """Of those that are right and were accused."""
        return [one for one in self.found if one.accused]

    @property
    def exit_code(self) -> ExitCode:
        """Violated if anything survived, is idle or was accused wrongly."""
        return ExitCode.VIOLATED if self.survivors or self.idle or self.accused else ExitCode.HELD


def mutants(only: str = "", seeds: int = SEEDS, *, say: Say, processes: int = 0, everywhere: bool = False) -> ExitCode:
    """Put every fault to the checks, print what became of each, and return 1 if one survived or the right are accused.

    Args:
        only: a glob of faults, by their name or by the check that names their clause; empty: all.
        seeds: with how many seeds what is right is asked.
        say: prints a line.
        processes: how many work at it; 0: one more than there are processors, because each
            waits now and then; at most four.
        everywhere: put the checks of every chapter to a fault, once it is caught, and not only those of one chapter.

    Raises:
        UsageError: if there is no such fault, or no such number of seeds.
    """
    if seeds < 1:
        raise UsageError(f"--seeds is at least 1, not {seeds}")
    todo = jobs(only, seeds, everywhere=everywhere)
    if not todo:
        hint = "`nearimage mutants` prints them all; `threshold/*` means those that break such a check."
        raise UsageError(f"no fault is called {only}", hint=hint)
    begun = perf_counter()
    found = []
    for one in _done(todo, processes or min(4, 1 + (os.cpu_count() or 1))):
        found.append(one)
        say(line(one))
    proof = Proof(tuple(found), whole=not only)
    for said in summed_up(proof, seeds, perf_counter() - begun):
        say(said)
    return proof.exit_code


def line(found: Found) -> str:
    """Return what one job came to, in a line."""
    name, took = found.job.name, f"{found.seconds:.1f} s"
    if found.job.kind not in _FAULTS:
        seeded = f", seed {found.job.seed}" if found.job.seed else ""
        verdict = "ACCUSED" if found.accused else "right"
        return "\n".join([f"{verdict:9}{name}{seeded}: {found.asked} verdicts, {took}", *_accusations(found)])
    if found.caught is None:
        return f"SURVIVED {name}: {found.breaks} did not notice it, {took}"
    also = f"; also {', '.join(found.others)}" if found.others else ""
    return f"{'caught':9}{name:36} {found.breaks} in {found.caught.collection} over {found.caught.interface}{also}"


def _accusations(found: Found) -> Iterator[str]:
    for one in found.accused:
        yield f"         {one.check} in {one.collection} over {one.interface} is {one.outcome}: {one.sentence}"


def summed_up(proof: Proof, seeds: int, seconds: float) -> Iterator[str]:
    """Yield the last lines: what each check noticed, what survived, what caught nothing, who was accused, the sum."""
    yield ""
    noticed = Counter(check for one in proof.faults if one.caught is not None for check in (one.breaks, *one.others))
    yield from (f"{check:44} noticed {count}" for check, count in sorted(noticed.items()))
    yield ""
    for title, names in (("survived", proof.survivors), ("caught nothing", proof.idle)):
        if names:
            yield f"{title}: {', '.join(names)}"
    if proof.accused:
        yield f"accused wrongly: {', '.join(dict.fromkeys(one.job.name for one in proof.accused))}"
    caught = len(proof.faults) - len(proof.survivors)
    checks = len({one.breaks for one in proof.faults if one.caught is not None})
    of = f" of {sum(not check.apart for check in all_checks().values())}" if proof.whole else ""
    right = sum(one.job.kind not in _FAULTS for one in proof.found)
    yield (
        f"{caught} of {len(proof.faults)} faults were caught by the check that names them, by {checks}{of} checks; "
        f"{len(proof.accused)} of {right} that are right were accused, with {seeds} seeds; {seconds:.0f} s"
    )


# --- the work ------------------------------------------------------------------------------------

_workplaces: list[Workplace] = []
"""This process's own, once it has one."""


def _done(todo: Sequence[Job], processes: int) -> Iterator[Found]:
    """Yield what each job came to, in their order, done in so many processes; one alone is this one."""
    if processes == 1 or len(todo) == 1:
        yield from _here(todo)
        return
    spawn = multiprocessing.get_context("spawn")  # a fork would take over the threads of servers
    with ProcessPoolExecutor(min(processes, len(todo)), spawn, initializer=_begin) as executor:
        try:
            yield from executor.map(_do, todo)
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _here(todo: Iterable[Job]) -> Iterator[Found]:
    place = Workplace()
    try:
        yield from map(place.do, todo)
    finally:
        place.close()


def _begin() -> None:
    """Have a workplace; what a faulty server logs or warns of is its fault and no news."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    _workplaces.append(Workplace())


def _do(job: Job) -> Found:
    return _workplaces[0].do(job)
