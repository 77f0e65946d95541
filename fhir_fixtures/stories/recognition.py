"""How a medicine is known: by code, by name, by a name misspelled, by two names, or not at all."""

from __future__ import annotations

from typing import Final

from fhir_fixtures.pieces import (
    NALTREXONE_50,
    OXYCODONE_5,
    Story,
    dispensed,
    dosage,
    ldn,
    order,
    prescribed,
    reported,
    taking_full_dose,
)

ACTIVE: Final = "ldn-order-active-opioid"
WASHOUT: Final = "ldn-order-opioid-washout"
POSSIBLE: Final = "ldn-order-possible-opioid"
CONFLICT: Final = "ldn-drug-code-text-conflict"
UNKNOWN: Final = "ldn-medicine-not-identified"
BLOCKED: Final = "opioid-order-standard-naltrexone-active"

STORIES: Final = [
    Story(
        "opioid_known_by_its_name_says_so",
        "Tramadol stands on the chart without a code: the card says that only the name told it.",
        [ldn()],
        [dispensed("tramadol 50 mg tablet", -3, 30)],
        {ACTIVE: "critical"},
        said=["(recognised by name)"],
        only=True,
    ),
    Story(
        "opioid_known_by_its_code_needs_no_word",
        "Oxycodone stands on the chart as a product code: nothing is said about how it was recognised.",
        [ldn()],
        [dispensed(None, -3, 30, code=OXYCODONE_5)],
        {ACTIVE: "critical"},
        unsaid=["recognised by name"],
        only=True,
    ),
    Story(
        "misspelled_oxycodone_is_asked_about",
        "Somebody typed oxycodne: a possible opioid, asked about and no more than that.",
        [ldn()],
        [reported("oxycodne 5 mg tablet")],
        {POSSIBLE: "warning"},
        silent=[ACTIVE, WASHOUT],
        said=["did you mean oxycodone?"],
        open_choice=[POSSIBLE],
    ),
    Story(
        "misspelled_brand_is_asked_about",
        "Percoset instead of Percocet, dispensed last week.",
        [ldn()],
        [dispensed("percoset 5/325", -6, 30)],
        {POSSIBLE: "warning"},
        silent=[ACTIVE],
        said=["did you mean Percocet?"],
        open_choice=[POSSIBLE],
    ),
    Story(
        "unconfirmed_brand_is_asked_about",
        "Gelonida, a brand our list has as codeine and no public text bears out: a possible opioid, asked about.",
        [ldn()],
        [dispensed("Gelonida Schmerz Tabletten", -6, 30)],
        {POSSIBLE: "warning"},
        silent=[ACTIVE],
        said=["did you mean codeine/acetaminophen?"],
        open_choice=[POSSIBLE],
    ),
    Story(
        "misspelled_oxycodone_beside_the_plain_one",
        "The same opioid stands on the list twice, once misspelled: the plain entry decides.",
        [ldn()],
        [dispensed("oxycodone 5 mg tablet", -6, 30), reported("oxycodne 5 mg")],
        {ACTIVE: "critical"},
        silent=[POSSIBLE],
        only=True,
    ),
    Story(
        "misspelled_oxycodone_drafted_beside",
        "Naltrexone and a misspelled oxycodone are signed in the same session.",
        [ldn(), order("oxycodne 5 mg tablet", None, dosage(5, "Take 1 tablet every 6 hours", when=None))],
        [],
        {POSSIBLE: "warning"},
        silent=[ACTIVE],
        open_choice=[POSSIBLE],
        tags=["same session"],
    ),
    Story(
        "misspelled_oxycodone_ordered_for_someone_on_naltrexone",
        "Oxycodne is ordered for someone on naltrexone 50 mg.",
        [order("oxycodne 5 mg tablet", None, dosage(5, "Take 1 tablet every 6 hours", when=None))],
        [taking_full_dose()],
        {POSSIBLE: "warning"},
        silent=[BLOCKED],
        open_choice=[POSSIBLE],
    ),
    Story(
        "hydrocortisone_is_no_opioid",
        "Hydrocortisone, trazodone and bupropion look like opioids and are none.",
        [ldn()],
        [reported("hydrocortisone 20 mg tablet"), reported("traZODone 50 mg"), reported("buPROPion XL 150 mg")],
        nothing=True,
    ),
    Story(
        "denied_and_family_opioids_are_none",
        "The list says what is not taken: no opioids, an allergy to codeine, heroin in the family.",
        [ldn()],
        [reported("No opioids"), reported("allergic to codeine"), reported("family history of heroin use")],
        nothing=True,
    ),
    Story(
        "code_of_naltrexone_and_words_of_oxycodone",
        "The code of an order says naltrexone, its words say oxycodone.",
        [order("oxycodone 5 mg tablet", NALTREXONE_50, dosage(5, "Take 1 tablet every 6 hours", when=None))],
        [],
        {CONFLICT: "warning"},
        open_choice=[CONFLICT],
    ),
    Story(
        "words_of_oxycodone_count_for_someone_on_naltrexone",
        "The same order for someone on naltrexone 50 mg: the more dangerous reading is checked.",
        [order("oxycodone 5 mg tablet", NALTREXONE_50, dosage(5, "Take 1 tablet every 6 hours", when=None))],
        [taking_full_dose()],
        {CONFLICT: "warning", BLOCKED: "critical"},
        open_choice=[CONFLICT],
    ),
    Story(
        "entry_with_the_code_of_an_opioid_and_words_of_naltrexone",
        "An entry of the list has the code of oxycodone and the words of naltrexone.",
        [ldn()],
        [prescribed("naltrexone 4.5 mg capsule", OXYCODONE_5, on=-3, lasts=30)],
        {ACTIVE: "critical", CONFLICT: "info"},
    ),
    Story(
        "three_medicines_nobody_can_name",
        "A list of things that may be anything: they are counted and shown.",
        [ldn()],
        [reported("patient's own medication"), reported("narcotic pain pill"), reported("see list")],
        {UNKNOWN: "info"},
        said=["3\u00a0list entries", "`narcotic pain pill`"],
    ),
    Story(
        "medicines_in_no_table_are_plainly_others",
        "Names that no table here holds, but names all the same, and a list that says none.",
        [ldn()],
        [reported("ustekinumab 90 mg/mL syringe"), reported("turmeric 500 mg"), reported("No known medications")],
        nothing=True,
    ),
]
