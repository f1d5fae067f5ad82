"""The commands beside `run`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from running import Place

from harness.checks import all_checks
from harness.cli import main
from harness.images import load_manifest, shipped_folder
from harness.interfaces import NAMES


@pytest.fixture(autouse=True)
def own_folder(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command runs in a folder of its own."""
    monkeypatch.chdir(place.folder)
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)


def test_validate_says_what_a_scenario_holds(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """`validate` prints a line for each scenario, and starts nothing."""
    place.scenario()
    assert main(["validate", "tiny.yaml", "smoke"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "tiny.yaml: tiny (1 collection, 1 question)"
    assert "does it work at all" in lines[1]
    assert place.left() == []


def test_validate_without_a_name_checks_all_that_are_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    """Every scenario that comes along is right."""
    assert main(["validate"]) == 0
    assert {Path(line.partition(":")[0]).name for line in capsys.readouterr().out.splitlines()} == {
        path.name for path in shipped_folder("scenarios").glob("*.yaml")
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--rate 5 --duration -1s", "`--duration` is '-1s', which is no duration"),
        ("--rate nan --duration 1s", "`--rate` must be a finite number, not nan"),
        ("--step 5x", "`--step` must be a text that says something"),
        ("--rate 5 --duration 1s --near vector --unique", "`unique` is about images"),
        ("--rate 0.1 --duration 1s", "0 requests are intended"),
    ],
)
def test_load_says_of_an_option_what_is_wrong_with_it(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was typed is called what it was typed as, not what a file would call it, and nothing starts."""
    assert main(["load", "load", *words.split()]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "load." not in told.replace("load.yaml", "")


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("checks", set(all_checks())),
        ("scenarios", {path.stem for path in shipped_folder("scenarios").glob("*.yaml")}),
        (
            "promises",
            {"first", "recall", "label_precision_at_N", "p50", "p95", "p99", "pN", "errors", "module_share_p50_max"},
        ),
        ("interfaces", set(NAMES)),
        (
            "targets",
            {
                *("auto", "reference[:FAULT]", "embedded[:VERSION|:/PATH]", "docker[:VERSION|:IMAGE]"),
                *("compose:FILE[#SERVICE]", "http(s)://HOST:PORT[?grpc=PORT]"),
            },
        ),
    ],
)
def test_list_prints_what_there_is(what: str, expected: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`list WHAT` has a line for each, its name first; `list` alone has all of them."""
    assert main(["list", what]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} == expected
    assert main(["list"]) == 0
    assert set(lines) <= {line.strip().ljust(len(line) - 2) for line in capsys.readouterr().out.splitlines()}


def test_images_writes_a_manifest(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """`images FOLDER` writes the manifest of somebody's own photographs, whose folders are labels."""
    for label, name in (("cat", "chelsea.jpg"), ("food", "coffee.jpg")):
        (place.folder / "mine" / label).mkdir(parents=True)
        shutil.copy(shipped_folder("fixtures") / "photos" / name, place.folder / "mine" / label)
    assert main(["images", "mine"]) == 0
    assert "mine/manifest.yaml: 2 photographs;" in capsys.readouterr().out
    found = load_manifest(place.folder / "mine" / "manifest.yaml")
    assert {picture.label for picture in found.pictures} == {"cat", "food"}


def test_images_counts_in_words(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """One photograph is one photograph."""
    (place.folder / "mine").mkdir()
    shutil.copy(shipped_folder("fixtures") / "photos" / "chelsea.jpg", place.folder / "mine")
    assert main(["images", "mine"]) == 0
    assert "mine/manifest.yaml: 1 photograph;" in capsys.readouterr().out


def test_report_shows_a_record_again(place: Place, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`report` prints the record of a run, or of its folder, writes the page anew and ends as the run did."""
    place.scenario()
    assert place.run("run", "tiny.yaml", "--target", server).returncode == 0
    place.record.with_name("report.html").unlink()
    assert main(["report", str(place.record.parent)]) == 0
    assert "Everything held" in capsys.readouterr().out
    assert place.record.with_name("report.html").exists()
    assert main(["report", str(place.record), "--html", "page.html"]) == 0
    assert (place.folder / "page.html").exists()


def test_report_of_many_runs_shows_the_newest(place: Place, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the folder in which runs are kept `report` shows the run that began last, and says which that is."""
    place.scenario()
    place.run("run", "tiny.yaml", "--target", server)
    newest = place.record.parent
    for older in ("2020-01-02T03-04-05", "2020-01-02T03-04-05-2"):
        (newest.parent / older).mkdir()
        (newest.parent / older / "record.jsonl").write_text("")
    assert main(["report", "nearimage-out"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"nearimage-out/{newest.name}, the newest of 3 runs\n")
    assert "Everything held" in said


def test_report_of_a_folder_without_runs_says_so(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that holds no run is a mistake, and what to name instead is said."""
    (place.folder / "empty").mkdir()
    assert main(["report", "empty"]) == 2
    assert "empty: there is no run in this folder\nName a record.jsonl" in capsys.readouterr().err


def test_report_reads_a_record_that_was_cut_off(place: Place, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a record that ends in the middle of a line, the lines before it are shown, and that it has no end."""
    place.scenario()
    place.run("run", "tiny.yaml", "--target", server)
    whole = place.record.read_bytes()
    (place.folder / "cut.jsonl").write_bytes(whole[: whole.rindex(b'{"type":"verdict"') + 40])
    assert main(["report", "cut.jsonl", "--html", "cut.html"]) == 0
    assert "The record has no end" in capsys.readouterr().out


def test_a_page_that_cannot_be_written_is_a_sentence(
    place: Place, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With no room for the page the record is printed all the same, and the code is 2."""
    place.scenario()
    place.run("run", "tiny.yaml", "--target", server)
    assert main(["report", str(place.record), "--html", "/dev/full"]) == 2
    said = capsys.readouterr()
    assert "Everything held" in said.out
    assert "/dev/full: the page can't be written (No space left on device)" in said.err


@pytest.mark.parametrize("name", ["img2vec", "clip", "both", "gpu"])
def test_compose_prints_a_file_that_lies_under_compose(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`compose NAME` prints the file that people find in the repository, and nothing else."""
    assert main(["compose", name]) == 0
    assert capsys.readouterr().out == (Path(__file__).parents[2] / "compose" / f"{name}.yaml").read_text()


def test_compose_has_options_and_refuses_what_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """The version, a cluster and a GPU are options; an unknown file is told with the nearest that there is."""
    assert main(["compose", "both", "--cluster", "--gpu", "--version", "1.32.27"]) == 0
    assert "1.32.27" in capsys.readouterr().out
    assert main(["compose", "bath"]) == 2
    assert "Did you mean both?" in capsys.readouterr().err


def test_versions_lists_and_resolves(capsys: pytest.CaptureFixture[str]) -> None:
    """`versions` says what can be had here, `versions A,B` what these come to, and what is no version is refused."""
    assert main(["versions"]) == 0
    assert "the newest release that this nearimage was run against" in capsys.readouterr().out
    assert main(["versions", "1.32.27"]) == 0
    assert capsys.readouterr().out.split()[0] == "1.32.27"
    assert main(["versions", "1.32"]) == 2
    assert "'1.32' is none" in capsys.readouterr().err


def test_doctor_says_what_this_machine_can_test(capsys: pytest.CaptureFixture[str]) -> None:
    """`doctor` prints a fact a line with yes or no, and ends with 0 whatever is missing."""
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line[:4].strip() for line in lines} <= {"yes", "no", "-", ""}
    assert {"python", "embedded", "models"} <= {line[4:].split()[0] for line in lines}


def test_up_leaves_a_target_running_and_down_ends_it(place: Place) -> None:
    """`up` prints how to connect, a run can ask what it left running, and `down` takes it all away."""
    place.scenario()
    up = place.run("up", "--target", "reference")
    assert (up.returncode, up.stderr) == (0, "")
    assert all(word in up.stdout for word in ("connect_to_custom(", "curl", "'weaviate-client'", "nearimage down"))
    [running] = [json.loads(path.read_text())["endpoint"] for path in place.state.glob("up-*.json")]
    asked = place.run("run", "tiny.yaml", "--target", f"{running['url']}?grpc={running['grpc'].rpartition(':')[2]}")
    assert asked.returncode == 0, asked.stdout
    again = place.run("up", "--target", "reference")
    assert "was running already" in again.stdout
    down = place.run("down")
    assert down.returncode == 0
    assert place.left() == []
    assert place.run("down").stdout == "nothing was left\n"
