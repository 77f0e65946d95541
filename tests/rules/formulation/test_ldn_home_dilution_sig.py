import pytest

from tests.charts import (
    a_review,
    assert_silent,
    assert_speaks,
    dosage,
    failed,
    ordering,
    ordering_ldn,
    ordering_onlabel,
)
from tests.mending import assert_mends, offered, recommended_labels

RULE = "ldn-home-dilution-sig"
TABLET = "naltrexone 50 mg tablet"
REASON = ("M35.00", "Sjögren syndrome")
DISSOLVE = "dissolve one 50 mg tablet in 50 mL water, drink 1.5 mL at bedtime"


def from_tablet(words: str = DISSOLVE, **how):
    return ordering(TABLET, words, rxnorm="1483744", reason=REASON, **how)


@pytest.mark.parametrize(
    "words",
    [
        DISSOLVE,
        "Crush 1 tablet, mix with 50 mL of water, take 3 mL nightly",
        "Dilute one tablet in 100 mL water and take 3 mL at bedtime",
    ],
)
def test_warns_when_tablets_are_dissolved_at_home(words: str) -> None:
    answer = a_review(from_tablet(words))
    assert_speaks(answer, RULE, "warning")
    assert_silent(answer, "ldn-commercial-tablet-fraction")


def test_warns_when_low_dose_is_only_in_the_words() -> None:
    assert_speaks(a_review(ordering("naltrexone", "LDN: dissolve one tablet in water as directed")), RULE, "warning")


@pytest.mark.parametrize(
    "words", ["Take 1.5 mg with a glass of water at bedtime", "Take 1.5 mg at bedtime, do not crush"]
)
def test_water_to_swallow_with_and_a_denial_are_no_dilution(words: str) -> None:
    assert_silent(a_review(from_tablet(words, mg="1.5")), RULE)


def test_stays_silent_for_a_liquid_of_the_pharmacy() -> None:
    order = ordering(
        "naltrexone 1 mg/mL oral liquid, pharmacy-prepared", "Mix with juice, 1.5 mL at bedtime", reason=REASON
    )
    assert_silent(a_review(order), RULE)


def test_stays_silent_for_a_compounded_capsule_mixed_into_food() -> None:
    words = [dosage("1.5", text="Open 1 capsule (1.5 mg), mix with applesauce at bedtime", when="HS")]
    assert_silent(a_review(ordering_ldn("1.5", dosageInstruction=words)), RULE)


def test_stays_silent_for_a_crushed_full_dose() -> None:
    assert_silent(a_review(ordering_onlabel(dosageInstruction=[dosage(50, text="Crush 1 tablet, take daily")])), RULE)


def test_recommends_a_liquid_of_the_same_dose() -> None:
    card = assert_speaks(a_review(from_tablet()), RULE, "warning")
    assert recommended_labels(card) == ["Order a pharmacy-prepared 1\u00a0mg/mL liquid (1.5\u00a0mg once daily)"]
    draft = offered(card, "liquid")
    assert draft["dosageInstruction"][0]["text"] == "Take 1.5 mL (1.5 mg) by mouth with an oral syringe at bedtime"
    assert draft["dispenseRequest"]["quantity"]["value"] == 45


def test_every_offer_mends_it() -> None:
    assert_mends([from_tablet()], RULE)
    assert_mends([from_tablet(note=[{"text": "Patient was told to dissolve it. No lactose."}])], RULE)


def test_offers_no_dose_where_none_is_known() -> None:
    card = assert_speaks(
        a_review(ordering("naltrexone", "LDN: dissolve one tablet in water as directed")), RULE, "warning"
    )
    assert "suggestions" not in card


def test_needs_no_list() -> None:
    assert_speaks(a_review(failed("medicationRequests"), from_tablet()), RULE, "warning")
