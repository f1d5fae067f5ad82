"""Manifests and folders: what is read is what is listed, and every mistake is told with its line."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.errors import FileError
from harness.images import load_folder, load_manifest, write_manifest
from harness.images.folder import MOST_FILE_BYTES
from harness.images.listing import MOST_BYTES, Entry, listing_text, read_listing

words = st.text(st.characters(codec="utf-8"), min_size=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two cats and a dog, in folders by kind, with a manifest."""
    place = tmp_path / "pets"
    for number, name in enumerate(("cats/tom.png", "cats/felix.jpg", "dogs/rex.png")):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 4), (40 * number, 0, 0)).save(path)
    write_manifest(place)
    return place


def cut_off(path: Path) -> bytes:
    """Take the last bytes of a file away; return what is left."""
    data = path.read_bytes()[:-40]
    path.write_bytes(data)
    return data


def mistake(call: Callable[[], object]) -> FileError:
    """The error that a call ends with."""
    with pytest.raises(FileError) as caught:
        call()
    return caught.value


def changed(folder: Path, old: str, new: str) -> FileError:
    """What is said about a manifest with one thing changed."""
    path = folder / "manifest.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return mistake(lambda: load_manifest(path))


def test_a_written_manifest_is_read_back(folder: Path) -> None:
    """Folders are labels, files are subjects, in the order of their paths; the hashes fit."""
    pictures = load_manifest(folder / "manifest.yaml").pictures
    assert [(picture.name, picture.label, picture.subject) for picture in pictures] == [
        ("cats/felix.jpg", "cats", "cats/felix"),
        ("cats/tom.png", "cats", "cats/tom"),
        ("dogs/rex.png", "dogs", "dogs/rex"),
    ]
    assert pictures[2].data == (folder / "dogs/rex.png").read_bytes()


def test_a_folder_reads_the_same_with_and_without_its_manifest(folder: Path) -> None:
    """The manifest of a folder says what reading it without one gives."""
    listed = load_folder(folder)
    (folder / "manifest.yaml").unlink()
    assert load_folder(folder).pictures == listed.pictures


def test_a_manifest_can_be_named_instead_of_its_folder(folder: Path) -> None:
    """Whoever names the manifest's file gets its set."""
    assert load_folder(folder / "manifest.yaml") == load_folder(folder)


def test_files_directly_in_a_folder_have_its_name_as_label(tmp_path: Path) -> None:
    """Where there are no sub-folders, the folder itself names the label."""
    Image.new("L", (3, 3)).save(tmp_path / "one.png")
    assert load_folder(tmp_path).pictures[0].label == tmp_path.name


def test_hidden_and_other_files_are_left_out(folder: Path) -> None:
    """Hidden files and folders, and files that are no images by name, are not looked at."""
    (folder / "manifest.yaml").unlink()
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_bytes(b"no image")
    (folder / ".git").mkdir()
    (folder / ".git" / "object.png").write_bytes(b"no image")
    assert len(load_folder(folder).pictures) == 3


def test_captions_and_labels_are_taken_as_they_are_written(folder: Path) -> None:
    """A label such as `no` or `007` stays what it is."""
    path = folder / "manifest.yaml"
    text = path.read_text().replace("label: cats", "label: no", 1).replace("label: dogs", "label: 007", 1)
    path.write_text(text.replace("caption: ''", "caption: a black cat", 1))
    pictures = load_manifest(path).pictures
    assert [picture.label for picture in pictures] == ["no", "cats", "007"]
    assert pictures[0].caption == "a black cat"


def test_writing_again_changes_nothing(folder: Path) -> None:
    """A manifest that says the same already is left alone."""
    before = (folder / "manifest.yaml").stat()
    assert write_manifest(folder) == folder / "manifest.yaml"
    assert (folder / "manifest.yaml").stat().st_mtime_ns == before.st_mtime_ns


def test_a_manifest_with_other_content_is_never_replaced(folder: Path) -> None:
    """A caption that was written by hand survives; what to do is said."""
    path = folder / "manifest.yaml"
    path.write_text(path.read_text().replace("caption: ''", "caption: a black cat", 1))
    before = path.read_bytes()
    error = mistake(lambda: write_manifest(folder))
    assert "move it away" in error.hint
    assert path.read_bytes() == before


@given(
    st.lists(
        st.builds(Entry, path=words, sha256=st.just("0" * 64), label=words, caption=words, author=words), min_size=1
    )
)
def test_a_listing_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    """Whatever is written into a manifest, quotes, colons and all scripts of the world, is read back the same."""
    path = tmp_path_factory.getbasetemp() / "manifest.yaml"
    path.write_text(listing_text("any", tuple(entries)), encoding="utf-8")
    name, found = read_listing(path)
    assert name == "any"
    assert [replace(entry, line=0) for entry in found] == entries


def test_a_name_with_marks_is_an_ordinary_name(folder: Path) -> None:
    """A file name with a colon, a hash or quotes is written into a manifest and found again."""
    Image.new("L", (3, 3)).save(folder / "cats" / """at 12:30 "it's" #1.png""")
    (folder / "manifest.yaml").unlink()
    write_manifest(folder)
    assert len(load_folder(folder).pictures) == 4


def test_a_name_that_no_text_can_hold_is_told(folder: Path) -> None:
    """A file whose name is no UTF-8 ends in a sentence that asks to rename it."""
    (folder / "cats/tom.png").rename(folder / "cats" / os.fsdecode(b"t\xf6m.png"))
    (folder / "manifest.yaml").unlink()
    assert "rename it" in mistake(lambda: load_folder(folder)).what


def test_writing_leaves_nothing_else_behind(folder: Path) -> None:
    """After writing there is the manifest and no temporary file."""
    assert sorted(path.name for path in folder.iterdir()) == ["cats", "dogs", "manifest.yaml"]


def test_a_changed_picture_is_noticed(folder: Path) -> None:
    """A picture whose hash is not the listed one is named with the line of its entry."""
    (folder / "cats/tom.png").write_bytes((folder / "dogs/rex.png").read_bytes())
    error = mistake(lambda: load_folder(folder))
    assert "another one than listed" in error.what
    assert "cats/tom.png" in (folder / "manifest.yaml").read_text().splitlines()[(error.line or 0) - 1]


def test_a_missing_picture_is_noticed(folder: Path) -> None:
    """A picture that is not there is named with its line."""
    (folder / "dogs/rex.png").unlink()
    error = mistake(lambda: load_folder(folder))
    assert (error.what, error.line) == ("'dogs/rex.png': there is no such file", 18)


@pytest.mark.parametrize(
    "path", ["../x.png", "cats/../../x.png", "/etc/hostname", "'C:\\x.png'", "'c:/x.png'", "'..\\x.png'", "."]
)
def test_a_path_out_of_the_folder_is_refused(folder: Path, path: str) -> None:
    """No manifest reaches a file that is not below its folder."""
    (folder.parent / "x.png").write_bytes((folder / "cats/tom.png").read_bytes())
    assert changed(folder, "path: cats/felix.jpg", f"path: {path}").line == 4


@pytest.mark.parametrize("listed", [True, False])
def test_a_link_out_of_the_folder_is_refused(folder: Path, *, listed: bool) -> None:
    """A symbolic link to a file elsewhere is refused, listed or found."""
    outside = folder.parent / "outside.png"
    (folder / "cats/tom.png").rename(outside)
    (folder / "cats/tom.png").symlink_to(outside)
    if not listed:
        (folder / "manifest.yaml").unlink()
    assert "leads out of the folder" in mistake(lambda: load_folder(folder)).what


def test_a_link_inside_the_folder_is_followed(folder: Path) -> None:
    """A symbolic link to another picture of the folder is that picture."""
    (folder / "manifest.yaml").unlink()
    (folder / "cats/again.png").symlink_to("tom.png")
    assert load_folder(folder).by_name("cats/again.png").data == (folder / "cats/tom.png").read_bytes()


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    """A named pipe in the place of a picture is refused at once."""
    (folder / "cats/tom.png").unlink()
    os.mkfifo(folder / "cats/tom.png")
    assert "no ordinary file" in mistake(lambda: load_folder(folder)).what


def test_a_huge_file_is_not_read(folder: Path) -> None:
    """A file beyond the limit is refused by its size."""
    with (folder / "cats/tom.png").open("wb") as file:
        file.truncate(MOST_FILE_BYTES + 1)
    assert "larger than 64 MiB" in mistake(lambda: load_folder(folder)).what


def test_a_file_that_is_no_image_is_named(folder: Path) -> None:
    """A text called .png is found before anything is started."""
    (folder / "manifest.yaml").unlink()
    (folder / "cats/tom.png").write_text("hello")
    error = mistake(lambda: load_folder(folder))
    assert error.path == folder / "cats/tom.png"
    assert "no image" in error.what
    assert "take it out of the folder" in error.hint


@pytest.mark.parametrize("read", [load_folder, write_manifest])
def test_a_picture_that_cannot_be_decoded_is_named(folder: Path, read: Callable[[Path], object]) -> None:
    """A photograph whose header is good and whose rest is cut off is found by reading the folder, and by listing it."""
    (folder / "manifest.yaml").unlink()
    cut_off(folder / "cats/felix.jpg")
    error = mistake(lambda: read(folder))
    assert error.path == folder / "cats/felix.jpg"
    assert "cut off" in error.what
    assert "Replace it" in error.hint
    assert not (folder / "manifest.yaml").exists()


def test_a_listed_picture_that_cannot_be_decoded_is_told_with_its_line(folder: Path) -> None:
    """That its hash is the listed one does not make it a photograph."""
    listed = sha256((folder / "cats/felix.jpg").read_bytes()).hexdigest()
    found = sha256(cut_off(folder / "cats/felix.jpg")).hexdigest()
    error = changed(folder, listed, found)
    assert error.line == 4
    assert error.what.startswith("'cats/felix.jpg': the image is damaged or cut off")
    assert "write the manifest anew" in error.hint


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("label: cats", "lable: cats", 6, "'lable' is not known"),
        ("label: cats", "subject: x", 7, "'subject' is there twice"),
        ("  label: cats\n", "", 4, "no label"),
        ("label: cats", "label: [cats]", 6, "label should be a plain text"),
        ("label: cats", "label: ''", 4, "no label"),
        ("label: cats", "label: *a", 6, "aliases"),
        ("label: cats", "label: &a cats", 6, "aliases"),
        ("label: cats", "label: !!python/object:os.system cats", 6, "tags"),
        ("label: cats", "label: 'cats", 6, "a quotation mark that is never closed"),
        ("caption: ''", "caption: a cat: asleep", 8, "a second colon in one value"),
        ("label: cats", "label:cats", 6, "a colon without a space behind it"),
        ("width: 6", "width: 7", 4, "6 x 4 pixels, not 7 x 4"),
        ("width: 6", "width: wide", 9, "not a number of pixels"),
        ("width: 6", "width: 99999999999", 9, "not a number of pixels"),
        ("path: cats/tom.png", "path: cats/felix.jpg", 11, "listed twice, first in line 4"),
        ("manifest: 1", "manifest: 2", 1, "version '2'"),
        ("name: pets", "nmae: pets", 2, "'nmae' is not known"),
        ("name: pets", "manifest: 1", 2, "there twice"),
        ("images:", "images: {}\nname:", 3, "a list of pictures"),
        ("sha256: ", "sha256: x", 4, "64 hexadecimal"),
        ("manifest: 1\n", "- 1\n", 1, "keys and values"),
        ("manifest: 1\n", "--- {manifest: 1, images: []}\n---\n", 2, "another"),
    ],
)
def test_a_mistake_is_told_with_its_line(folder: Path, old: str, new: str, line: int, said: str) -> None:
    """Each mistake in a manifest is named in a sentence with the line where it stands."""
    error = changed(folder, old, new)
    assert said in error.what
    assert error.line == line


def test_the_nearest_key_is_suggested(folder: Path) -> None:
    """A key with a slip gets the one that was probably meant."""
    assert "'label'" in changed(folder, "label: cats", "lable: cats").hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "images: []\n",
        "manifest: 1\n",
        "images: " + "[" * 100_000,
        "images:\n" + "- " * 100_000,
        "{" * 100_000,
        "\0",
    ],
)
def test_what_is_no_list_of_pictures_is_refused(tmp_path: Path, text: str) -> None:
    """An empty file, an empty list and any depth of nesting end in a sentence."""
    path = tmp_path / "manifest.yaml"
    path.write_text(text)
    assert mistake(lambda: load_manifest(path)).path == path


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    """A few lines that would unfold to billions of pictures are refused at the first anchor."""
    path = tmp_path / "manifest.yaml"
    path.write_text("a: &a [x, x]\nb: &b [*a, *a]\n")
    assert mistake(lambda: load_manifest(path)).line == 1


def test_a_huge_manifest_is_not_read(tmp_path: Path) -> None:
    """A manifest beyond the limit is refused by its size."""
    path = tmp_path / "manifest.yaml"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    assert "larger than 16 MiB" in mistake(lambda: load_manifest(path)).what


def test_other_encodings_are_told(tmp_path: Path) -> None:
    """A manifest that is not UTF-8 is refused with the line of the first wrong byte."""
    path = tmp_path / "manifest.yaml"
    path.write_bytes(b"manifest: 1\nname: \xe9\n")
    assert mistake(lambda: load_manifest(path)).line == 2


@pytest.mark.parametrize("call", [load_manifest, load_folder, write_manifest])
def test_what_is_not_there_is_told(tmp_path: Path, call: Callable[[Path], object]) -> None:
    """A folder or manifest that does not exist is a sentence."""
    assert mistake(lambda: call(tmp_path / "nowhere")).path.name.startswith(("nowhere", "manifest"))


@pytest.mark.parametrize("call", [load_folder, write_manifest])
def test_a_folder_without_images_is_told(tmp_path: Path, call: Callable[[Path], object]) -> None:
    """A folder without a single image is an error that says what was looked for."""
    assert ".jpg" in mistake(lambda: call(tmp_path)).hint
