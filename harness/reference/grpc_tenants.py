"""gRPC's list of tenants."""

from __future__ import annotations

from typing import Any

from harness.reference.engine import Engine
from harness.reference.request import Refusal
from harness.stubs import tenants_pb2

# The database keeps the older words, whatever was sent.
_STATUS = {
    "ACTIVE": tenants_pb2.TENANT_ACTIVITY_STATUS_HOT,
    "HOT": tenants_pb2.TENANT_ACTIVITY_STATUS_HOT,
    "INACTIVE": tenants_pb2.TENANT_ACTIVITY_STATUS_COLD,
    "COLD": tenants_pb2.TENANT_ACTIVITY_STATUS_COLD,
}


def tenants_of(engine: Engine, request: Any) -> Any:
    """Make the `TenantsGetReply` to a `TenantsGetRequest`.

    Raises:
        Refusal: no such collection, one without tenants, or an empty list of names.
    """
    names = list(request.names.values)
    if request.HasField("names") and not names:
        raise Refusal("must specify at least one tenant name")
    nested = "failed to execute query: could not get tenants: could not get tenants: "
    try:
        collection = engine.collection(request.collection)
    except Refusal:
        raise Refusal(f"{nested}class not found") from None
    if not collection.multi_tenant:
        raise Refusal(f'{nested}multi-tenancy is not enabled for class "{collection.name}"')
    reply = tenants_pb2.TenantsGetReply()
    for tenant in engine.tenants(collection.name, names):
        reply.tenants.add(name=tenant.name, activity_status=_STATUS[tenant.status])
    return reply
