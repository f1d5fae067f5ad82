"""What every part of a record has in common, and the values that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_DEEPEST = 40


def _text(value: Any) -> Any:
    """Mend halves of surrogate pairs, which JSON escapes can make and UTF-8 cannot hold."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain(value: Any, *, depth: int = 0) -> Any:
    """Turn a value into what JSON can hold: NaN and infinities become None, tuples lists, the unknown its text.

    What is nested deeper than anybody reads is left out.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        deeper = value.items() if depth < _DEEPEST else ()
        return {_text(str(key)): plain(item, depth=depth + 1) for key, item in deeper}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [plain(item, depth=depth + 1) for item in value] if depth < _DEEPEST else []
    return _text(str(value))


Text = Annotated[str, BeforeValidator(_text)]
Facts = Annotated[dict[str, Any], BeforeValidator(plain)]
Seconds = Annotated[float, Field(ge=0)]
Milliseconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Fact(BaseModel):
    """What every part of a record has in common: frozen, no unknown keys, no numbers that JSON lacks."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
