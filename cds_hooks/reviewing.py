"""One request from a file, answered without a server."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from cds_hooks import prefetch, syntax
from cds_hooks.application import machine_day, random_uuid
from cds_hooks.callers import ANYBODY
from cds_hooks.hook_request import read_hook_request
from cds_hooks.house import open_clinic
from cds_hooks.outgoing import withhold_invalid
from cds_hooks.problems import Refusal
from cds_hooks.services import DAY_OF_REVIEW, SERVICES, day_in
from cds_hooks.wire import Json

if TYPE_CHECKING:
    from cds_hooks.clinic import Clinic
    from cds_hooks.settings import Settings


def review_request(
    body: bytes, settings: Settings, today: date | None = None, clinic: Clinic | None = None
) -> list[Json] | str:
    """The cards for a request, or why there are none: what is wrong with it, in words.

    The service is the one of the request's ``hook``. The day is the one given, else the one the request brings along (as
    made-up patients do), else today.
    """
    try:
        hook = _hook_of(syntax.decode_strictly(body))
        service = next((service for service in SERVICES if service.hook == hook), None)
        if service is None:
            known = " and ".join(service.hook.value for service in SERVICES)
            return f"hook must be one we answer: {known}."
        asking = read_hook_request(body, service.hook)
        if today is None:
            today = day_in(asking.extension) if DAY_OF_REVIEW in asking.extension else machine_day()
    except Refusal as refusal:
        return "\n".join(f"{issue.expression}: {issue.diagnostics}".removeprefix(": ") for issue in refusal.issues)
    asked = prefetch.kinds_for(service.keys)
    answer = (clinic or open_clinic(settings)).answer(
        service.hook, asking.context, asking.prefetch, asked, today, random_uuid, ANYBODY.dialect
    )
    return withhold_invalid(answer.cards, answer.originals)[0]


def _hook_of(decoded: Any) -> Any:
    return decoded.get("hook") if isinstance(decoded, dict) else None
