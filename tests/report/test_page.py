"""The page shows everything in a record, needs nothing else, and believes nothing that it shows."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import example_record
import golden
import pytest

from harness.errors import ExitCode
from harness.model import Level, Outcome
from harness.record import EndEntry, LatencyEntry, NoteEntry, Record, RunEntry, ShownEntry, ShownHit, VerdictEntry
from harness.record.entries import ENTRY
from harness.report.html import render

VOID = {"meta", "link", "br", "input"}


class Page(HTMLParser):
    """The elements of a page; complains about tags that do not pair."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """The innermost open element ends, no other."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text, unless a machine reads it."""
        if not self.open or self.open[-1] not in {"style", "script"}:
            self.words += data

    def count(self, tag: str) -> int:
        """How many such elements there are."""
        return sum(name == tag for name, _ in self.elements)

    def attributes(self, name: str) -> list[str]:
        """The values of an attribute, wherever it is."""
        return [value or "" for _, attributes in self.elements for key, value in attributes.items() if key == name]


def of(*entries: object) -> Record:
    """A record of a run and these entries."""
    run = RunEntry(
        harness="0.1.0",
        python="3.11.9",
        platform="Linux",
        cpus=1,
        argv=("nearimage",),
        target="auto",
        started=example_record.STARTED,
    )
    truncated = not (entries and isinstance(entries[-1], EndEntry))
    return Record(Path("record.jsonl"), (run, *entries), truncated=truncated)  # type: ignore[arg-type]


KEPT = {"one target": (golden.small, golden.FILE), "several": (golden.small_several, golden.SEVERAL)}


@pytest.fixture(scope="module", params=KEPT)
def kept(request: pytest.FixtureRequest) -> tuple[Record, Path]:
    """The small record, of one target and of several, and where its page is kept."""
    make, file = KEPT[request.param]
    return make(), file


@pytest.fixture(scope="module")
def text(kept: tuple[Record, Path]) -> str:
    """The page of the small record."""
    return render(kept[0])


def test_the_page_is_the_one_that_was_looked_at(kept: tuple[Record, Path], text: str) -> None:
    """The page of a record with one of everything equals the one kept beside this test."""
    assert text == kept[1].read_text(encoding="utf-8")


def test_the_page_loads_nothing(text: str) -> None:
    """Every address in the page is a place in it or carries its own data, in the style sheet too."""
    page = Page(text)
    addresses = page.attributes("href") + page.attributes("src")

    assert addresses
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert "url(" not in text
    assert "@import" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_the_policy_allows_the_page_its_own_style_and_script_alone(text: str) -> None:
    """The policy forbids everything, then names the hashes of the style and the script that are there."""
    (policy,) = [one for one in Page(text).attributes("content") if "default-src" in one]

    assert policy.startswith("default-src 'none'; img-src data:;")
    for tag in ("style", "script"):
        (source,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_no_style_stands_in_an_attribute(text: str) -> None:
    """The policy would refuse it, so there is none."""
    assert not Page(text).attributes("style")


def test_every_place_that_is_pointed_at_exists_once(text: str) -> None:
    """No two elements share an id, and each address in the page leads somewhere."""
    page = Page(text)
    ids = page.attributes("id")

    assert len(ids) == len(set(ids))
    assert {address[1:] for address in page.attributes("href") if address.startswith("#")} <= set(ids)


def test_a_picture_is_in_the_page_once(text: str) -> None:
    """However often a picture is shown, its data are there a single time."""
    pictures = golden.small().pictures.values()

    assert all(text.count(picture.thumbnail) == 1 for picture in pictures)
    assert Page(text).count("use") > len(pictures)


def test_the_page_says_what_was_tested_and_how_to_ask_again(text: str) -> None:
    """The headline, the target, each finding with its command and the command of the whole run are there."""
    words = Page(text).words

    assert "Of 16 checks, 2 are violated" in words
    assert "Weaviate 1.39.0" in words
    assert "--checks threshold/inclusive -k ImageExample@graphql" in words
    assert "nearimage run --target embedded:1.39.0 --checks '*'" in words


def test_text_from_outside_stays_text() -> None:
    """With hostile text in every field there is still one script, no handler, and the text can be read."""
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}'
    shapes = {entry.type: ENTRY.dump_python(entry, mode="json") for entry in golden.small().entries}
    fields = {
        "schema_version",
        "type",
        "sha256",
        "thumbnail",
        "metric",
        "level",
        "outcome",
        "started",
        "finished",
        "mode",
    }

    def poisoned(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: poisoned(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [poisoned(item, key) for item in value]
        return hostile if isinstance(value, str) and key not in fields else value

    shapes["verdict"] |= {"outcome": "violated", "evidence": {hostile: [hostile, {hostile: 1}]}}
    entries = [ENTRY.validate_python(poisoned(shape)) for shape in shapes.values()]
    page = Page(render(Record(Path(hostile), tuple(entries), truncated=False)))

    assert page.count("script") == 1
    assert page.count("img") == 0
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert page.words.count(hostile) > 20
    assert "49" not in page.words.replace(hostile, "")


def test_signs_that_reorder_a_line_are_taken_out() -> None:
    """A label with a right-to-left override, or a terminal's escape, is shown with replacement signs."""
    words = Page(render(of(NoteEntry(text="safe\u202egnp.exe\x1b[2J")))).words

    assert "safe\ufffdgnp.exe\ufffd[2J" in words


def test_a_record_of_nothing_has_a_page() -> None:
    """A run that found no target and has no end says both."""
    words = Page(render(of())).words

    assert "Nothing ran, so nothing is known." in words
    assert "The record has no end" in words
    assert "No database was tested." in words


def test_a_question_without_pictures_and_distances_is_shown() -> None:
    """A returned object without a thumbnail or a distance is a tile with its name, and there is no axis."""
    shown = ShownEntry(
        scenario="s",
        collection="c",
        question="q",
        interface="grpc",
        metric="dot",
        text="a cat",
        returned=(ShownHit(name="unseen.jpg#dim", picture="f" * 64),),
    )
    page = Page(render(of(shown)))

    assert "a cat" in page.words
    assert "unseen" in page.words
    assert "#dim" in page.words
    assert "no picture" in page.words
    assert ("svg", "axis") not in [(tag, attributes.get("class")) for tag, attributes in page.elements]


def test_a_measurement_in_which_nothing_was_answered_has_no_figure() -> None:
    """Failures are counted, and no percentile is made up."""
    latency = LatencyEntry(
        scenario="s", collection="c", question="q", interface="grpc", milliseconds=(), refused=3, unknown=4
    )
    page = Page(render(of(latency)))

    assert "3 refused, 4 unanswered" in page.words
    assert not [attributes for tag, attributes in page.elements if attributes.get("class") == "histogram"]


def test_what_a_small_sample_cannot_say_is_not_said() -> None:
    """Ninety-nine samples give a median, and for the rest the number that they would need."""
    latency = LatencyEntry(
        scenario="s", collection="c", question="q", interface="grpc", milliseconds=tuple(map(float, range(1, 100)))
    )
    words = Page(render(of(latency))).words

    assert "(needs 200)" in words
    assert "(needs 1,000)" in words
    assert "(needs 20)" not in words


def test_a_full_record_gives_a_page_that_can_be_mailed() -> None:
    """Six hundred verdicts, 150 pictures and forty questions stay below three million bytes."""
    record = example_record.record([example_record.picture(number) for number in range(150)], questions=40)
    more = tuple(
        VerdictEntry(
            check=f"more/check-{number}",
            level=Level.MUST,
            outcome=Outcome.HELD,
            sentence="It held. " * 10,
            scenario="photos-img2vec",
            collection="ImageExample",
            interface="grpc",
        )
        for number in range(300)
    )

    page = render(Record(record.path, (*record.entries[:-1], *more, record.entries[-1]), truncated=False))

    assert len(page.encode()) < 3_000_000


def test_a_run_that_held_says_so_calmly() -> None:
    """With every check held the findings are empty, and the headline says what held."""
    held = VerdictEntry(
        check="a/b",
        level=Level.MUST,
        outcome=Outcome.HELD,
        sentence="It holds.",
        scenario="s",
        collection="c",
        interface="grpc",
    )
    words = Page(render(of(held, EndEntry(finished=example_record.STARTED, exit_code=ExitCode.HELD)))).words

    assert "Everything held: 1 check." in words
    assert "Nothing to report" in words


def listed(outcome: Outcome, collection: str, link: str = "https://example.org/issues/1") -> VerdictEntry:
    """What became of a deviation that is listed."""
    return VerdictEntry(
        check="threshold/complete",
        level=Level.MUST,
        outcome=outcome,
        sentence=f"A hundred at most, in {collection or 'no place'}.",
        scenario="s",
        collection=collection,
        interface="graphql",
        evidence={"found": "a neighbour is missing", "link": link},
        repeat="nearimage run s --checks threshold/complete",
    )


def test_what_is_known_is_folded_under_a_heading_of_its_own() -> None:
    """Each deviation that is listed has its sentence, its link and the command; what a page can't link to is text."""
    entries = (listed(Outcome.KNOWN, "A"), listed(Outcome.KNOWN, "B", "javascript:alert(1)"), listed(Outcome.FIXED, ""))
    page = Page(render(of(*entries)))
    folded = [attributes for tag, attributes in page.elements if tag == "details"]
    assert sum((one.get("class") or "") == "listed" for one in folded) == 3
    assert "Known deviations" in page.words
    assert [href for href in page.attributes("href") if "example" in href or "javascript" in href] == [
        *["https://example.org/issues/1"] * 2
    ]
    assert "A hundred at most, in A." in page.words
    assert "No check was violated" not in page.words
    assert page.words.count("nearimage run s --checks threshold/complete") == 3
