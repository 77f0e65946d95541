"""Facts of a chart as short lines for a card, with dates, so that a prescriber can compare them with what they know."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import islice

from cards.chart import Band, Exposure, ExposureState, Medication, MedicationSource, NaltrexoneUse, Order
from cards.conditions import Condition
from cards.dosing import Step
from cards.drugs import IN_DOUBT, Certainty, Drug
from cards.labs import LabResult
from cards.phrasing import NBSP, day, days, listed, milligrams, number, quoted

_QUOTED = 3
_STATUSES = frozenset(
    {
        *("active", "on-hold", "ended", "stopped", "completed", "cancelled", "entered-in-error", "draft", "unknown"),
        *("intended", "not-taken", "recorded"),
    }
)
"""A status is told where it is one of FHIR's; any other word in its place is the client's own text."""
_KNOWN_AS = {"mitragynine": "kratom"}


def sureness(drugs: Iterable[Drug]) -> str:
    """How sure a medicine is, to stand behind what is told of it: nothing where some entry was recognised by its code."""
    known = list(drugs)
    if any(drug.recognised_by not in (Certainty.NAME, *IN_DOUBT) for drug in known):
        return ""
    if any(drug.recognised_by is Certainty.NAME for drug in known):
        return " (recognised by name)"
    return "".join(f" (did you mean {drug.meant}?)" for drug in known[:1])


def exposure_facts(exposures: Iterable[Exposure]) -> list[str]:
    """One line per opioid: what, since when, until when, from which record, and whether only its name told it."""
    return [_exposure_fact(exposure) for exposure in exposures]


def possible_facts(exposures: Iterable[Exposure]) -> list[str]:
    """One line per entry whose name is in doubt: as it was written, what it may mean, and from which record."""
    return [_possible_fact(latest(exposure.entries)) for exposure in exposures]


def _possible_fact(entry: Medication) -> str:
    return f"{quoted(entry.written_name)}: did you mean {entry.drug.meant}? {_told(entry)}"


def unidentified_facts(entries: Iterable[Medication]) -> list[str]:
    """One line per entry that names no medicine, for the first few: as it was written, and from which record."""
    return [f"{quoted(entry.written_name)}: {_told(entry)}" for entry in islice(entries, _QUOTED)]


def contradiction_facts(entries: Iterable[Medication]) -> list[str]:
    """One line per entry that names two medicines: both, and from which record."""
    return [f"{entry.drug.name}, also named {entry.drug.contradicted_by}: {_told(entry)}" for entry in entries]


def doubt(order: Order) -> str | None:
    """What an order whose name is in doubt was taken to mean; ``None`` where there is no doubt."""
    return f"{quoted(order.written_name)}: did you mean {order.drug.meant}?" if order.drug.is_possible else None


def _exposure_fact(exposure: Exposure) -> str:
    entry = latest(exposure.entries)
    parts = [f"{exposure.drug.name}: {_told(entry)}"]
    if exposure.state is ExposureState.UNDATED:
        parts.append("no end date")
    elif not exposure.is_active and exposure.last_day is not None and exposure.last_day != entry.began:
        verb = "given" if exposure.kind.is_depot else "last"
        parts.append(f"{verb} {day(exposure.last_day)}")
    return ", ".join(parts) + sureness(told.drug for told in exposure.entries)


def _told(entry: Medication) -> str:
    words = entry.source.value
    when = entry.began or entry.asserted
    if when is not None:
        words = f"{words} {day(when)}"
    if entry.supply_days is not None:
        words = f"{words} for {days(entry.supply_days)}"
    if entry.source in (MedicationSource.REQUEST, MedicationSource.STATEMENT) and entry.status in _STATUSES:
        words = f"{words} ({entry.status})"
    return words


def latest(entries: Iterable[Medication]) -> Medication:
    """The entry that tells of the latest day; entries without any date come first."""
    return max(entries, key=lambda e: e.ended or e.began or e.asserted or date.min)


def references(exposures: Iterable[Exposure]) -> list[str]:
    """The resources the exposures rest on."""
    return [entry.reference for exposure in exposures for entry in exposure.entries if entry.reference]


def known_as(name: str) -> str:
    """The name people know a substance by, where that is not its ingredient's."""
    return _KNOWN_AS.get(name, name)


def told_on(exposure: Exposure) -> date | None:
    """The day of the entry that tells of an opioid last: written, handed over, given or reported."""
    entry = latest(exposure.entries)
    return entry.began or entry.asserted


def medication_fact(medication: Medication) -> str:
    """One line about any entry of a medication list."""
    return f"{medication.drug.name}: {_told(medication)}{sureness([medication.drug])}"


def condition_fact(condition: Condition) -> str:
    """One line about an entry of the problem list."""
    sign = condition.latest_sign
    return f"{condition.label}: {condition.status.value}" + (f", {day(sign)}" if sign is not None else "")


def screen_facts(results: Iterable[LabResult]) -> list[str]:
    """One line per opioid test: for what, with which outcome, when."""
    return [f"test for {r.screens or 'opioids'}: {r.outcome.value}, {day(r.taken)}" for r in results]


def naltrexone_fact(use: NaltrexoneUse) -> str:
    """One line about a naltrexone entry of the chart."""
    dose = f" {milligrams(use.daily_mg)} a day" if use.daily_mg is not None else ""
    words = f"naltrexone{dose}: {_told(use.medication)}"
    is_told = use.last_day is None or use.band is Band.DEPOT
    ended = "" if is_told else f", last {day(use.last_day)}"
    return f"{words}{ended}{sureness([use.medication.drug])}"


def naltrexone_facts(uses: Iterable[NaltrexoneUse]) -> list[str]:
    """One line per naltrexone entry."""
    return [naltrexone_fact(use) for use in uses]


def naltrexone_references(uses: Iterable[NaltrexoneUse]) -> list[str]:
    """The resources the naltrexone entries are."""
    return [use.medication.reference for use in uses if use.medication.reference]


def naltrexone_dose(use: NaltrexoneUse) -> str:
    """The dose of a naltrexone entry in a few words: ``4.5 mg``, ``depot``, ``with bupropion``, ``dose unknown``."""
    if use.band is Band.DEPOT:
        return "depot"
    if use.band is Band.COMBINATION:
        return "with bupropion"
    return "dose unknown" if use.daily_mg is None else milligrams(use.daily_mg)


def naltrexone_when(use: NaltrexoneUse) -> str:
    """When it was taken: ``active``, ``given Nov 5, 2026`` for a depot, ``until Nov 5, 2026``."""
    if use.band is Band.DEPOT:
        return f"given {day(use.last_day)}"
    return "active" if use.is_active else f"until {day(use.last_day)}"


def dosing_facts(order: Order) -> list[str]:
    """What was understood of an order's medicine, strength and directions, piece by piece, and what was not."""
    strength = order.strength
    lines = [f"written as: {quoted(order.written_name)}{_by_name(order)}"] if order.written_name else []
    lines.append(
        "strength: not given"
        if strength is None
        else f"strength: {milligrams(strength.mg)} per {'unit' if strength.per == 'unit' else strength.per}"
    )
    lines.extend(_step_fact(step) for step in order.dosing.steps)
    if order.quantity is not None:
        lines.append(f"quantity: {number(order.quantity.value)}{NBSP}{order.quantity.unit or 'units'}")
    return lines


def _step_fact(step: Step) -> str:
    if step.dose_mg is not None:
        dose = milligrams(step.dose_mg)
    elif step.units is not None:
        dose = f"{number(step.units)}{NBSP}{step.unit or 'units'}"
    else:
        dose = "not understood"
    pace = "not understood" if step.per_day is None else f"{number(step.per_day)} a day"
    return f"per dose: {dose}; how often: {pace}"


def _by_name(order: Order) -> str:
    """Of a draft only its name may be told here; a misspelled one is asked about on every card."""
    return "" if order.drug.is_possible else sureness([order.drug])


def order_facts(order: Order) -> list[str]:
    """What an order comes to, in one line, and its reason in another where it gives one."""
    doses = list(dict.fromkeys(step.daily_mg for step in order.dosing.steps if step.daily_mg is not None))
    said = ", then ".join(milligrams(dose) for dose in doses)
    lines = [f"this order: naltrexone {said} a day{_by_name(order)}"] if said else []
    reasons = sorted(group.label for group in order.reasons)
    return [*lines, f"reason given: {listed(reasons)}"] if reasons else lines
