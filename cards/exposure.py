"""Which opioids a patient is exposed to today, and which naltrexone (catalogue §2.1, §3.2; design §7 "Time").

Calendar days throughout. A supply of n days that begins on day d ends on d + n, and a supply that ends today is still
active. Each entry of the medication lists becomes a span; spans of one opioid in one kind become one exposure.
Whenever a date is missing the later, more dangerous one is assumed, within the limits the numbers set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from cards.chart import (
    Band,
    Exposure,
    ExposureState,
    Medication,
    MedicationSource,
    NaltrexoneUse,
    UseState,
)
from cards.drugs import Form, OpioidKind
from cards.numbers import Numbers, Quantity

NEVER_HAPPENED = frozenset(
    {"cancelled", "entered-in-error", "draft", "not-taken", "not-done", "declined", "intended", "preparation"}
)
"""Status of an entry that tells of no exposure, whatever its dates."""

_PAUSED = frozenset({"on-hold", "stopped", "ended", "suspended"})


@dataclass(frozen=True, slots=True)
class Span:
    """What one entry says about time. ``last`` is the last day of exposure; ``None`` with ``is_active`` is open."""

    medication: Medication
    first: date | None
    last: date | None
    is_active: bool
    is_undated: bool = False
    days: int | None = None


def span_of(medication: Medication, today: date, numbers: Numbers) -> Span | None:
    """The span of one entry, or ``None`` when it tells of no exposure."""
    if medication.status in NEVER_HAPPENED:
        return None
    match medication.source:
        case MedicationSource.ADMINISTRATION:
            return _administration(medication, today, numbers)
        case MedicationSource.DISPENSE:
            return _dispense(medication, today, numbers)
        case MedicationSource.STATEMENT:
            return _statement(medication, today, numbers)
        case _:
            return _request(medication, today, numbers)


def _administration(given: Medication, today: date, numbers: Numbers) -> Span:
    last = given.ended or given.began
    if last is None:
        return Span(given, None, None, is_active=False, is_undated=True)
    last = min(last, today)
    lately = numbers.administered_lately
    if given.drug.opioid_kind is OpioidKind.MAINTENANCE:
        lately = numbers.maintenance_lately
    first = given.began or last
    return Span(given, first, last, is_active=(today - last).days <= lately.days, days=(last - first).days + 1)


def _dispense(handed_over: Medication, today: date, numbers: Numbers) -> Span | None:
    first = handed_over.began
    if first is None:
        return None if handed_over.status == "in-progress" else Span(handed_over, None, None, False, is_undated=True)
    days = handed_over.supply_days if handed_over.supply_days is not None else handed_over.course_days
    last = first + timedelta(days=numbers.assumed_course.days if days is None else days)
    return Span(handed_over, first, last, is_active=last >= today, days=days)


def _statement(stated: Medication, today: date, numbers: Numbers) -> Span | None:
    first = stated.began
    if stated.ended is not None and stated.ended < today:
        return Span(stated, first, stated.ended, is_active=False, days=_length(first, stated.ended))
    if stated.status in _PAUSED or stated.status == "completed":
        return _over(stated, today, numbers)
    if stated.ended is not None:
        return Span(stated, first, stated.ended, is_active=True, days=_length(first, stated.ended))
    known = stated.asserted or first
    if known is not None and (today - known).days <= numbers.asserted_lately.days:
        return Span(stated, first, None, is_active=True)
    if stated.status == "unknown" and known is not None and (today - known).days > numbers.undated_to.days:
        return None
    return Span(stated, first or known, None, is_active=False, is_undated=True)


def _request(ordered: Medication, today: date, numbers: Numbers) -> Span | None:
    first = ordered.began
    if ordered.ended is not None and ordered.ended < today:
        return Span(ordered, first, ordered.ended, is_active=False, days=_days(ordered))
    if ordered.status in _PAUSED or ordered.status == "completed":
        return _over(ordered, today, numbers)
    if ordered.status == "active":
        age = None if first is None else (today - first).days
        is_old = age is not None and age >= numbers.undated_from.days
        if is_old and ordered.ended is None and ordered.supply_days is None:
            return Span(ordered, first, None, is_active=False, is_undated=True)
        return Span(ordered, first, ordered.ended, is_active=True, days=_days(ordered))
    return _of_unknown_status(ordered, today, numbers)


def _of_unknown_status(ordered: Medication, today: date, numbers: Numbers) -> Span | None:
    first = ordered.began
    until = _supply_end(ordered)
    if until is not None:
        return Span(ordered, first, until, is_active=until >= today, days=_days(ordered))
    if first is None:
        return Span(ordered, None, None, is_active=False, is_undated=True)
    age = (today - first).days
    if age > numbers.undated_to.days:
        return None
    is_young = age < numbers.undated_from.days
    return Span(ordered, first, None, is_active=is_young, is_undated=not is_young)


def _over(entry: Medication, today: date, numbers: Numbers) -> Span | None:
    """An entry whose status says that it is no longer taken: up to the earliest end that is known.

    A change of status is an end for an order that was held or stopped. Without any end a course of the assumed length
    is taken to have run, and the span is marked undated while that leaves room for doubt.
    """
    first = entry.began
    ends = [end for end in (entry.ended, entry.changed, _supply_end(entry)) if end is not None]
    if ends:
        last = min(*ends, today)
        return Span(entry, first, last, is_active=False, days=_days(entry) or _length(first, last))
    begin = first or entry.asserted
    if begin is None:
        return Span(entry, None, None, is_active=False, is_undated=True)
    assumed_end = begin + timedelta(days=numbers.assumed_course.days)
    return Span(entry, begin, min(assumed_end, today), is_active=False, is_undated=assumed_end >= today)


def _days(entry: Medication) -> int | None:
    return entry.supply_days if entry.supply_days is not None else entry.course_days


def _supply_end(entry: Medication) -> date | None:
    """The day its supply runs out, refills included."""
    days = _days(entry)
    if entry.began is None or days is None:
        return None
    return entry.began + timedelta(days=days * (1 + entry.refills))


def _length(first: date | None, last: date | None) -> int | None:
    return None if first is None or last is None else max((last - first).days, 0)


# --- opioids ---------------------------------------------------------------------------------------------------------


def opioid_exposures(
    medications: Iterable[Medication], today: date, numbers: Numbers
) -> tuple[tuple[Exposure, ...], tuple[Exposure, ...]]:
    """One exposure per opioid and kind: those that matter today, and the courses that ended lately and are clear.

    Names that are likely misspellings make exposures of their own, so that they never lengthen one that is sure.

    Of those that matter the ones still taken come first, then the latest.
    """
    every = _all_exposures(medications, today, numbers)
    if not every:
        return (), ()
    mattering = [exposure for exposure in every if _matters(exposure, today)]
    mattering.sort(key=lambda e: (not e.is_active, -(e.last_day or date.min).toordinal()))
    since = today - timedelta(days=numbers.past_course_lookback.days)
    past = [e for e in every if not _matters(e, today) and e.last_day is not None and e.last_day >= since]
    return tuple(mattering), tuple(past)


def _matters(exposure: Exposure, today: date) -> bool:
    return exposure.state is not ExposureState.ENDED or exposure.is_doubtful_on(today)


def _all_exposures(medications: Iterable[Medication], today: date, numbers: Numbers) -> list[Exposure]:
    groups: dict[tuple[str, OpioidKind, bool], list[Span]] = defaultdict(list)
    for medication in medications:
        kind = medication.drug.opioid_kind
        if kind is None:
            continue
        span = span_of(medication, today, numbers)
        if span is not None:
            groups[_key(medication, kind)].append(span)
    capped = {key: _cap_at_the_stop(spans) for key, spans in groups.items()}
    found = []
    for (_, kind, _), spans in capped.items():
        others = [s for k, group in capped.items() if group is not spans for s in group]
        exposure = _exposure(kind, spans, others, today, numbers)
        if exposure is not None:
            found.append(exposure)
    return found


def _key(medication: Medication, kind: OpioidKind) -> tuple[str, OpioidKind, bool]:
    if kind is OpioidKind.PATCH and medication.is_for_opioid_use_disorder:
        kind = OpioidKind.MAINTENANCE
    drug = medication.drug
    return (drug.ingredients[0] if drug.ingredients else drug.name, kind, drug.is_possible)


def _cap_at_the_stop(spans: Sequence[Span]) -> list[Span]:
    """A held or stopped order ends its fills too, also those that would have lasted longer."""
    stops = {
        span.medication.reference: span.last
        for span in spans
        if span.medication.source is MedicationSource.REQUEST
        and span.medication.status in _PAUSED
        and span.last is not None
        and (span.medication.changed is not None or span.medication.ended is not None)
    }
    if not stops:
        return list(spans)
    return [_capped(span, _stop_for(span, stops)) for span in spans]


def _capped(span: Span, stop: date | None) -> Span:
    if stop is None or (span.last is not None and span.last <= stop):
        return span
    return Span(span.medication, span.first, stop, is_active=False, days=span.days)


def _stop_for(span: Span, stops: Mapping[str, date]) -> date | None:
    if span.medication.source is not MedicationSource.DISPENSE:
        return None
    for reference in span.medication.order_references:
        if reference in stops:
            return stops[reference]
    if span.medication.order_references or len(stops) != 1:
        return None
    (stop,) = stops.values()
    return stop if span.first is not None and span.first <= stop else None


def _exposure(
    kind: OpioidKind, spans: list[Span], others: Sequence[Span], today: date, numbers: Numbers
) -> Exposure | None:
    if kind is OpioidKind.COUGH and _is_more_than_a_cough_course(spans, numbers):
        kind = OpioidKind.SHORT
    begins = [s.first for s in spans if s.first is not None]
    began = min(begins) if begins else None
    lasts = [s.last for s in spans if s.last is not None and not s.is_undated]
    entries = tuple(s.medication for s in spans)
    drug = entries[0].drug
    is_active = any(s.is_active for s in spans)
    last = max(lasts) if lasts else None

    if kind.is_depot or kind is OpioidKind.PATCH:
        last = _last_under_the_skin(kind, spans, today, numbers)
        is_active = kind is OpioidKind.PATCH and last is not None and last >= today
        if last is None:
            last = today
            is_active = True
        if kind is OpioidKind.IMPLANT:
            is_active = last >= today
    elif not is_active:
        undated = [s for s in spans if s.is_undated]
        if undated and kind in (OpioidKind.MAINTENANCE, OpioidKind.UNREGULATED):
            # Nobody stops methadone or buprenorphine lightly, and kratom has no prescription that could end.
            is_active = any(s.medication.status in ("active", "unknown", "") for s in undated)
        if undated and not is_active:
            return _undated(kind, undated, began, last, entries, today, numbers)
    if not is_active and last is None:
        return None
    days = [s.days for s in _without_doubles(spans) if s.days is not None]
    is_brief = _is_brief(kind, spans, others, began, numbers)
    critical_until, clear_on = _windows(kind, last or today, is_brief, numbers)
    state = ExposureState.ACTIVE if is_active else ExposureState.ENDED
    return Exposure(drug, kind, state, began, last, critical_until, clear_on, is_brief, entries, sum(days) or None)


def _undated(
    kind: OpioidKind,
    undated: list[Span],
    began: date | None,
    last: date | None,
    entries: tuple[Medication, ...],
    today: date,
    numbers: Numbers,
) -> Exposure | None:
    """Entries without an end. Two orders of half a year or less mean regular use; a single one is a question."""
    repeated = [
        s
        for s in undated
        if s.medication.source is MedicationSource.REQUEST
        and s.first is not None
        and (today - s.first).days <= numbers.undated_to.days
    ]
    is_regular = len(repeated) > 1 and any(s.medication.status in ("active", "unknown") for s in repeated)
    state = ExposureState.ACTIVE if is_regular else ExposureState.UNDATED
    if kind in (OpioidKind.RESTRICTED, OpioidKind.GUT, OpioidKind.COUGH):
        # Old unfinished entries of cough and gut drugs are clutter: only the ones still marked active are worth a line.
        if not any(s.medication.status == "active" for s in undated):
            return None
        state = ExposureState.ACTIVE
    return Exposure(entries[0].drug, kind, state, began, last, None, None, is_brief=False, entries=entries)


def _is_more_than_a_cough_course(spans: Sequence[Span], numbers: Numbers) -> bool:
    if any((s.days or 0) > numbers.cough_supply_promoted.days or s.medication.refills > 0 for s in spans):
        return True
    fills = sorted(s.first for s in spans if s.medication.source is MedicationSource.DISPENSE and s.first is not None)
    within = numbers.cough_fills_within.days
    return any((later - earlier).days <= within for earlier, later in pairwise(fills))


def _last_under_the_skin(kind: OpioidKind, spans: Sequence[Span], today: date, numbers: Numbers) -> date | None:
    """The day a depot was last given or a patch or implant came off; an entry still active with no end means today."""
    ends = []
    for span in spans:
        medication = span.medication
        if medication.source is MedicationSource.ADMINISTRATION and medication.began is not None:
            ends.append(_removal(kind, medication, numbers))
        elif kind.is_depot and kind is not OpioidKind.IMPLANT and not _is_running_order(medication):
            # An injection is given about when it is ordered or handed over; its days' supply says nothing of the depot.
            if span.first is not None:
                ends.append(span.first)
        elif span.is_active and (medication.ended is None or medication.ended >= today):
            ends.append(today)
        elif span.last is not None:
            ends.append(min(span.last, today))
        elif span.is_undated and medication.status == "active":
            ends.append(today)
        elif span.first is not None:
            ends.append(span.first)
    return min(max(ends), today) if ends else None


def _is_running_order(entry: Medication) -> bool:
    return entry.source is not MedicationSource.DISPENSE and entry.status == "active"


def _removal(kind: OpioidKind, given: Medication, numbers: Numbers) -> date:
    """When a patch or implant came off: as recorded, otherwise after the time it is worn."""
    begin = given.began or date.min
    if given.ended is not None and given.ended > begin:
        return given.ended
    if kind is OpioidKind.PATCH:
        is_fentanyl = "fentanyl" in given.drug.ingredients
        worn = numbers.fentanyl_patch_worn if is_fentanyl else numbers.buprenorphine_patch_worn
        return begin + timedelta(days=worn.days)
    if kind is OpioidKind.IMPLANT:
        return begin + timedelta(days=numbers.implant_lasts.days)
    return begin


def _is_brief(
    kind: OpioidKind, spans: Sequence[Span], others: Sequence[Span], began: date | None, numbers: Numbers
) -> bool:
    courses = _without_doubles(spans)
    if kind is not OpioidKind.SHORT or began is None or any(s.days is None for s in courses):
        return False
    if sum(s.days or 0 for s in courses) > numbers.brief_course.days:
        return False
    window = timedelta(days=numbers.brief_without_opioid.days)
    for other in others:
        if other.medication.drug.opioid_kind in (OpioidKind.RESTRICTED, OpioidKind.GUT):
            continue
        if other.is_active or other.is_undated or other.last is None or began - window <= other.last:
            return False
    return True


def _without_doubles(spans: Sequence[Span]) -> list[Span]:
    """Spans with each course counted once: an order and its dispensing tell of the same tablets."""
    dispensed = [s for s in spans if s.medication.source is MedicationSource.DISPENSE]
    if not dispensed:
        return list(spans)
    given = [s for s in spans if s.medication.source is MedicationSource.ADMINISTRATION]
    return dispensed + given


_WINDOWS: Mapping[OpioidKind, Callable[[Numbers], tuple[Quantity | None, Quantity]]] = {
    OpioidKind.SHORT: lambda n: (n.washout_short_critical, n.washout_short),
    OpioidKind.EXTENDED: lambda n: (n.washout_extended_critical, n.washout_extended),
    OpioidKind.LONG: lambda n: (n.washout_long, n.washout_long),
    OpioidKind.MAINTENANCE: lambda n: (n.washout_long, n.washout_long),
    OpioidKind.INJECTED_BUPRENORPHINE: lambda n: (
        n.washout_injected_buprenorphine_critical,
        n.washout_injected_buprenorphine,
    ),
    OpioidKind.PATCH: lambda n: (n.washout_patch, n.washout_patch),
    OpioidKind.SUBLOCADE: lambda n: (n.washout_sublocade_critical, n.washout_sublocade),
    OpioidKind.BRIXADI_WEEKLY: lambda n: (n.washout_brixadi_weekly_critical, n.washout_brixadi_weekly),
    OpioidKind.BRIXADI_MONTHLY: lambda n: (n.washout_brixadi_monthly_critical, n.washout_brixadi_monthly),
    OpioidKind.IMPLANT: lambda n: (n.washout_implant_critical, n.washout_implant),
    OpioidKind.GUT: lambda n: (None, n.washout_gut_or_cough),
    OpioidKind.COUGH: lambda n: (None, n.washout_gut_or_cough),
    OpioidKind.UNREGULATED: lambda n: (None, n.washout_unregulated),
}
"""The critical and the whole opioid-free interval of each kind. Loperamide and its like matter only while taken."""


def _windows(kind: OpioidKind, last: date, is_brief: bool, numbers: Numbers) -> tuple[date | None, date | None]:
    """Until when naltrexone is contraindicated, and from when on it may be started.

    "Below 7 days" ends on the seventh day; the windows of depots are told as "up to and including".
    """
    if is_brief:
        return None, last + timedelta(days=numbers.washout_short_critical.days)
    if kind not in _WINDOWS:
        return None, None
    critical, clear = _WINDOWS[kind](numbers)
    extra = int(kind.is_depot)
    critical_until = None if critical is None else last + timedelta(days=critical.days + extra)
    return critical_until, last + timedelta(days=clear.days + extra)


# --- naltrexone ------------------------------------------------------------------------------------------------------


def is_current(medication: Medication, today: date, numbers: Numbers) -> bool:
    """Whether an entry counts as taken today; one without an end counts while it is marked active."""
    span = span_of(medication, today, numbers)
    return span is not None and (span.is_active or (span.is_undated and medication.status == "active"))


def naltrexone_uses(medications: Iterable[Medication], today: date, numbers: Numbers) -> tuple[NaltrexoneUse, ...]:
    """Every entry of naltrexone with what it means today, those still taken first, then the latest.

    A fill of an order that is held or stopped is held or over with it, also when it would have lasted longer.
    """
    naltrexone = (medication for medication in medications if medication.drug.is_naltrexone)
    spans = [span for span in (span_of(medication, today, numbers) for medication in naltrexone) if span is not None]
    if not spans:
        return ()
    paused = [s for s in spans if s.medication.source is MedicationSource.REQUEST and s.medication.status in _PAUSED]
    injections_are_told = any(
        s.medication.band is Band.DEPOT and s.medication.source is not MedicationSource.REQUEST for s in spans
    )
    uses = []
    for span in spans:
        use = _use(span, today, numbers, trusts_orders=not injections_are_told)
        order = _paused_order_of(span, paused)
        uses.append(use if order is None else _paused_with(use, _use(order, today, numbers, trusts_orders=True), span))
    return tuple(sorted(uses, key=lambda u: (not u.is_active, -(u.last_day or today).toordinal())))


def _paused_order_of(span: Span, paused: Sequence[Span]) -> Span | None:
    """The held or stopped order a fill belongs to: the one it names, or the only one where it names none."""
    if span.medication.source is not MedicationSource.DISPENSE:
        return None
    for order in paused:
        if order.medication.reference in span.medication.order_references:
            return order
    if span.medication.order_references or len(paused) != 1:
        return None
    (only,) = paused
    return only if only.first is None or span.first is None or only.first <= span.first else None


def _paused_with(fill: NaltrexoneUse, order: NaltrexoneUse, span: Span) -> NaltrexoneUse:
    if fill.band is Band.DEPOT:
        return fill
    lasts = [day for day in (span.last, order.last_day) if day is not None]
    return replace(fill, state=order.state, last_day=min(lasts) if lasts else None)


def _use(span: Span, today: date, numbers: Numbers, *, trusts_orders: bool) -> NaltrexoneUse:
    """What one entry means today. A running order of the monthly injection counts only where no injection is told."""
    medication, band, last = span.medication, span.medication.band, span.last
    if band is Band.DEPOT or medication.form is Form.DEPOT:
        last = span.first or last
        within = last is not None and (today - last).days <= numbers.depot_block.days
        is_running = trusts_orders and medication.source is MedicationSource.REQUEST and span.is_active
        state = UseState.ACTIVE if within or is_running else UseState.ENDED
        return NaltrexoneUse(medication, state, Band.DEPOT, None, span.first, last, last)
    daily = medication.dosing.highest_mg
    if medication.status in ("on-hold", "suspended"):
        return NaltrexoneUse(medication, UseState.HELD, band, daily, span.first, last, span.last)
    is_active = span.is_active or (span.is_undated and medication.status in ("active", "unknown", ""))
    supply_ends = _supply_end(medication) or last
    if not is_active and last is not None and medication.ended is None and medication.status not in _PAUSED:
        # Nobody takes the last capsule on the day the count says.
        is_active = (today - last).days <= numbers.low_dose_leftover.days and band not in (Band.FULL, Band.COMBINATION)
    state = UseState.ACTIVE if is_active else UseState.ENDED
    return NaltrexoneUse(medication, state, band, daily, span.first, None if is_active else last, supply_ends)
