"""When naltrexone is ordered and suicidality or severe depression was told lately, then suggest a mood check, because

depressed mood is described under naltrexone and the low-dose trials left such patients out.
"""

from collections.abc import Iterator

from cards.chart import Band, Chart, Kind
from cards.chart_suggestions import task
from cards.conditions import ConditionGroup
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.labs import LabTest
from cards.numbers import Numbers
from cards.results import latest_value, result_fact
from cards.wordings import condition_fact

TOLD = (ConditionGroup.SUICIDALITY, ConditionGroup.SEVERE_DEPRESSION)


@looks_for(*TOLD, LabTest.PHQ9_SUICIDALITY, LabTest.PHQ9_TOTAL, needs=(Kind.CONDITIONS, Kind.SURVEYS))
def ldn_suicidality_severe_depression(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per naltrexone order: as information, and as a warning for naltrexone with bupropion."""
    signs = list(_signs(chart, numbers))
    for order in chart.ordering(Role.NALTREXONE):
        if not signs:
            chart.must_know(Kind.CONDITIONS, Kind.SURVEYS)
            continue
        yield says(
            "with_bupropion" if order.band is Band.COMBINATION else "naltrexone",
            order,
            sign=signs[0][0],
            facts=[fact for fact, _ in signs],
            offers=[task(recommended=True)],
            evidence=[reference for _, reference in signs],
        )


def _signs(chart: Chart, numbers: Numbers) -> Iterator[tuple[str, str]]:
    """What tells of it, as a line, and where it stands."""
    for condition in chart.told_conditions(*TOLD):
        sign = condition.latest_sign
        if sign is None or (chart.today - sign).days < numbers.condition_recent:
            yield condition_fact(condition), condition.reference
    item = latest_value(chart, LabTest.PHQ9_SUICIDALITY, numbers.item_recent.days)
    if item is not None and item.value is not None and item.value >= numbers.item_from:
        yield result_fact(item), item.reference
    total = latest_value(chart, LabTest.PHQ9_TOTAL, numbers.total_recent.days)
    if total is not None and total.value is not None and total.value >= numbers.total_from:
        yield result_fact(total), total.reference
