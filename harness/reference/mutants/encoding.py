"""Faults in which forms of base64 and which files are taken for an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.reference.mutants.registry import mutant
from harness.reference.request import Draft, Near, Refusal, Results, Search, Vector
from harness.reference.rules import Rules
from harness.reference.schema import VectorConfig
from harness.reference.vectorizing import Field

# --- what reaches the service, and what becomes of its refusals -----------------------------------


class FindsNothingFor(Rules):
    """A query whose image has no vector finds nothing and is no error, if it is one of these."""

    def spared(self, image: str) -> bool:
        """Whether this image is."""
        raise NotImplementedError

    def failed_query(self, refusal: Refusal, search: Search) -> Results:
        if self.spared(search.near[0].image or ""):
            return Results(())
        return super().failed_query(refusal, search)


@mutant("encoding/query-text-file")
class TextFileFindsNothing(FindsNothingFor):
    """A text file as a query finds nothing, and is no error."""

    def spared(self, image: str) -> bool:
        return not image.startswith(("iVBOR", "/9j/"))


@mutant("encoding/query-empty-file")
class EmptyFileFindsNothing(FindsNothingFor):
    """An empty file as a query finds nothing, and is no error."""

    def check_image(self, near: Near) -> None:
        del near

    def spared(self, image: str) -> bool:
        return not image


@mutant("encoding/query-unpadded")
class UnpaddedFindsNothing(FindsNothingFor):
    """A query without padding finds nothing, and is no error."""

    def spared(self, image: str) -> bool:
        return len(image) % 4 != 0


@mutant("encoding/query-url-safe")
class UrlSafeFindsNothing(FindsNothingFor):
    """A query in the URL-safe alphabet finds nothing, and is no error."""

    def spared(self, image: str) -> bool:
        return "-" in image or "_" in image


@mutant("encoding/query-data-prefix")
class DataPrefixFindsNothing(FindsNothingFor):
    """A query with a `data:` prefix finds nothing, and is no error."""

    def spared(self, image: str) -> bool:
        return image.startswith("data:")


@mutant("encoding/query-padded")
class PaddingLost(Rules):
    """The padding of a query's image is lost on the way to the service."""

    def image_sent(self, image: str) -> str:
        return image.rstrip("=")


@mutant("encoding/query-wrapped")
class FirstLineOnly(Rules):
    """Of a query's image the first line reaches the service."""

    def image_sent(self, image: str) -> str:
        return image.partition("\n")[0]


@mutant("encoding/query-trailing-break")
class LastSignLost(Rules):
    """With a line break behind it the last sign of an image is lost on the way to the service."""

    def image_sent(self, image: str) -> str:
        return image[:-2] if image.endswith("\n") else image


# --- which blobs are taken ------------------------------------------------------------------------


@mutant("encoding/property-text-file")
class TextFileIsStored(Rules):
    """An object whose image is a text file is stored, without a vector."""

    def failed_import(self, refusal: Refusal, draft: Draft) -> Vector | None:
        del refusal, draft
        return None


@mutant("encoding/property-empty-file")
class EmptyBlobIsTaken(Rules):
    """An empty text is a blob."""

    def is_blob(self, value: str) -> bool:
        return not value or super().is_blob(value)


@mutant("encoding/property-padded")
class PaddedBlobHasNoVector(Rules):
    """An image that ends in two padding signs is stored and not looked at."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        return [(name, image) for name, image in super().images(config, properties) if not image.endswith("==")]


@mutant("encoding/property-unpadded")
class UnpaddedBlobIsTaken(Rules):
    """A blob needs no padding."""

    def is_blob(self, value: str) -> bool:
        return super().is_blob(value + "=" * (-len(value) % 4))


@mutant("encoding/property-url-safe")
class UrlSafeBlobIsTaken(Rules):
    """A blob may be in the URL-safe alphabet."""

    def is_blob(self, value: str) -> bool:
        return super().is_blob(value.replace("-", "+").replace("_", "/"))


@mutant("encoding/property-wrapped")
class WrappedBlobIsTaken(Rules):
    """A blob may have line breaks in it."""

    def is_blob(self, value: str) -> bool:
        return super().is_blob(value.replace("\n", ""))


@mutant("encoding/property-trailing-break")
class BlobWithABreakBehindIsTaken(Rules):
    """A blob may have a line break behind it."""

    def is_blob(self, value: str) -> bool:
        return super().is_blob(value.removesuffix("\n"))


@mutant("encoding/property-data-prefix")
class BlobWithADataPrefixIsTaken(Rules):
    """A blob may have a `data:` prefix."""

    def is_blob(self, value: str) -> bool:
        return super().is_blob(value.rpartition(",")[2])
