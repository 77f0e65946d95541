"""Thyroid hormone need."""

from __future__ import annotations

import pytest

from tests.accepting import changes
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    dosage,
    failed,
    findings,
    measured,
    not_sent,
    ordering,
    ordering_ldn,
    prescribed,
    taking_ldn,
)

RULE = "ldn-thyroid-no-preemptive-change"
HASHIMOTO = ("E06.3", "Autoimmune thyroiditis")


def levothyroxine(mcg: str, **told):
    return prescribed(f"levothyroxine {mcg} mcg tablet", on=D - 200, sig="Take 1 tablet by mouth once daily", **told)


def ordering_levothyroxine(mcg: str):
    return ordering(f"levothyroxine {mcg} mcg tablet", f"Take 1 tablet ({mcg} mcg) by mouth once daily")


LOWERED = (ordering_levothyroxine("75"), levothyroxine("100"))


@pytest.mark.parametrize("reason", [HASHIMOTO, ("E03.9", "Hypothyroidism, unspecified")])
def test_informs_at_the_first_low_dose_order_for_thyroid_disease(reason: tuple[str, str]) -> None:
    assert_speaks(a_review(ordering_ldn(reason=reason), levothyroxine("100")), RULE, "info")


def test_a_refill_for_thyroid_disease_is_nothing_new() -> None:
    assert_silent(a_review(ordering_ldn("4.5", reason=HASHIMOTO), taking_ldn("4.5"), levothyroxine("100")))


def test_stays_silent_for_another_reason_and_a_stable_dose() -> None:
    assert_silent(a_review(ordering_ldn(), levothyroxine("100")), RULE)
    assert_silent(a_review(ordering_levothyroxine("100"), levothyroxine("100"), taking_ldn(since=D - 30)), RULE)


def test_informs_when_the_hormone_is_lowered_soon_after_the_start() -> None:
    answer = a_review(*LOWERED, taking_ldn(since=D - 30))
    card = assert_speaks(answer, RULE, "info")
    assert set(findings(answer)) == {RULE}
    assert "levothyroxine to 75\u00a0mcg" in card["summary"]
    assert "100\u00a0mcg" in card["detail"]
    assert changes(card) == [("create", "ServiceRequest")]


def test_reads_a_structured_dose_in_micrograms() -> None:
    draft = ordering("levothyroxine 75 mcg tablet", dosageInstruction=[dosage("75", unit="ug")])
    assert_speaks(a_review(draft, levothyroxine("100"), taking_ldn(since=D - 30)), RULE, "info")


def test_without_directions_one_tablet_a_day_is_assumed() -> None:
    answer = a_review(ordering("levothyroxine 75 mcg tablet"), levothyroxine("100"), taking_ldn(since=D - 30))
    assert_speaks(answer, RULE, "info")


def test_informs_up_to_the_60th_day_after_the_start() -> None:
    assert_speaks(a_review(*LOWERED, taking_ldn(since=D - 60)), RULE, "info")
    assert_silent(a_review(*LOWERED, taking_ldn(since=D - 61)), RULE)


def test_a_renewal_is_no_new_start() -> None:
    fills = [dispensed("naltrexone 4.5 mg capsule", on=D - ago, days=30) for ago in (150, 120, 90, 60, 30)]
    assert_silent(a_review(*LOWERED, *fills), RULE)


def test_a_tsh_since_the_start_settles_it_and_an_older_one_does_not() -> None:
    def tsh(ago: int):
        return measured("3016-3", on=D - ago, valueQuantity={"value": 0.2, "unit": "mIU/L", "code": "m[IU]/L"})

    assert_silent(a_review(*LOWERED, taking_ldn(since=D - 30), tsh(30)), RULE)
    assert_speaks(a_review(*LOWERED, taking_ldn(since=D - 30), tsh(31)), RULE, "info")


def test_stays_silent_when_the_dose_rises_and_without_naltrexone() -> None:
    assert_silent(a_review(ordering_levothyroxine("112"), levothyroxine("100"), taking_ldn(since=D - 30)), RULE)
    assert_silent(a_review(*LOWERED), RULE)


def test_another_hormone_is_not_compared() -> None:
    liothyronine = ordering("liothyronine 5 mcg tablet", "Take 1 tablet by mouth once daily")
    assert_silent(a_review(liothyronine, levothyroxine("100"), taking_ldn(since=D - 30)), RULE)


def test_naltrexone_ordered_beside_the_lower_dose_begins_today() -> None:
    assert_speaks(a_review(*LOWERED, ordering_ldn()), RULE, "info")
    long_ago = dispensed("naltrexone 4.5 mg capsule", on=D - 400, days=30)
    assert_speaks(a_review(*LOWERED, ordering_ldn(), long_ago), RULE, "info")


def test_what_nobody_told_is_not_taken_for_none() -> None:
    for missing in (failed("medicationRequests"), not_sent("laboratory")):
        told = [taking_ldn(since=D - 30), *LOWERED] if missing.place.endswith("laboratory") else [LOWERED[0]]
        answer = a_review(*told, missing)
        assert_silent(answer, RULE)
        assert RULE in dict(answer.review.not_checked)
