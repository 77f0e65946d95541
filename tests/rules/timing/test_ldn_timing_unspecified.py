import pytest

from tests.charts import (
    D,
    a_review,
    assert_silent,
    assert_speaks,
    dosage,
    failed,
    having,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    prescribed,
)
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-timing-unspecified"


def untimed(words: str = "Take 1 capsule (1.5 mg) by mouth once daily", **how):
    return ordering_ldn("1.5", dosageInstruction=[dosage("1.5", text=words, **how)])


def test_informs_when_no_time_is_stated() -> None:
    card = assert_speaks(a_review(untimed()), RULE, "info")
    assert len(recommended_labels(card)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "1.5 mg at bedtime",
        "1.5 mg every evening",
        "1.5 mg each morning",
        "1.5 mg nightly",
        "1.5 mg at 9 pm",
        "1.5 mg with lunch",
    ],
)
def test_a_time_in_the_words_is_enough(words: str) -> None:
    assert_silent(a_review(untimed(words)), RULE)


@pytest.mark.parametrize("when", ["HS", "MORN", "EVE", "PC"])
def test_a_time_in_the_structure_is_enough(when: str) -> None:
    assert_silent(a_review(untimed(when=when)), RULE)


def test_a_clock_time_is_enough() -> None:
    order = untimed()
    order.resource["dosageInstruction"][0]["timing"]["repeat"]["timeOfDay"] = ["21:00:00"]
    assert_silent(a_review(order), RULE)


def test_gives_way_where_the_dose_is_not_known() -> None:
    answer = a_review(ordering("LDN capsule", "as directed", reason=("M79.7", "Fibromyalgia")))
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-dose-not-computable", "warning")


def test_stays_silent_at_a_full_dose() -> None:
    assert_silent(a_review(ordering_onlabel(reason=None)), RULE)


def test_gives_way_where_sleep_is_known_to_suffer() -> None:
    answer = a_review(having("G47.00", "Insomnia"), untimed())
    assert_silent(answer, RULE)
    assert_speaks(answer, "ldn-insomnia-move-to-morning", "info")


def test_states_bedtime_in_structure_and_words() -> None:
    draft = offered(assert_speaks(a_review(untimed()), RULE, "info"), "bedtime")
    first = draft["dosageInstruction"][0]
    assert first["timing"]["repeat"] == {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]}
    assert first["text"] == "Take 1 capsule (1.5 mg) by mouth once daily at bedtime"


def test_the_offer_mends_it() -> None:
    assert_mends([untimed()], RULE)


def test_is_withheld_while_an_opioid_is_taken() -> None:
    assert_silent(a_review(untimed(), prescribed("oxycodone 5 mg tablet", on=D - 3)), RULE)


def test_needs_no_list() -> None:
    assert_speaks(a_review(failed("medicationRequests"), untimed()), RULE, "info")
