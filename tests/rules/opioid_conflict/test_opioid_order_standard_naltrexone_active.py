"""An opioid is ordered while naltrexone at full dose, with bupropion or at an unknown dose is on board."""

from __future__ import annotations

import pytest

from tests.accepting import accepted, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    card_of,
    failed,
    findings,
    given,
    having,
    in_setting,
    ordering,
    ordering_onlabel,
    prescribed,
    reported,
    taking_ldn,
)

RULE = "opioid-order-standard-naltrexone-active"
LOW = "opioid-order-ldn-active"


def oxycodone():
    return ordering("oxycodone 5 mg tablet", "Take 1 tablet every 6 hours as needed")


def full_dose(mg: str = "50", **facts):
    facts = {"on": D - 30, "days": 90, **facts}
    return prescribed("naltrexone 50 mg tablet", sig=f"Take {mg} mg by mouth once daily", **facts)


def contrave():
    return prescribed("Contrave 8 mg / 90 mg tablet", on=D - 30, sig="Take 2 tablets twice daily")


def all_words(card) -> str:
    offers = [s["label"] + str(s["actions"]) for s in card.get("suggestions", ())]
    return " ".join([card["summary"], card["detail"], card["source"]["topic"]["display"], *offers]).casefold()


def test_stops_an_opioid_while_naltrexone_50_mg_is_taken() -> None:
    answer = a_review(full_dose(), oxycodone())
    card = assert_speaks(answer, RULE, "critical")
    assert card["summary"] == "Consider a non-opioid before oxycodone: naltrexone 50\u00a0mg a day blocks it."
    assert findings(answer) == {RULE: "critical"}


def test_speaks_from_the_first_labelled_dose_on() -> None:
    assert_speaks(a_review(full_dose("12.5"), oxycodone()), RULE, "critical")
    assert_silent(a_review(full_dose("12"), oxycodone()), RULE)


def test_speaks_for_naltrexone_with_bupropion_without_a_word_about_low_dose() -> None:
    card = assert_speaks(a_review(contrave(), oxycodone()), RULE, "critical")
    assert "low-dose" not in all_words(card)
    assert "low dose" not in all_words(card)


def test_naltrexone_without_any_dose_is_taken_for_a_blocking_one_and_not_called_full_dose() -> None:
    answer = a_review(reported("naltrexone", asserted=D - 3), oxycodone())
    card = assert_speaks(answer, RULE, "critical")
    assert "unknown dose" in card["summary"]
    assert "full" not in card["summary"]
    assert_silent(answer, LOW)


def test_speaks_until_the_second_day_after_the_last_dose() -> None:
    def stopped(day):
        return full_dose(status="stopped", effectiveDosePeriod={"end": day.isoformat()})

    assert_speaks(a_review(stopped(D - 2), oxycodone()), RULE, "critical")
    assert_silent(a_review(stopped(D - 3), oxycodone()))


def test_stays_silent_for_naltrexone_that_ended_long_ago() -> None:
    assert_silent(a_review(full_dose(on=D - 210, days=30, status="completed"), oxycodone()))


def test_never_offers_to_stop_naltrexone() -> None:
    taken = full_dose()
    card = card_of(a_review(taken, oxycodone()), RULE)
    withdraw, consult = card["suggestions"]
    assert withdraw["isRecommended"]
    assert consult["actions"][0]["resource"]["resourceType"] == "ServiceRequest"
    assert taken.resource["id"] not in str(card["suggestions"])


def test_never_offers_to_take_back_methadone() -> None:
    card = assert_speaks(a_review(full_dose(), ordering("methadone 10 mg tablet")), RULE, "critical")
    assert all(action["type"] != "delete" for s in card["suggestions"] for action in s["actions"])


def test_a_full_dose_draft_beside_the_opioid_makes_one_card_without_a_recommendation() -> None:
    answer = a_review(ordering_onlabel(), oxycodone())
    card = assert_speaks(answer, RULE, "critical")
    assert [s["label"] for s in card["suggestions"]] == ["Remove the naltrexone draft", "Remove the oxycodone draft"]
    assert not any(s.get("isRecommended") for s in card["suggestions"])
    assert_silent(answer, LOW)


def test_leaves_low_dose_depot_and_hospital_to_their_own_rules() -> None:
    assert_silent(a_review(taking_ldn(), oxycodone()), RULE)
    assert_silent(a_review(full_dose(), given("Vivitrol 380 mg injection", on=D - 9), oxycodone()), RULE)
    assert_silent(a_review(full_dose(), in_setting("IMP"), oxycodone()), RULE)


@pytest.mark.parametrize("drug", ["guaifenesin/codeine oral solution", "loperamide 2 mg capsule"])
def test_leaves_cough_and_gut_medicines_to_their_own_rule(drug: str) -> None:
    assert_silent(a_review(full_dose(), ordering(drug)), RULE)


def test_full_dose_speaks_and_low_dose_does_not_where_the_chart_has_both() -> None:
    answer = a_review(full_dose(), taking_ldn(), oxycodone())
    assert_speaks(answer, RULE, "critical")
    assert_silent(answer, LOW)


def test_what_nobody_told_is_said_to_be_unchecked() -> None:
    answer = a_review(failed("medicationRequests"), oxycodone())
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-med-list-unreadable", "info")


def test_is_quiet_once_the_recommended_offer_is_taken() -> None:
    facts = [full_dose(), oxycodone()]
    offer = recommended(card_of(a_review(*facts), RULE))
    assert_silent(a_review(*accepted(facts, offer)))


def test_warns_and_no_more_in_palliative_care() -> None:
    palliative = having("Z51.5", "Encounter for palliative care")
    assert_speaks(a_review(full_dose(), oxycodone(), palliative), RULE, "warning")
    assert_speaks(a_review(ordering_onlabel(), oxycodone(), palliative), RULE, "warning")
