"""How things are put on a console: tables, outcomes with their sign and colour, and no sign that it lacks."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.model import Outcome
from harness.report import words

STYLES = {
    Outcome.HELD: "green",
    Outcome.VIOLATED: "bold red",
    Outcome.KNOWN: "blue",
    Outcome.FIXED: "cyan",
    Outcome.UNDECIDED: "yellow",
    Outcome.INVALID: "magenta",
    Outcome.SKIPPED: "dim",
}
_SYMBOLS = dict(zip(Outcome, "✓✗≈✧?!-", strict=True))
_PLAIN_SYMBOLS = dict(zip(Outcome, "+X~*?!-", strict=True))
_PLAIN = str.maketrans(
    {
        "·": "|",
        "≠": "#",
        "…": "...",
        "≥": ">=",
        "≤": "<=",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    }
)
_PLAIN_BOX = box.Box("    \n    \n -- \n    \n    \n -- \n    \n    \n", ascii=True)
_WIDE = 120


class Pen:
    """Writes on one console.

    Args:
        console: its width, colours and encoding are respected.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._ascii = console.options.ascii_only
        self._symbols = _PLAIN_SYMBOLS if self._ascii else _SYMBOLS

    @property
    def wide(self) -> bool:
        """Whether there is room beside things."""
        return self.console.width >= _WIDE

    @property
    def width(self) -> int:
        """How many columns there are for a table."""
        return min(self.console.width, _WIDE)

    def text(self, said: str, style: str = "") -> Text:
        """A text that is printed as it is: no markup, no signs that this console lacks."""
        lines = [words.clean(line) for line in said.split("\n")]
        said = "\n".join(lines)
        if self._ascii:
            said = said.translate(_PLAIN).encode("ascii", "backslashreplace").decode("ascii")
        return Text(said, style=style)

    def outcome(self, outcome: Outcome, said: str) -> Text:
        """An outcome with its sign and in its colour."""
        return self.text(f"{self._symbols[outcome]} {said}", STYLES[outcome])

    def sign(self, outcome: Outcome | None) -> Text:
        """The sign of an outcome alone; nothing where there is none."""
        return Text("") if outcome is None else Text(self._symbols[outcome], style=STYLES[outcome])

    def beside(self, said: str, style: str = "dim") -> Text:
        """What belongs to the number before it: in the same line if there is room, else below it."""
        return self.text(f" ({said})" if self.wide else f"\n{said}", style)

    def indented(self, said: str, columns: int = 2) -> Padding:
        """A paragraph, set in."""
        return Padding(self.text(said), (0, 0, 0, columns), expand=False)

    def table(self, title: str) -> Table:
        """A table that fits the console."""
        return Table(
            title=self.text(title, "bold"),
            title_justify="left",
            box=_PLAIN_BOX if self._ascii else box.SIMPLE,
            pad_edge=False,
            width=self.width,
            highlight=False,
        )

    def print(self, *things: object) -> None:
        """Print things, each on lines of its own."""
        for thing in things:
            self.console.print(thing, highlight=False, markup=False)

    def command(self, said: str) -> None:
        """Print a command unbroken, so that it can be copied."""
        self.console.print(self.text(f"  $ {words.clean(said)}", "cyan"), soft_wrap=True, highlight=False)
