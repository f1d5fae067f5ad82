"""The bytes of the two inference protocols: what a body asks for, and the body that answers it.

Source: the containers `semitechnologies/img2vec-pytorch` and `semitechnologies/multi2vec-clip`, as Weaviate calls
them. Nothing here opens a connection.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from harness.inference.encoders import Encoders, EncodingError


class BodyError(ValueError):
    """A request's body is not what the protocol says; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one call asks for: images in base64 and texts; `id` is data, empty where the protocol has none."""

    id: str = ""
    images: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def read_vectors(body: bytes) -> Job:
    """Read the body of img2vec's `POST /vectors`: `{"id": str, "image": base64}`.

    Raises:
        BodyError: it is not JSON, or a key is missing or of another type.
    """
    values = _object(body)
    return Job(id=_text(values, "id"), images=(_text(values, "image"),))


def read_vectorize(body: bytes) -> Job:
    """Read the body of CLIP's `POST /vectorize`: `{"texts": [str], "images": [base64]}`, either absent or null.

    Raises:
        BodyError: it is not JSON, or a key is of another type.
    """
    values = _object(body)
    return Job(texts=_texts(values, "texts"), images=_texts(values, "images"))


def vectors(job: Job, encoders: Encoders) -> bytes:
    """Return img2vec's answer to a job.

    Raises:
        EncodingError: the image has no vector.
    """
    vector = encoders.img2vec.image(image_bytes(job.images[0]))
    return b'{"id":%b,"vector":%b,"dim":%d}' % (dump(job.id), _printed(vector), len(vector))


def vectorize(job: Job, encoders: Encoders) -> bytes:
    """Return CLIP's answer to a job, its vectors in the job's order.

    Raises:
        EncodingError: a text or an image has no vector; then the whole call has none.
    """
    texts = [_named(f"texts[{n}]", encoders.clip.text, text) for n, text in enumerate(job.texts)]
    images = [
        _named(f"images[{n}]", lambda given: encoders.clip.image(image_bytes(given)), image)
        for n, image in enumerate(job.images)
    ]
    lists = [b",".join(map(_printed, found)) for found in (texts, images)]
    return b'{"textVectors":[%b],"imageVectors":[%b]}' % (lists[0], lists[1])


def image_bytes(text: str) -> bytes:
    """Decode base64 as leniently as the containers: what is outside the alphabet is skipped, line breaks too.

    A `data:` prefix is therefore no error here; its letters become rubbish before the image, which is then none.

    Raises:
        EncodingError: the padding is wrong, or there are characters outside ASCII.
    """
    if not text:
        raise EncodingError("the image is empty")
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise EncodingError(f"the image is not base64: {error}") from error


def dump(value: Any) -> bytes:
    """Return compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def _printed(vector: list[float]) -> bytes:
    """A vector as JSON in the fewest digits from which each float32 reads back.

    Raises:
        EncodingError: a component is not finite, which JSON cannot say.
    """
    values = np.asarray(vector, np.float32)
    if not np.isfinite(values).all():
        raise EncodingError("the vector has a component that is not finite")
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)


def _named(name: str, encode: Callable[[str], list[float]], given: str) -> list[float]:
    """Encode, and say in an error which one of several it was."""
    try:
        return encode(given)
    except EncodingError as error:
        raise EncodingError(f"{name}: {error}") from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyError(f"the body is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise BodyError(f"the body is {_kind(values)}, not an object")
    return values


def _text(values: dict[str, Any], key: str) -> str:
    if key not in values:
        raise BodyError(f"{key!r} is missing")
    value = values[key]
    if not isinstance(value, str):
        raise BodyError(f"{key!r} is {_kind(value)}, not a string")
    return value


def _texts(values: dict[str, Any], key: str) -> tuple[str, ...]:
    value = values.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BodyError(f"{key!r} is {_kind(value)}, not a list of strings")
    for n, item in enumerate(value):
        if not isinstance(item, str):
            raise BodyError(f"'{key}[{n}]' is {_kind(item)}, not a string")
    return tuple(value)


def _kind(value: Any) -> str:
    """JSON's name for the type of a value."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
