"""When naltrexone is ordered and conditions, allergies or results are missing, unreadable or cut short, then say so,

because a skipped check would otherwise read as "nothing found".
"""

from collections.abc import Iterator

from cards.chart import Chart, DataState, Kind
from cards.drugs import Role
from cards.findings import Finding, says
from cards.numbers import Numbers

CIRCUMSTANCES = {
    Kind.CONDITIONS: "conditions",
    Kind.ALLERGIES: "allergies",
    Kind.LABORATORY: "laboratory",
}


def ldn_conditions_allergies_unreadable(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per answer and kind, about the first naltrexone order; a kind never asked for is passed over."""
    for order in chart.ordering(Role.NALTREXONE)[:1]:
        for kind in CIRCUMSTANCES:
            state = chart.state_of(kind)
            if not state.is_complete and state is not DataState.NOT_ASKED:
                yield says(_circumstance(kind, state), order, why=str(state))


def _circumstance(kind: Kind, state: DataState) -> str:
    if kind is Kind.ALLERGIES and state is DataState.NOT_SENT:
        return "allergies_not_sent"
    return CIRCUMSTANCES[kind]
