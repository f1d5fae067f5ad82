"""The frozen values that travel between the parts: questions, answers, endpoints, verdicts.

Imports nothing of the package, so every part may import it.
"""

from harness.model.answers import Answer, Group, Hit, Interface, State, Tally
from harness.model.database import Endpoint, Inference, Metric, Module, Needs, Target
from harness.model.questions import (
    Aggregation,
    GroupBy,
    Near,
    NearImage,
    NearObject,
    NearText,
    NearVector,
    Question,
    Reference,
    Sort,
    Where,
)
from harness.model.verdicts import Level, Outcome, Verdict

__all__ = [
    "Aggregation",
    "Answer",
    "Endpoint",
    "Group",
    "GroupBy",
    "Hit",
    "Inference",
    "Interface",
    "Level",
    "Metric",
    "Module",
    "Near",
    "NearImage",
    "NearObject",
    "NearText",
    "NearVector",
    "Needs",
    "Outcome",
    "Question",
    "Reference",
    "Sort",
    "State",
    "Tally",
    "Target",
    "Verdict",
    "Where",
]
