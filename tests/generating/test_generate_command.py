"""`nearimage generate`: what it says, what it ends with, what it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import ExitCode, UsageError
from harness.generating.command import CASE, Wish, generate
from harness.inference.serving import serve as serve_inference
from harness.interfaces.rest import Rest
from harness.model import Endpoint
from harness.options import TargetOptions
from harness.reference.mutants import MUTANTS
from harness.reference.server import serve


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is noted down stays in the test's own folder."""
    monkeypatch.setenv("NEARIMAGE_STATE", str(tmp_path / "state"))


def wish(server: str, out: Path, **more: object) -> Wish:
    """What a person asks for, with few cases."""
    values = {"cases": 5, "out": out, **more}
    return Wish(TargetOptions(target=(server,)), **values)  # type: ignore[arg-type]


def test_a_server_that_is_right_holds(server: str, tmp_path: Path) -> None:
    """It ends with 0, says how much was asked and from which seed, and leaves neither a class nor a file."""
    said: list[str] = []
    assert generate(wish(server, tmp_path / "out", seed=4), say=said.append) is ExitCode.HELD
    assert said[0].startswith("no Weaviate was tested")
    assert said[1] == "Everything held."
    assert "steps over graphql and grpc; seed 4;" in said[2]
    assert not (tmp_path / "out").exists()
    with Rest(Endpoint("", server.partition("?")[0], "")) as rest:
        assert not [one for one in rest.classes() if "Generated" in one["class"]]


def test_a_fault_ends_with_the_scenario_that_repeats_it(tmp_path: Path) -> None:
    """It ends with 1; the scenario is printed and written, and the last command runs it: that ends with 1 too."""
    said: list[str] = []
    rules = MUTANTS["deleted_is_found"].rules()
    with serve_inference() as service, serve(inference_url=service, folder=tmp_path / "a", rules=rules) as served:
        address = f"{served.url}?grpc={served.grpc.rpartition(':')[2]}"
        asked = wish(address, tmp_path / "out", cases=100, shrinking=0.5, modules=("img2vec-neural",))
        assert generate(asked, say=said.append) is ExitCode.VIOLATED
        [path] = (tmp_path / "out").glob(f"*/{CASE}")
        assert path.read_text() in said
        words = next(line for line in said if line.startswith("  $ nearimage run ")).split()
        again = [*words[2:], "--quiet", "--out", str(tmp_path / "again")]
        assert "--interfaces" in again
        assert main([word.strip("'") for word in again]) == ExitCode.VIOLATED


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"cases": 0}, "--cases is more than 0, not 0"),
        ({"seconds": 0.0}, "--seconds is more than 0"),
        ({"modules": ("img2vec",)}, "no image module is called 'img2vec'"),
        ({"interfaces": ("grpcc",)}, "no interface 'grpcc'"),
    ],
)
def test_a_wrong_wish_starts_nothing(more: dict[str, object], says: str, tmp_path: Path) -> None:
    """What cannot be is a sentence, before anything is opened."""
    with pytest.raises(UsageError, match=says):
        generate(wish("http://127.0.0.1:9", tmp_path, **more), say=print)


def test_a_server_that_may_only_be_read_is_asked_nothing(server: str, tmp_path: Path) -> None:
    """With --read-only nothing is written, and nothing that ran is no pass."""
    said: list[str] = []
    asked = Wish(TargetOptions(target=(server,), read_only=True), out=tmp_path)
    assert generate(asked, say=said.append) is ExitCode.NOTHING_RAN
    assert said[1].startswith("skipped: generated cases write")


def test_a_failure_has_a_place_to_go_before_anything_is_asked(tmp_path: Path) -> None:
    """A file in the place of the folder is said at once, not after minutes with a failure in hand."""
    (tmp_path / "out").touch()
    with pytest.raises(UsageError, match="can't be made") as caught:
        generate(wish("http://127.0.0.1:9", tmp_path / "out"), say=print)
    assert "--out" in caught.value.hint
