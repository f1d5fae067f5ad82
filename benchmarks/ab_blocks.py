"""Rounds of two targets that are the same, recorded once, for `ab_replays.py`.

    python benchmarks/ab_blocks.py DIR [--sessions N] [--seconds S] [--planted]

Each session opens the reference twice and asks both in turn. With `--planted` the inference service looks no picture
at, so a request takes about 2 ms; without, a model looks at it, which takes about 10.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from harness.comparing.arena import arena, sides
from harness.comparing.rounds import rounds
from harness.comparing.series import Name, Series, Side
from harness.images import shipped_folder
from harness.keeping import write_json
from harness.options import TargetOptions
from harness.scenario import load_scenario

PLANTED = """\
nearimage: 1
name: planted pictures, asked in turn
collection:
  class: Turns
  vectorizer: img2vec-neural
  moduleConfig: {img2vec-neural: {imageFields: [image]}}
  properties: [{name: image, dataType: [blob]}, {name: label, dataType: [text]}]
images: {from: planted, subjects: 50, views: 2, dimensions: 64, ties: 1, seed: 1, as: image, keep: [label]}
questions:
  nearest: {near_image: p-0000, limit: 5}
load: {requests: 200, warmup: 20}
"""


def scenario_file(folder: Path, *, planted: bool) -> Path:
    """Return the scenario whose question is asked."""
    if not planted:
        return shipped_folder("scenarios") / "photos-img2vec.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "planted.yaml"
    path.write_text(PLANTED, encoding="utf-8")
    return path


def recorded(folder: Path) -> list[tuple[str, Series]]:
    """Return the sessions of a folder, with the names of their files."""
    return [(path.stem, _series(json.loads(path.read_text()))) for path in sorted(folder.glob("*.json"))]


def _series(told: dict[str, object]) -> Series:
    base, head = (Side(tuple(map(tuple, told[side]))) for side in ("base", "head"))  # type: ignore[arg-type]
    return Series(Name("recorded", "recorded", "recorded", "graphql"), base, head, paired=True)


def main() -> None:
    """Record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sessions", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--planted", action="store_true")
    options = parser.parse_args()
    scenario = load_scenario(scenario_file(options.folder, planted=options.planted))
    for number in range(options.sessions):
        with arena(scenario, sides("reference", "reference", TargetOptions()), interface="graphql") as opened:
            pair, began = opened.duels[0].pair, time.perf_counter()
            for _ in rounds([pair], seed=time.time_ns()):
                if time.perf_counter() - began > options.seconds:
                    break
            made = pair.series
        name = f"{'planted' if options.planted else 'photo'}-{time.strftime('%H%M%S')}-{number}.json"
        write_json(options.folder / name, {side: asdict(getattr(made, side))["blocks"] for side in ("base", "head")})
        print(f"{name}: {made.rounds} rounds, {made.base.n} requests of each side")


if __name__ == "__main__":
    main()
