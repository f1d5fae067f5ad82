"""Faults in what is refused of classes of another shape: named vectors, tenants, no vectorizer, nothing in them."""

from __future__ import annotations

from harness.reference.mutants.errors import Says
from harness.reference.mutants.registry import mutant
from harness.reference.request import Draft, InterfaceName, Match, Near, Refusal, Search, Vector
from harness.reference.rules import Rules


@mutant("errors/named-none-chosen")
class FirstVectorIsChosen(Says):
    """Where a named vector has to be chosen, the refusal does not say so."""

    of = ("please specify target vector", "no target vectors were provided")


@mutant("errors/named-two-chosen")
class FirstOfTwoVectors(Rules):
    """Of two named vectors the first is taken without a word."""

    def check_targets(self, near: Near) -> None:
        del near


@mutant("errors/named-unknown")
class RefusalRepeatsTheImage(Rules):
    """The refusal of a name that no vector has repeats the whole image, as Weaviate's does over GraphQL."""

    _image = ""

    def check_image(self, near: Near) -> None:
        self._image = near.image or ""
        super().check_image(near)

    def words(self, message: str, interface: InterfaceName) -> str:
        del interface
        return f"{message} and parameters &{{{self._image}}}" if "nowhere" in message else message


@mutant("errors/tenant-missing")
class MissingTenantUnnamed(Says):
    """The refusal of a question without a tenant does not say that one is missing."""

    of = ("but request was without tenant",)


@mutant("errors/tenant-unknown")
class UnknownTenantUnnamed(Says):
    """The refusal of a tenant that does not exist does not name it."""

    of = ("tenant not found", "nowhere")
    instead = "tenant not found"


@mutant("errors/tenant-unwanted")
class UnwantedTenantUnnamed(Says):
    """The refusal of a tenant on a class without tenants does not speak of tenants."""

    of = ('Unknown argument "tenant"', "but request was with tenant")


@mutant("errors/empty-class")
class EmptyClassIsAnError(Rules):
    """A question to which there is no hit is refused."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        if not matches and search.near:
            raise Refusal("nothing was found")
        return matches


@mutant("errors/no-vectorizer")
class MissingVectorizerUnnamed(Says):
    """The refusal of nearImage on a class without a vectorizer does not name it."""

    of = ("nearImage",)


@mutant("errors/service-down")
class SilentService(Says):
    """Where the service is not there, its user reads that something went wrong, and not what."""

    of = ("send POST request",)
    instead = "internal error"


@mutant("errors/one-of-a-batch")
class BatchForgivesABadImage(Rules):
    """A batch stores an object whose image is none, and says nothing."""

    def failed_import(self, refusal: Refusal, draft: Draft) -> Vector | None:
        del refusal, draft
        return None


@mutant("errors/one-of-a-stream")
class StreamTellsOfTheFirst(Rules):
    """Whichever object of a stream was not stored, it is told of the first, much as Weaviate (1.39) confuses them."""

    def told_of(self, place: int, count: int) -> int:
        del place, count
        return 0


@mutant("errors/reason")
class ReasonLost(Says):
    """What the service says is lost on the way: its user reads a status, as with Weaviate's img2vec-neural."""

    of = ("fail with status 500",)
    instead = "fail with status 500"
