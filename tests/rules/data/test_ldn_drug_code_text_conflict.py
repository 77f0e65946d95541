from tests.accepting import accepted, labels
from tests.charts import D, a_review, assert_silent, assert_speaks, failed, findings, ordering, ordering_ldn, prescribed

RULE = "ldn-drug-code-text-conflict"
NALTREXONE_50 = "1483744"
OXYCODONE_APAP = "1049221"
SUBOXONE = "351267"


def test_warns_when_code_and_text_of_an_order_name_different_medicines() -> None:
    answer = a_review(ordering("oxycodone 5 mg tablet", rxnorm=NALTREXONE_50))
    card = assert_speaks(answer, RULE, "warning")
    assert card["summary"].startswith("Clarify oxycodone or naltrexone?")
    assert "`oxycodone 5 mg tablet`" in card["detail"]


def test_warns_about_buprenorphine_naloxone_that_is_called_naltrexone() -> None:
    answer = a_review(ordering("Buprenorphine / Naltrexone", rxnorm=SUBOXONE))
    card = assert_speaks(answer, RULE, "warning")
    assert card["summary"].startswith("Clarify buprenorphine/naloxone or buprenorphine/naltrexone?")
    assert not card.get("suggestions"), "nothing here may take back what may be treatment of opioid use disorder"


def test_warns_about_naltrexone_that_is_called_something_harmless() -> None:
    assert_speaks(a_review(ordering("metformin 500 mg", rxnorm=NALTREXONE_50)), RULE, "warning")


def test_the_more_dangerous_reading_is_the_one_that_is_checked() -> None:
    taken = prescribed("naltrexone 50 mg tablet", on=D - 3, days=30, sig="1 tablet daily")
    answer = a_review(ordering("oxycodone 5 mg tablet", rxnorm=NALTREXONE_50), taken)
    assert_speaks(answer, "opioid-order-standard-naltrexone-active", "critical")
    assert_speaks(answer, RULE, "warning")


def test_an_entry_on_which_the_opioid_check_rests_is_information() -> None:
    taken = prescribed("naltrexone 4.5 mg capsule", on=D - 3, days=30, rxnorm=OXYCODONE_APAP)
    answer = a_review(ordering_ldn(), taken)
    assert findings(answer) == {"ldn-order-active-opioid": "critical", RULE: "info"}
    card = assert_speaks(answer, RULE, "info")
    assert "oxycodone/acetaminophen, also named naltrexone" in card["detail"]


def test_an_entry_on_which_the_naltrexone_check_rests_is_information() -> None:
    taken = prescribed("metformin 500 mg", on=D - 3, days=30, rxnorm=NALTREXONE_50, sig="1 tablet daily")
    assert_speaks(a_review(ordering("oxycodone 5 mg tablet"), taken), RULE, "info")


def test_an_entry_on_which_nothing_rests_is_not_mentioned() -> None:
    long_over = prescribed("naltrexone 4.5 mg", on=D - 300, until=D - 200, status="stopped", rxnorm=OXYCODONE_APAP)
    assert_silent(a_review(ordering_ldn(), long_over))


def test_stays_silent_when_code_and_text_agree_or_the_text_only_says_more() -> None:
    assert_silent(a_review(ordering("naltrexone 50 mg tablet, take with ibuprofen", rxnorm=NALTREXONE_50)), RULE)
    assert_silent(a_review(ordering("Percocet 5/325", rxnorm=OXYCODONE_APAP)), RULE)


def test_needs_no_list_to_ask_about_the_order_itself() -> None:
    answer = a_review(ordering("oxycodone 5 mg tablet", rxnorm=NALTREXONE_50), failed("medicationRequests"))
    assert_speaks(answer, RULE, "warning")


def test_taking_the_draft_back_settles_it() -> None:
    facts = [ordering("oxycodone 5 mg tablet", rxnorm=NALTREXONE_50)]
    card = assert_speaks(a_review(*facts), RULE, "warning")
    assert labels(card) == ["Remove this draft and choose again"]
    assert_silent(a_review(*accepted(facts, card["suggestions"][0])))
