"""An opioid is ordered, and naltrexone is or was taken (group G of the catalogue)."""

from __future__ import annotations

from typing import Final

from fhir_fixtures.pieces import (
    ALCOHOL,
    CONTRAVE,
    EMBEDA,
    OXYCODONE_5,
    VIVITROL,
    Story,
    day,
    diagnosed,
    dispensed,
    dosage,
    given,
    ldn,
    ldn_dispensed,
    order,
    prescribed,
    supply,
    tablet,
    taking_full_dose,
    taking_ldn,
)

LDN: Final = "opioid-order-ldn-active"
STANDARD: Final = "opioid-order-standard-naltrexone-active"
DEPOT: Final = "opioid-order-depot-naltrexone-active"
ACUTE: Final = "opioid-order-naltrexone-inpatient-acute"
STOPPED: Final = "opioid-order-ldn-recently-stopped"
COUGH_OR_GUT: Final = "opioid-cough-or-gut-order-naltrexone-active"
RESTART: Final = "ldn-restart-after-opioid"

OXYCODONE = order(
    "oxycodone 5 mg tablet",
    OXYCODONE_5,
    dosage(5, "Take 1 tablet every 6 hours as needed for pain", when=None, per_day=4),
    dispenseRequest=supply(20, "tablet", 5),
)
HYDROCODONE = order("hydrocodone 5 mg-acetaminophen 325 mg tablet", dispenseRequest=supply(12, "tablet", 3))
COUGH_SYRUP = order("codeine 10 mg-guaifenesin 100 mg/5 mL oral solution", dispenseRequest=supply(120, "mL", 5))
MORPHINE_IV = order(
    "morphine 2 mg/mL injection",
    category=[
        {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "inpatient"}
            ]
        }
    ],
)


def _stopped(days_ago: int, status: str = "stopped") -> dict[str, object]:
    """Make the order of 4.5 mg that ended so many days ago."""
    told = dosage(4.5, "Take 1 capsule (4.5 mg) by mouth at bedtime")
    told["timing"]["repeat"]["boundsPeriod"] = {"end": day(-days_ago)}
    return taking_ldn(4.5, since=-200, status=status, dosageInstruction=[told])


STORIES: Final = [
    Story(
        "oxycodone_for_someone_on_low_dose_naltrexone",
        "Twenty tablets of oxycodone for someone who takes 4.5 mg of naltrexone every night.",
        [OXYCODONE],
        [taking_ldn(4.5)],
        {LDN: "critical"},
        only=True,
        cards=1,
        tags=["vignette V23"],
    ),
    Story(
        "oxycodone_in_palliative_care_for_someone_on_low_dose_naltrexone",
        "Oxycodone in palliative care for someone who takes 4.5 mg of naltrexone every night: a warning, no stop.",
        [OXYCODONE],
        [taking_ldn(4.5), diagnosed(("Z51.5", "Encounter for palliative care"))],
        {LDN: "warning"},
        only=True,
        cards=1,
    ),
    Story(
        "low_dose_naltrexone_known_from_the_pharmacy_only",
        "The pharmacy handed over low-dose capsules two weeks ago; no order stands on the chart.",
        [OXYCODONE],
        [ldn_dispensed(4.5, -14)],
        {LDN: "critical"},
        only=True,
    ),
    Story(
        "low_dose_supply_ended_three_days_ago",
        "The last low-dose supply ended three days ago: a capsule may be left.",
        [OXYCODONE],
        [ldn_dispensed(4.5, -33)],
        {LDN: "critical"},
        only=True,
    ),
    Story(
        "low_dose_supply_ended_four_days_ago",
        "The last low-dose supply ended four days ago: no longer taken.",
        [OXYCODONE],
        [ldn_dispensed(4.5, -34)],
        silent=[LDN, STANDARD],
    ),
    Story(
        "low_dose_naltrexone_stopped_today",
        "Low-dose naltrexone was stopped today; oxycodone is ordered.",
        [OXYCODONE],
        [_stopped(0)],
        {LDN: "critical"},
        only=True,
    ),
    Story(
        "low_dose_naltrexone_stopped_two_days_ago",
        "Low-dose naltrexone was stopped two days ago; oxycodone is ordered.",
        [OXYCODONE],
        [_stopped(2)],
        {STOPPED: "info"},
        only=True,
    ),
    Story(
        "low_dose_naltrexone_held_two_days_ago",
        "Low-dose naltrexone has been on hold for two days; oxycodone is ordered.",
        [OXYCODONE],
        [_stopped(2, "on-hold")],
        {STOPPED: "info"},
        only=True,
    ),
    Story(
        "low_dose_naltrexone_stopped_four_days_ago",
        "Low-dose naltrexone was stopped four days ago: nothing is left of it.",
        [OXYCODONE],
        [_stopped(4)],
        nothing=True,
    ),
    Story(
        "morphine_packed_with_naltrexone_for_someone_on_low_dose",
        "Embeda is ordered for someone on low-dose naltrexone: an opioid order.",
        [order(None, EMBEDA)],
        [taking_ldn(4.5)],
        {LDN: "critical"},
        only=True,
    ),
    Story(
        "morphine_packed_with_naltrexone_alone",
        "Embeda is ordered, no other naltrexone anywhere: not our subject.",
        [order(None, EMBEDA)],
        nothing=True,
    ),
    Story(
        "tramadol_for_someone_on_full_dose_naltrexone",
        "Tramadol for someone who takes naltrexone 50 mg for alcohol dependence.",
        [order("tramadol 50 mg tablet", dispenseRequest=supply(20, "tablet", 5))],
        [taking_full_dose(), diagnosed(ALCOHOL)],
        {STANDARD: "critical"},
        only=True,
    ),
    Story(
        "oxycodone_for_someone_on_contrave",
        "Oxycodone for someone who takes bupropion with naltrexone against overweight.",
        [OXYCODONE],
        [prescribed(None, CONTRAVE, on=-20, lasts=30, refills=2, sig="Take 2 tablets twice a day")],
        {STANDARD: "critical"},
        only=True,
        unsaid=["low-dose naltrexone", "Low-dose naltrexone"],
        tags=["vignette V27"],
    ),
    Story(
        "oxycodone_two_days_after_full_dose_naltrexone",
        "Naltrexone 50 mg ended two days ago; oxycodone is ordered.",
        [OXYCODONE],
        [
            dispensed(
                None,
                -32,
                30,
                code=("1483744", "naltrexone hydrochloride 50 MG Oral Tablet"),
                dosageInstruction=[dosage(50, "Take 1 tablet daily", when=None)],
            )
        ],
        {STANDARD: "critical"},
        only=True,
    ),
    Story(
        "oxycodone_half_a_year_after_full_dose_naltrexone",
        "Naltrexone 50 mg ended six months ago; the block is long gone.",
        [OXYCODONE],
        [
            dispensed(
                None,
                -212,
                30,
                code=("1483744", "naltrexone hydrochloride 50 MG Oral Tablet"),
                dosageInstruction=[dosage(50, "Take 1 tablet daily", when=None)],
            )
        ],
        nothing=True,
        tags=["vignette N17"],
    ),
    Story(
        "hydrocodone_ten_days_after_vivitrol",
        "Hydrocodone for someone with alcohol dependence who got Vivitrol ten days ago.",
        [HYDROCODONE],
        [given("Vivitrol 380 mg intramuscular suspension", -10), diagnosed(ALCOHOL)],
        {DEPOT: "critical"},
        only=True,
        tags=["vignette V25"],
    ),
    Story(
        "hydrocodone_thirty_days_after_vivitrol",
        "Vivitrol thirty days ago: the last day that blocks.",
        [HYDROCODONE],
        [given(None, -30, code=VIVITROL), diagnosed(ALCOHOL)],  # type: ignore[arg-type]
        {DEPOT: "critical"},
        only=True,
    ),
    Story(
        "hydrocodone_thirty_one_days_after_vivitrol",
        "Vivitrol thirty-one days ago: the block is over.",
        [HYDROCODONE],
        [given(None, -31, code=VIVITROL), diagnosed(ALCOHOL)],  # type: ignore[arg-type]
        nothing=True,
    ),
    Story(
        "codeine_cough_syrup_for_someone_on_low_dose_naltrexone",
        "Codeine with guaifenesin for someone on low-dose naltrexone.",
        [COUGH_SYRUP],
        [taking_ldn(4.5)],
        {COUGH_OR_GUT: "warning"},
        only=True,
        tags=["vignette V29"],
    ),
    Story(
        "diphenoxylate_for_someone_on_full_dose_naltrexone",
        "Diphenoxylate for someone on naltrexone 50 mg.",
        [order("diphenoxylate 2.5 mg-atropine 0.025 mg tablet", dispenseRequest=supply(20, "tablet", 5))],
        [taking_full_dose(), diagnosed(ALCOHOL)],
        {COUGH_OR_GUT: "warning"},
        only=True,
    ),
    Story(
        "morphine_in_the_emergency_department",
        "Morphine in the emergency department for someone on low-dose naltrexone: nothing may delay it.",
        [MORPHINE_IV],
        [taking_ldn(4.5)],
        {ACUTE: "warning"},
        only=True,
        silent=[LDN],
        setting="EMER",
        tags=["in hospital"],
    ),
    Story(
        "morphine_on_the_ward_after_vivitrol",
        "Morphine on a ward for someone who got Vivitrol ten days ago.",
        [MORPHINE_IV],
        [given("Vivitrol 380 mg intramuscular suspension", -10), diagnosed(ALCOHOL)],
        {ACUTE: "warning"},
        only=True,
        silent=[DEPOT],
        setting="IMP",
        tags=["in hospital"],
    ),
    Story(
        "morphine_on_the_ward_without_naltrexone",
        "Morphine on a ward, no naltrexone anywhere.",
        [MORPHINE_IV],
        nothing=True,
        setting="IMP",
        tags=["in hospital"],
    ),
    Story(
        "oxycodone_without_naltrexone",
        "Oxycodone, and no naltrexone anywhere.",
        [OXYCODONE],
        nothing=True,
    ),
    Story(
        "buprenorphine_naloxone_without_naltrexone",
        "Buprenorphine/naloxone is started for opioid dependence, no naltrexone anywhere: not our subject.",
        [order("buprenorphine 8 mg-naloxone 2 mg sublingual film")],
        [diagnosed(("F11.20", "Opioid dependence, uncomplicated"))],
        nothing=True,
        tags=["vignette N19"],
    ),
    Story(
        "naloxone_spray_for_someone_on_low_dose_naltrexone",
        "A naloxone spray is ordered for someone on low-dose naltrexone: a rescue drug.",
        [order("naloxone 4 mg/actuation nasal spray")],
        [taking_ldn(4.5)],
        nothing=True,
        tags=["vignette N23"],
    ),
    Story(
        "methylnaltrexone_for_someone_on_morphine",
        "Methylnaltrexone for someone on morphine for cancer pain: the name contains naltrexone, the drug is none.",
        [order("methylnaltrexone 12 mg/0.6 mL subcutaneous syringe")],
        [prescribed("morphine ER 30 mg tablet", on=-5, lasts=30)],
        nothing=True,
        tags=["vignette N13"],
    ),
    Story(
        "ibuprofen_for_someone_on_low_dose_naltrexone",
        "Ibuprofen for someone on low-dose naltrexone.",
        [order("ibuprofen 400 mg tablet")],
        [taking_ldn(4.5)],
        nothing=True,
    ),
    Story(
        "low_dose_naltrexone_resumed_twelve_days_after_oxycodone",
        "Low-dose naltrexone was held for ten days of oxycodone, ended twelve days ago; it is resumed.",
        [ldn(4.5)],
        [taking_ldn(4.5, since=-200, status="on-hold"), dispensed("oxycodone 5 mg tablet", -22, 10)],
        {RESTART: "info"},
        silent=["ldn-order-opioid-washout", "ldn-order-active-opioid"],
    ),
    Story(
        "naltrexone_50_and_oxycodone_ordered_together",
        "Naltrexone 50 mg and oxycodone are signed in the same session.",
        [tablet(50), OXYCODONE],
        [diagnosed(ALCOHOL)],
        {"ldn-order-active-opioid": "critical"},
        cards=1,
        tags=["same session"],
    ),
    Story(
        "low_dose_renewal_and_oxycodone_ordered_together",
        "Low-dose naltrexone that is already taken is renewed beside a new oxycodone order: one matter, said once.",
        [ldn(4.5), OXYCODONE],
        [taking_ldn(4.5, since=-200)],
        {"ldn-order-active-opioid": "critical"},
        cards=1,
        tags=["same session"],
    ),
]
