"""What may be stored after writes of which some have no known end."""

from __future__ import annotations

import pytest

from harness.checks.worlds import Worlds, passes
from harness.model import State, Where
from harness.scenario import Thing, Write

CAT = Thing(1, (1.0, 0.0), {"label": "cat", "number": 3})
MOVED = Thing(1, (0.0, 1.0), {"label": "cat", "number": 3})
STORED = Worlds().after(Write("insert", (CAT,)), [State.OK])


def images(worlds: Worlds) -> list[tuple[float, ...] | None]:
    """The image of object 1 in each world; None where it is not there."""
    found = (world.get((None, 1)) for world in worlds.possible)
    return [one.image if one is not None else None for one in found]


@pytest.mark.parametrize(
    ("state", "there"),
    [(State.OK, [(0.0, 1.0)]), (State.REFUSED, [(1.0, 0.0)]), (State.UNKNOWN, [(1.0, 0.0), (0.0, 1.0)])],
)
def test_a_write_is_done_or_not_or_either(state: State, there: list[tuple[float, ...]]) -> None:
    """A write that was refused did nothing; one whose end is unknown gives a world with it and one without."""
    assert images(STORED.after(Write("replace", (MOVED,)), [state])) == there


def test_a_write_that_may_come_late_is_never_ruled_out() -> None:
    """After an unknown deletion and a later write, both orders' objects are still possible; equal worlds are one."""
    deleted = STORED.after(Write("delete", (Thing(1),)), [State.UNKNOWN])
    assert images(deleted) == [(1.0, 0.0), None]
    assert not deleted.has(CAT)
    assert images(deleted.after(Write("batch", (MOVED,)), [State.OK])) == [(0.0, 1.0)]


def test_a_patch_keeps_what_it_does_not_name() -> None:
    """A patch without an image keeps the image, and a property that it leaves out stays."""
    patched = STORED.after(Write("patch", (Thing(1, None, {"number": 7}),)), [State.OK])
    [world] = patched.possible
    assert world[None, 1] == Thing(1, (1.0, 0.0), {"label": "cat", "number": 7})


def test_each_object_of_a_batch_has_its_own_end() -> None:
    """Of a batch only what was stored is there."""
    two = Write("batch", (CAT, Thing(2, (1.0, 1.0))))
    [world] = Worlds().after(two, [State.REFUSED, State.OK]).possible
    assert set(world) == {(None, 2)}


@pytest.mark.parametrize(
    ("where", "yes"),
    [
        (None, True),
        (Where("Equal", ("label",), "cat"), True),
        (Where("NotEqual", ("label",), "cat"), False),
        (Where("LessThan", ("number",), 3), False),
        (Where("LessThanEqual", ("number",), 3), True),
        (Where("Equal", ("nowhere",), 3), False),
        (Where("And", operands=(Where("Equal", ("number",), 3), Where("Equal", ("label",), "dog"))), False),
        (Where("Or", operands=(Where("Equal", ("number",), 3), Where("Equal", ("label",), "dog"))), True),
    ],
)
def test_a_filter_lets_through_what_fits(where: Where | None, yes: bool) -> None:  # noqa: FBT001 - a row of the table
    """A comparison looks at the object's own value; what it has not is like no value."""
    assert passes(CAT, where) is yes
