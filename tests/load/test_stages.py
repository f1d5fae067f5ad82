"""Where the time goes: three ways of asking in turns, paired with the service's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.errors import AnswerError
from harness.images import planted_picture, planted_vector
from harness.inference.serving import serve as serve_inference
from harness.interfaces import connect
from harness.interfaces.rest import Object, Rest
from harness.load.http_lanes import GraphQLWire
from harness.load.stages import Split, Ways, split
from harness.model import Endpoint, Inference, NearImage, NearVector, Question
from harness.reference.server import serve

VECTOR = (1.0, 2.0, 3.0)
PICTURE = planted_picture(VECTOR, name="asked")
QUESTION = Question("Photo", NearImage(PICTURE.base64), limit=2)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A reference with one stored picture, and the service behind it."""
    folder = tmp_path_factory.mktemp("stages")
    with serve_inference() as service, serve(inference_url=service, folder=folder) as served:
        behind = {"img2vec-neural": Inference(service, ours=True)}
        found = Endpoint("reference", served.url, "1.39.0", grpc=served.grpc, inference=behind)
        with Rest(found) as rest:
            rest.create_class(
                {
                    "class": "Photo",
                    "vectorizer": "img2vec-neural",
                    "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
                    "properties": [{"name": "image", "dataType": ["blob"]}],
                }
            ).need("create a class")
            rest.insert_batch([Object("Photo", "00000000-0000-4000-8000-000000000001", {"image": PICTURE.base64})])
        yield found


def ways(image: Question = QUESTION) -> Ways:
    """The question in three ways."""
    null = planted_picture(VECTOR, name="null", least=5000)
    return Ways(image, QUESTION.but(near=NearVector(VECTOR)), QUESTION.but(near=NearImage(null.base64)))


def measured(endpoint: Endpoint, asked: Ways) -> Split:
    """Split over GraphQL, the vector over gRPC."""
    with closing(connect("grpc", endpoint)) as twin:
        return split(GraphQLWire(endpoint), twin, asked, endpoint.inference["img2vec-neural"], rounds=20)


def test_each_round_is_paired_with_its_call(endpoint: Endpoint) -> None:
    """Every column has one number for each round, and the service's own time is within the time of its request."""
    found = measured(endpoint, ways())
    assert {len(getattr(found, name)) for name in ("image", "vector", "null", "waited", "computed")} == {20}
    assert (found.waited + found.computed <= found.image).all()
    assert found.encode > 0 < found.decode


def test_a_question_without_an_answer_ends_it(endpoint: Endpoint) -> None:
    """Where requests are refused nothing is split: there is no time to tell of."""
    refused = QUESTION.but(near=NearImage("bm8gaW1hZ2U="))
    with pytest.raises(AnswerError, match="were not answered while the time was split"):
        measured(endpoint, ways(refused))


@pytest.mark.parametrize("least", [0, 100, 5000])
def test_a_picture_that_costs_nothing_is_as_large_as_is_wanted(least: int) -> None:
    """A planted picture can be filled up to the size of a photograph, and carries the same vector."""
    data = planted_picture(VECTOR, name="null", least=least).data
    assert len(data) == max(least, len(PICTURE.data))
    assert planted_vector(data) == VECTOR


def test_a_filled_picture_can_be_opened(tmp_path: Path) -> None:
    """A filled picture is a PNG that any reader opens."""
    from PIL import Image

    path = tmp_path / "null.png"
    path.write_bytes(planted_picture(VECTOR, name="null", least=5000).data)
    with Image.open(path) as image:
        assert image.size == (16, 16)
