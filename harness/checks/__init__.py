"""The contract as checks, one file a chapter: `registry` says what a check is, `case` what it is given."""

from harness.checks.case import Case, Skipped, Violation
from harness.checks.registry import CHAPTERS, Check, all_checks, matching

__all__ = ["CHAPTERS", "Case", "Check", "Skipped", "Violation", "all_checks", "matching"]
