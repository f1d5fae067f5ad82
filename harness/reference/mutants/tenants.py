"""Faults of classes with tenants: what one sees of another, and tenants that are not active."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.reference.mutants.registry import mutant
from harness.reference.request import (
    Aggregation,
    Filter,
    Match,
    Refusal,
    Results,
    Search,
    StoredObject,
    Tenant,
    Vector,
)
from harness.reference.rules import Rules
from harness.reference.schema import Collection

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]


# --- apart ----------------------------------------------------------------------------------------


@mutant("tenants/own-images")
class TenantsAreOne(Rules):
    """All tenants of a class see the same objects."""

    def partition(self, collection: Collection, tenant: str) -> str:
        del collection, tenant
        return ""


@mutant("tenants/threshold")
class TenantForgetsThreshold(Rules):
    """In a class with tenants a distance leaves nothing out."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if search.tenant:
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)


@mutant("tenants/filter")
class TenantsFilterLosesOne(Rules):
    """In a class with tenants a filter loses one object that passes it."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        return rows[:-1] if search.tenant and search.where is not None else rows


@mutant("tenants/near-vector")
class TenantsVectorMissesOne(Rules):
    """In a class with tenants a search by vector leaves its last hit out."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[:-1] if search.tenant and search.near[0].kind == "vector" else matches


@mutant("tenants/near-object")
class TenantsObjectLeavesItselfOut(Rules):
    """In a class with tenants a search by object leaves that object out."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return [match for match in matches if not search.tenant or match.object.id != search.near[0].object_id]


@mutant("tenants/foreign-object")
class ForeignObjectFindsNothing(Rules):
    """A search by an object that the tenant does not have gives an empty result instead of an error."""

    def failed_query(self, refusal: Refusal, search: Search) -> Results:
        return Results() if search.near[0].kind == "object" else super().failed_query(refusal, search)


@mutant("tenants/counted")
class TenantsCountedTogether(Rules):
    """In a class with tenants an aggregation counts one object of another tenant too."""

    def counted(self, count: int, aggregation: Aggregation) -> int:
        return count + 1 if aggregation.tenant else count


@mutant("tenants/other-objects-id")
class TenantsIdFilterForgotten(Rules):
    """In a class with tenants a filter on an id leaves everything."""

    def leaf_passes(self, where: Filter, item: StoredObject, collection: Collection) -> bool:
        forgotten = collection.multi_tenant and where.path[-1] == "id"
        return forgotten or super().leaf_passes(where, item, collection)


@mutant("tenants/made-by-objects")
class MadeTenantsAreOne(Rules):
    """Tenants that their first objects made see each other's objects."""

    def partition(self, collection: Collection, tenant: str) -> str:
        return "" if collection.creates_tenants else tenant


# --- changes of one -------------------------------------------------------------------------------


@mutant("tenants/delete-one")
class DeletedStaysInItsTenant(Rules):
    """What was deleted is found on, in each tenant."""

    def forgets(self, object_id: str) -> bool:
        del object_id
        return False


@mutant("tenants/empty")
class EmptyTenantIsAnError(Rules):
    """A search in a tenant that finds nothing is an error."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        if search.tenant and not matches:
            raise Refusal("shard is empty")
        return matches


@mutant("tenants/inactive")
class InactiveTenantAnswers(Rules):
    """An inactive tenant is searched like any other."""

    def check_active(self, tenant: Tenant) -> None:
        del tenant


@mutant("tenants/active-again")
class TenantForgetsWhileInactive(Rules):
    """A tenant that was inactive has lost its last object."""

    slept = False

    def tenant_turned(self, tenant: Tenant) -> None:
        self.slept = self.slept or tenant.status == "COLD"

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[:-1] if self.slept and search.tenant else matches
