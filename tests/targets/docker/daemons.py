"""What the tests with a real Docker share: whether there is one, images of named fakes, and what a run has left."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.targets.docker.building import BASE, BASE_VARIABLE
from harness.targets.docker.labels import OWNER
from harness.targets.docker.target import DockerTarget

MakeTarget = Callable[..., DockerTarget]
PROGRAMS = Path(__file__).parent / "programs"
FAKE = "nearimage-test/fake"


def base() -> str:
    """The image with Python that everything here stands on."""
    return os.environ.get(BASE_VARIABLE) or BASE


def missing() -> str:
    """What the tests with a real Docker lack here; empty if nothing."""
    from harness.errors import TargetError
    from harness.targets.docker.daemon import connected, silence
    from harness.targets.docker.images import local

    trouble = silence()
    if trouble:
        return f"Docker: {trouble}"
    try:
        with connected() as daemon:
            here = local(daemon, base())
    except TargetError as error:
        return error.what
    return "" if here else f"the image {base()} is not here ({BASE_VARIABLE} names another with Python)"


@dataclass(slots=True)
class Images:
    """Images of the programs in `programs/`, made when they are asked for.

    They stay, a few kilobytes each: another test run on this machine may be using them.
    """

    client: Any

    def fake(self, how: str = "fine") -> str:
        """The fake that behaves so."""
        return self.built("fake.py", f"{FAKE}:{how}", f"ENV FAKE={how}")

    def built(self, program: str, tag: str, *lines: str) -> str:
        """An image of a program."""
        recipe = ["FROM " + base(), "COPY program.py /", *lines, 'ENTRYPOINT ["python3", "-u", "/program.py"]']
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            for name, data in (
                ("Dockerfile", "\n".join(recipe).encode()),
                ("program.py", (PROGRAMS / program).read_bytes()),
            ):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        context.seek(0)
        self.client.images.build(fileobj=context, custom_context=True, tag=tag, rm=True, forcerm=True)
        return tag


@dataclass(slots=True)
class Left:
    """What a process has in Docker, by name: its containers, networks and volumes; by default this process."""

    client: Any
    pid: int = field(default_factory=os.getpid)

    def names(self) -> set[str]:
        """What is there now."""
        api, only = self.client.api, {"label": OWNER}
        found = [(each["Names"][0], each) for each in api.containers(all=True, filters=only)]
        found += [(each["Name"], each) for each in api.networks(filters=only)]
        found += [(each["Name"], each) for each in api.volumes(filters=only)["Volumes"] or []]
        return {name for name, each in found if json.loads(each["Labels"][OWNER])["pid"] == self.pid}
