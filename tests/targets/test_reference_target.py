"""The reference as a target: always there, and never taken for a Weaviate."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starting import start_fake_inference

from harness.abilities import CanRestart, CanShowLogs
from harness.errors import TargetError, UsageError
from harness.model import Inference, Needs
from harness.reference.mutants import MUTANTS
from harness.targets import find
from harness.targets.phases import Phases
from harness.targets.programs import Starting
from harness.targets.reference import ReferenceTarget
from harness.targets.state import Claim

BOTH = Needs(modules=("img2vec-neural", "multi2vec-clip"))


@pytest.fixture
def target() -> ReferenceTarget:
    """The reference with the fake inference service."""
    return ReferenceTarget(start_inference=start_fake_inference)


def test_it_answers_as_a_server_and_says_that_it_is_none(target: ReferenceTarget) -> None:
    """Its endpoint has a version and both modules, and the mark that no Weaviate was tested."""
    with target.open(BOTH) as endpoint:
        meta = httpx.get(f"{endpoint.url}/v1/meta").json()
    assert (endpoint.version, endpoint.weaviate, endpoint.started) == (meta["version"], False, True)
    assert set(endpoint.modules) == set(endpoint.inference) == set(BOTH.modules)
    assert target.describe().startswith("no Weaviate was tested")
    assert endpoint.version in target.describe()


def test_closed_it_leaves_nothing(target: ReferenceTarget, tmp_path: Path) -> None:
    """No address answers, and no file of it is left."""
    with target.open(BOTH) as endpoint:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(endpoint.url)
    assert not list((tmp_path / "state").iterdir())
    assert not list((tmp_path / "tmp").iterdir())


def test_an_inference_service_that_never_gets_ready_takes_it_along(tmp_path: Path) -> None:
    """The two start side by side: the service's own trouble is what is said, and nothing is left of either."""

    @contextlib.contextmanager
    def broken(claim: Claim, phases: Phases) -> Iterator[Starting]:
        def never() -> Inference:
            raise TargetError("the models are gone")

        with start_fake_inference(claim, phases) as started:
            yield Starting(started.url, never)

    with pytest.raises(TargetError, match="the models are gone"), ReferenceTarget(start_inference=broken).open(BOTH):
        pytest.fail("it opened")
    assert not list((tmp_path / "state").iterdir())
    assert not list((tmp_path / "tmp").iterdir())


def test_a_restart_keeps_data_and_addresses(target: ReferenceTarget) -> None:
    """What was stored is there after a restart at the same endpoint."""
    assert isinstance(target, CanRestart)
    with target.open(BOTH) as endpoint:
        assert httpx.post(f"{endpoint.url}/v1/schema", json={"class": "Dog", "vectorizer": "none"}).is_success
        assert target.restart() == endpoint
        assert httpx.get(f"{endpoint.url}/v1/schema/Dog").is_success


def test_its_log_can_be_read(target: ReferenceTarget) -> None:
    """What it wrote is there while it runs and, its end, afterwards."""
    assert isinstance(target, CanShowLogs)
    with target.open(BOTH):
        assert "nearimage reference ready" in target.logs()
    assert "nearimage reference ready" in target.logs()


def test_settings_of_the_scenario_are_its_settings(target: ReferenceTarget) -> None:
    """A setting that it refuses ends its start, with its own words."""
    needs = Needs(modules=BOTH.modules, settings={"QUERY_DEFAULTS_LIMIT": "many"})
    with pytest.raises(TargetError, match="exit code 2") as caught, target.open(needs):
        pytest.fail("it opened")
    assert "QUERY_DEFAULTS_LIMIT is 'many'" in caught.value.log


def test_the_shell_s_settings_are_not_its_settings(target: ReferenceTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person's shell happens to hold does not change what is tested."""
    monkeypatch.setenv("QUERY_DEFAULTS_LIMIT", "many")
    with target.open(BOTH) as endpoint:
        assert endpoint.version


def test_a_mutant_says_its_fault() -> None:
    """The name finds the same mutant again, and the description does not hide the fault."""
    name = next(iter(MUTANTS))
    target = find(f"reference:{name}")
    assert target.name == f"reference:{name}"
    assert f"the fault {name!r}" in target.describe()


def test_a_mutant_that_there_is_not_names_the_nearest() -> None:
    """A misspelt fault is a usage error before anything is started."""
    name = next(iter(MUTANTS))
    with pytest.raises(UsageError, match="has no fault") as caught:
        find(f"reference:{name}x")
    assert caught.value.hint == f"Did you mean reference:{name}?"


def test_a_mutant_starts_and_answers() -> None:
    """A fault is reached through the same door as everything else."""
    target = ReferenceTarget(next(iter(MUTANTS)), start_inference=start_fake_inference)
    with target.open(BOTH) as endpoint:
        assert httpx.get(f"{endpoint.url}/v1/meta").is_success
