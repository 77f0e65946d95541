"""On what a finding rests, as one short text: the same as long as nothing has changed that bears on it.

A finding that was set aside is not said again on the same evidence; what is new makes another text, and it is. A renewal
of the same drug in the same dose, under a new id and at a later date, changes nothing; another dose, another opioid, a
new laboratory result, a course that has ended since, do. In doubt the texts differ, and it is said once too often.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Final

import msgspec

from cards.chart import Chart, Exposure, Medication, Order
from cards.dosing import Dosing
from cards.findings import Finding
from cards.pages import Page

OF_THE_DRUG_ALONE = frozenset({"opioid-conflict", "opioid-order", "other-drugs", "patient"})
"""Groups that ask which drug is ordered and how much of it; the others ask how it is ordered too."""

_written: Final = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
"""The same in every process: what has no order by itself, such as times of day, is sorted."""


def evidence_of(finding: Finding, page: Page, level: str, chart: Chart) -> str:
    """The evidence of a finding that a page speaks of at that level, as 32 hexadecimal digits."""
    told = (
        *(page.rule, finding.circumstance, level),
        _order(finding.order, page.group) if finding.order is not None else None,
        sorted({_entry(reference, chart) for reference in finding.evidence}),
        # What rests on no entry of the chart rests on its words: a list that failed, a dose that is odd.
        () if finding.evidence else (finding.facts, finding.blanks),
        # Another supply is another matter, also where it is of the same medicine.
        finding.occasion,
    )
    return sha256(_written(told)).hexdigest()[:32]


def _order(order: Order, group: str) -> tuple[object, ...]:
    drug = (order.drug.name, order.drug.roles, order.form)
    if group in OF_THE_DRUG_ALONE:
        return (*drug, _doses(order.dosing))
    return (
        *drug,
        *(order.band, order.release, order.strength, order.is_compounded, order.quantity, order.supply_days),
        *(order.refills, order.has_reason, order.dosing),
        *(order.mentions, order.reasons, order.excipients_excluded),
    )


def _entry(reference: str, chart: Chart) -> str:
    """What a resource tells, where it is a medicine; else the resource itself."""
    for exposure in _exposures(chart):
        for entry in exposure.entries:
            if entry.reference == reference:
                ended = "" if exposure.is_active else f" {exposure.state.value} {exposure.last_day}"
                return _medicine(entry) + ended
    for medication in chart.medications:
        if medication.reference == reference:
            return _medicine(medication)
    for order in chart.orders:
        if order.reference == reference:
            return f"{order.drug.name} {_doses(order.dosing)}"
    return reference


def _exposures(chart: Chart) -> Iterator[Exposure]:
    yield from chart.exposures
    yield from chart.possible_exposures
    yield from chart.past_courses


def _medicine(entry: Medication) -> str:
    strengths = [(name, _plain(one.mg), one.per) for name, one in sorted(entry.drug.strengths, key=str)]
    return f"{entry.drug.name} {strengths} {entry.form.value} {_doses(entry.dosing)}"


def _doses(dosing: Dosing) -> list[list[object]]:
    return [[_plain(step.dose_mg), _plain(step.per_day), step.as_needed] for step in dosing.steps]


def _plain(number: Decimal | int | None) -> str | None:
    """A number as one text, however it was written.

    >>> _plain(Decimal("4.50")), _plain(Decimal("4.5")), _plain(None)
    ('4.5', '4.5', None)
    """
    return None if number is None else format(Decimal(number).normalize(), "f")
