"""Changes beyond the draft: to orders on the chart, and what is asked of somebody.

Nothing here ends an opioid, methadone, buprenorphine or full-dose naltrexone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cards.changes import Action, Change, Offer, updated
from cards.chart import MedicationSource, NaltrexoneUse
from cards.dosing import TimeOfDay
from cards.draft_directions import retimed
from cards.draft_products import renewed
from cards.drafts import Json, Shape, add_note, dosages_of, plain, shape_of, with_each_dosage
from cards.procedures import ServiceDraft


def hold_naltrexone(use: NaltrexoneUse, last_day: date, *, recommended: bool = False) -> Change | None:
    """Put low-dose naltrexone on hold from ``last_day`` on; ``None`` when the chart has no order that could be held.

    R4 has no date of a change of status. Where an instruction has no bounds yet they end on that day, so that everybody
    who reads the order later knows when it was last taken; R5 has ``statusChanged``.
    """
    return _with_status("hold-naltrexone", "on-hold", use, last_day, recommended)


def stop_low_dose(use: NaltrexoneUse, today: date) -> Change | None:
    """Stop low-dose naltrexone today; ``None`` for any other naltrexone, and where the chart has no order of it."""
    return _with_status("stop", "stopped", use, today, recommended=False) if use.band.is_low else None


def _with_status(key: str, status: str, use: NaltrexoneUse, last_day: date, recommended: bool) -> Change | None:
    original = use.medication.original
    if use.medication.source is not MedicationSource.REQUEST or original is None:
        return None

    def make(_: str, said: Offer) -> Sequence[Action]:
        resource = original()
        if resource is None:
            return ()
        edited = with_each_dosage(resource, lambda dosage: _ending(dosage, last_day))
        edited["status"] = status
        if shape_of(resource) is Shape.R5:
            edited["statusChanged"] = last_day.isoformat()
        add_note(edited, said.note)
        return updated(said, edited)

    return Change(key, make, recommended)


def end_after(
    use: NaltrexoneUse, last_day: date, *, key: str = "end-after", recommended: bool = False
) -> Change | None:
    """Let the directions of low-dose naltrexone end on a day to come; ``None`` where the chart has no order of it.

    Directions that are bounded in another way cannot be ended so: then nothing is offered.
    """
    original = use.medication.original
    if not use.band.is_low or use.medication.source is not MedicationSource.REQUEST or original is None:
        return None

    def make(_: str, said: Offer) -> Sequence[Action]:
        resource = original()
        if resource is None or any(_is_bounded_otherwise(dosage) for dosage in dosages_of(resource)):
            return ()
        edited = with_each_dosage(resource, lambda dosage: _ending(dosage, last_day, is_shortened=True))
        add_note(edited, said.note)
        return updated(said, edited)

    return Change(key, make, recommended)


def _is_bounded_otherwise(dosage: Json) -> bool:
    timing = dosage.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    return isinstance(repeat, dict) and any(key.startswith("bounds") and key != "boundsPeriod" for key in repeat)


def _ending(dosage: Json, last_day: date, *, is_shortened: bool = False) -> Json:
    """The dosage with its end; a period it has already is kept, or shortened where that is asked for."""
    timing = dosage.get("timing")
    timing = dict(timing) if isinstance(timing, dict) else {}
    repeat = timing.get("repeat")
    repeat = dict(repeat) if isinstance(repeat, dict) else {}
    period = repeat.get("boundsPeriod")
    if is_shortened and isinstance(period, dict):
        return {
            **dosage,
            "timing": {**timing, "repeat": {**repeat, "boundsPeriod": {**period, "end": last_day.isoformat()}}},
        }
    if any(key.startswith("bounds") for key in repeat):
        return dosage
    return {**dosage, "timing": {**timing, "repeat": {"boundsPeriod": {"end": last_day.isoformat()}, **repeat}}}


def take_active_at(
    use: NaltrexoneUse, when: TimeOfDay, *, key: str = "take-at", recommended: bool = False
) -> Change | None:
    """Move naltrexone that is already taken to another time; ``None`` when the chart has no order of it to change."""
    original = use.medication.original
    if use.medication.source is not MedicationSource.REQUEST or original is None:
        return None

    def make(_: str, said: Offer) -> Sequence[Action]:
        resource = original()
        if resource is None:
            return ()
        return updated(said, retimed(resource, when, use.medication.dosing.most_per_day))

    return Change(key, make, recommended)


def renew(use: NaltrexoneUse, *, key: str = "renew", recommended: bool = False) -> Change | None:
    """Draft the same order again: product, directions and what is dispensed; ``None`` when the chart has no order.

    Old dates and persons stay behind; the order that it renews is named.
    """
    original = use.medication.original
    if use.medication.source is not MedicationSource.REQUEST or original is None:
        return None

    def make(_: str, said: Offer) -> Sequence[Action]:
        resource = original()
        if resource is None:
            return ()
        drafted = renewed(resource, use.medication.reference)
        add_note(drafted, said.note)
        return (Action("create", said.label, resource=drafted),)

    return Change(key, make, recommended)


def task(*, key: str = "task", recommended: bool = False) -> Change:
    """Ask somebody to find something out; the offer's note is the description."""

    def make(patient: str, said: Offer) -> Sequence[Action]:
        resource: Json = {
            "resourceType": "Task",
            "status": "requested",
            "intent": "proposal",
            "description": plain(said.note),
        }
        if patient:
            resource["for"] = {"reference": patient}
        return (Action("create", said.label, resource=resource),)

    return Change(key, make, recommended)


def request_service(*, key: str = "service", recommended: bool = False) -> Change:
    """Draft a consultation, a test or monitoring; the offer's note says which."""

    def make(patient: str, said: Offer) -> Sequence[Action]:
        if not patient:
            return ()
        resource: Json = {
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": "proposal",
            "code": {"text": plain(said.note)},
            "subject": {"reference": patient},
        }
        return (Action("create", said.label, resource=resource),)

    return Change(key, make, recommended)


def note_on_service(draft: ServiceDraft, *, key: str = "note-on-service", recommended: bool = False) -> Change:
    """Add a note to the draft of a service."""

    def make(_: str, said: Offer) -> Sequence[Action]:
        edited = dict(draft.resource)
        add_note(edited, said.note)
        return updated(said, edited)

    return Change(key, make, recommended)
