"""The inference services behind Weaviate's image modules, by the names that Weaviate's documentation gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.model import Module
from harness.targets.docker.images import INFERENCE


@dataclass(frozen=True, slots=True)
class Service:
    """The inference service of one module.

    Args:
        name: of the service in our Compose files, and so its host name there.
        api: the variable that tells Weaviate its address.
        image: the documentation's own image.
        variable: puts another image in its place in our Compose files.
        says: what it is, for people.
    """

    name: str
    api: str
    image: str
    variable: str
    says: str


SERVICES: Mapping[Module, Service] = {
    Module.IMG2VEC: Service(
        name="i2v-neural",
        api="IMAGE_INFERENCE_API",
        image=INFERENCE[Module.IMG2VEC],
        variable="IMG2VEC_IMAGE",
        says="ResNet-50: images to vectors",
    ),
    Module.CLIP: Service(
        name="multi2vec-clip",
        api="CLIP_INFERENCE_API",
        image=INFERENCE[Module.CLIP],
        variable="CLIP_IMAGE",
        says="CLIP: images and texts, in many languages, to vectors that can be compared",
    ),
}

ASK_INFERENCE = (
    "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080, timeout=5); "
    "c.request('GET', '/.well-known/ready'); raise SystemExit(c.getresponse().status // 100 != 2)"
)
"""A health check for `python3 -ISc`: an image of an inference service has Python, and no curl or wget."""
