"""Image sets from files: a folder with a manifest, or a person's own folder without one."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from harness.errors import FileError
from harness.images.decode import ImageError, decoded_size, image_size
from harness.images.listing import MANIFEST, Entry, listing_text, read_listing
from harness.images.picture import ImageSet, Picture

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
MOST_FILE_BYTES = 64 * 1024 * 1024
MOST_SET_BYTES = 1024 * 1024 * 1024
_MEND = "Replace it by one that an image viewer shows (JPEG or PNG), or take it out of the folder"


def load_manifest(path: Path, *, trusted: bool = False) -> ImageSet:
    """Read `manifest.yaml` and every picture that it lists.

    Args:
        path: the manifest.
        trusted: its hashes are of files that are known to decode; then only their headers are read.

    Raises:
        FileError: the manifest is wrong, or a picture is missing, outside the folder, cannot be decoded, or is not the
            one whose hash is listed; with the manifest's line.
    """
    name, entries = read_listing(path)
    pictures: list[Picture] = []
    first_lines: dict[str, int] = {}
    total = 0
    for entry in entries:
        if entry.path in first_lines:
            what = f"{entry.path!r} is listed twice, first in line {first_lines[entry.path]}"
            raise FileError(what, path=path, line=entry.line)
        first_lines[entry.path] = entry.line
        try:
            data = checked_bytes(path.parent, entry)
            _check_size(entry, image_size(data) if trusted else decoded_size(data))
        except (ValueError, OSError) as error:
            hint = f"{_MEND}; then write the manifest anew." if isinstance(error, ImageError) else ""
            raise FileError(f"{entry.path!r}: {_reason(error)}", path=path, line=entry.line, hint=hint) from error
        total = _within_memory(total + len(data), path)
        subject = entry.subject or PurePosixPath(entry.path).stem
        pictures.append(Picture(entry.path, data, entry.label, subject, entry.caption))
    return ImageSet(name, tuple(pictures), path)


def load_folder(path: Path) -> ImageSet:
    """Read a person's own folder: its manifest if there is one, else every image file below it.

    Without a manifest the sub-folder names the label (the folder itself for files that lie in it directly), and each
    file is a subject of its own.

    Raises:
        FileError: there is no such folder, no image in it, or a file in it that cannot be read or decoded.
    """
    if path.is_file():
        return load_manifest(path)
    if (path / MANIFEST).exists():
        return load_manifest(path / MANIFEST)
    total = 0
    pictures = []
    for entry, data in _found(path):
        total = _within_memory(total + len(data), path)
        pictures.append(Picture(entry.path, data, entry.label, entry.subject))
    return ImageSet(path.resolve().name, tuple(pictures), path)


def write_manifest(folder: Path) -> Path:
    """Write `manifest.yaml` for every image file below a folder; sub-folders are labels.

    The file is replaced in one step or not at all, and one that says something else is never replaced.

    Returns:
        the manifest's path.

    Raises:
        FileError: there is no such folder, no image in it, a file in it that cannot be decoded, or another
            manifest already.
    """
    target = folder / MANIFEST
    text = listing_text(folder.resolve().name, tuple(entry for entry, _ in _found(folder)))
    try:
        if target.exists():
            if target.read_bytes() == text.encode():
                return target
            raise FileError(
                "there is a manifest already, and it says something else than would be written",
                path=target,
                hint="move it away or delete it, then write it anew; captions that were added by hand are only there",
            )
        _write_at_once(target, text)
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror}", path=target) from error
    return target


def checked_bytes(folder: Path, entry: Entry) -> bytes:
    """Read the file of an entry after making sure that it is inside the folder, and that it is the one listed.

    Raises:
        ValueError: it is not; the text is a sentence.
        OSError: it cannot be read.
    """
    _check_name(entry.path)
    data = _read_inside(folder, folder / PurePosixPath(entry.path))
    found = hashlib.sha256(data).hexdigest()
    if found != entry.sha256:
        raise ValueError(f"the file is another one than listed: its sha256 is {found}, not {entry.sha256}")
    return data


def _check_name(name: str) -> None:
    """Refuse a name that leads out of its folder on any platform, or that a manifest cannot hold."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive or "\\" in name or "\0" in name:
        raise ValueError("a picture's path stays below the manifest's folder and has forward slashes only")
    if not name.isprintable():  # undecodable bytes too, which Python keeps as lone surrogates
        raise ValueError("the file's name has characters that cannot be printed; rename it")


def _read_inside(folder: Path, path: Path) -> bytes:
    real = path.resolve(strict=True)
    if not real.is_relative_to(folder.resolve()):
        raise ValueError("a link leads out of the folder")
    facts = real.stat()
    if not stat.S_ISREG(facts.st_mode):  # a pipe would be waited for without end
        raise ValueError("this is no ordinary file")
    if facts.st_size > MOST_FILE_BYTES:
        raise ValueError(f"the file is larger than {MOST_FILE_BYTES // 1024**2} MiB")
    return real.read_bytes()


def _check_size(entry: Entry, size: tuple[int, int]) -> None:
    width, height = size
    if entry.width not in {0, width} or entry.height not in {0, height}:
        raise ValueError(f"it has {width} x {height} pixels, not {entry.width} x {entry.height} as listed")


def _found(folder: Path) -> Iterator[tuple[Entry, bytes]]:
    """Every image file below a folder, in the order of their paths on every platform; hidden ones are left out."""
    if not folder.is_dir():
        raise FileError("there is no such folder", path=folder)
    paths = sorted(
        (path.relative_to(folder).as_posix(), path) for path in _walked(folder) if path.suffix.lower() in SUFFIXES
    )
    if not paths:
        raise FileError("there is no image in this folder", path=folder, hint=f"looked for {', '.join(SUFFIXES)}")
    for name, path in paths:
        try:
            _check_name(name)
            data = _read_inside(folder, path)
            width, height = decoded_size(data)
        except (ValueError, OSError) as error:
            hint = f"{_MEND}." if isinstance(error, ImageError) else ""
            raise FileError(_reason(error), path=path, hint=hint) from error
        parts = PurePosixPath(name).parts
        label = parts[0] if len(parts) > 1 else folder.resolve().name
        subject = PurePosixPath(name).with_suffix("").as_posix()
        sha256 = hashlib.sha256(data).hexdigest()
        yield Entry(name, sha256, label, subject, width=width, height=height), data


def _walked(folder: Path) -> Iterator[Path]:
    def stop(error: OSError) -> None:
        raise FileError(f"cannot be read: {error.strerror}", path=Path(error.filename or folder)) from error

    for here, folders, files in os.walk(folder, onerror=stop):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(here, name) for name in files if not name.startswith("."))


def _within_memory(total: int, path: Path) -> int:
    if total > MOST_SET_BYTES:
        what = f"the pictures have more than {MOST_SET_BYTES // 1024**3} GiB together"
        raise FileError(what, path=path, hint="use fewer or smaller ones")
    return total


def _write_at_once(target: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".manifest-", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.chmod(0o644)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    return str(error)
