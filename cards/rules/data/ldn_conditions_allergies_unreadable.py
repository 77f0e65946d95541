"""When naltrexone is ordered and conditions, allergies or results are missing, unreadable or cut short, then say so,

because a skipped check would otherwise read as "nothing found".
"""

from collections.abc import Iterator

from cards.chart import SURGERY_LISTS, Chart, DataState, Kind
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.numbers import Numbers
from cards.phrasing import listed

CIRCUMSTANCES = {
    Kind.CONDITIONS: "conditions",
    Kind.ALLERGIES: "allergies",
    Kind.LABORATORY: "laboratory",
    Kind.SURVEYS: "surveys",
    Kind.PATIENT: "patient",
}


@looks_for(needs=(*CIRCUMSTANCES, *SURGERY_LISTS))
def ldn_conditions_allergies_unreadable(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per answer and kind, about the first naltrexone order; a kind never asked for is passed over."""
    for order in chart.ordering(Role.NALTREXONE)[:1]:
        for kind in CIRCUMSTANCES:
            if _is_missing(kind, chart):
                state = chart.state_of(kind)
                yield says(_circumstance(kind, state), order, why=str(state))
        lists = [kind for kind in SURGERY_LISTS if _is_missing(kind, chart)]
        if lists:
            yield says("surgery", order, lists=listed(lists), why=listed(str(chart.state_of(kind)) for kind in lists))


def _is_missing(kind: Kind, chart: Chart) -> bool:
    """Whether silence about it means nothing; a list that this client's EHR does not keep is passed over."""
    state = chart.state_of(kind)
    return not (state.is_complete or state is DataState.NOT_ASKED or kind in chart.lists_not_kept)


def _circumstance(kind: Kind, state: DataState) -> str:
    if kind is Kind.ALLERGIES and state is DataState.NOT_SENT:
        return "allergies_not_sent"
    return CIRCUMSTANCES[kind]
