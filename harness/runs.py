"""Where runs are kept: one folder for each, in one folder for all of them."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from harness.errors import FileError, UsageError

RECORD = "record.jsonl"
PAGE = "report.html"
_MOMENT = "%Y-%m-%dT%H-%M-%S"


def fresh_folder(out: Path) -> Path:
    """Make a folder for a run in `out`, named by the time it began.

    Raises:
        UsageError: if it can't be made.
    """
    begun = datetime.now().astimezone().strftime(_MOMENT)
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        folder = out / (begun + suffix)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{folder} can't be made: {error.strerror}", hint="Name another place: --out.") from error
        return folder
    raise UsageError(f"{out} is full of runs that began at {begun}")


def forget(folder: Path) -> None:
    """Remove the folder of a run that never started, and the one around it if nothing else is in there."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def record_at(path: Path) -> tuple[Path, int]:
    """Return the record that a person means, and among how many it is the newest.

    Args:
        path: a record, the folder of a run, or the folder in which runs are kept; of many the newest is meant.

    Raises:
        FileError: if it is a folder with no record in it.
    """
    if not path.is_dir():
        return path, 1
    if (path / RECORD).exists():
        return path / RECORD, 1
    found = sorted(path.glob(f"*/{RECORD}"), key=_age)
    if not found:
        hint = f"Name a {RECORD}, the folder of a run, or the one where runs are kept (nearimage-out)."
        raise FileError("there is no run in this folder", path=path, hint=hint)
    return found[-1], len(found)


def _age(record: Path) -> tuple[str, int, str]:
    """By the moment in the name; of runs that began in the same second the one with the higher number is newer."""
    name = record.parent.name
    second = len(datetime.now().astimezone().strftime(_MOMENT))
    return name[:second], len(name), name
