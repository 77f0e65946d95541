"""The chart: what is known of one patient at the moment of an order, and the questions a rule may ask of it.

A chart is immutable. It knows the day of the review; nothing in it asks a clock. For each kind of data it knows in
which of five states that kind is, so that *there is none* and *nobody told us* are never confused: asking about what
nobody told us raises :class:`Unanswered`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from cards.allergies import Allergy, Excipient
from cards.conditions import Condition, ConditionGroup
from cards.dosing import NO_DOSING, Dosing
from cards.drugs import Certainty, Drug, Form, OpioidKind, Release, Role, Strength
from cards.labs import LabResult, LabTest
from cards.patients import PatientFacts, Setting
from cards.procedures import PlannedProcedure, ServiceDraft
from cards.records import once, record, record_with_room
from cards.traits import Trait, of_the_name


class Hook(StrEnum):
    """The moments of care at which a chart is reviewed; the values are CDS Hooks' own names."""

    ORDER_SIGN = "order-sign"
    ORDER_SELECT = "order-select"
    PATIENT_VIEW = "patient-view"
    ORDER_DISPATCH = "order-dispatch"
    MEDICATION_REFILL = "medication-refill"


class Kind(StrEnum):
    """The kinds of data a review rests on; the values are the phrases a card may show."""

    MEDICATION_REQUESTS = "medication orders"
    MEDICATION_STATEMENTS = "reported medicines"
    MEDICATION_DISPENSES = "dispensing records"
    MEDICATION_ADMINISTRATIONS = "administration records"
    CONDITIONS = "conditions"
    ALLERGIES = "allergies"
    LABORATORY = "laboratory results"
    SURVEYS = "scored assessments"
    VITAL_SIGNS = "vital signs"
    SERVICE_REQUESTS = "requested services"
    PROCEDURES = "planned procedures"
    APPOINTMENTS = "appointments"
    PATIENT = "patient details"
    ENCOUNTER = "the encounter"


MEDICATION_LISTS = (
    Kind.MEDICATION_REQUESTS,
    Kind.MEDICATION_STATEMENTS,
    Kind.MEDICATION_DISPENSES,
    Kind.MEDICATION_ADMINISTRATIONS,
)

_MEDICATION_LISTS = frozenset(MEDICATION_LISTS)

SURGERY_LISTS = (Kind.SERVICE_REQUESTS, Kind.PROCEDURES, Kind.APPOINTMENTS)
"""The lists in which an operation that is planned may stand."""


class DataState(StrEnum):
    """What became of one kind of data."""

    RECEIVED = "received"
    NONE = "asked, and there is none"
    NOT_SENT = "not sent"
    FAILED = "could not be read"
    PARTIAL = "only partly received"
    NOT_ASKED = "not asked for"

    @property
    def is_complete(self) -> bool:
        """Whether silence about a thing means that it is not there."""
        return self in _COMPLETE


_COMPLETE = frozenset({DataState.RECEIVED, DataState.NONE})
_NOTHING_IS_LACKING = _COMPLETE | {DataState.NOT_ASKED}


class Unanswered(Exception):
    """A rule asked about data that nobody told us.

    ``review`` catches it, once per rule, and the answer says what was not checked.
    """

    def __init__(self, *kinds: Kind) -> None:
        super().__init__(", ".join(kinds))
        self.kinds = kinds


class Mention(StrEnum):
    """Things the free text of an order can say that matter to a rule; the words are in ``knowledge/mentions.toml``."""

    LOW_DOSE = "low-dose"
    HOME_DILUTION = "home-dilution"
    SLOW_RELEASE = "slow-release"
    COMPOUNDED = "compounded"
    CALCIUM_CARBONATE = "calcium-carbonate"
    PRESERVED = "preserved"
    UNPRESERVED = "unpreserved"
    STUDIED_FORMULA = "studied-formula"
    REFRIGERATED = "refrigerated"
    ANTAGONIST_INDUCTION = "antagonist-induction"
    SIGNIFICANT_DIFFERENCE = "significant-difference"
    DOSE_VERIFIED = "dose-verified"


class Band(Enum):
    """The daily dose of naltrexone as the literature groups it (catalogue §2.1)."""

    ULTRA_LOW = "ultra-low"
    VERY_LOW = "very low"
    LOW = "low"
    BETWEEN = "between low and labelled"
    FULL = "labelled"
    DEPOT = "monthly injection"
    COMBINATION = "with bupropion"
    UNKNOWN = "unknown"

    @property
    def is_low(self) -> bool:
        """Whether it is low-dose naltrexone in the widest sense."""
        return self in (Band.ULTRA_LOW, Band.VERY_LOW, Band.LOW)


@record
class Amount:
    """A quantity that is dispensed: a number of ``unit`` (tablet, capsule, mL …, normalised)."""

    value: Decimal
    unit: str


@record
class Order:
    """A draft that is being ordered now, or (``is_signed``) a signed order that is being sent to who will carry it out.

    ``resource`` is the client's own JSON, numbers exact, for the suggestions that edit it; no rule reads it.
    ``written_name`` is the client's display text and may be shown only inside a code span.
    """

    reference: str
    drug: Drug
    resource: Mapping[str, Any] = field(repr=False)
    is_judged: bool = True
    status: str = "draft"
    dosing: Dosing = NO_DOSING
    band: Band = Band.UNKNOWN
    form: Form = Form.UNKNOWN
    release: Release = Release.UNKNOWN
    strength: Strength | None = None
    is_compounded: bool = False
    quantity: Amount | None = None
    supply_days: int | None = None
    refills: int | None = None
    reasons: frozenset[ConditionGroup] = frozenset()
    has_reason: bool = False
    mentions: frozenset[Mention] = frozenset()
    excipients_excluded: frozenset[Excipient] = frozenset()
    written_name: str = ""
    prior_references: frozenset[str] = frozenset()
    is_hospital_order: bool = False
    is_signed: bool = False
    traits: frozenset[Trait] = frozenset()
    is_low_dose: bool = field(init=False, repr=False, compare=False)
    """Whether it is a low-dose naltrexone order: by its dose, or by its words when the dose is unknown."""

    def __post_init__(self) -> None:
        """Settle once what two dozen rules ask."""
        object.__setattr__(self, "is_low_dose", self._reads_as_low_dose())

    def _reads_as_low_dose(self) -> bool:
        if not self.drug.is_naltrexone or not self.is_oral or self.band is Band.COMBINATION:
            return False
        return self.band.is_low or (self.band is Band.UNKNOWN and Mention.LOW_DOSE in self.mentions)

    @property
    def is_being_started(self) -> bool:
        """Whether signing it lets the patient take it: a draft on hold is not being started."""
        return self.status not in ("on-hold", "stopped", "cancelled", "completed", "entered-in-error")

    @property
    def is_oral(self) -> bool:
        """Whether it is swallowed; a form nobody stated counts as oral."""
        return self.form not in _NOT_ORAL

    def says(self, mention: Mention) -> bool:
        """Whether the free text of the order says such a thing."""
        return mention in self.mentions


_NOT_ORAL = frozenset(
    {Form.PATCH, Form.INJECTION, Form.DEPOT, Form.IMPLANT, Form.NASAL, Form.RECTAL, Form.TOPICAL},
)


class MedicationSource(StrEnum):
    """Which kind of resource told us of a medication; the values are words for a card."""

    REQUEST = "ordered"
    STATEMENT = "reported"
    DISPENSE = "dispensed"
    ADMINISTRATION = "given"


@record
class Medication:
    """One entry of a medication list, as told; what it means for exposure is worked out in ``cards.exposure``.

    ``began`` is when it was written, asserted as started, handed over or given; ``ended`` an end that the entry states
    itself; ``changed`` when its status changed, where known; ``supply_days`` a stated supply, ``course_days`` one
    worked out from quantity and directions. ``original`` fetches the client's own JSON for a suggestion to update it.
    ``written_name`` is the client's display text and may be shown only inside a code span.
    """

    drug: Drug
    source: MedicationSource
    reference: str = ""
    status: str = "unknown"
    began: date | None = None
    asserted: date | None = None
    ended: date | None = None
    changed: date | None = None
    supply_days: int | None = None
    course_days: int | None = None
    refills: int = 0
    dosing: Dosing = NO_DOSING
    band: Band = Band.UNKNOWN
    is_for_opioid_use_disorder: bool = False
    order_references: frozenset[str] = frozenset()
    reasons: frozenset[ConditionGroup] = frozenset()
    form: Form = Form.UNKNOWN
    strength: Strength | None = None
    written_name: str = ""
    original: Callable[[], Mapping[str, Any] | None] | None = field(default=None, repr=False, compare=False)


class ExposureState(Enum):
    """Whether an opioid is taken today."""

    ACTIVE = "active"
    ENDED = "ended"
    UNDATED = "dates unknown"


@record
class Exposure:
    """One opioid of one kind, from all entries that tell of it.

    ``last_day`` is the last day it was, or may have been, taken or on the skin; for a depot the day it was given.
    Until ``critical_until`` (not included) naltrexone is contraindicated, until ``clear_on`` it is doubtful; on
    ``clear_on`` it may first be started. ``None`` means never, or not known.
    """

    drug: Drug
    kind: OpioidKind
    state: ExposureState
    began: date | None
    last_day: date | None
    critical_until: date | None
    clear_on: date | None
    is_brief: bool
    entries: tuple[Medication, ...] = field(repr=False)
    supply_days: int | None = None

    @property
    def is_active(self) -> bool:
        """Whether it counts as taken today."""
        return self.state is ExposureState.ACTIVE

    @property
    def is_possible(self) -> bool:
        """Whether it rests on likely misspellings alone; such an exposure stands in ``Chart.possible_exposures``.

        A medicine for cough or the gut is no such matter: what is said of it is hardly more than a question anyway.
        """
        return not self.kind.is_mild and all(entry.drug.is_possible for entry in self.entries)

    def is_critical_on(self, day: date) -> bool:
        """Whether naltrexone is contraindicated on that day."""
        return self.critical_until is not None and day < self.critical_until

    def is_doubtful_on(self, day: date) -> bool:
        """Whether the opioid-free interval is not complete on that day."""
        return self.clear_on is not None and day < self.clear_on


class UseState(Enum):
    """Whether naltrexone is taken today."""

    ACTIVE = "active"
    HELD = "on hold"
    ENDED = "ended"


@record
class NaltrexoneUse:
    """One naltrexone entry of the chart and what it means today.

    ``last_day`` is the last day it was, or may have been, taken (for a depot: given); ``None`` while it is taken, or
    when nobody knows.
    """

    medication: Medication
    state: UseState
    band: Band
    daily_mg: Decimal | None
    began: date | None
    last_day: date | None
    supply_ends: date | None = None

    @property
    def is_active(self) -> bool:
        """Whether it counts as taken today."""
        return self.state is UseState.ACTIVE

    def days_since(self, day: date) -> int | None:
        """Days since it was last taken; 0 while it is taken, ``None`` when unknown."""
        if self.is_active:
            return 0
        return None if self.last_day is None else (day - self.last_day).days


@record_with_room
class Chart:
    """One patient, one moment. Collections are what they answer, questions raise :class:`Unanswered` when they must.

    ``unread_orders`` are the references of medication orders being dispatched that nothing sent tells of.
    """

    today: date
    hook: Hook
    orders: tuple[Order, ...] = ()
    medications: tuple[Medication, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    possible_exposures: tuple[Exposure, ...] = ()
    past_courses: tuple[Exposure, ...] = ()
    naltrexone_uses: tuple[NaltrexoneUse, ...] = ()
    conditions: tuple[Condition, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    labs: tuple[LabResult, ...] = ()
    procedures: tuple[PlannedProcedure, ...] = ()
    service_drafts: tuple[ServiceDraft, ...] = ()
    patient: PatientFacts | None = None
    setting: Setting | None = None
    visit_reasons: frozenset[ConditionGroup] = frozenset()
    patient_reference: str = ""
    unread_orders: tuple[str, ...] = ()
    states: Mapping[Kind, DataState] = field(default_factory=dict)
    lists_not_kept: frozenset[Kind] = frozenset()
    counts_as_taken: Callable[[Medication], bool] = field(default=bool, repr=False, compare=False)

    def ordering(self, role: Role) -> tuple[Order, ...]:
        """The drafts of that role that are to be judged and are being started."""
        return self._ordering.get(role, ())

    @once
    def _ordering(self) -> Mapping[Role, tuple[Order, ...]]:
        judged = [order for order in self.orders if order.is_judged and order.is_being_started]
        roles = {role for order in judged for role in order.drug.roles}
        return {role: tuple(order for order in judged if role in order.drug.roles) for role in roles}

    def drafted_beside(self, order: Order, role: Role) -> tuple[Order, ...]:
        """The other drafts of that role in the same session, judged or not."""
        return tuple(o for o in self.orders if o is not order and role in o.drug.roles and o.is_being_started)

    def state_of(self, kind: Kind) -> DataState:
        """In which state a kind of data is; a kind the service does not ask for is ``NOT_ASKED``."""
        return self.states.get(kind, DataState.NOT_ASKED)

    def opioids(self) -> Iterator[Exposure]:
        """Every opioid exposure; raises :class:`Unanswered` at the end when a list was missing and none was found.

        What only may be an opioid, for its name is misspelled, is not among them: see ``possible_exposures``.
        """
        yield from self.exposures
        if not self.exposures:
            self._need_medications()

    def naltrexone(self) -> Iterator[NaltrexoneUse]:
        """Every use of naltrexone; raises :class:`Unanswered` at the end when a list was missing and none was found."""
        yield from self.naltrexone_uses
        if not self.naltrexone_uses:
            self._need_medications()

    def taking(self, role: Role) -> Iterator[Medication]:
        """The entries of that role that count as taken today; raises like :meth:`opioids`."""
        found = False
        for medication in self.medications:
            if role in medication.drug.roles and self.is_taken(medication):
                found = True
                yield medication
        if not found:
            self._need_medications()

    def is_taken(self, medication: Medication) -> bool:
        """Whether an entry counts as taken today; one without an end counts while it is marked active."""
        return self.counts_as_taken(medication)

    @once
    def unidentified(self) -> tuple[Medication, ...]:
        """The entries that count as taken today and say nothing by which anybody could tell the medicine."""
        unknown = (m for m in self.medications if m.drug.recognised_by is Certainty.NOT_IDENTIFIED)
        return tuple(medication for medication in unknown if self.is_taken(medication))

    def having(self, group: ConditionGroup) -> Condition | None:
        """The active condition of that group, or ``None`` when there is none; raises when conditions are not known."""
        told = self._active_conditions.get(group)
        if told is not None:
            return told[0]
        self.must_know(Kind.CONDITIONS)
        return None

    def told_conditions(self, *groups: ConditionGroup) -> tuple[Condition, ...]:
        """The active conditions of these groups, those of the group named first coming first; never raises.

        A rule that finds nothing here asks :meth:`must_know` whether that means anything.
        """
        active = self._active_conditions
        found = [condition for group in groups if group in active for condition in active[group]]
        return tuple(dict.fromkeys(found)) if found else ()

    @once
    def _active_conditions(self) -> Mapping[ConditionGroup, list[Condition]]:
        """The active conditions by group: a dozen rules ask, and most charts have nothing of what they ask for."""
        found: dict[ConditionGroup, list[Condition]] = {}
        for condition in self.conditions:
            if condition.is_active:
                for group in condition.groups:
                    found.setdefault(group, []).append(condition)
        return found

    def results_of(self, test: LabTest) -> Sequence[LabResult]:
        """The results of a test that were told, newest first; never raises."""
        return self._results.get(test, ())

    @once
    def _results(self) -> Mapping[LabTest, list[LabResult]]:
        found: dict[LabTest, list[LabResult]] = {}
        for result in self.labs:
            found.setdefault(result.test, []).append(result)
        return found

    def latest_labs(self) -> Iterator[LabResult]:
        """All results, newest first; raises when none of them is a laboratory's and its results are not known."""
        yield from self.labs
        if not any(lab.test.is_from_laboratory for lab in self.labs):
            self.must_know(Kind.LABORATORY)

    def surgeries(self) -> Iterator[PlannedProcedure]:
        """The operations planned for today or later, the next first; raises when none is told and a list is missing."""
        found = [p for p in self.procedures if p.is_surgical and p.day >= self.today]
        yield from sorted(found, key=lambda procedure: procedure.day)
        if not found:
            self.must_know(*SURGERY_LISTS)

    def allergic(self) -> Iterator[Allergy]:
        """The allergies and intolerances that stand; raises when there is none and allergies are not known."""
        found = [a for a in self.allergies if a.is_active]
        yield from found
        if not found:
            self.must_know(Kind.ALLERGIES)

    @once
    def is_in_hospital(self) -> bool:
        """Whether the patient is in hospital, in an emergency department or under observation."""
        return (self.setting is not None and self.setting.is_hospital) or any(o.is_hospital_order for o in self.orders)

    @once
    def is_palliative(self) -> bool:
        """Whether palliative or hospice care is told: by the problem list, the visit's reason or a draft's own reason."""
        group = ConditionGroup.PALLIATIVE_CARE
        by_a_draft = any(group in order.reasons for order in self.orders)
        return by_a_draft or group in self.visit_reasons or bool(self.told_conditions(group))

    def must_know(self, *kinds: Kind) -> None:
        """Raise :class:`Unanswered` for those of the kinds that were asked for and of which silence means nothing."""
        unknown = [kind for kind in kinds if kind in self.unknown]
        if unknown:
            raise Unanswered(*unknown)

    @once
    def unknown(self) -> frozenset[Kind]:
        """The kinds of data that were asked for and of which silence means nothing."""
        if _NOTHING_IS_LACKING.issuperset(self.states.values()):
            return frozenset()
        return frozenset(kind for kind, state in self.states.items() if state not in _NOTHING_IS_LACKING)

    def _need_medications(self) -> None:
        """The order list must be there; another list matters only when it failed or is partial (design §7)."""
        if self.missing_lists:
            raise Unanswered(*self.missing_lists)

    @once
    def unanswerable(self) -> frozenset[Kind]:
        """The kinds of data that a question about may raise :class:`Unanswered` for."""
        return (self.unknown - _MEDICATION_LISTS).union(self.missing_lists) if self.unknown else self.unknown

    @once
    def told(self) -> frozenset[StrEnum]:
        """What the lists and the drafts tell of, by name: roles, condition groups, tests, mentions, reasons given, traits.

        The one naltrexone draft that is judged is not in it, only other naltrexone. It may hold more than a rule would
        count – a condition that is over, a medicine that was stopped – and never less.
        """
        found: set[StrEnum] = set()
        for medication in self.medications:
            found |= medication.drug.roles
            found |= of_the_name(medication.drug)
        if self.exposures or self.past_courses:
            found.add(Role.OPIOID)
        if self.naltrexone_uses:
            found.add(Role.NALTREXONE)
        drafted = [role for order in self.orders for role in order.drug.roles]
        found.update(role for role in drafted if role is not Role.NALTREXONE or drafted.count(role) > 1)
        for order in self.orders:
            found |= order.reasons
            found |= order.mentions
            found |= order.traits
        for condition in self.conditions:
            found |= condition.groups
        found.update(lab.test for lab in self.labs)
        if self.allergies:
            found.add(Kind.ALLERGIES)
        if self.procedures:
            found.update(SURGERY_LISTS)
        return frozenset(found)

    @once
    def missing_lists(self) -> tuple[Kind, ...]:
        """The medication lists that are so incomplete that silence about an opioid means nothing."""
        if not self.unknown:
            return ()
        told = [(kind, self.state_of(kind)) for kind in MEDICATION_LISTS if kind in self.unknown]
        return tuple(
            kind for kind, state in told if state is not DataState.NOT_SENT or kind is Kind.MEDICATION_REQUESTS
        )

    def is_missing(self, kind: Kind) -> bool:
        """Whether a medication list is so incomplete that silence about an opioid means nothing."""
        return kind in self.missing_lists

    @once
    def has_substance_use_context(self) -> bool:
        """Whether labelled use of naltrexone is likely: alcohol or opioid use disorder, acamprosate, a past depot.

        Reads only what was told; a condition list that is missing does not raise here, since a missing context must
        never silence a safety check.
        """
        if any(c.is_substance_use_disorder and c.is_standing for c in self.conditions):
            return True
        if any(Role.ACAMPROSATE in m.drug.roles and self.is_taken(m) for m in self.medications):
            return True
        return any(use.band is Band.DEPOT for use in self.naltrexone_uses)
