"""A chart is opened (patient-view): what is due for somebody on low-dose naltrexone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fhir_fixtures.pieces import (
    FAILED,
    INSOMNIA,
    Json,
    Story,
    day,
    diagnosed,
    dispensed,
    dosage,
    given,
    ldn_dispensed,
    observed,
    prescribed,
    supply,
    taking_full_dose,
    taking_ldn,
)

NEXT: Final = "ldn-next-step-due"
BENEFIT: Final = "ldn-benefit-review-due"
OVERLAP: Final = "ldn-opioid-overlap-on-chart"
FULL_OVERLAP: Final = "naltrexone-opioid-overlap-on-chart"
UNCHECKED: Final = "ldn-opioid-overlap-not-checked"
SURGERY: Final = "ldn-planned-surgery"
LONG_COVID: Final = ("U09.9", "Post COVID-19 condition, unspecified")
PAIN_SCORE: Final = ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")


def _opening(
    name: str, title: str, chart: Sequence[Json], expect: Mapping[str, str] | None = None, **more: Any
) -> Story:
    """Tell a story of a chart that is opened."""
    return Story(name, title, (), chart, expect or {}, hook="patient-view", **more)


def hernia_repair(on: int) -> Json:
    """Make a requested operation."""
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": {"text": "Inguinal hernia repair under general anesthesia"},
        "subject": {"reference": "Patient/anna-example"},
        "occurrenceDateTime": day(on),
    }


STORIES: Final = [
    _opening(
        "nobody_takes_naltrexone",
        "The chart of somebody who takes no naltrexone.",
        [prescribed("lisinopril 10 mg tablet", on=-10, lasts=30)],
        nothing=True,
    ),
    _opening(
        "two_months_on_four_and_a_half_milligrams",
        "Low-dose naltrexone 4.5 mg for two months, with refills: nothing is due.",
        [taking_ldn(4.5)],
        nothing=True,
    ),
    _opening(
        "labelled_use_for_months",
        "Naltrexone 50 mg for alcohol dependence is nobody's titration.",
        [taking_full_dose()],
        nothing=True,
    ),
    _opening(
        "start_dose_for_two_weeks",
        "1.5 mg for 14 days: the usual schedule goes on to 3 mg.",
        [taking_ldn(1.5, since=-14)],
        {NEXT: "info"},
        only=True,
        said=["Consider 3\u00a0mg"],
        open_choice=[NEXT],
    ),
    _opening(
        "start_dose_for_thirteen_days",
        "1.5 mg for 13 days: the step is not over.",
        [taking_ldn(1.5, since=-13)],
        nothing=True,
    ),
    _opening(
        "one_milligram_for_three_weeks",
        "1 mg for three weeks: the slower schedule goes on to 2 mg, not to 1.5.",
        [taking_ldn(1, since=-21)],
        {NEXT: "info"},
        only=True,
        said=["Consider 2\u00a0mg"],
    ),
    _opening(
        "one_milligram_for_three_weeks_in_long_covid",
        "1 mg for three weeks with long COVID, whose schedule goes by months.",
        [taking_ldn(1, since=-21), diagnosed(LONG_COVID)],
        nothing=True,
    ),
    _opening(
        "one_milligram_for_a_month_in_long_covid",
        "1 mg for 30 days with long COVID: the second month is one of 2 mg.",
        [taking_ldn(1, since=-30), diagnosed(LONG_COVID)],
        {NEXT: "info"},
        only=True,
        said=["Consider 2\u00a0mg"],
    ),
    _opening(
        "next_step_is_written_already",
        "The order itself says 1.5 mg for 30 days, then 3 mg.",
        [
            taking_ldn(
                1.5,
                since=-20,
                dosageInstruction=[
                    dosage(1.5, "Take 1 capsule at bedtime for 30 days", lasts=30, sequence=1),
                    dosage(3, "then 2 capsules at bedtime", sequence=2),
                ],
            )
        ],
        nothing=True,
    ),
    _opening(
        "sixteen_weeks_without_a_score",
        "4.5 mg for sixteen weeks, and nobody wrote down whether it helps.",
        [taking_ldn(4.5, since=-112)],
        {BENEFIT: "info"},
        only=True,
        open_choice=[BENEFIT],
    ),
    _opening(
        "sixteen_weeks_with_a_score",
        "4.5 mg for sixteen weeks, and a pain score of last month.",
        [taking_ldn(4.5, since=-112), observed(PAIN_SCORE, -30, "survey", valueInteger=3)],
        nothing=True,
    ),
    _opening(
        "supply_ends_in_five_days",
        "The last capsules are for five days, and no refill is left.",
        [taking_ldn(4.5, since=-25, dispenseRequest=supply()), ldn_dispensed(4.5, -25)],
        {"ldn-refill-lead-time": "info"},
        only=True,
    ),
    _opening(
        "oxycodone_from_another_prescriber",
        "Low-dose naltrexone, and oxycodone that somebody else began.",
        [taking_ldn(4.5), dispensed("oxycodone 5 mg tablet", -6, 30)],
        {OVERLAP: "critical"},
        only=True,
    ),
    _opening(
        "fifty_milligrams_and_oxycodone",
        "Naltrexone 50 mg for alcohol dependence, and oxycodone that somebody else began.",
        [taking_full_dose(), dispensed("oxycodone 5 mg tablet", -6, 30)],
        {FULL_OVERLAP: "critical"},
        only=True,
    ),
    _opening(
        "vivitrol_and_three_days_of_hydrocodone",
        "The monthly injection twelve days ago, and hydrocodone for three days after a tooth was pulled.",
        [given("Vivitrol 380 mg", -12), dispensed("hydrocodone/acetaminophen 5-325 mg tablet", -1, 3)],
        {FULL_OVERLAP: "warning"},
        only=True,
    ),
    _opening(
        "codeine_cough_syrup_for_five_days",
        "Low-dose naltrexone, and a cough syrup with codeine.",
        [taking_ldn(4.5), dispensed("codeine / guaifenesin 10 mg-100 mg/5 mL oral solution", -2, 5)],
        {OVERLAP: "warning"},
        only=True,
    ),
    _opening(
        "morphine_given_this_morning",
        "Low-dose naltrexone, and morphine given once, today.",
        [taking_ldn(4.5), given("morphine 2 mg/mL injection", 0)],
        {OVERLAP: "warning"},
        only=True,
    ),
    _opening(
        "hernia_repair_in_five_days",
        "An operation in five days.",
        [taking_ldn(4.5), hernia_repair(5)],
        {SURGERY: "warning"},
        only=True,
        silent=[NEXT, BENEFIT],
    ),
    _opening(
        "on_hold_after_ten_days_of_oxycodone",
        "Low-dose naltrexone is on hold; oxycodone ended eight days ago.",
        [taking_ldn(4.5, status="on-hold"), dispensed("oxycodone 5 mg tablet", -14, 6)],
        {"ldn-restart-after-opioid": "info"},
        silent=[NEXT, BENEFIT],
    ),
    _opening(
        "insomnia_with_a_dose_at_bedtime",
        "Insomnia in somebody who takes it at bedtime.",
        [taking_ldn(1.5, since=-20), diagnosed(INSOMNIA, recorded=-10)],
        {"ldn-insomnia-move-to-morning": "info"},
        silent=[NEXT],
    ),
    _opening(
        "orders_failed_and_naltrexone_known_from_the_pharmacy",
        "The orders could not be read; the pharmacy knows of low-dose capsules. Opioids beside them were not looked at.",
        [ldn_dispensed(4.5, -14)],
        {UNCHECKED: "warning"},
        only=True,
        cards=1,
        said=["opioids NOT checked"],
        lists={"medicationRequests": FAILED},
    ),
    _opening(
        "orders_failed_and_nothing_is_due",
        "The orders could not be read: what is due depends on them, and nothing is guessed.",
        [],
        nothing=True,
        lists={"medicationRequests": FAILED},
    ),
]
