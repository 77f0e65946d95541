"""What was measured or asked, as far as a rule asks: laboratory results and scored assessments.

Which code belongs to which test is data and lives in ``cards/knowledge``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class LabTest(StrEnum):
    """What a result is about. Every test has one normal unit; values arrive in it or not at all."""

    OPIOID_SCREEN = "opioid screen"  # ``LabResult.screens`` says for which opioid
    NALTREXONE_SCREEN = "naltrexone screen"  # shows that naltrexone is taken; not an opioid
    ALT = "ALT"
    AST = "AST"
    BILIRUBIN = "total bilirubin"
    CREATININE = "creatinine"
    CREATININE_CLEARANCE = "creatinine clearance"
    EGFR = "eGFR"
    TSH = "TSH"
    PREGNANCY_TEST = "pregnancy test"
    PREGNANCY_STATUS = "pregnancy status"
    GESTATIONAL_AGE = "gestational age"
    LACTATION_STATUS = "breastfeeding status"
    PHQ9_TOTAL = "PHQ-9"
    PHQ9_SUICIDALITY = "PHQ-9 item 9"
    COWS = "COWS"
    WEIGHT = "body weight"
    DUE_DATE = "due date"
    OUTCOME = "outcome score"  # how the patient is doing: pain, fatigue, function, disease activity

    @property
    def is_from_laboratory(self) -> bool:
        """Whether a laboratory reports it; the rest is asked or measured at the bedside."""
        return self not in _AT_THE_BEDSIDE

    @property
    def unit(self) -> str:
        """The normal unit in UCUM; empty for a test that has no amount."""
        return _UNITS.get(self, "")


_AT_THE_BEDSIDE = frozenset(
    {
        LabTest.PREGNANCY_STATUS,
        LabTest.LACTATION_STATUS,
        LabTest.PHQ9_TOTAL,
        LabTest.PHQ9_SUICIDALITY,
        LabTest.COWS,
        LabTest.WEIGHT,
        LabTest.DUE_DATE,
    }
)
_UNITS = {
    LabTest.ALT: "U/L",
    LabTest.AST: "U/L",
    LabTest.BILIRUBIN: "mg/dL",
    LabTest.CREATININE: "mg/dL",
    LabTest.CREATININE_CLEARANCE: "mL/min",
    LabTest.EGFR: "mL/min/{1.73_m2}",
    LabTest.TSH: "m[IU]/L",
    LabTest.PREGNANCY_TEST: "m[IU]/mL",
    LabTest.GESTATIONAL_AGE: "wk",
    LabTest.PHQ9_TOTAL: "{score}",
    LabTest.PHQ9_SUICIDALITY: "{score}",
    LabTest.COWS: "{score}",
    LabTest.WEIGHT: "kg",
}


class Outcome(StrEnum):
    """What a result says, yes or no. Nothing to be read: ``UNKNOWN``."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LabResult:
    """One result; a panel gives several.

    ``screens`` names the opioid (``"oxycodone"``, ``"fentanyl"``, ``"opiates"``) an opioid screen is for, with
    ``"opioids"`` when nobody says which. ``value`` and ``upper_limit`` are in the test's normal unit, ``None`` when the
    unit could not be converted; ``comparator`` is ``"<"``, ``"<="``, ``">="`` or ``">"`` when the value is a bound.
    ``taken`` is when the specimen was taken or the question asked, otherwise when the result came.
    ``is_immunoassay`` is ``None`` when nobody said how it was measured. ``names`` is the day a result tells, such as
    the day a child is expected.
    """

    test: LabTest
    screens: str | None = None
    outcome: Outcome = Outcome.UNKNOWN
    value: Decimal | None = None
    comparator: str = ""
    upper_limit: Decimal | None = None
    taken: date | None = None
    is_immunoassay: bool | None = None
    reference: str = ""
    names: date | None = None

    @property
    def is_positive(self) -> bool:
        """Whether it says yes."""
        return self.outcome is Outcome.POSITIVE

    def times_upper_limit(self, usual: Decimal) -> Decimal | None:
        """How many times the upper limit of normal the value is; ``usual`` is the limit where the result names none."""
        limit = usual if self.upper_limit is None else self.upper_limit
        return self.value / limit if self.value is not None and limit > 0 else None
