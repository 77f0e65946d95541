import pytest

from tests.charts import (
    a_review,
    assert_silent,
    assert_speaks,
    dosage,
    failed,
    ordering,
    ordering_ldn,
    ordering_onlabel,
)
from tests.mending import assert_mends, offered

RULE = "ldn-split-daily-dosing"
FIBROMYALGIA = ("M79.7", "Fibromyalgia")


def divided(per_day: int = 2):
    sixty = {
        "quantity": {"value": 60, "unit": "capsule"},
        "expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"},
    }
    return ordering_ldn(
        "1.5", dosageInstruction=[dosage("1.5", text="Take 1 capsule (1.5 mg)", per_day=per_day)], dispenseRequest=sixty
    )


@pytest.mark.parametrize(
    "order",
    [
        divided(2),
        divided(3),
        ordering("naltrexone 1.5 mg capsule", "1 capsule in the morning and 1 capsule at bedtime", reason=FIBROMYALGIA),
    ],
)
def test_informs_of_two_or_more_doses_a_day(order) -> None:
    assert_speaks(a_review(order), RULE, "info")


def test_stays_silent_for_one_dose_a_day() -> None:
    assert_silent(a_review(divided(1)), RULE)


def test_stays_silent_for_every_other_day() -> None:
    assert_silent(
        a_review(ordering("naltrexone 1.5 mg capsule", "1 capsule every other day at bedtime", reason=FIBROMYALGIA)),
        RULE,
    )


def test_stays_silent_at_a_full_dose() -> None:
    assert_silent(
        a_review(ordering_onlabel(reason=None, dosageInstruction=[dosage(50, text="50 mg twice daily", per_day=2)])),
        RULE,
    )


def test_gives_the_same_total_from_the_same_capsules_at_bedtime() -> None:
    draft = offered(assert_speaks(a_review(divided()), RULE, "info"), "once a day")
    assert draft["dosageInstruction"][0]["text"] == "Take 2 capsules (3 mg) by mouth at bedtime"
    assert draft["dispenseRequest"]["quantity"]["value"] == 60


def test_the_offer_mends_it() -> None:
    assert_mends([divided()], RULE, "once a day")


def test_says_nothing_of_a_missing_time_of_day_beside_it() -> None:
    assert_silent(a_review(divided()), "ldn-timing-unspecified")


def test_needs_no_list() -> None:
    assert_speaks(a_review(failed("medicationRequests"), divided()), RULE, "info")
