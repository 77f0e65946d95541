"""Naltrexone is ordered, and something else speaks of an opioid, its days are not known, or nothing speaks of one."""

from __future__ import annotations

from typing import Final

from fhir_fixtures.pieces import (
    FIBROMYALGIA,
    OPIOID,
    OPIOID_REMISSION,
    OPIOID_WITHDRAWAL,
    Json,
    Story,
    allergic,
    changed,
    diagnosed,
    dispensed,
    ldn,
    observed,
    positive,
    prescribed,
    reason,
    reported,
    stepped_start,
    taking_ldn,
)

ACTIVE: Final = "ldn-order-active-opioid"
WASHOUT: Final = "ldn-order-opioid-washout"
KRATOM: Final = "ldn-order-kratom-tianeptine"
SCREEN: Final = "ldn-order-opioid-positive-screen"
WITHDRAWAL: Final = "ldn-order-withdrawal-or-untreated-oud"
PAMORA: Final = "ldn-order-pamora-signal"
DATES: Final = "ldn-opioid-dates-unknown"
OXY: Final = "oxycodone 5 mg tablet"
FENTANYL_URINE: Final = ("11235-9", "fentaNYL [Presence] in Urine")
OXYCODONE_URINE: Final = ("19642-8", "oxyCODONE [Presence] in Urine by Screen method")


def _withdrawal_scale(points: int) -> Json:
    """Make yesterday's score, known by its name alone."""
    return changed(observed(("", ""), -1, "survey", valueInteger=points), {"code": {"text": "COWS total score"}})


_SIGNS = [
    Story(
        "kratom_reported_today",
        "The patient says that kratom is taken every day.",
        [ldn()],
        [reported("Kratom powder, 5 g twice a day", asserted=0)],
        {KRATOM: "critical"},
        only=True,
    ),
    Story(
        "kratom_stopped_thirteen_days_ago",
        "Kratom was stopped thirteen days ago.",
        [ldn()],
        [reported("Kratom (mitragyna speciosa)", asserted=-10, since=-300, until=-13)],
        {KRATOM: "warning"},
    ),
    Story(
        "kratom_stopped_fourteen_days_ago",
        "Kratom was stopped fourteen days ago: nothing is left to say.",
        [ldn()],
        [reported("Kratom (mitragyna speciosa)", asserted=-10, since=-300, until=-14)],
        nothing=True,
    ),
    Story(
        "tianeptine_sold_as_a_supplement",
        "Tianeptine, sold as a supplement, is taken.",
        [ldn()],
        [reported("Tianeptine sodium capsules (ZaZa), bought at a gas station", asserted=-1)],
        {KRATOM: "critical"},
        only=True,
    ),
    Story(
        "urine_positive_for_fentanyl",
        "A urine test five days ago was positive for fentanyl; no list names an opioid.",
        [ldn()],
        [positive(FENTANYL_URINE, -5)],
        {SCREEN: "critical"},
        only=True,
        tags=["vignette V15"],
    ),
    Story(
        "urine_positive_fourteen_days_ago",
        "A urine test fourteen days ago was positive for fentanyl: the last day that counts.",
        [ldn()],
        [positive(FENTANYL_URINE, -14)],
        {SCREEN: "critical"},
        only=True,
    ),
    Story(
        "urine_positive_fifteen_days_ago",
        "A urine test fifteen days ago was positive for fentanyl: too old to count.",
        [ldn()],
        [positive(FENTANYL_URINE, -15)],
        nothing=True,
    ),
    Story(
        "urine_negative_for_fentanyl",
        "A urine test five days ago was negative for fentanyl.",
        [ldn()],
        [positive(FENTANYL_URINE, -5, "Negative")],
        nothing=True,
    ),
    Story(
        "oxycodone_screen_while_on_naltrexone",
        "An immunoassay was positive for oxycodone in a patient who takes naltrexone: it can do that by itself.",
        [ldn(4.5)],
        [taking_ldn(4.5, since=-200), positive(OXYCODONE_URINE, -5)],
        {SCREEN: "info"},
    ),
    Story(
        "withdrawal_on_the_problem_list",
        "Opioid dependence with withdrawal stands on the problem list.",
        [ldn()],
        [diagnosed(OPIOID_WITHDRAWAL, recorded=-2)],
        {WITHDRAWAL: "critical"},
        only=True,
    ),
    Story(
        "lofexidine_taken",
        "Lofexidine is taken: somebody treats an opioid withdrawal.",
        [ldn()],
        [prescribed("lofexidine 0.18 mg tablet", on=-2, lasts=7)],
        {WITHDRAWAL: "critical"},
        only=True,
    ),
    Story(
        "opioid_dependence_without_treatment",
        "Opioid dependence without agonist treatment; 3 mg for fibromyalgia.",
        [ldn(3, because=FIBROMYALGIA)],
        [diagnosed(OPIOID), diagnosed(FIBROMYALGIA)],
        {WITHDRAWAL: "warning", "ldn-start-dose-high": "info"},
        silent=["ldn-dose-for-oud-aud-indication"],
        tags=["vignette V21"],
    ),
    Story(
        "opioid_dependence_in_remission",
        "Opioid dependence in remission for years.",
        [ldn()],
        [diagnosed(OPIOID_REMISSION, recorded=-2000)],
        silent=[WITHDRAWAL, ACTIVE, DATES],
    ),
    Story(
        "withdrawal_scale_in_the_surveys",
        "The clinical opiate withdrawal scale was 13 yesterday.",
        [ldn()],
        [_withdrawal_scale(13)],
        {WITHDRAWAL: "critical"},
        only=True,
    ),
    Story(
        "withdrawal_scale_of_two",
        "The clinical opiate withdrawal scale was 2 yesterday.",
        [ldn()],
        [_withdrawal_scale(2)],
        nothing=True,
    ),
    Story(
        "naloxegol_without_an_opioid",
        "Naloxegol is taken, and no list names the opioid it is for.",
        [ldn()],
        [prescribed("naloxegol 25 mg tablet", on=-10, lasts=30)],
        {PAMORA: "warning"},
        unsaid=["no opioid was found", "No opioid was found", "no opioid found"],
        tags=["vignette V17"],
    ),
    Story(
        "naloxegol_with_its_opioid",
        "Naloxegol and the oxycodone it is for: one card, about the opioid.",
        [ldn()],
        [prescribed("naloxegol 25 mg tablet", on=-10, lasts=30), dispensed(OXY, -6, 30)],
        {ACTIVE: "critical"},
        silent=[PAMORA],
        cards=1,
    ),
    Story(
        "fathers_opioid_use_disorder",
        "The father's opioid use disorder stands in the family history; the patient's naltrexone is renewed.",
        [ldn(4.5)],
        [
            taking_ldn(4.5, since=-200),
            diagnosed(("Z81.3", "Family history of other psychoactive substance abuse and dependence")),
            {
                "resourceType": "FamilyMemberHistory",
                "status": "completed",
                "patient": {"reference": "Patient/anna-example"},
                "relationship": {"text": "Father"},
                "condition": [{"code": reason(OPIOID)}],
            },
        ],
        nothing=True,
        tags=["vignette N29"],
    ),
]

_DATES = [
    Story(
        "oxycodone_without_any_date_of_ending",
        "Twenty tablets of oxycodone, still marked active, written ten weeks ago, no end and no dispensing.",
        [ldn()],
        [
            prescribed(
                OXY,
                on=-70,
                sig="Take 1 tablet every 6 hours as needed for pain",
                dispenseRequest={"quantity": {"value": 20, "unit": "tablet"}},
            )
        ],
        {DATES: "warning"},
        tags=["vignette V19"],
    ),
    Story(
        "oxycodone_written_fourteen_days_ago_without_end",
        "Oxycodone written fourteen days ago, no end: it counts as taken.",
        [ldn()],
        [prescribed(OXY, on=-14)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "oxycodone_written_fifteen_days_ago_without_end",
        "Oxycodone written fifteen days ago, no end: one has to ask.",
        [ldn()],
        [prescribed(OXY, on=-15)],
        {DATES: "warning"},
        silent=[ACTIVE],
    ),
    Story(
        "oxycodone_written_twice_without_end",
        "Two such orders within half a year are regular use.",
        [ldn()],
        [prescribed(OXY, on=-70), prescribed(OXY, on=-130)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "oxycodone_of_unknown_status_written_half_a_year_ago",
        "An order of unknown status, older than half a year, is dropped.",
        [ldn()],
        [prescribed(OXY, on=-181, status="unknown")],
        nothing=True,
    ),
    Story(
        "oxycodone_of_unknown_status_written_five_months_ago",
        "An order of unknown status, five months old: one has to ask.",
        [ldn()],
        [prescribed(OXY, on=-150, status="unknown")],
        {DATES: "warning"},
    ),
    Story(
        "opioid_stopped_at_the_end_of_its_course",
        "A synthetic record ends every course as stopped: oxycodone, stopped, written eight days ago, no end date.",
        [ldn()],
        [prescribed("oxyCODONE Hydrochloride 10 MG Oral Tablet", on=-8, status="stopped")],
        {DATES: "warning"},
        tags=["Synthea"],
    ),
    Story(
        "opioid_stopped_with_an_end_date",
        "Oxycodone, stopped, with the end of its course five days ago.",
        [ldn()],
        [prescribed("oxyCODONE Hydrochloride 10 MG Oral Tablet", on=-40, status="stopped", until=-5)],
        {WASHOUT: "critical"},
        only=True,
        tags=["Synthea"],
    ),
    Story(
        "opioid_stopped_two_years_ago",
        "Oxycodone, stopped, written two years ago.",
        [ldn()],
        [prescribed("oxyCODONE Hydrochloride 10 MG Oral Tablet", on=-730, status="stopped")],
        nothing=True,
        tags=["Synthea"],
    ),
]

_SILENCE = [
    Story(
        "complete_order_for_a_healthy_chart",
        "A complete first order of 1.5 mg, and every list asked for is empty: nothing to say.",
        [ldn()],
        nothing=True,
    ),
    Story(
        "complete_stepped_start",
        "A stepped start that adds up, and every list is empty.",
        [stepped_start()],
        nothing=True,
    ),
    Story(
        "opioid_allergy_is_no_opioid_use",
        "An allergy to oxycodone says that it is not taken.",
        [ldn()],
        [allergic("oxycodone", reaction="Hives")],
        nothing=True,
    ),
    Story(
        "apomorphine_is_no_morphine",
        "Apomorphine for Parkinson's disease: the name contains morphine, the drug is none.",
        [ldn()],
        [prescribed("apomorphine 10 mg/mL subcutaneous cartridge", on=-10, lasts=30)],
        nothing=True,
    ),
    Story(
        "methotrexate_and_adalimumab",
        "Methotrexate and adalimumab for rheumatoid arthritis; low-dose naltrexone is renewed.",
        [ldn(4.5)],
        [
            taking_ldn(4.5, since=-200),
            prescribed("methotrexate 2.5 mg tablet", on=-30, lasts=90),
            prescribed("adalimumab 40 mg/0.4 mL pen injector", on=-30, lasts=90),
        ],
        nothing=True,
        tags=["vignette N11"],
    ),
    Story(
        "rescue_naloxone_in_the_cupboard",
        "A naloxone spray for emergencies stands on the list: no sign that an opioid is taken.",
        [ldn()],
        [prescribed("naloxone 4 mg/actuation nasal spray", on=-100)],
        nothing=True,
    ),
    Story(
        "cannabidiol_and_duloxetine",
        "Cannabidiol and duloxetine are taken: no interaction that would lead to anything.",
        [ldn()],
        [reported("CBD oil 25 mg daily"), prescribed("duloxetine 60 mg capsule", on=-100, lasts=90, refills=3)],
        nothing=True,
    ),
]

STORIES: Final = [*_SIGNS, *_DATES, *_SILENCE]
