"""How much is ordered, and for what: labelled use protected, low doses read exactly (groups A and B)."""

from __future__ import annotations

from typing import Final

from fhir_fixtures import exact
from fhir_fixtures.pieces import (
    ALCOHOL,
    COMPOUNDED,
    FIBROMYALGIA,
    MULTIPLE_SCLEROSIS,
    NALTREXONE_50,
    OPIOID,
    SJOGREN,
    VIVITROL,
    Story,
    concept,
    diagnosed,
    dosage,
    ldn,
    ldn_capsule,
    ldn_dispensed,
    mass,
    observed,
    order,
    prescribed,
    reason,
    supply,
    tablet,
    taking_full_dose,
    taking_ldn,
)

INTENT: Final = "naltrexone-50-ldn-intent-mismatch"
UNDERDOSED: Final = "ldn-dose-for-oud-aud-indication"
BETWEEN: Final = "naltrexone-dose-between-bands"
START: Final = "ldn-start-dose-high"
TENFOLD: Final = "ldn-tenfold-or-text-mismatch"
ABOVE: Final = "ldn-dose-above-studied-range"
MICROGRAM: Final = "ldn-unit-microgram-check"
SPLIT: Final = "ldn-split-daily-dosing"
UNKNOWN: Final = "ldn-dose-not-computable"
FRACTION: Final = "ldn-commercial-tablet-fraction"

_RELABEL = {
    "contained": [
        {
            "resourceType": "Medication",
            "id": "ldn",
            "code": {"text": "naltrexone HCl compounded immediate-release capsule"},
            "form": {"text": "capsule, immediate release"},
            "ingredient": [{"itemCodeableConcept": concept("naltrexone", ("7243", "naltrexone"))}],
        }
    ]
}
"""A compounded capsule whose strength nobody wrote."""

_LABELLED = [
    Story(
        "fifty_milligrams_for_alcohol_dependence",
        "Naltrexone 50 mg a day for alcohol dependence, the labelled use.",
        [tablet(50)],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["vignette N01", "labelled use"],
    ),
    Story(
        "fifty_milligrams_without_a_reason",
        "Naltrexone 50 mg a day, no reason given: a labelled dose is left alone.",
        [tablet(50, because=None)],
        nothing=True,
        tags=["labelled use"],
    ),
    Story(
        "vivitrol_every_month",
        "Naltrexone 380 mg into the muscle every month for alcohol dependence.",
        [
            order(
                None,
                VIVITROL,
                {
                    "text": "380 mg intramuscularly every 4 weeks",
                    "timing": {"repeat": {"frequency": 1, "period": 4, "periodUnit": "wk"}},
                    "route": {"text": "intramuscular"},
                    "doseAndRate": [{"doseQuantity": mass(380)}],
                },
                because=ALCOHOL,
            )
        ],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["vignette N03", "labelled use"],
    ),
    Story(
        "fifty_milligrams_for_the_itch_of_cholestasis",
        "Primary biliary cholangitis, compensated; naltrexone 50 mg against the itch.",
        [
            tablet(
                50,
                because=None,
                reasonCode=[
                    concept("Cholestatic pruritus", ("L29.8", "Other pruritus"), "http://hl7.org/fhir/sid/icd-10-cm")
                ],
            )
        ],
        [diagnosed(("K74.3", "Primary biliary cirrhosis"))],
        nothing=True,
        tags=["vignette N05"],
    ),
    Story(
        "twenty_five_milligrams_to_begin_with",
        "A first half tablet, 25 mg, for opioid dependence before the full dose.",
        [tablet(25, "Take one half tablet (25 mg) once daily", because=OPIOID)],
        [diagnosed(("F11.21", "Opioid dependence, in remission"))],
        nothing=True,
        tags=["labelled use"],
    ),
    Story(
        "hundred_hundred_and_fifty",
        "100 mg on Monday and Wednesday, 150 mg on Friday: an intermittent schedule of the label.",
        [
            order(
                None,
                NALTREXONE_50,
                {
                    "text": "100 mg on Monday and Wednesday",
                    "timing": {"repeat": {"dayOfWeek": ["mon", "wed"], "frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": mass(100)}],
                },
                {
                    "text": "150 mg on Friday",
                    "timing": {"repeat": {"dayOfWeek": ["fri"], "frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": mass(150)}],
                },
                because=ALCOHOL,
            )
        ],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["labelled use"],
    ),
    Story(
        "fifty_milligrams_for_pain_in_someone_with_alcohol_dependence",
        "Naltrexone 50 mg with fibromyalgia as reason in someone with alcohol dependence: a labelled use is likely.",
        [tablet(50, because=FIBROMYALGIA)],
        [diagnosed(ALCOHOL), diagnosed(FIBROMYALGIA)],
        nothing=True,
        tags=["labelled use"],
    ),
    Story(
        "contrave_against_overweight",
        "Bupropion with naltrexone against overweight.",
        [
            order(
                "Contrave 8-90 mg extended-release tablet",
                None,
                dosage(None, "Take 2 tablets twice a day", when=None, per_day=None),
                because=("E66.9", "Obesity, unspecified"),
            )
        ],
        nothing=True,
    ),
    Story(
        "compounded_fifty_milligrams",
        "A compounded 50 mg capsule for alcohol dependence: the site's choice, off as delivered.",
        [ldn(50, because=ALCOHOL)],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["vignette V77"],
    ),
]

_MEANT = [
    Story(
        "fifty_milligrams_for_fibromyalgia",
        "Naltrexone 50 mg for fibromyalgia, no use disorder: picked from a list that knows nothing smaller.",
        [tablet(50, because=FIBROMYALGIA)],
        [diagnosed(FIBROMYALGIA)],
        {INTENT: "warning"},
        silent=[FRACTION, START],
    ),
    Story(
        "low_dose_in_the_note_fifty_in_the_order",
        "The note says low-dose naltrexone, the order says 50 mg.",
        [tablet(50, because=None, note=[{"text": "Low dose naltrexone for fatigue"}])],
        [],
        {INTENT: "warning"},
    ),
    Story(
        "low_dose_for_alcohol_dependence_alone",
        "Low-dose naltrexone with alcohol dependence as its only reason.",
        [ldn(1.5, because=ALCOHOL)],
        [diagnosed(ALCOHOL)],
        {UNDERDOSED: "warning"},
        tags=["vignette V41"],
    ),
    Story(
        "low_dose_for_fibromyalgia_in_someone_with_alcohol_dependence",
        "Low-dose naltrexone for fibromyalgia in someone with alcohol dependence: two different things.",
        [ldn(1.5, because=FIBROMYALGIA)],
        [diagnosed(ALCOHOL), diagnosed(FIBROMYALGIA)],
        silent=[UNDERDOSED, INTENT],
    ),
    Story(
        "low_dose_for_two_reasons",
        "Low-dose naltrexone for alcohol dependence and fibromyalgia.",
        [ldn(1.5, reasonCode=[reason(ALCOHOL), reason(FIBROMYALGIA)])],
        [diagnosed(ALCOHOL)],
        silent=[UNDERDOSED],
    ),
    Story(
        "nine_milligrams_without_a_reason",
        "A 9 mg capsule without a reason: above low dose, below labelled dose.",
        [ldn(9, because=None)],
        [],
        {BETWEEN: "info"},
        silent=[ABOVE, START],
    ),
    Story(
        "nine_milligrams_for_multiple_sclerosis",
        "A 9 mg capsule for multiple sclerosis: above all that was studied as a low dose.",
        [ldn(9, because=MULTIPLE_SCLEROSIS)],
        [],
        {ABOVE: "warning"},
        silent=[BETWEEN, START],
    ),
    Story(
        "six_milligrams_for_someone_on_four_and_a_half",
        "6 mg for someone on 4.5 mg: still within what was studied.",
        [ldn(6, because=MULTIPLE_SCLEROSIS)],
        [taking_ldn(4.5, since=-200, reasonCode=[reason(MULTIPLE_SCLEROSIS)])],
        silent=[ABOVE, BETWEEN, START, INTENT],
    ),
    Story(
        "twelve_and_a_half_milligrams_for_alcohol_dependence",
        "A quarter tablet, 12.5 mg, for alcohol dependence: a labelled start against nausea.",
        [tablet(12.5, "Take one quarter tablet (12.5 mg) once daily")],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["labelled use"],
    ),
]

_STARTS = [
    Story(
        "start_at_three_milligrams",
        "A first order of 3 mg.",
        [ldn(3)],
        [],
        {START: "info"},
    ),
    Story(
        "start_at_four_and_a_half_milligrams",
        "A first order of 4.5 mg, the dose of most trials.",
        [ldn(4.5)],
        [],
        {START: "info"},
    ),
    Story(
        "start_at_five_milligrams",
        "A first order of 5 mg.",
        [ldn(5)],
        [],
        {START: "warning"},
    ),
    Story(
        "three_milligrams_for_someone_on_one_and_a_half",
        "3 mg for someone who takes 1.5 mg and tolerates it.",
        [ldn(3)],
        [taking_ldn(1.5, since=-30)],
        nothing=True,
    ),
    Story(
        "three_milligrams_after_full_dose",
        "3 mg for someone who has just taken 50 mg: no first start.",
        [ldn(3)],
        [
            taking_full_dose(
                since=-90,
                status="stopped",
                dosageInstruction=[
                    dosage(50, "Take 1 tablet daily", when=None)
                    | {
                        "timing": {
                            "repeat": {
                                "frequency": 1,
                                "period": 1,
                                "periodUnit": "d",
                                "boundsPeriod": {"end": "2026-02-20"},
                            }
                        }
                    }
                ],
            )
        ],
        silent=[START],
    ),
    Story(
        "renewal_of_four_and_a_half_milligrams",
        "4.5 mg taken for two years is renewed.",
        [ldn(4.5, because=FIBROMYALGIA)],
        [
            taking_ldn(4.5, since=-730, reasonCode=[reason(FIBROMYALGIA)]),
            ldn_dispensed(4.5, -28),
            diagnosed(FIBROMYALGIA),
        ],
        nothing=True,
        tags=["vignette N07"],
    ),
    Story(
        "refill_in_two_steps_that_match_the_words",
        "1.5 mg is taken; the refill has two steps that match the words: several amounts are no conflict.",
        [
            ldn(
                1.5,
                dosageInstruction=[
                    dosage(1.5, "1.5 mg x14 d, then 3 mg", lasts=14, sequence=1),
                    dosage(3, "1.5 mg x14 d, then 3 mg", lasts=14, sequence=2),
                ],
                dispenseRequest=supply(42, "capsule", 28),
            )
        ],
        [taking_ldn(1.5, since=-30)],
        nothing=True,
        tags=["vignette N33"],
    ),
    Story(
        "one_milligram_twice_a_day",
        "1 mg twice a day.",
        [
            ldn(
                1,
                dosageInstruction=[
                    dosage(1, "Take 1 capsule (1 mg) twice a day, morning and bedtime", when=None, per_day=2)
                ],
                dispenseRequest=supply(60),
            )
        ],
        [taking_ldn(1, since=-30)],
        {SPLIT: "info"},
    ),
]

_CONFLICTS = [
    Story(
        "structure_says_45_words_say_4_5",
        "The structured dose says 45 mg, the words say 4.5 mg: one of the two is wrong, and we do not know which.",
        [
            ldn(4.5, because=None, dosageInstruction=[dosage(45, "Take 4.5 mg by mouth at bedtime")], note=None)
            | _RELABEL
        ],
        [],
        {TENFOLD: "critical"},
        open_choice=[TENFOLD],
        silent=[INTENT, START, ABOVE],
        tags=["vignette V33"],
    ),
    Story(
        "structure_says_3_words_say_4_5",
        "The structured dose says 3 mg, the words say 4.5 mg.",
        [ldn(3, dosageInstruction=[dosage(3, "Take 4.5 mg by mouth at bedtime")], note=None) | _RELABEL],
        [taking_ldn(3, since=-60)],
        {TENFOLD: "warning"},
        open_choice=[TENFOLD],
    ),
    Story(
        "structure_and_words_differ_by_a_fifth",
        "The structured dose says 2.5 mg, the words say 3 mg: within a fifth, rounding.",
        [ldn(2.5, dosageInstruction=[dosage(2.5, "Take 3 mg by mouth at bedtime")], note=None) | _RELABEL],
        [taking_ldn(2.5, since=-60)],
        silent=[TENFOLD],
    ),
    Story(
        "tablet_strength_in_the_words_is_no_dose",
        "Half a tablet of 50 mg: the 50 in the words is a strength, the dose is 25 mg.",
        [tablet(25, "Take 1/2 tablet (50 mg tablet) by mouth once daily")],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["labelled use"],
    ),
    Story(
        "low_dose_naltrexone_of_45_milligrams",
        "Low-dose naltrexone of 45 mg: ten times 4.5.",
        [
            order(
                "Low dose naltrexone 45 mg capsule",
                None,
                dosage(45, "Take 1 capsule (45 mg) at bedtime"),
                because=FIBROMYALGIA,
                dispenseRequest=supply(),
            )
        ],
        [],
        {TENFOLD: "warning"},
        silent=[INTENT, START],
    ),
    Story(
        "point_without_a_leading_zero",
        "The words say .5 mg: easily read as 5 mg.",
        [ldn("0.5", dosageInstruction=[dosage("0.5", "Take .5 mg by mouth at bedtime")])],
        [],
        {TENFOLD: "info"},
    ),
    Story(
        "structure_in_micrograms_words_in_milligrams",
        "The structure says 4.5 mcg, the words say 4.5 mg.",
        [
            ldn(
                4.5,
                dosageInstruction=[
                    dosage(None, "Take 4.5 mg by mouth at bedtime")
                    | {
                        "doseAndRate": [
                            {
                                "doseQuantity": {
                                    "value": 4.5,
                                    "unit": "mcg",
                                    "system": "http://unitsofmeasure.org",
                                    "code": "ug",
                                }
                            }
                        ]
                    }
                ],
                note=None,
            )
            | _RELABEL
        ],
        [taking_ldn(4.5, since=-60)],
        {MICROGRAM: "warning"},
        silent=[TENFOLD],
    ),
    Story(
        "quarter_milligram_in_micrograms",
        "250 mcg a day: meant, or a slip of the unit?",
        [
            ldn(
                0.25,
                dosageInstruction=[
                    dosage(None, "Take 1 capsule (250 mcg) by mouth at bedtime")
                    | {
                        "doseAndRate": [
                            {
                                "doseQuantity": {
                                    "value": 250,
                                    "unit": "mcg",
                                    "system": "http://unitsofmeasure.org",
                                    "code": "ug",
                                }
                            }
                        ]
                    }
                ],
            )
        ],
        [],
        {MICROGRAM: "info"},
    ),
    Story(
        "half_a_milligram",
        "0.5 mg a day, written well.",
        [ldn(0.5)],
        nothing=True,
    ),
    Story(
        "trailing_zero_in_the_structure_alone",
        "The structure says 4.50, as some systems print it; the words say 4.5 mg: no slip of anybody's pen.",
        [
            ldn(
                "4.50",
                contained=[ldn_capsule(4.5)],
                dosageInstruction=[
                    dosage("4.50", "Take 1 capsule (4.5 mg) by mouth at bedtime")
                    | {"extension": [{"url": "https://ehr.example/fhir/entered-as", "valueDecimal": exact("4.50")}]}
                ],
            )
        ],
        [taking_ldn(4.5, since=-200)],
        nothing=True,
    ),
    Story(
        "as_directed_without_a_strength",
        "A naltrexone capsule for multiple sclerosis, taken as directed, no strength.",
        [order("naltrexone capsule", None, {"text": "Take as directed"}, because=MULTIPLE_SCLEROSIS)],
        [],
        {UNKNOWN: "warning"},
        silent=[TENFOLD, INTENT, START],
        tags=["vignette V43"],
    ),
    Story(
        "millilitres_without_a_concentration",
        "1.5 mL of a naltrexone liquid whose concentration nobody wrote.",
        [order("naltrexone oral suspension", None, dosage(1.5, "Take 1.5 mL at bedtime", unit="mL"), because=SJOGREN)],
        [],
        {UNKNOWN: "warning"},
    ),
    Story(
        "capsules_counted_and_strength_in_the_name",
        "One capsule of naltrexone 1.5 mg: counted, and the name tells the strength.",
        [
            order(
                "NALTREXONE 1.5 MG CAPSULE",
                None,
                {
                    "text": "1C PO HS",
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]}},
                    "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "capsule"}}],
                },
                because=SJOGREN,
                dispenseRequest=supply(),
                note=[{"text": COMPOUNDED}],
            )
        ],
        nothing=True,
    ),
    Story(
        "fifty_milligrams_for_opioid_dependence_as_directed",
        "Naltrexone 50 mg tablets for opioid dependence, taken as directed: the label's dose, not worked out.",
        [order(None, NALTREXONE_50, {"text": "Take as directed"}, because=OPIOID)],
        [diagnosed(OPIOID)],
        {UNKNOWN: "warning"},
        silent=[FRACTION, START, INTENT],
    ),
    Story(
        "levothyroxine_beside_low_dose_naltrexone",
        "A levothyroxine order that changes nothing, for someone on low-dose naltrexone.",
        [order("levothyroxine 75 mcg tablet", None, dosage(75, "Take 75 mcg daily", when="MORN", unit="ug"))],
        [
            taking_ldn(4.5, since=-200),
            prescribed("levothyroxine 75 mcg tablet", on=-200, lasts=90, refills=3, sig="Take 75 mcg daily"),
        ],
        nothing=True,
    ),
]

_STEPS = [
    Story(
        "one_and_a_half_milligrams_for_ninety_days",
        "1.5 mg in a single instruction for ninety days: no step up is planned.",
        [ldn(1.5, dispenseRequest=supply(90, "capsule", 90))],
        [],
        {"ldn-titration-plan-missing": "info"},
        tags=["vignette V39"],
    ),
    Story(
        "supply_ended_six_weeks_ago",
        "The last low-dose supply ended 45 days ago, no opioid on any list; 4.5 mg is refilled.",
        [ldn(4.5)],
        [ldn_dispensed(4.5, -75)],
        {"ldn-refill-gap": "info"},
        tags=["vignette V67"],
    ),
    Story(
        "from_one_and_a_half_to_four_and_a_half_in_ten_days",
        "1.5 mg for ten days; now 4.5 mg is ordered.",
        [ldn(4.5)],
        [taking_ldn(1.5, since=-10)],
        {"ldn-titration-step-large": "warning"},
        tags=["vignette V75"],
    ),
    Story(
        "kidney_and_liver_a_little_off",
        "eGFR 55 and ALT 1.5 times the upper limit; low-dose naltrexone is renewed: below every threshold.",
        [ldn(4.5)],
        [
            taking_ldn(4.5, since=-200),
            observed(("33914-3", "eGFR"), -10, valueQuantity=mass(55, "mL/min/{1.73_m2}")),
            observed(
                ("1742-6", "Alanine aminotransferase"),
                -10,
                valueQuantity=mass(60, "U/L"),
                referenceRange=[{"high": mass(40, "U/L")}],
            ),
        ],
        nothing=True,
        tags=["vignette N27"],
    ),
    Story(
        "urine_panel_without_naltrexone",
        "A urine immunoassay panel is ordered, no naltrexone anywhere.",
        [
            {
                "resourceType": "ServiceRequest",
                "status": "draft",
                "intent": "order",
                "code": {"text": "Urine drug screen, immunoassay panel with oxycodone"},
                "subject": {"reference": "Patient/anna-example"},
            }
        ],
        nothing=True,
        tags=["vignette N25"],
    ),
]

STORIES: Final = [*_LABELLED, *_MEANT, *_STARTS, *_CONFLICTS, *_STEPS]
