"""The CDS Hooks endpoints: discovery, a call of each service, feedback. A new service is a row of ``SERVICES``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected

from cards import Hook
from cards.review import Silencing
from cds_hooks import prefetch, syntax
from cds_hooks.callers import Caller, Callers, Visit, not_let_in
from cds_hooks.clinic import WaitingClinic
from cds_hooks.feedback import read_feedback
from cds_hooks.hook_request import HookRequest, read_hook_request
from cds_hooks.outgoing import withhold_invalid
from cds_hooks.problems import Issue, Refusal, outcome_response
from cds_hooks.reading import Charts, Reading
from cds_hooks.reception import AFTERWARDS, JSON, WARM_UP, facts_of
from cds_hooks.store import AnsweredCall, Kept, Replayed
from cds_hooks.wire import Json, encode_tidily

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from structlog.typing import FilteringBoundLogger

    from cds_hooks.clinic import Answer, Clinic
    from cds_hooks.metrics import Metrics
    from cds_hooks.settings import Settings
    from cds_hooks.store import Feedback, Store

SPECIFICATION: Final = "2.0.1"
DAY_OF_REVIEW: Final = "ldn-cds.today"
"""The member of a request's ``extension`` by which a made-up patient brings the day on which it is to be reviewed."""

_RESERVE_S: Final = 0.1
_LENGTH: Final = re.compile(r"\d{1,12}\Z", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Service:
    """One service in discovery. ``keys`` are the prefetch keys it asks for, ``hook_version`` is that of its hook."""

    id: str
    hook: Hook
    title: str
    description: str
    keys: tuple[str, ...]
    hook_version: str = "1.0"

    def as_discovered(self, caller: Caller) -> Json:
        """The service as discovery tells it to that caller."""
        templates = prefetch.templates_for(self.keys, caller.templates)
        return {
            "hook": self.hook.value,
            "title": self.title,
            "description": self.description,
            "id": self.id,
            "prefetch": templates,
            "usageRequirements": _usage(templates, bool(caller.fhir_bases) or caller.reads_loopback),
            "version": SPECIFICATION,
            "hookVersion": self.hook_version,
        }


_MEDICATION_LISTS: Final = (
    "medicationRequests",
    "medicationStatements",
    "medicationDispenses",
    "medicationAdministrations",
)

SERVICES: Final = (
    Service(
        id="ldn-order-sign",
        hook=Hook.ORDER_SIGN,
        title="Low-dose naltrexone: check before signing",
        description=(
            "Reads naltrexone and opioid drafts against the patient's medicines, conditions, allergies and laboratory "
            "results: opioid conflicts in both directions, dose and titration, time of day, formulation, and what "
            "could not be checked. Naltrexone 50 mg for alcohol or opioid use disorder is labelled use and left alone."
        ),
        keys=(
            *_MEDICATION_LISTS,
            *("conditions", "allergies", "laboratory", "surveys", "vitalSigns"),
            *("serviceRequests", "procedures", "appointments", "patient", "encounter"),
        ),
    ),
    Service(
        id="ldn-order-select",
        hook=Hook.ORDER_SELECT,
        title="Low-dose naltrexone: check while choosing",
        description=(
            "While a naltrexone or opioid order is being written: the conflicts that change which drug is chosen. Only "
            "the drafts just selected are judged, and a dose that is not there yet is no mistake."
        ),
        keys=(*_MEDICATION_LISTS, "conditions", "allergies", "surveys", "patient", "encounter"),
    ),
    Service(
        id="ldn-patient-view",
        hook=Hook.PATIENT_VIEW,
        title="Low-dose naltrexone: what is due",
        description=(
            "When the chart of someone on low-dose naltrexone is opened: an opioid beside it, a planned operation, the "
            "next step or a review that is due, a supply that runs out, the day of a restart. Without any medication "
            "list: 412."
        ),
        keys=(
            *(*_MEDICATION_LISTS, "conditions", "laboratory", "surveys"),
            *("serviceRequests", "procedures", "appointments"),
        ),
    ),
    Service(
        id="ldn-order-dispatch",
        hook=Hook.ORDER_DISPATCH,
        title="Low-dose naltrexone: check before sending",
        description=(
            "When a signed order is sent to who will carry it out: opioid conflicts in both directions, and other "
            "naltrexone. The hook names orders only; they are looked for among the prefetched medication orders, and one "
            "that is not there is said. Both published shapes of the context are read. Without any medication list: 412."
        ),
        keys=(*_MEDICATION_LISTS, "conditions", "laboratory", "surveys"),
        hook_version="1.1",
    ),
    Service(
        id="ldn-medication-refill",
        hook=Hook.MEDICATION_REFILL,
        title="Low-dose naltrexone: check a refill",
        description=(
            "When a refill is asked for: opioid conflicts in both directions, other naltrexone, a gap in the supply, "
            "and the next step or the review of benefit that is due. Nobody need be there to read it at once."
        ),
        keys=(*_MEDICATION_LISTS, "conditions", "laboratory", "surveys", "patient"),
        hook_version="0.1.0",
    ),
)


_NOTHING_WITHOUT_A_LIST: Final = frozenset({Hook.PATIENT_VIEW, Hook.ORDER_DISPATCH})
"""Hooks whose context holds no order by itself: without any medication list there is nothing to read."""


def scopes_for(templates: Iterable[str]) -> list[str]:
    """The SMART scopes that a client needs to fill these templates.

    >>> scopes_for(["Patient/{{context.patientId}}", "Observation?patient={{context.patientId}}"])
    ['patient/Observation.read', 'patient/Patient.read']
    """
    return sorted({f"patient/{template.partition('?')[0].partition('/')[0]}.read" for template in templates})


def _usage(templates: dict[str, str], reads: bool) -> str:
    scopes = scopes_for(templates.values())
    beyond = (
        "what a rule looks for and was not sent is read from the registered FHIR server, with the token of the call "
        "(fhirAuthorization), which is not kept. "
        if reads
        else "nothing is read beyond what is sent. "
    )
    return (
        "FHIR R4 (4.0.1) and R4B; R5, STU3 and DSTU2 drafts are read too. "
        f"To send the prefetch, a client needs the scopes {' '.join(scopes)}; {beyond}"
        "An empty list of cards says that nothing was found in what was sent; it is no clearance, and data that is "
        "missing is said on a card. A status other than 200 means that nothing was checked. "
        "Feedback on cards is accepted at the service's address with /feedback."
    )


@dataclass(frozen=True)
class FrontDesk:
    """All that answering needs, put together once by ``create_app``."""

    clinic: Clinic
    settings: Settings
    store: Store
    callers: Callers
    metrics: Metrics
    charts: Charts | None
    log: FilteringBoundLogger
    today: Callable[[], date]
    new_uuid: Callable[[], str]
    services: tuple[Service, ...] = SERVICES


Answering = Callable[["Service", "WSGIEnvironment"], bytes]
"""Answers a call of a service with the JSON of its cards; raises ``Refusal`` when there is no answer."""


def answering(desk: FrontDesk) -> Answering:
    """What answers calls. It stands apart from the endpoints, for a usual call is answered without the framework."""
    asked = {service.id: prefetch.kinds_for(service.keys) for service in desk.services}
    waiting = desk.clinic if isinstance(desk.clinic, WaitingClinic) else None

    def answer(service: Service, environ: WSGIEnvironment) -> bytes:
        started = perf_counter()
        facts = facts_of(environ)
        # From the table, not from the address: what a client writes there must not reach the log.
        facts["service"] = service.id
        visit = _identify(desk, environ, f"/cds-services/{service.id}")
        caller = visit.caller
        body = json_body(environ, desk.settings.max_body_bytes)
        asking = read_hook_request(body, service.hook)
        visit.saw("prefetch", partial(_came, service, asking))
        facts.update(notes=list(asking.notes), hook_instance=asking.instance_for_logs)
        day = _day_of_review(asking, desk, facts)
        kinds = prefetch.kinds_for(service.keys, caller.templates) if caller.templates else asked[service.id]

        def left() -> float:
            most = desk.settings.read_deadline_ms if read.count else desk.settings.answer_deadline_ms
            return _end_of_waiting(started, most) - perf_counter()

        clinic = waiting.for_one_call(left) if waiting is not None else desk.clinic

        def ask(asking: HookRequest) -> Answer:
            told = asking.context, asking.prefetch
            try:
                return clinic.answer(service.hook, *told, kinds, day, desk.new_uuid, caller.dialect)
            except RecursionError:
                _refuse_depth(body)
                raise

        read = Reading(desk.charts, caller, kinds, day, _end_of_waiting(started, desk.settings.read_deadline_ms))
        answer, asking = read.on(asking, ask)
        if read.count:
            facts.update(fetched=read.count, unread=read.unread)
            read.tell(desk.metrics)
        answer = answer if WARM_UP in environ else _without_unsaid(desk, visit, asking, answer)
        _refuse_to_guess(answer, service, caller)
        cards, withheld = answer.cards, 0
        if desk.settings.check_outgoing:
            cards, withheld = withhold_invalid(cards, answer.originals)
        facts.update(cards=len(cards), withheld=withheld or None)
        if WARM_UP not in environ:
            ms = (perf_counter() - started) * 1000
            longest = "read_deadline_ms" if read.count else "answer_deadline_ms"
            if ms > getattr(desk.settings, longest):
                facts["notes"].append(f"slower than {longest}")
            with _only_once(visit, facts):
                desk.store.remember(AnsweredCall(visit, service, asking, answer, cards, ms, day, read.fetches))
            environ[AFTERWARDS].append(partial(_count, desk.metrics, answer, cards))
        return encode_tidily({"cards": cards})

    return answer


def _count(metrics: Metrics, answer: Answer, cards: Sequence[Json]) -> None:
    """Count an answer that has left; until then it is held here, and not taken apart while somebody waits."""
    metrics.answered(answer.chart, answer.review, cards, answer.kept_back.get(Silencing.SILENT_MODE, ()))


def cds_services(desk: FrontDesk, answer: Answering) -> Blueprint:
    """The endpoints under ``/cds-services``."""
    blueprint = Blueprint("cds_services", __name__, url_prefix="/cds-services")
    by_id = {service.id: service for service in desk.services}

    def find(service_id: str) -> Service:
        service = by_id.get(service_id)
        if service is None:
            raise Refusal(404, Issue("not-found", "There is no such service. /cds-services lists those there are."))
        # From the table, not from the address: what a client writes there must not reach the log.
        facts_of(request.environ)["service"] = service.id
        return service

    @blueprint.get("", strict_slashes=False)
    @blueprint.get("/", strict_slashes=False)
    def discover() -> Response:
        """Say which services there are."""
        caller = _identify(desk, request.environ, "/cds-services").caller
        services = [service.as_discovered(caller) for service in desk.services]
        return Response(encode_tidily({"services": services}), mimetype="application/json")

    @blueprint.post("/<service_id>")
    def call(service_id: str) -> Response:
        """Answer one call of a service with cards."""
        return Response(answer(find(service_id), request.environ), mimetype="application/json")

    @blueprint.post("/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        """Keep what became of cards. The specification leaves the reply open: ours says what was kept."""
        service = find(service_id)
        visit = _identify(desk, request.environ, f"/cds-services/{service.id}/feedback")
        body = json_body(request.environ, desk.settings.max_body_bytes)
        batch = read_feedback(body, visit.caller.name, service.id, visit.tenant)
        if visit.token is not None:
            with _only_once(visit, facts_of(request.environ)):
                desk.store.use_up(visit.token)
        kept = [_keep(desk, item) for item in batch.items]
        visit.saw("feedback", lambda: {"service": service.id, "items": len(kept)})
        facts_of(request.environ).update(
            kept=len(kept),
            repeated=kept.count(Kept.AGAIN) or None,
            orphans=kept.count(Kept.ORPHAN) or None,
            refused=len(batch.issues) or None,
        )
        thanks = Issue("informational", f"Feedback kept: {len(kept)}.", severity="information")
        return outcome_response(200, [thanks, *batch.issues])

    return blueprint


def _identify(desk: FrontDesk, environ: WSGIEnvironment, endpoint: str) -> Visit:
    visit = desk.callers.identify(environ, endpoint)
    facts_of(environ)["client"] = visit.caller.name
    return visit


def _keep(desk: FrontDesk, item: Feedback) -> Kept:
    kept = desk.store.keep(item)
    if kept is not Kept.AGAIN:
        desk.metrics.feedback(desk.store.rule_of(item), item.outcome)
    return kept


def _end_of_waiting(started: float, deadline_ms: float) -> float:
    """The moment at which nobody is waited for any more: before the deadline, for what came is to be read and answered."""
    whole = deadline_ms / 1000
    return started + whole - min(_RESERVE_S, whole / 4)


def _refuse_depth(body: bytes) -> None:
    """Refuse a body that nests deeper than JSON may, where that was what went wrong; else it was ours."""
    if syntax.depth_of(body) > syntax.MOST_NESTING:
        raise Refusal(400, Issue("structure", "The body nests too deep to be read.")) from None


def _without_unsaid(desk: FrontDesk, visit: Visit, asking: HookRequest, answer: Answer) -> Answer:
    """The answer without what people keep unsaid: rules that are not heard, what was overridden on this evidence."""
    unsaid = desk.store.unsaid(visit, asking, answer)
    return answer.leaving_unsaid(unsaid, desk.new_uuid) if unsaid else answer


def _refuse_to_guess(answer: Answer, service: Service, caller: Caller) -> None:
    if answer.lacks_medications and (caller.refuses_missing_data or service.hook in _NOTHING_WITHOUT_A_LIST):
        raise Refusal(412, Issue("not-found", "No medication list was sent, and nothing can be said without one."))


def _came(service: Service, asking: HookRequest) -> Json:
    """The prefetch keys that came, as far as they are names of keys."""
    return {"service": service.id, "keys": sorted(key for key in asking.prefetch if _KEY.match(key))[:40]}


@contextmanager
def _only_once(visit: Visit, facts: dict[str, Any]) -> Iterator[None]:
    try:
        yield
    except Replayed:
        why = "the token was used before (jti)"
        facts["why"] = why
        visit.saw("refusal", lambda: {"why": why})
        raise not_let_in() from None


def json_body(environ: WSGIEnvironment, most: int) -> bytes:
    """The body of the request at hand, which must say that it is JSON; raises 413 or 415."""
    if environ.get("CONTENT_TYPE") != JSON:  # what nearly all say needs no reading
        mimetype = request.mimetype
        # json+fhir is how DSTU2 wrote it, and some clients still do.
        if not (mimetype in ("application/json", "application/json+fhir") or mimetype.endswith("+json")):
            raise Refusal(415, Issue("not-supported", "Expected Content-Type application/json."))
    if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("identity", ""):
        raise Refusal(415, Issue("not-supported", "Expected a body that is not compressed."))
    if tells_its_length(environ, most):
        # A body of a length that is told and allowed is taken whole; counting what comes costs 20 µs.
        length = int(environ["CONTENT_LENGTH"])
        body: bytes = environ["wsgi.input"].read(length)
        if len(body) < length:
            raise ClientDisconnected
        return body
    return request.get_data(cache=False)


def tells_its_length(environ: WSGIEnvironment, most: int) -> bool:
    """Whether a request says how long its body is, and it may be as long as that."""
    length = environ.get("CONTENT_LENGTH", "")
    return "HTTP_TRANSFER_ENCODING" not in environ and _LENGTH.match(length) is not None and int(length) <= most


def _day_of_review(asking: HookRequest, desk: FrontDesk, facts: dict[str, Any]) -> date:
    """Today – or, in the demo, the day that a made-up patient brings along so that its story stays true."""
    if DAY_OF_REVIEW not in asking.extension:
        return desk.today()
    if not desk.settings.is_demo:
        facts["notes"].append(f"{DAY_OF_REVIEW} is ignored outside the demo")
        return desk.today()
    day = day_in(asking.extension)
    facts["today"] = day.isoformat()
    return day


def day_in(extension: Json) -> date:
    """The day that a made-up patient brings along; raises ``Refusal`` (400) when it is no day."""
    text = extension[DAY_OF_REVIEW]
    with suppress(ValueError):
        if isinstance(text, str) and _DAY.match(text):
            return date.fromisoformat(text)
    raise Refusal(400, Issue("value", "Expected a day such as 2024-05-06.", f"extension['{DAY_OF_REVIEW}']"))
