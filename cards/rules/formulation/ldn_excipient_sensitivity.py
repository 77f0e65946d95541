"""When the patient does not tolerate something naltrexone products are made with, then ask the pharmacy to leave it

out, because tablets hold lactose and dyes, capsules gelatin and fillers, and liquids benzoate or parabens.
"""

from collections.abc import Iterable, Iterator

from cards.allergies import Allergy, AllergyKind, Excipient
from cards.chart import Chart, Kind, Order
from cards.drugs import Role
from cards.findings import Finding, looks_for, says
from cards.low_dose import is_whole_tablet_product
from cards.numbers import Numbers
from cards.phrasing import listed
from cards.suggestions import note_on


@looks_for(Kind.ALLERGIES, needs=(Kind.ALLERGIES,))
def ldn_excipient_sensitivity(chart: Chart, numbers: Numbers) -> Iterator[Finding]:
    """Speak once per order and severity, naming every excipient that the order does not leave out already."""
    for order in chart.ordering(Role.NALTREXONE):
        if not (order.is_oral and (order.is_compounded or is_whole_tablet_product(order, numbers))):
            continue
        found: dict[str, list[Allergy]] = {}
        for allergy in chart.allergic():
            excipient = allergy.excipient
            if excipient is not None and excipient.is_in_oral_products and excipient not in order.excipients_excluded:
                found.setdefault(_circumstance(allergy), []).append(allergy)
        for circumstance, allergies in found.items():
            yield _of(circumstance, allergies, order)


def _circumstance(allergy: Allergy) -> str:
    """How severe it is; an entry that does not say whether it is an allergy counts as one."""
    if allergy.is_anaphylaxis or allergy.is_high_criticality:
        return "anaphylaxis"
    return "intolerance" if allergy.kind is AllergyKind.INTOLERANCE else "allergy"


def _of(circumstance: str, allergies: Iterable[Allergy], order: Order) -> Finding:
    excipients = sorted({allergy.excipient for allergy in allergies if allergy.excipient is not None})
    return says(
        circumstance,
        order,
        excipient=listed(excipients),
        without=" ".join(f"No {excipient}." for excipient in excipients),
        facts=[f"on the allergy list: {excipient}" for excipient in excipients],
        offers=[note_on(order, key=_note(excipients), recommended=True)],
        evidence=[order.reference, *(allergy.reference for allergy in allergies)],
    )


def _note(excipients: Iterable[Excipient]) -> str:
    """Which filler and shell to ask for instead."""
    return "leave-out-cellulose" if Excipient.CELLULOSE in excipients else "leave-out"
