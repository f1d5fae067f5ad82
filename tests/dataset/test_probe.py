"""The vector of a query is made by the target itself, and must be what the inference service says."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from lying_encoders import Shifted, encoders

from harness.dataset import Run
from harness.dataset.probe import probing
from harness.errors import AnswerError
from harness.images import planted_picture, planted_text
from harness.inference.serving import serve
from harness.interfaces.rest import Rest
from harness.model import Endpoint, Inference, Module
from harness.scenario import Collection, Scenario
from harness.stage import Stage

PICTURE = planted_picture((1, 2, 3, 4, 5, 6, 7, 8), name="not stored")


@pytest.fixture
def clip(scenario: Scenario) -> Collection:
    """The collection of the module that knows texts."""
    return next(one for one in scenario.collections if one.module is Module.CLIP)


def behind(endpoint: Endpoint, url: str | None) -> Endpoint:
    """The same database, with this service said to be behind it; None: nobody knows which."""
    known = dict.fromkeys(map(str, Module), Inference(url, ours=False)) if url else {}
    return replace(endpoint, inference=known)


def asked(url: str) -> int:
    """How many calls a service has answered."""
    return int(httpx.get(f"{url}/nearimage/calls", params={"since": 0}).json()["next"])


def test_it_is_what_the_target_makes_of_the_image(stage: Stage, squared: Collection, clip: Collection) -> None:
    """The vector of an image that nobody stored is the one that it carries, with each module."""
    with probing(stage.endpoint, Run()) as probe:
        assert probe.image(squared, PICTURE) == PICTURE.vector
        assert probe.image(clip, PICTURE) == PICTURE.vector


def test_a_text_has_a_vector_too(stage: Stage, clip: Collection) -> None:
    """The vector of a text is had the same way, where the module knows texts."""
    with probing(stage.endpoint, Run()) as probe:
        assert probe.text(clip, planted_text((1, 0, 0, 0, 0, 0, 0, 2), "a cat")) == (1, 0, 0, 0, 0, 0, 0, 2)


def test_a_service_that_says_otherwise_makes_it_uncertain(stage: Stage, squared: Collection, clip: Collection) -> None:
    """Where the service that can be asked gives another vector, nothing is taken for exact."""
    with serve(encoders(Shifted())) as lying, probing(behind(stage.endpoint, lying), Run()) as probe:
        with pytest.raises(AnswerError, match="the vector of the image not stored is not certain"):
            probe.image(squared, PICTURE)
        with pytest.raises(AnswerError, match="the vector of the text"):
            probe.text(clip, planted_text((1, 0, 0, 0, 0, 0, 0, 2)))


def test_a_service_that_nobody_knows_is_not_asked(stage: Stage, squared: Collection) -> None:
    """Behind a server of which no service is known the target's word is taken."""
    with probing(behind(stage.endpoint, None), Run()) as probe:
        assert probe.image(squared, PICTURE) == PICTURE.vector


def test_an_image_without_a_vector_is_no_query(stage: Stage, squared: Collection) -> None:
    """An image of which the target makes no vector is told by its name or by the server's words."""
    with probing(stage.endpoint, Run()) as probe, pytest.raises(AnswerError, match="could not be stored"):
        probe.image(squared, replace(PICTURE, data=b"no image", vector=None))


def test_each_vector_is_made_once(stage: Stage, planted_url: str, squared: Collection) -> None:
    """The same image is asked for once however often it is needed, by whichever collection of that kind."""
    with probing(stage.endpoint, Run()) as probe:
        probe.image(squared, PICTURE)
        before = asked(planted_url)
        probe.image(squared, PICTURE)
        probe.image(replace(squared, name="AnotherOfThatKind"), PICTURE)
        assert asked(planted_url) == before


def test_collections_of_one_name_do_not_share_a_probe(stage: Stage, squared: Collection, clip: Collection) -> None:
    """Two scenarios may call different classes alike: the module, not the name, says how a vector is made."""
    with probing(stage.endpoint, Run()) as probe:
        probe.image(squared, PICTURE)
        same_name = replace(clip, name=squared.name)
        text = planted_text((1, 0, 0, 0, 0, 0, 0, 2))
        assert probe.text(same_name, text) == (1, 0, 0, 0, 0, 0, 0, 2)


def test_images_of_another_length_have_a_probe_of_their_own(stage: Stage, scenario: Scenario) -> None:
    """An index keeps the length of vectors that are gone, so collections of other images never share a probe."""
    run = Run()
    with probing(stage.endpoint, run) as probe, Rest(stage.endpoint) as rest:
        for collection in scenario.collections:
            picture = collection.images.load().pictures[0]
            assert probe.image(collection, picture) == picture.vector
        probes = [one["class"] for one in rest.classes() if one["class"].startswith(run.prefix)]
    # img2vec's planted pictures of all metrics together, CLIP's, those of a compressed index, and the ladder
    assert len(probes) == 4


def test_probes_are_gone_afterwards(stage: Stage, squared: Collection) -> None:
    """The probe collections are taken away, also after a failure."""
    run = Run()
    with probing(stage.endpoint, run) as probe:
        probe.image(squared, PICTURE)
        with pytest.raises(AnswerError):
            probe.image(squared, replace(PICTURE, data=b"no image", vector=None))
    with Rest(stage.endpoint) as rest:
        assert [one["class"] for one in rest.classes() if one["class"].startswith(run.prefix)] == []
