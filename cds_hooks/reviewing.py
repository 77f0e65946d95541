"""One request answered without a server: the same reading, the same clinic, the same check of what leaves."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from cds_hooks import prefetch, syntax
from cds_hooks.application import machine_day, random_uuid
from cds_hooks.callers import ANYBODY, Caller
from cds_hooks.hook_request import read_hook_request
from cds_hooks.outgoing import withhold_invalid
from cds_hooks.problems import Issue, Refusal
from cds_hooks.services import DAY_OF_REVIEW, SERVICES, Service, day_in
from cds_hooks.wire import Json

if TYPE_CHECKING:
    from cards import Answer, Clinic


def answer_to(body: bytes, today: date | None = None, clinic: Clinic | None = None, caller: Caller = ANYBODY) -> Answer:
    """The clinic's whole answer to a request: cards, and what they rest on. Raises ``Refusal`` when it is none.

    The service is the one of the request's ``hook``. The day is the one given, else the one the request brings along
    (as made-up patients do), else today. Without a clinic the house is opened once, with its own numbers.
    """
    service = service_for(body)
    asking = read_hook_request(body, service.hook)
    if today is None:
        today = day_in(asking.extension) if DAY_OF_REVIEW in asking.extension else machine_day()
    clinic = clinic if clinic is not None else _the_house()
    asked = prefetch.kinds_for(service.keys, caller.templates)
    return clinic.answer(service.hook, asking.context, asking.prefetch, asked, today, random_uuid, caller.dialect)


def cards_for(body: bytes, today: date | None = None, clinic: Clinic | None = None) -> list[Json]:
    """The cards for a request as they would leave. Raises ``Refusal`` when it is none."""
    answer = answer_to(body, today, clinic)
    return withhold_invalid(answer.cards, answer.originals)[0]


def service_for(body: bytes) -> Service:
    """The service of a request's own ``hook``; raises ``Refusal``."""
    decoded = syntax.decode_strictly(body)
    hook = decoded.get("hook") if isinstance(decoded, dict) else None
    for service in SERVICES:
        if service.hook == hook:
            return service
    known = ", ".join(service.hook.value for service in SERVICES)
    raise Refusal(400, Issue("value", f"Expected a request for one of {known}.", "hook"))


@cache
def _the_house() -> Clinic:
    from cards import Clinic

    return Clinic.open()
