"""`nearimage outage`: what a user of a cluster sees before, while and after one of its nodes is away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import TypeVar

import numpy as np

from harness.abilities import CanLoseNode, CanStartCluster, missing
from harness.errors import TargetError
from harness.load.http_lanes import GraphQLWire
from harness.load.mix import order
from harness.load.runner import run_open
from harness.load.samples import Fate, Floats, Samples
from harness.load.schedule import constant
from harness.model import Endpoint, Module, NearImage, Needs, Outcome, Question
from harness.options import TargetOptions
from harness.record import AxisEntry
from harness.surveying import sizes
from harness.surveying.site import Say, Site, survey
from harness.surveying.sizes import Size
from harness.truth import Asked, InMemory, Neighbours
from harness.truth.searching import neighbours
from harness.truth.shards import Rows
from harness.watching.answered import answered

NODES = 3
_Result = TypeVar("_Result")
_TIMEOUT = 5.0
_GRACE = 10.0
"""Seconds after a node went in which questions may fail: until the others know."""

_UNDER_WAY = 1.0
"""Seconds before it in which too: they were being answered then."""

_HINT = "A binary can (--target embedded:/path/to/weaviate), and so can a Compose file (--target compose:img2vec)."


@dataclass(frozen=True, slots=True)
class OutageOptions:
    """What `nearimage outage` was asked for: each of three parts takes `seconds`, at `rate` questions a second."""

    targets: TargetOptions = field(default_factory=TargetOptions)
    size: Size = field(default_factory=Size)
    rate: float = 20.0
    seconds: float = 15.0
    questions: int = 20
    limit: int = 10
    out: Path = field(default_factory=lambda: Path("nearimage-out"))


@dataclass(frozen=True, slots=True)
class Seen:
    """What the users of one node saw: every request, and the recall of each that was answered (NaN if not).

    The first was intended when it `began`, a moment of `time.perf_counter`.
    """

    began: float
    samples: Samples
    recalls: Floats


def outage(options: OutageOptions, say: Say) -> Path:
    """Start a cluster, ask a node that stays and one that is lost, and return the record of it.

    Raises:
        TargetError: the target can't start a cluster, or can't lose a node of it.
        HarnessError: it could not be opened, filled or asked.
    """
    written: list[Path] = []
    with survey(
        options.targets, Needs(modules=(Module.IMG2VEC,)), options.out, written.append, say, writes=True
    ) as site:
        target = site.target
        for ability in (CanStartCluster, CanLoseNode):
            if lacks := missing(ability, target):
                raise TargetError(lacks, hint=_HINT)
        assert isinstance(target, CanStartCluster)
        assert isinstance(target, CanLoseNode)
        say(f"starting {NODES} nodes")
        with target.cluster(NODES) as nodes:
            _Outage(options, site, target, nodes, say).happen()
    return written[0]


def _beside(act: Callable[[], _Result]) -> Future[_Result]:
    """Do something in a thread that nobody has to wait for: a load that was interrupted ends with this process."""
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(act())
        except BaseException as error:  # noqa: BLE001 (whoever waits for it gets it)
            future.set_exception(error)

    Thread(target=run, name="nearimage-outage", daemon=True).start()
    return future


class _Outage:
    """One cluster that loses its last node, and gets it back."""

    def __init__(
        self, options: OutageOptions, site: Site, target: CanLoseNode, nodes: Sequence[Endpoint], say: Say
    ) -> None:
        self._options, self._site, self._target, self._nodes, self._say = options, site, target, nodes, say
        self._name = site.station.run.class_name("Outage")
        self._events: list[tuple[float, str]] = []  # moments of `time.perf_counter`

    def happen(self) -> None:
        """Fill the cluster, ask while a node goes and comes back, and write what was seen."""
        options = self._options
        stored = sizes.vectors(options.size)
        self._fill(stored)
        queries = sizes.asked(options.size, stored, options.questions)
        ids = [sizes.object_id(number) for number in range(len(stored))]
        truth = neighbours(Asked(options.size.metric, options.limit, queries), InMemory(ids, stored))
        questions = [
            Question(self._name, NearImage(one.base64), limit=options.limit)
            for one in sizes.pictures(options.size, queries)
        ]
        over = Event()
        stays, goes = self._nodes[0], self._nodes[-1]
        asking = [_beside(partial(self._asked, one, questions, truth)) for one in (stays, goes)]
        changes = _beside(partial(self._lose, goes, over))
        try:
            seen = [one.result() for one in asking]
            changes.result()
        except BaseException:
            over.set()  # a node that is away comes back, or it might do so while everything is taken away
            wait([changes])
            raise
        for found, where in zip(seen, ("a node that stays", "the node that is lost"), strict=True):
            self._site.write(
                AxisEntry(
                    target=self._site.station.name,
                    about=f"asked at {where}",
                    answered=answered(
                        found.samples, 3 * self._options.seconds, found.began - self._site.began, found.recalls
                    ),
                    events=tuple((at - self._site.began, what) for at, what in self._events),
                )
            )
        self._judge(seen[0])

    def _fill(self, stored: Rows) -> None:
        definition = self._options.size.definition(self._name)
        definition |= {"replicationConfig": {"factor": NODES}, "description": self._site.station.run.description}
        sizes.store(self._nodes[0], definition, stored)
        sleep(1.0)  # replicas that were not waited for have theirs

    def _asked(self, node: Endpoint, questions: Sequence[Question], truth: Sequence[Neighbours]) -> Seen:
        wire = GraphQLWire(node)
        schedule = constant(self._options.rate, 3 * self._options.seconds)
        which = order("in-turn", len(schedule), len(questions))
        bodies: dict[int, bytes] = {}
        first: list[tuple[int, float]] = []

        def heard(row: int, _question: int, fate: Fate, body: bytes) -> None:
            if fate == Fate.OK:
                bodies[row] = body
                if not first:
                    first.append((row, perf_counter()))

        encoded = [wire.encode(question) for question in questions]
        began = perf_counter()
        samples = run_open(wire, encoded, schedule.times, which, timeout=_TIMEOUT, heard=heard)
        if first:  # its clock began when it had its connections
            row, at = first[0]
            began = at - float(samples.received[row])
        recalls = np.full(len(samples), np.nan)
        for row, body in bodies.items():
            question = int(which[row])
            recalls[row] = truth[question].recall(wire.decoded(body, questions[question]).ids)
        return Seen(began, samples, recalls)

    def _lose(self, node: Endpoint, over: Event) -> None:
        if over.wait(self._options.seconds):
            return
        lost = perf_counter()  # whoever kills it may take a second to say that it is done
        with self._target.lost(node):
            self._events.append((lost, "a node is lost, as by a power cut"))
            self._say("a node is lost")
            over.wait(self._options.seconds)
        self._events.append((perf_counter(), "it is back"))
        self._say("it is back")

    def _judge(self, stays: Seen) -> None:
        lost = self._events[0][0] - stays.began
        late = (stays.samples.intended < lost - _UNDER_WAY) | (stays.samples.intended > lost + _GRACE)
        failed = int((~stays.samples.ok & late).sum())
        meanwhile = int((~stays.samples.ok & ~late).sum())
        wrong = int((stays.recalls < 1.0).sum())
        facts = {
            "failed": failed,
            "failed_within_10_s_of_the_loss": meanwhile,
            "with_a_recall_below_1": wrong,
            "asked": len(stays.samples),
        }
        sentence = "A node that stays answers every question, but for ten seconds after another one is lost."
        outcome = Outcome.HELD
        if failed:
            outcome, sentence = Outcome.VIOLATED, f"{failed} questions at a node that stays were not answered"
        self._site.judge("outage/others-answer", outcome, sentence, "one of three nodes is lost", **facts)
