from cards import Hook
from cards.phrasing import day
from tests.accepting import accepted, changes, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dispensed,
    failed,
    findings,
    ordering_ldn,
    prescribed,
    reported,
)

RULE = "ldn-opioid-dates-unknown"
OXYCODONE = "oxycodone 5 mg tablet"


def test_asks_about_an_active_order_without_an_end_however_old() -> None:
    answer = a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 70))
    card = assert_speaks(answer, RULE, "warning")
    assert day(D - 70) in card["summary"]
    assert findings(answer) == {RULE: "warning"}
    assert_speaks(a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 700)), RULE, "warning")


def test_asks_from_the_fifteenth_day_on() -> None:
    assert_speaks(a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 15)), RULE, "warning")


def test_a_younger_order_counts_as_taken() -> None:
    answer = a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 14))
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-order-active-opioid", "critical")


def test_an_order_of_unknown_status_is_dropped_after_half_a_year() -> None:
    assert_speaks(a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 180, status="unknown")), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 181, status="unknown")))


def test_a_report_older_than_two_weeks_is_asked_about() -> None:
    assert_speaks(a_review(ordering_ldn(), reported("tramadol 50 mg", asserted=D - 15)), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), reported("tramadol 50 mg", asserted=D - 14)), RULE)


def test_a_dispensing_tells_the_dates() -> None:
    answer = a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 70), dispensed(OXYCODONE, on=D - 6, days=30))
    assert_silent(answer, RULE)


def test_the_wait_is_counted_from_today() -> None:
    card = assert_speaks(a_review(ordering_ldn(), prescribed(OXYCODONE, on=D - 70)), RULE, "warning")
    held = recommended(card)["actions"][0]["resource"]
    assert held["dispenseRequest"]["validityPeriod"]["start"] == (D + 10).isoformat()


def test_long_acting_opioids_wait_longer() -> None:
    card = assert_speaks(
        a_review(ordering_ldn(), prescribed("morphine extended release 30 mg tablet", on=D - 70)), RULE, "warning"
    )
    held = recommended(card)["actions"][0]["resource"]
    assert held["dispenseRequest"]["validityPeriod"]["start"] == (D + 14).isoformat()


def test_never_offers_to_close_the_opioid_entry() -> None:
    facts = [ordering_ldn(), prescribed(OXYCODONE, on=D - 70, id="opioid")]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    assert changes(card) == [("update", "MedicationRequest"), ("delete", "MedicationRequest"), ("create", "Task")]
    assert "MedicationRequest/opioid" not in str(card["suggestions"])
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_waits_for_signing() -> None:
    order = ordering_ldn()
    chosen = [f"MedicationRequest/{order.resource['id']}"]
    answer = a_review(order, prescribed(OXYCODONE, on=D - 70), hook=Hook.ORDER_SELECT, selections=chosen)
    assert_silent(answer, RULE)


def test_says_that_it_could_not_look_when_a_list_is_missing() -> None:
    answer = a_review(ordering_ldn(), failed("medicationRequests"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]
