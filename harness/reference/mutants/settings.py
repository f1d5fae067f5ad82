"""Faults in what settings do."""

from __future__ import annotations

from dataclasses import replace

from harness.reference.mutants.registry import mutant
from harness.reference.rules import Rules
from harness.reference.settings import Settings


@mutant("settings/default-limit")
class DefaultLimitIgnored(Rules):
    """QUERY_DEFAULTS_LIMIT changes nothing."""

    def settings(self, given: Settings) -> Settings:
        return replace(given, limit=Settings().limit)


@mutant("settings/default-limit-alone")
class DefaultLimitOfPagesOnly(Rules):
    """A question over GraphQL that says nothing of pages has a limit that no setting changes."""

    def settings(self, given: Settings) -> Settings:
        return replace(given, limit_graphql=Settings().limit_graphql)


@mutant("settings/default-vectorizer")
class DefaultVectorizerIgnored(Rules):
    """DEFAULT_VECTORIZER_MODULE changes nothing: a class without a vectorizer has none."""

    def settings(self, given: Settings) -> Settings:
        return replace(given, default_vectorizer="none")


@mutant("settings/module-not-enabled")
class EveryModuleIsThere(Rules):
    """ENABLE_MODULES changes nothing: both modules are always there."""

    def settings(self, given: Settings) -> Settings:
        return replace(given, modules=Settings().modules)
