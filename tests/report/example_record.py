"""A record made up for looking at reports: violations, doubts, skips, galleries and latencies.

`python tests/report/example_record.py FILE` writes it, with the shipped photographs if they are there.
"""

from __future__ import annotations

import base64
import hashlib
import io
import random
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from harness.errors import ExitCode
from harness.model import Level, Outcome
from harness.record import (
    EndEntry,
    Entry,
    LatencyEntry,
    LoadedCollection,
    NoteEntry,
    PictureEntry,
    Record,
    RecordWriter,
    RunEntry,
    ScenarioEntry,
    Service,
    ShownEntry,
    ShownHit,
    TargetEntry,
    UsageEntry,
    VerdictEntry,
)

STARTED = datetime(2025, 3, 14, 9, 26, 53, tzinfo=UTC)
HOSTILE = '<script>alert("1")</script> & \x1b[31mred'
METRICS = ("cosine", "dot", "l2-squared", "manhattan", "hamming")
CHECKS = {
    "near-image/same-image-first": "An image that is stored finds itself first, at distance 0.",
    "near-image/ascending": "Hits come in the order of their distance, the least first.",
    "near-image/distances-exact": "Each returned distance is that of the metric, as exactly as float32 allows.",
    "near-image/exact-neighbours": "The best k are the k nearest of all, for each k.",
    "near-image/no-duplicates": "No object is returned twice, and no more objects than there are.",
    "near-image/equals-near-vector": "`nearImage` answers as `nearVector` does with the vector of that image.",
    "paging/limit-is-prefix": "A smaller limit gives the beginning of the same list.",
    "paging/offsets-join": "Pages by offset give the unpaged list, without repeats or gaps.",
    "threshold/inclusive": "A hit whose distance equals the threshold is returned.",
    "threshold/excludes-beyond": "Nothing beyond the threshold is returned.",
    "threshold/round-trip": "A distance that was returned, used as the threshold, keeps its hit.",
    "threshold/nesting": "A larger threshold never loses a hit.",
    "threshold/complete": "Every object within the threshold is returned, however many there are.",
    "certainty/equals-distance": "The certainty c is the threshold 2(1 - c).",
    "certainty/other-metrics-refused": "A certainty is refused with every metric but cosine.",
    "filter/removes-only": "A filter can only remove objects.",
}


def picture(number: int) -> PictureEntry:
    """A small pattern, the same bytes on every machine: stored PNG, eight by eight."""
    source = random.Random(number)
    tint = [source.randrange(256) for _ in range(3)]
    rows = b"".join(
        b"\0" + bytes((tint[c] + 24 * (x + y) * (c + 1 + number % 3)) % 256 for x in range(8) for c in range(3))
        for y in range(8)
    )
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 0)),
        (b"IEND", b""),
    )
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return entry(f"p-{number:04}", f"label {number % 4}", data, "png")


def photographs(folder: Path, count: int = 150) -> list[PictureEntry]:
    """Small copies of the photographs in a folder and of darkened, mirrored and turned views, as a run has them."""
    from PIL import Image, ImageEnhance, ImageOps

    views = {
        "": lambda image: image,
        "#mirror": ImageOps.mirror,
        "#dim": lambda image: ImageEnhance.Brightness(image).enhance(0.6),
        "#gray": lambda image: ImageOps.grayscale(image).convert("RGB"),
        "#rotate": lambda image: image.rotate(8),
        "#crop": lambda image: image.crop((10, 10, image.width - 10, image.height - 10)),
    }
    found = []
    for path in sorted(path for path in folder.iterdir() if path.suffix in {".jpg", ".png"}):
        with Image.open(path) as opened:
            small = ImageOps.contain(opened.convert("RGB"), (96, 96))
        for name, view in views.items():
            target = io.BytesIO()
            view(small).save(target, "JPEG", quality=80)
            found.append(entry(path.name + name, path.stem, target.getvalue(), "jpeg"))
    return found[:count]


def entry(name: str, label: str, data: bytes, kind: str) -> PictureEntry:
    """The entry of a picture that is its own thumbnail."""
    uri = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return PictureEntry(sha256=hashlib.sha256(data).hexdigest(), name=name, label=label, thumbnail=uri)


def record(pictures: Sequence[PictureEntry], *, metrics: Sequence[str] = METRICS, questions: int = 6) -> Record:
    """The record of a made-up run with these pictures."""
    entries = tuple(_entries(pictures, metrics, questions, random.Random(5)))
    return Record(Path("nearimage-out/record.jsonl"), entries, truncated=False)


VERSIONS = ("1.19.13", "1.32.27", "1.39.0")


def several(one: Record) -> Record:
    """The same run at three versions, of which the newest has mended a violation and the oldest lacks gRPC.

    A fourth target could not be opened.
    """
    entries: list[Entry] = []
    for entry in one.entries:
        if isinstance(entry, TargetEntry):
            entries += [_version(entry, version) for version in VERSIONS]
            entries.append(_version(entry, "1.25.34", trouble="port 50051 is taken"))
            entries += [_usage(version, part, at) for version in VERSIONS for part in PARTS for at in ("ready", "end")]
        elif isinstance(entry, VerdictEntry):
            entries += [_verdict_at(entry, version) for version in VERSIONS]
        elif isinstance(entry, ScenarioEntry | ShownEntry | LatencyEntry):
            old = isinstance(entry, ShownEntry | LatencyEntry) and entry.interface == "grpc"
            entries += [entry.model_copy(update={"target": version}) for version in VERSIONS[old:]]
        else:
            entries.append(entry)
    return Record(one.path, tuple(entries), truncated=False)


PARTS = ("database", "inference")


def _version(entry: TargetEntry, version: str, *, trouble: str = "") -> TargetEntry:
    return entry.model_copy(
        update={
            "target": version,
            "name": f"embedded:{version}",
            "version": "" if trouble else version,
            "description": f"Weaviate {version}, its own binary on this machine",
            "services": {"img2vec-neural": Service(encoder="photo", device="cpu")},
            "phases": {} if trouble else {"inference service": 1.5, "database process": 2.0, "database ready": 0.4},
            "trouble": trouble,
        }
    )


def _usage(version: str, part: str, at: Literal["ready", "end"]) -> UsageEntry:
    more = 2 if at == "end" else 1
    return UsageEntry(target=version, part=part, at=at, cpu_seconds=1.5 * more, resident=300 * 2**20 * more, disk=None)


def _verdict_at(entry: VerdictEntry, version: str) -> VerdictEntry:
    if version == VERSIONS[0] and entry.interface == "grpc":
        reason = {"outcome": Outcome.SKIPPED, "sentence": "Weaviate 1.19.13 has no nearImage over gRPC", "evidence": {}}
        return entry.model_copy(update={"target": version, **reason})
    if version == VERSIONS[-1] and entry.check == "threshold/inclusive":
        mended = {"outcome": Outcome.HELD, "sentence": CHECKS[entry.check], "evidence": {}}
        return entry.model_copy(update={"target": version, **mended})
    return entry.model_copy(update={"target": version})


def _entries(
    pictures: Sequence[PictureEntry], metrics: Sequence[str], questions: int, source: random.Random
) -> Iterator[Entry]:
    yield RunEntry(
        harness="0.1.0",
        python="3.11.9",
        platform="Linux-6.1-x86_64",
        cpus=2,
        argv=("nearimage", "run", "--target", "embedded:1.39.0", "--checks", "*"),
        target="embedded:1.39.0",
        started=STARTED,
        seed=20250314,
        commit="3daf506",
        versions={"weaviate-client": "4.16.0", "onnxruntime": "1.20.1", "numpy": "2.1.0"},
    )
    yield TargetEntry(
        name="embedded:1.39.0",
        description="Weaviate 1.39.0, its own binary on this machine, with the harness's inference service",
        version="1.39.0",
        weaviate=True,
        modules=("img2vec-neural", "multi2vec-clip"),
        inference={"img2vec-neural": "the harness's own service: photo encoder, cpu"},
        phases={"finding": 0.2, "starting": 3.9},
    )
    photos = LoadedCollection(
        name="ImageExample",
        class_at_target="ImageExample_7f3a",
        module="img2vec-neural",
        metric="cosine",
        index="hnsw",
        objects=len(pictures),
        seconds=4.25,
    )
    planted = tuple(
        LoadedCollection(
            name=f"Planted_{metric.replace('-squared', '')}_{index}",
            class_at_target=f"Planted_{metric.replace('-squared', '')}_{index}_7f3a",
            module="img2vec-neural",
            metric=metric,
            index=index,
            objects=40,
            seconds=0.31,
        )
        for metric in metrics
        for index in ("hnsw", "flat")
    )
    yield ScenarioEntry(
        file="scenarios/photos-img2vec.yaml", name="photos-img2vec", sha256="a1" * 32, collections=(photos,)
    )
    yield ScenarioEntry(file="scenarios/thresholds.yaml", name="thresholds", sha256="b2" * 32, collections=planted)
    yield NoteEntry(level="warning", text="The inference service is a stand-in: it is not ResNet-50.")
    yield from _verdicts("photos-img2vec", (photos,), source)
    yield from _verdicts("thresholds", planted, source)
    yield from pictures
    yield from _shown(pictures, questions, source)
    yield from _latencies(source)
    yield EndEntry(
        finished=STARTED + timedelta(seconds=48.3),
        exit_code=ExitCode.VIOLATED,
        peak_memory_mb=812.4,
        phases={"loading": 9.4, "checking": 24.8, "measuring": 9.7},
    )


def _verdicts(scenario: str, collections: Sequence[LoadedCollection], source: random.Random) -> Iterator[VerdictEntry]:
    for check, sentence in CHECKS.items():
        for collection in collections:
            for interface in ("graphql", "grpc"):
                outcome, said, evidence = _judged(check, sentence, collection, interface)
                yield VerdictEntry(
                    check=check,
                    level=Level.OBSERVED if check.startswith("paging") else Level.MUST,
                    outcome=outcome,
                    sentence=said,
                    scenario=scenario,
                    collection=collection.name,
                    interface=interface,
                    evidence=evidence,
                    asked=source.randrange(1, 30),
                    seconds=round(source.uniform(0.004, 0.2), 4),
                    repeat=f"nearimage run scenarios/{scenario}.yaml --target embedded:1.39.0 --checks {check} "
                    f"-k {collection.name}@{interface}",
                )


def _judged(
    check: str, sentence: str, collection: LoadedCollection, interface: str
) -> tuple[Outcome, str, dict[str, object]]:
    """What a check came to: most held; one is violated in many places, one in one, one undecided, some skipped."""
    if check == "threshold/inclusive" and collection.metric == "cosine":
        evidence: dict[str, object] = {
            "question": f"nearImage 'p-0001' in {collection.class_at_target}, distance 0.29289323",
            "threshold": 0.29289323,
            "returned": [{"id": "9c1e", "name": "p-0001", "distance": 0.0}],
            "missing": [{"id": "77aa", "name": "p-0003", "distance": 0.29289323}],
        }
        if interface == "grpc":
            evidence["returned_count"] = 1
        return Outcome.VIOLATED, "A hit whose distance equals the threshold is missing.", evidence
    if check == "paging/offsets-join" and (collection.name, interface) == ("Planted_dot_flat", "grpc"):
        return Outcome.VIOLATED, "A hit of the first page came again on the second.", {"name": HOSTILE, "page": 2}
    if check == "threshold/complete" and collection.name == "Planted_hamming_hnsw":
        return Outcome.UNDECIDED, "The server did not answer.", {"reason": "timed out after 30 s", "objects": 3000}
    if check == "near-image/exact-neighbours" and (collection.metric, interface) == ("manhattan", "grpc"):
        return (
            Outcome.KNOWN,
            "With manhattan and hnsw a neighbour in fifty is missing.",
            {
                "found": "a neighbour is missing",
                "smallest_case": "two thousand objects",
                "link": "https://example.org/issues/1",
                "recall": 0.98,
            },
        )
    if check.startswith("certainty/equals") and collection.metric != "cosine":
        return Outcome.SKIPPED, sentence, {"reason": "certainty is for cosine only"}
    return Outcome.HELD, sentence, {}


def _shown(pictures: Sequence[PictureEntry], questions: int, source: random.Random) -> Iterator[ShownEntry]:
    for number in range(questions):
        start = number * 6 % len(pictures)
        near = [pictures[(start + step) % len(pictures)] for step in range(6)]
        distances = sorted(round(source.uniform(0.02, 0.3), 6) for _ in near[1:])
        exact = [
            ShownHit(name=one.name, label=one.label, picture=one.sha256, distance=distance)
            for one, distance in zip(near, [0.0, *distances], strict=True)
        ]
        rest = sorted(round(source.gauss(0.85, 0.12), 6) for _ in range(80))
        returned, threshold = exact[:5], (0.25 if number % 2 else None)
        if number % 2:
            returned = [hit for hit in exact if (hit.distance or 0) <= (threshold or 0)]
            exact = returned
        if number == 1:
            returned = [*exact[:1], *exact[2:], exact[0].model_copy(update={"expected": False, "distance": 0.312})]
        for interface in ("graphql", "grpc"):
            yield ShownEntry(
                scenario="photos-img2vec",
                collection="ImageExample",
                question=f"{near[0].label} {number}",
                interface=interface,
                metric="cosine",
                picture="" if number == 2 else near[0].sha256,
                text="a tabby cat <looking> at you" if number == 2 else "",
                threshold=threshold,
                returned=tuple(returned),
                expected=tuple(exact[: len(returned)] if number % 2 == 0 else exact),
                reach=tuple(hit.distance or 0.0 for hit in exact) + tuple(rest),
            )


def _latencies(source: random.Random) -> Iterator[LatencyEntry]:
    for question, n in (("tabby", 400), ("close", 100), ("words", 12)):
        for interface, slower in (("graphql", 1.0), ("grpc", 0.8)):
            service = [round(source.lognormvariate(2.9, 0.12), 3) for _ in range(n)]
            whole = [round(one + slower * source.lognormvariate(1.2, 0.5), 3) for one in service]
            yield LatencyEntry(
                scenario="photos-img2vec",
                collection="ImageExample",
                question=question,
                interface=interface,
                milliseconds=tuple(whole),
                service_ms=None if question == "words" else tuple(service),
                warmup=10,
                unknown=2 if question == "close" else 0,
            )


def main(target: Path) -> None:
    """Write the record to a file."""
    folder = Path(__file__).parents[2] / "fixtures" / "photos"
    pictures = photographs(folder) if folder.is_dir() else [picture(number) for number in range(150)]
    with RecordWriter(target) as writer:
        for one in record(pictures).entries:
            writer.write(one)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
