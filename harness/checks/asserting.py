"""Assertions for tests that a person writes: these come first, these are within; a failure shows what came instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from os import PathLike
from typing import Any

from harness.checks.asking import ask_near_image
from harness.dataset import Dataset
from harness.errors import UsageError
from harness.model import Answer, Hit, Interface, State

_BEYOND = 16
"""So many more hits are asked for than are expected: what is tied with the last one is seen, and what is too many."""


class Asserting:
    """Asks and asserts.

    An object of a scenario's collection goes by the name of its picture (`chelsea.jpg`), by its subject (`chelsea`), by
    its label (`cat`) or by its id; one of a class of your own by the property that `by` names, or by its id.

    Args:
        interface: how to ask.
        dataset: the scenario's collection.
    """

    def __init__(self, interface: Interface, dataset: Dataset) -> None:
        self._interface = interface
        self._dataset = dataset

    def near(
        self, image: str | PathLike[str], expected: Sequence[str], *, of: str = "", by: str = "", **arguments: Any
    ) -> Answer:
        """Assert that the nearest hits are these, in this order; within a tie any order is right.

        Args:
            image: the name of a picture of the collection, or the path of an image file.
            expected: the objects, nearest first.
            of: a class of your own; empty: the scenario's collection.
            by: the property that its objects go by.
            arguments: further fields of `harness.model.Question`, but for the limit: it follows from what is expected.

        Returns:
            The answer, which may have more hits than were expected.

        Raises:
            AssertionError: if others come, or it was not answered.
            UsageError: if there is no such image, or an argument does not go with it.
        """
        __tracebackhide__ = True
        answer = self._ask(image, expected, of, by, arguments)
        wanted = list(expected)
        wrong = len(answer.hits) < len(wanted)
        for _, tied in groupby(answer.hits, key=lambda hit: hit.distance):
            group = list(tied)
            wrong = wrong or not self._all_in(wanted[: len(group)], group, by)
            wanted = wanted[len(group) :]
        if wrong:
            title = f"the nearest to {image} are not the expected ones"
            raise AssertionError(self._table(title, answer.hits[: max(len(expected), 1)], expected, by))
        return answer

    def within(
        self,
        image: str | PathLike[str],
        distance: float,
        expected: Sequence[str],
        *,
        of: str = "",
        by: str = "",
        **arguments: Any,
    ) -> Answer:
        """Assert that exactly these are within a distance, in any order; arguments as for `near`.

        Raises:
            AssertionError: if one is missing or too many, or it was not answered.
            UsageError: if there is no such image, or an argument does not go with it.
        """
        __tracebackhide__ = True
        answer = self._ask(image, expected, of, by, {"distance": distance, **arguments})
        if len(answer.hits) != len(expected) or not self._all_in(expected, answer.hits, by):
            title = f"not exactly the expected ones are within {distance:g} of {image}"
            raise AssertionError(self._table(title, answer.hits, expected, by))
        return answer

    def _ask(
        self, image: str | PathLike[str], expected: Sequence[str], of: str, by: str, arguments: dict[str, Any]
    ) -> Answer:
        __tracebackhide__ = True
        if isinstance(expected, str):
            raise UsageError(f"what is expected is a list, not the text {expected!r}", hint=f"Write [{expected!r}].")
        for name in ("limit", "collection", "near"):
            if name in arguments:
                raise UsageError(f"`{name}` is not given here", hint="The limit follows from what is expected.")
        given = {"limit": len(expected) + _BEYOND, **({"collection": of} if of else {}), **arguments}
        given["properties"] = tuple(dict.fromkeys([*given.get("properties", ()), *([by] if by else [])]))
        answer = ask_near_image(self._interface, self._dataset, image, given)
        if answer.state is State.REFUSED:
            raise AssertionError(f"nearImage {image} was refused: {answer.message or answer.code}")
        if answer.state is State.UNKNOWN:
            raise AssertionError(f"nearImage {image} was not answered: {answer.message}")
        return answer

    def _all_in(self, expected: Sequence[str], hits: Sequence[Hit], by: str) -> bool:
        """Whether each of these is another one of the hits; what fits the fewest is looked for first."""
        left = list(hits)
        fits = {one: [hit for hit in hits if one in self._names(hit, by)] for one in expected}
        for one in sorted(expected, key=lambda name: len(fits[name])):
            found = next((hit for hit in fits[one] if hit in left), None)
            if found is None:
                return False
            left.remove(found)
        return True

    def _names(self, hit: Hit, by: str) -> tuple[str, ...]:
        """Everything that an object goes by, what people would call it first."""
        stored = self._dataset.by_id.get(hit.id)
        picture = stored.picture if stored is not None else None
        own = (str(hit.properties[by]),) if by and hit.properties.get(by) is not None else ()
        known = (picture.name, picture.subject, picture.label) if picture is not None else ()
        return (*own, *known, hit.id)

    def _table(self, title: str, hits: Sequence[Hit], expected: Sequence[str], by: str) -> str:
        came = [(self._names(hit, by)[0], "" if hit.distance is None else f"{hit.distance:.6g}") for hit in hits]
        rows = [("", "expected", "came", "distance"), *self._rows(expected, came)]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([title, *(f"  {line}" for line in lines)])

    @staticmethod
    def _rows(expected: Sequence[str], came: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str, str]]:
        """Yield place, what was expected there, what came, and its distance."""
        for place in range(max(len(expected), len(came))):
            wanted = expected[place] if place < len(expected) else "-"
            name, distance = came[place] if place < len(came) else ("-", "")
            yield str(place + 1), wanted, name, distance
