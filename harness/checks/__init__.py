"""The contract as checks, one file a chapter: `registry` says what a check is, `case` what it is given."""

from harness.checks.case import Case, Skipped, Violation
from harness.checks.registry import CHAPTERS, Check, Per, all_checks, matching

__all__ = ["CHAPTERS", "Case", "Check", "Per", "Skipped", "Violation", "all_checks", "matching"]
