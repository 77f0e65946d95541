import pytest

from cards import Hook
from cards.phrasing import day
from tests.accepting import accepted, labels, recommended
from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    booked,
    dispensed,
    failed,
    findings,
    not_sent,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    preparing,
    requesting,
    taking_ldn,
)

RULE = "ldn-planned-surgery"
HERNIA = "Inguinal hernia repair"


def test_names_the_bedtime_dose_four_evenings_before_a_morning_operation() -> None:
    facts = [taking_ldn("4.5"), requesting(HERNIA, on=D + 5)]
    answer = a_review(*facts, hook=Hook.PATIENT_VIEW)
    card = assert_speaks(answer, RULE, "warning")
    assert f"bedtime dose of {day(D + 1)}" in card["summary"]
    assert day(D + 5) in card["summary"]
    offer = recommended(card)
    order = offer["actions"][0]["resource"]
    assert order["status"] == "active"
    assert order["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"] == {"end": (D + 1).isoformat()}
    assert_silent(a_review(*accepted(facts, offer), hook=Hook.PATIENT_VIEW), RULE)


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, "warning"), (1, "warning"), (7, "warning"), (8, "info"), (14, "info"), (15, None)]
)
def test_warns_up_to_seven_days_ahead_and_informs_up_to_fourteen(ahead: int, level: str | None) -> None:
    for facts, hook in (
        ([taking_ldn("4.5")], Hook.PATIENT_VIEW),
        ([ordering_ldn("1.5")], Hook.ORDER_SIGN),
    ):
        answer = a_review(*facts, requesting(HERNIA, on=D + ahead), hook=hook)
        assert findings(answer).get(RULE) == level


def test_stays_silent_for_an_operation_that_is_over() -> None:
    assert_silent(a_review(taking_ldn("4.5"), requesting(HERNIA, on=D - 1), hook=Hook.PATIENT_VIEW), RULE)


def test_asks_to_hold_it_now_when_the_last_day_is_past() -> None:
    facts = [taking_ldn("4.5"), requesting(HERNIA, on=D + 3)]
    card = assert_speaks(a_review(*facts, hook=Hook.PATIENT_VIEW), RULE, "warning")
    assert card["summary"].startswith("Hold naltrexone now")
    assert recommended(card)["actions"][0]["resource"]["status"] == "on-hold"
    assert_silent(a_review(*accepted(facts, recommended(card)), hook=Hook.PATIENT_VIEW), RULE)
    later = a_review(taking_ldn("4.5"), requesting(HERNIA, on=D + 4), hook=Hook.PATIENT_VIEW)
    assert f"bedtime dose of {day(D)}" in assert_speaks(later, RULE, "warning")["summary"]


def test_a_draft_is_held_until_after_the_operation() -> None:
    facts = [ordering_ldn("1.5"), booked("Total knee replacement", on=D + 6)]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    held = recommended(card)["actions"][0]["resource"]
    assert held["status"] == "on-hold"
    assert held["dispenseRequest"]["validityPeriod"]["start"] == (D + 13).isoformat()
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_offers_to_tell_anaesthesia_and_to_plan_the_restart() -> None:
    card = assert_speaks(a_review(ordering_ldn("1.5"), requesting(HERNIA, on=D + 5)), RULE, "warning")
    assert labels(card)[1:] == ["Tell anaesthesia about naltrexone (task)", "Plan the restart of naltrexone (task)"]


@pytest.mark.parametrize(
    "planned",
    [
        booked("Arthroscopy left knee", on=D + 5),
        preparing("Laparoscopic cholecystectomy", on=D + 5),
        requesting(
            "80146002", on=D + 5, category=[{"coding": [{"system": "http://snomed.info/sct", "code": "387713003"}]}]
        ),
        requesting("", on=D + 5, code={"concept": {"text": "Hysterectomy"}}),
        requesting(HERNIA, on=D + 5, occurrenceDateTime=None, occurrencePeriod={"start": (D + 5).isoformat()}),
        requesting("Dental extraction under general anaesthesia", on=D + 5),
    ],
)
def test_knows_an_operation_by_its_name_or_code_in_any_of_the_lists(planned) -> None:
    assert_speaks(a_review(taking_ldn("4.5"), planned, hook=Hook.PATIENT_VIEW), RULE, "warning")


@pytest.mark.parametrize(
    "planned",
    [
        booked("Preoperative evaluation", on=D + 5),
        booked("Follow-up after hernia repair", on=D + 5),
        requesting("Referral to general surgery", on=D + 5),
        requesting("Surgical pathology", on=D + 5),
        requesting("Skin biopsy", on=D + 5),
        requesting("Screening colonoscopy", on=D + 5),
        requesting("Comprehensive metabolic panel", on=D + 5),
        requesting(HERNIA, on=D + 5, status="revoked"),
        requesting(HERNIA, on=D + 5, doNotPerform=True),
        requesting(HERNIA, on=None),
        booked(HERNIA, on=D + 5, status="cancelled"),
        preparing(HERNIA, on=D + 5, status="completed"),
    ],
)
def test_stays_silent_for_visits_small_procedures_and_what_is_not_planned(planned) -> None:
    assert_silent(a_review(taking_ldn("4.5"), planned, hook=Hook.PATIENT_VIEW), RULE)


def test_the_next_operation_counts() -> None:
    answer = a_review(ordering_ldn(), requesting(HERNIA, on=D + 10), booked("Appendectomy", on=D + 6))
    assert day(D + 6) in assert_speaks(answer, RULE, "warning")["summary"]


def test_speaks_when_the_operation_itself_is_ordered() -> None:
    answer = a_review(taking_ldn("4.5"), requesting(HERNIA, on=D + 5, place="draft"))
    assert_speaks(answer, RULE, "warning")


def test_stays_silent_for_another_order_of_somebody_who_takes_it() -> None:
    assert_silent(a_review(taking_ldn("4.5"), ordering("lisinopril 10 mg tablet"), requesting(HERNIA, on=D + 5)), RULE)


def test_stays_silent_for_a_labelled_dose_and_for_nobody_on_naltrexone() -> None:
    assert_silent(a_review(ordering_onlabel(), requesting(HERNIA, on=D + 5)), RULE)
    assert_silent(a_review(requesting(HERNIA, on=D + 5), hook=Hook.PATIENT_VIEW), RULE)


def test_naltrexone_known_from_a_dispensing_only_can_still_be_spoken_of() -> None:
    fill = dispensed("naltrexone 4.5 mg capsule", on=D - 10, days=30, sig="Take 1 capsule (4.5 mg) at bedtime")
    card = assert_speaks(a_review(fill, requesting(HERNIA, on=D + 5), hook=Hook.PATIENT_VIEW), RULE, "warning")
    assert labels(card)[0] == "Tell anaesthesia about naltrexone (task)"


@pytest.mark.parametrize("lost", [failed, not_sent])
@pytest.mark.parametrize("place", ["serviceRequests", "procedures", "appointments"])
def test_is_told_as_not_checked_when_a_list_is_missing(place: str, lost) -> None:
    answer = a_review(ordering_ldn(), lost(place))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
    assert_speaks(answer, "ldn-conditions-allergies-unreadable", "info")


def test_speaks_of_what_one_list_tells_when_another_is_missing() -> None:
    assert_speaks(a_review(ordering_ldn(), failed("appointments"), requesting(HERNIA, on=D + 5)), RULE, "warning")
