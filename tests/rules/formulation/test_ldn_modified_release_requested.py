import pytest

from tests.charts import a_review, assert_silent, assert_speaks, failed, ordering, ordering_ldn, ordering_onlabel
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-modified-release-requested"
REASON = ("M35.00", "Sjögren syndrome")


@pytest.mark.parametrize(
    "order",
    [
        ordering("naltrexone 4.5 mg slow-release capsule", "1 capsule at bedtime", reason=REASON),
        ordering("naltrexone 4.5 mg ER capsule", "1 capsule at bedtime", reason=REASON),
        ordering("naltrexone 4.5 mg capsule", "1 SR capsule at bedtime", reason=REASON),
        ordering_ldn("4.5", note=[{"text": "Please make sustained-release."}]),
    ],
    ids=["name", "abbreviation", "sig", "note"],
)
def test_warns_of_slow_release_in_name_sig_or_note(order) -> None:
    assert_speaks(a_review(order), RULE, "warning")


@pytest.mark.parametrize(
    "note",
    [
        "No slow-release agent.",
        "Immediate release, not SR.",
        "Avoid any extended release filler",
        "Seen in the ER",
        "For John Smith Sr.",
    ],
)
def test_a_denial_and_other_meanings_are_no_wish(note: str) -> None:
    assert_silent(a_review(ordering_ldn("1.5", note=[{"text": note}])), RULE)


def test_stays_silent_for_the_combination_with_bupropion() -> None:
    assert_silent(
        a_review(ordering("Contrave 8 mg-90 mg extended release tablet", "1 tablet daily", rxnorm="1551468")), RULE
    )


def test_stays_silent_for_the_monthly_injection_and_the_full_dose() -> None:
    order = ordering(
        "naltrexone 380 mg extended-release injection", "380 mg intramuscularly every month", rxnorm="637213"
    )
    assert_silent(a_review(order), RULE)
    assert_silent(a_review(ordering_onlabel(note=[{"text": "extended release please"}])), RULE)


def test_one_voice_about_the_product() -> None:
    order = ordering(
        "naltrexone 50 mg tablet", "Take 4.5 mg SR capsule at bedtime", mg="4.5", rxnorm="1483744", reason=REASON
    )
    assert_silent(a_review(order), "ldn-commercial-tablet-fraction", "ldn-compound-details-missing")


def test_recommends_the_same_dose_with_immediate_release() -> None:
    order = ordering_ldn("4.5", note=[{"text": "Sustained-release please. No lactose."}])
    card = assert_speaks(a_review(order), RULE, "warning")
    assert len(recommended_labels(card)) == 1
    draft = offered(card, "capsules")
    assert draft["dosageInstruction"][0]["text"] == "Take 1 capsule (4.5 mg) by mouth at bedtime"
    notes = " ".join(n["text"] for n in draft["note"])
    assert "immediate release only" in notes
    assert "No lactose." in notes
    assert "Sustained" not in notes


def test_every_offer_mends_it() -> None:
    assert_mends(
        [ordering("naltrexone 4.5 mg slow-release capsule", "1 capsule at bedtime", reason=REASON)], RULE, "release"
    )
    assert_mends([ordering_ldn("4.5", note=[{"text": "Please make sustained-release."}])], RULE, "release")


def test_needs_no_list() -> None:
    assert_speaks(
        a_review(failed("medicationRequests"), ordering_ldn("4.5", note=[{"text": "slow release"}])), RULE, "warning"
    )
