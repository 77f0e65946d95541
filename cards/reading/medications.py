"""Medication resources become entries of the chart, and drafts become orders.

Which medicine it is: the concept on the resource; a contained Medication; a Medication beside it in the same Bundle or
anywhere in what was sent; and last the display of the reference, which is all that some EHRs send. Accepted shapes:
``medicationCodeableConcept`` and ``medicationReference`` (DSTU2 to R4B), ``medication.concept`` and
``medication.reference`` (R5), ``Medication.ingredient`` in the spelling of every version, ``MedicationOrder`` (DSTU2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from cards.allergies import Excipient
from cards.chart import Amount, Band, Medication, MedicationSource, Mention, Order
from cards.conditions import ConditionGroup
from cards.dosing import NO_DOSING, Dosing
from cards.drugs import UNIDENTIFIED, Certainty, Drug, Form, Release, Role, Strength
from cards.knowledge.loading import Knowledge
from cards.numbers import Numbers
from cards.reading import shapes
from cards.reading.amounts import Kind as UnitKind
from cards.reading.amounts import to_days, to_mg, unit_of
from cards.reading.concepts import Codings, codings_of
from cards.reading.dates import first_day, last_day
from cards.reading.dosages import read_dosing
from cards.reading.dose_conflicts import DosingLimits
from cards.reading.lists import Received, read_raw, write_exactly
from cards.reading.traits import of_naltrexone, of_the_reason
from cards.records import record
from cards.traits import Trait, of_the_name

NALTREXONE = "naltrexone"


@record
class Reader:
    """What is needed to read medication resources: tables, numbers, the day, and the Medications sent alongside."""

    knowledge: Knowledge
    numbers: Numbers
    today: date
    beside: Mapping[str, shapes.Medication]
    condition_groups: Mapping[str, frozenset[ConditionGroup]]
    original: Callable[[str], Mapping[str, Any] | None]
    compares_thyroid_doses: bool = False
    drafts: dict[bytes, Said] = field(default_factory=dict)
    """What earlier drafts said, by their JSON; the house keeps it."""

    @property
    def limits(self) -> DosingLimits:
        """How far words and structure may differ."""
        return DosingLimits(tolerance=self.numbers.dose_tolerance.plain)


def medications_beside(received: Received, more: Iterable[shapes.Resource]) -> dict[str, shapes.Medication]:
    """Every Medication that was sent, by ``Medication/id``."""
    found = {f"Medication/{m.id}": m for m in received.of(shapes.Medication) if m.id}
    for resource in more:
        if isinstance(resource, shapes.Medication) and resource.id:
            found[f"Medication/{resource.id}"] = resource
    return found


# --- which medicine --------------------------------------------------------------------------------------------------


@record
class Product:
    """A medicine as written: what it is, in which form and strength, and the words for it."""

    drug: Drug
    words: tuple[str, ...] = ()
    form: Form = Form.UNKNOWN
    release: Release = Release.UNKNOWN
    strength: Strength | None = None
    is_compounded: bool = False


def product_of(resource: Any, reader: Reader) -> Product | None:
    """The medicine a resource is about; ``None`` when it names none."""
    concept = resource.medicationCodeableConcept
    reference = resource.medicationReference
    if resource.medication is not None:
        concept = concept or resource.medication.concept
        reference = reference or resource.medication.reference
    if concept is not None and (concept.coding or concept.text):
        return _from_concept(concept, reader)
    if reference is None:
        return None
    medication = _referenced(reference, resource.contained, reader)
    product = None
    if medication is not None:
        product = _from_medication(
            medication, reader, is_contained=bool(reference.reference and reference.reference[0] == "#")
        )
        if product is not None and product.drug.is_identified:
            return product
    said = _from_concept(shapes.Concept(text=reference.display), reader) if reference.display else None
    if said is not None and (product is None or said.drug.recognised_by is not Certainty.NOT_IDENTIFIED):
        return said
    return product or Product(UNIDENTIFIED)


def _referenced(
    reference: shapes.Reference, contained: Sequence[msgspec.Raw], reader: Reader
) -> shapes.Medication | None:
    target = reference.reference
    if not target:
        return None
    if target.startswith("#"):
        for raw in contained:
            inside = read_raw(raw)
            if (
                isinstance(inside, shapes.Medication)
                and inside.id is not None
                and inside.id.removeprefix("#") == target[1:]
            ):
                return inside
        return None
    return reader.beside.get("/".join(target.split("/_history/")[0].split("/")[-2:]))


def _from_concept(concept: shapes.Concept, reader: Reader) -> Product:
    drug = reader.knowledge.formulary.recognise(codings_of(concept), concept.text)
    words = tuple([w for w in (concept.text, *[c.display for c in concept.coding]) if w])
    return Product(drug, words, drug.form, drug.release, drug.strength_of(NALTREXONE))


def _from_medication(medication: shapes.Medication, reader: Reader, *, is_contained: bool) -> Product | None:
    """A Medication resource: its code, and its ingredients where it lists them."""
    whole = _from_concept(medication.code, reader) if medication.code is not None else Product(UNIDENTIFIED)
    ingredients = medication.ingredient or (medication.product.ingredient if medication.product else [])
    drug, strength = whole.drug, whole.strength
    if ingredients:
        parts = tuple(part for part in (_ingredient(i) for i in ingredients) if part is not None)
        text = medication.code.text if medication.code is not None else None
        listed = reader.knowledge.formulary.recognise_ingredients(parts, text)
        if listed.is_identified and (not drug.is_identified or not drug.is_opioid):
            drug = listed
            strength = listed.strength_of(NALTREXONE) or strength
    stated_form = medication.form or medication.doseForm or (medication.product.form if medication.product else None)
    form, release = drug.form, drug.release
    if stated_form is not None:
        told_form, told_release = reader.knowledge.formulary.form_of(codings_of(stated_form), stated_form.text)
        form = told_form if told_form is not Form.UNKNOWN else form
        release = told_release if told_release is not Release.UNKNOWN else release
    words = (*whole.words, *((stated_form.text,) if stated_form is not None and stated_form.text else ()))
    is_compounded = is_contained and bool(ingredients) and drug.is_naltrexone and not drug.is_marketed_product
    return Product(drug, words, form, release, strength, is_compounded)


def _ingredient(part: shapes.Ingredient) -> tuple[Codings, str | None, Strength | None] | None:
    concept = part.itemCodeableConcept or (part.item.concept if part.item is not None else None)
    if concept is None:
        reference = part.itemReference or (part.item.reference if part.item is not None else None)
        if reference is None or not reference.display:
            return None
        concept = shapes.Concept(text=reference.display)
    return codings_of(concept), concept.text, _strength(part)


def _strength(part: shapes.Ingredient) -> Strength | None:
    ratio = part.strength or part.strengthRatio or part.amount
    if ratio is None:
        mg = to_mg(part.strengthQuantity)
        return Strength(mg) if mg is not None else None
    mg = to_mg(ratio.numerator)
    if mg is None:
        return None
    below = ratio.denominator
    value = below.value if below is not None and below.value else Decimal(1)
    unit = unit_of(below) if below is not None else None
    if unit is not None and unit.kind is UnitKind.VOLUME:
        return Strength(mg / (value * unit.factor), "mL")
    return Strength(mg / value)


# --- entries of the chart --------------------------------------------------------------------------------------------


def read_medications(received: Received, reader: Reader, drafts: frozenset[str]) -> tuple[Medication, ...]:
    """Every entry of every medication list, each once; entries that are the drafts themselves are left out."""
    seen: set[str] = set(drafts)
    entries = []
    for shape, read in _READERS.items():
        for resource in received.of(shape):
            reference = f"{type(resource).__name__}/{resource.id}" if resource.id else ""
            if reference and reference in seen:
                continue
            seen.add(reference)
            product = product_of(resource, reader)
            if product is not None:
                entries.append(read(resource, reference, product, reader))
    return tuple(entries)


def _request(resource: Any, reference: str, product: Product, reader: Reader) -> Medication:
    status = (resource.status or "unknown").strip().lower()
    if resource.doNotPerform or resource.intent in ("proposal", "option"):
        status = "not-taken"
    began, ended = _bounds(resource.dosageInstruction)
    effective = resource.effectiveDosePeriod
    if effective is not None:
        began, ended = began or first_day(effective.start), ended or last_day(effective.end)
    ended = ended or last_day(resource.dateEnded)
    written = first_day(resource.authoredOn) or first_day(resource.dateWritten)
    request = resource.dispenseRequest
    supply = _days(request.expectedSupplyDuration) if request is not None else None
    if began is None and request is not None and request.validityPeriod is not None and status == "active":
        began = first_day(request.validityPeriod.start)
    refills = (request.numberOfRepeatsAllowed or 0) if request is not None else 0
    quantity = request.quantity if request is not None else None
    return _entry(
        resource,
        reference,
        product,
        reader,
        resource.dosageInstruction,
        source=MedicationSource.REQUEST,
        status=status,
        began=began or written,
        ended=ended,
        changed=last_day(resource.statusChanged),
        supply_days=supply,
        refills=max(refills, 0),
        quantity=quantity,
        order_references=frozenset({reference}),
    )


def _statement(resource: Any, reference: str, product: Product, reader: Reader) -> Medication:
    status = (resource.status or "unknown").strip().lower()
    adherence = codings_of(resource.adherence.code) if resource.adherence is not None else ()
    if (
        resource.taken in ("n", "no")
        or resource.wasNotTaken
        or any(c[1] in ("not-taking", "never-taken") for c in adherence)
    ):
        status = "not-taken"
    if status == "recorded":
        status = "active"
    period = resource.effectivePeriod
    began = first_day(period.start) if period is not None else None
    ended = last_day(period.end) if period is not None else None
    return _entry(
        resource,
        reference,
        product,
        reader,
        resource.dosage,
        source=MedicationSource.STATEMENT,
        status=status,
        began=began or first_day(resource.effectiveDateTime),
        ended=ended,
        asserted=last_day(resource.dateAsserted),
        order_references=_targets(resource.basedOn),
    )


def _dispense(resource: Any, reference: str, product: Product, reader: Reader) -> Medication:
    return _entry(
        resource,
        reference,
        product,
        reader,
        resource.dosageInstruction,
        source=MedicationSource.DISPENSE,
        status=(resource.status or "completed").strip().lower(),
        began=first_day(resource.whenHandedOver) or _when_prepared(resource),
        supply_days=_days(resource.daysSupply),
        quantity=resource.quantity,
        order_references=_targets(resource.authorizingPrescription),
    )


def _when_prepared(resource: Any) -> date | None:
    return first_day(resource.whenPrepared) if resource.status == "completed" else None


def _administration(resource: Any, reference: str, product: Product, reader: Reader) -> Medication:
    period = resource.effectivePeriod or resource.effectiveTimePeriod or resource.occurencePeriod
    moment = resource.effectiveDateTime or resource.effectiveTimeDateTime or resource.occurenceDateTime
    was_not = resource.wasNotGiven or resource.notGiven
    began = (first_day(period.start) or first_day(period.end)) if period is not None else last_day(moment)
    return _entry(
        resource,
        reference,
        product,
        reader,
        [resource.dosage] if resource.dosage is not None else [],
        source=MedicationSource.ADMINISTRATION,
        status="not-done" if was_not else (resource.status or "completed").strip().lower(),
        began=began,
        ended=last_day(period.end) if period is not None else None,
        order_references=_targets([r for r in (resource.request, resource.prescription) if r is not None]),
    )


_READERS: Mapping[type[Any], Callable[[Any, str, Product, Reader], Medication]] = {
    shapes.MedicationRequest: _request,
    shapes.MedicationOrder: _request,
    shapes.MedicationStatement: _statement,
    shapes.MedicationUsage: _statement,
    shapes.MedicationDispense: _dispense,
    shapes.MedicationAdministration: _administration,
}


def _entry(
    resource: Any,
    reference: str,
    product: Product,
    reader: Reader,
    dosages: Sequence[shapes.Dosage],
    quantity: shapes.Quantity | None = None,
    **told: Any,
) -> Medication:
    drug = product.drug
    dosing, band, course = NO_DOSING, Band.UNKNOWN, None
    if drug.is_naltrexone:
        dosing = read_dosing(
            dosages, drug, NALTREXONE, strength=product.strength, limits=reader.limits, names=product.words
        )
        band = band_of(drug, dosing, product.form, reader.numbers)
    elif Role.THYROID_HORMONE in drug.roles and reader.compares_thyroid_doses:
        dosing = _thyroid_dosing(dosages, product, reader)
    elif drug.is_opioid and quantity is not None and told.get("supply_days") is None and told["status"] != "active":
        course = _course_days(quantity, dosages, drug, reader)
    reasons: frozenset[ConditionGroup] = frozenset()
    if drug.is_opioid or drug.is_naltrexone or Role.TRANSPLANT_IMMUNOSUPPRESSANT in drug.roles:
        reasons, _ = reasons_of(resource, reader)
    return Medication(
        drug=drug,
        reference=reference,
        course_days=course,
        dosing=dosing,
        band=band,
        is_for_opioid_use_disorder=ConditionGroup.OPIOID_USE_DISORDER in reasons,
        reasons=reasons,
        form=product.form,
        strength=product.strength,
        written_name=product.words[0] if product.words else "",
        original=partial(reader.original, reference) if drug.is_naltrexone and reference else None,
        **told,
    )


def _thyroid_dosing(dosages: Sequence[shapes.Dosage], product: Product, reader: Reader) -> Dosing:
    """How much thyroid hormone is taken; of a combination, its first ingredient."""
    drug = product.drug
    return read_dosing(dosages, drug, drug.ingredients[0], limits=reader.limits, names=product.words)


def _bounds(dosages: Sequence[shapes.Dosage]) -> tuple[date | None, date | None]:
    """The first start and the last end that the instructions state; an open instruction leaves the end open."""
    begins, ends, is_open = [], [], False
    for dosage in dosages:
        repeat = dosage.timing.repeat if dosage.timing is not None else None
        period = repeat.boundsPeriod if repeat is not None else None
        if period is None:
            is_open = True
            continue
        if (begin := first_day(period.start)) is not None:
            begins.append(begin)
        if (end := last_day(period.end)) is not None:
            ends.append(end)
        else:
            is_open = True
    return (min(begins) if begins else None), (max(ends) if ends and not is_open else None)


def _course_days(quantity: shapes.Quantity, dosages: Sequence[shapes.Dosage], drug: Drug, reader: Reader) -> int | None:
    """How long a quantity lasts at the directions' highest pace; only for entries that are over (design §7)."""
    if quantity.value is None or quantity.value <= 0:
        return None
    ingredient = drug.ingredients[0] if drug.ingredients else drug.name
    dosing = read_dosing(dosages, drug, ingredient, (), Strength(Decimal(1)), limits=reader.limits)
    paces = [s.units * s.per_day for s in dosing.steps if s.units is not None and s.per_day]
    if not paces or max(paces) <= 0:
        return None
    whole = quantity.value / max(paces)
    return int(whole.to_integral_value(rounding="ROUND_CEILING")) if whole < reader.numbers.undated_to else None


def _days(duration: shapes.Quantity | None) -> int | None:
    if duration is None or duration.value is None or duration.value <= 0:
        return None
    if not duration.unit and not duration.code:
        return int(duration.value)
    return to_days(duration)


def _targets(references: Iterable[shapes.Reference] | None) -> frozenset[str]:
    return frozenset("/".join(r.reference.split("/")[-2:]) for r in references or () if r.reference)


# --- drafts ----------------------------------------------------------------------------------------------------------


def read_order(body: Mapping[str, Any], resource: Any, reader: Reader, *, is_judged: bool) -> Order | None:
    """A draft MedicationRequest as an order; ``None`` when it names no medicine yet, which is normal while ordering."""
    said = _said_in(body, resource, reader)
    if said is None:
        return None
    product = said.product
    kind = body.get("resourceType")
    reference = f"{kind}/{resource.id}" if resource.id else str(kind)
    drug = product.drug
    status = (resource.status or "draft").strip().lower()
    if resource.doNotPerform:
        status = "cancelled"
    request = resource.dispenseRequest
    order: dict[str, Any] = {
        "reference": reference,
        "drug": drug,
        "resource": body,
        "is_judged": is_judged,
        "status": status,
        "written_name": product.words[0] if product.words else "",
        "form": product.form,
        "release": product.release,
        "strength": product.strength,
        "supply_days": _days(request.expectedSupplyDuration) if request is not None else None,
        "refills": request.numberOfRepeatsAllowed if request is not None else None,
        "quantity": _amount(request.quantity) if request is not None else None,
        "prior_references": _targets(
            [*resource.basedOn, *([resource.priorPrescription] if resource.priorPrescription else [])]
        ),
        "is_hospital_order": _is_hospital_order(resource),
        "traits": said.traits,
    }
    if drug.is_naltrexone:
        order["dosing"], order["band"], order["mentions"] = said.dosing, said.band, said.mentions
        order["is_compounded"], order["excipients_excluded"] = said.is_compounded, said.excipients_excluded
        order["reasons"], order["has_reason"] = reasons, has_reason = reasons_of(resource, reader, said.words)
        order["traits"] |= of_the_reason(reasons, has_reason=has_reason)
    elif drug.is_opioid:
        order["reasons"], order["has_reason"] = reasons_of(resource, reader)
    elif Role.THYROID_HORMONE in drug.roles:
        order["dosing"] = _thyroid_dosing(resource.dosageInstruction, product, reader)
    return Order(**order)


@record
class Said:
    """What a draft says of its medicine and of how it is taken, whoever the patient is."""

    product: Product
    words: str = ""
    dosing: Dosing = NO_DOSING
    band: Band = Band.UNKNOWN
    mentions: frozenset[Mention] = frozenset()
    is_compounded: bool = False
    excipients_excluded: frozenset[Excipient] = frozenset()
    traits: frozenset[Trait] = frozenset()


_SAID_IN = (
    "resourceType", "medicationCodeableConcept", "medicationReference", "medication", "contained", "dosageInstruction",
    "note",
)  # fmt: skip
_REMEMBERED = 1024
_LONGEST_REMEMBERED = 4096


def _said_in(body: Mapping[str, Any], resource: Any, reader: Reader) -> Said | None:
    """Read what a draft says, or remember it; ``None`` when it names no medicine.

    While an order is chosen and then signed its draft comes several times, and a clinic's favourites are alike: to
    remember it takes a tenth of the 50 µs of reading. Where the medicine stands in another resource it is read anew.
    """
    if _points_elsewhere(resource):
        return _read_said(resource, reader)
    written = write_exactly([body.get(name) for name in _SAID_IN])
    said = reader.drafts.get(written)
    if said is None:
        said = _read_said(resource, reader)
        if said is not None and len(written) <= _LONGEST_REMEMBERED:
            if len(reader.drafts) >= _REMEMBERED:
                reader.drafts.clear()
            reader.drafts[written] = said
    return said


def _points_elsewhere(resource: Any) -> bool:
    reference = resource.medicationReference or (resource.medication and resource.medication.reference)
    return reference is not None and not (reference.reference or "").startswith("#")


def _read_said(resource: Any, reader: Reader) -> Said | None:
    product = product_of(resource, reader)
    if product is None or not product.drug.is_naltrexone:
        return None if product is None else Said(product, traits=of_the_name(product.drug))
    texts = texts_of(resource)
    dosing = read_dosing(
        resource.dosageInstruction,
        product.drug,
        NALTREXONE,
        texts,
        product.strength,
        limits=reader.limits,
        names=product.words,
    )
    everything = "\n".join((*product.words, *texts, *_sig_texts(resource)))
    mentions = reader.knowledge.mentions.found_in(everything)
    band = band_of(product.drug, dosing, product.form, reader.numbers)
    is_compounded = product.is_compounded or (Mention.COMPOUNDED in mentions and not product.drug.is_marketed_product)
    form, release = product.form, product.release
    return Said(
        product=product,
        words=everything,
        dosing=dosing,
        band=band,
        mentions=mentions,
        is_compounded=is_compounded,
        excipients_excluded=reader.knowledge.excluded_excipients(everything),
        traits=of_the_name(product.drug)
        | of_naltrexone(dosing, band, form, release, mentions, reader.numbers, is_compounded=is_compounded),
    )


def band_of(drug: Drug, dosing: Dosing, form: Form, numbers: Numbers) -> Band:
    """The dose band of a naltrexone order or entry, by its highest daily dose."""
    if form is Form.DEPOT or drug.form is Form.DEPOT:
        return Band.DEPOT
    if not drug.is_single_ingredient:
        return Band.COMBINATION
    mg = dosing.highest_mg
    if mg is None:
        return Band.UNKNOWN
    for limit, band in (
        (numbers.very_low_from, Band.ULTRA_LOW),
        (numbers.low_from, Band.VERY_LOW),
    ):
        if mg < limit:
            return band
    if mg <= numbers.low_to:
        return Band.LOW
    return Band.BETWEEN if mg < numbers.full_from else Band.FULL


def _amount(quantity: shapes.Quantity | None) -> Amount | None:
    if quantity is None or quantity.value is None:
        return None
    unit = unit_of(quantity)
    return Amount(
        quantity.value * (unit.factor if unit is not None and unit.kind is UnitKind.VOLUME else 1),
        unit.name if unit is not None else "",
    )


def texts_of(resource: Any) -> tuple[str, ...]:
    """The free text of an order outside its directions: notes."""
    notes = resource.note
    if isinstance(notes, str):
        return (notes,)
    listed = notes if isinstance(notes, list) else [notes]
    return tuple(n.text for n in listed if n is not None and n.text)


def _sig_texts(resource: Any) -> tuple[str, ...]:
    texts: list[str] = []
    for dosage in resource.dosageInstruction:
        texts.extend(t for t in (dosage.text, dosage.patientInstruction) if t)
        texts.extend(c.text for c in dosage.additionalInstruction if c.text)
    return tuple(texts)


def reasons_of(resource: Any, reader: Reader, words: str = "") -> tuple[frozenset[ConditionGroup], bool]:
    """The condition groups an order gives as its reason, and whether it gives any reason at all."""
    concepts: list[shapes.Concept] = []
    references: list[shapes.Reference] = []
    codes = getattr(resource, "reasonCode", [])
    concepts.extend(codes if isinstance(codes, list) else [codes])
    if getattr(resource, "reasonCodeableConcept", None) is not None:
        concepts.append(resource.reasonCodeableConcept)
    for reason in getattr(resource, "reason", ()):
        if reason.concept is not None:
            concepts.append(reason.concept)
        if reason.reference is not None:
            references.append(reason.reference)
    stated = getattr(resource, "reasonReference", [])
    references.extend(stated if isinstance(stated, list) else [stated])
    table = reader.knowledge.conditions
    found: frozenset[ConditionGroup] = frozenset()
    given = False
    for concept in concepts:
        given = given or bool(concept.coding or concept.text)
        found |= table.groups_of(codings_of(concept), concept.text)
    for reference in references:
        given = given or bool(reference.reference or reference.display)
        target = "/".join((reference.reference or "").split("/")[-2:])
        known = reader.condition_groups.get(target)
        found |= known if known is not None else table.groups_of((), reference.display)
    if not given and words:
        groups = table.groups_in_words(words)
        return groups, bool(groups)
    return found, given


def _is_hospital_order(resource: Any) -> bool:
    categories = resource.category if isinstance(resource.category, list) else [resource.category]
    return any(c.code in ("inpatient", "intraoperative") for concept in categories for c in concept.coding)
