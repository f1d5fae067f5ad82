"""Numbers and evidence read as a person would say them."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report import words

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_neighbours_read_differently(value: float) -> None:
    """A distance in words gives the same float32 back."""
    assert struct.pack("f", float(words.number(value))) == struct.pack("f", value)


def test_distances_are_not_longer_than_they_need_be() -> None:
    """Round distances stay round."""
    assert [words.number(value) for value in (0.0, 0.25, 3.0, 0.30000001192092896)] == ["0", "0.25", "3", "0.300000012"]


def test_milliseconds_have_about_three_digits() -> None:
    """Small times have two decimals, large ones none."""
    assert [words.milliseconds(value) for value in (0.126, 9.999, 12.34, 432.1, 12345.6)] == [
        "0.13",
        "10.00",
        "12.3",
        "432",
        "12,346",
    ]


def test_times_are_said_in_seconds_then_minutes() -> None:
    """A minute and more is said as such, and never as sixty seconds of rest."""
    assert [words.duration(seconds) for seconds in (0, 41.23, 60, 119.7)] == [
        "0.0 s",
        "41.2 s",
        "1 min 0 s",
        "2 min 0 s",
    ]


def test_a_moment_is_said_in_utc() -> None:
    """Wherever the run was, the page says its time in UTC."""
    here = timezone(timedelta(hours=2))

    assert words.moment(datetime(2025, 3, 1, 1, 5, tzinfo=here)) == "28 February 2025, 23:05 UTC"


def test_counts_agree_with_their_noun() -> None:
    """One check, two checks, a thousand with a comma, and nouns that are not regular."""
    assert [words.count(n, "check") for n in (0, 1, 1000)] == ["0 checks", "1 check", "1,000 checks"]
    assert words.count(2, "query", "queries") == "2 queries"


def test_a_list_is_cut_where_that_is_shorter() -> None:
    """Up to one more than asked for is said in full; of more, the number left out."""
    assert words.listing(["a", "b", "c"], 2) == "a, b, c"
    assert words.listing(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert words.listing([], 2) == ""


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (None, "none"),
        (True, "yes"),
        (3, "3"),
        (0.1, "0.1"),
        ("", "(empty)"),
        ([], "nothing"),
        ({}, "nothing"),
        ([1, [2, 3]], "1, (2, 3)"),
        (list(range(20)), "0, 1, 2, 3, 4, 5 and 14 more"),
        ({"a_b": 1, "c": None}, "a b 1, c none"),
        (
            [{"id": "9f", "name": "cat.jpg", "distance": 0.5}, {"id": "9f", "name": "", "distance": None}],
            "cat.jpg at 0.5, 9f",
        ),
        ("two\nlines\x07", "two lines\ufffd"),
    ],
)
def test_facts_in_words(fact: object, said: str) -> None:
    """Each kind of fact has its words; returned objects are said by name and distance."""
    assert words.evidence({"some_fact": fact}) == [("some fact", said)]


@given(JSON)
def test_every_fact_is_one_short_line(fact: object) -> None:
    """Whatever the evidence is, its words are one line of bounded length without a steering sign."""
    ((_, said),) = words.evidence({"fact": fact})

    assert 0 < len(said) <= 160
    assert words.clean(said) == said
    assert "\n" not in said
