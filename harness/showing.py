"""Turns what was seen of a question into entries of the record: the hits, the exact answer, small pictures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

import numpy as np

from harness.checks.questions import Seen
from harness.images import Picture, thumbnail
from harness.record import Entry, PictureEntry, ShownEntry, ShownHit
from harness.scenario import Collection, Scenario


def shown(seen: Seen, scenario: Scenario, collection: Collection, interface: str, target: str) -> Iterator[Entry]:
    """Yield the pictures that occur, each once, and the question with its answer."""
    pictures: dict[str, Picture] = {}

    def hit(id_: str, picture: Picture | None, distance: float | None, *, expected: bool) -> ShownHit:
        if picture is None:
            return ShownHit(name=id_, distance=distance, expected=expected)
        pictures[picture.sha256] = picture
        # the shortest decimal of the float32, so that one answer over two interfaces looks the same
        distance = None if distance is None else float(str(np.float32(distance)))
        return ShownHit(
            name=picture.name, label=picture.label, picture=picture.sha256, distance=distance, expected=expected
        )

    returned = tuple(hit(one.id, picture, one.distance, expected=good) for one, picture, good in seen.returned)
    expected = tuple(hit(id_, picture, distance, expected=must) for id_, picture, distance, must in seen.expected)
    query = seen.asked.picture
    if query is not None:
        pictures[query.sha256] = query
    for sha256, picture in pictures.items():
        small = "data:image/jpeg;base64," + b64encode(thumbnail(picture.data)).decode()
        yield PictureEntry(sha256=sha256, name=picture.name, label=picture.label, thumbnail=small)
    yield ShownEntry(
        target=target,
        scenario=scenario.name,
        collection=collection.name,
        question=seen.asked.name,
        interface=interface,
        metric=str(collection.metric),
        picture=query.sha256 if query is not None else "",
        text=seen.asked.text or "",
        threshold=seen.threshold,
        returned=returned,
        expected=expected,
        reach=seen.reach,
    )
