"""What the words of a sig mean: amounts, how often, when, for how long, and in which order."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.dosing import TimeOfDay
from cards.reading.sig_parts import NOTHING_SAID, Intake, Sig
from cards.reading.sigs import read_sig

BEDTIME, EVENING, MORNING, OTHER = TimeOfDay.BEDTIME, TimeOfDay.EVENING, TimeOfDay.MORNING, TimeOfDay.OTHER


def the_intake(text: str) -> Intake:
    """The only intake of a text that has one."""
    sig = read_sig(text)
    assert [len(step.intakes) for step in sig.steps] == [1], f"{text!r} was read as {sig.steps}"
    return sig.steps[0].intakes[0]


def written(intake: Intake) -> str:
    """An intake as "4.5 mg" or "2 unit"; a restatement as "3 mg = 2 unit"."""
    said = [f"{amount.value:f} {amount.unit.name}" for amount in (intake.mass, intake.counted) if amount is not None]
    return " = ".join(said)


def steps_of(text: str) -> list[tuple[str, int | None]]:
    """Each step with its only amount and its days."""
    return [(written(step.intakes[0]), step.lasts_days) for step in read_sig(text).steps]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("4.5 mg nightly", "4.5 mg"),
        ("4.5mg nightly", "4.5 mg"),
        (".5 mg nightly", "0.5 mg"),
        ("1,5 mg nightly", "1.5 mg"),
        ("1,500 mcg nightly", "1500 mcg"),
        ("0,125 mg nightly", "0.125 mg"),
        ("0.5 mcg nightly", "0.5 mcg"),
        ("500 µg nightly", "500 mcg"),
        ("4,5 MG NIGHTLY", "4.5 mg"),
        ("1.5 mL nightly", "1.5 mL"),
        ("1 teaspoon nightly", "5 mL"),
        ("1/4 tab daily", "0.25 unit"),
        ("½ tablet daily", "0.5 unit"),
        ("1½ tablets daily", "1.5 unit"),
        ("1 1/2 tablets daily", "1.5 unit"),
        ("1 and 1/2 tablets daily", "1.5 unit"),
        ("one and a half tablets daily", "1.5 unit"),
        ("half a tablet daily", "0.5 unit"),
        ("one-half tablet daily", "0.5 unit"),
        ("a quarter of a tablet daily", "0.25 unit"),
        ("three quarters of a tablet daily", "0.75 unit"),
        ("2 capsules daily", "2 unit"),
        ("2 (two) capsules daily", "2 unit"),
        ("one (1) capsule daily", "1 unit"),
        ("take a tablet daily", "1 unit"),
        ("1C PO HS", "1 unit"),
        ("1 po qhs", "1 unit"),
        ("take one by mouth at bedtime", "1 unit"),
        ("1-2 tablets daily", "2 unit"),
        ("1 to 2 tablets daily", "2 unit"),
        ("½-1 tablet daily", "1 unit"),
        ("take 1.5 mg to 3 mg at bedtime", "3 mg"),
        ("1 capsule (1.5 mg) at bedtime", "1.5 mg = 1 unit"),
        ("1 tablet (50 mg total) by mouth daily", "50 mg = 1 unit"),
        ("1.5 mL (1.5 mg) at bedtime", "1.5 mg = 1.5 mL"),
        ("3 mg (2 capsules) at bedtime", "3 mg = 2 unit"),
        ("650 mg = 2 cap, Oral, every 4 hr, PRN: as needed for pain, 90 cap, 0 Refill(s)", "650 mg = 2 unit"),
        ("1 tablet(s) daily", "1 unit"),
        ("4.5 mg (four and a half milligrams) nightly", "4.5 mg"),
        ("dose: 4.5 mg; route: oral; frequency: nightly", "4.5 mg"),
        ("10 drops nightly", "10 "),
    ],
)
def test_an_amount_is_read_as_written(text: str, amount: str) -> None:
    assert written(the_intake(text)) == amount


@pytest.mark.parametrize(
    ("text", "mg"),
    [
        ("take one 50 mg tablet daily", "50"),
        ("take 1/4 of a 50 mg tablet daily", "12.50"),
        ("2 x 1.5 mg capsules at night", "3.0"),
        ("3 x 1.5 mg at bedtime", "4.5"),
        ("take three capsules (1.5 mg each) at bedtime", "4.5"),
        ("2 tablets of 50 mg daily", "100"),
        ("1 capsule 1.5 mg at bedtime", "1.5"),
        ("capsules 1.5 mg, take one at bedtime", "1.5"),
        ("take 4.5 mg capsule at bedtime", "4.5"),
        ("naltrexone 50 mg tablet: take 2 tablets daily", "100"),
    ],
)
def test_a_strength_times_its_pieces_is_what_is_taken(text: str, mg: str) -> None:
    intake = the_intake(text)
    assert intake.counted is not None
    assert intake.counted.mg == Decimal(mg)
    assert intake.mass is None


@pytest.mark.parametrize(
    "text",
    [
        "50 mg tablet",
        "naltrexone 50 mg oral tablet",
        "NALTREXONE 50MG TABLET",
        "tablet 50 mg",
        "50 mg/tablet",
        "50-mg tablet",
    ],
)
def test_a_products_strength_alone_is_not_an_amount_taken(text: str) -> None:
    sig = read_sig(text)
    assert sig.strength_mg == 50
    assert all(amount.is_implied for amount in sig.taken)


@pytest.mark.parametrize(
    ("text", "concentration"),
    [
        ("1 mg/mL: take 1.5 mL nightly", "1"),
        ("take 1.5 mL of 1 mg/mL suspension nightly", "1"),
        ("5 mg/5 mL, take 1.5 mL nightly", "1"),
        ("10 mg per 20 mL, take 1.5 mL nightly", "0.5"),
        ("50 mg in 50 mL water, take 1.5 mL nightly", "1"),
        ("dissolve one 50 mg tablet in 50 mL water, take 1.5 mL nightly", "1"),
        ("dissolve a 50mg tablet in 100ml of water and take 1.5ml each night", "0.5"),
        ("50 mg tablet dissolved in 50 mL water, take 1.5 mL nightly", "1"),
        ("crush one tablet (50 mg) and mix with 50 mL water; take 1.5 mL nightly", "1"),
    ],
)
def test_a_concentration_is_read_and_only_the_millilitres_are_taken(text: str, concentration: str) -> None:
    sig = read_sig(text)
    assert sig.concentration == Decimal(concentration)
    assert [written(intake) for step in sig.steps for intake in step.intakes] == ["1.5 mL"]


def test_a_dilution_without_strength_keeps_its_pieces_and_millilitres() -> None:
    assert read_sig("dissolve 1 tablet in 50 mL of water. Take 1.5 mL at bedtime").dilution == (Decimal(1), Decimal(50))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dissolve 50 mg tablet in 50 mL; 1 mL = 1 mg; take 1.5 mL nightly", "1.5 mL"),
        ("take 1.5 mL nightly (1 mg = 1 mL)", "1.5 mL"),
        ("take 1.5 mL nightly, each mL = 1 mg", "1.5 mL"),
        ("1 capsule = 1.5 mg, take 2 capsules at bedtime", "2 unit"),
        ("take 2 capsules at bedtime. Each capsule contains 1.5 mg", "2 unit"),
        ("1 capsule = 1.5 mg at bedtime", "1.5 mg = 1 unit"),
        ("1.5 mL = 1.5 mg nightly", "1.5 mg = 1.5 mL"),
    ],
)
def test_an_equation_is_a_strength_and_a_dose_only_when_nothing_else_is(text: str, said: str) -> None:
    sig = read_sig(text)
    assert written(the_intake(text)) == said
    assert (sig.concentration or sig.strength_mg) in (1, Decimal("1.5"))


@pytest.mark.parametrize("text", ["dissolve 1 capsule in water and drink at bedtime", "mix 1 capsule in juice nightly"])
def test_what_is_dissolved_and_drunk_whole_is_taken(text: str) -> None:
    assert [written(intake) for step in read_sig(text).steps for intake in step.intakes] == ["1 unit"]


@pytest.mark.parametrize(
    ("text", "per_day"),
    [
        ("daily", "1"), ("qd", "1"), ("once a day", "1"), ("once daily", "1"), ("every day", "1"), ("nightly", "1"),
        ("q.h.s.", "1"), ("at bedtime", "1"), ("1 (one) time each day", "1"), ("per day", "1"), ("q24h", "1"),
        ("bid", "2"), ("b.i.d.", "2"), ("twice daily", "2"), ("two times a day", "2"), ("2x/day", "2"), ("q12h", "2"),
        ("every 12 hours", "2"), ("in the morning and at bedtime", "2"), ("AM and PM", "2"),
        ("tid", "3"), ("three times daily", "3"), ("3 times a day with meals", "3"), ("qid", "4"), ("q 6 h", "4"),
        ("every 6 hours", "4"), ("every six hours", "4"), ("every 4 to 6 hours", "6"), ("q4-6h", "6"),
        ("2-3 times a day", "3"),
        ("every other day", "0.5"), ("qod", "0.5"), ("every 2 days", "0.5"), ("every other night", "0.5"),
    ],
)  # fmt: skip
def test_a_frequency_is_intakes_a_day_and_the_most_where_it_is_a_range(text: str, per_day: str) -> None:
    assert the_intake(f"take 1 tablet {text}").per_day == Decimal(per_day)
    assert the_intake(text).per_day == Decimal(per_day)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("weekly", 7),
        ("every week", 7),
        ("once a week", 7),
        ("every 4 weeks", 28),
        ("monthly", 30),
        ("every third day", 3),
    ],
)
def test_a_rare_intake_multiplies_back_to_a_whole_one(text: str, days: int) -> None:
    per_day = the_intake(f"150 mg {text}").per_day
    assert per_day is not None
    assert per_day * days == 1


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("at bedtime", {BEDTIME}), ("qhs", {BEDTIME}), ("hs", {BEDTIME}), ("nightly", {BEDTIME}),
        ("at night", {BEDTIME}),
        ("every night", {BEDTIME}), ("before bed", {BEDTIME}), ("at 9 pm", {BEDTIME}), ("at 21:00", {BEDTIME}),
        ("in the evening", {EVENING}), ("qpm", {EVENING}), ("every PM", {EVENING}), ("with dinner", {EVENING}),
        ("at 6 p.m.", {EVENING}), ("in the morning", {MORNING}), ("qam", {MORNING}), ("each morning", {MORNING}),
        ("in the AM", {MORNING}), ("at 0900", {MORNING}), ("8:00 AM", {MORNING}), ("with food", {OTHER}),
        ("at noon", {OTHER}),
        ("with or without food", set()), ("daily", set()), ("at bedtime or in the morning", {BEDTIME, MORNING}),
    ],
)  # fmt: skip
def test_a_time_of_day_is_read(text: str, when: set[TimeOfDay]) -> None:
    assert the_intake(f"4.5 mg {text}").when == when


def test_either_of_two_times_is_one_intake_and_both_are_two() -> None:
    assert the_intake("4.5 mg at bedtime or in the morning").per_day == 1
    assert the_intake("4.5 mg at bedtime and in the morning").per_day == 2


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("for 14 days", 14), ("x14 d", 14), ("x 14 days", 14), ("x 2 weeks", 14), ("for two weeks", 14), ("x2wk", 14),
        ("for 1 month", 30), ("for a week", 7), ("for 14 nights", 14), ("for the first 2 weeks", 14), ("14 days", 14),
        ("- 30 day supply", None), ("every 14 days", None), ("within 3 days", None),
    ],
)  # fmt: skip
def test_a_duration_is_days_and_an_interval_or_a_supply_is_none(text: str, days: int | None) -> None:
    assert read_sig(f"1.5 mg nightly {text}").steps[0].lasts_days == days


STEPS_OF_TWO_WEEKS = [("1.5 mg", 14), ("3 mg", 14), ("4.5 mg", None)]


@pytest.mark.parametrize(
    "text",
    [
        "1.5 mg x14 d, then 3 mg x 14 d, then 4.5 mg",
        "Take 1.5 mg PO qHS x 14 days then 3 mg PO qHS x 14 days then 4.5 mg PO qHS thereafter",
        "1.5 mg nightly for 2 weeks, 3 mg nightly for 2 weeks, 4.5 mg nightly",
        "1.5 mg nightly for 2 weeks, increase to 3 mg nightly for 2 weeks, then increase to 4.5 mg nightly",
        "Week 1-2: 1.5 mg QHS. Week 3-4: 3 mg QHS. Week 5+: 4.5 mg QHS.",
        "weeks 1 and 2: 1.5 mg; weeks 3 and 4: 3 mg; week 5 onward: 4.5 mg",
        "days 1-14: 1.5 mg qhs; days 15-28: 3 mg qhs; day 29 and after: 4.5 mg qhs",
        "1.5 mg for the first 2 weeks, 3 mg for the next 2 weeks, then 4.5 mg",
        "1.5 mg -> 3 mg -> 4.5 mg every 2 weeks",
    ],
)
def test_a_titration_is_a_list_of_steps(text: str) -> None:
    found = steps_of(text)
    assert found[:2] == STEPS_OF_TWO_WEEKS[:2]
    assert found[2][0] == "4.5 mg"


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1.5 mg x14 d, then 3 mg", [("1.5 mg", 14), ("3 mg", None)]),
        ("1.5 mg week 1, 3 mg week 2, 4.5 mg week 3 and after", [("1.5 mg", 7), ("3 mg", 7), ("4.5 mg", None)]),
        ("25 mg once, then 50 mg daily", [("25 mg", 1), ("50 mg", None)]),
        ("Day 1: 25 mg. Day 2 onward: 50 mg daily", [("25 mg", 1), ("50 mg", None)]),
        ("1.5 mg nightly; may increase to 3 mg after 2 weeks", [("1.5 mg", 14), ("3 mg", None)]),
        ("1.5 mg nightly. After 2 weeks increase to 3 mg nightly", [("1.5 mg", 14), ("3 mg", None)]),
        ("2 tablets today, then 1 tablet daily", [("2 unit", 1), ("1 unit", None)]),
        (
            "Take 1 capsule (1.5 mg total) by mouth nightly for 14 days, THEN 2 capsules (3 mg total) for 14 days.",
            [("1.5 mg = 1 unit", 14), ("3 mg = 2 unit", 14)],
        ),
    ],
)
def test_steps_have_their_length(text: str, steps: list[tuple[str, int | None]]) -> None:
    assert steps_of(text) == steps


def test_a_frequency_written_once_holds_for_all_steps() -> None:
    for text in ("1.5 mg nightly x14 d, then 3 mg", "1.5 mg x14 d, then 3 mg nightly"):
        assert [step.intakes[0].per_day for step in read_sig(text).steps] == [1, 1]


@pytest.mark.parametrize(
    "text",
    [
        "increase by 1.5 mg every 2 weeks to 4.5 mg",
        "1.5 mg nightly, increase by 1.5 mg every 14 days as tolerated to max 4.5 mg",
        "Start 1.5 mg at bedtime, increase 1.5 mg every 2 weeks up to a maximum of 4.5 mg",
    ],
)
def test_an_increase_by_increments_is_a_climb(text: str) -> None:
    climb = read_sig(text).climb
    assert climb is not None
    assert (climb.by.mg, climb.to.mg, climb.every_days) == (Decimal("1.5"), Decimal("4.5"), 14)


def test_two_amounts_at_two_times_are_taken_on_one_day() -> None:
    for text in ("1 tablet in the morning and 2 tablets at bedtime", "1 tab qam, then 2 tabs qhs"):
        (step,) = read_sig(text).steps
        assert [(written(intake), intake.when) for intake in step.intakes] == [
            ("1 unit", {MORNING}),
            ("2 unit", {BEDTIME}),
        ]


def test_weekdays_are_sevenths_of_a_week() -> None:
    (step,) = read_sig("2 tablets on Monday and Wednesday and 3 tablets on Friday").steps
    assert [intake.per_day * 7 for intake in step.intakes if intake.per_day is not None] == [2, 1]
    assert the_intake("1 tablet by mouth daily, Starting Tue 5/28/2019, Until Wed 5/29/2019").per_day == 1


@pytest.mark.parametrize(
    "text", ["1 tablet every 6 hours as needed", "1 tablet q6h prn", "PRN: 1 tablet", "1 tablet at bedtime if needed"]
)
def test_as_needed_is_seen(text: str) -> None:
    assert read_sig(text).steps[0].as_needed


@pytest.mark.parametrize(
    "text", ["then 4.5 mg at bedtime if needed and tolerated", "4.5 mg nightly. May take a second dose if needed"]
)
def test_a_plan_is_not_a_dose_as_needed(text: str) -> None:
    assert not read_sig(text).steps[0].as_needed


@pytest.mark.parametrize("text", ["take as directed", "use per protocol", "ud", "as instructed by the clinic"])
def test_as_directed_is_seen(text: str) -> None:
    assert read_sig(text).as_directed


@pytest.mark.parametrize(
    "text",
    [
        "max 4.5 mg daily; take 3 mg at bedtime",
        "take 3 mg at bedtime, not to exceed 4.5 mg",
        "do not exceed 4.5 mg. Take 3 mg at bedtime",
        "take 3 mg at bedtime. No more than 4.5 mg per day.",
        "previously on 4.5 mg, now 3 mg at bedtime",
        "tolerated 1.5 mg; continue 3 mg at bedtime",
        "target 4.5 mg. Take 3 mg at bedtime",
        "take 3 mg at bedtime. If not tolerated take 1.5 mg",
        "do not take 4.5 mg. Take 3 mg at bedtime",
        "Disp: 30 tablets. Take 3 mg at bedtime",
        "0.1 mg/kg: take 3 mg at bedtime",
    ],
)
def test_limits_history_plans_and_quantities_are_not_taken(text: str) -> None:
    assert [amount.mg for amount in read_sig(text).taken] == [Decimal(3)]
    assert the_intake(text).per_day == 1


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("take .5 mg nightly", ".5 mg"), ("take .5mg nightly", ".5mg"), ("4.0 mg nightly", "4.0 mg"),
        ("1.50 mg", "1.50 mg"),
        ("take 1.0 mL nightly", "1.0 mL"), ("0.5 mg nightly", None), ("4 mg nightly", None), ("10 mg nightly", None),
        ("4.0 mg capsule", None), ("take 1 capsule of 4.0 mg strength", None), ("1.0 mg/mL liquid, take 1.5 mL", None),
        ("take 1.0 tablet", None),
    ],
)  # fmt: skip
def test_a_slippery_zero_is_reported_as_written_and_only_on_amounts(text: str, slip: str | None) -> None:
    assert read_sig(text).zero_slip == slip


@pytest.mark.parametrize(
    ("text", "named"),
    [("ibuprofen 400 mg", "ibuprofen"), ("naltrexone 4.5 mg", ""), ("now take 4.5 mg", ""), ("(4.5 mg)", "")],
)
def test_an_unknown_word_before_an_amount_is_kept(text: str, named: str) -> None:
    assert [amount.named for amount in read_sig(text).taken] == [named]


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "Compounded, immediate release only. No calcium carbonate.", "call the clinic", "4.5",
        "take 4.5 at bedtime",
        "5/28/2019", "½", "1/0 tablet", "0 mg", "999999999999999999 mg", "1e9 mg",
    ],
)  # fmt: skip
def test_what_names_no_amount_gives_none(text: str) -> None:
    assert read_sig(text).taken == ()


@pytest.mark.parametrize("text", [None, 4, Decimal(4), ["4.5 mg"], b"4.5 mg"])
def test_what_is_not_text_says_nothing(text: object) -> None:
    assert read_sig(text) is NOTHING_SAID


FRAGMENTS = [
    "4.5 mg", "mg", "1/2", "tablet", "of a", "(", ")", "=", "then", "every", "q", "6", "h", "week", "1", "-", ":",
    "x", "to",
    "increase", "by", "and", "or", "if", "max", "for", "14", "days", "dissolve", "in", "50 mL", "½", ".5", "a", "at",
    "9", "pm",
    "one", "half", "per", "/", "mon", "->", ",", ".", "\n", "nightly", "as needed", "each", "total", "1,000", "may",
    "not", "take",
]  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(" ".join)))
def test_no_text_raises(text: str) -> None:
    sig = read_sig(text)
    assert isinstance(sig, Sig)
    for step in sig.steps:
        assert step.lasts_days is None or step.lasts_days > 0
        for intake in step.intakes:
            assert intake.per_day is None or intake.per_day > 0
    assert all(amount.value > 0 for amount in (*sig.taken, *sig.totals))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4).map(" ".join))
def test_a_text_of_a_hundred_kilobytes_is_read_at_once(fragment: str) -> None:
    text = fragment * (100_000 // len(fragment))
    start = time.perf_counter()
    read_sig(text)
    assert time.perf_counter() - start < 0.5  # ten times what it takes, for a busy machine


@given(st.decimals(min_value="0.01", max_value="999", places=2), st.sampled_from(["mg", "mcg", "mL", "tablets"]))
def test_every_amount_comes_back(value: Decimal, unit: str) -> None:
    (amount,) = read_sig(f"take {value} {unit} nightly").taken
    assert amount.value == value
