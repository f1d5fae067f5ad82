"""The library as its users have it: the example of `docs/library.md`, and what an assertion says when it fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from inner_runs import Inner

EXAMPLE = Path(__file__).parents[2] / "docs" / "library"


def test_the_example_runs_as_it_stands(inner: Inner) -> None:
    """The tests of the page pass, started from elsewhere, on the scenario beside them; their class is gone then."""
    folder = inner.pytester.path / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    result = inner.run_apart(str(folder / "test_my_photos.py"), "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("asserted", "says"),
    [
        (
            'assert_near("p-0000", ["p-0000", "p-0003"])',
            ["*the nearest to p-0000 are not the expected ones", "*expected*came*distance", "*2  p-0003*p-0000#tie*0"],
        ),
        ('assert_near("p-0000", ["p-0000"] * 9)', ["*the nearest to p-0000 are not*", "*9  p-0000 *"]),
        (
            'assert_within("p-0000", 0.5, ["p-0000", "p-0000#1"])',
            ["*not exactly the expected ones are within 0.5 of p-0000", "*1  p-0000*p-0000*0", "*2  p-0000#1*-*"],
        ),
        ('assert_within("p-0000", 1, ["p-0000"])', ["*not exactly the expected*", "*3  -*p-0000#1*1"]),
        ('assert_near("p-0000", ["p-0000"], certainty=0.9)', ["*nearImage p-0000 was refused: *certainty*"]),
        ('assert_near("p-0000", ["p-0000"], of="Nowhere")', ["*nearImage p-0000 was refused: *Nowhere*"]),
        ('assert_near("p-0000", "p-0000")', ["*what is expected is a list, not the text 'p-0000'*"]),
        ('assert_near("p-0000", ["p-0000"], limit=1)', ["*`limit` is not given here*"]),
    ],
)
def test_a_failure_shows_what_came(inner: Inner, asserted: str, says: list[str]) -> None:
    """It says what was expected, what came and how far each is, and no line of ours stands in the traceback."""
    inner.pytester.makepyfile(
        test_mine=f"""
        import pytest

        @pytest.mark.scenario("tiny.yaml")
        def test_it(assert_near, assert_within):
            {asserted}
        """
    )
    result = inner.run("test_mine.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  " + line for line in says])
    result.stdout.no_fnmatch_line("*asserting.py*")


def test_what_is_right_passes(inner: Inner) -> None:
    """Names, subjects, labels and ids all mean an object; ties come in any order, also at the end of the list."""
    inner.pytester.makepyfile(
        test_mine="""
        import pytest

        pytestmark = pytest.mark.scenario("tiny.yaml")

        def test_by_any_name(assert_near, collection):
            first = collection.stored[0]
            for name in (first.picture.name, first.picture.subject, first.picture.label, first.id):
                assert assert_near("p-0000", [name]).hits[0].id == first.id

        def test_ties(assert_near, assert_within, collection):
            by_vector = {}
            for one in collection.stored:
                by_vector.setdefault(one.vector, []).append(one.picture.name)
            [tied] = (names for names in by_vector.values() if len(names) > 1)
            for names in (tied, tied[::-1], tied[:1], tied[1:]):
                assert_near(tied[0], names)
            assert_within(tied[0], 0, tied[::-1])

        def test_nothing_is_within_less_than_nothing(assert_within):
            assert_within("p-0000", -1, [])
        """
    )
    inner.run("test_mine.py").assert_outcomes(passed=3)


def test_the_client_is_the_official_one(inner: Inner) -> None:
    """`weaviate_client` is connected to the target and closed afterwards."""
    inner.pytester.makepyfile(
        test_mine="""
        kept = []

        def test_connected(weaviate_client, endpoint):
            kept.append(weaviate_client)
            assert weaviate_client.is_ready()
            assert weaviate_client.get_meta()["version"] == endpoint.version

        def test_closed():
            assert not kept[0].is_connected()
        """
    )
    inner.run_apart("test_mine.py").assert_outcomes(passed=2)


def test_without_grpc_a_test_of_the_client_skips(inner: Inner) -> None:
    """A server of whose gRPC nothing is known cannot have the client, and the reason says so."""
    inner.pytester.makepyfile(test_mine="def test_it(weaviate_client): ...")
    inner.server = inner.server.partition("?")[0] + "?grpc=off"
    result = inner.run("test_mine.py", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*the Python client does not connect to this server*"])
