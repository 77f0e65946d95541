"""Tests are recognised by code or name, and their answers read as yes, no or a number in the normal unit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cards.knowledge.labs import LabTable
from cards.labs import LabTest, Outcome

LOINC = "http://loinc.org"
SNOMED_CT = "http://snomed.info/sct"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


@pytest.fixture(scope="module")
def table() -> LabTable:
    return LabTable.load()


@pytest.mark.parametrize(
    ("code", "test", "screens", "is_immunoassay"),
    [
        ("1742-6", LabTest.ALT, None, None),
        ("1920-8", LabTest.AST, None, None),
        ("1975-2", LabTest.BILIRUBIN, None, None),
        ("14631-6", LabTest.BILIRUBIN, None, None),
        ("98979-8", LabTest.EGFR, None, None),
        ("3016-3", LabTest.TSH, None, None),
        ("82810-3", LabTest.PREGNANCY_STATUS, None, None),
        ("63895-7", LabTest.LACTATION_STATUS, None, None),
        ("44261-6", LabTest.PHQ9_TOTAL, None, None),
        ("44260-8", LabTest.PHQ9_SUICIDALITY, None, None),
        ("19642-8", LabTest.OPIOID_SCREEN, "oxycodone", True),
        ("16249-5", LabTest.OPIOID_SCREEN, "oxycodone", False),
        ("19295-5", LabTest.OPIOID_SCREEN, "opiates", True),
        ("11235-9", LabTest.OPIOID_SCREEN, "fentanyl", None),
        ("72732-1", LabTest.OPIOID_SCREEN, "kratom", False),
        ("90894-7", LabTest.OPIOID_SCREEN, "noroxymorphone", False),  # naltrexone turns into it
        ("18334-3", LabTest.NALTREXONE_SCREEN, None, False),
    ],
)
def test_a_loinc_code_names_its_test(
    table: LabTable, code: str, test: LabTest, screens: str | None, is_immunoassay: bool | None
) -> None:
    named = table.test_of(((LOINC, code, None),), None)
    assert named is not None
    assert (named.test, named.screens, named.is_immunoassay) == (test, screens, is_immunoassay)


@pytest.mark.parametrize(
    "code",
    [
        "19138-7",  # the cut-off of an opiate assay
        "78828-1",  # a z-score
        "40528-2",  # opiates in hair
        "77207-9",  # naloxone
        "1971-1",  # indirect bilirubin
        "1916-6",  # AST/ALT
        "11996-6",  # how many pregnancies in a lifetime
    ],
)
def test_what_is_not_a_result_of_ours_is_no_test(table: LabTable, code: str) -> None:
    assert table.test_of(((LOINC, code, None),), None) is None


def test_the_digits_of_alt_are_a_race_code_in_another_system(table: LabTable) -> None:
    race = "http://terminology.hl7.org/CodeSystem/v3-Race"
    assert table.test_of(((race, "1742-6", "Alaskan Athabascan"),), None) is None
    assert table.test_of(((None, "1742-6", None),), None) is None
    assert table.test_of((("urn:oid:2.16.840.1.113883.6.1", "1742-6", None),), None) is not None


@pytest.mark.parametrize(
    ("text", "test", "screens"),
    [
        ("ALT (SGPT)", LabTest.ALT, None),
        ("Bilirubin, Total", LabTest.BILIRUBIN, None),
        ("eGFR CKD-EPI 2021", LabTest.EGFR, None),
        ("COWS Total Score", LabTest.COWS, None),
        ("Clinical Opiate Withdrawal Scale (COWS)", LabTest.COWS, None),
        ("PHQ-9 Total Score", LabTest.PHQ9_TOTAL, None),
        ("PHQ-9 Item 9", LabTest.PHQ9_SUICIDALITY, None),
        ("Oxycodone, Urine, Immunoassay", LabTest.OPIOID_SCREEN, "oxycodone"),
        ("FENTANYL SCREEN, UR", LabTest.OPIOID_SCREEN, "fentanyl"),
        ("6-MAM confirmation", LabTest.OPIOID_SCREEN, "heroin"),
        ("Opioid screen", LabTest.OPIOID_SCREEN, "opioids"),
        ("Naltrexone level", LabTest.NALTREXONE_SCREEN, None),
        ("hCG, qualitative, serum", LabTest.PREGNANCY_TEST, None),
    ],
)
def test_a_name_names_its_test(table: LabTable, text: str, test: LabTest, screens: str | None) -> None:
    named = table.test_of((), text)
    assert named is not None
    assert (named.test, named.screens) == (test, screens)


@pytest.mark.parametrize(
    "text",
    [
        "AST/ALT ratio",
        "Bilirubin, Direct",
        "Bilirubin, Urine",
        "Albumin/Creatinine Ratio",
        "Creatinine, Urine",
        "TSH receptor antibody",
        "EGFR gene mutation",
        "PHQ-9 Question 3",
        "Cow's milk IgE",
        "COWS milk IgE",
        "Morphine",  # no specimen: an order, a dose, an allergy
        "Morphine equivalent dose, blood level",
        "Opiates cutoff, urine",
        "Opiates, hair",
        "Opioid risk tool screen",
        "Cortisol 6 AM serum",
        "Glucose",
        "",
    ],
)
def test_a_name_that_only_looks_like_one_of_ours_is_no_test(table: LabTable, text: str) -> None:
    assert table.test_of((), text) is None


def test_the_panel_lends_its_parts_specimen_and_method(table: LabTable) -> None:
    named = table.test_of((), "Oxycodone", "Urine drug screen, immunoassay")
    assert named is not None
    assert (named.test, named.screens, named.is_immunoassay) == (LabTest.OPIOID_SCREEN, "oxycodone", True)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("POS", Outcome.POSITIVE),
        ("Positive", Outcome.POSITIVE),
        ("presumptive positive", Outcome.POSITIVE),
        ("Detected", Outcome.POSITIVE),
        (">300", Outcome.POSITIVE),
        ("> 300 ng/mL", Outcome.POSITIVE),
        ("2+", Outcome.POSITIVE),
        ("Negative for opiates; positive for fentanyl", Outcome.POSITIVE),
        ("neg", Outcome.NEGATIVE),
        ("None Detected", Outcome.NEGATIVE),
        ("NOT DETECTED", Outcome.NEGATIVE),
        ("No drugs detected", Outcome.NEGATIVE),
        ("<50 ng/mL", Outcome.NEGATIVE),
        ("0", Outcome.NEGATIVE),
        ("Not pregnant", Outcome.NEGATIVE),
        ("Pregnant", Outcome.POSITIVE),
        ("Currently breastfeeding", Outcome.POSITIVE),
        ("150", Outcome.UNKNOWN),
        ("pending", Outcome.UNKNOWN),
        ("N/A", Outcome.UNKNOWN),
        ("see note", Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
        ("positive " * 10_000, Outcome.UNKNOWN),
    ],
)
def test_an_answer_in_words_is_read(table: LabTable, text: str | None, outcome: Outcome) -> None:
    assert table.outcome_in_words(text) is outcome


@pytest.mark.parametrize(
    ("system", "code", "outcome"),
    [
        (SNOMED_CT, "10828004", Outcome.POSITIVE),
        (SNOMED_CT, "260415000", Outcome.NEGATIVE),
        (SNOMED_CT, "77386006", Outcome.POSITIVE),  # pregnant
        (SNOMED_CT, "60001007", Outcome.NEGATIVE),  # not pregnant
        (SNOMED_CT, "169750002", Outcome.POSITIVE),  # breastfeeding
        (LOINC, "LA6577-6", Outcome.NEGATIVE),
        (INTERPRETATION, "POS", Outcome.POSITIVE),
        (INTERPRETATION, "ND", Outcome.NEGATIVE),
        ("http://hl7.org/fhir/v2/0078", "A", Outcome.POSITIVE),
        (None, "NEG", Outcome.NEGATIVE),
        ("http://example.org/local", "260373001", Outcome.UNKNOWN),
    ],
)
def test_a_coded_answer_is_read(table: LabTable, system: str | None, code: str, outcome: Outcome) -> None:
    assert table.outcome_of_codes(((system, code, None),)) is outcome


@pytest.mark.parametrize(
    ("test", "value", "unit", "normal"),
    [
        (LabTest.ALT, "250", "U/L", "250"),
        (LabTest.ALT, "250", "IU/L", "250"),
        (LabTest.ALT, "2", "ukat/L", "120"),
        (LabTest.ALT, "2", "\u00b5kat/L", "120"),
        (LabTest.BILIRUBIN, "51.3", "umol/L", "3"),
        (LabTest.CREATININE, "88.4", "\u03bcmol/L", "1"),
        (LabTest.EGFR, "28", "mL/min/{1.73_m2}", "28"),
        (LabTest.EGFR, "28", "mL/min/1.73m\u00b2", "28"),
        (LabTest.TSH, "4.2", "u[IU]/mL", "4.2"),
        (LabTest.GESTATIONAL_AGE, "70", "d", "10"),
        (LabTest.PHQ9_TOTAL, "21", "{score}", "21"),
    ],
)
def test_a_value_is_told_in_the_normal_unit(table: LabTable, test: LabTest, value: str, unit: str, normal: str) -> None:
    assert table.normal(test, Decimal(value), unit) == Decimal(normal)


def test_a_value_in_a_foreign_unit_is_not_guessed(table: LabTable) -> None:
    assert table.normal(LabTest.ALT, Decimal(3), "mg/dL") is None
    assert table.normal(LabTest.BILIRUBIN, Decimal(3), "") is None


def test_every_test_with_a_unit_can_be_told_in_it(table: LabTable) -> None:
    assert not [test for test in LabTest if test.unit and table.normal(test, Decimal(1), test.unit) != 1]
