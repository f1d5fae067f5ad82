"""Two answers to the same question may differ within a tie and nowhere else."""

from __future__ import annotations

from harness.checks.rankings import different
from harness.model import Hit


def ranking(*pairs: tuple[str, float | None]) -> list[Hit]:
    """Hits by id and distance."""
    return [Hit(id_, distance) for id_, distance in pairs]


WHOLE = ranking(("a", 0.0), ("b", 1.0), ("c", 1.0), ("d", 1.0), ("e", 2.0))


def test_equal_rankings_do_not_differ() -> None:
    """A ranking does not differ from itself, nor an empty one from any."""
    assert different(WHOLE, WHOLE) == []
    assert different([], WHOLE) == []
    assert different([], []) == []


def test_a_tie_may_come_in_any_order() -> None:
    """Within a tie the order is not compared."""
    assert different(ranking(("a", 0.0), ("d", 1.0), ("b", 1.0), ("c", 1.0), ("e", 2.0)), WHOLE) == []


def test_a_shorter_ranking_is_a_beginning() -> None:
    """A shorter answer may hold any members of the tie that it cuts; which of the two is shorter does not matter."""
    assert different(ranking(("a", 0.0), ("d", 1.0)), WHOLE) == []
    assert different(WHOLE, ranking(("a", 0.0), ("d", 1.0))) == []


def test_another_object_is_a_difference() -> None:
    """An object that the other answer lacks at that distance is a difference, in a whole tie and in a cut one."""
    assert different(ranking(("a", 0.0), ("x", 1.0)), WHOLE)[0].facts["objects"] == ["x"]
    swapped = ranking(("a", 0.0), ("b", 1.0), ("c", 1.0), ("x", 1.0), ("e", 2.0))
    assert different(swapped, WHOLE)[0].facts["objects"] == ["d", "x"]


def test_two_answers_that_end_within_a_tie_may_end_with_any_of_it() -> None:
    """Where neither answer is whole, each may have cut the last tie in its own way; what comes before is judged."""
    cut = ranking(("a", 0.0), ("b", 1.0))
    assert different(cut, ranking(("a", 0.0), ("c", 1.0)), whole=False) == []
    assert different(cut, ranking(("a", 0.0), ("c", 1.0))) != []
    assert different(cut, ranking(("x", 0.0), ("b", 1.0)), whole=False)[0].facts["objects"] == ["a", "x"]
    assert (
        different(cut, ranking(("a", 0.0), ("c", 1.5)), whole=False)[0].what
        == "the same question gave another distance"
    )


def test_another_distance_is_a_difference() -> None:
    """A distance that differs by more than the error is a difference, and so is one that is not there."""
    assert different(ranking(("a", 0.5)), WHOLE)[0].what == "the same question gave another distance"
    assert different(ranking(("a", None)), WHOLE)[0].facts == {"place": 0, "left": None, "right": 0.0}
    assert different(ranking(("a", 0.5)), WHOLE, error=0.6) == []


def test_objects_within_the_error_of_each_other_are_a_tie() -> None:
    """With an error, neighbours that rounding may exchange count as tied; those farther apart do not."""
    near = ranking(("a", 0.0), ("b", 1.0), ("c", 1.0000001))
    assert different(ranking(("a", 0.0), ("c", 1.0), ("b", 1.0000001)), near, error=1e-6) == []
    assert different(ranking(("b", 0.0), ("a", 1.0), ("c", 1.0000001)), near, error=1e-6) != []


def test_an_object_that_comes_twice_is_a_difference() -> None:
    """A repeated object takes another one's place in a tie."""
    assert different(ranking(("a", 0.0), ("b", 1.0), ("b", 1.0), ("c", 1.0), ("e", 2.0)), WHOLE) != []
