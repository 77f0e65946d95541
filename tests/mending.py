"""Mending an order and asking again: the rule is quiet, and no new warning has taken its place."""

from __future__ import annotations

from typing import Any

from tests.accepting import accepted
from tests.charts import Fact, a_review, card_of, findings


def offers_of(card: dict[str, Any], *words: str) -> list[dict[str, Any]]:
    """The suggestions of a card whose label holds one of the words; all of them without words."""
    return [s for s in card.get("suggestions", ()) if not words or any(word in s["label"] for word in words)]


def offered(card: dict[str, Any], words: str) -> dict[str, Any]:
    """The one resource the suggestion with those words in its label would make."""
    suggestion = next(s for s in card["suggestions"] if words in s["label"])
    return suggestion["actions"][0]["resource"]


def assert_mends(facts: list[Fact], rule: str, *words: str, **how: Any) -> None:
    """Each of those offers, once taken, silences the rule and calls up no new warning."""
    before = a_review(*facts, **how)
    card = card_of(before, rule)
    tried = offers_of(card, *words)
    assert tried, f"{rule} offers nothing of that kind: {[s['label'] for s in card.get('suggestions', ())]}"
    for suggestion in tried:
        after = findings(a_review(*accepted(facts, suggestion), **how))
        assert rule not in after, f"{rule} speaks on after “{suggestion['label']}”"
        new = {name for name, level in after.items() if level != "info" and name not in findings(before)}
        assert not new, f"“{suggestion['label']}” calls up {new}"


def recommended_labels(card: dict[str, Any]) -> list[str]:
    """What a card recommends."""
    return [s["label"] for s in card.get("suggestions", ()) if s.get("isRecommended")]
