"""The made-up patients to choose from: each is a scenario of ``fhir_fixtures``, told in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fhir_fixtures import Scenario


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A made-up patient and the order that waits for a signature."""

    name: str
    about: str
    waits: str


PATIENTS: Final = (
    MadeUp(
        "oxycodone_still_taken",
        "Fibromyalgia, oxycodone three times a day from last week’s dispensing.",
        "a first low dose of naltrexone, 1.5 mg",
    ),
    MadeUp(
        "oxycodone_for_someone_on_low_dose_naltrexone",
        "Takes 4.5 mg of naltrexone every night, and is in pain after an injury.",
        "twenty tablets of oxycodone",
    ),
    MadeUp(
        "tablet_order_with_everything_wrong",
        "Fibromyalgia and an empty chart; nothing was ever taken.",
        "4.5 mg to be cut from a 50 mg tablet, at no time of day",
    ),
    MadeUp(
        "structure_says_45_words_say_4_5",
        "Nothing on the chart.",
        "45 mg in the structured dose, 4.5 mg in the words",
    ),
    MadeUp(
        "fifty_milligrams_for_fibromyalgia",
        "Fibromyalgia, no use disorder.",
        "naltrexone 50 mg, picked from a list that knows nothing smaller",
    ),
    MadeUp(
        "methadone_known_only_from_a_report",
        "Methadone 80 mg, known only from a treatment programme’s letter.",
        "a first low dose of naltrexone, 1.5 mg",
    ),
    MadeUp(
        "sublocade_given_five_months_ago",
        "Had an injection of Sublocade 150 days ago; the list calls it completed.",
        "a first low dose of naltrexone, 1.5 mg",
    ),
    MadeUp(
        "no_time_of_day",
        "Sjögren’s disease; every list was asked for and is empty.",
        "1.5 mg once a day, without saying when",
    ),
    MadeUp(
        "insomnia_and_bedtime_dose",
        "Insomnia on the problem list, naltrexone taken at bedtime.",
        "the renewal of 4.5 mg at bedtime",
    ),
    MadeUp(
        "start_at_four_and_a_half_milligrams",
        "Sjögren’s disease; has never had naltrexone.",
        "a first order of 4.5 mg",
    ),
    MadeUp(
        "orders_answered_with_an_error",
        "The health record failed to list the medication orders.",
        "a first low dose of naltrexone, 1.5 mg",
    ),
    MadeUp(
        "fifty_milligrams_for_alcohol_dependence",
        "Alcohol dependence, and nothing else on the chart.",
        "naltrexone 50 mg, the labelled use: no card, and rightly so",
    ),
    MadeUp(
        "complete_order_for_a_healthy_chart",
        "Sjögren’s disease; every list was asked for and is empty.",
        "a complete first order of 1.5 mg: no card, and rightly so",
    ),
)


@cache
def known() -> dict[str, tuple[MadeUp, Scenario]]:
    """Every patient by name, with the request that holds the chart."""
    from fhir_fixtures import scenarios  # here, so that a service without this page does not read them

    told = {scenario.name: scenario for scenario in scenarios("order-sign")}
    return {patient.name: (patient, told[patient.name]) for patient in PATIENTS}
