"""What gets no card, on purpose (``[[silences]]`` in ``committee.toml``): each of them, with an order and on a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from cards import Hook
from cds_hooks.rulebook.telling import committee_words
from tests.charts import (
    D,
    Fact,
    a_review,
    dispensed,
    findings,
    given,
    having,
    ordering,
    ordering_ldn,
    prescribed,
    reported,
    taking_ldn,
)

Case = Sequence[Fact]
RENEWED = ("M79.7", "Fibromyalgia")


def daily(*drugs: str) -> list[Fact]:
    """Medicines that were taken for months."""
    return [prescribed(drug, on=D - 60, days=120) for drug in drugs]


BESIDE: Mapping[str, Sequence[Case]] = {
    "Cannabis, THC or cannabidiol beside naltrexone": [
        [reported("cannabidiol 100 mg/mL oral solution", asserted=D - 2)],
        [reported("medical cannabis", asserted=D - 2)],
        [reported("dronabinol 5 mg capsule", asserted=D - 2), having("F12.10", "Cannabis abuse, uncomplicated")],
    ],
    "Dextromethorphan": [[dispensed("dextromethorphan 15 mg/5 mL syrup", on=D - 1, days=7)]],
    "A naloxone or nalmefene rescue kit": [
        [dispensed("naloxone 4 mg nasal spray", on=D - 20, days=30)],
        [dispensed("nalmefene 2.7 mg nasal spray", on=D - 20, days=30)],
    ],
    "Naloxone given in an emergency to somebody on low-dose naltrexone": [[given("naloxone 0.4 mg injection", on=D)]],
    "Anti-inflammatory drugs, acetaminophen, gabapentin and its like, duloxetine, amitriptyline": [
        daily("ibuprofen 400 mg tablet", "acetaminophen 500 mg tablet", "naproxen 500 mg tablet"),
        daily("gabapentin 300 mg capsule", "pregabalin 75 mg capsule"),
        daily("duloxetine 30 mg capsule", "amitriptyline 10 mg tablet"),
    ],
    "Methotrexate, hydroxychloroquine, biologics or steroids for autoimmune disease": [
        daily("methotrexate 2.5 mg tablet", "hydroxychloroquine 200 mg tablet", "prednisone 5 mg tablet"),
        [*daily("adalimumab 40 mg injection"), having("M06.9", "Rheumatoid arthritis, unspecified")],
    ],
    "Checkpoint inhibitors and chemotherapy": [
        [given("pembrolizumab 200 mg infusion", on=D - 7), having("C34.90", "Malignant neoplasm of bronchus or lung")],
        daily("capecitabine 500 mg tablet"),
    ],
    "Levothyroxine at a steady dose": [daily("levothyroxine 75 mcg tablet")],
    "Liver tests before a start in somebody without a risk to the liver": [[]],
    "Alcohol use": [[having("Z72.89", "Other problems related to lifestyle")], [having("F10.90", "Alcohol use")]],
}
"""What stands beside a low-dose order, or beside low-dose naltrexone that is taken."""

ORDERED: Mapping[str, Sequence[Case]] = {
    "A renewal of the same low dose with nothing new on the chart": [
        [taking_ldn("4.5", reasonCode=[{"text": "Fibromyalgia"}]), ordering_ldn("4.5", reason=RENEWED)]
    ],
    "Insurance, price, choice of pharmacy": [
        [
            ordering_ldn("1.5", insurance=[{"display": "Example health plan"}]),
            having("Z59.7", "Insufficient social insurance and welfare support"),
        ]
    ],
    "Methylnaltrexone by itself": [
        [ordering("methylnaltrexone 150 mg tablet", "Take 3 tablets every morning", mg=450)]
    ],
    "Buprenorphine with naloxone for somebody who takes no naltrexone": [
        [ordering("buprenorphine/naloxone 8 mg-2 mg sublingual film", "One film daily", mg=8)],
        [reported("buprenorphine/naloxone 8 mg-2 mg sublingual film", asserted=D - 2)],
    ],
}
"""What is ordered, or stands on the chart, by itself."""


def cases(of: Mapping[str, Sequence[Case]]) -> list[object]:
    return [pytest.param(facts, id=f"{when} {nth}") for when, each in of.items() for nth, facts in enumerate(each, 1)]


def test_every_silence_that_was_decided_has_its_case() -> None:
    decided = [one["when"] for one in committee_words()["silences"]]
    assert [*BESIDE, *ORDERED] == decided


@pytest.mark.parametrize("facts", cases(BESIDE))
def test_it_brings_no_card_beside_a_first_low_dose(facts: Case) -> None:
    assert findings(a_review(ordering_ldn("1.5"), *facts)) == {}


@pytest.mark.parametrize("facts", cases(BESIDE))
def test_it_brings_no_card_on_the_chart_of_somebody_on_a_low_dose(facts: Case) -> None:
    assert findings(a_review(taking_ldn("4.5", since=D - 30), *facts, hook=Hook.PATIENT_VIEW)) == {}


@pytest.mark.parametrize("facts", cases(ORDERED))
def test_it_brings_no_card_by_itself(facts: Case) -> None:
    for hook in (Hook.ORDER_SIGN, Hook.ORDER_SELECT):
        assert findings(a_review(*facts, hook=hook)) == {}


def test_a_problem_list_that_would_matter_is_not_passed_over() -> None:
    """The charts above are looked at: with an opioid on them, the same orders are stopped."""
    opioid = dispensed("oxycodone 5 mg tablet", on=D - 6, days=30)
    for each in BESIDE.values():
        for facts in each:
            assert findings(a_review(ordering_ldn("1.5"), *facts, opioid)).get("ldn-order-active-opioid") == "critical"
