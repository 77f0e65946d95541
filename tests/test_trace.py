"""Why these cards and no others: what the explanation of a review says, and that explaining changes nothing."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from click.testing import CliRunner

from cards import Answer, Clinic, Dialect, Hook, Kind, questions
from cards.chart import Chart
from cards.explanation import Asked, Outcome, Trace, WhyNotAsked
from cards.explanation_text import WIDTH
from cards.review import Silencing
from cards.trace import Answered, Condition, original_of
from cards.trace.nouns import PARTS, ROOTS
from cds_hooks import cli
from cds_hooks.contracts import problems_of
from cds_hooks.demo import ORDERS
from fhir_fixtures import Scenario
from tests.charts import (
    D,
    Fact,
    a_review,
    aged,
    allergic_to,
    booked,
    dispensed,
    dosage,
    failed,
    given,
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
)
from tests.scenes import SCENARIOS, in_process, name_of, placeholder

WASHOUT = "ldn-order-opioid-washout"
FIBROMYALGIA = ("M79.7", "Fibromyalgia")


def ended(ago: int) -> Fact:
    """Oxycodone, its supply of ten days over so many days ago."""
    return dispensed("oxycodone 5 mg tablet", on=D - ago - 10, days=10)


def of(rule: str, *facts: Fact, **asking: Any) -> Asked:
    """What became of a rule in a review of those facts."""
    return a_review(*facts, **asking).explain().rule(rule)


def conditions(asked: Asked) -> list[Condition]:
    """Every condition of a rule, parts after what they are part of."""

    def flat(some: Any) -> list[Condition]:
        return [one for condition in some for one in (condition, *flat(condition.parts))]

    assert asked.record is not None, f"{asked.page.rule} was not asked: {asked.reason}"
    return flat(asked.record.conditions)


def condition(asked: Asked, words: str) -> Condition:
    """The one condition that says this."""
    found = [one for one in conditions(asked) if words in one.says]
    assert len(found) == 1, f"{words!r} is said by {len(found)} of {[one.says for one in conditions(asked)]}"
    return found[0]


@cache
def explained(name: str) -> tuple[Answer, Trace]:
    """A made-up patient's answer and its explanation."""
    scenario = next(one for one in SCENARIOS if name_of(one) == name)
    answer = in_process(scenario.hook, scenario.body, scenario)
    return answer, answer.explain()


# --- it changes nothing ----------------------------------------------------------------------------------------------


def assert_same(answer: Answer) -> None:
    """The explanation comes to the same findings, the same silences and the same cards as the review itself."""
    trace = answer.explain()
    assert trace.review == answer.review
    by_card: dict[int, set[str]] = {}
    for asked in trace.rules:
        for said in asked.said:
            if said.card is not None:
                by_card.setdefault(said.card, set()).add(asked.page.rule)
    sent = {at: {f["rule"] for f in c["extension"]["ldn-cds.findings"]} for at, c in enumerate(answer.cards, 1)}
    assert by_card == sent
    assert problems_of(json.loads(json.dumps(trace.to_json())), "trace") == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_a_review_that_is_explained_comes_to_the_same(scenario: Scenario) -> None:
    assert_same(in_process(scenario.hook, scenario.body, scenario))


@pytest.mark.parametrize("hook", Hook)
@pytest.mark.parametrize(
    "facts",
    [
        (),
        (taking_ldn(since=D - 200), ended(2)),
        (taking_ldn("1.5", since=D - 30), booked("knee replacement", on=D + 12), having("G47.00", "Insomnia")),
        (taking_ldn(status="on-hold"), ended(12), failed("medicationDispenses")),
        (ordering_ldn("4.5"), ordering("oxycodone 5 mg tablet"), aged(12), allergic_to("naltrexone")),
        (ordering_ldn(reason=FIBROMYALGIA), partial("conditions"), not_sent("laboratory"), not_sent("patient")),
        (ordering_onlabel(), measured("1742-6", on=D - 5, valueQuantity={"value": 400, "code": "U/L"})),
        (ordering("oxycodone 5 mg tablet"), taking_ldn(), given("Vivitrol 380 mg", on=D - 10)),
        (ordering_ldn("9"), reported("kratom"), prescribed("levothyroxine 75 mcg tablet"), having("K72.00", "Failure")),
    ],
    ids=str,
)
def test_so_it_does_at_every_moment_of_care(hook: Hook, facts: tuple[Fact, ...]) -> None:
    assert_same(a_review(*facts, hook=hook))


def test_where_a_client_takes_few_cards_or_one_for_all_topics_it_comes_to_the_same() -> None:
    facts = (ordering_ldn("9", reason=FIBROMYALGIA, dispenseRequest=None), taking_ldn("1.5", since=D - 9))
    assert_same(a_review(*facts, dialect=Dialect(most_cards=1)))
    assert_same(a_review(*facts, dialect=Dialect(merges_topics=True)))


def test_a_profiler_that_was_there_before_is_there_again() -> None:
    answer, seen = a_review(ordering_ldn()), []

    def profiler(frame: Any, event: str, argument: Any) -> None:
        seen.append(event)

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        answer.explain()
        after = sys.getprofile()
    finally:
        sys.setprofile(before)
    assert after is profiler
    assert seen


# --- conditions ------------------------------------------------------------------------------------------------------


def test_says_which_condition_was_not_met_for_a_silent_neighbour() -> None:
    ninth, tenth = of(WASHOUT, ordering_ldn(), ended(9)), of(WASHOUT, ordering_ldn(), ended(10))
    assert (ninth.outcome, tenth.outcome) == (Outcome.SHOWN, Outcome.SILENT)
    is_open = condition(ninth, "the opioid-free interval is not complete on Mar 2, 2026")
    assert is_open.answer is Answered.MET
    assert dict(is_open.about[0].values) == {"opioid-free interval over on": "Mar 3, 2026"}
    told = condition(tenth, "ended so lately that it still matters")
    assert told.answer is Answered.NOT_MET
    assert tenth.reason == f"not met: {told.says}"
    (course,) = told.about
    assert "oxycodone" in course.what
    assert course.references[0].startswith("MedicationDispense/")
    assert dict(course.values)["opioid-free interval over on"] == dict(course.values)["day of the review"]


def test_a_dose_is_told_beside_the_number_it_was_compared_with() -> None:
    high, usual = (of("ldn-start-dose-high", ordering_ldn(mg)) for mg in ("1.6", "1.5"))
    assert (high.outcome, usual.outcome) == (Outcome.SHOWN, Outcome.SILENT)
    for asked, answer, value in ((high, Answered.MET, "1.6"), (usual, Answered.NOT_MET, "1.5")):
        found = condition(asked, "(start-max)")
        assert (found.answer, found.compared.how, found.compared.number) == (answer, "above", "start_max")
        assert found.compared.name == "daily dose of the first step"
        assert found.compared.value == f"{value}\u00a0mg a day"


def every_third_day(mg: str) -> list[dict[str, Any]]:
    """Directions whose daily dose is a fraction without end."""
    return [dosage(mg) | {"timing": {"repeat": {"frequency": 1, "period": 3, "periodUnit": "d"}}}]


@pytest.mark.parametrize(
    ("facts", "hook"),
    [
        ((ordering_ldn("5", dosageInstruction=every_third_day("5")), ended(3)), Hook.ORDER_SIGN),
        ((taking_ldn("5", since=D - 20, dosageInstruction=every_third_day("5")),), Hook.PATIENT_VIEW),
    ],
    ids=["a draft", "what is taken"],
)
def test_a_dose_without_end_is_rounded_alike_in_the_trace_and_on_the_card(facts: tuple[Fact, ...], hook: Hook) -> None:
    answer = a_review(*facts, hook=hook)
    trace = answer.explain()
    told = json.dumps([trace.to_json(), list(answer.cards)]) + trace.to_text()
    assert "1.667\\u00a0mg" in told
    assert not re.search(r"\d\.\d{5}", told)


def test_a_predicate_of_the_house_is_told_in_its_own_words_with_what_it_asked() -> None:
    start = condition(of("ldn-start-dose-high", *_on_it()), "no naltrexone was taken lately")
    assert start.answer is Answered.NOT_MET
    assert "naltrexone stands on a medication list" in [part.says for part in start.parts]


def test_names_the_missing_list_for_what_could_not_be_known() -> None:
    asked = of("naltrexone-allergy", ordering_ldn(), failed("allergies"))
    assert (asked.outcome, asked.missing) == (Outcome.UNKNOWN, (Kind.ALLERGIES,))
    unknown = condition(asked, "the allergy list has an entry that stands")
    assert (unknown.answer, unknown.missing) == (Answered.UNKNOWN, (Kind.ALLERGIES,))
    data = asked_as_json("naltrexone-allergy", ordering_ldn(), failed("allergies"))
    assert data["missing"] == [{"kind": "allergies", "state": "could not be read"}]


def asked_as_json(rule: str, *facts: Fact, **asking: Any) -> dict[str, Any]:
    told = a_review(*facts, **asking).explain().to_json()
    return next(one for one in told["rules"] if one["rule"] == rule)


def test_a_rule_of_whose_matter_nothing_is_told_says_what_it_looked_for() -> None:
    asked = of("ldn-thioridazine", ordering_ldn())
    assert (asked.outcome, asked.looked_for) == (Outcome.SILENT, "thioridazine")
    assert asked.reason == "not met: the lists or another draft tell of thioridazine"


def test_what_is_only_said_or_offered_is_not_told() -> None:
    asked = of("ldn-start-dose-high", ordering_ldn("4.5"))
    assert asked.said[0].judged.finding.offers, "a stepped start is offered, for which capsule strengths are sought"
    assert asked.record is not None
    assert not [name for name, _ in asked.record.numbers if name.startswith("capsule")]
    assert not [one for one in conditions(asked) if "capsule" in one.says]


def test_a_number_that_a_site_chose_is_told_as_its_own() -> None:
    clinic = Clinic.open(overrides={"new_start_after": Decimal(45)})
    told = asked_as_json("ldn-start-dose-high", *_on_it(), clinic=clinic)["numbers"]
    (site,) = (number for number in told if number["name"] == "new_start_after")
    assert (site["value"], site["set_by"], site["setting"]) == ("45", "site", "new_start_after")
    told = asked_as_json("ldn-start-dose-high", *_on_it())["numbers"]
    (ours,) = (number for number in told if number["name"] == "new_start_after")
    assert ours["set_by"] == "default"
    assert ours["source"]


def _on_it() -> tuple[Fact, ...]:
    return ordering_ldn("4.5"), taking_ldn("1.5")


# --- what became of it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "rule", "way", "by"),
    [
        (
            "order-sign/oxycodone_still_taken",
            "ldn-indication-evidence",
            Silencing.CRITICAL_CONFLICT,
            "ldn-order-active-opioid",
        ),
        (
            "order-sign/tablet_dissolved_in_water_at_home",
            "ldn-commercial-tablet-fraction",
            Silencing.PRECEDENCE,
            "ldn-home-dilution-sig",
        ),
    ],
)
def test_names_the_rule_that_silenced_a_finding_and_how(scenario: str, rule: str, way: Silencing, by: str) -> None:
    asked = explained(scenario)[1].rule(rule)
    assert asked.outcome is Outcome.SILENCED
    (said,) = asked.said
    assert (said.way, said.silenced_by, said.card) == (way, by, None)
    assert said.place == f"not said: {way.value}, {by}"


def test_labelled_use_is_told_as_what_suppresses() -> None:
    trace = explained("order-sign/fifty_milligrams_for_alcohol_dependence")[1]
    protecting = trace.rule("naltrexone-onlabel-protect")
    assert (protecting.outcome, protecting.said[0].way) == (Outcome.SUPPRESSES, None)
    draft = ordering_onlabel(reason=FIBROMYALGIA, dosageInstruction=None)
    silenced = [s for asked in a_review(draft).explain().rules for s in asked.said if s.way is Silencing.LABELLED_USE]
    assert all(said.silenced_by == "naltrexone-onlabel-protect" for said in silenced)


def test_names_the_card_an_informational_finding_was_merged_into() -> None:
    answer, trace = explained("order-sign/tablet_order_with_everything_wrong")
    (said,) = trace.rule("ldn-indication-evidence").said
    assert said.place == f"card {len(answer.cards)}: merged into the review card"
    (last,) = trace.to_json()["cards"][-1:]
    assert {"rule": "ldn-indication-evidence", "is_moved": False, "wanted": "review"}.items() <= last["findings"][
        0
    ].items()


def test_says_what_had_no_room_for_a_card_of_its_own() -> None:
    facts = (
        *(ordering_ldn("9", when="MORN"), having("G47.00", "Insomnia"), having("N18.6", "End stage renal disease")),
        *(having("O09.90", "Pregnancy"), having("R45.851", "Suicidal ideations"), allergic_to("nalmefene")),
        booked("knee replacement", on=D + 4),
    )
    answer = a_review(*facts)
    moved = [said for asked in answer.explain().rules for said in asked.said if said.is_moved]
    assert moved, [card["summary"] for card in answer.cards]
    assert all(said.place == f"card {said.card}: no room for a card of its own ({said.wanted})" for said in moved)


def test_says_which_cards_a_client_does_not_take() -> None:
    facts = (
        ordering_ldn("4.5", dosageInstruction=None),
        allergic_to("naltrexone", kind="intolerance", reaction="nausea"),
    )
    whole = a_review(*facts)
    few = a_review(*facts, dialect=Dialect(most_cards=0)).explain()
    over = [said for asked in few.rules for said in asked.said if said.is_over]
    assert whole.cards
    assert over
    assert {said.place for said in over} == {"on no card: the client takes no more cards"}


def test_says_that_offers_were_withheld_in_a_conflict() -> None:
    trace = explained("order-sign/part_of_a_tablet_and_an_opioid")[1]
    (said,) = trace.rule("ldn-commercial-tablet-fraction").said
    assert said.offers_withheld
    assert "its offers are withheld" in trace.to_text()


@pytest.mark.parametrize(
    ("rule", "why", "reason"),
    [
        ("opioid-order-ldn-active", WhyNotAsked.NO_SUCH_ORDER, "no opioid is being ordered"),
        ("ldn-opioid-overlap-on-chart", WhyNotAsked.OTHER_HOOK, "it is asked at patient-view only"),
        ("uds-order-naltrexone-false-positive", WhyNotAsked.OFF, "switched off as delivered"),
    ],
)
def test_says_why_a_rule_was_not_asked(rule: str, why: WhyNotAsked, reason: str) -> None:
    asked = of(rule, ordering_ldn())
    assert (asked.outcome, asked.why_not_asked, asked.reason) == (Outcome.NOT_ASKED, why, reason)
    assert asked.record is None


def test_a_rule_that_a_site_switched_off_says_so() -> None:
    clinic = Clinic.open(switches={"ldn-thioridazine": False})
    assert of("ldn-thioridazine", ordering_ldn(), clinic=clinic).reason == "switched off by this site"


# --- stand-ins -------------------------------------------------------------------------------------------------------


def test_no_stand_in_gets_out() -> None:
    trace = a_review(ordering_ldn("4.5", reason=FIBROMYALGIA), ended(2), having("G47.00", "Insomnia")).explain()
    orders = [said.judged.finding.order for asked in trace.rules for said in asked.said]
    assert orders
    assert all(order is None or order is original_of(order) for order in orders)


def test_every_question_has_its_sentence() -> None:
    lacking = []
    for noun in {*ROOTS, *PARTS}:
        assert is_dataclass(noun)
        hints = get_type_hints(noun)
        asked = {one.name for one in fields(noun) if hints[one.name] in (bool, bool | None)}
        for name, member in vars(noun).items():
            reader = member.fget if isinstance(member, property) else member
            returned = getattr(reader, "__annotations__", {}).get("return")
            if not name.startswith("_") and returned in ("bool", "bool | None"):
                asked.add(name)
        lacking += [f"{noun.__name__}.{name}" for name in sorted(asked) if not questions.has_words(noun.__name__, name)]
    public = {name for name in (*(f.name for f in fields(Chart)), *vars(Chart)) if not name.startswith("_")}
    for name in sorted(public - set(questions.VALUES_OF_THE_CHART) - questions.UNTOLD_OF_THE_CHART):
        if not questions.has_words("", name) and name != "counts_as_taken":
            lacking.append(f"Chart.{name}")
    assert not lacking, f"cards/questions.py has no sentence for {', '.join(lacking)}"


# --- for a person ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ORDERS)
def test_the_demo_orders_read_well(name: str) -> None:
    answer, trace = explained(name)
    text = trace.to_text()
    assert max(map(len, text.splitlines())) <= WIDTH
    for order in answer.chart.orders:
        assert f"`{order.reference}`" in text
    for card in answer.cards:
        assert card["summary"] in re.sub("[ \n]+", " ", text)
    for asked in trace.rules:
        assert asked.page.rule in text
    assert " not told, not told" not in text
    assert "None" not in text
    assert "Watched" not in text


RENEWED = """
    Read as naltrexone 4.5 mg a day (low dose): some rules asked, none of which has anything to say – nothing is told of an
    opioid (received: medication orders and dispensing records; asked, and there is none: reported medicines and
    administration records); “Micrograms, or very few milligrams” would need that lowest daily dose 4.5 mg a day is below
    0.5 mg a day (check-below); “No time of day” does not speak at “time of day: at bedtime”; “Compounding details missing”
    would need that its words speak of calcium carbonate.
"""
LABELLED = """
    “Labelled use of naltrexone is left in peace” keeps what is said of low doses, time of day and product from being said
"""
ENDED = "every opioid on the lists ended long enough ago (oxycodone, opioid-free interval over on Mar 2, 2026)"
FAILED = """
    some rules that judge naltrexone or opioid orders found none to judge; one rule could not be decided without medication
    orders
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("order-sign/renewal_of_four_and_a_half_milligrams", RENEWED),
        ("order-sign/fifty_milligrams_for_alcohol_dependence", LABELLED),
        ("order-sign/extended_release_oxycodone_ended_fourteen_days_ago", ENDED),
        ("order-sign/ibuprofen_and_orders_failed", FAILED),
        (
            "order-sign/draft_on_hold_is_not_being_started",
            "1.5 mg a day (low dose) that is not being started: some rules",
        ),
        ("patient-view/nobody_takes_naltrexone", "The chart was looked through: some rules asked"),
    ],
)
def test_a_quiet_answer_says_what_was_checked_and_what_kept_the_nearest_rules_silent(name: str, told: str) -> None:
    answer, trace = explained(name)
    assert not answer.cards
    said = re.sub(r"\b\d+ rules", "some rules", " ".join(trace.why_silent().split()))
    assert " ".join(told.split()) in said


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_every_quiet_answer_can_say_why_in_one_sentence(scenario: Scenario) -> None:
    answer, trace = explained(name_of(scenario))
    said = trace.why_silent()
    if answer.cards:
        return
    assert said.endswith(".")
    assert f" asked, none of which has anything to say – {said.split(' – ', 1)[1]}" in said
    assert ".." not in said
    assert "safe" not in said
    assert said in re.sub("[ \n]+", " ", trace.to_text())


def test_the_opioid_lists_that_are_missing_are_named_where_a_quiet_answer_says_that_there_is_no_opioid() -> None:
    """A sentence about silence never reads as if a list had been there that was not."""
    assert "medication orders, reported medicines, dispensing" in a_review(ordering_ldn()).explain().why_silent()
    without = a_review(ordering_ldn(), not_sent("medicationStatements")).explain().why_silent()
    assert "not sent: reported medicines" in without


def test_text_of_a_chart_stands_in_code_spans_only() -> None:
    evil = "<b>naltrexone</b> 4.5 mg\x1b[31m [click](http://x.example) for Anna Example"
    draft = ordering(evil, "1 capsule at bedtime <script>", note=[{"text": "for Anna Example"}], status="draft <i>")
    draft.resource["id"] = "<u>draft</u>"
    answer = a_review(draft, prescribed("<b>oxycodone</b> 5 mg", on=D - 2, status="<s>active"))
    assert "<s>" not in answer.cards[0]["detail"]
    text = answer.explain().to_text()
    outside = "".join(text.split("`")[::2])
    for bad in ("<", "\x1b", "http", "Anna"):
        assert bad not in outside, f"{bad!r} outside a code span: {text}"
    assert "\x1b" not in text


def test_no_birthday_and_no_name_is_told() -> None:
    patient = Fact(
        "patient", {"resourceType": "Patient", "name": [{"family": "Exampleson"}], "birthDate": "1999-08-07"}
    )
    told = json.dumps(a_review(ordering_ldn(), patient).explain().to_json())
    assert "Exampleson" not in told
    assert "1999" not in told
    assert '"age in years": "26"' in told


# --- the command line ------------------------------------------------------------------------------------------------


def run(*arguments: object) -> str:
    result = CliRunner().invoke(cli.main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def request_file() -> Path:
    return next(one.path for one in SCENARIOS if one.name == "oxycodone_still_taken") / "request.json"


def test_review_says_why_for_a_person(request_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = run("review", request_file, "--why")
    assert said == explained("order-sign/oxycodone_still_taken")[1].to_text()
    assert "Shown: ldn-order-active-opioid" in said


def test_review_says_why_as_data(request_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = json.loads(run("review", request_file, "--why", "--json"))
    assert problems_of(data, "trace") == []
    data["cards"][0]["uuid"] = placeholder(1)
    assert data == explained("order-sign/oxycodone_still_taken")[1].to_json()
