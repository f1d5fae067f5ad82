"""What there is to choose from, a line each: checks, scenarios, promises, interfaces and targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.checks import all_checks
from harness.interfaces import NAMES
from harness.scenario import SMOKE, json_schema, load_scenario, shipped_scenarios, usual_scenarios
from harness.targets import KINDS


def listed(what: str | None) -> list[str]:
    """Return lines that say what there is: checks, scenarios, promises, interfaces, targets, or (None) all of them."""
    kinds = {
        "checks": _checks,
        "scenarios": _scenarios,
        "promises": _promises,
        "interfaces": _interfaces,
        "targets": _targets,
    }
    if what is not None:
        return list(kinds[what]())
    lines = []
    for name, make in kinds.items():
        lines += [f"{name}:", *(f"  {line}" for line in make()), ""]
    return lines[:-1]


def _checks() -> Iterator[str]:
    for check in all_checks().values():
        yield f"{check.id:42} {check.level:9} {check.sentence}"


def _scenarios() -> Iterator[str]:
    for name, path in shipped_scenarios().items():
        only = "" if name in usual_scenarios() else f" (only when named: nearimage run {_named(name)})"
        yield f"{name:18} {load_scenario(path).name}{only}"


def _named(name: str) -> str:
    return "--smoke" if name == SMOKE else name


def _promises() -> Iterator[str]:
    """What a scenario can promise, and about what: in the words that the schema has for editors."""
    schema = json_schema()["properties"]["promises"]
    about: dict[str, list[str]] = {}
    says: dict[str, str] = {}
    for subject, shape in {"a question": schema["additionalProperties"], **schema["properties"]}.items():
        for key, value in _keys(shape):
            about.setdefault(key, []).append(subject)
            says[key] = value["description"]
    for key, subjects in about.items():
        yield f"{key:21} {'of ' + ', '.join(subjects):26} {says[key]}"


def _keys(shape: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from shape["properties"].items()
    for pattern, value in shape.get("patternProperties", {}).items():
        yield pattern.removeprefix("^").partition("(")[0] + "N", value


def _interfaces() -> Iterator[str]:
    yield from NAMES


def _targets() -> Iterator[str]:
    for kind in KINDS:
        yield f"{kind.form:34} {kind.says}"
