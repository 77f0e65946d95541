"""AllergyIntolerance resources of every FHIR version become entries of the allergy list."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cards.allergies import Allergy, AllergyKind, Excipient, Reaction
from cards.knowledge.excipients import ExcipientTable
from cards.knowledge.loading import Knowledge
from cards.reading import shapes
from cards.reading.allergies import read_allergy

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED_CT = "http://snomed.info/sct"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge.load()


def an_allergy(text: str | None = "Naltrexone", **changes: Any) -> shapes.AllergyIntolerance:
    body = {"resourceType": "AllergyIntolerance", "id": "a1", "code": {"text": text}, **changes}
    return msgspec.convert(body, shapes.AllergyIntolerance)


def read(resource: shapes.AllergyIntolerance, knowledge: Knowledge) -> Allergy:
    allergy = read_allergy(resource, knowledge)
    assert allergy is not None
    return allergy


@pytest.mark.parametrize(
    "substance",
    [
        {"text": "Naltrexone"},
        {"text": "naltrexone allergy"},
        {"text": "Allergy to naltrexone"},
        {"text": "NALTREXONE HYPERSENSITIVITY"},
        {"coding": [{"system": RXNORM, "code": "7243"}]},
        {"coding": [{"system": SNOMED_CT, "code": "294276006"}]},
    ],
)
@pytest.mark.parametrize("element", ["code", "substance"])
def test_an_allergy_to_naltrexone_is_recognised(knowledge: Knowledge, substance: dict[str, Any], element: str) -> None:
    resource = an_allergy(**{"code": None, element: substance})
    allergy = read(resource, knowledge)
    assert allergy.substance_drug is not None
    assert allergy.substance_drug.is_naltrexone
    assert (allergy.label, allergy.reference, allergy.is_active) == ("naltrexone", "AllergyIntolerance/a1", True)


def test_naloxone_is_not_naltrexone(knowledge: Knowledge) -> None:
    allergy = read(an_allergy("Naloxone"), knowledge)
    assert allergy.substance_drug is not None
    assert not allergy.substance_drug.is_naltrexone


def test_the_substance_may_be_told_only_within_the_reaction(knowledge: Knowledge) -> None:
    resource = an_allergy("Drug allergy", reaction=[{"substance": {"text": "naltrexone"}}])
    assert read(resource, knowledge).label == "naltrexone"


@pytest.mark.parametrize(
    ("text", "excipient"),
    [
        ("Lactose", Excipient.LACTOSE),
        ("Lactose intolerance", Excipient.LACTOSE),
        ("Gelatin (porcine)", Excipient.GELATIN),
        ("FD&C Red No. 40", Excipient.DYE),
        ("Tartrazine", Excipient.DYE),
        ("Methylparaben", Excipient.PARABEN),
        ("Sodium benzoate", Excipient.BENZOATE),
        ("Microcrystalline cellulose", Excipient.CELLULOSE),
        ("Carboxymethylcellulose", Excipient.CARMELLOSE),
        ("poly(lactide-co-glycolide)", Excipient.DEPOT_POLYMER),
    ],
)
def test_an_excipient_is_recognised(knowledge: Knowledge, text: str, excipient: Excipient) -> None:
    allergy = read(an_allergy(text), knowledge)
    assert (allergy.excipient, allergy.substance_drug, allergy.label) == (excipient, None, excipient.value)


@pytest.mark.parametrize(
    "text",
    [
        "IV contrast dye",
        "Hair dye",
        "Iron sucrose",
        "Peanut",
        "Penicillin",
        "No known drug allergies",
        "No known allergy to naltrexone",
        "",
        None,
    ],
)
def test_what_no_rule_asks_for_is_left_out(knowledge: Knowledge, text: str | None) -> None:
    assert read_allergy(an_allergy(text), knowledge) is None


@pytest.mark.parametrize(
    ("changes", "is_active"),
    [
        ({}, True),
        ({"clinicalStatus": "active"}, True),
        ({"clinicalStatus": {"coding": [{"code": "active"}]}}, True),
        ({"clinicalStatus": "inactive"}, False),
        ({"clinicalStatus": {"coding": [{"code": "resolved"}]}}, False),
        ({"status": "confirmed"}, True),
        ({"status": "unconfirmed"}, True),
        ({"status": "inactive"}, False),
    ],
)
def test_the_status_has_a_shape_in_every_version(
    knowledge: Knowledge, changes: dict[str, Any], is_active: bool
) -> None:
    assert read(an_allergy(**changes), knowledge).is_active is is_active


@pytest.mark.parametrize("code", ["refuted", "entered-in-error"])
@pytest.mark.parametrize("element", ["status", "verificationStatus"])
def test_what_is_refuted_or_entered_in_error_is_left_out(knowledge: Knowledge, element: str, code: str) -> None:
    assert read_allergy(an_allergy(**{element: code}), knowledge) is None


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("allergy", AllergyKind.ALLERGY),
        ("intolerance", AllergyKind.INTOLERANCE),
        ({"coding": [{"code": "intolerance"}]}, AllergyKind.INTOLERANCE),
        (None, AllergyKind.UNKNOWN),
    ],
)
def test_the_type_is_a_code_or_a_concept(knowledge: Knowledge, told: Any, kind: AllergyKind) -> None:
    assert read(an_allergy(type=told), knowledge).kind is kind


@pytest.mark.parametrize(("told", "is_high"), [("high", True), ("CRITH", True), ("low", False), ("CRITL", False)])
def test_criticality_is_spelled_differently_in_dstu2(knowledge: Knowledge, told: str, is_high: bool) -> None:
    assert read(an_allergy(criticality=told), knowledge).is_high_criticality is is_high


@pytest.mark.parametrize(
    ("manifestation", "reactions", "is_anaphylaxis"),
    [
        ({"text": "Vivid dreams"}, {Reaction.SLEEP}, False),
        ({"coding": [{"display": "Insomnia (disorder)"}]}, {Reaction.SLEEP}, False),
        ({"text": "nausea and vomiting"}, {Reaction.NAUSEA}, False),
        ({"text": "Rash"}, {Reaction.OTHER}, False),
        ({"coding": [{"system": SNOMED_CT, "code": "39579001"}]}, {Reaction.OTHER}, True),
        ({"concept": {"text": "Anaphylactic shock"}}, {Reaction.OTHER}, True),  # R5
    ],
)
def test_reactions_are_told_apart(
    knowledge: Knowledge, manifestation: dict[str, Any], reactions: set[Reaction], is_anaphylaxis: bool
) -> None:
    allergy = read(an_allergy(reaction=[{"manifestation": [manifestation]}]), knowledge)
    assert (allergy.reactions, allergy.is_anaphylaxis) == (reactions, is_anaphylaxis)


def test_a_side_effect_recorded_as_allergy_is_known_as_one(knowledge: Knowledge) -> None:
    told = read(an_allergy("naltrexone - vivid dreams", type="allergy"), knowledge)
    assert told.reactions == {Reaction.SLEEP}
    assert told.is_side_effect_only
    assert not read(an_allergy(type="allergy"), knowledge).is_side_effect_only


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("no lactose", {Excipient.LACTOSE}),
        ("lactose-free, dye-free capsule", {Excipient.LACTOSE, Excipient.DYE}),
        ("Please avoid lactose and gelatin", {Excipient.LACTOSE, Excipient.GELATIN}),
        ("free of dyes", {Excipient.DYE}),
        ("No dyes; microcrystalline cellulose filler", {Excipient.DYE}),
        ("lactose filler", set()),
        ("no refills, lactose filler ok", set()),
        ("", set()),
    ],
)
def test_an_order_may_ask_to_leave_excipients_out(text: str, excluded: set[Excipient]) -> None:
    assert ExcipientTable.load().excluded_in(text) == excluded
