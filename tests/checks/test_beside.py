"""Databases beside the open one are started once for all who ask for the same, and go again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from harness.checks.beside import Beside, answers
from harness.errors import TargetError
from harness.model import Endpoint
from harness.reference import serve


class Lender:
    """A target whose second databases are references in this process; `started` and `ended` tell of them in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started: list[str] = []
        self.ended: list[str] = []

    @contextmanager
    def second(self, settings: Mapping[str, str]) -> Iterator[Endpoint]:
        """One reference, called by the value of its one setting."""
        name = next(iter(settings.values()))
        if name == "broken":
            raise TargetError("it did not start")
        self.started.append(name)
        folder = self._folder / str(len(self.started))
        with serve(inference_url="http://127.0.0.1:9", folder=folder, environment={}) as served:
            yield Endpoint("reference", served.url, "1.39.0", grpc=served.grpc)
        self.ended.append(name)


@pytest.fixture
def lender(tmp_path: Path) -> Lender:
    """A target of which nobody has asked anything."""
    return Lender(tmp_path)


def test_the_same_settings_are_one_database(lender: Lender) -> None:
    """Who asks for the settings of another gets its database, other settings are another one, and all go in the end."""
    with closing(Beside()) as beside:
        one, same, other = (beside.second(lender, {"NAME": name}) for name in ("a", "a", "b"))
        assert one == same
        assert other.url != one.url
        assert answers(one)
        assert (lender.started, lender.ended) == (["a", "b"], [])
    assert sorted(lender.ended) == ["a", "b"]
    assert not answers(one)


def test_what_does_not_answer_is_started_anew(lender: Lender) -> None:
    """A database that a check has left without an answer is taken away, and the next check gets another."""
    with closing(Beside()) as beside:
        beside.second(lender, {"NAME": "a"})
        beside._seconds[frozenset({("NAME", "a")})][1].close()
        again = beside.second(lender, {"NAME": "a"})
        assert answers(again)
        assert lender.started == ["a", "a"]


def test_few_are_kept(lender: Lender) -> None:
    """The one that nobody asked for the longest goes when there are five and a sixth is asked for."""
    with closing(Beside()) as beside:
        for name in "abcdeaf":
            beside.second(lender, {"NAME": name})
        assert lender.ended == ["b"]


def test_one_that_does_not_start_is_told_each_time(lender: Lender) -> None:
    """Each check that asks for a database that does not start hears why."""
    with closing(Beside()) as beside:
        for _ in range(2):
            with pytest.raises(TargetError, match="it did not start"):
                beside.second(lender, {"NAME": "broken"})
