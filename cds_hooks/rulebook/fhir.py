"""The rules as FHIR R4: what a standard tool can read of them.

A rule is a PlanDefinition, an order that a suggestion offers an ActivityDefinition, a group of codes a ValueSet, and
one Library ties them together. Conditions are plain words: the logic itself is Python, and nothing here pretends to run
it. All are drafts until somebody with a licence has approved them; until then no approval date is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from cards.conditions import ConditionGroup
from cards.dosing import TimeOfDay
from cards.draft_directions import instruction
from cards.draft_products import capsule_medication, liquid_medication
from cards.drafts import PlanStep, Product, Shape, counted, quantity_for, supply_of
from cards.drugs import OpioidKind, Role
from cards.house import asked_by, blanks_of, filled
from cards.knowledge.listing import SYSTEMS, Code, Group, groups
from cards.labs import LabTest
from cards.mends import capsule_for, start_steps
from cards.numbers import Numbers
from cards.pages import Indicator, Page, Rule, RuleBook, Saying, Source
from cds_hooks.outgoing import errors_in
from cds_hooks.rulebook.telling import ABOUT, NOBODY, committee_words, flowing, statements
from cds_hooks.wire import Json

_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
_PRIORITIES: Final = {Indicator.CRITICAL: "stat", Indicator.WARNING: "urgent", Indicator.INFO: "routine"}
"""What the guide for CDS Hooks makes of an action's priority, read backwards."""

_COPYRIGHTS: Final[Mapping[str, str]] = {
    "ATC": "ATC is the work, and the copyright, of the WHO Collaborating Centre for Drug Statistics Methodology.",
    "ICD-10": "ICD-10 is copyright of the World Health Organization; here are category codes under our own names.",
    "LOINC": (
        "This material contains content from LOINC (http://loinc.org). LOINC is copyright Regenstrief Institute, Inc. "
        "and the Logical Observation Identifiers Names and Codes (LOINC) Committee and is available at no cost under "
        "the license at http://loinc.org/license."
    ),
    "RxNorm": (
        "This product uses publicly available data courtesy of the U.S. National Library of Medicine (NLM); NLM is not "
        "responsible for the product and does not endorse or recommend this or any other product."
    ),
    "SNOMED CT": (
        "This material includes SNOMED Clinical Terms (SNOMED CT), used by permission of SNOMED International. The "
        "codes here are those of the Global Patient Set, licensed under CC BY 4.0."
    ),
}


@dataclass(frozen=True)
class Edition:
    """What every resource of one export shares: its day, and the address its resources have."""

    day: date
    base: str = ""

    def address(self, kind: str, name: str) -> str:
        """The canonical address of a resource; a URN where nobody gave us an address."""
        return f"{self.base.rstrip('/')}/{kind}/{name}" if self.base else f"urn:ldn-cds:{kind}:{name}"

    def about(self, kind: str, name: str, title: str, description: str) -> Json:
        """What each of them begins with."""
        return {
            "resourceType": kind,
            "id": name,
            "text": {"status": "generated", "div": _narrative(title, description)},
            "url": self.address(kind, name),
            "name": _computable(name),
            "title": title,
            "status": "draft",
            "experimental": False,
            "date": self.day.isoformat(),
            "publisher": "ldn-cds",
            "description": description,
        }


def resources(book: RuleBook, edition: Edition) -> list[Json]:
    """Every resource of an export: rules, orders, groups of codes, and the Library that ties them."""
    told = groups()
    coded = [group for group in told if group.codes]
    plans = [_plan(rule, edition, {group.id for group in coded}) for rule in book.rules]
    orders = list(_orders(book.shared, edition))
    sets = [_value_set(group, edition) for group in coded]
    everything = [*plans, *orders, *sets]
    without = [group.title for group in told if not group.codes]
    return [_library(everything, without, edition), *everything]


def bundle(of: Sequence[Json], edition: Edition) -> Json:
    """All of them in one collection."""
    entries = [{"fullUrl": f"urn:uuid:{uuid5(NAMESPACE_URL, one['url'])}", "resource": one} for one in of]
    return {
        "resourceType": "Bundle",
        "id": "ldn-cds-rules",
        "type": "collection",
        "timestamp": f"{edition.day.isoformat()}T00:00:00Z",
        "entry": entries,
    }


def faults(whole: Json) -> list[str]:
    """Why a Bundle and what is in it are no FHIR R4, each fault with its place; empty when they are."""
    return [f"{path} {kind}" for path, kind in errors_in(whole, Shape.R4)]


# --- rules -----------------------------------------------------------------------------------------------------------


def _plan(rule: Rule, edition: Edition, value_sets: set[str]) -> Json:
    page = rule.page
    review = page.review
    plan = edition.about("PlanDefinition", page.rule, page.title, flowing(page.works))
    plan["version"] = page.version
    plan["type"] = _concept("plan-definition-type", "eca-rule", "ECA Rule")
    plan["purpose"] = flowing(page.why)
    plan["usage"] = statements()["intended_use"]
    plan["author"] = [{"name": review["written_by"]}]
    if review["checked_by"] != NOBODY:
        plan["reviewer"] = [{"name": review["checked_by"]}]
        plan["approvalDate"] = review["reviewed"].isoformat()
    plan["lastReviewDate"] = review["reviewed"].isoformat()
    plan["effectivePeriod"] = {"start": review["reviewed"].isoformat(), "end": review["review_by"].isoformat()}
    needed = [name for name in _value_sets_of(rule) if name in value_sets]
    plan["relatedArtifact"] = [
        *(_citation(source) for source in page.sources),
        *({"type": "depends-on", "resource": edition.address("ValueSet", name)} for name in needed),
    ]
    plan["action"] = [_action(rule, saying, edition) for saying in page.sayings.values()]
    return plan


def _action(rule: Rule, saying: Saying, edition: Edition) -> Json:
    page = rule.page
    condition = {
        "kind": "applicability",
        "expression": {
            "description": f"Asked of {ABOUT[page.about]}.{_numbers_in_force(page)}",
            "name": _computable(f"{page.rule}-{saying.name}"),
            "language": "text/plain",
            "expression": f"{_circumstance(saying)}: {flowing(page.works)}",
        },
    }
    action: Json = {
        "title": filled(saying.summary),
        "description": _plain(filled(saying.detail)) or _plain(filled(saying.summary)),
        "textEquivalent": saying.summary,
        "code": [{"text": _circumstance(saying)}],
        "documentation": [_citation(source) for source in saying.sources or page.sources],
        "trigger": [{"type": "named-event", "name": hook.value} for hook in sorted(page.hooks)],
        "condition": [condition],
        "action": [_offered(key, page, edition) for key in page.offers],
    }
    if saying.indicator in _PRIORITIES:
        action["priority"] = _PRIORITIES[saying.indicator]
    if page.offers:
        action["selectionBehavior"] = "at-most-one"
        action["groupingBehavior"] = "logical-group"
    if saying.indicator is Indicator.NONE:
        action["title"] = page.title
    return {name: value for name, value in action.items() if value}


def _numbers_in_force(page: Page) -> str:
    """The numbers of the rule, and those a site changed: its plain words may still tell the delivered ones."""
    told = [f"{name} {number.words}" for name, number in page.numbers.items()]
    chosen = [f"{name} {number.words} (delivered {number.delivered})" for name, number in page.site_numbers]
    words = f" Numbers in force: {', '.join(told)}." if told else ""
    return f"{words} Chosen by this site: {', '.join(chosen)}." if chosen else words


def _offered(key: str, page: Page, edition: Edition) -> Json:
    offer = page.offers[key]
    made: Json = {"title": _plain(filled(offer.label)), "textEquivalent": offer.label}
    if offer.note:
        made["description"] = _plain(filled(offer.note))
    order = next((name for ending, name in _BY_OFFER.items() if key.endswith(ending)), None)
    if order is not None and "plan" in blanks_of(offer.label):
        order = "ldn-stepped-start" if order == "ldn-capsule" else order
    if order is not None:
        made["definitionCanonical"] = edition.address("ActivityDefinition", order)
    return made


_BY_OFFER: Final = {"capsule": "ldn-capsule", "liquid": "ldn-liquid"}
"""The order that an offer looks like, by how its key ends; strength and steps follow the patient's own order."""


def _circumstance(saying: Saying) -> str:
    return saying.name.replace("_", " ").capitalize()


def _value_sets_of(rule: Rule) -> list[str]:
    """The groups of codes its rule asks for by name."""
    found = set()
    for vocabulary, term in asked_by(rule).terms if rule.place.is_ours else ():
        if vocabulary == "Role" and term in Role.__members__ and term != "OPIOID":
            found.add(f"drug-{Role[term].value}")
        elif vocabulary == "Role" and term == "OPIOID":
            found.update(f"drug-opioid-{kind.value}" for kind in OpioidKind)
        elif vocabulary == "OpioidKind" and term in OpioidKind.__members__:
            found.add(f"drug-opioid-{OpioidKind[term].value}")
        elif vocabulary == "ConditionGroup" and term in ConditionGroup.__members__:
            found.add(f"condition-{ConditionGroup[term].value}")
        elif vocabulary == "LabTest" and term in LabTest.__members__:
            found.add(f"lab-{term.lower().replace('_', '-')}")
    return sorted(found)


def _citation(source: Source) -> Json:
    grade = committee_words()["grades"][source.grade]
    cited: Json = {
        "type": "citation",
        "label": source.key,
        "display": source.title,
        "citation": f"{source.title}. Last looked at {source.seen}: {grade}.",
    }
    if source.url:
        cited["url"] = source.url
    return cited


# --- orders ----------------------------------------------------------------------------------------------------------


def _orders(numbers: Numbers, edition: Edition) -> Iterator[Json]:
    """The orders that suggestions are cut from, with the numbers in force."""
    start = [PlanStep(numbers.start_dose.plain, None)]
    supply = numbers.suggested_supply.days
    capsule = _in_capsules(start, numbers)
    yield _order("ldn-capsule", "Low-dose naltrexone, one capsule at bedtime", capsule, start, supply, edition)
    yield _order(
        "ldn-capsule-morning",
        "Low-dose naltrexone, one capsule in the morning",
        capsule,
        start,
        supply,
        edition,
        TimeOfDay.MORNING,
    )
    for name, title, first in (
        ("ldn-stepped-start", "Low-dose naltrexone, stepped start", numbers.start_dose),
        ("ldn-stepped-start-slower", "Low-dose naltrexone, slower stepped start", numbers.slower_start),
        (
            "ldn-stepped-start-gentle",
            "Low-dose naltrexone, stepped start in the smallest capsules",
            numbers.capsule_strength_a,
        ),
    ):
        steps = start_steps(first.plain, numbers)
        yield _order(name, title, _in_capsules(steps, numbers), steps, supply_of(steps, supply), edition)
    strength = numbers.liquid_concentration.plain
    liquid = Product(liquid_medication(strength, Shape.R4), "mL", strength, " with an oral syringe")
    yield _order("ldn-liquid", "Low-dose naltrexone as a pharmacy-prepared liquid", liquid, start, supply, edition)


def _in_capsules(steps: Sequence[PlanStep], numbers: Numbers) -> Product:
    strength = capsule_for(steps, numbers)
    mg = strength.plain if strength is not None else steps[0].mg
    return Product(capsule_medication(mg, Shape.R4), "capsule", mg)


def _order(
    name: str,
    title: str,
    product: Product,
    steps: Sequence[PlanStep],
    days: int,
    edition: Edition,
    when: TimeOfDay = TimeOfDay.BEDTIME,
) -> Json:
    dosage = [instruction({}, nth, step, product, when, Shape.R4) for nth, step in enumerate(steps, 1)]
    amount = quantity_for(steps, product.mg, days)
    words = "; ".join(one["text"] for one in dosage)
    made = edition.about(
        "ActivityDefinition", name, title, f"{words}. {counted(amount, product.unit)} for {days} days, no refill."
    )
    unit: Json = {"value": _plain_number(amount), "unit": product.unit}
    if product.unit == "mL":
        unit |= {"system": "http://unitsofmeasure.org", "code": "mL"}
    made["contained"] = [product.medication]
    made["usage"] = _COMPOUNDED
    made["kind"] = "MedicationRequest"
    made["intent"] = "proposal"
    made["productReference"] = {"reference": "#ldn"}
    made["quantity"] = unit
    made["dosage"] = dosage
    return made


_COMPOUNDED: Final = (
    "Compounded, immediate release only. For adults, off-label; the dose after the last step needs a review first. "
    "Filler: microcrystalline cellulose where it is tolerated."
)


# --- codes -----------------------------------------------------------------------------------------------------------


def _value_set(group: Group, edition: Edition) -> Json:
    notes = [f"{group.title}, as ldn-cds understands it."]
    if any(code.is_category for code in group.codes):
        notes.append("A code of a category stands for every code beneath it.")
    if group.left_out:
        notes.append(
            f"Left out: {group.left_out} SNOMED CT codes outside the Global Patient Set, which need a licence."
        )
    notes.append("Uncoded entries are recognised by name, which no value set can tell.")
    made = edition.about("ValueSet", group.id, group.title, " ".join(notes))
    owed = [_COPYRIGHTS[system] for system in group.by_system if system in _COPYRIGHTS]
    if owed:
        made["copyright"] = " ".join(owed)
    made["compose"] = {
        "include": [
            {"system": SYSTEMS[system], "concept": [_concept_in_set(code) for code in codes]}
            for system, codes in group.by_system.items()
        ]
    }
    return made


def _concept_in_set(code: Code) -> Json:
    name = f"{code.name} (and all beneath)" if code.is_category and code.name else code.name
    return {"code": code.code, "display": name} if name else {"code": code.code}


def _library(of: Sequence[Json], without: Sequence[str], edition: Edition) -> Json:
    told = "Rules for orders of naltrexone and of opioids beside it, the orders they offer, and the codes they read."
    if without:
        told += f" Of these groups no code may be published freely, so they have no value set: {'; '.join(without)}."
    made = edition.about("Library", "ldn-cds-rules", "ldn-cds: checks of low-dose naltrexone", told)
    made["type"] = _concept("library-type", "asset-collection", "Asset Collection")
    made["relatedArtifact"] = [
        {"type": "composed-of", "display": one["title"], "resource": _versioned(one)} for one in of
    ]
    return made


def _versioned(one: Mapping[str, Any]) -> str:
    return f"{one['url']}|{one['version']}" if "version" in one else str(one["url"])


# --- words -----------------------------------------------------------------------------------------------------------


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code, "display": display}]}


def _narrative(title: str, description: str) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml"><p><b>{escape(title)}</b></p><p>{escape(description)}</p></div>'


def _computable(name: str) -> str:
    """A name that a program can use: letters and digits, beginning with a capital.

    >>> _computable("ldn-start-dose-high")
    'LdnStartDoseHigh'
    """
    return "".join(part.capitalize() for part in re.split(r"[-_]", name))


def _plain(text: str) -> str:
    return flowing(re.sub(r"[*_`]", "", text))


def _plain_number(value: Decimal) -> Decimal | int:
    return int(value) if value == value.to_integral_value() else value
