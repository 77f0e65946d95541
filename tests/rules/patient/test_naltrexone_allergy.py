import pytest

from tests.accepting import accepted, changes, recommended
from tests.charts import (
    a_review,
    allergic_to,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    having,
    not_sent,
    ordering,
    ordering_ldn,
    ordering_onlabel,
)

RULE = "naltrexone-allergy"
VIVITROL = ("Vivitrol 380 mg injection", "380 mg intramuscularly every 4 weeks")


@pytest.mark.parametrize(
    ("allergy", "level"),
    [
        (allergic_to("naltrexone", reaction="Hives"), "critical"),
        (allergic_to("naltrexone"), "critical"),
        (allergic_to("Revia", kind="intolerance", reaction="Anaphylaxis"), "critical"),
        (allergic_to("naltrexone", type=None), "critical"),
        (allergic_to("naltrexone", type=None, reaction="Rash"), "critical"),
        (allergic_to("naltrexone", type=None, reaction="Nausea"), "info"),
        (allergic_to("naltrexone", kind="intolerance", reaction="Vivid dreams"), "info"),
        (allergic_to("naltrexone", kind="intolerance"), "info"),
        (allergic_to("naloxone", reaction="Hives"), "warning"),
        (allergic_to("nalmefene"), "warning"),
        (allergic_to("naloxone", kind="intolerance", reaction="Nausea"), "info"),
    ],
)
def test_speaks_by_what_the_list_names_and_how(allergy, level: str) -> None:
    answer = a_review(ordering_ldn(), allergy)
    assert_speaks(answer, RULE, level)


@pytest.mark.parametrize("order", [ordering_ldn(), ordering_onlabel(), ordering(*VIVITROL)])
def test_is_critical_at_any_dose_and_removing_the_draft_settles_it(order) -> None:
    facts = [order, allergic_to("naltrexone", reaction="Hives")]
    card = assert_speaks(a_review(*facts), RULE, "critical")
    assert changes(card) == [("delete", "MedicationRequest")]
    assert_silent(a_review(*accepted(facts, recommended(card))))


def test_a_part_of_the_injection_matters_for_the_injection_only() -> None:
    part = allergic_to("carboxymethylcellulose", reaction="Hives")
    assert_speaks(a_review(ordering(*VIVITROL), part), RULE, "warning")
    assert_silent(a_review(ordering_ldn(), part), RULE)


def test_a_problem_list_entry_counts_like_an_allergy() -> None:
    entry = having("294276006", "Allergy to naltrexone")
    entry.resource["code"]["coding"][0]["system"] = "http://snomed.info/sct"
    assert_speaks(a_review(ordering_ldn(), entry, failed("allergies")), RULE, "critical")


def test_the_gravest_entry_speaks_alone() -> None:
    answer = a_review(
        ordering_ldn(),
        allergic_to("naloxone"),
        allergic_to("naltrexone", kind="intolerance"),
        allergic_to("naltrexone"),
    )
    assert findings(answer)[RULE] == "critical"
    assert len([one for one in answer.review.found if one.page.rule == RULE]) == 1


@pytest.mark.parametrize("substance", ["methylnaltrexone", "morphine", "penicillin", "Suboxone"])
def test_stays_silent_for_other_substances(substance: str) -> None:
    assert_silent(a_review(ordering_ldn(), allergic_to(substance, reaction="Hives")), RULE)


def test_stays_silent_for_an_entry_that_is_resolved() -> None:
    entry = allergic_to("naltrexone", clinicalStatus={"coding": [{"code": "resolved"}]})
    assert_silent(a_review(ordering_ldn(), entry), RULE)


def test_an_excipient_of_a_liquid_is_another_rules() -> None:
    assert_silent(a_review(ordering_ldn(), allergic_to("Sodium benzoate", reaction="Anaphylaxis")), RULE)


@pytest.mark.parametrize("lost", [failed, not_sent])
def test_is_told_as_not_checked_when_allergies_are_missing(lost) -> None:
    answer = a_review(ordering_ldn(), lost("allergies"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
