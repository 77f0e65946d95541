"""A refill is asked for (medication-refill): nobody need be there, and the answer may be read later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fhir_fixtures.pieces import (
    OXYCODONE_5,
    Json,
    Story,
    dispensed,
    ldn,
    ldn_dispensed,
    order,
    prescribed,
    tablet,
    taking_full_dose,
    taking_ldn,
)

NEXT: Final = "ldn-next-step-due"
BENEFIT: Final = "ldn-benefit-review-due"
LISINOPRIL: Final = order("lisinopril 10 mg tablet")


def _refilling(name: str, title: str, drafts: Sequence[Json], *told: Any, **more: Any) -> Story:
    """Tell a story of a refill."""
    chart: Sequence[Json] = told[0] if told else ()
    expect: Mapping[str, str] = told[1] if len(told) > 1 else {}
    return Story(name, title, drafts, chart, expect, hook="medication-refill", **more)


STORIES: Final = [
    _refilling(
        "refill_of_four_and_a_half_milligrams",
        "A refill of what is taken, without a gap: no card.",
        [ldn(4.5)],
        [taking_ldn(4.5), ldn_dispensed(4.5, -28)],
        nothing=True,
    ),
    _refilling(
        "refill_asked_for_by_a_person",
        "The same with a user in the context, which the hook leaves open.",
        [ldn(4.5)],
        [taking_ldn(4.5), ldn_dispensed(4.5, -28)],
        nothing=True,
        context={"userId": "Practitioner/pat-example", "encounterId": "visit-1"},
    ),
    _refilling(
        "refill_while_oxycodone_is_taken",
        "A refill of low-dose naltrexone; oxycodone began since.",
        [ldn(4.5)],
        [taking_ldn(4.5), dispensed("oxycodone 5 mg tablet", -6, 30)],
        {"ldn-order-active-opioid": "critical"},
        only=True,
        silent=[NEXT, BENEFIT],
    ),
    _refilling(
        "refill_of_oxycodone_for_someone_on_naltrexone",
        "A refill of oxycodone; low-dose naltrexone is taken.",
        [order("oxycodone 5 mg tablet", OXYCODONE_5)],
        [taking_ldn(4.5)],
        {"opioid-order-ldn-active": "critical"},
        only=True,
    ),
    _refilling(
        "refill_after_six_weeks_without_supply",
        "The last supply ended six weeks ago.",
        [ldn(4.5)],
        [ldn_dispensed(4.5, -75)],
        {"ldn-refill-gap": "info"},
        only=True,
        open_choice=["ldn-refill-gap"],
    ),
    _refilling(
        "refill_of_a_start_dose",
        "1.5 mg for three weeks, and the same again is asked for: the next step is recalled.",
        [ldn(1.5)],
        [taking_ldn(1.5, since=-21)],
        {NEXT: "info"},
        only=True,
        said=["Consider 3\u00a0mg"],
        open_choice=[NEXT],
    ),
    _refilling(
        "refill_that_holds_the_next_step",
        "1.5 mg for three weeks, and 3 mg is asked for.",
        [ldn(3)],
        [taking_ldn(1.5, since=-21)],
        nothing=True,
    ),
    _refilling(
        "refill_after_sixteen_weeks_without_a_score",
        "4.5 mg for sixteen weeks, and nobody wrote down whether it helps.",
        [ldn(4.5)],
        [taking_ldn(4.5, since=-112)],
        {BENEFIT: "info"},
        only=True,
        open_choice=[BENEFIT],
    ),
    _refilling(
        "refill_of_another_medicine",
        "Lisinopril is refilled: no moment to speak of naltrexone.",
        [LISINOPRIL],
        [taking_ldn(4.5, since=-112), prescribed("lisinopril 10 mg tablet", on=-60, lasts=30, refills=5)],
        nothing=True,
    ),
    _refilling(
        "refill_of_labelled_naltrexone",
        "Naltrexone 50 mg for alcohol dependence is refilled.",
        [tablet()],
        [taking_full_dose()],
        nothing=True,
    ),
]
