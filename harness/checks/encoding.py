"""Who encodes behind a module, and how its vectors are had wherever its database is: stored for this, and read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import golden
from harness.checks.case import Case, Skipped
from harness.images import Picture
from harness.interfaces.service import about, vectors_from
from harness.model import Inference, Module
from harness.scenario import ImageSource

_PHOTOGRAPHS = ImageSource("shipped", name="photos")

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Encoder:
    """Who answers: its name, the device that it names (empty if none), whether it is our own."""

    name: str
    device: str
    ours: bool

    @property
    def place(self) -> str:
        """Where it computes, in words."""
        return f"on {self.device}" if self.device else "on a device that it does not name"


def behind(case: Case) -> Encoder:
    """Find out who answers behind this collection's module.

    Raises:
        Skipped: nobody says, and its vectors could not be told from another's.
    """
    module = str(case.collection.module)
    facts = _facts(case)
    models = facts.get("models")
    if isinstance(models, Mapping) and module in models:
        return Encoder(str(models[module]), device(case), ours=True)
    service = by_service(case)
    if service is not None and service.image:
        # the tag names the model; the digest is another with each build, and drift between builds is what is looked for
        return Encoder(service.image.partition("@")[0], device(case), ours=False)
    if case.endpoint.started:
        raise Skipped("nobody says which model stands behind this database, which was started for this run")
    return Encoder(f"{module} of {case.endpoint.url}", device(case), ours=False)


def device(case: Case) -> str:
    """Return what the service says that it computes on; empty if it does not say."""
    service = by_service(case)
    return (service.device if service is not None else "") or str(_facts(case).get("device") or "")


def _facts(case: Case) -> Mapping[str, Any]:
    """What the service says of itself, or what the database passes on of it."""
    service = by_service(case)
    if service is not None and service.ours:
        return about(service.url)
    entry = case.endpoint.modules.get(str(case.collection.module))
    return entry if isinstance(entry, Mapping) else {}


def by_service(case: Case) -> Inference | None:
    """Return the service behind the collection's module, if it can be asked from here."""
    return case.endpoint.inference.get(str(case.collection.module))


def encoded(case: Case, given: Picture | str, *, anew: bool = False) -> Vector:
    """Return the vector that the encoder makes of a picture or a text, n components.

    Raises:
        Skipped: nothing may be written, the service can't be asked from here, and the picture is not stored.
        AnswerError: it makes none.
    """
    if not case.endpoint.read_only:
        photographs = replace(case.collection, images=_PHOTOGRAPHS)
        return np.asarray(case.probe.encoded(photographs, given, anew=anew), dtype=np.float64)
    if by_service(case) is not None:
        return told(case, given)
    stored = case.as_stored(given) if isinstance(given, Picture) and not anew else None
    if stored is None or stored.vector is None:
        raise Skipped("nothing may be written, and not all pictures whose vectors are known are stored")
    return np.asarray(stored.vector, dtype=np.float64)


def told(case: Case, given: Picture | str) -> Vector:
    """Return the vector that the service itself tells, which can be asked from here, n components.

    Raises:
        AnswerError: it tells none.
    """
    service, module = by_service(case), case.collection.module
    assert service is not None
    assert module is not None
    images, texts = ([], [given]) if isinstance(given, str) else ([given.base64], [])
    [vector] = vectors_from(service.url, module, images=images, texts=texts)
    return np.asarray(vector, dtype=np.float64)


def texts(case: Case) -> tuple[str, ...]:
    """Return the texts whose vectors are kept, where the module knows any and can be asked for them."""
    can_ask = not case.endpoint.read_only or by_service(case) is not None
    return golden.TEXTS if case.collection.module is Module.CLIP and can_ask else ()


def everything(case: Case) -> Iterator[tuple[str, str, Vector]]:
    """Yield the vector of each picture and text: what it is kept under, what it is called, and it.

    Raises:
        Skipped, AnswerError: as `encoded`.
    """
    for picture in golden.pictures():
        yield golden.of_picture(picture), called(picture), encoded(case, picture)
    for text in texts(case):
        yield golden.of_text(text), called(text), encoded(case, text)


def called(given: Picture | str) -> str:
    """Return a picture or a text as it is called in a sentence."""
    return f"the text {given!r}" if isinstance(given, str) else f"the image {given.name}"
