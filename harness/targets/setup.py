"""What a person asks of a target by options: every way to get a database understands it or refuses it in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from harness.errors import UsageError

OFFICIAL, HARNESS, HOST = "official", "harness", "host"


@dataclass(frozen=True, slots=True)
class Setup:
    """The options of a target; the defaults leave everything to the target.

    Args:
        read_only: nothing may be written to the database.
        inference: what stands behind the image modules: `official` (their own containers), `harness` (our service as a
            container), `host` (our service as a process of this machine); empty leaves it to the target.
        images: container images that are used in place of the usual ones, by module name.
        gpu: the number of the GPU that the inference service computes on; None is the CPU.
        cpus: how many processors the database may use; 0 is no limit.
        memory: bytes that the database may use; 0 is no limit.
        environment: variables for the database, on top of what scenarios need.
        volumes: mounted into the database, `NAME_OR_FOLDER:/PATH[:ro]`.
        delay: how much later our inference service answers, on purpose, `5%` of its time or `2ms`; empty: not at all.
    """

    read_only: bool = False
    inference: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    gpu: int | None = None
    cpus: float = 0.0
    memory: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    delay: str = ""

    def only(self, what: str, *able: str) -> None:
        """Refuse every option that is set and that a target can do nothing with.

        Args:
            what: the target, as the beginning of a sentence.
            able: the names of the options that it takes.

        Raises:
            UsageError: names the option and what takes it.
        """
        for each in fields(self):
            value = getattr(self, each.name)
            if value != getattr(Setup(), each.name) and each.name not in able:
                option, hint = _REFUSED[each.name]
                raise UsageError(f"{what} can do nothing with {option}", hint=hint)


_CONTAINERS = "The targets docker and compose take it."
_REFUSED = {
    "read_only": ("--read-only", "Leave it out."),
    "inference": ("--inference", _CONTAINERS),
    "images": ("--image", _CONTAINERS),
    "gpu": ("--device gpu", "Every target that we start an inference service for takes it: docker, compose, embedded."),
    "cpus": ("--cpus", _CONTAINERS),
    "memory": ("--memory", _CONTAINERS),
    "environment": ("--env", "Every target that we start takes it: docker, compose, embedded, reference."),
    "volumes": ("--volume", _CONTAINERS),
    "delay": ("a delay on purpose", "The targets reference and embedded take it."),
}
