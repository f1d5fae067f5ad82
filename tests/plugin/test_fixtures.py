"""The fixtures for tests that a person writes by hand."""

from __future__ import annotations

import pytest
from inner_runs import Inner
from running import TINY


def test_endpoint_is_the_target(inner: Inner) -> None:
    """`endpoint` is the database that `--target` names, one for the whole run."""
    (inner.pytester.path / "tiny.yaml").unlink()
    inner.pytester.makepyfile(
        f"""
        seen = []
        def test_one(endpoint):
            seen.append(endpoint)
            assert endpoint.url == {inner.server.partition("?")[0]!r}
            assert endpoint.version == "1.39.0"
        def test_two(endpoint):
            assert endpoint is seen[0]
        """
    )
    result = inner.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["nearimage: no Weaviate was tested: the reference* at http://*"])


def test_collection_and_near_image_ask_a_scenario(inner: Inner) -> None:
    """`collection` is the scenario's first one, loaded; `near_image` asks it, by a picture's name or by a file."""
    inner.pytester.makepyfile(
        """
        import pytest
        from harness.images import planted_picture

        pytestmark = pytest.mark.scenario("tiny.yaml")

        def test_loaded(collection):
            assert len(collection.stored) == 9
            assert collection.collection.name == "Tiny"

        def test_by_name(near_image, collection):
            answer = near_image("p-0000", limit=2)
            assert [hit.distance for hit in answer.hits] == sorted(hit.distance for hit in answer.hits)
            assert collection.by_id[answer.hits[0].id].picture.subject == "p-0000"

        def test_by_file(near_image, collection, tmp_path):
            path = tmp_path / "own.png"
            path.write_bytes(collection.stored[0].picture.data)
            assert near_image(path, distance=0).hits[0].distance == 0

        def test_neither(near_image):
            with pytest.raises(Exception, match="neither a picture of Tiny nor a file"):
                near_image("p-9999")
        """
    )
    inner.run("test_collection_and_near_image_ask_a_scenario.py").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ('"tinny.yaml"', "tinny.yaml: there is no such scenario"),
        ('"wrong.yaml"', "wrong.yaml:11: unknown key `near_imge`*"),
        ('"empty"', "the marker `scenario` of test_it names no scenario"),
        ("", "the marker `scenario` of test_it names no scenario"),
        ("3", "the marker `scenario` of test_it names no scenario"),
    ],
)
def test_a_marker_that_names_no_scenario_fails_its_test_alone(inner: Inner, marker: str, says: str) -> None:
    """That test has an error with a sentence and no traceback, nothing is started for it, and the others run."""
    inner.scenario(TINY.replace("near_image: p-0000", "near_imge: p-0000"), "wrong.yaml")
    (inner.pytester.path / "empty").mkdir()
    inner.pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.scenario({marker})
        def test_it(near_image): ...

        def test_other(): ...
        """
    )
    test = "test_a_marker_that_names_no_scenario_fails_its_test_alone.py"
    result = inner.pytester.runpytest_inprocess("--target", "http://127.0.0.1:1", test)
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([says])
    result.stdout.no_fnmatch_line("*plugin.py*")


def test_a_wrong_marker_leaves_the_right_ones_alone(inner: Inner) -> None:
    """Tests with a scenario that is right run on it, wherever the wrong one stands."""
    inner.pytester.makepyfile(
        """
        import pytest

        @pytest.mark.scenario("tinny.yaml")
        def test_wrong(near_image): ...

        @pytest.mark.scenario("tiny.yaml")
        def test_right(near_image):
            assert near_image("p-0000", limit=1).hits
        """
    )
    inner.run("test_a_wrong_marker_leaves_the_right_ones_alone.py").assert_outcomes(errors=1, passed=1)
