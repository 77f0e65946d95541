"""An opioid is ordered while low-dose naltrexone is on board."""

from __future__ import annotations

import pytest

from cards import Hook
from tests.accepting import accepted, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    dispensed,
    failed,
    findings,
    given,
    having,
    in_setting,
    ordering,
    ordering_ldn,
    partial,
    prescribed,
    reported,
    taking_ldn,
)

RULE = "opioid-order-ldn-active"
OTHERS = (
    "opioid-order-standard-naltrexone-active",
    "opioid-order-depot-naltrexone-active",
    "opioid-order-naltrexone-inpatient-acute",
    "opioid-order-ldn-recently-stopped",
    "opioid-cough-or-gut-order-naltrexone-active",
)


def oxycodone(**changes):
    return ordering("oxycodone 5 mg tablet", "Take 1 tablet every 6 hours as needed", **changes)


def held_until(day, status="stopped"):
    return taking_ldn(status=status, since=D - 30, effectiveDosePeriod={"end": day.isoformat()})


def test_stops_an_opioid_while_low_dose_naltrexone_is_taken() -> None:
    card = assert_speaks(a_review(taking_ldn("4.5"), oxycodone()), RULE, "critical")
    assert card["summary"] == "Consider a non-opioid before oxycodone: low-dose naltrexone (4.5\u00a0mg) blunts it."


def test_speaks_at_order_select_too() -> None:
    assert_speaks(a_review(taking_ldn(), oxycodone(), hook=Hook.ORDER_SELECT), RULE, "critical")


def test_no_other_rule_about_opioid_orders_speaks_beside_it() -> None:
    answer = a_review(taking_ldn(), oxycodone())
    assert_silent(answer, *OTHERS)
    assert findings(answer) == {RULE: "critical"}


@pytest.mark.parametrize("mg", ["0.5", "1.5", "6", "9"])
def test_speaks_for_every_low_dose_and_those_up_to_the_labelled_ones(mg: str) -> None:
    assert_speaks(a_review(taking_ldn(mg), oxycodone()), RULE, "critical")


def test_leaves_labelled_doses_to_their_own_rule() -> None:
    answer = a_review(prescribed("naltrexone 50 mg tablet", on=D - 9, days=30, sig="Take 50 mg daily"), oxycodone())
    assert_silent(answer, RULE)


@pytest.mark.parametrize("status", ["stopped", "on-hold"])
def test_speaks_on_the_day_of_the_last_dose_and_not_on_the_day_after(status: str) -> None:
    assert_speaks(a_review(held_until(D, status), oxycodone()), RULE, "critical")
    assert_silent(a_review(held_until(D - 1, status), oxycodone()), RULE)


def test_a_hold_without_a_date_counts_as_of_today() -> None:
    held = taking_ldn(status="on-hold", authoredOn=None, dispenseRequest=None)
    assert_speaks(a_review(held, oxycodone()), RULE, "critical")


def test_supply_that_ran_out_within_three_days_still_counts_as_taken() -> None:
    fill = "naltrexone 4.5 mg capsule"
    sig = "Take 1 capsule at bedtime"
    assert_speaks(a_review(dispensed(fill, on=D - 33, days=30, sig=sig), oxycodone()), RULE, "critical")
    assert_silent(a_review(dispensed(fill, on=D - 34, days=30, sig=sig), oxycodone()))


def test_a_low_strength_without_a_dose_is_low_dose() -> None:
    answer = a_review(reported("naltrexone 4.5 mg capsule", asserted=D - 3), oxycodone())
    assert_speaks(answer, RULE, "critical")
    assert_silent(answer, "opioid-order-standard-naltrexone-active")


def test_recommends_to_take_back_the_opioid_and_offers_to_hold_naltrexone_with_its_restart_days() -> None:
    taken = taking_ldn()
    card = card_of(a_review(taken, oxycodone()), RULE)
    withdraw, hold, advice = card["suggestions"]
    assert withdraw["isRecommended"]
    assert withdraw["actions"][0]["type"] == "delete"
    assert "local formulary" in withdraw["label"]
    held = hold["actions"][0]["resource"]
    assert (held["id"], held["status"]) == (taken.resource["id"], "on-hold")
    words = held["note"][-1]["text"]
    assert all(interval in words for interval in ("7 days", "10 days", "14 days"))
    assert advice["actions"][0]["resource"]["resourceType"] == "Task"


def test_asks_for_the_hold_where_the_chart_has_no_order_to_be_held() -> None:
    card = card_of(a_review(reported("naltrexone 4.5 mg capsule", asserted=D - 3), oxycodone()), RULE)
    task = card["suggestions"][1]["actions"][0]["resource"]
    assert task["resourceType"] == "Task"
    assert "7 days" in task["description"]


@pytest.mark.parametrize("drug", ["methadone 10 mg tablet", "buprenorphine/naloxone 8/2 mg film", "Sublocade 300 mg"])
def test_never_offers_to_take_back_a_treatment_of_opioid_use_disorder(drug: str) -> None:
    card = assert_speaks(a_review(taking_ldn(), ordering(drug)), RULE, "critical")
    assert card["suggestions"]
    assert all(action["type"] != "delete" for s in card["suggestions"] for action in s["actions"])
    assert "non-opioid" not in card["summary"]


def test_does_not_claim_that_the_opioid_itself_brings_on_withdrawal() -> None:
    assert "withdrawal" not in card_of(a_review(taking_ldn(), oxycodone()), RULE)["detail"]


def test_two_drafts_of_one_session_make_one_card_without_a_recommendation() -> None:
    answer = a_review(ordering_ldn("4.5"), oxycodone())
    assert_speaks(answer, RULE, "critical")
    (card,) = answer.cards
    assert [s["label"] for s in card["suggestions"]] == ["Remove the naltrexone draft", "Remove the oxycodone draft"]
    assert not any(s.get("isRecommended") for s in card["suggestions"])


def test_sees_a_naltrexone_draft_that_was_not_selected() -> None:
    opioid = oxycodone()
    answer = a_review(
        ordering_ldn(), opioid, hook=Hook.ORDER_SELECT, selections=[f"MedicationRequest/{opioid.resource['id']}"]
    )
    assert_speaks(answer, RULE, "critical")


def test_stays_silent_in_hospital_where_another_rule_speaks() -> None:
    assert_silent(a_review(taking_ldn(), in_setting("EMER"), oxycodone()), RULE)


def test_stays_silent_for_a_cough_medicine_and_for_a_rescue_drug() -> None:
    assert_silent(a_review(taking_ldn(), ordering("guaifenesin/codeine oral solution")), RULE)
    assert_silent(a_review(taking_ldn(), ordering("naloxone 4 mg nasal spray")))


def test_stays_silent_without_naltrexone() -> None:
    assert_silent(a_review(oxycodone()))
    assert_silent(a_review(having("F11.20", "Opioid dependence"), ordering("buprenorphine/naloxone 8/2 mg film")))


def test_a_depot_or_a_full_dose_on_board_speaks_in_its_place() -> None:
    assert_silent(a_review(taking_ldn(), given("Vivitrol 380 mg injection", on=D - 9), oxycodone()), RULE)


def test_a_list_that_failed_does_not_hide_naltrexone_that_was_found() -> None:
    assert_speaks(a_review(taking_ldn(), failed("medicationDispenses"), oxycodone()), RULE, "critical")


def test_what_nobody_told_is_said_to_be_unchecked() -> None:
    answer = a_review(partial("medicationRequests"), oxycodone())
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-med-list-unreadable", "info")


def test_is_quiet_once_the_recommended_offer_is_taken() -> None:
    facts = [taking_ldn(), oxycodone()]
    offer = recommended(card_of(a_review(*facts), RULE))
    assert_silent(a_review(*accepted(facts, offer)))


PALLIATIVE = having("Z51.5", "Encounter for palliative care")


@pytest.mark.parametrize(
    "told",
    [
        PALLIATIVE,
        having("local-1", "Hospice care"),
        in_setting("AMB", reasonCode=[PALLIATIVE.resource["code"]]),
    ],
)
def test_warns_and_no_more_in_palliative_care(told) -> None:
    card = assert_speaks(a_review(taking_ldn("4.5"), oxycodone(), told), RULE, "warning")
    assert "palliative care is recorded: pain relief comes first, so this is a warning and no more" in card["detail"]


def test_warns_and_no_more_where_the_opioid_is_ordered_for_palliative_care() -> None:
    answer = a_review(taking_ldn("4.5"), oxycodone(reasonCode=[PALLIATIVE.resource["code"]]))
    assert_speaks(answer, RULE, "warning")


@pytest.mark.parametrize(
    "told",
    [
        having("Z51.5", "Encounter for palliative care", status="resolved"),
        having("local-1", "Palliative care referral"),
        failed("conditions"),  # nobody told of it: the level stays
    ],
)
def test_stops_where_palliative_care_is_over_only_planned_or_unknown(told) -> None:
    assert_speaks(a_review(taking_ldn("4.5"), oxycodone(), told), RULE, "critical")


def test_naltrexone_ordered_for_someone_on_an_opioid_stays_critical_in_palliative_care() -> None:
    """The cap is about relief of pain, not about withdrawal brought on by naltrexone."""
    answer = a_review(ordering_ldn(), prescribed("oxycodone 5 mg tablet", on=D - 5), PALLIATIVE)
    assert_speaks(answer, "ldn-order-active-opioid", "critical")
