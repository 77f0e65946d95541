"""What is written of an answered call: rows for the tables, made before the answer leaves.

What the findings rest on is here, and the state of each kind of data. Left out: names, the words that a chart writes,
and the token. Why every other rule stayed silent takes longer than the whole answer and is added soon after
(``traces``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cards.chart import DataState, Kind
from cards.drugs import Role
from cards.pages import Indicator
from cards.review import Judged, Review, Silencing
from cards.trace import order_line
from cards.wordings import dosing_facts
from cards.writing import FINDINGS_EXTENSION, Place, fill, places
from cds_hooks.memory.pseudonyms import Pseudonyms
from cds_hooks.memory.unheard import RETIRED
from cds_hooks.wire import Json, encode

if TYPE_CHECKING:
    from cards.chart import Chart, Order
    from cds_hooks.clinic import Answer
    from cds_hooks.store import AnsweredCall

LIVE: Final = "live"
MODES: Final[Mapping[Silencing, str]] = {
    Silencing.SILENT_MODE: "silent",
    Silencing.OVERRIDDEN: "remembered",
    Silencing.SAID_BEFORE: "said-before",
    Silencing.NOT_DUE: "not-due",
}
"""The ``mode`` of a card that did not leave, by why it did not."""

URGENCY: Final[Mapping[str, int]] = {"critical": 2, "warning": 1, "info": 0}


@dataclass(frozen=True, slots=True)
class Record:
    """The rows of one call, in the order of the tables' columns named below."""

    call: tuple[Any, ...]
    cards: list[tuple[Any, ...]]
    rules: list[tuple[Any, ...]]


CALL_COLUMNS: Final = (
    *("id", "client", "tenant", "service", "hook", "hook_instance", "patient", "prescriber", "answered_at", "ms"),
    *("software", "rules_hash", "naltrexone_orders", "opioid_orders", "cards", "unchecked"),
    *("orders_json", "states_json", "facts_json", "fetches_json", "is_synthetic"),
)
CARD_COLUMNS: Final = (
    *("uuid", "call_id", "client", "tenant", "service", "at", "position", "rule", "rule_version", "indicator"),
    *("urgency", "mode", "summary", "order_text", "patient", "prescriber", "sent_json", "has_gaps", "is_synthetic"),
    *("prescriber_kind", "is_degraded"),
)
CARD_RULE_COLUMNS: Final = ("card", "rule", "version", "indicator", "tenant", "at")


_KINDS: Final = {kind: kind.value for kind in Kind}
_STATES: Final = {state: state.name.lower() for state in DataState}


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes records. ``software`` is the version that answers; ``is_synthetic`` says that all patients are made up."""

    pseudonyms: Pseudonyms
    software: str
    is_synthetic: bool

    def record(self, call: AnsweredCall, call_id: str, at: str, retired: frozenset[str] = frozenset()) -> Record:
        """The rows of a call that is answered at that moment; ``retired`` are the rules that will not come back."""
        answer, visit = call.answer, call.visit
        review, chart = answer.review, answer.chart
        placed = places(review, answer.dialect) if review.found else []
        made = [(LIVE, position, card) for position, card in enumerate(call.cards)]
        made += [(MODES[way], at_, card) for way, kept in answer.kept_back.items() for at_, card in enumerate(kept)]
        who = (
            self.pseudonyms.patient(visit.tenant, call.request.context.get("patientId")),
            self.pseudonyms.user(visit.tenant, call.request.context.get("userId")),
        )
        row = (
            *(call_id, visit.caller.name, visit.tenant, call.service.id, call.service.hook.value),
            *(call.request.instance_for_logs or "", *who, at, call.ms),
            *(self.software, answer.book.fingerprint),
            *(_count(chart.orders, Role.NALTREXONE), _count(chart.orders, Role.OPIOID)),
            *(len(call.cards), len(review.not_checked)),
            encode([_order(order) for order in chart.orders]).decode(),
            encode({_KINDS[kind]: _STATES[state] for kind, state in chart.states.items()}).decode(),
            encode(_facts(review, chart, placed, call.cards) | _before(answer, made)).decode(),
            encode([{"read": key, "state": wrong or "received"} for key, wrong in call.fetches.items()]).decode(),
            self.is_synthetic,
        )
        cards: list[tuple[Any, ...]] = []
        rules: list[tuple[Any, ...]] = []
        common = (call_id, visit.caller.name, visit.tenant, call.service.id, at)
        lines = _order_lines(placed)
        kind = _kind_of_user(call.request.context.get("userId"))
        is_degraded = DataState.FAILED in chart.states.values() or any(call.fetches.values())
        for mode, position, card in made:
            findings = card.get("extension", {}).get(FINDINGS_EXTENSION, ())
            lead = findings[0] if findings else {"rule": "", "version": ""}
            is_retired = mode == MODES[Silencing.SILENT_MODE] and retired.issuperset(one["rule"] for one in findings)
            cards.append(
                (
                    *(card["uuid"], *common, position, lead["rule"], lead["version"], card["indicator"]),
                    *(
                        URGENCY[card["indicator"]],
                        RETIRED if is_retired else mode,
                        card["summary"],
                        lines.get(position, "") if mode == LIVE else "",
                    ),
                    *(*who, encode(_as_kept(card)).decode(), bool(review.not_checked), self.is_synthetic),
                    *(kind, is_degraded),
                )
            )
            rules += [
                (card["uuid"], one["rule"], one["version"], one["indicator"], visit.tenant, at) for one in findings
            ]
        return Record(row, cards, rules)


_KEPT: Final = frozenset(
    {
        *("resourceType", "id", "status", "intent", "priority", "statusReason", "code", "description", "contained"),
        *("medicationCodeableConcept", "medicationReference", "dosageInstruction", "dispenseRequest", "substitution"),
        *("reasonCode", "authoredOn", "occurrenceDateTime", "executionPeriod", "form", "ingredient"),
    }
)
"""What is kept of a resource in a suggestion: the order itself. Who it is for, notes, narrative and extensions are not."""


def _as_kept(card: Mapping[str, Any]) -> Json:
    """A card as it was sent, but for what a client's own resources in its suggestions tell beside the order."""
    if "suggestions" not in card:
        return dict(card)
    suggestions = []
    for suggestion in card["suggestions"]:
        actions = [
            {**action, "resource": _order_alone(action["resource"])} if "resource" in action else action
            for action in suggestion["actions"]
        ]
        suggestions.append({**suggestion, "actions": actions})
    return {**card, "suggestions": suggestions}


def _order_alone(resource: Mapping[str, Any]) -> Json:
    kept = {name: value for name, value in resource.items() if name in _KEPT}
    if "contained" in kept:
        kept["contained"] = [_order_alone(one) for one in kept["contained"] if one.get("resourceType") == "Medication"]
    return kept


def _before(answer: Answer, made: Iterable[tuple[str, int, Json]]) -> Json:
    """What the cards would change, as the client sent it: the orders alone, and only those that are changed."""
    changed: Json = {}
    for _, _, card in made:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                if action["type"] == "update":
                    resource = action["resource"]
                    reference = f"{resource.get('resourceType')}/{resource.get('id')}"
                    if reference not in changed and (original := answer.originals.get(reference)) is not None:
                        changed[reference] = _order_alone(original)
    return {"before": changed} if changed else {}


USERS: Final = frozenset({"Practitioner", "PractitionerRole", "Patient", "RelatedPerson"})
"""The types that the user of a call may have (CDS Hooks 2.0.1, ``context.userId``)."""


def _kind_of_user(user_id: Any) -> str:
    """What a user is, without who; empty where the client does not say."""
    kind = user_id.partition("/")[0] if isinstance(user_id, str) and "/" in user_id else ""
    return kind if kind in USERS else ""


def _count(orders: Iterable[Order], role: Role) -> int:
    return sum(1 for order in orders if role in order.drug.roles)


def _order(order: Order) -> Json:
    return {
        "from": order.reference,
        "what": order_line(order),
        "read": dosing_facts(order),
        "status": order.status,
        "is_judged": order.is_judged,
    }


def _order_lines(placed: Iterable[Place]) -> dict[int, str]:
    """By the position of a card, the order that its leading finding is about."""
    lines: dict[int, str] = {}
    for place in placed:
        order = place.judged.finding.order
        if place.card is not None and order is not None:
            lines.setdefault(place.card, order_line(order))
    return lines


def _facts(review: Review, chart: Chart, placed: Iterable[Place], cards: Sequence[Json]) -> Json:
    """What was found, on what it rests and on which card it left; what was not said, and what could not be asked."""
    found = []
    for place in placed:
        is_on = place.card is not None and place.card < len(cards)
        card = cards[place.card]["uuid"] if is_on and place.card is not None else None
        evidence = place.judged.evidence_in(chart) if card else ""  # only what was shown can be overridden
        occasion = place.judged.finding.occasion
        once = {"occasion": occasion} if occasion else {}
        found.append({**_finding(place.judged), "evidence": evidence, **once, "card": card})
    return {
        "findings": found,
        "silenced": [
            {
                **_finding(one.judged),
                "by": one.because,
                "way": one.way.value,
                **({"told": one.told} if one.told else {}),
            }
            for one in review.silenced
            if one.judged.indicator is not Indicator.NONE
        ],
        "not_checked": [{"rule": rule, "kinds": [kind.value for kind in kinds]} for rule, kinds in review.not_checked],
    }


def _finding(one: Judged) -> Json:
    finding = one.finding
    return {
        "rule": one.page.rule,
        "version": one.page.version,
        "circumstance": finding.circumstance,
        "level": one.indicator.wire,
        "about": one.about,
        "says": fill(one.saying.summary, one),
        "facts": finding.facts,
        "from": finding.evidence,
    }
