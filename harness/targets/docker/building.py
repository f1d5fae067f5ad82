"""Our inference service as an image: built here from the installed package when there is none yet.

Its packages are fetched by this Python's own pip, which knows the way to the registry that worked once already
(proxies, certificates, mirrors); then the build itself needs no network.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from filelock import FileLock

from harness import __version__
from harness.errors import TargetError, UsageError
from harness.inference.models import model_file
from harness.targets.docker.daemon import Daemon
from harness.targets.docker.images import checked, have, local
from harness.targets.state import FOLDER_PREFIX, state_folder

NAME = "nearimage-local/inference"
BASE = "python:3.13-slim"
BASE_VARIABLE = "NEARIMAGE_INFERENCE_BASE"

_PACKAGE = Path(__file__).resolve().parents[2]
_MODEL = "efficientnet-lite0.onnx"
_PARTS = ("__init__.py", "door.py", "errors.py", "model", "images", "inference")
_STAGE = "nearimage.stage"
_ASK = (
    "import json, platform, sys; "
    "print(json.dumps([list(sys.version_info[:2]), platform.machine(), platform.libc_ver()]))"
)
_PIP_SECONDS = 900
_TAIL = 12
_OLDEST_GLIBC = 5


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an image is made of.

    Args:
        base: the image that it stands on, which must have Python with pip.
        dockerfile: the file that says how.
        requirements: the packages, each of the version that is installed here.
        files: everything that goes in, by its path in the context.
    """

    base: str
    dockerfile: Path
    requirements: str
    files: Mapping[str, Path]

    @property
    def tag(self) -> str:
        """The image's name: it changes with anything that goes in."""
        digest = hashlib.sha256(f"{self.base}\n{self.requirements}".encode())
        digest.update(self.dockerfile.read_bytes())
        for path, file in sorted(self.files.items()):
            digest.update(f"{path} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
        kind = self.dockerfile.suffix.replace(".", "-")
        version = re.sub(r"[^\w.-]", "-", __version__)
        return f"{NAME}{kind}:{version}-{digest.hexdigest()[:12]}"


def our_image(daemon: Daemon, labels: Mapping[str, str], *, cuda: bool = False) -> str:
    """Return the name of our inference service's image; built if this machine does not have it.

    Args:
        daemon: where.
        labels: for the container that the base image is asked in.
        cuda: the variant for a GPU.

    Raises:
        TargetError: it could not be built; with the end of what was said.
        UsageError: the base image has no name that an image can have.
    """
    recipe = recipe_of(cuda=cuda)
    if local(daemon, recipe.tag) is None:
        with FileLock(_lock(recipe)):  # two runs that start at once build it once
            if local(daemon, recipe.tag) is None:
                _build(daemon, recipe, labels)
    return recipe.tag


def recipe_of(*, cuda: bool = False) -> Recipe:
    """Return what our image is made of.

    Args:
        cuda: the variant for a GPU.

    Raises:
        UsageError: the base image has no name that an image can have, or the recipe is missing.
    """
    folder, kind = _folder(), "cuda" if cuda else ""
    requirements = folder / f"requirements{'-' * bool(kind)}{kind}.txt"
    return Recipe(
        base=checked(os.environ.get(BASE_VARIABLE) or BASE),
        dockerfile=folder / f"Dockerfile{'.' * bool(kind)}{kind}",
        requirements="\n".join(_pinned(requirements)) + "\n",
        files=dict(_files()),
    )


def _folder() -> Path:
    """The recipe: in an installed wheel, or else in the source tree."""
    for root in (_PACKAGE / "shipped", _PACKAGE.parent):
        if (root / "compose" / "inference" / "Dockerfile").is_file():
            return root / "compose" / "inference"
    raise UsageError("the recipe of our inference image is missing", hint="Install nearimage again.")


def _files() -> Iterator[tuple[str, Path]]:
    for part in _PARTS:
        path = _PACKAGE / part
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                yield f"harness/{file.relative_to(_PACKAGE)}", file
    models = model_file(_MODEL).parent
    for file in sorted(models.iterdir()):
        yield f"fixtures/models/{file.name}", file


def _pinned(requirements: Path) -> Iterator[str]:
    """The packages, of the versions that are installed here: then the image answers as this machine's service does."""
    for line in requirements.read_text(encoding="utf-8").splitlines():
        name = re.match(r"[\w.-]+", line)
        if name is None:
            continue
        try:
            yield f"{name[0]}=={metadata.version(name[0])}"
        except metadata.PackageNotFoundError:
            yield line


def _lock(recipe: Recipe) -> Path:
    state_folder().mkdir(parents=True, exist_ok=True)
    return state_folder() / f"build-{hashlib.sha256(recipe.tag.encode()).hexdigest()[:12]}.lock"


def _build(daemon: Daemon, recipe: Recipe, labels: Mapping[str, str]) -> None:
    from docker.errors import BuildError

    try:
        have(daemon, recipe.base)
    except TargetError as error:
        hint = f"Name another image with Python and pip in {BASE_VARIABLE}, or use --inference host, which needs none."
        raise TargetError(f"our inference image cannot be built: {error.what}", log=error.log, hint=hint) from error
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}build-"))
    try:
        for path, file in recipe.files.items():
            _copy(file, folder / path)
        place = folder / "compose" / "inference"
        _copy(recipe.dockerfile, place / "Dockerfile")
        names = ("requirements.txt", "requirements-cuda.txt")
        for name in names:
            (place / name).write_text(recipe.requirements, encoding="utf-8")
        trouble = _fetch(place / "wheels", place / names[0], _python_of(daemon, recipe.base, labels))
        with daemon.told("build our inference image"):
            try:
                daemon.client.images.build(
                    path=str(folder),
                    dockerfile="compose/inference/Dockerfile",
                    tag=recipe.tag,
                    buildargs={"BASE": recipe.base},
                    labels={"nearimage.image": "inference"},
                    rm=True,
                    forcerm=True,
                )
            except BuildError as error:
                raise _failed(recipe, error, trouble) from error
            finally:
                daemon.client.images.prune(filters={"dangling": True, "label": _STAGE})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, to)


def _python_of(daemon: Daemon, base: str, labels: Mapping[str, str]) -> tuple[tuple[int, int], list[str]]:
    """Return the version of a base image's Python and the platforms whose wheels it takes."""
    from docker.errors import APIError

    api = daemon.client.api
    with daemon.told(f"ask {base} for its Python"):
        made = api.create_container(
            base, ["-c", _ASK], entrypoint="python3", labels=dict(labels), network_disabled=True
        )
    try:
        api.start(made)
        api.wait(made)
        (major, minor), machine, (libc, release) = json.loads(api.logs(made, stderr=False))
        newest = int(release.split(".")[1]) if libc == "glibc" else 0
    except (APIError, ValueError, IndexError) as error:
        raise TargetError(
            f"the base image {base} has no python3 that answers: {error}",
            hint=f"Name an image with Python and pip in {BASE_VARIABLE}; by default it is {BASE}.",
        ) from error
    finally:
        api.remove_container(made, force=True, v=True)
    wide = [f"manylinux_2_{number}_{machine}" for number in range(newest, _OLDEST_GLIBC - 1, -1)]
    return (major, minor), [*wide, f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"linux_{machine}"]


def _fetch(folder: Path, requirements: Path, python: tuple[tuple[int, int], list[str]]) -> str:
    """Fetch the wheels by this Python's pip; return why that failed, empty if it did not."""
    (major, minor), platforms = python
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--only-binary", ":all:", "--python-version", f"{major}.{minor}", "--implementation", "cp"]
    command += [word for platform in platforms for word in ("--platform", platform)]
    command += ["--dest", str(folder), "--requirement", str(requirements)]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=_PIP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        done = subprocess.CompletedProcess(command, 1, "", f"pip took more than {_PIP_SECONDS} s")
    if done.returncode == 0:
        return ""
    shutil.rmtree(folder, ignore_errors=True)  # the build then asks the registry itself
    return done.stderr.strip() or f"pip ended with exit code {done.returncode}"


def _failed(recipe: Recipe, error: Any, trouble: str) -> TargetError:
    said = [str(line.get("stream") or line.get("error") or "").rstrip() for line in error.build_log]
    lines = [line for text in said for line in text.splitlines() if line.strip()]
    before = ["pip here could not fetch its packages:", *trouble.splitlines()[-_TAIL:]] if trouble else []
    return TargetError(
        f"our inference image could not be built on {recipe.base}",
        log="\n".join([*before, *lines[-_TAIL:]]),
        hint=f"Choose another base by {BASE_VARIABLE}, or use --inference host, which needs no image.",
    )
