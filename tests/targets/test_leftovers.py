"""Collections of crashed runs in somebody's database: found by their mark, and nothing else touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.dataset.names import Run
from harness.errors import TargetError
from harness.model import Endpoint
from harness.targets.leftovers import collections_left, remove_collections, survey

LIVE = Run()
DEAD = Run(id="0a1b2c", pid=99_999_999).description
THERE = Run(id="0a1b2e", host="elsewhere", pid=1).description


@pytest.fixture
def endpoint(stranger: Any) -> Endpoint:
    """A database with collections of a dead run, a live run, another host's run, and of persons."""
    classes = {
        "Ni0a1b2c_Dead": DEAD,
        LIVE.class_name("Alive"): LIVE.description,
        "Ni0a1b2e_There": THERE,
        "Dog": DEAD,
        "Ni0a1b2f_Mine": "my own notes",
        "Ni0a1b2f_More": DEAD + " and more",
        "Plain": None,
    }
    schema = {"classes": [{"class": name, "description": text} for name, text in classes.items()]}
    stranger.answers["GET /v1/schema"] = (200, "application/json", json.dumps(schema).encode())
    for name in classes:
        stranger.answers[f"DELETE /v1/schema/{name}"] = (200, "application/json", b"")
    return Endpoint("x", f"http://127.0.0.1:{stranger.port}", "1.39.0", api_key="s3cret")


def deleted(stranger: Any) -> list[str]:
    """The names that the database was told to delete."""
    return [what.rpartition("/")[2] for what, _ in stranger.asked if what.startswith("DELETE")]


def test_only_collections_of_runs_that_are_over_are_left(endpoint: Endpoint) -> None:
    """A live run's collections, another host's and a person's own do not count."""
    assert collections_left(endpoint) == ["Ni0a1b2c_Dead"]


def test_another_host_s_are_included_on_request(endpoint: Endpoint) -> None:
    """Nobody here can tell whether that run lives, so a person must say so."""
    assert collections_left(endpoint, other_hosts=True) == ["Ni0a1b2c_Dead", "Ni0a1b2e_There"]


def test_the_survey_says_of_each_whether_its_run_lives(endpoint: Endpoint) -> None:
    """True, False, or None where nobody here can say."""
    assert {each.name: each.alive for each in survey(endpoint)} == {
        "Ni0a1b2c_Dead": False,
        LIVE.class_name("Alive"): True,
        "Ni0a1b2e_There": None,
    }


def test_removal_deletes_exactly_what_is_left(endpoint: Endpoint, stranger: Any) -> None:
    """Nothing but the dead run's collection is deleted, with the key sent."""
    assert remove_collections(endpoint) == ["Ni0a1b2c_Dead"]
    assert deleted(stranger) == ["Ni0a1b2c_Dead"]
    assert {headers.get("Authorization") for _, headers in stranger.asked} == {"Bearer s3cret"}


def test_a_collection_that_is_gone_meanwhile_is_no_error(endpoint: Endpoint, stranger: Any) -> None:
    """Two clean-ups at once do not disturb each other."""
    del stranger.answers["DELETE /v1/schema/Ni0a1b2c_Dead"]
    assert remove_collections(endpoint) == ["Ni0a1b2c_Dead"]


def test_read_only_removes_nothing(endpoint: Endpoint, stranger: Any) -> None:
    """With --read-only even leftovers stay."""
    reading = Endpoint("x", endpoint.url, "1.39.0", read_only=True)
    with pytest.raises(TargetError, match="read-only"):
        remove_collections(reading)
    assert not stranger.asked


@pytest.mark.parametrize("answer", [(500, "application/json", b"broken"), (200, "text/html", b"<html>")])
def test_a_database_that_does_not_list_its_collections_is_an_error(
    endpoint: Endpoint, stranger: Any, answer: tuple[int, str, bytes]
) -> None:
    """No answer is not the same as nothing left."""
    stranger.answers["GET /v1/schema"] = answer
    with pytest.raises(TargetError, match="refused GET /v1/schema"):
        collections_left(endpoint)
