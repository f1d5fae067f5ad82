"""`nearimage mutants`: what is caught, what survives, who is accused wrongly, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from running import Place

from harness.checks import all_checks
from harness.errors import ExitCode, UsageError
from harness.inference.faults import FAULTS
from harness.proving import places
from harness.proving.command import Proof, line, mutants, summed_up
from harness.proving.proof import ALL_TOGETHER, HONEST, OUR_SERVICE, Found, Job, Workplace, jobs
from harness.reference.mutants import MUTANTS, Mutant
from harness.reference.rules import Rules

HARMLESS = Mutant("harmless", "It is said to break a clause and breaks none", "threshold/inclusive", Rules)
ACCUSED = replace(MUTANTS["exclusive_threshold"], name="wrongly_benign", breaks="")


@pytest.fixture(scope="module")
def workplace() -> Iterator[Workplace]:
    """Where jobs are done, in this process."""
    place = Workplace()
    yield place
    place.close()


def test_every_fault_and_all_that_is_right_is_a_job() -> None:
    """Each fault once; the honest and all benign differences together with each seed; each benign one by itself."""
    todo = jobs(seeds=20)
    faults = {job.name for job in todo if job.kind in ("fault", "service")}
    right = [(job.name, job.seed) for job in todo if job.kind in ("right", "right service")]
    assert faults == {one.name for one in [*MUTANTS.values(), *FAULTS.values()] if not one.benign}
    assert {name for name, _ in right} == {
        *(HONEST, ALL_TOGETHER, OUR_SERVICE),
        *(one.name for one in [*MUTANTS.values(), *FAULTS.values()] if one.benign),
    }
    assert [seed for name, seed in right if name == HONEST] == list(range(20))
    assert [seed for name, seed in right if name == ALL_TOGETHER] == list(range(20))


@pytest.mark.parametrize(
    ("only", "faults", "asked"),
    [
        ("exclusive_threshold", {"exclusive_threshold"}, {"threshold/inclusive"}),
        ("threshold/inclusive", {"exclusive_threshold"}, {"threshold/inclusive"}),
        ("ties_shuffled", set(), set()),
    ],
)
def test_some_faults_alone(only: str, faults: set[str], asked: set[str]) -> None:
    """By their name or that of their check; what is right is then asked those checks alone."""
    todo = jobs(only, seeds=1)
    assert {job.name for job in todo if job.kind == "fault"} == faults
    assert {check for job in todo if job.kind == "right" for check in job.checks} == asked


def test_a_fault_is_caught_and_others_notice_it(workplace: Workplace) -> None:
    """The check that names it is told with its place, and so are those that noticed it there."""
    found = workplace.do(Job("fault", "exclusive_threshold"))
    assert found.caught is not None
    assert (found.breaks, found.caught.check) == ("threshold/inclusive", "threshold/inclusive")
    assert "threshold/round-trip" in found.others
    assert line(found).startswith("caught   exclusive_threshold")
    assert "threshold/inclusive in Cosine over graphql; also" in line(found)


def test_everywhere_asks_the_other_chapters_too(workplace: Workplace) -> None:
    """A fault is put to the checks of its own chapter, and on request to those of all: some of them notice it too."""
    near = workplace.do(Job("fault", "second_page_repeats"))
    far = workplace.do(Job("fault", "second_page_repeats", everywhere=True))
    assert {check.partition("/")[0] for check in near.others} <= {"paging"}
    assert {"paging", "filter"} <= {check.partition("/")[0] for check in far.others}
    told = list(summed_up(Proof((far,), whole=False), 1, 0.0))
    assert any(line.split() == ["filter/pages", "noticed", "1"] for line in told)


def test_a_fault_that_nobody_notices_survives(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said loudly, and the whole is violated."""
    monkeypatch.setitem(MUTANTS, HARMLESS.name, HARMLESS)
    found = workplace.do(Job("fault", HARMLESS.name))
    proof = Proof((found,), whole=False)
    assert line(found).startswith("SURVIVED harmless: threshold/inclusive did not notice it")
    assert (proof.survivors, proof.exit_code) == (["harmless"], ExitCode.VIOLATED)
    assert "survived: harmless" in list(summed_up(proof, 1, 0.0))


def test_what_is_right_and_accused_is_said(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each accusation has its check, its place and its sentence, and the whole is violated."""
    monkeypatch.setitem(MUTANTS, ACCUSED.name, ACCUSED)
    found = workplace.do(Job("right", ACCUSED.name, 0, ("threshold/inclusive",)))
    proof = Proof((found,), whole=False)
    said, *accusations = line(found).splitlines()
    assert said.startswith("ACCUSED  wrongly_benign: 1 verdicts")
    assert [one.split()[0] for one in accusations] == ["threshold/inclusive"]
    assert proof.exit_code is ExitCode.VIOLATED
    assert "accused wrongly: wrongly_benign" in list(summed_up(proof, 1, 0.0))


def test_other_seeds_ask_other_pictures(workplace: Workplace) -> None:
    """The honest reference holds with pictures and thresholds that were drawn anew."""
    found = workplace.do(Job("right", HONEST, 7, ("threshold/drawn", "near-image/distances-exact")))
    assert (found.accused, found.asked) == ((), 2)


def test_a_faulty_service_is_caught(workplace: Workplace) -> None:
    """A fault of the encoder is put to the photographs."""
    found = workplace.do(Job("service", "sees_nothing"))
    assert found.caught is not None
    assert found.caught.collection == "Photo"


def test_a_check_that_catches_nothing_is_idle() -> None:
    """Of all faults, each check has to catch one that names it; of some, nothing is said."""
    assert Proof((), whole=True).idle == [id_ for id_, check in all_checks().items() if not check.apart]
    assert Proof((), whole=False).idle == []
    survived = Found(Job("fault", "exclusive_threshold"), "threshold/inclusive")
    assert "threshold/inclusive" in Proof((survived,), whole=True).idle


@pytest.mark.parametrize(("only", "seeds", "says"), [("no_such_fault", 1, "no fault is called"), ("", 0, "at least 1")])
def test_what_cannot_be_done_is_said(only: str, seeds: int, says: str) -> None:
    """A glob that means nothing and a number that is none are mistakes of usage."""
    with pytest.raises(UsageError, match=says):
        mutants(only, seeds, say=print)


def test_the_command_prints_the_matrix_and_ends_with_0(place: Place) -> None:
    """Each fault has its line, what is right has its own, and the last one sums up; several processes work at it."""
    ran = place.run("mutants", "--only", "threshold/[iz][ne][cr]*", "--seeds", "1")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "caught   exclusive_threshold" in ran.stdout
    assert "caught   zero_is_no_threshold" in ran.stdout
    assert "caught   nothing_at_zero" in ran.stdout
    assert "3 of 3 faults were caught by the check that names them, by 2 checks; 0 of 2" in ran.stdout
    assert place.left() == []


def test_with_seeds_each_detail_has_its_turn(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A seed asks every usual check and a fourth of the details; four seeds in a row ask them all."""
    monkeypatch.setattr(places, "verdict", lambda _stage, _scenario, check, _place, _interface: check.id)
    asked = [set(places.once(None, workplace.planted, seed, sparing=True)) for seed in range(4)]  # type: ignore[arg-type]
    usual = {check.id for check in places.about(workplace.planted) if not check.by_name}
    assert all(usual < each for each in asked)
    assert set.union(*asked) == {check.id for check in places.about(workplace.planted)}
    assert len(set.intersection(*asked) - usual) == 0
