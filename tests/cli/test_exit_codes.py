"""What `nearimage run` ends with, and what it says then."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from urllib.request import urlopen

import pytest
from running import ONE_CHECK, TINY, Place

from harness.cli import main
from harness.errors import ExitCode, worst
from harness.images import shipped_folder

WRONG = ONE_CHECK.replace("{first: p-0000}", "{first: p-0001}")
PLANTED = "from: planted, subjects: 4, views: 1, dimensions: 8, ties: 1, seed: 1"
PHOTOS = TINY.replace(PLANTED, "from: shipped:photos, first: 2").replace("p-0000", "astronaut.jpg")


@pytest.fixture(autouse=True)
def own_folder(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process keep their things in the test's folder too."""
    monkeypatch.chdir(place.folder)
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)


def test_what_holds_is_0(place: Place, server: str) -> None:
    """A run in which everything held ends with 0, a table, a page and a record, and leaves nothing else."""
    place.scenario()
    result = place.run("run", "tiny.yaml", "--target", server)
    assert (result.returncode, result.stderr) == (0, "")
    assert "Everything held" in result.stdout
    assert f"page: {place.record.with_name('report.html').relative_to(place.folder)}" in result.stdout
    assert place.record.with_name("report.html").stat().st_size > 1000
    assert {path.name for path in place.record.parent.iterdir()} == {"record.jsonl", "report.html"}
    assert {path.name for path in place.folder.iterdir()} == {"tiny.yaml", "nearimage-out", "state", "tmp"}
    assert place.left() == []
    with urlopen(f"{server.partition('?')[0]}/v1/schema") as answer:
        assert json.load(answer)["classes"] == []


def test_what_is_violated_is_1(place: Place) -> None:
    """A liar, reached by the name that a person types, ends the run with 1 and the command that asks again."""
    place.scenario()
    result = place.run("run", "tiny.yaml", "--target", "reference:exclusive_threshold", "--checks", "threshold/*")
    assert result.returncode == 1, result.stderr
    assert "threshold/inclusive" in result.stdout
    repeat = "nearimage run tiny.yaml --target reference:exclusive_threshold --checks threshold/inclusive"
    assert repeat in result.stdout
    assert "No Weaviate was tested" in result.stdout
    assert place.left() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "tiny.yaml", "--checks", "treshold/*"], "no check is called treshold/*\nDid you mean threshold/*?"),
        (["run", "tiny.yaml", "--checks", "treshold"], "no check is called treshold\nDid you mean threshold/*?"),
        (["run", "tiny.yaml", "--checks", "latency/right2"], "Did you mean latency/right?"),
        (["run", "tiny.yaml", "--checks", "latency/p99"], "no check is called latency/p99\n"),
        (["run", "tiny.yaml", "--target", "refrence"], "there is no target 'refrence'\nDid you mean reference?"),
        (["run", "tiny.yaml", "--target", "reference:exclusiv_threshold"], "Did you mean reference:exclusive_thr"),
        (["run", "tiny.yaml", "--interfaces", "grpc,graph"], "there is no interface 'graph'"),
        (["run", "tinny.yaml"], "there is no such scenario\ndid you mean `tiny.yaml`?"),
        (["run", "tiny.yaml", "--out", "/dev/null/x"], "Name another place: --out."),
        (["run", "tiny.yaml", "--junitxml", "/dev/null/x"], "/dev/null/x: can't be written"),
        (["run", "tiny.yaml", "--benchmark-json", "/dev/null/x"], "/dev/null/x: can't be written"),
        (["report", "nowhere"], "nowhere: cannot be read"),
        (["report", "tiny.yaml"], "tiny.yaml:1: is no record"),
        (["images", "nowhere"], "nowhere"),
        (["down", "--target", "reference!"], "there is no target 'reference!'"),
    ],
)
def test_a_mistake_is_2(arguments: list[str], says: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that can't be meant ends with 2, a sentence and the nearest name, before anything is started."""
    place.scenario()
    assert main(arguments) == 2
    assert says in capsys.readouterr().err
    assert not (place.folder / "nearimage-out").exists()
    assert place.left() == []


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_wrong_scenario_is_2_with_its_line(command: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in a scenario is told with file and line and the nearest valid name."""
    place.scenario(TINY.replace("{first: p-0000}", "{frist: p-0000}"))
    assert main([command, "tiny.yaml"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("nearimage: tiny.yaml:13: there is no promise `frist` about nearest")
    assert "did you mean `first`?" in said.err
    assert not (place.folder / "nearimage-out").exists()


@pytest.mark.parametrize("command", [["run", "mine.yaml"], ["validate", "mine.yaml"], ["images", "mine"]])
def test_a_photograph_that_cannot_be_decoded_is_2(
    command: list[str], place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a photograph is found before anything is started: its name, and what to do."""
    place.scenario(TINY.replace(PLANTED, "from: ./mine").replace("p-0000", "cat/chelsea.jpg"), "mine.yaml")
    (place.folder / "mine" / "cat").mkdir(parents=True)
    photo = (shipped_folder("fixtures") / "photos" / "chelsea.jpg").read_bytes()
    (place.folder / "mine" / "cat" / "chelsea.jpg").write_bytes(photo)
    (place.folder / "mine" / "cat" / "half.jpg").write_bytes(photo[: len(photo) // 2])
    assert main(command) == 2
    said = capsys.readouterr().err
    assert "mine/cat/half.jpg: the image is damaged or cut off" in said
    assert "take it out of the folder" in said
    assert not (place.folder / "nearimage-out").exists()


def test_a_run_that_never_started_leaves_no_folder(place: Place) -> None:
    """A mistake that is found late is no run: nothing of it is kept."""
    place.scenario()
    result = place.run("run", "tiny.yaml", "--target", "reference", env={"NEARIMAGE_STATE": "/dev/null/x"})
    assert result.returncode == 2
    assert "nothing can be noted down" in result.stderr
    assert not (place.folder / "nearimage-out").exists()


def test_everything_and_something_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    """`--all` beside a scenario's name is a mistake, found before anything is started."""
    assert main(["run", "--all", "smoke"]) == 2
    assert "--all means every shipped scenario, and others were named too" in capsys.readouterr().err


def test_an_unknown_option_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    """What the command line doesn't know ends with 2 as well."""
    with pytest.raises(SystemExit) as ended:
        main(["run", "--tarket", "reference"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --tarket" in capsys.readouterr().err


def test_a_place_for_notes_that_is_none_is_2(place: Place) -> None:
    """If nothing can be noted down about what is started, nothing is started."""
    place.scenario()
    result = place.run("run", "tiny.yaml", "--target", "reference", env={"NEARIMAGE_STATE": "/dev/null/x"})
    assert result.returncode == 2
    assert "NEARIMAGE_STATE" in result.stderr
    assert "Traceback" not in result.stderr


def test_what_is_undecided_is_3(place: Place, blind_server: str) -> None:
    """A server that stores no image leaves every check undecided."""
    place.scenario(PHOTOS)
    result = place.run("run", "tiny.yaml", "--target", blind_server)
    assert result.returncode == 3, result.stderr
    assert "the image astronaut.jpg could not be stored" in result.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--target", "http://127.0.0.1:1"], "http://127.0.0.1:1"),
        (["--target", "reference", "--require", "weaviate"], "--require weaviate asks for a real one"),
    ],
)
def test_no_target_is_4(options: list[str], says: str, place: Place) -> None:
    """Without the database that was asked for nothing is checked: 4, what was wrong, and a record of it."""
    place.scenario()
    result = place.run("run", "tiny.yaml", *options)
    assert result.returncode == 4
    assert result.stderr.startswith("nearimage: ")
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert [entry["exit_code"] for entry in place.entries("end")] == [4]
    assert place.left() == []


def test_the_reference_at_an_address_is_no_weaviate(place: Place, server: str) -> None:
    """`--require weaviate` is not satisfied by a reference that answers at an address: 4."""
    place.scenario()
    result = place.run("run", "tiny.yaml", "--target", server, "--require", "weaviate")
    assert result.returncode == 4
    assert "--require weaviate asks for a real one" in result.stderr


def test_a_server_without_the_module_is_4(place: Place, bare_server: str) -> None:
    """A server that lacks the scenario's module can't be asked: 4 and how to start it with the module."""
    place.scenario()
    result = place.run("run", "tiny.yaml", "--target", bare_server)
    assert result.returncode == 4
    assert "does not have the module img2vec-neural" in result.stderr
    assert "ENABLE_MODULES" in result.stderr


def test_nothing_that_ran_is_5(place: Place, server: str) -> None:
    """Checks that exist and apply to nothing here are no pass: 5, and a sentence."""
    place.scenario()
    result = place.run("run", "tiny.yaml", "--target", server, "--checks", "near-text/*")
    assert (result.returncode, result.stderr) == (5, "nearimage: nothing ran\n")
    assert not (place.folder / "nearimage-out").exists()


def test_what_the_table_calls_a_latency_can_be_asked_for(place: Place, server: str) -> None:
    """`--checks latency/p50` judges that promise alone, of every question that is timed."""
    place.scenario(ONE_CHECK.replace("promises:\n", "promises:\n  latency: {p50: 60s}\n").replace("12", "20"))
    result = place.run("run", "tiny.yaml", "--target", server, "--checks", "latency/p50")
    assert (result.returncode, result.stderr) == (0, "")
    assert {entry["check"] for entry in place.entries("verdict")} == {"latency/p50"}


def test_nothing_but_skips_is_5(place: Place, server: str) -> None:
    """A run in which every check was skipped is no pass, and says why each was."""
    place.scenario(ONE_CHECK + 'needs: {weaviate: ">=9"}\n')
    result = place.run("run", "tiny.yaml", "--target", server)
    assert result.returncode == 5
    assert "the scenario needs Weaviate >=9, this is 1.39.0" in result.stdout
    assert "Nothing ran, so nothing is known." in result.stdout


def test_a_class_that_may_not_be_made_is_5(place: Place, server: str) -> None:
    """With `--read-only` and without its class every check and every latency is skipped, with what to do."""
    place.scenario()
    result = place.run("run", "tiny.yaml", "--target", server, "--read-only")
    assert result.returncode == 5, result.stdout + result.stderr
    assert "10 skipped: the server has no class Tiny, and with --read-only none is created. Write a" in result.stdout
    assert "Nothing ran, so nothing is known." in result.stdout
    assert {entry["outcome"] for entry in place.entries("verdict")} == {"skipped"}


def test_a_bug_of_ours_is_70(place: Place, server: str) -> None:
    """A check that raises what no check should is a bug: 70, before every other code, with its traceback."""
    place.scenario(WRONG.replace("[near-image/ascending]", '["broken/*"]'))
    result = subprocess.run(
        [sys.executable, Path(__file__).with_name("broken_check.py"), "run", "tiny.yaml", "--target", server],
        env=place.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert result.returncode == 70
    assert "a bug of ours; please report it" in result.stderr
    assert "ZeroDivisionError: Tiny" in result.stderr
    assert {entry["outcome"] for entry in place.entries("verdict")} >= {"violated", "held"}
    assert [entry["exit_code"] for entry in place.entries("end")] == [70]
    assert place.left() == []


def test_a_bug_of_ours_before_the_first_check_is_70(place: Place) -> None:
    """What fails while a run is being made is a bug too, and not a run in which nothing ran."""
    place.scenario()
    result = subprocess.run(
        [sys.executable, Path(__file__).with_name("broken_start.py"), "run", "tiny.yaml", "--target", "reference"],
        cwd=place.folder,
        env=place.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert result.returncode == 70
    assert "a bug of ours; please report it" in result.stderr
    assert "ZeroDivisionError: no record" in result.stderr
    assert not (place.folder / "nearimage-out").exists()


def test_the_codes_have_an_order() -> None:
    """Of two codes the graver wins: 70, 2, 4, 130, 1, 3, 5, 0; they are never added up."""
    order = [ExitCode(code) for code in (70, 2, 4, 130, 1, 3, 5, 0)]
    assert sorted(order) == sorted(ExitCode)
    for graver, lighter in combinations(order, 2):
        assert worst([lighter, graver, lighter]) == graver
    assert worst([]) == 5


def test_what_surrounds_a_run_does_not_touch_it(place: Place, server: str) -> None:
    """Another project's conftest, settings, plugins and modules of our names, all broken, make no difference."""
    place.scenario()
    (place.folder / "conftest.py").write_text("raise SystemError('conftest')\n")
    (place.folder / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\nfilterwarnings = error\n")
    for name in ("harness", "numpy", "pytest", "yaml", "site_settings"):
        (place.folder / f"{name}.py").write_text("raise SystemError('module')\n")
    hostile = {
        "PYTEST_ADDOPTS": "--nonsense",
        "PYTEST_PLUGINS": "site_settings",
        "PYTHONWARNINGS": "error::UserWarning",
    }
    result = place.run("run", "tiny.yaml", "--target", server, env=hostile)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_full_disk_behind_the_output_is_a_sentence(place: Place) -> None:
    """What can't be printed is told in one sentence, with a code that isn't that of a finding."""
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "harness.cli", "list", "checks"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (result.returncode, result.stderr) == (
        2,
        "nearimage: the output can't be written: No space left on device\n",
    )
    del place
