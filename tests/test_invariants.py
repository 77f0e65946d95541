"""What must hold for every chart, not only for those somebody thought of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cards import Answer
from tests.accepting import accepted
from tests.charts import (
    ASKED,
    SJOGREN,
    D,
    Fact,
    a_review,
    allergic_to,
    concept,
    dispensed,
    dosage,
    failed,
    findings,
    having,
    measured,
    not_sent,
    ordering,
    ordering_ldn,
    ordering_onlabel,
    partial,
    prescribed,
    reported,
    taking_ldn,
    the_clinic,
)
from tests.charts import given as administered
from tests.scenes import LEVELS, assert_mended, rounds_until_settled, to_try

IS_NIGHTLY = settings.get_current_profile_name() == "nightly"
CASES = 10_000 if IS_NIGHTLY else 300
"""A review of a chart takes a thousand times as long as a reader of one sig: fewer cases than elsewhere."""
thorough = settings(max_examples=CASES)

DATA_RULES = {"ldn-med-list-unreadable", "ldn-conditions-allergies-unreadable"}
FIBROMYALGIA = ("M79.7", "Fibromyalgia")
ALCOHOL = ("F10.20", "Alcohol dependence, uncomplicated")


def _severity(answer: Answer, group: str = "opioid-conflict") -> int:
    """0 for silence, 1 to 3 for the highest level of a group of rules."""
    pages = {rule.page.rule: rule.page for rule in the_clinic().book.rules}
    levels = [LEVELS.index(level) + 1 for rule, level in findings(answer).items() if pages[rule].group == group]
    return max(levels, default=0)


# --- what is ordered -------------------------------------------------------------------------------------------------

ANY_NALTREXONE: dict[str, Callable[[], Fact]] = {
    "1 mcg": lambda: _micrograms(1),
    "100 mcg": lambda: _micrograms(100),
    "0.5 mg": lambda: ordering_ldn("0.5"),
    "1.5 mg": lambda: ordering_ldn("1.5"),
    "4.5 mg": lambda: ordering_ldn("4.5"),
    "6 mg": lambda: ordering_ldn("6"),
    "9 mg": lambda: ordering_ldn("9"),
    "25 mg": lambda: ordering_onlabel(25),
    "50 mg": lambda: ordering_onlabel(50),
    "150 mg": lambda: ordering_onlabel(150),
    "380 mg": lambda: ordering("Vivitrol 380 mg intramuscular suspension", rxnorm="637213", reason=ALCOHOL),
    "with bupropion": lambda: ordering("Contrave 8-90 mg ER tablet", "Take 2 tablets twice a day"),
    "no dose": lambda: ordering("naltrexone capsule", "Take as directed"),
    "no instructions": lambda: ordering("naltrexone"),
    "LDN": lambda: ordering("LDN 4.5 mg capsule", "1 capsule at bedtime"),
}
naltrexone_orders = st.sampled_from(sorted(ANY_NALTREXONE))


def _micrograms(amount: int) -> Fact:
    instruction = {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]}},
        "doseAndRate": [{"doseQuantity": {"value": amount, "unit": "mcg", "code": "ug"}}],
    }
    return ordering("naltrexone compounded capsule", dosageInstruction=[instruction], reason=SJOGREN)


# --- what is or was taken --------------------------------------------------------------------------------------------

SHORT = (
    "oxycodone 5 mg tablet",
    "tramadol 50 mg tablet",
    "hydrocodone 5 mg-acetaminophen 325 mg tablet",
    "morphine sulfate 15 mg tablet",
    "acetaminophen 300 mg-codeine 30 mg tablet",
    "tapentadol 50 mg tablet",
)
EXTENDED = ("oxycodone ER 10 mg tablet", "morphine ER 30 mg tablet", "MS Contin 15 mg tablet")
LONG = ("methadone 10 mg tablet", "buprenorphine 8 mg-naloxone 2 mg sublingual film", "levorphanol 2 mg tablet")
PATCHES = ("fentanyl 25 mcg/hr transdermal patch", "buprenorphine 10 mcg/hr weekly patch")
DEPOTS = {
    "Sublocade 300 mg/1.5 mL injection": (210, 365),
    "Brixadi weekly 24 mg/0.48 mL injection": (28, 42),
    "Brixadi monthly 96 mg/0.27 mL injection": (112, 180),
}


def ended(text: str, days_ago: int, lasted: int = 30) -> Fact:
    """An opioid whose supply ended so many days ago."""
    return dispensed(text, on=D - (days_ago + lasted), days=lasted)


def came_off(text: str, days_ago: int) -> Fact:
    """A patch that came off so many days ago."""
    return administered(text, on=D - (days_ago + 3), removed=D - days_ago)


@st.composite
def critical_exposures(draw: st.DrawFn) -> Fact:
    """An opioid inside the time in which naltrexone is contraindicated."""
    match draw(st.sampled_from(["taken", "ended", "long", "patch", "depot", "reported"])):
        case "taken":
            text = draw(st.sampled_from([*SHORT, *EXTENDED, *LONG, *PATCHES]))
            return prescribed(text, on=D - draw(st.integers(0, 14)), days=draw(st.integers(15, 90)))
        case "ended":
            return ended(draw(st.sampled_from([*SHORT, *EXTENDED])), draw(st.integers(0, 6)), draw(st.integers(5, 90)))
        case "long":
            return ended(draw(st.sampled_from(LONG)), draw(st.integers(0, 13)), draw(st.integers(1, 90)))
        case "patch":
            return came_off(draw(st.sampled_from(PATCHES)), draw(st.integers(0, 13)))
        case "depot":
            text = draw(st.sampled_from(sorted(DEPOTS)))
            return administered(text, on=D - draw(st.integers(0, DEPOTS[text][0])))
        case _:
            return reported(draw(st.sampled_from([*SHORT, *LONG])), asserted=D - draw(st.integers(0, 14)))


@st.composite
def any_exposures(draw: st.DrawFn) -> tuple[int, Fact]:
    """An opioid of any age, and how many days ago it was last taken."""
    days_ago = draw(st.integers(-20, 40))
    text = draw(st.sampled_from([*SHORT, *EXTENDED, *LONG]))
    return days_ago, ended(text, days_ago, draw(st.integers(1, 60)))


# --- the promises ----------------------------------------------------------------------------------------------------


@thorough
@given(naltrexone_orders, critical_exposures())
def test_an_opioid_in_its_critical_window_is_critical_at_every_dose(order: str, exposure: Fact) -> None:
    answer = a_review(ANY_NALTREXONE[order](), exposure)
    assert _severity(answer) == 3, (order, exposure.resource, [c["summary"] for c in answer.cards])
    assert answer.cards[0]["indicator"] == "critical"


@thorough
@given(naltrexone_orders, naltrexone_orders, any_exposures())
def test_the_dose_never_changes_the_level(one: str, other: str, exposure: tuple[int, Fact]) -> None:
    levels = {name: _severity(a_review(ANY_NALTREXONE[name](), exposure[1])) for name in (one, other)}
    assert levels[one] == levels[other], (levels, exposure[1].resource)


@thorough
@given(st.sampled_from(["no dose", "no instructions"]), critical_exposures())
def test_an_unknown_dose_hides_no_opioid(order: str, exposure: Fact) -> None:
    assert _severity(a_review(ANY_NALTREXONE[order](), exposure)) == 3


@thorough
@given(naltrexone_orders, any_exposures(), any_exposures())
def test_a_newer_exposure_never_lowers_the_level(order: str, old: tuple[int, Fact], new: tuple[int, Fact]) -> None:
    assume(new[0] <= old[0])
    alone = _severity(a_review(ANY_NALTREXONE[order](), old[1]))
    both = _severity(a_review(ANY_NALTREXONE[order](), old[1], new[1]))
    assert both >= alone, (old[1].resource, new[1].resource)


@thorough
@given(st.sampled_from([*SHORT, *EXTENDED, *LONG]), st.integers(1, 60), st.integers(-5, 30), st.integers(0, 10))
def test_the_level_falls_as_the_opioid_recedes(text: str, lasted: int, days_ago: int, later: int) -> None:
    near = _severity(a_review(ordering_ldn(), ended(text, days_ago, lasted)))
    far = _severity(a_review(ordering_ldn(), ended(text, days_ago + later, lasted)))
    assert near >= far, (text, lasted, days_ago, later)


@thorough
@given(st.sampled_from(PATCHES), st.integers(0, 30), st.integers(0, 10))
def test_the_level_falls_as_a_patch_recedes(text: str, days_ago: int, later: int) -> None:
    near = _severity(a_review(ordering_ldn(), came_off(text, days_ago)))
    far = _severity(a_review(ordering_ldn(), came_off(text, days_ago + later)))
    assert near >= far


@thorough
@given(st.sampled_from(sorted(DEPOTS)), st.integers(0, 400))
def test_a_depot_forbids_then_warns_then_is_silent(text: str, days_ago: int) -> None:
    critical, warning = DEPOTS[text]
    expected = 3 if days_ago <= critical else 2 if days_ago <= warning else 0
    assert _severity(a_review(ordering_ldn(), administered(text, on=D - days_ago))) == expected


# --- labelled use ----------------------------------------------------------------------------------------------------

PROTECTED_FROM = ("dose", "titration", "timing", "formulation")


@thorough
@given(
    st.sampled_from(["25 mg", "50 mg", "150 mg", "380 mg"]),
    st.sampled_from([ALCOHOL, ("F11.20", "Opioid dependence"), ("F10.21", "Alcohol dependence, in remission")]),
    st.booleans(),
    st.lists(any_exposures(), max_size=2),
)
def test_labelled_use_draws_no_card_about_dose_time_or_product(
    order: str, disorder: tuple[str, str], is_on_the_problem_list: bool, opioids: list[tuple[int, Fact]]
) -> None:
    draft = ANY_NALTREXONE[order]()
    draft.resource["reasonCode"] = [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": disorder[0]}]}]
    facts = [fact for _, fact in opioids]
    if is_on_the_problem_list:
        facts.append(having(*disorder))
    pages = {rule.page.rule: rule.page for rule in the_clinic().book.rules}
    heard = [rule for rule in findings(a_review(draft, *facts)) if pages[rule].group in PROTECTED_FROM]
    assert heard == []


ALONE = ("methylnaltrexone 12 mg/0.6 mL syringe", "Relistor 150 mg tablet", "methyl-naltrexone bromide injection",
         "naloxone 4 mg nasal spray", "Narcan nasal spray", "naloxone 0.4 mg/mL injection",
         "nalmefene 2.7 mg nasal spray", "Opvee nasal spray", "naloxegol 25 mg tablet")  # fmt: skip


@thorough
@given(st.sampled_from(ALONE), st.sampled_from([str.upper, str.lower, str.title, str.strip]))
def test_other_antagonists_alone_are_not_our_subject(text: str, spelled: Callable[[str], str]) -> None:
    assert a_review(ordering(spelled(text), "As directed")).cards == []


# --- how it is written -----------------------------------------------------------------------------------------------

WRITTEN = {
    "oxycodone": ("oxycodone 5 mg tablet", "Percocet 5-325 mg", "OxyIR", "1049621"),
    "hydrocodone": ("hydrocodone-acetaminophen 5-325 mg", "Norco", "Vicodin", "856903"),
    "tramadol": ("tramadol 50 mg tablet", "Ultram", "tramadol HCl", "835603"),
    "methadone": ("methadone 10 mg tablet", "Dolophine", "methadone hydrochloride", "864706"),
    "buprenorphine": ("buprenorphine-naloxone 8-2 mg film", "Suboxone", "Zubsolv", "1010608"),
    "fentanyl patch": ("fentanyl 25 mcg/hr patch", "Duragesic 25 mcg/hr patch", "fentanyl transdermal patch", "245134"),
}


@thorough
@given(
    st.sampled_from(sorted(WRITTEN)),
    st.integers(0, 3),
    st.sampled_from(
        [str.upper, str.lower, str.title, lambda text: f"  {text} ", lambda text: text.replace(" ", "\u00a0")]
    ),
    st.sampled_from(
        ["naltrexone 1.5 mg capsule", "NALTREXONE HCL 1.5MG CAP", "Naltrexone (ReVia) tablet", "LDN 1.5 mg caps"]
    ),
)
def test_spelling_never_hides_a_conflict(drug: str, way: int, spelled: Callable[[str], str], naltrexone: str) -> None:
    words = WRITTEN[drug][way]
    on_the_list = prescribed(None, rxnorm=words, on=D - 3, days=30) if words.isdigit() else prescribed(
        spelled(words), on=D - 3, days=30
    )  # fmt: skip
    answer = a_review(ordering(naltrexone, "1 capsule at bedtime"), on_the_list)
    assert _severity(answer) == 3, (words, naltrexone)


# --- what was not sent -----------------------------------------------------------------------------------------------


@st.composite
def charts(draw: st.DrawFn) -> list[Fact]:
    """A few facts of any kind."""
    facts = [fact for _, fact in draw(st.lists(any_exposures(), max_size=2))]
    if draw(st.booleans()):
        facts.append(taking_ldn(draw(st.sampled_from(["1.5", "3", "4.5"])), since=D - draw(st.integers(5, 300))))
    if draw(st.booleans()):
        facts.append(having(*draw(st.sampled_from([FIBROMYALGIA, ALCOHOL, ("F11.20", "Opioid dependence"),
                                                   ("F11.23", "Opioid dependence with withdrawal"),
                                                   ("G47.00", "Insomnia")]))))  # fmt: skip
    if draw(st.booleans()):
        facts.append(allergic_to("Lactose", kind=draw(st.sampled_from(["allergy", "intolerance"]))))
    if draw(st.booleans()):
        facts.append(measured("11235-9", on=D - draw(st.integers(0, 20)), valueCodeableConcept={"text": "Positive"}))
    return facts


@thorough
@given(
    naltrexone_orders,
    charts(),
    st.sets(st.sampled_from([key for key in ASKED if key != "encounter"]), min_size=1, max_size=3),
    st.sampled_from([not_sent, failed, partial]),
)
def test_what_is_missing_never_removes_a_card_without_saying_so(
    order: str, facts: list[Fact], keys: set[str], lost: Callable[[str], Fact]
) -> None:
    draft = ANY_NALTREXONE[order]()
    whole = findings(a_review(draft, *facts))
    if lost is partial:
        left = [*facts, *(partial(key) for key in keys)]
    else:
        left = [f for f in facts if f.place not in keys] + [lost(key) for key in sorted(keys)]
    after = findings(a_review(draft, *left))
    gone = set(whole) - set(after)
    assert not gone or DATA_RULES & set(after), f"{gone} fell silent without {sorted(keys)}, and nobody said so"


@thorough
@given(charts(), st.sampled_from([not_sent, failed]))
def test_an_opioid_order_says_what_was_not_looked_at(facts: list[Fact], lost: Callable[[str], Fact]) -> None:
    draft = ordering("oxycodone 5 mg tablet", "1 tablet every 6 hours as needed")
    whole = findings(a_review(draft, *facts))
    left = [f for f in facts if f.place != "medicationRequests"] + [lost("medicationRequests")]
    after = findings(a_review(draft, *left))
    assert not set(whole) - set(after) or DATA_RULES & set(after)


# --- how much is said ------------------------------------------------------------------------------------------------


@st.composite
def orders(draw: st.DrawFn) -> Fact:
    """A low-dose order with any of the faults that a rule knows, or none."""
    mg = draw(st.sampled_from(["0.25", "0.5", "1", "1.5", "2", "3", "4.5", "5", "6", "9", "10"]))
    when = draw(st.sampled_from([None, "HS", "MORN"]))
    often = draw(st.integers(1, 2))
    said = {None: "daily", "HS": "at bedtime", "MORN": "in the morning"}[when]
    words = draw(st.sampled_from([None, f"Take {mg} mg by mouth {said}", f"Take {mg} mg", "Take as directed",
                                  f"Take {float(mg) * 10:g} mg {said}"]))  # fmt: skip
    reason = draw(st.sampled_from([None, SJOGREN, FIBROMYALGIA, ALCOHOL]))
    changes: dict[str, Any] = {"dosageInstruction": [dosage(mg, text=words, when=when, per_day=often)]}
    match draw(st.sampled_from(["capsule", "capsule", "tablet", "tablet by words", "liquid", "nameless"])):
        case "tablet":
            changes |= {"contained": None, "medicationReference": None,
                        "medicationCodeableConcept": concept("naltrexone 50 mg tablet", rxnorm="1483744")}  # fmt: skip
        case "tablet by words":
            changes |= {"contained": None, "medicationReference": None,
                        "medicationCodeableConcept": concept("naltrexone 50 mg tablet")}  # fmt: skip
        case "liquid":
            changes |= {"contained": None, "medicationReference": None,
                        "medicationCodeableConcept": concept("compounded naltrexone 1 mg/mL suspension")}  # fmt: skip
            changes["dispenseRequest"] = {"quantity": {"value": draw(st.integers(10, 120)), "unit": "mL"}}
        case "nameless":
            changes |= {"contained": None, "medicationReference": None,
                        "medicationCodeableConcept": concept("naltrexone compounded capsule")}  # fmt: skip
    if "dispenseRequest" not in changes:
        days = draw(st.sampled_from([None, 30, 90]))
        changes["dispenseRequest"] = None if days is None else {
            "numberOfRepeatsAllowed": draw(st.integers(0, 2)),
            "quantity": {"value": days, "unit": "capsule"},
            "expectedSupplyDuration": {"value": days, "unit": "days", "code": "d"},
        }  # fmt: skip
    note = draw(st.sampled_from([None, "Compounded, immediate release.", "Calcium carbonate filler please.",
                                 "Slow-release capsule please.", "Low dose naltrexone"]))  # fmt: skip
    changes["note"] = None if note is None else [{"text": note}]
    return ordering_ldn(mg, reason=reason, **changes)


@thorough
@given(orders(), charts())
def test_a_draft_has_at_most_one_critical_two_warnings_and_a_review(draft: Fact, facts: list[Fact]) -> None:
    cards = a_review(draft, *facts).cards
    assert len(cards) <= 4, [c["summary"] for c in cards]
    reviews = [c for c in cards if c["source"]["topic"]["code"] == "ldnorderreview"]
    assert len(reviews) <= 1
    # A review card raised by one of its items does not use up the warnings; with one item it is named after its rule.
    levels = Counter(c["indicator"] for c in cards)
    assert levels["critical"] <= 1
    assert levels["warning"] <= 3
    for card in cards:
        assert len(card["summary"]) < 140
        assert card["indicator"] in LEVELS


@thorough
@given(orders(), charts())
def test_what_a_suggestion_makes_draws_no_card_of_its_rule(draft: Fact, facts: list[Fact]) -> None:
    told = [draft, *facts]
    answer = a_review(*told)
    for card in answer.cards:
        for suggestion in to_try(card):
            assert_mended(answer, a_review(*accepted(told, suggestion)), suggestion)


@thorough
@given(orders(), charts())
def test_three_rounds_are_enough(draft: Fact, facts: list[Fact]) -> None:
    rounds = rounds_until_settled(lambda told: a_review(*told).cards, accepted, [draft, *facts])
    assert len(rounds) <= 3, f"Something is still recommended after {rounds}"
