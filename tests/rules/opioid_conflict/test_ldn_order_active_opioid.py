from datetime import date

import pytest

from cards import Hook
from tests.accepting import accepted, changes, labels, recommended
from tests.charts import (
    D,
    Fact,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    failed,
    findings,
    given,
    not_sent,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
    reported,
)

RULE = "ldn-order-active-opioid"
OXYCODONE = "oxycodone 5 mg tablet"


def test_stops_naltrexone_while_dispensed_oxycodone_lasts() -> None:
    answer = a_review(ordering_ldn("1.5"), dispensed(OXYCODONE, on=D - 6, days=30))
    card = assert_speaks(answer, RULE, "critical")
    assert "oxycodone" in card["summary"]
    assert findings(answer) == {RULE: "critical"}


@pytest.mark.parametrize("order", [ordering_ldn("1"), ordering_onlabel(50), ordering_ldn("0.1")])
def test_speaks_at_every_dose_of_naltrexone(order: Fact) -> None:
    card = assert_speaks(a_review(order, prescribed(OXYCODONE, on=D - 3)), RULE, "critical")
    assert "LDN" not in card["summary"] + card["detail"]


def test_a_supply_that_ends_today_is_still_taken() -> None:
    assert_speaks(a_review(ordering_ldn(), dispensed(OXYCODONE, on=D - 30, days=30)), RULE, "critical")


def test_a_supply_that_ended_yesterday_is_a_matter_of_opioid_free_days() -> None:
    answer = a_review(ordering_ldn(), dispensed(OXYCODONE, on=D - 31, days=30))
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-order-opioid-washout", "critical")


def test_an_administration_of_yesterday_counts() -> None:
    assert_speaks(a_review(ordering_ldn(), given("morphine 4 mg injection", on=D - 1)), RULE, "critical")


def test_an_administration_of_two_days_ago_does_not_count_as_taken() -> None:
    assert_silent(a_review(ordering_ldn(), given("morphine 4 mg injection", on=D - 2)), RULE)


def test_an_undated_active_order_counts_for_fourteen_days() -> None:
    assert_speaks(a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 14)), RULE, "critical")


def test_an_undated_active_order_of_fifteen_days_is_asked_about_instead() -> None:
    answer = a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 15))
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-opioid-dates-unknown", "warning")


def test_two_undated_orders_within_half_a_year_mean_regular_use() -> None:
    answer = a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 40), prescribed(OXYCODONE, on=D - 150))
    assert_speaks(answer, RULE, "critical")
    assert_silent(answer, "ldn-opioid-dates-unknown")


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_stays_silent_for_an_entry_that_never_happened(status: str) -> None:
    assert_silent(a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 3, status=status)))


def test_several_opioids_stand_on_one_card() -> None:
    answer = a_review(
        ordering_ldn(), reported("tramadol 50 mg", asserted=D - 1), dispensed(OXYCODONE, on=D - 2, days=9)
    )
    card = assert_speaks(answer, RULE, "critical")
    assert len(answer.cards) == 1
    assert "tramadol" in card["summary"]
    assert "oxycodone" in card["summary"]


def test_never_offers_to_stop_the_opioid() -> None:
    card = assert_speaks(a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 3)), RULE, "critical")
    assert changes(card) == [("delete", "MedicationRequest"), ("create", "Task")]


def test_accepting_the_recommendation_ends_the_conflict() -> None:
    facts = [ordering_ldn(), prescribed(OXYCODONE, on=D - 3)]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_drafts_of_both_are_one_critical_card_that_offers_to_remove_either() -> None:
    facts = [ordering_ldn(), ordering("hydrocodone/acetaminophen 5/325 mg tablet", "1 tablet every 6 hours")]
    answer = a_review(*facts)
    card = assert_speaks(answer, RULE, "critical")
    assert [c["indicator"] for c in answer.cards].count("critical") == 1
    assert len([label for label in labels(card) if label.startswith("Remove")]) == len(facts)
    assert not any(s.get("isRecommended") for s in card["suggestions"])
    for suggestion in card["suggestions"]:
        assert_silent(a_review(*accepted(facts, suggestion)), RULE)


def test_beside_two_opioid_drafts_removing_naltrexone_is_recommended() -> None:
    facts = [ordering_ldn(), ordering(OXYCODONE, "1 tablet daily"), ordering("tramadol 50 mg tablet", "1 tablet daily")]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    assert_silent(a_review(*accepted(facts, recommended(card))), RULE)


def test_beside_an_opioid_that_is_taken_already_removing_naltrexone_is_recommended() -> None:
    facts = [ordering_ldn(), prescribed(OXYCODONE, on=D - 3), ordering("tramadol 50 mg tablet", "1 tablet daily")]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    assert_silent(a_review(*accepted(facts, recommended(card))), RULE)


def test_a_renewal_of_an_opioid_that_is_taken_is_told_once() -> None:
    answer = a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 3), ordering(OXYCODONE, "1 tablet daily"))
    card = assert_speaks(answer, RULE, "critical")
    assert "Active opioid" in card["summary"]
    assert recommended(card)["actions"][0]["type"] == "delete"


def test_a_cough_medicine_for_more_than_a_week_counts_as_an_analgesic() -> None:
    draft = ordering("codeine/guaifenesin 10-100 mg/5 mL oral liquid", "10 mL every 4 hours")
    draft.resource["dispenseRequest"] = {"expectedSupplyDuration": {"value": 8, "unit": "days", "code": "d"}}
    assert_speaks(a_review(ordering_ldn(), draft), RULE, "critical")


def test_a_draft_on_hold_is_not_being_started() -> None:
    assert_silent(a_review(ordering_ldn(status="on-hold"), prescribed(OXYCODONE, on=D - 3)), RULE)


def test_speaks_while_the_order_is_being_selected() -> None:
    order = ordering_ldn()
    chosen = [f"MedicationRequest/{order.resource['id']}"]
    answer = a_review(order, prescribed(OXYCODONE, on=D - 3), hook=Hook.ORDER_SELECT, selections=chosen)
    assert_speaks(answer, RULE, "critical")


@pytest.mark.parametrize("gap", [not_sent("medicationRequests"), failed("medicationDispenses")])
def test_says_that_it_could_not_look_when_a_list_is_missing(gap: Fact) -> None:
    answer = a_review(ordering_ldn(), gap)
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]


def test_what_was_told_speaks_even_when_another_list_is_missing() -> None:
    answer = a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 3), failed("medicationDispenses"))
    assert_speaks(answer, RULE, "critical")


def test_drafts_speak_for_themselves_when_lists_are_missing() -> None:
    answer = a_review(ordering_ldn(), ordering(OXYCODONE, "1 tablet daily"), not_sent("medicationRequests"))
    assert_speaks(answer, RULE, "critical")


def test_stays_silent_without_an_opioid() -> None:
    assert_silent(a_review(ordering_ldn(), reported("ibuprofen 400 mg", asserted=D - 1)))


def test_the_day_of_the_review_decides() -> None:
    facts = [ordering_ldn(), dispensed(OXYCODONE, on=D - 6, days=10)]
    assert_speaks(a_review(*facts, today=D + 4), RULE, "critical")
    assert_silent(a_review(*facts, today=date(D.year, D.month + 1, D.day)), RULE)
