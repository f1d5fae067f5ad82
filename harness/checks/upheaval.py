"""Clauses with a before and an after: what is done to the server in between is done once, for all that wait for it.

A restart costs seconds, and five clauses are about what it leaves. So each says its first half, up to a `yield`, then
the server is restarted, and each says its second half when its own turn comes. What has to be the very last thing
before, such as a write that a kill may lose, is yielded: all of these are done together, and then it happens.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from copy import copy
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from harness.checks.registry import Run, all_checks

if TYPE_CHECKING:
    from harness.checks.case import Case

Halves = Generator[Callable[[], Any] | None, Any, None]
"""What a clause asks before, then one `yield`, and what it asks and judges after.

It yields what is to be done at the last moment, if there is such a thing, and is sent what that returned.
"""


class Upheaval:
    """Something that is done to a server while clauses wait for it.

    Args:
        do: does it, and returns when the server is back.
    """

    def __init__(self, do: Callable[[Case], None]) -> None:
        self.do = do

    def around(self, halves: Callable[[Case], Halves]) -> Run:
        """Make a check of a clause in two halves."""
        return update_wrapper(_TwoHalves(self, halves), halves)


class _TwoHalves:
    """The run of one check that has its upheaval in common with others."""

    def __init__(self, upheaval: Upheaval, halves: Callable[[Case], Halves]) -> None:
        self.upheaval = upheaval
        self.halves = halves

    def __call__(self, case: Case) -> None:
        case.upheavals.second_half(self, case)


class _Half:
    """A clause whose first half has been said, or what came of that."""

    def __init__(self, halves: Callable[[Case], Halves], case: Case) -> None:
        self._case = copy(case)
        self._case.asked = 0
        self._going = halves(self._case)
        self._last: Callable[[], Any] | None = None
        self._sent: Any = None
        self._raised: Exception | None = None
        try:
            self._last = next(self._going)
        except Exception as error:  # noqa: BLE001 - raised again when the clause has its turn
            self._raised = error

    def do_the_last_thing(self) -> None:
        """Do what has to come directly before."""
        try:
            self._sent = self._last() if self._last else None
        except Exception as error:  # noqa: BLE001 - raised again when the clause has its turn
            self._raised = error

    def finish(self, case: Case) -> None:
        """Say the second half, and count all of it as asked in this case."""
        try:
            if self._raised is not None:
                raise self._raised
            self._going.send(self._sent)
        except StopIteration:
            return
        finally:
            case.asked += self._case.asked
            self.close()
        raise RuntimeError("a clause around an upheaval has one yield")

    def close(self) -> None:
        """Give up what the first half holds."""
        self._going.close()


class Upheavals:
    """The last upheaval of one opened target, with the clauses that have still to say their second half."""

    def __init__(self) -> None:
        self._what: object = None
        self._waiting: dict[_TwoHalves, _Half] = {}
        self._failed: Exception | None = None

    def close(self) -> None:
        """Give up what is still waiting."""
        with ExitStack() as giving_up:
            for half in self._waiting.values():
                giving_up.callback(half.close)
            self._waiting = {}

    def second_half(self, check: _TwoHalves, case: Case) -> None:
        """Say the second half of a clause, after the upheaval of all that wait for the same.

        Raises:
            Exception: what the clause raises, or what ended the upheaval.
        """
        what = (check.upheaval, case.dataset.class_name, case.interface.name)
        if what != self._what or check not in self._waiting:
            self._begin(what, check, case)
        half = self._waiting.pop(check)
        if self._failed is not None:
            half.close()
            raise self._failed
        half.finish(case)

    def _begin(self, what: object, check: _TwoHalves, case: Case) -> None:
        self.close()
        self._what, self._failed = what, None
        for other in {check: None} | dict.fromkeys(_alike(check, case)):
            self._waiting[other] = _Half(other.halves, case)
        for half in self._waiting.values():
            half.do_the_last_thing()
        try:
            check.upheaval.do(case)
        except Exception as error:  # noqa: BLE001 - it is everybody's who waited for it
            self._failed = error


def _alike(check: _TwoHalves, case: Case) -> list[_TwoHalves]:
    """The clauses that wait for the same upheaval and have something to say about this collection."""
    return [
        one.run
        for one in all_checks().values()
        if isinstance(one.run, _TwoHalves)
        and one.run.upheaval is check.upheaval
        and one.applies(case.collection)
        and one.is_about(case.endpoint.version)
        and not (one.writes and case.endpoint.read_only)
    ]
