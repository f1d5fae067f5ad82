"""A file that names targets: a fleet that is asked by one command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from harness.errors import TargetError, UsageError
from harness.fleet import values
from harness.fleet.wanted import Wanted
from harness.scenario.mistakes import validate
from harness.scenario.reading import Document, read
from harness.targets.setup import Setup

FORMAT = 1
"""The format's version, which every file states as `nearimage-targets: 1`."""

_Value = TypeVar("_Value")
_Text = Annotated[str, Field(min_length=1)]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]
_Written = Annotated[
    str,
    BeforeValidator(lambda it: str(it).lower() if isinstance(it, int) else it, json_schema_input_type=str | int | bool),
]
_STARTS = 'a file of targets starts with `nearimage-targets: 1` and has `targets: {NAME: {target: "embedded:1.39.0"}}`'


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TargetShape(_Shape):
    """One target and its options; what is not said here, the command line says."""

    target: _Text = Field(description="What --target would be; paths start from the folder of this file.")
    inference: _Text | None = Field(default=None, description="What answers the image modules: official, harness, host")
    images: dict[str, _Text] = Field(default={}, description="Container images of inference services, by module.")
    device: _Text | None = Field(default=None, description="What inference computes on: cpu, gpu, gpu:1.")
    cpus: float | None = Field(default=None, gt=0, description="So many processors for the database.")
    memory: _Text | None = Field(default=None, description="So much memory for the database: 2GiB.")
    env: dict[str, _Written] = Field(default={}, description="Variables of the database.")
    volumes: list[_Text] = Field(default=[], description="Folders or volumes of the database: WHAT:/PATH[:ro].")
    delay: _Text | None = Field(
        default=None, description="How much later our inference service answers, on purpose: 5% or 2ms."
    )
    read_only: bool | None = Field(default=None, description="Never write to it.")


class FleetShape(_Shape):
    """Targets by the names that a report gives them."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="A file of targets for nearimage")

    format: Literal[1] = Field(alias="nearimage-targets", description="The version of this format.")
    targets: dict[
        _Name,
        Annotated[
            TargetShape,
            BeforeValidator(
                lambda it: {"target": it} if isinstance(it, str) else it, json_schema_input_type=str | TargetShape
            ),
        ],
    ] = Field(min_length=1, description="What is asked, by name: a target alone, or with its options.")


def fleet(path: Path, default: Setup) -> list[Wanted]:
    """Return the targets of a file.

    Args:
        path: the file.
        default: the options of the command line, for what the file leaves open.

    Raises:
        FileError: something in it is wrong: the file, the line, and the nearest valid name.
    """
    document = _document(path)
    shape = validate(document, FleetShape, document.data)
    return [_wanted(document, name, one, default) for name, one in shape.targets.items()]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of such files, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **FleetShape.model_json_schema()}


def _document(path: Path) -> Document:
    document = read(path, _STARTS)
    if not isinstance(document.data, dict):
        raise document.error((), "this is no file of targets", hint=_STARTS)
    if "nearimage-targets" not in document.data:
        raise document.error((), "`nearimage-targets: 1` is missing", hint=_STARTS)
    return document


def _wanted(document: Document, name: str, shape: TargetShape, default: Setup) -> Wanted:
    at = _At(document, name)
    folder = document.path.resolve().parent
    given: dict[str, Any] = {
        "inference": shape.inference and at("inference", lambda: values.whose(shape.inference or "")),
        "images": at("images", lambda: values.images(shape.images)) or None,
        "gpu": at("device", lambda: values.gpu(shape.device or "")),
        "cpus": shape.cpus,
        "memory": at("memory", lambda: values.memory(shape.memory or "")) or None,
        "environment": at("env", lambda: values.variables(f"{key}={value}" for key, value in shape.env.items())),
        "volumes": at("volumes", lambda: values.volumes(shape.volumes, folder)) or None,
        "read_only": shape.read_only,
        "delay": shape.delay and at("delay", lambda: values.delay(shape.delay or "")),
    }
    given["environment"] = {**default.environment, **given["environment"]}
    setup = replace(default, **{key: value for key, value in given.items() if value is not None})
    if shape.device is not None:
        setup = replace(setup, gpu=given["gpu"])  # cpu too is said, whatever the command line has
    found = Wanted(_from(folder, shape.target), setup, name)
    at("target", lambda: _judged(found))
    return found


class _At:
    """Says of what is wrong with a target's key where it stands in the file."""

    def __init__(self, document: Document, name: str) -> None:
        self._document, self._name = document, name

    def __call__(self, key: str, judge: Callable[[], _Value]) -> _Value:
        try:
            return judge()
        except UsageError as error:
            what = f"{self._name}: {error.what.removeprefix('--')}"
            raise self._document.error(("targets", self._name, key), what, hint=error.hint) from error


def _judged(found: Wanted) -> None:
    try:
        found.target()
    except TargetError:  # this machine does not have it: said when it is opened, and the others are asked
        return


def _from(folder: Path, text: str) -> str:
    """Return a target's text with its path, if it has one, from the folder of the file."""
    kind, given, rest = text.partition(":")
    path, marked, behind = rest.partition("#")
    if not given or kind in ("http", "https") or not path or Path(path).is_absolute() or path.startswith("~"):
        return text
    beside = folder / path
    return f"{kind}:{beside}{marked}{behind}" if path.startswith(".") or beside.is_file() else text
