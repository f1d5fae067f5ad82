"""What all checks on one opened target share: what is done to it, what runs beside it, what is stored for several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from typing import TYPE_CHECKING, Any, TypeVar

from harness.checks.beside import Beside
from harness.checks.upheaval import Upheavals

if TYPE_CHECKING:
    from harness.checks.case import Case
    from harness.checks.registry import Check

_Made = TypeVar("_Made")


class Shelves:
    """What was stored for several checks of one collection that only ask, until those of another have their turn."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._made: dict[tuple[Any, ...], Any] = {}
        self._collection = ""

    def made(self, case: Case, make: Callable[..., AbstractContextManager[_Made]], *args: Any) -> _Made:
        """Return what `make` makes of a case and these arguments; it is made once for a collection."""
        key = (make, *args)
        if key not in self._made:
            self._made[key] = self._open.enter_context(make(case, *args))
        found: _Made = self._made[key]
        return found

    def keep(self, class_name: str) -> None:
        """Take away what is another collection's than this."""
        if class_name != self._collection:
            self.close()
            self._collection = class_name

    def close(self) -> None:
        """Take all of it away."""
        self._made.clear()
        self._open.close()


class Shared:
    """The opened target, as all checks on it share it.

    Args:
        target: for what only some can do; None in a process that has only been told its address.
        renew: makes new connections for everybody, after the database was away.
    """

    def __init__(self, target: object | None = None, renew: Callable[[], None] = lambda: None) -> None:
        self.target = target
        self.renew = renew
        self.beside = Beside()
        self.upheavals = Upheavals()
        self.shelves = Shelves()

    def close(self) -> None:
        """Take away what was brought into the database, then the databases that were started beside it."""
        with closing(self.beside), closing(self.shelves):
            pass


Views = Callable[["Check"], "Sequence[Case]"]
"""Makes the views, of a scenario's collections and over a run's interfaces, on which a check is asked."""
