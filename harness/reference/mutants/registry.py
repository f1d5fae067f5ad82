"""What a named fault is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.reference.rules import Rules


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: `says` is what is wrong in words, `breaks` the check that names its clause; empty for a benign one."""

    name: str
    says: str
    breaks: str
    rules: Callable[[], Rules]

    @property
    def benign(self) -> bool:
        """Whether no check may accuse it."""
        return not self.breaks


MUTANTS: dict[str, Mutant] = {}


def mutant(breaks: str = "") -> Callable[[type[Rules]], type[Rules]]:
    """Register a class of rules as a fault: its own name in snake case, its docstring as what it says.

    Args:
        breaks: the id of the check whose clause it breaks; empty for a benign one.
    """

    def register(rules: type[Rules]) -> type[Rules]:
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in rules.__name__).lstrip("_")
        MUTANTS[name] = Mutant(name, (rules.__doc__ or "").strip().rstrip("."), breaks, rules)
        return rules

    return register
