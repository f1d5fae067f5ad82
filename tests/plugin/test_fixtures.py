"""The fixtures for tests that a person writes by hand."""

from __future__ import annotations

from inner_runs import Inner


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


def test_a_marker_that_names_no_scenario_says_so(inner: Inner) -> None:
    """A scenario that is not there ends the run with a sentence and exit 2 before a database is started."""
    inner.pytester.makepyfile(
        """
        import pytest

        @pytest.mark.scenario("tinny.yaml")
        def test_it(near_image): ...
        """
    )
    result = inner.pytester.runpytest_inprocess(
        "--target", "http://127.0.0.1:1", "test_a_marker_that_names_no_scenario_says_so.py"
    )
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*tinny.yaml: there is no such scenario*"])
