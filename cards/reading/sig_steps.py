"""The intakes and steps of a sig while they are read, and what becomes of them when its words have ended."""

from __future__ import annotations

from decimal import Decimal

from cards.dosing import TimeOfDay
from cards.reading.amounts import Kind, divide, number, whole_days
from cards.reading.sig_parts import Amount, Intake, SigStep

_ONE = Decimal(1)


class Sip:
    """An intake while it is read."""

    __slots__ = ("counted", "is_assumed", "is_equation", "mass", "parts", "per_day", "weekdays", "when")

    def __init__(self) -> None:
        self.mass: Amount | None = None
        self.counted: Amount | None = None
        self.per_day: Decimal | None = None
        self.is_assumed = False  # "9 mg/day" is once a day unless other words divide it
        self.is_equation = False  # "1 capsule = 1.5 mg", which may be a dose or only a strength
        self.when: set[TimeOfDay] = set()
        self.parts: set[str] = set()  # stretches of the day that count as an intake each
        self.weekdays: set[int] = set()

    @property
    def is_timed(self) -> bool:
        """Whether a frequency, a time of day or a weekday was told."""
        return self.per_day is not None or bool(self.when) or bool(self.weekdays)

    @property
    def is_empty(self) -> bool:
        """Whether no amount was told."""
        return self.mass is None and self.counted is None

    @property
    def is_implied(self) -> bool:
        """Whether its only amount is a strength read as one piece."""
        return self.mass is None and self.counted is not None and self.counted.is_implied

    def rate(self) -> Decimal | None:
        """How often a day."""
        per_day = self.per_day
        if per_day is None:
            per_day = Decimal(len(self.parts)) if self.parts else None
        elif per_day >= 1:
            # "daily, in the morning and at bedtime" is twice; "twice daily, first at breakfast" stays twice.
            per_day = max(per_day, Decimal(len(self.parts)))
        if self.weekdays:
            return divide((per_day if per_day is not None and per_day >= 1 else _ONE) * len(self.weekdays), Decimal(7))
        return per_day

    def add(self, amount: Amount) -> None:
        """Keep an amount as the mass or as the count."""
        if amount.unit.kind is Kind.MASS:
            self.mass = amount
        else:
            self.counted = amount

    def like(self, amount: Amount) -> Amount | None:
        """The amount of the same kind that is already here."""
        return self.mass if amount.unit.kind is Kind.MASS else self.counted

    def freeze(self) -> Intake:
        """The intake as it is now."""
        return Intake(self.mass, self.counted, self.rate(), frozenset(self.when))


class DraftStep:
    """A step while it is read."""

    __slots__ = ("as_needed", "days", "intakes")

    def __init__(self) -> None:
        self.intakes: list[Sip] = []
        self.days: int | None = None
        self.as_needed = False


def days_apart(per_day: Decimal) -> int | None:
    """The days from one intake to the next; a third of a day is not exact, and must not become another day."""
    return whole_days(divide(_ONE, per_day).quantize(Decimal("0.001"))) if number(per_day) is not None else None


def closed(draft: DraftStep) -> SigStep | None:
    """A step as it is, when its words have ended."""
    kept: list[Intake] = []
    for place, sip in enumerate(draft.intakes):
        # A second amount without a time of its own is a quantity or a remark: "…, 90 cap, 0 Refill(s)".
        if place and (not sip.is_timed or sip.is_empty):
            continue
        intake = sip.freeze()
        merged = _restated(kept[-1], intake) if kept else None
        if merged is not None:
            kept[-1] = merged
        elif intake not in kept:
            kept.append(intake)
    if not kept and not draft.as_needed and draft.days is None:
        return None
    return SigStep(tuple(kept), draft.days, draft.as_needed)


def _restated(one: Intake, other: Intake) -> Intake | None:
    """Two intakes at the same times as one, when one counts pieces and the other says milligrams."""
    if one.per_day != other.per_day or one.when != other.when:
        return None
    if (one.mass is None and other.counted is None) or (one.counted is None and other.mass is None):
        return one._replace(mass=one.mass or other.mass, counted=one.counted or other.counted)
    return None


def spread_over_arrows(steps: list[SigStep]) -> list[SigStep]:
    """Let "1.5 mg -> 3 mg -> 4.5 mg every 2 weeks" last two weeks at every step but the last."""
    if len(steps) < 2 or not steps[-1].intakes or any(step.lasts_days for step in steps):
        return steps
    last = steps[-1]
    per_day = last.intakes[-1].per_day
    if per_day is None or per_day >= 1:
        return steps
    days = days_apart(per_day)
    freed = tuple(intake._replace(per_day=None) for intake in last.intakes)
    return [*(step._replace(lasts_days=days) for step in steps[:-1]), last._replace(intakes=freed)]


def same_day(steps: list[SigStep]) -> list[SigStep]:
    """Join "1 tablet in the morning, then 2 at night": nothing lasts, and the times differ."""
    if len(steps) < 2 or any(step.lasts_days is not None for step in steps):
        return steps
    seen: set[TimeOfDay] = set()
    for step in steps:
        when = {time for intake in step.intakes for time in intake.when}
        if not when or seen & when:
            return steps
        seen |= when
    together = tuple(intake for step in steps for intake in step.intakes)
    return [SigStep(together, None, any(step.as_needed for step in steps))]


def share_times(steps: list[SigStep]) -> list[SigStep]:
    """Give steps without a frequency that of the step before, or else of the next: it is written once for all."""
    if len(steps) < 2:
        return steps
    last_intakes = [step.intakes[-1] for step in steps if step.intakes]
    given = next((intake for intake in last_intakes if intake.per_day is not None), None)
    if given is None:
        return steps
    shared = []
    for step in steps:
        intakes = tuple(
            intake._replace(per_day=given.per_day, when=intake.when or given.when) if intake.per_day is None else intake
            for intake in step.intakes
        )
        if len(intakes) == 1:
            given = intakes[0]
        shared.append(step._replace(intakes=intakes))
    return shared
