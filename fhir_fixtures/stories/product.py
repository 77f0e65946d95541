"""When it is taken, and what is made (groups D and E of the catalogue)."""

from __future__ import annotations

from typing import Final

from fhir_fixtures.pieces import (
    ALCOHOL,
    FIBROMYALGIA,
    INSOMNIA,
    NALTREXONE_50,
    SJOGREN,
    Story,
    allergic,
    changed,
    diagnosed,
    dosage,
    ldn,
    ldn_liquid,
    order,
    supply,
    tablet,
    taking_ldn,
)

TIME: Final = "ldn-timing-unspecified"
SLEEP: Final = "ldn-insomnia-move-to-morning"
FRACTION: Final = "ldn-commercial-tablet-fraction"
HOME: Final = "ldn-home-dilution-sig"
SLOW: Final = "ldn-modified-release-requested"
DETAILS: Final = "ldn-compound-details-missing"
BOTTLE: Final = "ldn-liquid-exceeds-bud"
EXCIPIENT: Final = "ldn-excipient-sensitivity"

_DAILY = dosage(1.5, "Take 1 capsule (1.5 mg) by mouth once daily", when=None)
_MORNING = dosage(4.5, "Take 1 capsule (4.5 mg) by mouth in the morning", when="MORN")
_ML = dosage(1.5, "Take 1.5 mL (1.5 mg) by mouth at bedtime", when="HS")
_PRESERVED = "naltrexone HCl 1 mg/mL oral liquid, pharmacy-prepared, preserved with sodium benzoate"
_UNPRESERVED = "naltrexone HCl 1 mg/mL oral liquid, pharmacy-prepared, preservative-free"
ZOLPIDEM = order(
    "zolpidem 5 mg tablet", None, dosage(5, "Take 1 tablet at bedtime"), dispenseRequest=supply(14, "tablet", 14)
)

_TIMES = [
    Story(
        "no_time_of_day",
        "A complete first order that does not say when.",
        [ldn(1.5, dosageInstruction=[_DAILY])],
        [],
        {TIME: "info"},
    ),
    Story(
        "in_the_morning_in_words_alone",
        "Only the words say that it is taken in the morning.",
        [ldn(1.5, dosageInstruction=[dosage(1.5, "Take 1 capsule (1.5 mg) by mouth every morning", when=None)])],
        silent=[TIME],
    ),
    Story(
        "at_nine_in_the_evening",
        "The structure names a time of the clock.",
        [
            ldn(
                1.5,
                dosageInstruction=[
                    dosage(1.5, "Take 1 capsule (1.5 mg) by mouth daily", when=None)
                    | {
                        "timing": {
                            "repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["21:00:00"]}
                        }
                    }
                ],
            )
        ],
        nothing=True,
    ),
    Story(
        "labelled_dose_without_a_time",
        "Naltrexone 50 mg a day without a time: labelled use needs none.",
        [tablet(50)],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["labelled use"],
    ),
    Story(
        "insomnia_and_bedtime_dose",
        "Insomnia stands on the problem list; the renewal is for bedtime.",
        [ldn(4.5)],
        [taking_ldn(4.5, since=-200), diagnosed(INSOMNIA)],
        {SLEEP: "info"},
    ),
    Story(
        "insomnia_and_morning_dose",
        "Insomnia stands on the problem list; the renewal is for the morning.",
        [ldn(4.5, dosageInstruction=[_MORNING])],
        [taking_ldn(4.5, since=-200), diagnosed(INSOMNIA)],
        nothing=True,
    ),
    Story(
        "sleeping_pill_a_month_into_bedtime_naltrexone",
        "A sleeping pill is ordered for someone who began bedtime naltrexone a month ago.",
        [ZOLPIDEM],
        [taking_ldn(4.5, since=-30)],
        {SLEEP: "warning"},
        only=True,
    ),
    Story(
        "sleeping_pill_for_someone_on_morning_naltrexone",
        "A sleeping pill is ordered for someone who takes naltrexone in the morning.",
        [ZOLPIDEM],
        [taking_ldn(4.5, since=-30, dosageInstruction=[_MORNING])],
        nothing=True,
    ),
    Story(
        "sleeping_pill_two_years_into_bedtime_naltrexone",
        "A sleeping pill is ordered for someone who has taken bedtime naltrexone for two years.",
        [ZOLPIDEM],
        [taking_ldn(4.5, since=-730)],
        nothing=True,
    ),
    Story(
        "sleeping_pill_without_naltrexone",
        "A sleeping pill, no naltrexone anywhere.",
        [ZOLPIDEM],
        nothing=True,
    ),
]

_PRODUCTS = [
    Story(
        "three_percent_of_a_tablet",
        "1.5 mg is to come from a 50 mg tablet.",
        [
            order(
                None,
                NALTREXONE_50,
                dosage(1.5, "Take 1.5 mg by mouth at bedtime"),
                because=SJOGREN,
                dispenseRequest=supply(1, "tablet", 30),
            )
        ],
        [],
        {FRACTION: "warning"},
    ),
    Story(
        "low_dose_from_a_tablet_by_words_alone",
        "4.5 mg is to come from a 50 mg tablet, known from words only.",
        [order("naltrexone 50 mg tablet", None, {"text": "4.5 mg by mouth at bedtime"}, because=FIBROMYALGIA)],
        [taking_ldn(4.5, since=-100)],
        {FRACTION: "warning"},
        silent=["naltrexone-50-ldn-intent-mismatch"],
    ),
    Story(
        "tablet_dissolved_in_water_at_home",
        "The patient is to dissolve a 50 mg tablet in water and drink 1.5 mL of it.",
        [
            order(
                "naltrexone 50 mg tablet",
                None,
                {"text": "Dissolve one 50 mg tablet in 50 mL water, drink 1.5 mL at bedtime"},
                because=SJOGREN,
            )
        ],
        [],
        {HOME: "warning"},
        silent=[FRACTION, "ldn-dose-not-computable"],
        tags=["vignette V35"],
    ),
    Story(
        "liquid_that_the_pharmacy_makes_from_tablets",
        "A 1 mg/mL liquid that the pharmacy makes from crushed tablets has been tested.",
        [ldn_liquid("naltrexone HCl 1 mg/mL oral liquid, pharmacy-prepared from tablets, preserved", _ML, 45, 30)],
        silent=[HOME, FRACTION, BOTTLE],
    ),
    Story(
        "slow_release_capsule",
        "A slow-release capsule of 4.5 mg.",
        [
            ldn(
                4.5,
                contained=[
                    {
                        "resourceType": "Medication",
                        "id": "ldn",
                        "code": {"text": "naltrexone HCl 4.5 mg compounded slow-release capsule"},
                        "form": {"text": "capsule, slow release"},
                        "ingredient": [
                            {
                                "itemCodeableConcept": {
                                    "coding": [
                                        {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7243"}
                                    ]
                                },
                                "strength": {
                                    "numerator": {"value": 4.5, "unit": "mg"},
                                    "denominator": {"value": 1, "unit": "capsule"},
                                },
                            }
                        ],
                    }
                ],
                note=[{"text": "Compounded."}],
            )
        ],
        [taking_ldn(4.5, since=-200)],
        {SLOW: "warning"},
    ),
    Story(
        "no_slow_release_agent_is_no_slow_release",
        "The note forbids a slow-release agent: that is no wish for one.",
        [ldn(1.5)],
        nothing=True,
    ),
    Story(
        "compounded_without_quantity_and_supply",
        "A compounded capsule without quantity and days' supply.",
        [ldn(1.5, dispenseRequest=None)],
        [],
        {DETAILS: "info"},
    ),
    Story(
        "calcium_carbonate_as_filler",
        "The note asks for calcium carbonate as filler.",
        [ldn(1.5, note=[{"text": "Compounded capsule. Please use calcium carbonate as filler."}])],
        [],
        {DETAILS: "info"},
    ),
    Story(
        "unpreserved_liquid_for_sixty_days",
        "An unpreserved 1 mg/mL liquid, 90 mL at 1.5 mL a day.",
        [ldn_liquid(_UNPRESERVED, _ML, 90, 60)],
        [],
        {BOTTLE: "warning"},
        silent=[HOME],
        tags=["vignette V37"],
    ),
    Story(
        "unpreserved_liquid_for_fourteen_days",
        "An unpreserved liquid for fourteen days: as long as it keeps.",
        [ldn_liquid(_UNPRESERVED, _ML, 21, 14)],
        silent=[BOTTLE],
    ),
    Story(
        "preserved_liquid_for_thirty_five_days",
        "A preserved liquid for thirty-five days: as long as it keeps.",
        [ldn_liquid(_PRESERVED, _ML, 52.5, 35)],
        silent=[BOTTLE],
    ),
    Story(
        "preserved_liquid_for_thirty_six_days",
        "A preserved liquid for thirty-six days: a day too long.",
        [ldn_liquid(_PRESERVED, _ML, 54, 36)],
        [],
        {BOTTLE: "warning"},
    ),
    Story(
        "anaphylaxis_to_benzoate_and_a_preserved_liquid",
        "Anaphylaxis to benzoate; the liquid is preserved.",
        [ldn_liquid(_PRESERVED, _ML, 45, 30)],
        [allergic("Sodium benzoate", criticality="high", reaction="Anaphylaxis")],
        {EXCIPIENT: "warning"},
        silent=["naltrexone-allergy"],
        tags=["vignette V63"],
    ),
    Story(
        "lactose_intolerance_and_a_capsule",
        "Lactose intolerance; a compounded capsule whose filler nobody wrote.",
        [ldn(1.5, note=[{"text": "Compounded, immediate release only."}])],
        [allergic("Lactose", kind="intolerance", reaction="Bloating")],
        {EXCIPIENT: "info"},
        silent=["naltrexone-allergy"],
    ),
    Story(
        "lactose_intolerance_and_a_lactose_free_capsule",
        "Lactose intolerance; the note already says no lactose.",
        [
            ldn(
                1.5,
                note=[{"text": "Compounded. No lactose; microcrystalline cellulose, vegetable capsule."}],
            )
        ],
        [allergic("Lactose", kind="intolerance", reaction="Bloating")],
        nothing=True,
    ),
    Story(
        "penicillin_allergy",
        "An allergy to penicillin has nothing to do with a capsule.",
        [ldn(1.5)],
        [allergic("Penicillin", criticality="high", reaction="Anaphylaxis")],
        nothing=True,
    ),
    Story(
        "tablet_order_with_everything_wrong",
        "A 50 mg tablet, 4.5 mg, a first order, no time of day: one card about each thing, at most four.",
        [order(None, NALTREXONE_50, dosage(4.5, "Take 4.5 mg by mouth daily", when=None), because=FIBROMYALGIA)],
        [],
        {FRACTION: "warning"},
        silent=["naltrexone-50-ldn-intent-mismatch"],
    ),
    Story(
        "words_of_a_stranger_in_the_notes",
        "The note tries to speak on the card: Markdown, markup and orders to the reader stay what they are, text.",
        [
            changed(
                ldn(1.5, dosageInstruction=[_DAILY]),
                {
                    "note": [
                        {"text": "**Ignore all rules** <script>alert(1)</script> [click](https://evil.example) |a|b|"}
                    ]
                },
            )
        ],
        [],
        {TIME: "info"},
        unsaid=["<script>", "evil.example", "Ignore all rules"],
    ),
]

STORIES: Final = [*_TIMES, *_PRODUCTS]
