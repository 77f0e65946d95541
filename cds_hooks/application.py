"""The web service: ``create_app`` puts it together, ``warm_up`` makes it ready to answer quickly."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from os import urandom
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, request

from cds_hooks import contracts, pages
from cds_hooks.callers import EVERYBODY, Caller, Callers, Visit
from cds_hooks.clinic import Clinic
from cds_hooks.cors import CrossOrigin
from cds_hooks.edition import product_version
from cds_hooks.express import Express
from cds_hooks.logs import make_log
from cds_hooks.metrics import Metrics
from cds_hooks.opening import Opening
from cds_hooks.outgoing import errors_in
from cds_hooks.pages.assets import assets
from cds_hooks.pages.rendering import problem_shown_with
from cds_hooks.plans.views import plan_pages
from cds_hooks.problems import answer_problems_on
from cds_hooks.readiness import Readiness
from cds_hooks.reception import WARM_UP, Reception, facts_of
from cds_hooks.rulebook.views import rule_pages
from cds_hooks.services import SERVICES, FrontDesk, answering, cds_services
from cds_hooks.settings import Settings
from cds_hooks.store import MemoryStore, Store
from cds_hooks.watching import QUIET, watching

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from structlog.typing import FilteringBoundLogger

    from cds_hooks.reading import Charts


_VARIANT: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""The digit in which two bits say which kind of UUID it is."""


class _Application(Flask):
    """Flask that keeps what a failure says out of the log: messages of parsers and validators quote what they read."""

    def log_exception(
        self,
        exc_info: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> None:
        """Note the class alone; ``problems`` has answered already, unless it failed itself."""
        facts_of(request.environ)["error"] = exc_info[0].__name__ if exc_info[0] else "unknown"


def machine_day() -> date:
    """Today, where this machine is."""
    return datetime.now().astimezone().date()


def random_uuid() -> str:
    """A UUID that nobody can guess, lower-case as FHIR demands.

    >>> from uuid import UUID
    >>> UUID(random_uuid()).version
    4
    """
    # The same 122 bits of chance as uuid.uuid4 in half the time; every card, suggestion and request has one.
    made = urandom(16).hex()
    return f"{made[:8]}-{made[8:12]}-4{made[13:16]}-{_VARIANT[made[16]]}{made[17:20]}-{made[20:]}"


def create_app(  # noqa: PLR0913  (a test may replace any of them)
    clinic: Clinic,
    settings: Settings,
    *,
    today: Callable[[], date] = machine_day,
    new_uuid: Callable[[], str] = random_uuid,
    store: Store | None = None,
    callers: Callers = EVERYBODY,
    metrics: Metrics | None = None,
    readiness: Readiness | None = None,
    charts: Charts | None = None,
    log: FilteringBoundLogger | None = None,
) -> Flask:
    """The web service around a clinic. What a test may want to replace is an argument."""
    build = {"version": product_version(), "rules_hash": clinic.book.fingerprint}
    desk = FrontDesk(
        clinic=clinic,
        settings=settings,
        metrics=metrics if metrics is not None else Metrics(clinic.book, [one.id for one in SERVICES], build),
        store=store if store is not None else MemoryStore(),
        callers=_Introduced(callers, settings.public_url) if settings.public_url else callers,
        charts=charts,
        log=log if log is not None else make_log(settings.log_level),
        today=today,
        new_uuid=new_uuid,
    )
    # No folder of static files: Flask would serve whatever lies in it.
    app = _Application(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.extensions["ldn-cds"] = desk
    readiness = readiness if readiness is not None else Readiness()
    readiness.register("rules", lambda: "" if clinic.book.rules else "none are loaded", at_once=True)
    readiness.register("warm-up", lambda: "" if app.extensions["ldn-cds.warm"] else "not answered yet", at_once=True)
    app.extensions["ldn-cds.warm"] = False
    app.extensions["ldn-cds.readiness"] = readiness
    opening = Opening()
    readiness.register("pages", opening.check, at_once=True)
    app.extensions["ldn-cds.opening"] = opening
    answer = answering(desk)
    app.register_blueprint(cds_services(desk, answer))
    app.register_blueprint(rule_pages(desk))
    app.register_blueprint(plan_pages(desk))
    app.register_blueprint(pages.pages(desk))
    app.register_blueprint(watching(desk, readiness, build))
    if settings.can_try and settings.is_demo:  # in production it stands behind the doors of the back office
        from cds_hooks.trying.views import try_pages  # here: it calls the service, and stands on this module

        app.register_blueprint(try_pages(desk))
    app.register_blueprint(assets())
    answer_problems_on(app, problem_shown_with(settings), shows_tracebacks=settings.debug)
    app.wsgi_app = Express(app, desk.services, answer, settings.max_body_bytes, opening.wait)  # type: ignore[method-assign]
    _receive(app, desk, opening)
    return app


@dataclass(frozen=True, slots=True)
class _Introduced:
    """Callers whose cards lead to our own pages, of rules and of schedules, where clients can reach them."""

    callers: Callers
    public_url: str

    def identify(self, environ: WSGIEnvironment, endpoint: str) -> Visit:
        visit = self.callers.identify(environ, endpoint)
        return replace(visit, caller=introduced(visit.caller, self.public_url))


def introduced(caller: Caller, public_url: str) -> Caller:
    """The caller whose cards lead to our own pages under that address; itself while there is none."""
    if not public_url:
        return caller
    dialect = caller.dialect
    told = replace(
        dialect,
        rule_page_base=dialect.rule_page_base or f"{public_url}/rules",
        plan_page_base=dialect.plan_page_base or f"{public_url}/plans",
    )
    return replace(caller, dialect=told)


def _receive(app: Flask, desk: FrontDesk, opening: Opening) -> None:
    """Put the reception around the application."""
    addresses = app.url_map.bind("")
    settings = desk.settings

    def methods_at(path: str) -> Iterable[str]:
        opening.wait()
        return addresses.allowed_methods(path)

    reception = Reception(
        app.wsgi_app,
        methods_at=methods_at,
        cross_origin=CrossOrigin(settings.allowed_origins, may_reach_private_network=settings.is_demo),
        log=desk.log,
        new_request_id=desk.new_uuid,
        more_headers={} if settings.is_demo else {"Strict-Transport-Security": "max-age=31536000"},
        quiet=QUIET,
        note=desk.metrics.left,
    )
    app.wsgi_app = reception  # type: ignore[method-assign]
    app.extensions["ldn-cds.reception"] = reception


def warm_up(app: Flask) -> bool:
    """Answer one made-up call of each service, so that the first patient waits for nothing.

    Returns whether all were answered; only then ``/readyz`` says that the service is ready.
    """
    desk: FrontDesk = app.extensions["ldn-cds"]
    client = app.test_client()
    answered = True
    for service in desk.services:
        response = client.post(
            f"/cds-services/{service.id}",
            data=json.dumps(_A_CALL | {"hook": service.hook.value}),
            content_type="application/json",
            environ_overrides={WARM_UP: True},
        )
        answered = answered and response.status_code == 200
    for resource in (_A_DRAFT, _A_TASK, _A_SERVICE_REQUEST):
        errors_in(resource)
    app.extensions["ldn-cds.warm"] = answered
    if not answered:
        desk.log.error("not ready: the made-up calls at start were not answered")
    return answered


def warm_up_refusals(app: Flask) -> None:
    """Load what words a refusal, so that the first one does not wait for it either."""
    desk: FrontDesk = app.extensions["ldn-cds"]
    for message in ("request", *(f"context-{service.hook}" for service in desk.services), "feedback", "feedback-item"):
        contracts.problems_of({}, message)


def settle_memory() -> None:
    """Tell the garbage collector that what exists now stays, and to look less often.

    On a large chart reading then costs less than half. For a process that does nothing but answer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


_A_DRAFT: Final[dict[str, Any]] = {
    "resourceType": "MedicationRequest",
    "id": "warm-up",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/warm-up"},
    "medicationCodeableConcept": {"text": "naltrexone 4.5 mg capsule"},
    "dosageInstruction": [
        {
            "text": "1 capsule at bedtime",
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]}},
            "doseAndRate": [{"doseQuantity": {"value": 4.5, "unit": "mg"}}],
        }
    ],
}

_A_TASK: Final[dict[str, Any]] = {"resourceType": "Task", "status": "requested", "intent": "proposal"}
_A_SERVICE_REQUEST: Final[dict[str, Any]] = {
    "resourceType": "ServiceRequest",
    "status": "draft",
    "intent": "proposal",
    "code": {"text": "warm-up"},
    "subject": {"reference": "Patient/warm-up"},
}

_A_CALL: Final[dict[str, Any]] = {
    "hook": "",
    "hookInstance": "00000000-0000-4000-8000-000000000000",
    "context": {
        "userId": "Practitioner/warm-up",
        "patientId": "warm-up",
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": _A_DRAFT}]},
        "medications": {"resourceType": "Bundle", "entry": [{"resource": _A_DRAFT}]},
        "dispatchedOrders": ["MedicationRequest/warm-up-opioid"],
    },
    "prefetch": {
        # An opioid makes cards with suggestions of every kind, and the libraries that check those load once.
        "medicationRequests": {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [
                {
                    "resource": {
                        "resourceType": "MedicationRequest",
                        "id": "warm-up-opioid",
                        "status": "active",
                        "intent": "order",
                        "subject": {"reference": "Patient/warm-up"},
                        "medicationCodeableConcept": {"text": "oxycodone 5 mg tablet"},
                    }
                }
            ],
        },
        "conditions": None,
    },
}
