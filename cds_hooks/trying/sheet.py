"""The sheet of orders on the page: the request that holds it, and how an accepted suggestion changes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from cds_hooks.wire import Json

_ORDERS: Final = frozenset({"MedicationRequest", "ServiceRequest", "NutritionOrder"})
"""What may stand among ``draftOrders``; what a suggestion makes besides, such as a task, is only listed."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is about to be signed. ``beside`` is what suggestions made that is no order."""

    orders: tuple[Json, ...]
    beside: tuple[Json, ...] = ()
    said: tuple[str, ...] = field(default=())

    def accepting(self, suggestion: Mapping[str, Any]) -> Sheet:
        """The sheet once a suggestion was taken, as an EHR does it."""
        orders, beside, said = list(self.orders), list(self.beside), []
        for action in suggestion.get("actions", ()):
            resource = action.get("resource")
            if action["type"] == "delete":
                orders = [one for one in orders if reference_of(one) != action.get("resourceId")]
            elif action["type"] == "update":
                orders = [resource if reference_of(one) == reference_of(resource) else one for one in orders]
            elif resource.get("resourceType") in _ORDERS:
                orders.append({**resource, "id": resource.get("id") or f"new-{len(orders) + 1}"})
            else:
                beside.append(resource)
            said.append(action.get("description") or suggestion["label"])
        return Sheet(tuple(orders), tuple(beside), tuple(said))


def reference_of(resource: Mapping[str, Any]) -> str:
    """How a resource is referred to."""
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def orders_in(request: Mapping[str, Any]) -> list[Json]:
    """The drafts of a request."""
    return [entry["resource"] for entry in _entries(request)]


def with_orders(request: Mapping[str, Any], orders: tuple[Json, ...] | list[Json]) -> Json:
    """The request with these drafts in place of its own."""
    changed = deepcopy(dict(request))
    context = changed["context"]
    bundle = context.get("draftOrders") or {"resourceType": "Bundle", "type": "collection"}
    context["draftOrders"] = {**bundle, "entry": [{"resource": one} for one in orders]}
    if "selections" in context:
        context["selections"] = [reference_of(one) for one in orders]
    return changed


def _entries(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    context = request.get("context")
    bundle = context.get("draftOrders") if isinstance(context, dict) else None
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield entry
