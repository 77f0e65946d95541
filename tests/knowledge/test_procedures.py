"""What counts as an operation."""

from __future__ import annotations

import pytest

from cards.knowledge.procedures import ProcedureTable

SNOMED = "http://snomed.info/sct"


@pytest.fixture(scope="module")
def table() -> ProcedureTable:
    return ProcedureTable.load()


@pytest.mark.parametrize(
    "name",
    [
        "Laparoscopic inguinal hernia repair",
        "Total knee arthroplasty, right",
        "REPLACEMENT OF HIP JOINT, hip replacement",
        "Cholecystectomy",
        "Lumbar fusion L4-L5",
        "C-section",
        "Spinal surgery",
        "Septorhinoplasty",
        "Upper endoscopy under general anesthesia",
        "Excision of mole under sedation",
    ],
)
def test_an_operation_is_known_by_its_name(table: ProcedureTable, name: str) -> None:
    assert table.is_surgical((), [name])


@pytest.mark.parametrize(
    "name",
    [
        "Consult to general surgery",
        "Pre-op visit for hernia repair",
        "Post-operative check after cholecystectomy",
        "Surgical pathology",
        "Phlebotomy",
        "Vasectomy",
        "Cataract surgery",
        "Mole removal under local anaesthesia",
        "Laceration repair",
        "Wheelchair repair",
        "Hormone replacement therapy",
        "Potassium replacement",
        "Colonoscopy",
        "CT abdomen",
        "Anatomy scan",
        "",
    ],
)
def test_visits_and_small_procedures_are_none(table: ProcedureTable, name: str) -> None:
    assert not table.is_surgical((), [name])


def test_the_category_of_surgical_procedures_says_it_whatever_the_words(table: ProcedureTable) -> None:
    category = (SNOMED, "387713003", None)
    assert table.is_surgical([category], ["Procedure 4711"])
    assert not table.is_surgical([("http://example.org", "387713003", None)], ["Procedure 4711"])
    assert not table.is_surgical([category], ["Surgical consultation"])


def test_the_display_of_a_code_is_read_like_words(table: ProcedureTable) -> None:
    assert table.is_surgical([(SNOMED, "80146002", "Appendectomy")], [None])


@pytest.mark.parametrize("words", ["with LC-MS/MS confirmation", "Reflex to mass spectrometry", "confirmatory testing"])
def test_confirmation_is_known_by_its_words(table: ProcedureTable, words: str) -> None:
    assert table.asks_for_confirmation([words])
    assert not table.asks_for_confirmation(["Urine drug screen without confirmation"])
