"""A reference with rules of one's choice, served in this process, and every check that can be put to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from harness.checks import Check
from harness.checks.judging import judge
from harness.checks.turns import due
from harness.dataset import Run
from harness.inference.encoders import Encoders, load
from harness.inference.serving import serve as serve_inference
from harness.interfaces import DEFAULT
from harness.model import Endpoint, Inference, Module, Verdict
from harness.proving.in_this_process import InThisProcess
from harness.reference import Served
from harness.reference.rules import Rules
from harness.scenario import Collection, Scenario, load_scenario
from harness.stage import Stage

LIARS = Path(__file__).with_name("liars.yaml")
"""Planted pictures in each metric: small enough to put every faulty reference to it."""

PHOTOGRAPHS = Path(__file__).with_name("encoders.yaml")
"""A few photographs, which a model has to look at."""


@contextmanager
def planted_service() -> Iterator[str]:
    """Serve planted vectors, without any model, and yield the address."""
    with serve_inference(load("planted")) as url:
        yield url


@contextmanager
def staged(
    rules: Rules, inference_url: str, folder: Path, behind: Inference | None = None, *, seed: int = 0, **facts: Any
) -> Iterator[Stage]:
    """Serve a reference that goes by these rules, and yield the stage on it; nothing is loaded yet.

    Args:
        rules: what it goes by.
        inference_url: the service that it asks.
        folder: for its data.
        behind: what is said to stand behind it; our own service by default.
        seed: what the checks draw from.
        facts: what else is said of the endpoint.
    """
    service = behind or Inference(inference_url, ours=True, encoder="planted")
    names = [str(module) for module in Module]
    known: dict[str, Any] = {
        "started": True,
        "modules": {name: {} for name in names},
        "inference": dict.fromkeys(names, service),
    }

    def endpoint(served: Served) -> Endpoint:
        return Endpoint(
            target="reference",
            url=served.url,
            version="1.39.0",
            grpc=served.grpc,
            weaviate=False,
            **(known | facts),
        )

    target = InThisProcess(rules, inference_url, folder / "data", endpoint)
    with target.open() as opened, closing(Stage(opened, Run(seed=seed), folder, target=target)) as stage:
        yield stage


def verdict(stage: Stage, scenario: Scenario, check: Check, collection: Collection, interface: str) -> Verdict:
    """Return what one check comes to."""
    dataset = stage.dataset(scenario, collection)
    case = stage.case(dataset, interface, scenario.questions_for(collection))
    return judge(check, case, scenario=scenario.name)


def verdicts(stage: Stage, scenario: Scenario, check: Check) -> Iterator[Verdict]:
    """Yield what a check comes to wherever a run would ask it: on each collection, over each interface."""
    for collection in scenario.collections:
        if check.applies(collection):
            for interface in DEFAULT:
                if due(check, scenario, collection, first=interface == DEFAULT[0]):
                    yield verdict(stage, scenario, check, collection, interface)


def liars() -> Scenario:
    """Return the scenario that is small enough to put every faulty reference to it."""
    return load_scenario(LIARS)


def photographs() -> Scenario:
    """Return the scenario whose pictures a model has to look at."""
    return load_scenario(PHOTOGRAPHS)


@contextmanager
def behind(encoders: Encoders, folder: Path, *, ours: bool = True, image: str = "", **facts: Any) -> Iterator[Stage]:
    """Serve the honest reference with these encoders behind both modules, and yield the stage on it.

    Args:
        encoders: what answers for images and texts.
        folder: for its data.
        ours: whether they are said to be the harness's own.
        image: the container image that they are said to come from.
        facts: what else is said of the endpoint.
    """
    with serve_inference(encoders) as url:
        service = Inference(url, ours=ours, encoder="auto" if ours else "", device=encoders.device, image=image)
        with staged(Rules(), url, folder, service, **facts) as stage:
            yield stage
