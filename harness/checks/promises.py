"""What a scenario promises of its answers, as checks of its own: the best hit, recall, precision by label."""

from __future__ import annotations

from statistics import fmean

from harness.checks.case import Case, Skipped, Violation
from harness.checks.registry import Check
from harness.images import Picture
from harness.model import Hit, Level, Question
from harness.scenario import EVERY_IMAGE, LATENCY, LOAD, Asked, Promise

_DEFAULT_LIMIT = 10
_EVERY = 40


def promised(promise: Promise) -> Check:
    """Return the check of one promise; those about times are not kept by answers and have none here.

    Raises:
        ValueError: for a promise about latency or load.
    """
    if promise.subject in {LATENCY, LOAD}:
        raise ValueError("times are measured, not checked")

    def run(case: Case) -> str | None:
        judge = {"first": _first, "recall": _recall}.get(promise.key, _precision)
        return judge(case, promise)

    sentence = f"{promise.subject}: {promise.key} {promise.text}"
    source = f"promised in line {promise.line} of the scenario"
    return Check(f"promise/{promise.subject}/{promise.key}", Level.MUST, sentence, source, run)


def _asked(case: Case, promise: Promise) -> Asked:
    found = next((asked for asked in case.questions if asked.name == promise.subject), None)
    if found is None:
        raise Skipped(f"the question {promise.subject} is not asked of this collection")
    return found


def question_of(case: Case, asked: Asked) -> Question:
    """Return a scenario's question as it is put to this collection."""
    arguments = {"limit": asked.limit, "distance": asked.distance, "certainty": asked.certainty}
    if asked.distance is None and asked.certainty is None and asked.limit is None:
        arguments["limit"] = _DEFAULT_LIMIT
    if asked.limit is None and (asked.distance is not None or asked.certainty is not None):
        arguments["limit"] = case.everything()
    if asked.picture is not None:
        return case.near(asked.picture, **arguments)
    return case.near_text(asked.text or "", **arguments)


def _first(case: Case, promise: Promise) -> str | None:
    question = question_of(case, _asked(case, promise))
    hits = case.hits(question)
    names = _names(case, hits[0]) if hits else ()
    case.require(
        promise.value in names,
        f"the best hit is not {promise.value}",
        question,
        hits,
        best=list(names),
        promised=promise.value,
    )
    return None


def _recall(case: Case, promise: Promise) -> str | None:
    if promise.subject == EVERY_IMAGE:
        return _recall_of_every_image(case, promise)
    asked = _asked(case, promise)
    question = question_of(case, asked)
    truth = case.truth_of(asked.picture) if asked.picture is not None else case.truth_of_text(asked.text or "")
    hits = case.hits(question)
    recall = truth.recall([hit.id for hit in hits], asked.limit or _DEFAULT_LIMIT)
    case.require(
        recall >= float(promise.value),
        f"recall is {recall:.4g}, promised is {promise.text}",
        question,
        hits,
        recall=recall,
    )
    return f"recall {recall:.4g}"


def _recall_of_every_image(case: Case, promise: Promise) -> str:
    shares = {}
    for stored in case.samples(_EVERY):
        assert stored.picture is not None
        ids = [hit.id for hit in case.hits(case.near(stored.picture, limit=_DEFAULT_LIMIT))]
        shares[stored.picture.name] = case.truth_of(stored.picture).recall(ids, _DEFAULT_LIMIT)
    found = fmean(shares.values())
    said = f"recall at {_DEFAULT_LIMIT} is {found:.4f} over {len(shares)} images"
    if found < float(promise.value):
        worst = sorted(shares, key=lambda name: shares[name])[:5]
        facts = {"recall": found, "images": len(shares), "worst": {name: shares[name] for name in worst}}
        raise Violation(f"{said}, promised is {promise.text}", facts)
    return said


def _precision(case: Case, promise: Promise) -> str | None:
    rank = promise.rank or 1
    if promise.subject == EVERY_IMAGE:
        pictures = [stored.picture for stored in case.samples(_EVERY) if stored.picture is not None]
    else:
        picture = _asked(case, promise).picture
        if picture is None:
            raise Skipped("a text has no label")
        pictures = [picture]
    shares = {picture.name: share for picture in pictures if (share := _share(case, picture, rank)) is not None}
    if not shares:
        raise Skipped("no image has another one of its label")
    found = fmean(shares.values())
    if found < float(promise.value):
        worst = sorted(shares, key=lambda name: shares[name])[:5]
        raise Violation(
            f"label precision at {rank} is {found:.4f}, promised is {promise.text}",
            {"precision": found, "images": len(shares), "worst": {name: shares[name] for name in worst}},
        )
    images = f"{len(shares)} image{'' if len(shares) == 1 else 's'}"
    return f"label precision at {rank} is {found:.3f} over {images}"


def _share(case: Case, picture: Picture, rank: int) -> float | None:
    """Share of a picture's best hits that have its label, itself left out; None if no other has it."""
    mine = {one.id for one in case.dataset.pictured if one.picture == picture}
    others = sum(
        1 for one in case.dataset.pictured if one.picture and one.picture.label == picture.label and one.id not in mine
    )
    wanted = min(rank, others)
    if wanted == 0:
        return None
    hits = case.hits(case.near(picture, limit=wanted + len(mine)))
    best = [hit for hit in hits if hit.id not in mine][:wanted]
    return sum(_label(case, hit) == picture.label for hit in best) / wanted


def _label(case: Case, hit: Hit) -> str:
    stored = case.dataset.by_id.get(hit.id)
    return stored.picture.label if stored and stored.picture else ""


def _names(case: Case, hit: Hit) -> tuple[str, ...]:
    stored = case.dataset.by_id.get(hit.id)
    if stored is None or stored.picture is None:
        return (hit.id,)
    picture = stored.picture
    return tuple(dict.fromkeys((picture.name, picture.subject, picture.label)))
