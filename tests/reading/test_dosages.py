"""What is taken, from structure and words together: doses, steps, conflicts, and why a dose is unknown."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.dosing import NO_DOSING, DoseConflict, Dosing, TimeOfDay, WhyNot
from cards.drugs import UNIDENTIFIED, Drug, Strength
from cards.reading import shapes
from cards.reading.dosages import read_dosing
from cards.reading.dose_conflicts import DosingLimits

BEDTIME, EVENING, MORNING = TimeOfDay.BEDTIME, TimeOfDay.EVENING, TimeOfDay.MORNING
A_FIFTH = DosingLimits(tolerance=Decimal("0.2"))
CAPSULE_OF_1_5 = Strength(Decimal("1.5"))
LIQUID_OF_1 = Strength(Decimal(1), "mL")
CONTRAVE = Drug(
    "naltrexone/bupropion",
    ("naltrexone", "bupropion"),
    strengths=(("naltrexone", Strength(Decimal(8))), ("bupropion", Strength(Decimal(90)))),
)


def amount(value: str, unit: str | None = "mg", code: str | None = None) -> shapes.Quantity:
    return shapes.Quantity(value=Decimal(value), unit=unit, code=code)


def row(value: str, unit: str | None = "mg", kind: str | None = None) -> shapes.DoseAndRate:
    typed = shapes.Concept(coding=[shapes.Coding(code=kind)]) if kind else None
    return shapes.DoseAndRate(type=typed, doseQuantity=amount(value, unit))


def nightly(**bounds: Any) -> shapes.Timing:
    return shapes.Timing(repeat=shapes.Repeat(frequency=1, period=Decimal(1), periodUnit="d", when=["HS"], **bounds))


def for_days(days: int) -> dict[str, shapes.Quantity]:
    return {"boundsDuration": amount(str(days), "d")}


def times_a_day(times: int, when: str | None = None) -> shapes.Timing:
    return shapes.Timing(
        repeat=shapes.Repeat(frequency=times, period=Decimal(1), periodUnit="d", when=[when] if when else [])
    )


def dosage(value: str | None = None, unit: str | None = "mg", **elements: Any) -> shapes.Dosage:
    """A dosage as R4 writes it; every night unless it says otherwise."""
    elements.setdefault("timing", nightly())
    if value is not None:
        elements["doseAndRate"] = [row(value, unit)]
    return shapes.Dosage(**elements)


def words(text: str, **elements: Any) -> shapes.Dosage:
    return shapes.Dosage(text=text, **elements)


def reading(*dosages: shapes.Dosage, drug: Drug = UNIDENTIFIED, **more: Any) -> Dosing:
    return read_dosing(dosages, drug, "naltrexone", limits=A_FIFTH, **more)


# ---- the amount in the structure


@pytest.mark.parametrize(
    ("quantity", "mg"),
    [
        (amount("4.5"), "4.5"), (amount("4.5", None, "mg"), "4.5"), (amount("4.5", "MG"), "4.5"),
        (amount("4500", "ug"), "4.5"), (amount("4500", "mcg"), "4.5"), (amount("4500", "µg"), "4.5"),
        (amount("0.0045", "g"), "4.5"), (amount("4.5", "anything", "mg"), "4.5"), (amount("3", "{pill}"), "4.5"),
        (amount("3", None, "{Capsule}"), "4.5"), (amount("3", "tablet(s)"), "4.5"), (amount("3", "{tbl}"), "4.5"),
        (amount("3", None, "1"), "4.5"), (amount("3", "C"), "4.5"), (amount("3", None, "732937005"), "4.5"),
        (amount("3", None), "4.5"), (amount("0.5", "capsule"), "0.75"), (amount("1.5", "naltrexone mg"), "1.5"),
    ],
)  # fmt: skip
def test_a_unit_is_converted_to_milligrams(quantity: shapes.Quantity, mg: str) -> None:
    found = reading(shapes.Dosage(timing=nightly(), doseQuantity=quantity), strength=CAPSULE_OF_1_5)
    assert found.first_mg == Decimal(mg)


@pytest.mark.parametrize(
    "given_as",
    [
        {"doseAndRate": [row("4.5")]},
        {"doseAndRate": row("4.5")},
        {"doseQuantity": amount("4.5")},
        {"dose": amount("4.5")},
        {"quantity": amount("4.5")},
        {"doseRange": shapes.Range(low=amount("1.5"), high=amount("4.5"))},
        {"doseAndRate": [shapes.DoseAndRate(doseRange=shapes.Range(low=amount("1.5"), high=amount("4.5")))]},
        {"doseAndRate": [shapes.DoseAndRate(doseRange=shapes.Range(low=amount("4.5")))]},
    ],
)
def test_the_dose_is_found_where_any_version_puts_it(given_as: dict[str, Any]) -> None:
    assert reading(shapes.Dosage(timing=nightly(), **given_as)).first_mg == Decimal("4.5")


@pytest.mark.parametrize(
    ("rows", "mg", "units"),
    [
        ([row("650", "mg", "calculated"), row("2", "{tbl}", "admin-amount"), row("650", "mg", "ordered")], "650", "2"),
        ([row("700", "mg", "calculated"), row("650", "mg", "ordered")], "650", None),
        ([row("600", "mg"), row("650", "mg", "calculated")], "650", None),
        ([row("2", "{tbl}"), row("650", "mg")], "650", "2"),
        ([row("2", "{tbl}", "ordered"), row("650", "mg", "calculated")], "650", "2"),
    ],
)
def test_of_several_rows_the_ordered_one_counts_and_never_the_sum(
    rows: list[shapes.DoseAndRate], mg: str, units: str | None
) -> None:
    (step,) = reading(shapes.Dosage(timing=nightly(), doseAndRate=rows)).steps
    assert step.dose_mg == Decimal(mg)
    assert step.units == (Decimal(units) if units else None)


def test_millilitres_take_the_concentration_and_pieces_the_strength() -> None:
    assert reading(dosage("1.5", "mL"), strength=LIQUID_OF_1).first_mg == Decimal("1.5")
    assert reading(dosage("1.5", "mL"), strength=CAPSULE_OF_1_5).why_not is WhyNot.NO_CONCENTRATION
    assert reading(dosage("2", "capsule"), strength=CAPSULE_OF_1_5).first_mg == 3
    assert reading(dosage("2", "capsule"), strength=LIQUID_OF_1).why_not is WhyNot.NO_STRENGTH


def test_the_strength_of_the_ingredient_asked_for_counts() -> None:
    two_twice = dosage("2", "tablet", timing=times_a_day(2))
    assert reading(two_twice, drug=CONTRAVE).first_mg == 32
    assert read_dosing([two_twice], CONTRAVE, "bupropion", limits=A_FIFTH).first_mg == 360
    assert reading(two_twice, drug=CONTRAVE, strength=CAPSULE_OF_1_5).first_mg == 6


@pytest.mark.parametrize(
    ("more", "mg"),
    [
        ({"names": ["naltrexone 1.5 mg capsule"]}, "3"),
        ({"names": ["NALTREXONE 1.5MG"]}, "3"),
        ({"texts": ["dispense as 1.5 mg capsules"]}, "3"),
        ({"names": ["naltrexone"]}, None),
        ({"names": ["naltrexone 5 mg-325 mg tablet"], "drug": CONTRAVE}, "16"),
    ],
)
def test_a_strength_may_stand_in_words(more: dict[str, Any], mg: str | None) -> None:
    assert reading(dosage("2", "capsule"), **more).first_mg == (Decimal(mg) if mg else None)


def test_a_fraction_of_a_tablet_keeps_its_number() -> None:
    (step,) = reading(dosage("0.25", "tablet"), strength=Strength(Decimal(50))).steps
    assert (step.dose_mg, step.units, step.unit) == (Decimal("12.5"), Decimal("0.25"), "unit")


@pytest.mark.parametrize(
    ("given_dosage", "why"),
    [
        (dosage("10", "drop"), WhyNot.UNKNOWN_UNIT),
        (dosage("1", "patch"), WhyNot.UNKNOWN_UNIT),
        (dosage("4.5", None), WhyNot.UNKNOWN_UNIT),
        (dosage("4.5", "wombat"), WhyNot.UNKNOWN_UNIT),
        (dosage("1.5", "mL"), WhyNot.NO_CONCENTRATION),
        (dosage("1", "capsule"), WhyNot.NO_STRENGTH),
        (dosage("1", None), WhyNot.UNKNOWN_UNIT),
        (dosage("4.5", timing=None), WhyNot.NO_FREQUENCY),
        (dosage(), WhyNot.NO_DOSE),
        (dosage("0"), WhyNot.NO_DOSE),
        (dosage("-4.5"), WhyNot.NO_DOSE),
        (dosage("NaN"), WhyNot.NO_DOSE),
        (dosage("Infinity"), WhyNot.NO_DOSE),
        (dosage("1e999999"), WhyNot.NO_DOSE),
        (words("take as directed"), WhyNot.AS_DIRECTED),
        (words("4.5 mg as directed"), WhyNot.AS_DIRECTED),
        (words("4.5 mg"), WhyNot.NO_FREQUENCY),
        (words("1.5 mL nightly"), WhyNot.NO_CONCENTRATION),
        (words("1 capsule nightly"), WhyNot.NO_STRENGTH),
        (words("4.5 nightly"), WhyNot.NO_DOSE),
        (words("call the clinic"), WhyNot.NO_DOSE),
        (shapes.Dosage(), WhyNot.NO_INSTRUCTIONS),
    ],
)
def test_an_unknown_daily_dose_says_why(given_dosage: shapes.Dosage, why: WhyNot) -> None:
    found = reading(given_dosage)
    assert found.first_mg is None
    assert found.why_not is why


def test_no_dosage_at_all_is_no_dosing() -> None:
    assert reading() is NO_DOSING
    assert reading(shapes.Dosage()) is NO_DOSING


# ---- words


@pytest.mark.parametrize(
    ("text", "mg", "per_day"),
    [
        ("4.5 mg at bedtime", "4.5", "1"),
        ("Take 1 capsule (4.5 mg total) by mouth nightly", "4.5", "1"),
        ("take one 50 mg tablet daily", "50", "1"),
        ("take 2 x 1.5 mg capsules at bedtime", "3", "1"),
        ("1.5 mL of 2 mg/mL liquid at bedtime", "3", "1"),
        ("1 mg twice daily", "2", "2"),
        ("9 mg/day in 2 divided doses", "9", "2"),
        ("total daily dose 9 mg, divided bid", "9", "2"),
        ("50 mg every other day", "25", "0.5"),
        ("dissolve one 50 mg tablet in 50 mL water, drink 1.5 mL nightly", "1.5", "1"),
        ("1 tablet every 4-6 hours as needed (5 mg)", "30", "6"),
        ("1.5 mg in the morning and 3 mg at bedtime", "4.5", "2"),
    ],
)
def test_words_alone_give_the_dose(text: str, mg: str, per_day: str) -> None:
    found = reading(words(text))
    assert found.first_mg == Decimal(mg)
    assert found.most_per_day == Decimal(per_day)
    assert found.conflict is None


def test_a_tablet_dissolved_at_home_gives_what_is_drunk() -> None:
    text = "dissolve one 50 mg tablet in 50 mL water, drink 1.5 mL"
    for one in (
        words(text, timing=nightly()),
        dosage("1.5", "mL", text=text),
        dosage("1", "tablet", text=text),
        dosage("50", "mg", text=text),
        dosage("1.5", "mg", text=text),
    ):
        found = reading(one, strength=Strength(Decimal(50)))
        assert (found.first_mg, found.conflict) == (Decimal("1.5"), None)


def test_a_dilution_takes_the_strength_of_the_product() -> None:
    found = reading(words("dissolve 1 tablet in 50 mL water, drink 1.5 mL nightly"), strength=Strength(Decimal(50)))
    assert found.first_mg == Decimal("1.5")


def test_150_mg_every_third_day_is_50_mg_a_day() -> None:
    every_third = shapes.Timing(repeat=shapes.Repeat(frequency=1, period=Decimal(3), periodUnit="d"))
    assert reading(dosage("150", timing=every_third)).first_mg == 50
    assert reading(words("150 mg every third day")).first_mg == 50


def test_what_the_structure_lacks_comes_from_the_words() -> None:
    (step,) = reading(dosage("4.5", text="Take 1 capsule (4.5 mg) at bedtime for 14 days", timing=None)).steps
    assert (step.daily_mg, step.when, step.lasts_days, step.units) == (Decimal("4.5"), {BEDTIME}, 14, 1)


def test_what_the_structure_says_wins() -> None:
    (step,) = reading(dosage("4.5", text="4.5 mg twice daily in the morning", timing=nightly())).steps
    assert (step.per_day, step.when) == (1, {BEDTIME})


def test_the_words_for_the_patient_count_when_there_are_no_others() -> None:
    assert reading(shapes.Dosage(patientInstruction="4.5 mg at bedtime")).first_mg == Decimal("4.5")
    more = [shapes.Concept(text="at bedtime")]
    assert reading(dosage("4.5", timing=None, additionalInstruction=more)).first_mg == Decimal("4.5")


def test_a_count_without_strength_takes_the_milligrams_in_its_words() -> None:
    found = reading(dosage("2", "capsule", text="Take 2 capsules (3 mg) at bedtime"))
    assert (found.first_mg, found.conflict) == (3, None)


def test_a_number_without_a_unit_takes_the_unit_in_its_words() -> None:
    assert reading(dosage("4.5", None, text="4.5 mg at bedtime")).first_mg == Decimal("4.5")


def test_as_needed_is_seen_in_any_version_and_the_most_is_taken() -> None:
    six_hourly = shapes.Timing(
        repeat=shapes.Repeat(frequency=1, period=Decimal(4), periodMax=Decimal(6), periodUnit="h")
    )
    for flag in (
        {"asNeededBoolean": True},
        {"asNeeded": True},
        {"asNeededCodeableConcept": shapes.Concept(text="pain")},
        {"asNeededFor": [shapes.Concept(text="pain")]},
        {"text": "as needed for pain"},
    ):
        (step,) = reading(dosage("5", timing=six_hourly, **flag)).steps
        assert (step.as_needed, step.daily_mg) == (True, 30)
    assert not reading(dosage("5", asNeededBoolean=False)).steps[0].as_needed


def test_the_most_in_a_day_stands_for_a_missing_frequency() -> None:
    most = shapes.Ratio(numerator=amount("20"), denominator=amount("1", "d"))
    assert reading(dosage("5", timing=None, maxDosePerPeriod=[most])).first_mg == 20
    assert reading(dosage("5", timing=None, maxDosePerPeriod=most)).first_mg == 20


# ---- steps


def test_sequenced_dosages_are_steps_in_their_order() -> None:
    found = reading(
        dosage("3", sequence=2, timing=nightly(**for_days(14))),
        dosage("1.5", sequence=1, timing=nightly(**for_days(14))),
    )
    assert [(step.daily_mg, step.lasts_days) for step in found.steps] == [(Decimal("1.5"), 14), (3, 14)]
    assert (found.first_mg, found.last_mg, found.highest_mg, found.lowest_mg) == (Decimal("1.5"), 3, 3, Decimal("1.5"))


@pytest.mark.parametrize("sequence", [None, 1])
def test_dosages_at_different_times_are_taken_on_one_day(sequence: int | None) -> None:
    found = reading(
        dosage("1", "tablet", sequence=sequence, timing=times_a_day(1, "MORN")),
        dosage("2", "tablet", sequence=sequence, timing=times_a_day(1, "HS")),
        strength=Strength(Decimal(5)),
    )
    (step,) = found.steps
    assert (step.daily_mg, step.per_day, step.when) == (15, 2, {MORNING, BEDTIME})


def test_three_different_intakes_add_up_exactly() -> None:
    whens = ("MORN", "NOON", "HS")
    found = reading(
        *(dosage(mg, timing=times_a_day(1, when)) for mg, when in zip(("1", "1.5", "1.5"), whens, strict=True))
    )
    assert found.first_mg == 4


def test_the_same_dosage_sent_twice_is_one() -> None:
    assert reading(dosage("4.5"), dosage("4.5")).first_mg == Decimal("4.5")
    assert len(reading(words("4.5 mg nightly"), words("4.5 mg nightly")).steps) == 1


def test_dosages_at_the_same_time_follow_one_another() -> None:
    found = reading(dosage("1.5", timing=nightly(**for_days(14))), dosage("3"))
    assert [step.daily_mg for step in found.steps] == [Decimal("1.5"), 3]


def test_a_dosage_that_begins_with_then_follows_although_its_time_differs() -> None:
    found = reading(words("1.5 mg in the morning"), words("then 3 mg at bedtime"))
    assert [step.daily_mg for step in found.steps] == [Decimal("1.5"), 3]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1.5 mg x14 d, then 3 mg x 14 d, then 4.5 mg nightly", [("1.5", 14), ("3", 14), ("4.5", None)]),
        ("1.5 mg nightly, increase by 1.5 mg every 2 weeks to 4.5 mg", [("1.5", 14), ("3", 14), ("4.5", None)]),
        ("1 mg nightly, increase by 1.5 mg weekly to 3 mg", [("1", 7), ("2.5", 7), ("3", None)]),
        ("4.5 mg nightly, decrease by 1.5 mg every week to 1.5 mg", [("4.5", 7), ("3", 7), ("1.5", None)]),
        ("week 1: 1 mg nightly, week 2: 2 mg nightly", [("1", 7), ("2", 7)]),
    ],
)
def test_words_alone_carry_a_titration(text: str, steps: list[tuple[str, int | None]]) -> None:
    expected = [(Decimal(mg), days) for mg, days in steps]
    assert [(step.daily_mg, step.lasts_days) for step in reading(words(text)).steps] == expected
    structured = reading(dosage(steps[0][0], text=text))
    assert [(step.daily_mg, step.lasts_days) for step in structured.steps] == expected
    assert structured.conflict is None


def test_a_climb_may_begin_at_the_structured_dose() -> None:
    found = reading(dosage("1.5", text="increase by 1.5 mg every 2 weeks to 4.5 mg"))
    assert [step.daily_mg for step in found.steps] == [Decimal("1.5"), 3, Decimal("4.5")]
    assert found.conflict is None


def test_a_climb_in_capsules_counts_capsules() -> None:
    found = reading(
        words("Take 1 capsule nightly. Increase by 1 capsule every 2 weeks to 3 capsules."), strength=CAPSULE_OF_1_5
    )
    assert [(step.daily_mg, step.units) for step in found.steps] == [(Decimal("1.5"), 1), (3, 2), (Decimal("4.5"), 3)]


def test_a_climb_of_a_million_steps_stays_short() -> None:
    found = reading(words("1 mg nightly, increase by 0.0001 mg every day to 100 mg"))
    assert len(found.steps) < 60
    assert found.last_mg == 100


def test_all_steps_in_words_on_every_dosage_are_told_once() -> None:
    text = "1.5 mg x14 d, then 3 mg nightly"
    assert len(reading(words(text, sequence=1), words(text, sequence=2)).steps) == 2
    found = reading(dosage("1.5", text=text, sequence=1), dosage("3", text=text, sequence=2))
    assert [step.daily_mg for step in found.steps] == [Decimal("1.5"), 3]
    assert found.conflict is None


# ---- structure against words


@pytest.mark.parametrize(
    ("structured", "text", "conflict"),
    [
        ("45", "4.5 mg at bedtime", ("45", "4.5")),
        ("4.5", "45 mg at bedtime", ("4.5", "45")),
        ("5", "Take .5 mg nightly", ("5", "0.5")),
        ("4.5", "Take 1 capsule (3 mg) at bedtime", ("4.5", "3")),
        ("4.5", "take one 50 mg tablet nightly", ("4.5", "50")),
        ("15", "1.5 mg x14 d, then 3 mg, then 4.5 mg", ("15", "1.5")),
        ("1.5", "15 mL of 1 mg/mL nightly", ("1.5", "15")),
        ("10", "8 mg nightly", None),
        ("10", "7.9 mg nightly", ("10", "7.9")),
        ("8", "10 mg nightly", None),
        ("7.9", "10 mg nightly", ("7.9", "10")),
        ("4.5", "4.5 mg at bedtime", None),
        ("1.5", "naltrexone 50 mg tablet, compounded", None),
        ("1.5", "from 50 mg tablets", None),
        ("1.5", "1.5 mL of 1 mg/mL liquid", None),
        ("1.5", "1 mg/mL", None),
        ("1.5", "50 mg in 50 mL", None),
        ("3", "2 capsules (1.5 mg each) at bedtime", None),
        ("3", "2 x 1.5 mg capsules", None),
        ("3", "3 mg (2 capsules of 1.5 mg)", None),
        ("3", "3 mg at bedtime, max 4.5 mg", None),
        ("3", "previously 1.5 mg, now 3 mg", None),
        ("3", "target 4.5 mg", None),
        ("1.5", "1.5 mg x14 d, then 3 mg", None),
        ("3", "1.5 mg x14 d, then 3 mg", None),
        ("1.5", "take 1.5 mg to 3 mg nightly", None),
        ("2", "take 1.5 mg to 3 mg nightly", None),
        ("45", "take 1.5 mg to 3 mg nightly", ("45", "3")),
        ("4.5", "take as directed", None),
    ],
)
def test_words_that_name_another_amount_are_a_conflict(
    structured: str, text: str, conflict: tuple[str, str] | None
) -> None:
    expected = DoseConflict(Decimal(conflict[0]), Decimal(conflict[1])) if conflict else None
    assert reading(dosage(structured, text=text)).conflict == expected


@pytest.mark.parametrize(
    ("note", "is_conflict"),
    [
        ("take 4.5 mg at bedtime", True),
        ("naltrexone 4.5 mg", True),
        ("dose is 4.5 mg", True),
        ("also takes ibuprofen 400 mg", False),
        ("filler: sucrose 98.5 mg", False),
        ("was on 4.5 mg before", False),
        ("goal 4.5 mg", False),
        ("45 mg", False),
        ("made from 50 mg tablets", False),
    ],
)
def test_a_note_may_contradict_when_it_is_about_this_medicine(note: str, is_conflict: bool) -> None:
    assert (reading(dosage("45"), texts=[note]).conflict is not None) is is_conflict


def test_a_name_never_contradicts() -> None:
    assert reading(dosage("3"), names=["naltrexone 1.5 mg"]).conflict is None


def test_a_days_total_in_words_is_no_conflict() -> None:
    twice = {"timing": times_a_day(2)}
    assert reading(dosage("1", text="1 mg twice daily (2 mg/day)", **twice)).conflict is None
    assert reading(dosage("1", text="total daily dose 2 mg", **twice)).conflict is None
    assert reading(dosage("1", text="total daily dose 20 mg", **twice)).conflict == DoseConflict(
        Decimal(1), Decimal(20)
    )


def test_steps_that_match_are_no_conflict_and_one_that_does_not_is() -> None:
    text = "1.5 mg x14 d, then 3 mg"
    first = dosage("1.5", text=text, sequence=1)
    assert reading(first, dosage("3", sequence=2)).conflict is None
    assert reading(first, dosage("30", sequence=2)).conflict == DoseConflict(Decimal(30), Decimal(3))
    assert reading(dosage("1.5", sequence=1), dosage("30", text="then 3 mg", sequence=2)).conflict is not None


def test_milligrams_in_words_and_micrograms_in_the_structure_are_seen() -> None:
    assert reading(dosage("4.5", "mcg", text="4.5 mg at bedtime")).unit_conflict
    assert reading(dosage("4.5", "mg", text="4.5 mcg at bedtime")).unit_conflict
    assert not reading(dosage("4500", "mcg", text="4.5 mg at bedtime")).unit_conflict
    assert not reading(dosage("4.5", "mcg", text="4.5 mcg at bedtime")).unit_conflict
    assert not reading(dosage("45", "mg", text="4.5 mg at bedtime")).unit_conflict


def test_a_code_and_a_unit_that_differ_are_seen() -> None:
    both = shapes.Dosage(timing=nightly(), doseQuantity=amount("4.5", "mg", "ug"))
    assert reading(both).unit_conflict


def test_a_slippery_zero_is_reported_from_dosages_and_notes_and_not_from_names() -> None:
    assert reading(words("take .5 mg nightly")).zero_slip == ".5 mg"
    assert reading(dosage("4"), texts=["take 4.0 mg"]).zero_slip == "4.0 mg"
    assert reading(dosage("4"), names=["naltrexone 4.0 mg capsule", "naltrexone 4.0 mg"]).zero_slip is None


# ---- words outside the dosages


def test_a_note_or_a_name_is_the_dose_where_nothing_else_is() -> None:
    assert reading(texts=["4.5 mg at bedtime"]).first_mg == Decimal("4.5")
    assert reading(names=["Low-dose naltrexone 4.5 mg nightly"]).first_mg == Decimal("4.5")
    assert reading(dosage(), texts=["4.5 mg"]).first_mg == Decimal("4.5")


def test_a_products_name_is_not_a_dose() -> None:
    assert reading(names=["naltrexone 4.5 mg capsule"]).why_not is WhyNot.NO_INSTRUCTIONS
    assert reading(names=["naltrexone 4.5 mg"]).why_not is WhyNot.NO_INSTRUCTIONS
    assert reading(names=["naltrexone capsule, take as directed"]).why_not is WhyNot.AS_DIRECTED
    assert reading(texts=["ibuprofen 400 mg daily"]).why_not is WhyNot.NO_INSTRUCTIONS


def test_a_note_that_repeats_the_dose_tells_its_time() -> None:
    bare = dosage("4.5", timing=None)
    assert reading(bare, texts=["4.5 mg at bedtime"]).steps[0].when == {BEDTIME}
    assert reading(bare, texts=["sleeps badly at night"]).steps[0].when == set()


# ---- what holds for every input


@given(st.decimals(min_value="0.01", max_value="999", places=2), st.integers(1, 9))
def test_the_days_dose_grows_with_the_dose_and_the_frequency(value: Decimal, times: int) -> None:
    assert reading(dosage(str(value), timing=times_a_day(times))).first_mg == value * times


@given(
    st.decimals(min_value="0.01", max_value="999", places=2), st.decimals(min_value="0.01", max_value="99", places=2)
)
def test_words_and_structure_agree_on_the_same_amount(value: Decimal, strength: Decimal) -> None:
    for unit, per in (("mg", "unit"), ("capsule", "unit"), ("mL", "mL")):
        of_product = Strength(strength, per)
        structured = reading(dosage(str(value), unit), strength=of_product)
        said = reading(words(f"take {value} {unit} at bedtime"), strength=of_product)
        assert structured.first_mg == said.first_mg


@given(
    st.builds(
        shapes.Dosage,
        sequence=st.none() | st.integers(),
        text=st.none() | st.text(),
        doseAndRate=st.lists(
            st.builds(shapes.DoseAndRate, doseQuantity=st.builds(shapes.Quantity, value=st.none() | st.decimals())),
            max_size=3,
        ),
        doseQuantity=st.none()
        | st.builds(
            shapes.Quantity, value=st.decimals(), unit=st.none() | st.sampled_from(["mg", "g", "mL", "1", "x"])
        ),
    ),
    st.lists(st.text(), max_size=2),
)
def test_nothing_raises(given_dosage: shapes.Dosage, texts: list[str]) -> None:
    found = reading(given_dosage, given_dosage, texts=texts, names=texts, strength=CAPSULE_OF_1_5)
    assert all(step.daily_mg is None or step.daily_mg > 0 for step in found.steps)


def test_a_thousand_dosages_are_read_within_a_second() -> None:
    many = [dosage("4.5", text=f"Take 1 capsule (4.5 mg) by mouth at bedtime, number {n}") for n in range(1000)]
    start = time.perf_counter()
    for one in many:
        reading(one)
    assert time.perf_counter() - start < 1
