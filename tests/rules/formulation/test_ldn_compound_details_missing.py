import pytest

from tests.charts import D, a_review, assert_silent, assert_speaks, failed, findings, ordering, ordering_ldn, prescribed
from tests.mending import assert_mends, offered

RULE = "ldn-compound-details-missing"
REASON = ("M35.00", "Sjögren syndrome")
COMPOUNDED = "naltrexone, compounded"


def test_says_what_is_missing() -> None:
    card = assert_speaks(
        a_review(ordering(COMPOUNDED, "Take 1.5 mg at bedtime", mg="1.5", reason=REASON)), RULE, "info"
    )
    for name in ("strength", "dose form", "quantity", "days of supply"):
        assert f"not given: {name}" in card["detail"]


@pytest.mark.parametrize(
    "request_",
    [None, {"numberOfRepeatsAllowed": 1}, {"expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"}}],
)
def test_asks_for_quantity_or_supply(request_) -> None:
    assert_speaks(a_review(ordering_ldn("1.5", dispenseRequest=request_)), RULE, "info")


def test_a_supply_that_follows_from_the_quantity_is_given() -> None:
    assert_silent(a_review(ordering_ldn("1.5", dispenseRequest={"quantity": {"value": 30, "unit": "capsule"}})), RULE)


def test_a_complete_order_is_complete() -> None:
    assert_silent(a_review(ordering_ldn("1.5")), RULE)


def test_stays_silent_for_a_product_nobody_calls_compounded() -> None:
    assert_silent(a_review(ordering("naltrexone 1.5 mg capsule", "1 capsule at bedtime", reason=REASON)), RULE)


def test_stays_silent_when_the_dose_may_be_a_full_one() -> None:
    assert_silent(
        a_review(ordering("naltrexone capsule, compounded", "take as directed", reason=("G35", "Multiple sclerosis"))),
        RULE,
    )


@pytest.mark.parametrize(("note", "speaks"), [("Filler: calcium carbonate", True), ("No calcium carbonate.", False)])
def test_asks_about_calcium_carbonate(note: str, speaks: bool) -> None:
    assert (RULE in findings(a_review(ordering_ldn("1.5", note=[{"text": note}])))) is speaks


def test_completes_strength_form_and_amount_and_leaves_the_directions() -> None:
    order = ordering(COMPOUNDED, "Take 1.5 mg at bedtime", mg="1.5", reason=REASON)
    draft = offered(assert_speaks(a_review(order), RULE, "info"), "Complete")
    assert draft["dosageInstruction"] == order.resource["dosageInstruction"]
    assert draft["contained"][0]["form"]["text"] == "capsule, immediate release"
    assert draft["dispenseRequest"]["quantity"] == {"value": 30, "unit": "capsule"}


def test_a_known_product_stays_as_it_is() -> None:
    order = ordering_ldn("1.5", dispenseRequest={"numberOfRepeatsAllowed": 2})
    draft = offered(assert_speaks(a_review(order), RULE, "info"), "Complete")
    assert draft["contained"] == order.resource["contained"]
    assert draft["dispenseRequest"]["numberOfRepeatsAllowed"] == 2


def test_other_notes_stay_when_the_filler_changes() -> None:
    order = ordering_ldn("1.5", note=[{"text": "Filler: calcium carbonate"}, {"text": "No dye."}])
    draft = offered(assert_speaks(a_review(order), RULE, "info"), "cellulose")
    assert [n["text"] for n in draft["note"]] == [
        "No dye.",
        "Filler: microcrystalline cellulose, if tolerated. No calcium carbonate.",
    ]


@pytest.mark.parametrize(
    "order",
    [
        ordering(COMPOUNDED, "Take 1.5 mg at bedtime", mg="1.5", reason=REASON),
        ordering("naltrexone oral liquid, compounded", "Take 1.5 mg at bedtime", mg="1.5", reason=REASON),
        ordering("naltrexone 1 mg/mL oral liquid, compounded", "Take 1.5 mL at bedtime", reason=REASON),
        ordering("naltrexone 1.5 mg troche, compounded", "1 troche at bedtime", reason=REASON),
        ordering_ldn("1.5", dispenseRequest=None),
        ordering_ldn("1.5", note=[{"text": "Filler: calcium carbonate"}]),
        ordering_ldn("1.5", dispenseRequest=None, note=[{"text": "Filler: calcium carbonate"}]),
    ],
    ids=["nothing", "liquid", "liquid with strength", "troche", "amount", "filler", "both"],
)
def test_the_offer_mends_it(order) -> None:
    assert_mends([order], RULE, "Complete", "liquid", "cellulose")


def test_offers_nothing_where_the_dose_is_not_known() -> None:
    card = assert_speaks(a_review(ordering("LDN compounded capsule", "as directed", reason=REASON)), RULE, "info")
    assert not [s for s in card.get("suggestions", ()) if "Complete" in s["label"]]


def test_is_withheld_while_an_opioid_is_taken() -> None:
    assert_silent(
        a_review(ordering_ldn("1.5", dispenseRequest=None), prescribed("oxycodone 5 mg tablet", on=D - 3)), RULE
    )


def test_needs_no_list() -> None:
    assert_speaks(a_review(failed("medicationRequests"), ordering_ldn("1.5", dispenseRequest=None)), RULE, "info")
