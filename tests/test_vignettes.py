"""The pharmacists' panel: cases with the level each finding must have, exactly, and what must not appear.

A finding that a case does not name is allowed only as information, and not at all where the case says "nothing else".
While a critical opioid finding stands for a naltrexone order, nothing is said about its dose, steps, time, product,
evidence or missing reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from cards import Answer, Hook
from tests.charts import (
    D,
    Fact,
    a_review,
    allergic_to,
    dispensed,
    dosage,
    failed,
    findings,
    given,
    having,
    measured,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    partial,
    prescribed,
    reported,
    taking_ldn,
)

FIBROMYALGIA = ("M79.7", "Fibromyalgia")
ALCOHOL = having("F10.20", "Alcohol dependence, uncomplicated")
C, W, I = "critical", "warning", "info"  # noqa: E741 (the panel's own letters)


@dataclass
class Case:
    """One row: what is told, what has to be said, and what must not be."""

    id: str
    facts: list[Fact]
    says: dict[str, str] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    hook: Hook = Hook.ORDER_SIGN
    mentions: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    nothing_else: bool = False


def stepped(mg: str = "1.5") -> Fact:
    """1.5 mg for 14 days, then 3 mg for 14 days, 42 capsules for 28 days."""
    return ordering_ldn(
        mg,
        dosageInstruction=[
            dosage(
                "1.5", text="Take 1 capsule (1.5 mg) by mouth at bedtime for 14 days", when="HS", days=14, sequence=1
            ),
            dosage("3", text="then 2 capsules (3 mg) by mouth at bedtime for 14 days", when="HS", days=14, sequence=2),
        ],
        dispenseRequest={
            "numberOfRepeatsAllowed": 0,
            "quantity": {"value": 42, "unit": "capsule"},
            "expectedSupplyDuration": {"value": 28, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"},
        },
    )


def liquid(words: str, ml: int, days: int, note: str) -> Fact:
    """A compounded 1 mg/mL liquid at 1.5 mL a day."""
    made = ordering_ldn("1.5")
    draft = made.resource
    draft["contained"][0] = {
        "resourceType": "Medication",
        "id": "ldn",
        "code": {"text": words},
        "form": {"text": "oral liquid"},
        "ingredient": [
            {
                "itemCodeableConcept": {"text": "naltrexone"},
                "strength": {"numerator": {"value": 1, "unit": "mg"}, "denominator": {"value": 1, "unit": "mL"}},
            }
        ],
    }
    draft["dosageInstruction"] = [dosage("1.5", text="Take 1.5 mL (1.5 mg) by mouth at bedtime", when="HS")]
    draft["dispenseRequest"] = {
        "numberOfRepeatsAllowed": 0,
        "quantity": {"value": ml, "unit": "mL"},
        "expectedSupplyDuration": {"value": days, "unit": "days", "code": "d"},
    }
    draft["note"] = [{"text": note}]
    return made


def renewal(mg: str = "4.5", **changes: Any) -> list[Fact]:
    """The same drug, dose, form and time as the fill before, without a gap."""
    changes.setdefault("reason", FIBROMYALGIA)
    before = taking_ldn(mg, since=D - 400)
    before.resource["reasonCode"] = ordering_ldn(mg, **changes).resource["reasonCode"]
    fill = dispensed(f"naltrexone {mg} mg capsule", on=D - 28, days=30)
    fill.resource["authorizingPrescription"] = [{"reference": f"MedicationRequest/{before.resource['id']}"}]
    fill.resource["dosageInstruction"] = before.resource["dosageInstruction"]
    return [ordering_ldn(mg, **changes), before, fill]


def screening(text: str) -> Fact:
    """A draft ServiceRequest."""
    return Fact(
        "draft",
        {
            "resourceType": "ServiceRequest",
            "id": "screen-1",
            "status": "draft",
            "intent": "order",
            "code": {"text": text},
            "subject": {"reference": "Patient/anna-example"},
        },
    )


NO_REVIEW = ("ldn-order-review",)

SOMETHING = [
    Case(
        "V01",
        [ordering_ldn("1.5"), having("M79.7", "Fibromyalgia"), dispensed("oxycodone 5 mg tablet", on=D - 6, days=30)],
        {"ldn-order-active-opioid": C},
        nothing_else=True,
    ),
    Case(
        "V03",
        [ordering_ldn("1.5"), reported("Methadone 80 mg daily (opioid treatment program letter)")],
        {"ldn-order-moud-active": C},
        never=("ldn-order-active-opioid",),
    ),
    Case(
        "V05",
        [
            ordering_ldn("1.5"),
            given("Sublocade 300 mg extended-release injection", on=D - 150),
            prescribed("buprenorphine 300 mg extended-release injection (Sublocade)", on=D - 152, status="completed"),
        ],
        {"ldn-order-depot-buprenorphine": C},
    ),
    Case(
        "V07",
        [ordering_ldn("1"), given("fentanyl 25 mcg/hr transdermal patch", on=D - 7, removed=D - 4)],
        {"ldn-order-opioid-patch": C},
        never=("ldn-order-active-opioid",),
        mentions=("Mar 12, 2026",),
    ),
    Case(
        "V09",
        [ordering_ldn("1.5"), prescribed("oxycodone ER 20 mg tablet", on=D - 69, status="completed", days=60)],
        {"ldn-order-opioid-washout": W},
        mentions=("Mar 7, 2026",),
    ),
    Case(
        "V11",
        [ordering_ldn("1.5"), dispensed("guaifenesin-codeine 100-10 mg/5 mL oral liquid", on=D - 2, days=5)],
        {"ldn-order-opioid-cough-or-gut-drug": W},
        never=("ldn-order-active-opioid",),
    ),
    Case(
        "V13",
        [
            ordering_ldn("1.5", reason=("K58.0", "Irritable bowel syndrome with diarrhea")),
            prescribed("loperamide 2 mg capsule", on=D - 20, sig="as needed"),
        ],
        {"ldn-order-opioid-cough-or-gut-drug": I},
    ),
    Case(
        "V15",
        [
            ordering_ldn("1.5"),
            measured("11235-9", on=D - 5, text="Fentanyl, urine", valueCodeableConcept={"text": "Positive"}),
        ],
        {"ldn-order-opioid-positive-screen": C},
    ),
    Case(
        "V17",
        [ordering_ldn("1.5"), prescribed("naloxegol 25 mg tablet", on=D - 20)],
        {"ldn-order-pamora-signal": W},
        unsaid=("no opioid was found", "no opioid found"),
    ),
    Case(
        "V19",
        [
            ordering_ldn("1.5"),
            prescribed(
                "oxycodone 5 mg tablet", on=D - 70, dispenseRequest={"quantity": {"value": 20, "unit": "tablet"}}
            ),
        ],
        {"ldn-opioid-dates-unknown": W},
    ),
    Case(
        "V21",
        [ordering_ldn("3", reason=FIBROMYALGIA), having("F11.20", "Opioid dependence, uncomplicated")],
        {"ldn-order-withdrawal-or-untreated-oud": W, "ldn-start-dose-high": I, "ldn-indication-evidence": I},
        never=("ldn-dose-for-oud-aud-indication",),
    ),
    Case(
        "V23",
        [
            ordering(
                "oxycodone 5 mg tablet",
                "1 tablet every 6 hours as needed",
                dispenseRequest={"quantity": {"value": 20, "unit": "tablet"}},
            ),
            taking_ldn("4.5"),
        ],
        {"opioid-order-ldn-active": C},
        mentions=("on-hold", "opioid-free"),
        unsaid=("withdrawal from the opioid", "opioid causes withdrawal"),
    ),
    Case(
        "V25",
        [
            ordering("hydrocodone-acetaminophen 5-325 mg tablet", "1 tablet every 6 hours"),
            ALCOHOL,
            given("Vivitrol 380 mg", on=D - 10),
        ],
        {"opioid-order-depot-naltrexone-active": C},
    ),
    Case(
        "V27",
        [
            ordering("oxycodone 5 mg tablet"),
            prescribed("Contrave 8-90 mg ER tablet", on=D - 40, sig="Take 2 tablets twice a day"),
        ],
        {"opioid-order-standard-naltrexone-active": C},
        unsaid=("low-dose naltrexone", "low dose"),
    ),
    Case(
        "V29",
        [ordering("guaifenesin-codeine 100-10 mg/5 mL oral liquid"), taking_ldn("4.5")],
        {"opioid-cough-or-gut-order-naltrexone-active": W},
    ),
    Case(
        "V31",
        [
            ordering_ldn("4.5"),
            taking_ldn("4.5", status="on-hold"),
            dispensed("oxycodone 5 mg tablet", on=D - 13, days=10),
        ],
        {"ldn-order-opioid-washout": C},
        never=("ldn-restart-after-opioid",),
        mentions=("Mar 9, 2026",),
    ),
    Case(
        "V33",
        [ordering_ldn("1.5", dosageInstruction=[dosage("45", text="Take 4.5 mg by mouth at bedtime", when="HS")])],
        {"ldn-tenfold-or-text-mismatch": C},
        unsaid=("isRecommended",),
    ),
    Case(
        "V35",
        [
            ordering(
                "naltrexone 50 mg tablet",
                "Dissolve one 50 mg tablet in 50 mL water, drink 1.5 mL at bedtime",
                reason=("M35.00", "Sjögren syndrome"),
            )
        ],
        {"ldn-home-dilution-sig": W},
        never=("ldn-commercial-tablet-fraction",),
    ),
    Case(
        "V37",
        [
            liquid(
                "naltrexone HCl 1 mg/mL oral liquid, pharmacy-prepared, unpreserved",
                90,
                60,
                "Unpreserved. Keep in the refrigerator.",
            )
        ],
        {"ldn-liquid-exceeds-bud": W},
        never=("ldn-home-dilution-sig",),
    ),
    Case(
        "V39",
        [
            ordering_ldn(
                "1.5",
                dispenseRequest={
                    "numberOfRepeatsAllowed": 0,
                    "quantity": {"value": 90, "unit": "capsule"},
                    "expectedSupplyDuration": {"value": 90, "unit": "days", "code": "d"},
                },
            )
        ],
        {"ldn-titration-plan-missing": I},
    ),
    Case(
        "V41",
        [ordering_ldn("1.5", reason=("F10.20", "Alcohol dependence, uncomplicated"))],
        {"ldn-dose-for-oud-aud-indication": W},
    ),
    Case(
        "V43",
        [ordering("naltrexone capsule", "take as directed", reason=("G35", "Multiple sclerosis"))],
        {"ldn-dose-not-computable": W},
    ),
    Case(
        "V45",
        [ordering_onlabel(), ALCOHOL, having("K72.90", "Hepatic failure, decompensated cirrhosis of liver")],
        {"ldn-severe-liver-disease": W},
        never=("ldn-start-dose-high", "ldn-compound-details-missing", "ldn-timing-unspecified"),
    ),
    Case(
        "V47",
        [
            ordering_ldn("4.5", reason=("K50.90", "Crohn's disease")),
            Fact("patient", {"resourceType": "Patient", "id": "anna-example", "birthDate": "2013-12-01"}),
            measured(
                "29463-7",
                on=D - 3,
                place="vitalSigns",
                valueQuantity={"value": 30, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
            ),
        ],
        {"ldn-pediatric": W},
        never=("ldn-start-dose-high",),
        mentions=("3\u00a0mg", "mL"),
    ),
    Case(
        "V49",
        [
            taking_ldn("4.5"),
            Fact(
                "serviceRequests",
                {
                    "resourceType": "ServiceRequest",
                    "id": "surgery-1",
                    "status": "active",
                    "intent": "order",
                    "code": {"text": "Inguinal hernia repair under general anesthesia"},
                    "occurrenceDateTime": (D + 5).isoformat(),
                    "subject": {"reference": "Patient/anna-example"},
                },
            ),
        ],
        {"ldn-planned-surgery": W},
        hook=Hook.PATIENT_VIEW,
        mentions=("Mar 3, 2026",),
    ),
    Case(
        "V51",
        [ordering_ldn("1.5"), prescribed("Contrave 8-90 mg ER tablet", on=D - 40, sig="Take 2 tablets twice a day")],
        {"ldn-contrave-overlap": W},
        never=("ldn-duplicate-opioid-antagonist",),
    ),
    Case(
        "V53",
        [ordering_ldn("1.5"), failed("medicationRequests")],
        {"ldn-med-list-unreadable": W},
        unsaid=("no opioid was found", "no opioids found"),
    ),
    Case("V55", [taking_ldn("4.5", since=D - 112)], {"ldn-benefit-review-due": I}, hook=Hook.PATIENT_VIEW),
    Case(
        "V57",
        [
            ordering_ldn("1.5"),
            measured(
                "1742-6",
                on=D - 20,
                valueQuantity={"value": 280, "unit": "U/L", "system": "http://unitsofmeasure.org", "code": "U/L"},
                referenceRange=[{"high": {"value": 40, "unit": "U/L"}}],
            ),
        ],
        {"ldn-transaminases-high": W},
    ),
    Case("V59", [ordering_ldn("1.5"), partial("medicationRequests")], {"ldn-med-list-unreadable": W}),
    Case(
        "V61a",
        [ordering_ldn("1.5"), prescribed("disulfiram 250 mg tablet", on=D - 20)],
        {"ldn-disulfiram-hepatotoxin": I},
    ),
    Case(
        "V61b",
        [ordering_onlabel(), ALCOHOL, prescribed("disulfiram 250 mg tablet", on=D - 20)],
        {"ldn-disulfiram-hepatotoxin": W},
        never=("ldn-start-dose-high", "ldn-dose-above-studied-range"),
    ),
    Case(
        "V63",
        [
            liquid(
                "naltrexone HCl 1 mg/mL oral liquid, pharmacy-prepared, preserved with sodium benzoate",
                45,
                30,
                "Preserved.",
            ),
            allergic_to("Sodium benzoate", criticality="high", reaction="Anaphylaxis"),
        ],
        {"ldn-excipient-sensitivity": W},
        never=("naltrexone-allergy",),
    ),
    Case(
        "V65",
        [
            ordering_ldn("1.5"),
            having("Z39.1", "Encounter for care and examination of lactating mother"),
            having("Z39.2", "Routine postpartum follow-up"),
        ],
        {"ldn-lactation": I},
        never=("ldn-pregnancy",),
    ),
    Case(
        "V67",
        [
            ordering_ldn("4.5"),
            dispensed("naltrexone 4.5 mg capsule", on=D - 75, days=30, sig="Take 1 capsule (4.5 mg) at bedtime"),
        ],
        {"ldn-refill-gap": I},
    ),
    Case(
        "V69",
        [taking_ldn("4.5", status="on-hold"), dispensed("oxycodone 5 mg tablet", on=D - 14, days=6)],
        {"ldn-restart-after-opioid": I},
        never=("ldn-next-step-due",),
        hook=Hook.PATIENT_VIEW,
        mentions=("Mar 4, 2026",),
    ),
    Case(
        "V71",
        [ordering_ldn("1.5"), measured("44260-8", on=D - 10, place="surveys", valueInteger=1)],
        {"ldn-suicidality-severe-depression": I},
        unsaid=("contraindicat",),
    ),
    Case(
        "V73",
        [
            ordering(
                "levothyroxine 75 mcg tablet",
                "Take 1 tablet (75 mcg) by mouth once daily",
                mg="75",
                reason=None,
                dosageInstruction=[dosage("75", text="Take 1 tablet (75 mcg) by mouth once daily", unit="ug")],
            ),
            prescribed("levothyroxine 100 mcg tablet", on=D - 200, sig="Take 1 tablet (100 mcg) by mouth once daily"),
            taking_ldn("4.5", since=D - 30),
        ],
        {"ldn-thyroid-no-preemptive-change": I},
    ),
    Case("V75", [ordering_ldn("4.5"), taking_ldn("1.5", since=D - 10)], {"ldn-titration-step-large": W}),
    Case("V77", [ALCOHOL, ordering_ldn("50", reason=None)], {}, nothing_else=True),
]

NOTHING = [
    Case("N01", [ordering_onlabel(), ALCOHOL]),
    Case(
        "N03",
        [
            ordering(
                "naltrexone 380 mg extended-release suspension (Vivitrol)",
                "Inject 380 mg intramuscularly every 4 weeks",
                reason=("F10.20", "Alcohol dependence"),
            ),
            ALCOHOL,
        ],
    ),
    Case(
        "N05",
        [ordering_onlabel(reason=("L29.8", "Cholestatic pruritus")), having("K74.3", "Primary biliary cholangitis")],
    ),
    Case("N07", [*renewal(), having("M79.7", "Fibromyalgia")]),
    Case("N09", [*renewal(), reported("dextromethorphan 30 mg/5 mL syrup (over the counter)", asserted=D - 1)]),
    Case(
        "N11",
        [
            *renewal(reason=("M05.79", "Rheumatoid arthritis")),
            prescribed("methotrexate 15 mg weekly", on=D - 90),
            prescribed("adalimumab 40 mg pen", on=D - 90),
        ],
    ),
    Case(
        "N13",
        [
            ordering("methylnaltrexone 12 mg/0.6 mL subcutaneous injection", "Inject 12 mg every other day"),
            prescribed("morphine sulfate ER 30 mg tablet", on=D - 20),
        ],
    ),
    Case("N15", [*renewal(), given("fentanyl citrate 50 mcg/mL injection", on=D - 21)]),
    Case(
        "N17",
        [
            ordering("oxycodone 5 mg tablet"),
            prescribed(
                "naltrexone 50 mg tablet", on=D - 360, status="completed", until=D - 180, sig="Take 50 mg daily"
            ),
        ],
    ),
    Case(
        "N19",
        [
            ordering("buprenorphine-naloxone 8-2 mg sublingual film", "1 film daily"),
            having("F11.20", "Opioid dependence"),
        ],
    ),
    Case(
        "N21",
        [
            *renewal(),
            prescribed("oxycodone 5 mg tablet", on=D - 5, status="entered-in-error"),
            prescribed("oxycodone 5 mg tablet", on=D - 5, status="cancelled"),
        ],
    ),
    Case("N23", [ordering("naloxone 4 mg nasal spray", "1 spray in one nostril for overdose"), taking_ldn("4.5")]),
    Case("N25", [screening("Urine drug screen immunoassay panel including oxycodone")]),
    Case(
        "N27",
        [
            *renewal(),
            measured(
                "33914-3",
                on=D - 10,
                valueQuantity={"value": 55, "unit": "mL/min/{1.73_m2}", "code": "mL/min/{1.73_m2}"},
            ),
            measured(
                "1742-6",
                on=D - 10,
                valueQuantity={"value": 60, "unit": "U/L", "code": "U/L"},
                referenceRange=[{"high": {"value": 40, "unit": "U/L"}}],
            ),
        ],
    ),
    Case(
        "N29",
        [
            *renewal(),
            having("Z81.3", "Family history of other psychoactive substance abuse: father with opioid use disorder"),
        ],
    ),
    Case("N33", [stepped(), taking_ldn("1.5", since=D - 30)]),
]


ADVICE_ON_THE_ORDER = (
    "naltrexone-50-ldn-intent-mismatch",
    "ldn-dose-for-oud-aud-indication",
    "naltrexone-dose-between-bands",
    "ldn-start-dose-high",
    "ldn-dose-above-studied-range",
    "ldn-unit-microgram-check",
    "ldn-split-daily-dosing",
    "ldn-titration-plan-missing",
    "ldn-titration-step-large",
    "ldn-refill-gap",
    "ldn-timing-unspecified",
    "ldn-insomnia-move-to-morning",
    "ldn-compound-details-missing",
    "ldn-indication-evidence",
    "ldn-indication-missing",
    "ldn-monitoring-plan",
)
FREE = {"ldn-order-review", "ldn-monitoring-plan"}


@pytest.mark.parametrize("case", SOMETHING, ids=[case.id for case in SOMETHING])
def test_what_the_panel_asks_for_is_said_at_exactly_that_level(case: Case) -> None:
    answer = a_review(*case.facts, hook=case.hook)
    spoken = findings(answer)
    problems = [
        f"{rule} should be {level}, is {spoken.get(rule, 'silent')}"
        for rule, level in case.says.items()
        if spoken.get(rule) != level
    ]
    extra = {rule: level for rule, level in spoken.items() if rule not in case.says and rule not in FREE}
    problems += [
        f"{rule} spoke as {level}, unasked" for rule, level in extra.items() if level != I or case.nothing_else
    ]
    problems += [f"{rule} must not appear" for rule in case.never if rule in spoken]
    text = _text(answer)
    problems += [f"nothing names {words!r}" for words in case.mentions if words not in text]
    problems += [f"it says {words!r}" for words in case.unsaid if words.casefold() in text.casefold()]
    problems += _true_of_every_row(answer)
    assert not problems, f"{case.id}: {'; '.join(problems)}\n{text[:3000]}"


@pytest.mark.parametrize("case", NOTHING, ids=[case.id for case in NOTHING])
def test_nothing_is_said_where_the_panel_wants_silence(case: Case) -> None:
    answer = a_review(*case.facts, hook=case.hook)
    assert answer.cards == [], f"{case.id}: {[(c['indicator'], c['summary']) for c in answer.cards]}"


def test_an_override_of_thirty_days_ago_is_remembered(database: str) -> None:
    """N31: low-dose naltrexone beside tramadol as needed, a specialist's plan for both, the same doses since."""
    from tests.memories import a_practice, overridden  # not above: the other rows need no service and no database

    chart = [
        *renewal(),
        prescribed("tramadol 50 mg tablet", on=D - 60, days=180, sig="1 tablet every 6 hours as needed"),
    ]
    with a_practice(database) as practice:
        (card,) = practice.calls(*chart)
        assert card["indicator"] == C
        practice.tells(overridden(card["uuid"], "documented-co-therapy-plan"))
        practice.clock.pass_(days=30)
        assert practice.calls(*renewal(), *chart[3:], today=D + 30) == []


def _text(answer: Answer) -> str:
    return json.dumps(answer.cards, default=str, ensure_ascii=False)


def _true_of_every_row(answer: Answer) -> list[str]:
    problems = [f"summary of {len(c['summary'])} characters" for c in answer.cards if len(c["summary"]) >= 140]
    spoken = findings(answer)
    for card in answer.cards:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                resource = action.get("resource", {})
                ends = action["type"] == "update" and resource.get("status") in ("stopped", "completed", "cancelled")
                if ends and "low-dose naltrexone" not in suggestion["label"]:
                    problems.append(f"{suggestion['label']} ends something")
    conflict = any(
        entry["rule"].startswith(("ldn-order-", "ldn-opioid-dates")) and entry["indicator"] == C
        for card in answer.cards
        for entry in card["extension"]["ldn-cds.findings"]
    )
    if conflict:
        problems += [f"{rule} advises on an order in conflict" for rule in ADVICE_ON_THE_ORDER if rule in spoken]
    return problems
