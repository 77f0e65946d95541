import pytest

from tests.charts import a_review, assert_silent, assert_speaks, failed, findings, having, ordering, ordering_ldn
from tests.mending import assert_mends, recommended_labels

RULE = "naltrexone-dose-between-bands"
NEITHER = ("Q82.8", "Hailey-Hailey disease")


@pytest.mark.parametrize(("mg", "speaks"), [("6", False), ("6.5", True), ("12", True), ("12.5", False)])
def test_speaks_above_six_and_below_twelve_and_a_half_milligrams(mg: str, speaks: bool) -> None:
    assert (RULE in findings(a_review(ordering_ldn(mg, reason=NEITHER)))) is speaks


def test_informs_and_recommends_nothing() -> None:
    card = assert_speaks(a_review(ordering_ldn("8", reason=NEITHER)), RULE, "info")
    assert recommended_labels(card) == []


def test_gives_way_where_a_low_dose_is_plainly_meant() -> None:
    answer = a_review(ordering_ldn("8", reason=("M79.7", "Fibromyalgia")))
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-dose-above-studied-range", "warning")


def test_stays_silent_for_a_use_disorder() -> None:
    assert_silent(a_review(having("F10.20", "Alcohol dependence"), ordering_ldn("8", reason=None)), RULE)


def test_stays_silent_for_the_combination_with_bupropion() -> None:
    assert_silent(
        a_review(ordering("Contrave 8 mg-90 mg extended release tablet", "1 tablet daily", rxnorm="1551468")), RULE
    )


def test_every_offer_mends_it() -> None:
    assert_mends([ordering_ldn("8", reason=NEITHER)], RULE)


def test_speaks_without_conditions_and_medication_lists() -> None:
    answer = a_review(failed("conditions"), failed("medicationRequests"), ordering_ldn("8", reason=NEITHER))
    assert_speaks(answer, RULE, "info")
