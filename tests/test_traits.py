"""What a draft is like decides which rules are asked about it; every test asks the others as well (``conftest``)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cards.chart import Mention
from cards.review import subjects_of
from cards.traits import Trait
from tests.charts import a_review, dosage, ordering, ordering_ldn, prescribed, the_clinic

ORDINARY = {Trait.COMPOUNDED}


def traits_of(*facts: Any) -> set[Trait]:
    (order,) = a_review(*facts).chart.orders
    return set(order.traits)


def asked_about(*facts: Any) -> set[str]:
    chart = a_review(*facts).chart
    return {rule.page.rule for rule in the_clinic().book.worth_asking(chart, subjects_of(chart))}


def test_an_ordinary_low_dose_order_has_hardly_a_trait_and_few_rules_are_asked_about_it() -> None:
    assert traits_of(ordering_ldn()) == ORDINARY
    assert len(asked_about(ordering_ldn())) <= 10


@pytest.mark.parametrize(
    ("order", "trait"),
    [
        (ordering_ldn("7"), Trait.NOT_LOW),
        (ordering_ldn("0.5"), Trait.VERY_SMALL),
        (ordering_ldn(reason=None), Trait.NO_REASON),
        (ordering_ldn(reason=("F10.20", "Alcohol dependence, uncomplicated")), Trait.FOR_A_USE_DISORDER),
        (ordering("naltrexone 1 mg/mL oral liquid compounded", "Take 1.5 mL by mouth at bedtime"), Trait.LIQUID),
        (ordering("naltrexone 50 mg tablet", "Take 1 tablet by mouth once daily"), Trait.NOT_COMPOUNDED),
        (ordering("naltrexone 1.5 mg capsule", "Take 1 capsule by mouth once daily"), Trait.NO_TIME),
        (ordering("naltrexone 1.5 mg capsule", "Take 1 capsule by mouth twice daily"), Trait.SEVERAL_A_DAY),
        (ordering("naltrexone 1.5 mg capsule", "Take as directed"), Trait.UNCLEAR_DOSE),
        (ordering("naltrexone 4.5 mg slow-release capsule", "Take 1 capsule at bedtime"), Trait.SLOW_RELEASE),
        (ordering("naltrexone 4.0 mg capsule", "Take 4.0 mg by mouth at bedtime"), Trait.MISREADABLE),
        (ordering("naltrexone 500 mcg capsule", "Take 500 mcg by mouth at bedtime"), Trait.VERY_SMALL),
        (
            ordering("naltrexone 1.5 mg capsule", "1.5 mg at bedtime for 14 days, then 3 mg at bedtime"),
            Trait.SEVERAL_STEPS,
        ),
    ],
)
def test_what_a_draft_says_is_a_trait(order: Any, trait: Trait) -> None:
    assert trait in traits_of(order)


def test_words_that_contradict_the_structure_are_two_amounts() -> None:
    contradicted = ordering_ldn("4.5", dosageInstruction=[dosage("4.5", text="Take 45 mg by mouth at bedtime")])
    assert Trait.TWO_AMOUNTS in traits_of(contradicted)


def test_a_name_in_doubt_on_the_list_is_told_of() -> None:
    chart = a_review(ordering_ldn(), prescribed("oxycodnoe 5 mg tablet")).chart
    assert Trait.IN_DOUBT in chart.told
    assert Trait.IN_DOUBT not in a_review(ordering_ldn(), prescribed("oxycodone 5 mg tablet")).chart.told


def test_numbers_that_a_site_may_choose_stay_within_what_the_traits_promise() -> None:
    # A trait is worked out with the numbers that all rules share; a rule's own must not reach beyond it.
    book = the_clinic().book
    low_from, low_to = book.shared.low_from, book.shared.low_to
    smallest = book.rule("ldn-unit-microgram-check").numbers.check_below
    assert smallest.allowed is not None
    assert max(smallest, *smallest.allowed) <= low_from
    assert low_from.allowed is None
    tenfold = book.rule("ldn-tenfold-or-text-mismatch").numbers.family("tenfold_dose_")
    assert low_to.allowed is not None
    assert min(tenfold) > max(low_to, *low_to.allowed)
    assert all(number.allowed is None for number in tenfold)
    divided = book.rule("ldn-split-daily-dosing").numbers.divided_from
    assert divided.allowed is None
    assert divided > Decimal(1)


@pytest.mark.parametrize("draft", ["levothyroxine 75 mcg tablet", "metformin 500 mg tablet"])
def test_a_hormone_that_is_taken_is_read_where_one_is_ordered(draft: str) -> None:
    taken = prescribed("levothyroxine 100 mcg tablet")
    chart = a_review(ordering(draft, "Take 1 tablet by mouth once daily"), taken).chart
    assert [entry.drug.name for entry in chart.medications] == (["levothyroxine"] if "levo" in draft else [])


def test_slow_release_is_a_trait_by_words_alone() -> None:
    order = a_review(
        ordering("naltrexone 4.5 mg capsule", "Take 1 capsule at bedtime, sustained release")
    ).chart.orders[0]
    assert Mention.SLOW_RELEASE in order.mentions
    assert Trait.SLOW_RELEASE in order.traits
