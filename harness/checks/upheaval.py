"""Clauses with a before and an after: what is done to the server in between is done once, for all that wait for it.

A restart costs seconds, and five clauses are about what it leaves, of each collection and over each interface. So all
say their first half, up to a `yield`, then the server is restarted, and all say their second half. What came of each
is told when its own turn comes. What has to be the very last thing before, such as a write that a kill may lose, is
yielded: all of these are done together, and then it happens.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
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
        needs: what the target must be able to do for it, a protocol of `harness.abilities`.
    """

    def __init__(self, do: Callable[[Case], None], needs: type[Any]) -> None:
        self.do = do
        self.needs = needs

    def around(self, halves: Callable[[Case], Halves]) -> Run:
        """Make a check of a clause in two halves."""
        return update_wrapper(_TwoHalves(self, halves), halves)


class _TwoHalves:
    """The run of one check that has its upheaval in common with others."""

    def __init__(self, upheaval: Upheaval, halves: Callable[[Case], Halves]) -> None:
        self.upheaval = upheaval
        self.halves = halves

    def __call__(self, case: Case) -> None:
        case.shared.upheavals.told(self, case)


class _Half:
    """A clause on one view, whose first half has been said, or what came of that."""

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

    def finish(self, failed: Exception | None) -> None:
        """Say the second half, unless the upheaval failed."""
        self._raised = failed or self._raised
        if self._raised is None:
            try:
                self._going.send(self._sent)
            except StopIteration:
                pass
            except Exception as error:  # noqa: BLE001 - raised again when the clause has its turn
                self._raised = error
            else:
                self._raised = RuntimeError("a clause around an upheaval has one yield")
        self.close()

    def tell(self, case: Case) -> None:
        """Count all of it as asked in this case, and raise what was raised."""
        case.asked += self._case.asked
        if self._raised is not None:
            raise self._raised

    def close(self) -> None:
        """Give up what the first half holds."""
        self._going.close()


_Key = tuple[_TwoHalves, str, str]
"""A clause, a class and an interface."""


class Upheavals:
    """What was done to one opened target, with what came of the clauses that have still to be told."""

    def __init__(self) -> None:
        self._halves: dict[_Key, _Half] = {}

    def told(self, check: _TwoHalves, case: Case) -> None:
        """Tell what a clause comes to, after the upheaval of all that are about the same.

        Raises:
            Exception: what the clause raises, or what ended the upheaval; Skipped if the target can't do it.
        """
        key = _key(check, case)
        if key not in self._halves:
            case.ability(check.upheaval.needs)
            self._halves = _happened(check, case) | self._halves  # what was seen before is still told
        self._halves.pop(key).tell(case)


def _key(check: _TwoHalves, case: Case) -> _Key:
    return check, case.dataset.class_name, case.interface.name


def _happened(check: _TwoHalves, case: Case) -> dict[_Key, _Half]:
    """Say all first halves, do it, say all second halves: clause by clause, those that write after all others.

    So no clause's writing comes before another's question, whatever the collection and the interface.
    """
    halves: dict[_Key, _Half] = {}
    with ExitStack() as giving_up:
        for one, view in _alike(check, case):
            if _key(one, view) not in halves:
                half = halves[_key(one, view)] = _Half(one.halves, view)
                giving_up.callback(half.close)
        for half in halves.values():
            half.do_the_last_thing()
        failed: Exception | None = None
        try:
            check.upheaval.do(case)
        except Exception as error:  # noqa: BLE001 - it is everybody's who waited for it
            failed = error
        for half in halves.values():
            half.finish(failed)
    return halves


def _alike(check: _TwoHalves, case: Case) -> Iterator[tuple[_TwoHalves, Case]]:
    """Yield this clause and the others that wait for the same upheaval, on each view on which they are asked."""
    for one in sorted(all_checks().values(), key=lambda each: each.writes):
        if not (isinstance(one.run, _TwoHalves) and one.run.upheaval is check.upheaval):
            continue
        for view in ([case] if one.run is check else []) + list(case.views(one)):
            if one.is_about(view.endpoint.version) and not (one.writes and view.endpoint.read_only):
                yield one.run, view
