"""Observation resources become results.

Accepted shapes (http://hl7.org/fhir/R4/observation.html and its neighbours from DSTU2 to R5): a value as Quantity,
integer, boolean, text, day or concept; ``interpretation`` as one concept (DSTU2, STU3) or several; a panel whose
results are its ``component``. Left unread on purpose: ``hasMember`` and ``related``, whose targets come as Observations
of their own; the note; ``valueRange`` and ``valueRatio``, which none of our tests has.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from cards.knowledge.labs import Amount, LabTable, NamedTest, amount_in, outcome_of_bound
from cards.labs import LabResult, LabTest, Outcome
from cards.reading import shapes
from cards.reading.concepts import codings_of
from cards.reading.dates import last_day

_DROPPED = frozenset({"entered-in-error", "cancelled"})
_LOOKED_FOR = frozenset({LabTest.OPIOID_SCREEN, LabTest.NALTREXONE_SCREEN, LabTest.PREGNANCY_TEST})
_COMPARATORS = frozenset({"<", "<=", ">=", ">"})
_SCORES = frozenset({LabTest.PHQ9_TOTAL, LabTest.PHQ9_SUICIDALITY, LabTest.COWS, LabTest.OUTCOME})

_Told = shapes.Observation | shapes.Component


def read_observation(resource: shapes.Observation, table: LabTable) -> tuple[LabResult, ...]:
    """The results of an Observation that a rule may ask for; none of one that says nothing or was entered in error."""
    if (resource.status or "").strip().casefold() in _DROPPED:
        return ()
    taken = _taken(resource)
    reference = f"Observation/{resource.id}" if resource.id else ""
    own = _result(resource, resource.referenceRange, None, table, taken, reference)
    panel = _name(resource.code)
    parts = (_result(part, [], panel, table, taken, reference) for part in resource.component)
    return tuple(result for result in (own, *parts) if result is not None)


def _name(concept: shapes.Concept | None) -> str | None:
    if concept is None:
        return None
    return concept.text or next((coding.display for coding in concept.coding if coding.display), None)


def _taken(resource: shapes.Observation) -> date | None:
    """The latest day the specimen may have been taken; without one, when the result came."""
    period = resource.effectivePeriod
    told = resource.effectiveDateTime or resource.effectiveInstant or (period and (period.end or period.start))
    return last_day(told) or last_day(resource.issued)


def _result(
    told: _Told,
    ranges: list[shapes.ReferenceRange],
    panel: str | None,
    table: LabTable,
    taken: date | None,
    reference: str,
) -> LabResult | None:
    """One result; ``None`` when it is none of our tests or says nothing."""
    if told.code is None:
        return None
    name = table.test_of(codings_of(told.code), told.code.text, panel)
    if name is None:
        return None
    amount = _amount(told, name, table)
    value = _normal(amount, name, table)
    upper_limit = _upper_limit(ranges, amount, name, table)
    outcome = _outcome(told, name, table, amount, value, upper_limit)
    names = last_day(told.valueDateTime)
    # Of an outcome it matters that somebody asked, also where the answer is a word.
    is_asked = name.test is LabTest.OUTCOME and _is_in_words(told)
    if outcome is Outcome.UNKNOWN and value is None and names is None and not is_asked:
        return None
    return LabResult(
        test=name.test,
        screens=name.screens,
        outcome=outcome,
        value=value,
        comparator=amount.comparator if amount is not None else "",
        upper_limit=upper_limit,
        taken=taken,
        is_immunoassay=name.is_immunoassay,
        reference=reference,
        names=names,
    )


def _is_in_words(told: _Told) -> bool:
    concept = told.valueCodeableConcept
    return bool(told.valueString or (concept is not None and (concept.text or concept.coding)))


def _amount(told: _Told, name: NamedTest, table: LabTable) -> Amount | None:
    """The number of a result, however it is told."""
    quantity = told.valueQuantity
    if quantity is not None and quantity.value is not None:
        comparator = quantity.comparator if quantity.comparator in _COMPARATORS else ""
        return Amount(quantity.value, comparator or "", _unit(quantity, name, table))
    if told.valueInteger is not None:
        return Amount(Decimal(told.valueInteger))
    if told.valueString and (amount := amount_in(told.valueString)) is not None:
        return amount
    if name.test in _SCORES:
        concept = told.valueCodeableConcept
        score = table.score_of(codings_of(concept), concept.text if concept is not None else told.valueString)
        return Amount(score) if score is not None else None
    return None


def _unit(quantity: shapes.Quantity, name: NamedTest, table: LabTable) -> str:
    """The unit as code or as words, whichever is one of the test's."""
    for unit in (quantity.code, quantity.unit):
        if unit and table.normal(name.test, Decimal(1), unit) is not None:
            return unit
    return quantity.unit or quantity.code or ""


def _normal(amount: Amount | None, name: NamedTest, table: LabTable) -> Decimal | None:
    """The number in the test's normal unit; a number without a unit is in the unit the code implies."""
    if amount is None:
        return None
    return table.normal(name.test, amount.value, amount.unit or name.unit)


def _upper_limit(
    ranges: list[shapes.ReferenceRange], amount: Amount | None, name: NamedTest, table: LabTable
) -> Decimal | None:
    """The upper limit of the first reference range that has one; without a unit it is in the result's."""
    for told in ranges:
        if told.high is not None and told.high.value is not None:
            unit = _unit(told.high, name, table) or (amount.unit if amount is not None else "") or name.unit
            return table.normal(name.test, told.high.value, unit)
    return None


def _outcome(
    told: _Told,
    name: NamedTest,
    table: LabTable,
    amount: Amount | None,
    value: Decimal | None,
    upper_limit: Decimal | None,
) -> Outcome:
    """Yes or no: by the value's own words, then by the laboratory's flag, then by the number."""
    if name.test in _SCORES:
        return Outcome.UNKNOWN
    for outcome in (_outcome_in_value(told, table), _outcome_of_flags(told, table)):
        if outcome is not Outcome.UNKNOWN:
            return outcome
    if value is None or amount is None:
        return Outcome.UNKNOWN
    if name.test is LabTest.GESTATIONAL_AGE:
        return Outcome.POSITIVE if value > 0 else Outcome.UNKNOWN
    if name.test in _LOOKED_FOR and (outcome := outcome_of_bound(amount)) is not Outcome.UNKNOWN:
        return outcome
    limit = upper_limit if upper_limit is not None else table.positive_from(name.test)
    if limit is not None:
        is_above = value > limit if upper_limit is not None else value >= limit
        return Outcome.POSITIVE if is_above else Outcome.NEGATIVE
    # A measured amount of what was looked for is a finding; an immunoassay's number may be noise below its cut-off.
    if name.test in (LabTest.OPIOID_SCREEN, LabTest.NALTREXONE_SCREEN) and not name.is_immunoassay:
        return Outcome.POSITIVE
    return Outcome.UNKNOWN


def _outcome_in_value(told: _Told, table: LabTable) -> Outcome:
    if told.valueBoolean is not None:
        return Outcome.POSITIVE if told.valueBoolean else Outcome.NEGATIVE
    concept = told.valueCodeableConcept
    if concept is not None:
        outcome = table.outcome_of_codes(codings_of(concept))
        return outcome if outcome is not Outcome.UNKNOWN else table.outcome_in_words(concept.text)
    if told.valueString and amount_in(told.valueString) is None:
        return table.outcome_in_words(told.valueString)
    return Outcome.UNKNOWN


def _outcome_of_flags(told: _Told, table: LabTable) -> Outcome:
    concepts = told.interpretation if isinstance(told.interpretation, list) else [told.interpretation]
    for concept in concepts:
        outcome = table.outcome_of_codes(codings_of(concept))
        if outcome is Outcome.UNKNOWN:
            outcome = table.outcome_in_words(concept.text)
        if outcome is not Outcome.UNKNOWN:
            return outcome
    return Outcome.UNKNOWN
