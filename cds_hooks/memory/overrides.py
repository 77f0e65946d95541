"""Which overrides are remembered: a card that was set aside with a coded reason is not shown again on the same evidence.

Some reasons close nothing. Who waits for a result, or means to watch the patient, has not decided; two thirds of those
who said that they would monitor did not (Slight 2013), so the card comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from cds_hooks.store import Feedback, Outcome, Reason

CLOSES_NOTHING: Final = frozenset({"need-more-info", "mitigate-risk-negative-outcome", "wrong-time-workflow"})
"""Codes of reasons that leave the matter open."""


def closing_reason(feedback: Feedback) -> Reason | None:
    """The coded reason by which a card was set aside for good; nothing where it was not, or without a code."""
    if feedback.outcome is not Outcome.OVERRIDDEN:
        return None
    return next((one for one in feedback.reasons if one.code and one.code not in CLOSES_NOTHING), None)


def evidence_on(card: str, findings: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The rule and the evidence of each finding of a card, from the facts of its call."""
    for finding in findings:
        if finding.get("card") == card and finding.get("evidence"):
            yield finding["rule"], finding["evidence"]
