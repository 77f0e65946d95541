"""When low-dose naltrexone is taken at night and sleep suffers, or a sleeping pill is about to be added, then suggest

the morning, because vivid dreams and poor sleep are its commonest side effects and a drug against a side effect is
avoidable.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from cards.allergies import Allergy, Reaction
from cards.changes import Change
from cards.chart import Chart, Hook, Kind, NaltrexoneUse, Order
from cards.chart_suggestions import take_active_at
from cards.conditions import Condition, ConditionGroup
from cards.dosing import TimeOfDay
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import may_be_taken_at_night
from cards.numbers import Numbers
from cards.phrasing import day
from cards.suggestions import take_at, withdraw
from cards.wordings import naltrexone_fact, naltrexone_references

TROUBLED_SLEEP = (ConditionGroup.INSOMNIA, ConditionGroup.NIGHTMARES)


@looks_for(*TROUBLED_SLEEP, Kind.ALLERGIES, Role.HYPNOTIC, needs=(Kind.CONDITIONS,))
def ldn_insomnia_move_to_morning(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak of a new sleeping pill before it is added, else of a sleep problem that is known."""
    taken = [use for use in chart.naltrexone_uses if use.is_active and use.band.is_low and _is_at_night(use)]
    drafts = [o for o in chart.ordering(Role.NALTREXONE) if o.is_low_dose and may_be_taken_at_night(o.dosing.when)]
    pills = [pill for pill in chart.ordering(Role.HYPNOTIC) if not _is_taken_already(pill, chart)]
    if chart.hook is Hook.PATIENT_VIEW:
        yield from _of_a_known_problem_on_opening(taken, chart)
    elif pills and (drafts or taken):
        yield from _of_a_new_pill(pills[0], drafts, taken, chart, numbers)
    else:
        yield from _of_a_known_problem(drafts, chart)


def _of_a_new_pill(
    pill: Order, drafts: list[Order], taken: list[NaltrexoneUse], chart: Chart, numbers: Numbers
) -> Iterator[Finding]:
    recent = [use for use in taken if _began_lately(use, chart, numbers)]
    uses = recent or taken
    if drafts:
        yield says(
            "pill_beside_draft",
            drafts[0],
            pill=pill.drug.name,
            offers=[take_at(drafts[0], TimeOfDay.MORNING, recommended=True), withdraw(pill, key="withdraw-pill")],
            evidence=[drafts[0].reference, pill.reference],
        )
    elif recent or _sleep_problem(chart):
        yield says(
            "new_pill",
            pill,
            pill=pill.drug.name,
            since=day(uses[0].began),
            facts=[naltrexone_fact(use) for use in uses],
            offers=[*_moves(uses, is_recommended=True), withdraw(pill, key="withdraw-pill")],
            evidence=[pill.reference, *naltrexone_references(uses)],
        )


def _of_a_known_problem(drafts: Iterable[Order], chart: Chart) -> Iterator[Finding]:
    for order in drafts:
        problem = _sleep_problem(chart)
        if problem is not None:
            offers = (
                [] if _is_divided(order.dosing.most_per_day) else [take_at(order, TimeOfDay.MORNING, recommended=True)]
            )
            yield says(
                "known_problem",
                order,
                problem=_named(problem),
                offers=offers,
                evidence=[order.reference, problem.reference],
            )


def _of_a_known_problem_on_opening(taken: list[NaltrexoneUse], chart: Chart) -> Iterator[Finding]:
    problem = _sleep_problem(chart) if taken else None
    if problem is not None:
        yield says(
            "known_problem",
            problem=_named(problem),
            facts=[naltrexone_fact(use) for use in taken],
            offers=_moves(taken, is_recommended=True),
            evidence=[problem.reference, *naltrexone_references(taken)],
        )


def _moves(uses: list[NaltrexoneUse], *, is_recommended: bool) -> list[Change]:
    """Moving the order on the chart to the morning, where it gives one dose a day."""
    orders = [use for use in uses if not _is_divided(use.medication.dosing.most_per_day)]
    changes = [take_active_at(use, TimeOfDay.MORNING, recommended=is_recommended) for use in orders]
    return [change for change in changes if change is not None][:1]


def _is_divided(per_day: Decimal | None) -> bool:
    return per_day is not None and per_day > 1


def _is_at_night(use: NaltrexoneUse) -> bool:
    return may_be_taken_at_night(use.medication.dosing.when)


def _is_taken_already(pill: Order, chart: Chart) -> bool:
    """Whether the chart has the same sleeping pill: then it is a renewal."""
    return any(
        Role.HYPNOTIC in medication.drug.roles and medication.drug.ingredients == pill.drug.ingredients
        for medication in chart.medications
    )


def _began_lately(use: NaltrexoneUse, chart: Chart, numbers: Numbers) -> bool:
    return use.began is not None and (chart.today - use.began).days < numbers.pill_soon_after


def _sleep_problem(chart: Chart) -> Condition | Allergy | None:
    """A side effect of naltrexone on the allergy list, or a sleep disorder on the problem list."""
    for allergy in chart.allergies:
        substance = allergy.substance_drug
        if (
            allergy.is_active
            and substance is not None
            and substance.is_naltrexone
            and Reaction.SLEEP in allergy.reactions
        ):
            return allergy
    for group in TROUBLED_SLEEP:
        condition = chart.having(group)
        if condition is not None:
            return condition
    return None


def _named(problem: Condition | Allergy) -> str:
    return problem.label if isinstance(problem, Condition) else Reaction.SLEEP.value
