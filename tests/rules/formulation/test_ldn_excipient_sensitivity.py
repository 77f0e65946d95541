import pytest

from tests.charts import (
    a_review,
    allergic_to,
    assert_silent,
    assert_speaks,
    failed,
    findings,
    having,
    ordering,
    ordering_ldn,
    ordering_onlabel,
)
from tests.mending import assert_mends, offered

RULE = "ldn-excipient-sensitivity"
ALCOHOL = having("F10.20", "Alcohol dependence")


@pytest.mark.parametrize(
    "substance", ["lactose", "gelatin", "tartrazine", "methylparaben", "sodium benzoate", "cellulose"]
)
def test_warns_of_an_allergy_to_something_the_product_may_hold(substance: str) -> None:
    assert_speaks(a_review(allergic_to(substance), ordering_ldn("1.5")), RULE, "warning")


def test_informs_of_an_intolerance() -> None:
    assert_speaks(a_review(allergic_to("lactose", kind="intolerance"), ordering_ldn("1.5")), RULE, "info")


def test_an_entry_that_does_not_tell_its_kind_counts_as_an_allergy() -> None:
    assert_speaks(a_review(allergic_to("gelatin", type=None), ordering_ldn("1.5")), RULE, "warning")


def test_an_intolerance_with_anaphylaxis_warns() -> None:
    answer = a_review(allergic_to("sodium benzoate", kind="intolerance", reaction="anaphylaxis"), ordering_ldn("1.5"))
    assert_speaks(answer, RULE, "warning")
    assert_silent(answer, "naltrexone-allergy")


@pytest.mark.parametrize("substance", ["penicillin", "IV contrast dye", "polylactide-co-glycolide"])
def test_stays_silent_for_what_no_oral_product_holds(substance: str) -> None:
    assert_silent(a_review(allergic_to(substance), ordering_ldn("1.5")), RULE)


def test_stays_silent_when_the_order_leaves_it_out() -> None:
    order = ordering_ldn("1.5", note=[{"text": "Lactose-free, no dyes."}])
    assert_silent(a_review(allergic_to("lactose"), order), RULE)


def test_stays_silent_when_nothing_tells_of_the_product() -> None:
    assert_silent(a_review(allergic_to("lactose"), ordering("naltrexone", "Take 1.5 mg at bedtime")), RULE)


def test_labelled_use_is_left_in_peace_unless_the_reaction_was_severe() -> None:
    assert_silent(a_review(ALCOHOL, allergic_to("lactose"), ordering_onlabel()))
    for severe in ({"reaction": "anaphylaxis"}, {"criticality": "high"}):
        answer = a_review(ALCOHOL, allergic_to("lactose", **severe), ordering_onlabel())
        assert findings(answer) == {RULE: "warning"}


def test_names_every_excipient_once_and_asks_for_all_of_them_in_one_note() -> None:
    facts = [ordering_ldn("1.5"), allergic_to("lactose"), allergic_to("tartrazine")]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    assert "dye and lactose" in card["summary"]
    assert offered(card, "Note")["note"][-1]["text"].startswith("No dye. No lactose.")
    assert_mends(facts, RULE)


@pytest.mark.parametrize(
    "substance", ["lactose", "gelatin", "tartrazine", "paraben", "benzoate", "cellulose", "sucrose"]
)
def test_the_note_mends_it(substance: str) -> None:
    assert_mends([ordering_ldn("1.5"), allergic_to(substance)], RULE)


def test_the_note_asks_for_nothing_the_patient_does_not_tolerate() -> None:
    for substance in ("cellulose", "sucrose"):
        card = assert_speaks(a_review(allergic_to(substance), ordering_ldn("1.5")), RULE, "warning")
        wished = offered(card, "Note")["note"][-1]["text"].replace(f"No {substance}.", "")
        assert substance not in wished


def test_is_not_checked_when_nobody_told_of_allergies() -> None:
    answer = a_review(failed("allergies"), ordering_ldn("1.5"))
    assert_silent(answer, RULE)
    assert RULE in dict(answer.review.not_checked)
