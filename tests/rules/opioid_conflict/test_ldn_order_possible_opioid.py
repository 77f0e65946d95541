from cards import Answer, Hook
from tests.accepting import accepted, labels
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    failed,
    findings,
    ordering,
    ordering_ldn,
    prescribed,
    reported,
)

RULE = "ldn-order-possible-opioid"
ACTIVE = "ldn-order-active-opioid"
WASHOUT = "ldn-order-opioid-washout"


def test_asks_about_a_misspelled_opioid_that_is_taken_and_never_stops_the_order_for_it() -> None:
    answer = a_review(ordering_ldn(), reported("oxycodne 5 mg", asserted=D - 1))
    card = assert_speaks(answer, RULE, "warning")
    assert findings(answer) == {RULE: "warning"}
    assert "looks like oxycodone" in card["summary"]
    assert "`oxycodne 5 mg`: did you mean oxycodone?" in card["detail"]


def test_names_the_brand_that_may_be_meant() -> None:
    assert (
        "Percocet"
        in assert_speaks(a_review(ordering_ldn(), prescribed("percoset 5/325", on=D)), RULE, "warning")["summary"]
    )


def test_asks_about_a_brand_that_nobody_has_confirmed_and_never_stops_the_order_for_it() -> None:
    answer = a_review(ordering_ldn(), dispensed("Gelonida Schmerz Tabletten", on=D - 6, days=30))
    card = assert_speaks(answer, RULE, "warning")
    assert findings(answer) == {RULE: "warning"}
    assert "`Gelonida Schmerz Tabletten`: did you mean codeine/acetaminophen?" in card["detail"]
    assert "the name is in doubt" in card["detail"]


def test_a_confirmed_brand_of_the_same_list_stops_it() -> None:
    assert findings(a_review(ordering_ldn(), dispensed("Vendal ret. 30", on=D - 6, days=30))) == {ACTIVE: "critical"}


def test_asks_about_a_misspelled_opioid_that_was_stopped_and_makes_no_washout_card_of_it() -> None:
    answer = a_review(ordering_ldn(), dispensed("hydromorphne 2 mg tablet", on=D - 40, days=33))
    assert findings(answer) == {RULE: "warning"}


def test_asks_as_long_as_the_washout_would_last_and_no_longer() -> None:
    def stopped(days: int) -> Answer:
        return a_review(ordering_ldn(), prescribed("oxycodne 5 mg", on=D - 60, until=D - days, status="stopped"))

    assert_speaks(stopped(9), RULE, "warning")
    assert_silent(stopped(10))


def test_an_opioid_named_plainly_stops_the_order_and_is_not_asked_about_again() -> None:
    plain = prescribed("oxycodone 5 mg tablet", on=D - 3, days=30)
    answer = a_review(ordering_ldn(), plain, reported("oxycodne 5 mg", asserted=D - 1))
    assert_speaks(answer, ACTIVE, "critical")
    assert_silent(answer, RULE)


def test_a_misspelling_does_not_lengthen_what_is_known_of_the_same_opioid() -> None:
    ended = prescribed("oxycodone 5 mg tablet", on=D - 60, until=D - 8, status="stopped")
    answer = a_review(ordering_ldn(), ended, dispensed("oxycodne 5 mg tablet", on=D - 2, days=30))
    assert_speaks(answer, WASHOUT, "warning")


def test_another_misspelled_opioid_is_asked_about_on_the_card_of_the_plain_one() -> None:
    plain = prescribed("oxycodone 5 mg tablet", on=D - 3, days=30)
    answer = a_review(ordering_ldn(), plain, reported("tramodol 50 mg", asserted=D - 1))
    assert_speaks(answer, ACTIVE, "critical")
    assert_speaks(answer, RULE, "warning")


def test_asks_about_a_misspelled_opioid_drafted_beside_it() -> None:
    answer = a_review(ordering_ldn(), ordering("oxycodne 5 mg tablet"))
    card = assert_speaks(answer, RULE, "warning")
    assert "draft beside it" in card["summary"]
    assert_silent(answer, ACTIVE)


def test_a_misspelled_naltrexone_order_is_still_checked_and_says_what_it_was_taken_for() -> None:
    answer = a_review(
        ordering("naltrexne 4.5 mg capsule", "Take 1 capsule at bedtime"), prescribed("oxycodone 5 mg tablet", on=D)
    )
    card = assert_speaks(answer, ACTIVE, "critical")
    assert "`naltrexne 4.5 mg capsule`: did you mean naltrexone?" in card["detail"]


def test_a_misspelled_opioid_order_is_asked_about_while_naltrexone_blocks() -> None:
    full = prescribed("naltrexone 50 mg tablet", on=D - 3, days=30, sig="1 tablet daily")
    answer = a_review(ordering("oxycodne 5 mg tablet"), full)
    card = assert_speaks(answer, RULE, "warning")
    assert "`oxycodne 5 mg tablet`: did you mean oxycodone?" in card["detail"]
    assert_silent(answer, "opioid-order-standard-naltrexone-active")
    assert_silent(a_review(ordering("oxycodne 5 mg tablet")))


def test_a_misspelled_medicine_for_the_gut_is_told_by_its_own_rule() -> None:
    answer = a_review(ordering_ldn(), reported("loperimide 2 mg", asserted=D))
    assert_silent(answer, RULE)
    card = assert_speaks(answer, "ldn-order-opioid-cough-or-gut-drug", "info")
    assert "did you mean loperamide?" in card["detail"]


def test_speaks_while_ordering_too() -> None:
    assert_speaks(a_review(ordering_ldn(), reported("oxycodne", asserted=D), hook=Hook.ORDER_SELECT), RULE, "warning")


def test_stays_silent_for_look_alikes_and_plain_names() -> None:
    for text in ("hydrocortisone 20 mg", "trazodone 50 mg", "Dilantin 100 mg", "Cardene", "bupropion XL 150 mg"):
        assert_silent(a_review(ordering_ldn(), reported(text, asserted=D)))


def test_stays_silent_without_a_naltrexone_order_and_when_no_list_was_sent() -> None:
    assert_silent(a_review(ordering("ibuprofen 600 mg"), reported("oxycodne 5 mg", asserted=D)), RULE)
    assert_silent(a_review(ordering_ldn(), failed("medicationRequests")), RULE)


def test_taking_the_draft_back_settles_it() -> None:
    facts = [ordering_ldn(), reported("oxycodne 5 mg", asserted=D - 1)]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    assert labels(card) == ["Remove the naltrexone draft", "Ask what the entry is (task)"]
    assert not any(suggestion.get("isRecommended") for suggestion in card["suggestions"])
    assert_silent(a_review(*accepted(facts, card["suggestions"][0])))


def test_chart_text_cannot_come_alive_on_the_card() -> None:
    answer = a_review(ordering_ldn(), reported("oxycodne `<b>` [x](http://y)", asserted=D))
    assert "`oxycodne '<b>' [x](http://y)`: did you mean oxycodone?" in assert_speaks(answer, RULE, "warning")["detail"]


def test_asks_about_a_name_in_which_two_letters_changed_places() -> None:
    answer = a_review(ordering_ldn(), reported("fentynal 25 mcg/hr", asserted=D - 1))
    assert "`fentynal 25 mcg/hr`: did you mean fentanyl?" in assert_speaks(answer, RULE, "warning")["detail"]
