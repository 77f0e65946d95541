"""What rules ask of a chart, in plain words: for the explanation of a review, where each stands with its answer.

A question of the chart is a method or an attribute of ``Chart``; a question of a noun is an attribute that is true or
false. Each has a sentence here that is true when the answer is yes. What has none is told by its name, so that nothing
asked is ever left out; ``tests/test_trace.py`` names what lacks its sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from cards.chart import Kind, Mention
from cards.conditions import ConditionGroup
from cards.drugs import Role
from cards.labs import LabTest
from cards.phrasing import NBSP, day, milligrams, number, quoted

_ROLES: Final = {
    Role.NALTREXONE: "naltrexone",
    Role.OPIOID: "an opioid",
    Role.NALOXONE: "naloxone",
    Role.OTHER_ANTAGONIST: "another opioid antagonist",
    Role.PERIPHERAL_ANTAGONIST: "an opioid antagonist for the bowel",
    Role.HYPNOTIC: "a sleeping pill",
    Role.LOFEXIDINE: "lofexidine",
    Role.ACAMPROSATE: "acamprosate",
    Role.DISULFIRAM: "disulfiram",
    Role.THIORIDAZINE: "thioridazine",
    Role.THYROID_HORMONE: "thyroid hormone",
    Role.TRANSPLANT_IMMUNOSUPPRESSANT: "an immunosuppressant for transplants",
}

_MENTIONS: Final = {
    Mention.LOW_DOSE: "a low dose",
    Mention.HOME_DILUTION: "dissolving tablets at home",
    Mention.SLOW_RELEASE: "slow release",
    Mention.COMPOUNDED: "compounding",
    Mention.CALCIUM_CARBONATE: "calcium carbonate",
    Mention.PRESERVED: "a preservative",
    Mention.UNPRESERVED: "no preservative",
    Mention.STUDIED_FORMULA: "the formula whose keeping was studied",
    Mention.REFRIGERATED: "the refrigerator",
    Mention.ANTAGONIST_INDUCTION: "an induction with an antagonist",
    Mention.SIGNIFICANT_DIFFERENCE: "a significant difference from the marketed product",
    Mention.DOSE_VERIFIED: "a dose that was verified",
}


def any_of(words: Iterable[str]) -> str:
    """Words in a row, each once; unlike on a card none is left out.

    >>> any_of(["ALT", "AST", "eGFR"])
    'ALT, AST or eGFR'
    """
    return _in_a_row(words, "or")


def all_of(words: Iterable[str]) -> str:
    """The same with *and*."""
    return _in_a_row(words, "and")


def _in_a_row(words: Iterable[str], last: str) -> str:
    *first, final = dict.fromkeys(words) or {"nothing": None}
    return f"{', '.join(first)} {last} {final}" if first else final


def mention_words(mention: Mention) -> str:
    """What the words of an order speak of."""
    return _MENTIONS[mention]


def names_of(told: Iterable[object]) -> str:
    """What a rule looks for, in words: roles, problems, results, mentions, lists."""
    return any_of(sorted(map(_name_of, told)))


def _name_of(one: object) -> str:
    match one:
        case Role():
            return _ROLES[one]
        case ConditionGroup():
            return one.label
        case Mention():
            return f"words about {_MENTIONS[one]}"
        case Kind():
            return "an allergy" if one is Kind.ALLERGIES else f"an entry among {one.value}"
        case LabTest():
            return f"a result for {one.value}"
        case _:
            return str(one)


# --- questions of the chart ------------------------------------------------------------------------------------------

_OPIOID = "an opioid is taken, is without dates, or ended so lately that it still matters"
_NALTREXONE = "naltrexone stands on a medication list"
_ALLERGIES = "the allergy list has an entry"
_RESULTS = "a result is told"
_OPERATION = "an operation is planned"

_OF_THE_CHART: Final[Mapping[str, str | Callable[..., str]]] = {
    "allergic": f"{_ALLERGIES} that stands",
    "allergies": _ALLERGIES,
    "conditions": "the problem list has an entry",
    "drafted_beside": lambda _, role: f"{_ROLES[role]} is drafted beside it",
    "exposures": _OPIOID,
    "has_substance_use_context": "labelled use is likely: alcohol or opioid use disorder, acamprosate, a former depot",
    "having": lambda group: f"{group.label} is an active problem",
    "is_in_hospital": "the patient is in hospital or in emergency care",
    "is_palliative": "the patient is in palliative care",
    "is_missing": lambda kind: f"{kind.value} are so incomplete that silence in them means nothing",
    "is_taken": "it counts as taken today",
    "labs": _RESULTS,
    "latest_labs": _RESULTS,
    "medications": "a medication list has an entry",
    "missing_lists": "a medication list is so incomplete that silence in it means nothing",
    "must_know": lambda *kinds: f"{all_of(kind.value for kind in kinds)} are known well enough for silence to count",
    "naltrexone": _NALTREXONE,
    "naltrexone_uses": _NALTREXONE,
    "opioids": _OPIOID,
    "ordering": lambda role: f"{_ROLES[role]} is being ordered",
    "orders": "a medicine is being ordered",
    "past_courses": "an opioid course ended within the last months and no longer matters",
    "patient": "details of the patient are told",
    "possible_exposures": "an entry may be an opioid whose name is misspelled",
    "procedures": "a procedure is planned",
    "results_of": lambda test: f"a result for {test.value} is told",
    "service_drafts": "a test or another service is being ordered",
    "surgeries": f"{_OPERATION} for today or later",
    "taking": lambda role: f"{_ROLES[role]} is taken",
    "told_conditions": lambda *groups: f"{any_of(group.label for group in groups)} is an active problem",
    "unread_orders": "an order that was sent could not be read",
    "unidentified": "an entry that counts as taken names no medicine",
}

VALUES_OF_THE_CHART: Final = MappingProxyType(
    {
        "hook": "moment of care",
        "lists_not_kept": "lists this client does not keep",
        "setting": "where the patient is seen",
        "state_of": "state of the data",
        "unknown": "data of which silence means nothing",
        "visit_reasons": "reasons of the visit",
    }
)
"""What the chart answers with something other than yes or no, and how that is called."""

UNTOLD_OF_THE_CHART: Final = frozenset({"patient_reference", "states", "today", "told", "unanswerable"})
"""What decides nothing by itself."""


def of_the_chart(name: str, arguments: tuple[Any, ...]) -> str:
    """The sentence of a question asked of the chart."""
    said = _OF_THE_CHART.get(name)
    if said is None:
        return _by_name(name)
    return said if isinstance(said, str) else said(*arguments)


# --- questions of a noun ---------------------------------------------------------------------------------------------

_IT_IS_TAKEN = "it counts as taken today"

_OF_A_NOUN: Final[Mapping[tuple[str, str], str | Callable[..., str]]] = {
    ("Allergy", "is_active"): "the entry stands",
    ("Allergy", "is_anaphylaxis"): "anaphylaxis is recorded",
    ("Allergy", "is_high_criticality"): "it is marked as dangerous",
    ("Allergy", "is_side_effect_only"): "nothing but side effects is told",
    ("Condition", "is_active"): "the problem is active",
    ("Condition", "is_standing"): "the entry is neither refuted nor resolved",
    ("Condition", "is_substance_use_disorder"): "it is an alcohol or opioid use disorder",
    ("Dosing", "is_computable"): "every step has a daily dose",
    ("Dosing", "unit_conflict"): "words and structure differ in their unit",
    ("Drug", "is_identified"): "the medicine is known by code or name",
    ("Drug", "is_marketed_product"): "it is a marketed product",
    ("Drug", "is_naltrexone"): "it is naltrexone",
    ("Drug", "is_opioid"): "it is an opioid",
    ("Drug", "is_possible"): "its name is in doubt",
    ("Drug", "is_single_ingredient"): "it has one ingredient",
    ("Exposure", "is_active"): _IT_IS_TAKEN,
    ("Exposure", "is_brief"): "it was a brief course",
    ("Exposure", "is_critical_on"): lambda when: f"naltrexone is contraindicated on {day(when)}",
    ("Exposure", "is_doubtful_on"): lambda when: f"the opioid-free interval is not complete on {day(when)}",
    ("Exposure", "is_possible"): "every entry of it has a name in doubt",
    ("LabResult", "is_immunoassay"): "it was measured by immunoassay",
    ("LabResult", "is_positive"): "the result is positive",
    ("Medication", "is_for_opioid_use_disorder"): "it treats opioid use disorder",
    ("NaltrexoneUse", "is_active"): _IT_IS_TAKEN,
    ("Order", "has_reason"): "the order gives a reason",
    ("Order", "is_being_started"): "signing it starts it",
    ("Order", "is_compounded"): "it is compounded",
    ("Order", "is_hospital_order"): "it is an order for the ward",
    ("Order", "is_judged"): "it is among the orders to be judged",
    ("Order", "is_low_dose"): "it is a low-dose naltrexone order",
    ("Order", "is_signed"): "it has been signed",
    ("Order", "is_oral"): "it is swallowed, or no form is told",
    ("Order", "says"): lambda mention: f"its words speak of {_MENTIONS[mention]}",
    ("PatientFacts", "is_deceased"): "the patient has died",
    ("PatientFacts", "is_under_on"): lambda years, _: f"the patient is under {int(years)}",
    ("PlannedProcedure", "is_drafted"): "it is being ordered now",
    ("PlannedProcedure", "is_surgical"): "it is an operation",
    ("ServiceDraft", "is_confirmed"): "the order asks for confirmation",
    ("ServiceDraft", "is_immunoassay"): "it is an immunoassay",
    ("ServiceDraft", "is_judged"): "it is among the orders to be judged",
    ("Step", "as_needed"): "it is taken as needed",
}

_VALUE_NAMES: Final[Mapping[tuple[str, str], str]] = {
    ("Dosing", "conflict"): "two doses named",
    ("Dosing", "first_mg"): "daily dose of the first step",
    ("Dosing", "highest_mg"): "highest daily dose",
    ("Dosing", "last_mg"): "daily dose of the last step",
    ("Dosing", "lowest_mg"): "lowest daily dose",
    ("Dosing", "most_per_day"): "most intakes a day",
    ("Dosing", "when"): "time of day",
    ("Dosing", "why_not"): "why there is no daily dose",
    ("Dosing", "zero_slip"): "an amount easily misread",
    ("DoseConflict", "ratio"): "ratio of the two doses",
    ("DoseConflict", "structured_mg"): "dose in the structure",
    ("DoseConflict", "text_mg"): "dose in the words",
    ("Drug", "opioid_kind"): "kind of opioid",
    ("Drug", "recognised_by"): "recognised by",
    ("Exposure", "clear_on"): "opioid-free interval over on",
    ("Exposure", "critical_until"): "contraindicated until",
    ("Exposure", "kind"): "kind of opioid",
    ("Exposure", "last_day"): "last day",
    ("LabResult", "taken"): "day of the result",
    ("LabResult", "times_upper_limit"): "times the upper limit",
    ("LabResult", "upper_limit"): "upper limit of normal",
    ("LabResult", "screens"): "opioid looked for",
    ("NaltrexoneUse", "daily_mg"): "daily dose",
    ("NaltrexoneUse", "days_since"): "days since it was last taken",
    ("NaltrexoneUse", "last_day"): "last day",
    ("NaltrexoneUse", "supply_ends"): "supply ends on",
    ("Order", "band"): "dose band",
    ("Order", "mentions"): "its words speak of",
    ("PatientFacts", "age_on"): "age in years",
    ("PlannedProcedure", "day"): "planned for",
    ("Step", "daily_mg"): "daily dose of a step",
    ("Step", "dose_mg"): "dose per intake",
    ("Step", "lasts_days"): "days a step lasts",
    ("Step", "per_day"): "intakes a day",
    ("Strength", "mg"): "strength",
}

_BARE_NUMBERS: Final = frozenset({"ratio", "per_day", "most_per_day", "value", "upper_limit", "times_upper_limit"})

_NONE_WHERE_NOT_TOLD: Final = frozenset({"conflict", "why_not", "zero_slip"})

UNTOLD: Final = frozenset(
    {
        *("born_from", "born_to", "original", "resource", "written_name"),  # who it is, and the client's own words
        *("brand", "contradicted_by", "excipient", "groups", "ingredients", "label", "meant", "name", "reference"),
        *("entries", "order_references", "prior_references", "per", "roles", "screens", "strengths", "test"),
    }
)
"""What is read of a noun and not told again: it is in the line that tells of the noun, or it is nobody's business."""


def of_a_noun(noun: str, name: str, arguments: tuple[Any, ...]) -> str:
    """The sentence of a question asked of a noun."""
    said = _OF_A_NOUN.get((noun, name))
    if said is None:
        return _by_name(name)
    return said if isinstance(said, str) else said(*arguments)


def has_words(noun: str, name: str) -> bool:
    """Whether a question, of the chart where ``noun`` is empty, has a sentence of its own."""
    return (noun, name) in _OF_A_NOUN if noun else name in _OF_THE_CHART


def value_name(noun: str, name: str) -> str:
    """What a value that was read is called."""
    return _VALUE_NAMES.get((noun, name)) or _by_name(name)


def value_words(name: str, value: object) -> str:
    """A value that was read. Text that came from a client stands in a code span."""
    match value:
        case None:
            return "none" if name in _NONE_WHERE_NOT_TOLD else "not told"
        case Enum():
            return _enum_words(value)
        case date():
            return day(value)
        case bool():
            return "yes" if value else "no"
        case Decimal() | int():
            return number(value) if name in _BARE_NUMBERS or isinstance(value, int) else milligrams(value)
        case frozenset() | tuple() | list():
            return all_of(sorted(value_words(name, one) for one in value)) if value else "none"
        case str():
            return quoted(value)
        case _:
            return "told"


def _enum_words(member: Enum) -> str:
    match member:
        case ConditionGroup():
            return member.label
        case Mention():
            return _MENTIONS[member]
        case _:
            return str(member.value)


_UNITS: Final = {"1": "", "d": "days", "a": "years", "1/d": "a day", "mg/d": "mg a day"}


def with_unit(value: Decimal | int, unit: str) -> str:
    r"""A number beside another one of that unit.

    >>> with_unit(Decimal("1.50"), "mg/d"), with_unit(7, "d")
    ('1.5\xa0mg a day', '7\xa0days')
    """
    return f"{number(value)}{NBSP}{_UNITS.get(unit, unit)}".rstrip()


def as_a_sentence(docstring: str) -> str:
    """The sentence of a predicate: its docstring after *Whether*, up to the first pause.

    >>> as_a_sentence("Whether the patient is a child or pregnant: then no schedule of ours applies.")
    'the patient is a child or pregnant'
    """
    told = " ".join(docstring.removeprefix("Whether ").split())
    ends = [at for at in map(told.find, (". ", ";", ":", " – ")) if at > 0]
    return told[: min(ends)] if ends else told.rstrip(".")


def _by_name(name: str) -> str:
    return name.replace("_", " ")
