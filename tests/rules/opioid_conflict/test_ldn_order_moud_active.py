import pytest

from tests.accepting import accepted, changes, recommended
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
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
    reported,
)

RULE = "ldn-order-moud-active"


@pytest.mark.parametrize(
    "told",
    [
        reported("methadone 80 mg"),
        prescribed("buprenorphine/naloxone 8 mg/2 mg sublingual film", on=D - 100),
        dispensed("methadone 10 mg tablet", on=D - 5, days=30),
        prescribed("buprenorphine 300 mcg buccal film", on=D - 2),
    ],
)
def test_stops_naltrexone_beside_methadone_or_buprenorphine(told: Fact) -> None:
    answer = a_review(ordering_ldn(), told)
    assert_speaks(answer, RULE, "critical")
    assert findings(answer) == {RULE: "critical"}
    assert len(answer.cards) == 1


def test_a_dose_given_thirteen_days_ago_means_that_treatment_goes_on() -> None:
    assert_speaks(a_review(ordering_ldn(), given("methadone 80 mg oral solution", on=D - 13)), RULE, "critical")


def test_a_dose_given_fourteen_days_ago_does_not() -> None:
    assert_silent(a_review(ordering_ldn(), given("methadone 80 mg oral solution", on=D - 14)))


@pytest.mark.parametrize("order", [ordering_ldn(), ordering_onlabel(50)])
def test_the_only_change_offered_is_to_leave_naltrexone_out(order: Fact) -> None:
    facts = [order, reported("methadone 80 mg")]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    assert changes(card) == [("delete", "MedicationRequest"), ("create", "ServiceRequest")]
    assert recommended(card)["actions"][0]["resourceId"].endswith(order.resource["id"])
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_a_draft_of_the_treatment_is_never_offered_for_removal() -> None:
    treatment = ordering("buprenorphine/naloxone 8 mg/2 mg sublingual film", "1 film daily", id="moud")
    facts = [ordering_ldn(), treatment]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    removed = [a["resourceId"] for s in card["suggestions"] for a in s["actions"] if a["type"] == "delete"]
    assert "MedicationRequest/moud" not in removed
    assert_silent(a_review(*accepted(facts, recommended(card))), RULE)


def test_a_patch_for_opioid_use_disorder_is_treatment() -> None:
    patch = prescribed(
        "buprenorphine 20 mcg/h patch",
        on=D - 3,
        reasonCode=[{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F11.20"}]}],
    )
    answer = a_review(ordering_ldn(), patch)
    assert_speaks(answer, RULE, "critical")
    assert_silent(answer, "ldn-order-opioid-patch")


def test_stays_silent_beside_an_opioid_that_is_no_treatment() -> None:
    assert_silent(a_review(ordering_ldn(), prescribed("oxycodone 5 mg tablet", on=D - 3)), RULE)


def test_says_that_it_could_not_look_when_a_list_is_missing() -> None:
    answer = a_review(ordering_ldn(), failed("medicationStatements"))
    assert_silent(answer, RULE)
    assert RULE in [rule for rule, _ in answer.review.not_checked]
