"""Organ transplant."""

from __future__ import annotations

import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    having,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)
from tests.mending import assert_mends, offered

RULE = "ldn-transplant-immunosuppression"
KIDNEY = having("Z94.0", "Kidney transplant status")
TACROLIMUS = prescribed("tacrolimus 1 mg capsule", on=D - 20)


def test_informs_after_a_transplant_on_a_card_of_its_own() -> None:
    answer = a_review(ordering_ldn(), KIDNEY)
    card = assert_speaks(answer, RULE, "info")
    assert card["source"]["topic"]["code"] == "ldntransplantimmunosuppression"
    assert len(answer.cards) == 1


@pytest.mark.parametrize("drug", ["tacrolimus 1 mg capsule", "cyclosporine 100 mg capsule", "sirolimus 1 mg tablet"])
def test_a_medicine_of_transplantation_points_to_one(drug: str) -> None:
    assert_speaks(a_review(ordering_ldn(), prescribed(drug, on=D - 20)), RULE, "info")


@pytest.mark.parametrize(
    "told",
    [
        [prescribed("methotrexate 2.5 mg tablet", on=D - 20)],
        [prescribed("adalimumab 40 mg injection", on=D - 20), having("M06.9", "Rheumatoid arthritis, unspecified")],
        [prescribed("tacrolimus 0.1 % ointment", on=D - 20)],
        [prescribed("cyclosporine 100 mg capsule", on=D - 20), having("L40.0", "Psoriasis vulgaris")],
        [prescribed("everolimus 10 mg tablet", on=D - 20), having("C50.919", "Malignant neoplasm of breast")],
        [
            prescribed(
                "cyclosporine 100 mg capsule",
                on=D - 20,
                reasonCode=[{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "K51.90"}]}],
            )
        ],
    ],
    ids=["methotrexate", "biologic", "ointment", "psoriasis", "cancer", "own reason"],
)
def test_stays_silent_about_treatment_of_autoimmune_disease_and_cancer(told) -> None:
    assert_silent(a_review(ordering_ldn(), *told), RULE)


def test_a_transplant_counts_whatever_else_there_is() -> None:
    assert_speaks(a_review(ordering_ldn(), KIDNEY, TACROLIMUS, having("L40.0", "Psoriasis vulgaris")), RULE, "info")


def test_leaves_a_full_dose_order_alone() -> None:
    assert_silent(a_review(ordering_onlabel(), KIDNEY), RULE)


def test_what_nobody_told_is_not_taken_for_none() -> None:
    answer = a_review(ordering_ldn(), failed("conditions"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)


def test_is_quiet_while_the_order_waits_for_an_answer() -> None:
    facts = [ordering_ldn(), KIDNEY]
    assert_mends(facts, RULE, "Hold")
    card = assert_speaks(a_review(*facts), RULE, "info")
    assert offered(card, "Ask the transplant team")["resourceType"] == "ServiceRequest"
