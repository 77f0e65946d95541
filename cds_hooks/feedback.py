"""What became of a card, as clients report it, in every dialect we know of.

CDS Hooks 2.0: ``{"feedback": [{"card", "outcome", "acceptedSuggestions": [{"id"}], "overrideReason": {"reason":
{"code", "system", "display"}, "userComment"}, "outcomeTimestamp"}]}``. Seen besides, and understood:

- the reason lying in ``overrideReason`` itself, not under ``reason`` (drafts of 2020);
- ``overrideReasons`` in the plural, holding one such object (Epic) or a list of them;
- only an ``extension`` whose keys begin ``com.epic.cdshooks.feedback.overrideReason`` (Epic): its ``reasonCategory``
  is the code, its ``reasonDisplay`` or ``reasonTitle`` the display;
- ``userComment`` as a list, or on the item itself;
- a reason without ``display`` or ``system``; ``acceptedSuggestions`` as plain strings.

Each item stands alone: the good ones are kept, the bad ones are named. What the outcome needs must be right; a reason
that cannot be understood does no harm, for the item is kept as it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cds_hooks import contracts
from cds_hooks.problems import Issue, Refusal
from cds_hooks.store import Feedback, Outcome, Reason
from cds_hooks.syntax import decode_strictly, join
from cds_hooks.wire import Json, encode

_EPIC: Final = "com.epic.cdshooks.feedback.overrideReason."
_DATE_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?([Zz]|[+-]\d\d:\d\d)\Z",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class FeedbackBatch:
    """The items of one call that can be kept, and what is wrong with the others."""

    items: tuple[Feedback, ...]
    issues: tuple[Issue, ...]


def read_feedback(body: bytes, client: str, service: str, tenant: str = "") -> FeedbackBatch:
    """Read a call of a feedback endpoint; raise ``Refusal`` (400) when it is none, or when no item in it is good."""
    decoded = decode_strictly(body)
    if envelope := contracts.problems_of(decoded, "feedback"):
        raise Refusal(400, *envelope)
    items: list[Feedback] = []
    issues: list[Issue] = []
    for nth, item in enumerate(decoded["feedback"]):
        at = join("feedback", nth)
        wrong = contracts.problems_of(item, "feedback-item", at)
        when = None if wrong else read_date_time(item["outcomeTimestamp"])
        if wrong:
            issues += wrong
        elif when is None:
            expected = "Expected a date and time with its offset from UTC, as in 2024-05-06T07:08:09Z."
            issues.append(Issue("value", expected, join(at, "outcomeTimestamp")))
        else:
            items.append(_feedback(item, client, service, when, tenant))
    if not items:
        raise Refusal(400, *issues)
    return FeedbackBatch(tuple(items), tuple(issues))


def read_date_time(text: str) -> datetime | None:
    """An RFC 3339 date and time in UTC, or ``None`` for another text; fractions beyond microseconds are cut off.

    >>> read_date_time("2024-05-06T09:08:09.1234567+02:00")
    datetime.datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=datetime.timezone.utc)
    """
    match = _DATE_TIME.match(text)
    if match is None:
        return None
    day, time, fraction, offset = match.groups()
    zone = "+00:00" if offset in "Zz" else offset
    try:
        return datetime.fromisoformat(f"{day}T{time}.{(fraction or '0')[:6]:0<6}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _feedback(item: Json, client: str, service: str, at: datetime, tenant: str) -> Feedback:
    overrides = list(_objects(item.get("overrideReason"))) + list(_objects(item.get("overrideReasons")))
    comments = [text for holder in [item, *overrides] for text in _texts(holder.get("userComment"))]
    return Feedback(
        client=client,
        service=service,
        card=item["card"],
        outcome=Outcome(item["outcome"]),
        at=at,
        accepted=tuple(_accepted(item.get("acceptedSuggestions"))),
        reasons=tuple(dict.fromkeys(reason for override in overrides for reason in _reasons(override))),
        comments=tuple(comments),
        as_sent=encode(item),
        tenant=tenant,
    )


def _accepted(suggestions: Any) -> Iterator[str]:
    for suggestion in suggestions if isinstance(suggestions, list) else ():
        yield suggestion["id"] if isinstance(suggestion, dict) else suggestion


def _reasons(override: Json) -> Iterator[Reason]:
    for reason in [*_objects(override.get("reason")), override]:
        if found := _reason(reason.get("code"), reason.get("system"), reason.get("display")):
            yield found
    for extension in _objects(override.get("extension")):
        epic = {name.removeprefix(_EPIC): value for name, value in extension.items() if name.startswith(_EPIC)}
        display = epic.get("reasonDisplay") or epic.get("reasonTitle")
        if found := _reason(epic.get("reasonCategory"), None, display):
            yield found


def _reason(code: Any, system: Any, display: Any) -> Reason | None:
    code, system, display = (text if isinstance(text, str) else "" for text in (code, system, display))
    return Reason(code, system, display) if code or display else None


def _objects(value: Any) -> Iterator[Json]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield one


def _texts(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and one.strip():
            yield one
