"""Chapter encoder: the inference service itself, asked through the database with pictures that come along.

What an encoder answers is compared with what it answered before (`golden`), or with itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from itertools import combinations
from math import sqrt
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

import numpy as np

from harness import golden
from harness.checks.case import Case, Skipped
from harness.checks.encoding import (
    Encoder,
    Vector,
    behind,
    by_service,
    called,
    device,
    encoded,
    everything,
    texts,
    told,
)
from harness.checks.registry import Per, check, kind_is, module_is
from harness.golden import Golden
from harness.images import Picture, decode_rgb
from harness.model import Level, Module, State

_SAME_MODEL = 1e-3
"""Cosine distance between two devices, versions or processors that is still the same model."""

_SAME_PLACE = 1e-6
"""Cosine distance of our own photo model from itself on the CPU; its text model is quantised and not as exact."""

_AGAIN = 1e-6
"""Relative difference between two answers of one model for one picture, on the CPU."""

_AGAIN_ELSEWHERE = 1e-5
"""The same on a GPU, or where nobody says; with more, no exact answer could be computed for any search."""

_TOLD_APART = 1e-3
"""Cosine distance that two different pictures have at least."""

_SIDE = 64
_NOTHING = uuid5(NAMESPACE_URL, "nearimage:encoder/no-image")

encodes = kind_is("shipped", "folder")
"""A model looks at the pictures; a planted one carries its own vector."""

encoder = partial(check, level=Level.SHOULD, per=Per.MODULE)
"""Registers a check of the service behind a module: it is asked once for each, not once for each collection."""


@encoder(
    "encoder/same-as-before",
    source="vectors that are stored stay comparable only while the model answers alike",
    when=(encodes,),
)
def it_answers_as_before(case: Case) -> str:
    """The encoder gives the vectors that it gave when it was first seen."""
    who = behind(case)
    module = str(case.collection.module)
    before = golden.known(who.name, module, who.device)
    if before is None and who.ours:
        before = golden.known(who.name, module, golden.CPU)
    if before is None:
        raise Skipped(_noted(case, who))
    exact = who.ours and golden.kind_of(who.device) == before.device == golden.CPU
    return _compared(case, who, before, _SAME_PLACE if exact else _SAME_MODEL)


def _noted(case: Case, who: Encoder) -> str:
    """Note down what an encoder answers that was never seen; return the sentence that says so."""
    vectors = {key: tuple(map(float, vector)) for key, _, vector in everything(case)}
    noted = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC at {case.endpoint.target}"
    digest = (service.image if (service := by_service(case)) else "").partition("@")[2]
    noted += f", image {digest}" if digest else ""
    kept = Golden(who.name, str(case.collection.module), golden.kind_of(who.device), noted, vectors)
    try:
        path = golden.note(kept)
    except OSError as error:
        return f"the encoder {who.name} was never seen {who.place}, and can't be noted down: {error}"
    return f"the encoder {who.name} was seen for the first time {who.place}: its vectors are noted down in {path}"


def _compared(case: Case, who: Encoder, before: Golden, tolerance: float) -> str:
    """Demand that each vector is what it was; return how far the farthest is off.

    Raises:
        Skipped: none of what was noted down can be asked for.
    """
    farthest = -1.0
    directions_alone = case.endpoint.read_only and by_service(case) is None  # cosine: they may come back normalised
    for key, name, now in everything(case):
        if key not in before.vectors:
            continue
        then = np.asarray(before.vectors[key], dtype=np.float64)
        facts: dict[str, Any] = {
            "encoder": who.name,
            "device": who.device,
            "noted": f"{before.noted} ({before.device or 'a device that it did not name'})",
            "of": name,
        }
        case.require(
            now.shape == then.shape,
            f"the vector of {name} has another length than before",
            **facts,
            components=len(now),
            components_before=len(then),
        )
        off = golden.apart(now, then)
        allowed = _SAME_MODEL if key.startswith("text") else tolerance
        # of equal weight: a vector that is longer by this is as far away as one turned by that distance
        longer = 0.0 if directions_alone else off.longer
        case.require(
            off.distance <= allowed and longer <= sqrt(2 * allowed),
            f"the encoder's vector of {name} has drifted",
            **facts,
            cosine_distance=off.distance,
            relative_difference_in_length=off.longer,
            largest_difference_of_a_component=off.component,
            allowed_cosine_distance=allowed,
        )
        farthest = max(farthest, off.distance)
    if farthest < 0:
        raise Skipped(f"what was noted down of {who.name} is about other pictures: delete it to note it down anew")
    return f"the farthest vector of {who.name} is {farthest:.1e} from what it was on {before.noted}"


@encoder("encoder/deterministic", source="an image is at distance 0 from itself: documented", when=(encodes,))
def it_answers_alike_each_time(case: Case) -> str:
    """The encoder gives the same vector for the same image each time."""
    allowed = _AGAIN if device(case) == golden.CPU else _AGAIN_ELSEWHERE
    farthest = 0.0
    asked: list[Picture | str] = [golden.pictures()[-1], *texts(case)[:1]]
    for given in asked:
        first, second = (encoded(case, given, anew=True) for _ in range(2))
        off = float(np.linalg.norm(first - second) / max(1e-30, float(np.linalg.norm(first))))
        case.require(
            off <= allowed,
            f"two vectors of {called(given)} differ",
            relative_difference=off,
            cosine_distance=golden.apart(first, second).distance,
            largest_difference_of_a_component=float(np.abs(first - second).max()),
            allowed_relative_difference=allowed,
        )
        farthest = max(farthest, off)
    return f"relative difference between two answers: {farthest:.1e}"


@encoder("encoder/devices-agree", source="a GPU makes vectors sooner, not others", when=(encodes,))
def a_gpu_agrees_with_the_cpu(case: Case) -> str:
    """The encoder gives on the GPU the vectors that it gives on the CPU, and the same nearest neighbours."""
    who = behind(case)
    if golden.kind_of(who.device) == golden.CPU:
        raise Skipped("it computes on the CPU")
    if not who.device:
        raise Skipped("the service does not say what it computes on")
    on_cpu = golden.known(who.name, str(case.collection.module), golden.CPU)
    if on_cpu is None:
        raise Skipped(f"what {who.name} gives on the CPU is not known here: run this once without a GPU")
    said = _compared(case, who, on_cpu, _SAME_MODEL)
    keys = [golden.of_picture(one) for one in golden.pictures()]
    now = {key: vector for key, _, vector in everything(case) if key in keys and key in on_cpu.vectors}
    then = {key: np.asarray(on_cpu.vectors[key], dtype=np.float64) for key in now}
    for key in now:
        nearest, before = _nearest(key, now), _nearest(key, then)
        gap = golden.apart(then[key], then[nearest]).distance - golden.apart(then[key], then[before]).distance
        case.require(
            gap <= 2 * _SAME_MODEL,
            "on the GPU another image is the nearest",
            image=key.split()[1],
            nearest=nearest.split()[1],
            nearest_on_the_cpu=before.split()[1],
            farther_on_the_cpu_by=gap,
        )
    return said


def _nearest(key: str, vectors: Mapping[str, Vector]) -> str:
    others = (one for one in vectors if one != key)
    return min(others, key=lambda one: golden.apart(vectors[key], vectors[one]).distance, default=key)


@encoder("encoder/different-images", source="search by image tells images apart", when=(encodes,))
def different_images_differ(case: Case) -> str:
    """Images of different things have different vectors, and none is without a direction."""
    vectors = {one.name: encoded(case, one) for one in golden.pictures()}
    for name, vector in vectors.items():
        case.require(bool(vector.any()), f"the vector of {name} is all zeros", image=name, components=len(vector))
    nearest = 2.0
    for one, other in combinations(vectors, 2):
        distance = golden.apart(vectors[one], vectors[other]).distance
        case.require(
            distance > _TOLD_APART, "two different images have one vector", images=[one, other], cosine=distance
        )
        nearest = min(nearest, distance)
    return f"the two nearest of {len(vectors)} photographs are {nearest:.2f} apart"


@encoder("encoder/one-length", source="texts and images are in one space", when=(encodes, module_is(Module.CLIP)))
def texts_and_images_share_a_space(case: Case) -> str:
    """The vectors of texts have as many components as those of images."""
    if not texts(case):
        raise Skipped("the vector of a text can't be had without writing")
    # the service itself where it can be asked: an index that has seen one length does not take another
    ask = encoded if by_service(case) is None else told
    image, text = ask(case, golden.pictures()[0]), ask(case, golden.TEXTS[0])
    case.require(
        len(image) == len(text),
        "the vectors of images and texts differ in length",
        components_of_an_image=len(image),
        components_of_a_text=len(text),
    )
    return f"{len(image)} components each"


@encoder("encoder/file-format", source="an image is its pixels: the file's format does not count", when=(encodes,))
def the_format_of_the_file_does_not_count(case: Case) -> None:
    """The same pixels in a PNG and in a BMP file have the same vector."""
    if case.endpoint.read_only and by_service(case) is None:
        raise Skipped("it needs pictures of its own, and nothing may be written")
    pixels = decode_rgb(golden.pictures()[-1].data).resize((_SIDE, _SIDE))
    pictures = [Picture(f"pixels.{name.lower()}", _saved(pixels, name), "", "") for name in ("PNG", "BMP")]
    one, other = (encoded(case, picture) for picture in pictures)
    off = golden.apart(one, other)
    case.require(
        off.distance <= _SAME_PLACE,
        "the same pixels in another file format have another vector",
        formats=["PNG", "BMP"],
        cosine_distance=off.distance,
        largest_difference_of_a_component=off.component,
    )


def _saved(pixels: Any, form: Literal["PNG", "BMP"]) -> bytes:
    out = BytesIO()
    pixels.save(out, form)
    return out.getvalue()


@encoder(
    "encoder/no-image",
    source="the service's failure reaches the user as an error, never as a vector",
    when=(encodes,),
    writes=True,
)
def what_is_no_image_gets_no_vector(case: Case) -> None:
    """An object whose image is no image is refused, or stored without a vector."""
    rubbish = Picture("rubbish", b"this is no image", "", "")
    with case.scratch() as shelf:
        values = {case.collection.image_property: rubbish.base64}
        written = shelf.offer(values, id_=str(_NOTHING), vector=None)
        if written.state is State.REFUSED:
            return
        found = shelf.read().by_id.get(str(_NOTHING))
        case.require(
            found is None or found.vector is None,
            "what is no image got a vector",
            content=rubbish.data.decode(),
            components=len(found.vector) if found is not None and found.vector else 0,
        )
