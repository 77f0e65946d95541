"""Naltrexone is ordered, and an opioid is or was taken (groups F of the catalogue)."""

from __future__ import annotations

from typing import Final

from fhir_fixtures.pieces import (
    EMBEDA,
    FENTANYL_PATCH,
    FIBROMYALGIA,
    IRRITABLE_BOWEL,
    OPIOID,
    OXYCODONE_5,
    OXYCODONE_ER,
    SJOGREN,
    Story,
    diagnosed,
    dispensed,
    given,
    ldn,
    order,
    prescribed,
    reason,
    reported,
    taking_ldn,
)

ACTIVE: Final = "ldn-order-active-opioid"
WASHOUT: Final = "ldn-order-opioid-washout"
MOUD: Final = "ldn-order-moud-active"
DEPOT: Final = "ldn-order-depot-buprenorphine"
PATCH: Final = "ldn-order-opioid-patch"
COUGH_OR_GUT: Final = "ldn-order-opioid-cough-or-gut-drug"
OXY: Final = "oxycodone 5 mg tablet"
OXY_ER: Final = "oxycodone ER 10 mg tablet"
SUBLOCADE: Final = "Sublocade 300 mg/1.5 mL subcutaneous injection"


_TAKEN = [
    Story(
        "oxycodone_still_taken",
        "A woman with fibromyalgia takes oxycodone three times a day; her first low-dose naltrexone is ordered.",
        [ldn(1.5, because=FIBROMYALGIA)],
        [dispensed(OXY, -6, 30), diagnosed(FIBROMYALGIA)],
        {ACTIVE: "critical"},
        only=True,
        cards=1,
        tags=["vignette V01"],
    ),
    Story(
        "oxycodone_supply_ends_today",
        "Thirty days of oxycodone, handed over thirty days ago, end today: today still counts.",
        [ldn()],
        [dispensed(OXY, -30, 30)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "oxycodone_supply_ended_yesterday",
        "Thirty days of oxycodone ended yesterday: no longer taken, and far too early for naltrexone.",
        [ldn()],
        [dispensed(OXY, -31, 30)],
        {WASHOUT: "critical"},
        only=True,
        said=["Mar 11, 2026"],
    ),
    Story(
        "tramadol_in_capitals_by_words_alone",
        "Tramadol stands on the chart in capitals and without a code.",
        [ldn(4.5)],
        [prescribed("TRAMADOL HCL 50 MG TABS", on=-3, lasts=30)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "percocet_by_its_brand_alone",
        "The chart knows the opioid by its brand only.",
        [ldn()],
        [prescribed("Percocet", on=-3, lasts=10)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "hydrocodone_by_code_alone",
        "Hydrocodone with acetaminophen stands on the chart as a code without words.",
        [ldn()],
        [
            prescribed(
                None,
                on=-3,
                lasts=10,
                medicationCodeableConcept={
                    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "856903"}]
                },
            )
        ],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "morphine_packed_with_naltrexone_is_an_opioid",
        "The patient takes Embeda, morphine packed with naltrexone: an opioid, whatever is packed with it.",
        [ldn()],
        [prescribed(None, EMBEDA, on=-10, lasts=30)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "ultra_low_dose_with_morphine",
        "Four micrograms of naltrexone a day for someone on morphine: no dose is low enough to skip the check.",
        [
            ldn(
                0.004,
                dosageInstruction=[
                    {
                        "text": "4 mcg by mouth at bedtime",
                        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]}},
                        "doseAndRate": [
                            {
                                "doseQuantity": {
                                    "value": 4,
                                    "unit": "mcg",
                                    "system": "http://unitsofmeasure.org",
                                    "code": "ug",
                                }
                            }
                        ],
                    }
                ],
            )
        ],
        [prescribed("morphine sulfate 15 mg tablet", on=-3, lasts=30)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "dose_unknown_and_oxycodone_taken",
        "Naltrexone is ordered without any dose while oxycodone is taken: the conflict is said all the same.",
        [order("naltrexone capsule", None, because=SJOGREN)],
        [dispensed(OXY, -6, 30)],
        {ACTIVE: "critical"},
        silent=["ldn-start-dose-high", "ldn-timing-unspecified"],
    ),
    Story(
        "renewal_while_tramadol_is_taken",
        "Low-dose naltrexone taken for months is renewed; another prescriber has started tramadol.",
        [ldn(4.5)],
        [taking_ldn(4.5, since=-200), dispensed("tramadol 50 mg tablet", -4, 20)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "resumed_at_home_after_hospital_while_oxycodone_runs",
        "In hospital, low-dose naltrexone from home is resumed while oxycodone is given.",
        [ldn(4.5)],
        [given(OXY, 0), prescribed(OXY, on=-1)],
        {ACTIVE: "critical"},
        only=True,
        setting="IMP",
    ),
    Story(
        "faults_of_an_order_wait_behind_the_opioid",
        "A high first dose without a time of day or product details, and oxycodone on the list: first things first.",
        [order("naltrexone 4.5 mg capsule", None, {"text": "4.5 mg daily"}, because=FIBROMYALGIA)],
        [dispensed(OXY, -6, 30)],
        {ACTIVE: "critical"},
        only=True,
        cards=1,
    ),
    Story(
        "part_of_a_tablet_and_an_opioid",
        "4.5 mg from a 50 mg tablet, and oxycodone on the list: of the product at most a warning.",
        [order("naltrexone 50 mg tablet", None, {"text": "4.5 mg at bedtime"}, because=FIBROMYALGIA)],
        [dispensed(OXY, -6, 30)],
        {ACTIVE: "critical"},
        only=True,
        may={"ldn-commercial-tablet-fraction": "warning"},
    ),
    Story(
        "two_opioids_on_one_card",
        "Oxycodone and tramadol are both taken: one card names both.",
        [ldn()],
        [dispensed(OXY, -6, 30), dispensed("tramadol 50 mg tablet", -3, 10)],
        {ACTIVE: "critical"},
        only=True,
        cards=1,
        said=["oxycodone", "tramadol"],
    ),
    Story(
        "oxycodone_and_low_dose_naltrexone_ordered_together",
        "Oxycodone and low-dose naltrexone are signed in the same session.",
        [ldn(), order("oxycodone 5 mg tablet", OXYCODONE_5)],
        [],
        {ACTIVE: "critical"},
        cards=1,
        tags=["same session"],
    ),
    Story(
        "methadone_and_low_dose_naltrexone_ordered_together",
        "Methadone and low-dose naltrexone are signed in the same session; no button may end methadone treatment.",
        [ldn(), order("methadone 10 mg tablet")],
        [],
        {MOUD: "critical"},
        cards=1,
        tags=["same session"],
    ),
]

_ENDED = [
    Story(
        "oxycodone_ended_six_days_ago",
        "A month of oxycodone ended six days ago: the last day that forbids.",
        [ldn()],
        [dispensed(OXY, -36, 30)],
        {WASHOUT: "critical"},
        only=True,
        said=["Mar 6, 2026"],
    ),
    Story(
        "oxycodone_ended_seven_days_ago",
        "A month of oxycodone ended seven days ago: the first day that only warns.",
        [ldn()],
        [dispensed(OXY, -37, 30)],
        {WASHOUT: "warning"},
        said=["Mar 5, 2026"],
    ),
    Story(
        "oxycodone_ended_nine_days_ago",
        "A month of oxycodone ended nine days ago: the last day that warns.",
        [ldn()],
        [dispensed(OXY, -39, 30)],
        {WASHOUT: "warning"},
        said=["Mar 3, 2026"],
    ),
    Story(
        "oxycodone_ended_ten_days_ago",
        "A month of oxycodone ended ten days ago: the interval is complete.",
        [ldn()],
        [dispensed(OXY, -40, 30)],
        nothing=True,
    ),
    Story(
        "three_day_course_ended_six_days_ago",
        "Three days of oxycodone after a tooth was pulled, ended six days ago: a brief course warns.",
        [ldn()],
        [dispensed(OXY, -9, 3)],
        {WASHOUT: "warning"},
        said=["Mar 3, 2026"],
    ),
    Story(
        "three_day_course_ended_seven_days_ago",
        "The same three days ended seven days ago: nothing is left to say.",
        [ldn()],
        [dispensed(OXY, -10, 3)],
        nothing=True,
    ),
    Story(
        "five_day_course_ended_six_days_ago",
        "Five days of oxycodone ended six days ago: five days count as regular use.",
        [ldn()],
        [dispensed(OXY, -11, 5)],
        {WASHOUT: "critical"},
        only=True,
    ),
    Story(
        "brief_course_after_another_opioid_is_not_brief",
        "Three days of oxycodone ended six days ago, but tramadol ended a week before them: not a brief course.",
        [ldn()],
        [dispensed(OXY, -9, 3), dispensed("tramadol 50 mg tablet", -27, 10)],
        {WASHOUT: "critical"},
        only=True,
    ),
    Story(
        "extended_release_oxycodone_ended_nine_days_ago",
        "Sixty days of extended-release oxycodone ended nine days ago.",
        [ldn()],
        [dispensed(None, -69, 60, code=OXYCODONE_ER)],
        {WASHOUT: "warning"},
        said=["Mar 7, 2026"],
        tags=["vignette V09"],
    ),
    Story(
        "extended_release_oxycodone_ended_thirteen_days_ago",
        "Extended-release oxycodone ended thirteen days ago: the last day that warns.",
        [ldn()],
        [dispensed(OXY_ER, -43, 30)],
        {WASHOUT: "warning"},
    ),
    Story(
        "extended_release_oxycodone_ended_fourteen_days_ago",
        "Extended-release oxycodone ended fourteen days ago.",
        [ldn()],
        [dispensed(OXY_ER, -44, 30)],
        nothing=True,
    ),
    Story(
        "levorphanol_ended_thirteen_days_ago",
        "Levorphanol stays long; thirteen days are not enough.",
        [ldn()],
        [dispensed("levorphanol 2 mg tablet", -43, 30)],
        {WASHOUT: "critical"},
        only=True,
    ),
    Story(
        "full_dose_naltrexone_six_days_after_oxycodone",
        "Naltrexone 50 mg for opioid dependence six days after oxycodone ended: labelled use still has to wait.",
        [
            order(
                None,
                ("1483744", "naltrexone hydrochloride 50 MG Oral Tablet"),
                {
                    "text": "Take 1 tablet by mouth once daily",
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [
                        {
                            "doseQuantity": {
                                "value": 50,
                                "unit": "mg",
                                "system": "http://unitsofmeasure.org",
                                "code": "mg",
                            }
                        }
                    ],
                },
                because=OPIOID,
            )
        ],
        [dispensed(OXY, -36, 30), diagnosed(OPIOID)],
        {WASHOUT: "critical"},
        only=True,
    ),
    Story(
        "one_dose_of_fentanyl_in_an_operation",
        "A single dose of fentanyl during an operation three weeks ago; low-dose naltrexone is renewed.",
        [ldn(4.5)],
        [taking_ldn(4.5, since=-200), given("fentanyl citrate 100 mcg/2 mL injection", -21)],
        nothing=True,
        tags=["vignette N15"],
    ),
    Story(
        "oxycodone_ordered_in_error_and_cancelled",
        "One oxycodone order was entered in error, another cancelled; neither was dispensed.",
        [ldn(4.5)],
        [
            taking_ldn(4.5, since=-200),
            prescribed(OXY, on=-5, status="entered-in-error", lasts=10),
            prescribed(OXY, on=-4, status="cancelled", lasts=10),
        ],
        nothing=True,
        tags=["vignette N21"],
    ),
    Story(
        "cancelled_order_but_dispensed",
        "An oxycodone order is marked cancelled, yet the pharmacy handed the tablets over.",
        [ldn()],
        [
            {"resourceType": "MedicationRequest", "id": "oxy-order"}
            | prescribed(OXY, on=-5, status="cancelled", lasts=10),
            dispensed(OXY, -5, 10, authorizingPrescription=[{"reference": "MedicationRequest/oxy-order"}]),
        ],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "on_hold_low_dose_resumed_three_days_after_oxycodone",
        "Low-dose naltrexone was held for ten days of oxycodone after surgery, ended three days ago; it is resumed.",
        [ldn(4.5)],
        [taking_ldn(4.5, since=-200, status="on-hold"), dispensed(OXY, -13, 10)],
        {WASHOUT: "critical"},
        only=True,
        silent=["ldn-restart-after-opioid"],
        said=["Mar 9, 2026"],
        tags=["vignette V31"],
    ),
    Story(
        "draft_on_hold_is_not_being_started",
        "The draft itself is on hold until the opioid is out: nothing starts today.",
        [ldn(1.5, status="on-hold")],
        [dispensed(OXY, -6, 30)],
        nothing=True,
    ),
]

_MAINTENANCE = [
    Story(
        "methadone_known_only_from_a_report",
        "Methadone 80 mg is known only as a reported medicine, from a treatment programme's letter.",
        [ldn()],
        [reported("Methadone 80 mg daily (opioid treatment programme, per letter)", asserted=-2)],
        {MOUD: "critical"},
        only=True,
        cards=1,
        tags=["vignette V03"],
    ),
    Story(
        "methadone_given_thirteen_days_ago",
        "The last dose of methadone was given thirteen days ago.",
        [ldn()],
        [given("methadone 10 mg tablet", -13)],
        {MOUD: "critical"},
        only=True,
    ),
    Story(
        "methadone_given_fourteen_days_ago",
        "The last dose of methadone was given fourteen days ago: the interval is complete.",
        [ldn()],
        [given("methadone 10 mg tablet", -14)],
        nothing=True,
    ),
    Story(
        "buprenorphine_film_taken",
        "Buprenorphine/naloxone films for opioid dependence, dispensed last week.",
        [ldn()],
        [dispensed("buprenorphine 8 mg-naloxone 2 mg sublingual film", -7, 28), diagnosed(OPIOID)],
        {MOUD: "critical"},
        only=True,
    ),
    Story(
        "full_dose_naltrexone_on_methadone",
        "Naltrexone 50 mg is ordered for someone on methadone: labelled dose, contraindicated all the same.",
        [order("naltrexone 50 mg tablet", None, {"text": "Take 1 tablet (50 mg) daily"}, because=OPIOID)],
        [prescribed("methadone 10 mg/mL oral concentrate", on=-3, lasts=28), diagnosed(OPIOID)],
        {MOUD: "critical"},
        only=True,
    ),
    Story(
        "buprenorphine_patch_for_pain",
        "A buprenorphine patch for back pain is worn: a patch, not maintenance treatment.",
        [ldn()],
        [prescribed("buprenorphine 10 mcg/hr weekly patch", on=-10, lasts=28)],
        {PATCH: "critical"},
        only=True,
    ),
    Story(
        "buprenorphine_patch_for_opioid_dependence",
        "A buprenorphine patch whose reason is opioid dependence is maintenance treatment.",
        [ldn()],
        [prescribed("buprenorphine 10 mcg/hr weekly patch", on=-10, lasts=28, reasonCode=[reason(OPIOID)])],
        {MOUD: "critical"},
        only=True,
    ),
]

_DEPOTS = [
    Story(
        "sublocade_given_five_months_ago",
        "Sublocade 300 mg was given 150 days ago; the medication list shows it as completed.",
        [ldn()],
        [
            given(SUBLOCADE, -150),
            prescribed(SUBLOCADE, on=-151, status="completed", lasts=28),
        ],
        {DEPOT: "critical"},
        only=True,
        tags=["vignette V05"],
    ),
    Story(
        "sublocade_given_210_days_ago",
        "Sublocade 210 days ago: the last day that forbids.",
        [ldn()],
        [given(SUBLOCADE, -210)],
        {DEPOT: "critical"},
        only=True,
    ),
    Story(
        "sublocade_given_211_days_ago",
        "Sublocade 211 days ago: the first day that only warns.",
        [ldn()],
        [given(SUBLOCADE, -211)],
        {DEPOT: "warning"},
    ),
    Story(
        "sublocade_given_over_a_year_ago",
        "Sublocade 366 days ago: nothing is left to say.",
        [ldn()],
        [given(SUBLOCADE, -366)],
        nothing=True,
    ),
    Story(
        "brixadi_weekly_given_29_days_ago",
        "Weekly Brixadi, last given 29 days ago.",
        [ldn()],
        [given("Brixadi weekly 24 mg/0.48 mL injection", -29)],
        {DEPOT: "warning"},
    ),
    Story(
        "brixadi_weekly_given_43_days_ago",
        "Weekly Brixadi, last given 43 days ago: nothing is left to say.",
        [ldn()],
        [given("Brixadi weekly 24 mg/0.48 mL injection", -43)],
        nothing=True,
    ),
    Story(
        "brixadi_monthly_given_112_days_ago",
        "Monthly Brixadi, last given 112 days ago.",
        [ldn()],
        [given("Brixadi monthly 96 mg/0.27 mL injection", -112)],
        {DEPOT: "critical"},
        only=True,
    ),
    Story(
        "buprenorphine_implant_removed_fifteen_days_ago",
        "A buprenorphine implant was taken out fifteen days ago.",
        [ldn()],
        [given("buprenorphine 74.2 mg drug implant (Probuphine)", -190, removed=-15)],
        {DEPOT: "warning"},
    ),
]

_PATCHES = [
    Story(
        "fentanyl_patch_removed_four_days_ago",
        "A fentanyl patch came off four days ago; the skin still holds some.",
        [ldn(1)],
        [given("fentanyl 25 mcg/hr transdermal patch", -7, removed=-4)],
        {PATCH: "critical"},
        only=True,
        silent=[ACTIVE],
        said=["Mar 12, 2026"],
        tags=["vignette V07"],
    ),
    Story(
        "fentanyl_patch_removed_thirteen_days_ago",
        "A fentanyl patch came off thirteen days ago: the last day that forbids.",
        [ldn()],
        [given("fentanyl 25 mcg/hr transdermal patch", -16, removed=-13)],
        {PATCH: "critical"},
        only=True,
    ),
    Story(
        "fentanyl_patch_removed_fourteen_days_ago",
        "A fentanyl patch came off fourteen days ago.",
        [ldn()],
        [given("fentanyl 25 mcg/hr transdermal patch", -17, removed=-14)],
        nothing=True,
    ),
    Story(
        "fentanyl_patch_whose_removal_nobody_wrote_down",
        "A fentanyl patch was put on sixteen days ago, and nobody wrote down when it came off: worn for three days.",
        [ldn()],
        [given(None, -16, code=FENTANYL_PATCH)],  # type: ignore[arg-type]
        {PATCH: "critical"},
        only=True,
    ),
]

_COUGH_AND_GUT = [
    Story(
        "codeine_cough_syrup_on_its_third_day",
        "Codeine with guaifenesin, the third day of a five-day supply.",
        [ldn()],
        [dispensed("codeine 10 mg-guaifenesin 100 mg/5 mL oral solution", -2, 5)],
        {COUGH_OR_GUT: "warning"},
        silent=[ACTIVE],
        tags=["vignette V11"],
    ),
    Story(
        "codeine_cough_syrup_ended_six_days_ago",
        "Five days of codeine with guaifenesin ended six days ago.",
        [ldn()],
        [dispensed("codeine 10 mg-guaifenesin 100 mg/5 mL oral solution", -11, 5)],
        {COUGH_OR_GUT: "warning"},
    ),
    Story(
        "codeine_cough_syrup_ended_seven_days_ago",
        "Five days of codeine with guaifenesin ended seven days ago: nothing is left to say.",
        [ldn()],
        [dispensed("codeine 10 mg-guaifenesin 100 mg/5 mL oral solution", -12, 5)],
        nothing=True,
    ),
    Story(
        "codeine_cough_syrup_for_ten_days",
        "Ten days' supply of an opioid cough syrup is more than a cough: it counts as an opioid.",
        [ldn()],
        [dispensed("codeine 10 mg-guaifenesin 100 mg/5 mL oral solution", -2, 10)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "codeine_with_acetaminophen_is_no_cough_medicine",
        "Codeine with acetaminophen is a pain tablet.",
        [ldn()],
        [dispensed("acetaminophen 300 mg-codeine 30 mg tablet", -2, 5)],
        {ACTIVE: "critical"},
        only=True,
    ),
    Story(
        "diphenoxylate_taken",
        "Diphenoxylate with atropine is taken for diarrhoea.",
        [ldn()],
        [prescribed("diphenoxylate 2.5 mg-atropine 0.025 mg tablet", on=-3, lasts=10)],
        {COUGH_OR_GUT: "warning"},
    ),
    Story(
        "loperamide_as_needed",
        "Loperamide as needed; naltrexone for irritable bowel syndrome.",
        [ldn(1.5, because=IRRITABLE_BOWEL)],
        [prescribed("loperamide 2 mg capsule", on=-30, sig="Take 2 mg as needed for diarrhea")],
        {COUGH_OR_GUT: "info"},
        tags=["vignette V13"],
    ),
    Story(
        "dextromethorphan_over_the_counter",
        "Dextromethorphan bought over the counter is no opioid for this purpose; low-dose naltrexone is renewed.",
        [ldn(4.5)],
        [taking_ldn(4.5, since=-200), reported("dextromethorphan 30 mg/5 mL ER suspension (OTC)", asserted=-1)],
        nothing=True,
        tags=["vignette N09"],
    ),
]

STORIES: Final = [
    *_TAKEN,
    *_ENDED,
    *_MAINTENANCE,
    *_DEPOTS,
    *_PATCHES,
    *_COUGH_AND_GUT,
]
