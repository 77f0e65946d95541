"""Accepting a suggestion as an EHR would: the facts of the next review."""

from __future__ import annotations

from typing import Any

from tests.charts import Fact


def recommended(card: dict[str, Any]) -> dict[str, Any]:
    """The suggestion the card recommends, otherwise its first."""
    suggestions = card["suggestions"]
    return next((s for s in suggestions if s.get("isRecommended")), suggestions[0])


def labels(card: dict[str, Any]) -> list[str]:
    """What the card offers."""
    return [s["label"] for s in card.get("suggestions", ())]


def accepted(facts: list[Fact], suggestion: dict[str, Any]) -> list[Fact]:
    """The facts after the suggestion was taken: a draft deleted or replaced. What is created is nobody's draft here."""
    known = list(facts)
    for action in suggestion["actions"]:
        if action["type"] == "delete":
            known = [f for f in known if _reference(f.resource) != action["resourceId"]]
        elif action["type"] == "update":
            changed = action["resource"]
            known = [Fact(f.place, changed) if _reference(f.resource) == _reference(changed) else f for f in known]
    return known


def changes(card: dict[str, Any]) -> list[tuple[str, str]]:
    """What the offers do, as action type and the resource's type: ``("delete", "MedicationRequest")``."""
    found = []
    for suggestion in card.get("suggestions", ()):
        for action in suggestion["actions"]:
            resource = action.get("resource") or {}
            kind = resource.get("resourceType") or action.get("resourceId", "").split("/")[0]
            found.append((action["type"], kind))
    return found


def _reference(resource: dict[str, Any]) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"
