"""Generated cases: classes, writes and questions drawn by Hypothesis, judged after each step, shrunk when one fails.

`shapes` draws a class and writes a case down as a scenario; `machine` draws the steps; `search` runs cases in bounded
time and keeps the smallest one that fails.
"""

from harness.generating.search import Found, Searched, search

__all__ = ["Found", "Searched", "search"]
