import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    having,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)
from tests.mending import assert_mends, offered, offers_of, recommended_labels

RULE = "ldn-indication-missing"
FIBROMYALGIA = having("M79.7", "Fibromyalgia")
ALCOHOL = having("F10.20", "Alcohol dependence")


def test_informs_when_no_reason_is_given() -> None:
    card = assert_speaks(a_review(ordering_ldn("1.5", reason=None)), RULE, "info")
    assert recommended_labels(card) == []


@pytest.mark.parametrize(("mg", "speaks"), [("1.5", True), ("12", True), ("12.5", False), ("50", False)])
def test_asks_below_a_full_dose(mg: str, speaks: bool) -> None:
    assert (RULE in findings(a_review(ordering_ldn(mg, reason=None)))) is speaks


def test_asks_when_the_dose_cannot_be_worked_out() -> None:
    assert_speaks(a_review(ordering("naltrexone capsule", "take as directed")), RULE, "info")


def test_also_asks_when_a_use_disorder_is_known() -> None:
    assert_speaks(a_review(ALCOHOL, ordering_ldn("1.5", reason=None)), RULE, "info")


def test_a_reason_by_code_reference_or_word_is_enough() -> None:
    assert_silent(a_review(ordering_ldn("1.5")), RULE)
    own = FIBROMYALGIA.resource
    assert_silent(
        a_review(
            FIBROMYALGIA, ordering_ldn("1.5", reason=None, reasonReference=[{"reference": f"Condition/{own['id']}"}])
        ),
        RULE,
    )
    assert_silent(a_review(ordering_ldn("1.5", reason=None, note=[{"text": "for fibromyalgia"}])), RULE)


def test_stays_silent_for_labelled_products() -> None:
    assert_silent(a_review(ordering_onlabel(reason=None)), RULE)
    assert_silent(
        a_review(ordering("Contrave 8 mg-90 mg extended release tablet", "1 tablet daily", rxnorm="1551468")), RULE
    )


def test_offers_the_patients_own_conditions_first() -> None:
    card = assert_speaks(a_review(FIBROMYALGIA, ALCOHOL, ordering_ldn("1.5", reason=None)), RULE, "info")
    reasons = offers_of(card, "reason")
    assert [s["label"] for s in reasons] == ["Record the reason on the chart: fibromyalgia"]
    assert offered(card, "fibromyalgia")["reasonReference"] == [
        {"reference": f"Condition/{FIBROMYALGIA.resource['id']}"}
    ]


def test_every_offer_mends_it() -> None:
    assert_mends([ordering_ldn("1.5", reason=None)], RULE, "reason")
    assert_mends([ordering_ldn("1.5", reason=None), FIBROMYALGIA], RULE, "reason")


def test_is_withheld_while_an_opioid_is_taken() -> None:
    assert_silent(a_review(ordering_ldn("1.5", reason=None), prescribed("oxycodone 5 mg tablet", on=D - 3)), RULE)


def test_needs_no_list() -> None:
    assert_speaks(
        a_review(failed("conditions"), failed("medicationRequests"), ordering_ldn("1.5", reason=None)), RULE, "info"
    )
