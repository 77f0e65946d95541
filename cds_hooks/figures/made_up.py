"""A made-up month: calls of made-up patients, what became of the cards, and what reviewers thought of them.

The requests are those of ``fhir_fixtures``, answered by the real clinic; only who asked, when, and what people did with
the cards is drawn by chance, from a seed: the same seed gives the same month. Everything is marked as synthetic, and
the clients' names say so too.
"""

from __future__ import annotations

import json
import random
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cds_hooks import prefetch
from cds_hooks.callers import ANYBODY, Caller, Visit
from cds_hooks.hook_request import HookRequest, read_hook_request
from cds_hooks.memory.records import CALL_COLUMNS, CARD_COLUMNS, CARD_RULE_COLUMNS
from cds_hooks.memory.stamps import stamp
from cds_hooks.outgoing import withhold_invalid
from cds_hooks.services import SERVICES, Service
from cds_hooks.store import AnsweredCall
from cds_hooks.wire import Json, encode

if TYPE_CHECKING:
    from cards import Answer, Clinic
    from cds_hooks.memory.records import Writer
    from fhir_fixtures import Scenario

Row = dict[str, Any]

CLIENTS: Final = ("Northside (made up)", "Harbour (made up)", "Valley (made up)")
"""The last one sends no feedback, as some real ones do not."""
REVIEWERS: Final = ("ann (made up)", "ben (made up)")
_QUIET_SHARE: Final = 0.62
"""Of the calls that are drawn, those whose order gets no card; the ordinary case is most of a real month."""
_ANSWERED: Final = 0.72
_COMMENTED: Final = 0.09
_JUDGED_OF_GRAVE: Final = 0.6
_JUDGED_OF_OTHERS: Final = 0.07
_SECOND: Final = 0.15
_SILENCES_JUDGED: Final = 50
_ASKED: Final = 8
"""Second opinions that were asked for."""
_COMMENTS: Final = (
    "Opioid was stopped two weeks ago, list is out of date.",
    "Discussed with pain clinic.",
    "Wrong, this is for alcohol use disorder.",
    "Useless, same alert every day.",
    "Pharmacy will compound.",
    "Stop showing me this!!",
    "Spoke to patient, no opioids at home.",
)
_CAUSES: Final = ("wrong-data", "missing-data", "rule-logic", "severity", "wording", "duplicate", "already-handled")


@dataclass(slots=True)
class Month:
    """Rows for the tables."""

    calls: list[Row] = field(default_factory=list)
    cards: list[Row] = field(default_factory=list)
    card_rules: list[Row] = field(default_factory=list)
    feedback: list[Row] = field(default_factory=list)
    verdicts: list[Row] = field(default_factory=list)
    second_opinions: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A fixture with its answer, to be told again for another made-up patient."""

    service: Service
    request: HookRequest
    answer: Answer
    cards: Sequence[Json]
    trace: bytes | None


def review_all(
    clinic: Clinic, scenarios: Sequence[Scenario], new_uuid: Callable[[], str], told: Callable[[], None]
) -> list[Reviewed]:
    """Answer every fixture once; ``told`` is called after each."""
    by_hook = {service.hook.value: service for service in SERVICES}
    reviewed = []
    for scenario in scenarios:
        service = by_hook[scenario.hook]
        request = read_hook_request(scenario.body, service.hook)
        asked = prefetch.kinds_for(service.keys)
        answer = clinic.answer(
            service.hook, request.context, request.prefetch, asked, scenario.today, new_uuid, ANYBODY.dialect
        )
        cards, _ = withhold_invalid(answer.cards, answer.originals)
        trace = zlib.compress(encode(answer.explain().to_json()), 1) if cards else None
        reviewed.append(Reviewed(service, request, answer, cards, trace))
        told()
    return reviewed


def make_month(
    reviewed: Sequence[Reviewed], writer: Writer, *, cards: int, days: int, until: datetime, seed: int
) -> Month:
    """A month with at least so many cards, ending at ``until``."""
    chance = random.Random(seed)  # noqa: S311 - a made-up history must be the same again, not unpredictable
    speaking = [one for one in reviewed if one.cards]
    quiet = [one for one in reviewed if not one.cards and one.answer.chart.orders]
    if not speaking:
        raise ValueError("no fixture leads to a card")
    # A few orders are common and many are rare, as in real life.
    weights = [1 / (1 + chance.paretovariate(1.2)) ** 2 for _ in speaking]
    likes = {lead_of(card): chance.uniform(0.15, 0.85) for one in speaking for card in one.cards}
    month = Month()
    while len(month.cards) < cards:
        is_quiet = quiet and chance.random() < _QUIET_SHARE
        one = chance.choice(quiet) if is_quiet else chance.choices(speaking, weights)[0]
        at = _a_moment(chance, until, days)
        _call(month, one, writer, chance, at)
    for card in month.cards:
        _outcome(month, card, chance, likes[card["rule"]])
    _judge(month, chance, likes, until)
    _ask(month, chance)
    return month


def lead_of(card: Json) -> str:
    """The rule that speaks first in a card."""
    findings = card.get("extension", {}).get("ldn-cds.findings", [{"rule": ""}])
    return str(findings[0]["rule"])


def _a_moment(chance: random.Random, until: datetime, days: int) -> datetime:
    """A moment in those days: mostly in the working hours of working days."""
    while True:
        day = until.date() - timedelta(days=chance.randrange(days))
        hour = min(23.9, max(0.0, chance.gauss(13, 3.2)))
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
        if at < until and (day.weekday() < 5 or chance.random() < 0.3):
            return at


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _call(month: Month, one: Reviewed, writer: Writer, chance: random.Random, at: datetime) -> None:
    client = chance.choices(CLIENTS, (5, 3, 2))[0]
    visit = Visit(Caller(client), client.partition(" ")[0].lower())
    context = {
        **one.request.context,
        "patientId": f"made-up-{chance.randrange(4000)}",
        "userId": f"Practitioner/made-up-{chance.randrange(60)}",
    }
    cards = [_renamed(card, chance) for card in one.cards]
    call = AnsweredCall(
        visit,
        one.service,
        replace(one.request, context=context),
        one.answer,
        cards,
        round(chance.lognormvariate(0.35, 0.45), 2),
        at.date(),
    )
    record = writer.record(call, _uuid(chance), stamp(at))
    row = dict(zip(CALL_COLUMNS, record.call, strict=True))
    month.calls.append(row | {"trace": one.trace, "hook_instance": _uuid(chance), "is_synthetic": True})
    month.cards += [_with_nothing_told(dict(zip(CARD_COLUMNS, card, strict=True))) for card in record.cards]
    month.card_rules += [dict(zip(CARD_RULE_COLUMNS, rule, strict=True)) for rule in record.rules]


def _with_nothing_told(card: Row) -> Row:
    return card | {
        "is_synthetic": True,
        "outcome": "",
        "reason": "",
        "has_comment": False,
        "answer_seconds": None,
        "review": "",
    }


def _renamed(card: Json, chance: random.Random) -> Json:
    """The card under another uuid, its suggestions too."""
    renamed = {**card, "uuid": _uuid(chance)}
    if "suggestions" in card:
        renamed["suggestions"] = [{**one, "uuid": _uuid(chance)} for one in card["suggestions"]]
    return renamed


def _outcome(month: Month, card: Row, chance: random.Random, liking: float) -> None:
    """What became of a card, if anything is told of it."""
    if card["client"] == CLIENTS[-1] or chance.random() > _ANSWERED:
        return
    sent = json.loads(card["sent_json"])
    suggestions = sent.get("suggestions", [])
    is_accepted = bool(suggestions) and chance.random() < liking
    seconds = round(chance.lognormvariate(1.7, 0.9), 1)
    offered = [one for one in sent.get("overrideReasons", []) if one.get("code")]
    reasons = [] if is_accepted or not offered or chance.random() < 0.2 else [chance.choice(offered)]
    comments = [chance.choice(_COMMENTS)] if not is_accepted and chance.random() < _COMMENTED else []
    outcome = "accepted" if is_accepted else "overridden"
    told_at = stamp(datetime.fromisoformat(card["at"]) + timedelta(seconds=seconds))
    item = {"card": card["uuid"], "outcome": outcome, "outcomeTimestamp": told_at}
    month.feedback.append(
        {
            "client": card["client"],
            "tenant": card["tenant"],
            "service": card["service"],
            "card": card["uuid"],
            "outcome": outcome,
            "outcome_at": told_at,
            "received_at": told_at,
            "accepted_json": json.dumps([suggestions[0]["uuid"]] if is_accepted else []),
            "reasons_json": json.dumps(reasons),
            "comments_json": json.dumps(comments),
            "as_sent": encode(item),
            "is_orphan": False,
            "is_synthetic": True,
        }
    )
    card.update(
        outcome=outcome,
        reason=reasons[0]["code"] if reasons else "",
        has_comment=bool(comments),
        answer_seconds=seconds,
    )


def _judge(month: Month, chance: random.Random, likes: dict[str, float], until: datetime) -> None:
    """What reviewers judged: most overridden critical cards, some others, and some calls that got no card."""
    for card in month.cards:
        is_grave = card["urgency"] == 2 and card["outcome"] == "overridden"
        if chance.random() > (_JUDGED_OF_GRAVE if is_grave else _JUDGED_OF_OTHERS):
            continue
        right = 0.55 + 0.4 * likes[card["rule"]]
        verdict = "appropriate" if chance.random() < right else chance.choice(("needs-change", "inappropriate"))
        card["review"] = verdict
        month.verdicts += list(_verdicts(chance, card, verdict, until))
    silences = [call for call in month.calls if not call["cards"] and call["naltrexone_orders"]]
    for call in chance.sample(silences, min(_SILENCES_JUDGED, len(silences))):
        verdict = "appropriate" if chance.random() < 0.97 else "inappropriate"
        row = {"uuid": call["id"], "tenant": call["tenant"], "at": call["answered_at"], "outcome": ""}
        month.verdicts += list(_verdicts(chance, row, verdict, until))


def _ask(month: Month, chance: random.Random) -> None:
    """A few cards on which a reviewer who has judged them waits for somebody else."""
    cards = {card["uuid"] for card in month.cards}
    judged = [
        one
        for one in month.verdicts
        if one["card_verdict"] != "appropriate" and not one["is_second"] and one["subject"] in cards
    ]
    for one in chance.sample(judged, min(_ASKED, len(judged))):
        month.second_opinions.append(
            {
                "id": _uuid(chance),
                "card": one["subject"],
                "tenant": one["tenant"],
                "who": one["reviewer"],
                "at": one["at"],
                "undone_at": "",
            }
        )


def _verdicts(chance: random.Random, of: Row, verdict: str, until: datetime) -> Iterator[Row]:
    first, second = chance.sample(REVIEWERS, 2)
    response = chance.choice(("right", "right", "wrong", "cannot-tell")) if of["outcome"] == "overridden" else ""
    at = datetime.fromisoformat(of["at"]) + timedelta(hours=chance.uniform(1, 60))
    if at >= until:
        at = datetime.fromisoformat(of["at"])
    told = {
        "subject": of["uuid"],
        "tenant": of["tenant"],
        "response_verdict": response,
        "harm": "",
        "comment": "",
        "to_owner": False,
        "undone_at": "",
        "is_synthetic": True,
    }
    yield told | {
        "id": _uuid(chance),
        "reviewer": first,
        "at": stamp(at),
        "card_verdict": verdict,
        "cause": "" if verdict == "appropriate" else chance.choice(_CAUSES),
        "is_second": False,
        "seconds": round(chance.lognormvariate(3.3, 0.5), 1),
    }
    if chance.random() < _SECOND:
        agreed = verdict if chance.random() < 0.88 else "needs-change"
        yield told | {
            "id": _uuid(chance),
            "reviewer": second,
            "at": stamp(min(until, at + timedelta(hours=2))),
            "card_verdict": agreed,
            "cause": "" if agreed == "appropriate" else chance.choice(_CAUSES),
            "is_second": True,
            "seconds": round(chance.lognormvariate(3.3, 0.5), 1),
        }
