"""A picture with what is known about it, and a set of pictures with distinct names."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from harness.errors import FileError


def fingerprint(sent: str) -> str:
    """What the inference service's list of calls shows of an image (as base64) or a text that it was sent."""
    return hashlib.sha256(sent.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded image file and the facts that a search over it is judged by.

    Args:
        name: distinct in its set: `chelsea.jpg`, its view `chelsea.jpg#mirror`, `digit-0007`, `p-0003#1`.
        data: the bytes of an image file.
        label: what kind of thing is shown.
        subject: what very thing is shown: equal for a picture and all its views.
        caption: plain words for what is shown; may be empty.
        view: which view of its original this is; empty for an original.
        vector: what the encoder must answer for it, float32 values; None for all but planted pictures.
    """

    name: str
    data: bytes = field(repr=False)
    label: str
    subject: str
    caption: str = ""
    view: str = ""
    vector: tuple[float, ...] | None = None

    @property
    def base64(self) -> str:
        """The file in standard base64, padded, on one line."""
        return base64.b64encode(self.data).decode("ascii")

    @property
    def sha256(self) -> str:
        """The file's SHA-256 in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Pictures in a fixed order, no two with the same name.

    Args:
        name: what the set is called in messages and records.
        pictures: the pictures.
        source: the manifest or folder that they came from; None if they were made on the spot.

    Raises:
        ValueError: two pictures have the same name.
    """

    name: str
    pictures: tuple[Picture, ...] = field(repr=False)
    source: Path | None = None
    _by_name: dict[str, Picture] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, Picture] = {}
        for picture in self.pictures:
            if picture.name in by_name:
                raise ValueError(f"two pictures of {self.name} are called {picture.name!r}")
            by_name[picture.name] = picture
        object.__setattr__(self, "_by_name", by_name)

    def by_name(self, name: str) -> Picture:
        """Return the picture of that name.

        Raises:
            FileError: there is none; its hint has the nearest names.
        """
        found = self._by_name.get(name)
        if found is None:
            near = get_close_matches(name, self._by_name, n=3, cutoff=0.5)
            raise FileError(
                f"there is no picture {name!r} among the {len(self.pictures)} of {self.name}",
                path=self.source or Path(self.name),
                hint=f"nearest names: {', '.join(near)}" if near else "",
            )
        return found
