"""Reading from the client's FHIR server what it did not send along.

Only from a server that is registered for the client, written exactly so (in the demo: any on this machine), with the
token of the call, and only while that call is answered. All at once, and no longer than the answer may take: what has
not come by then counts as failed. A redirect is not followed, a ``next`` link only below the same base address.

What comes back is what the client might have sent: the JSON of each answer, for the clinic to read. An answer that
cannot be used becomes an OperationOutcome, which reads as *failed*; a list that is not whole keeps its ``next`` link,
which reads as *partial*. https://cds-hooks.hl7.org/STU2/#fhir-resource-access
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TookTooLong
from urllib3.util import Timeout

from cds_hooks.certificates import a_session

if TYPE_CHECKING:
    from cds_hooks.callers import Caller
    from cds_hooks.hook_request import HookRequest, Secret

MOST_BYTES: Final = 4_000_000
"""Of one list, all its pages together."""
MOST_PAGES: Final = 10
_WORKERS: Final = 64
_PIECE: Final = 64 * 1024
_ACCEPT: Final = "application/fhir+json, application/json;q=0.9"
_LOOPBACK_BASE: Final = re.compile(
    r"https?://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?(/[A-Za-z0-9._~-]+)*\Z", re.ASCII
)
_ID: Final = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,128}\Z", re.ASCII)
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16000}\Z", re.ASCII)
_BLANK: Final = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_DAYS: Final = re.compile(r"today\(\)(?:\s*([+-])\s*(\d{1,4})\s+days?)?\Z", re.ASCII)
_ODD: Final = re.compile(r"[\\@\x00-\x20\x7f]|%2e|(^|/)\.\.?(;|/|\Z|\?)", re.IGNORECASE)
_USERS: Final = {
    "userPractitionerId": "Practitioner",
    "userPractitionerRoleId": "PractitionerRole",
    "userPatientId": "Patient",
    "userRelatedPersonId": "RelatedPerson",
}
_FAILED: Final = b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"incomplete"}]}'


class _Unusable(Exception):
    """The server's answer cannot be used; the message is ours."""


class _Link(msgspec.Struct):
    relation: str | None = None
    url: str | None = None


class _Page(msgspec.Struct):
    """As much of an answer as tells what it is and whether there is more."""

    kind: str | None = msgspec.field(default=None, name="resourceType")
    entry: list[msgspec.Raw] | None = None
    link: list[_Link] | None = None

    @property
    def next(self) -> str | None:
        """The address of the next page."""
        return next((one.url for one in self.link or () if one.relation == "next" and one.url), None)


_decode_page: Final = msgspec.json.Decoder(_Page).decode


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was read: the JSON by prefetch key, what was wrong with those that are not whole, and its time."""

    answers: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    troubles: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Errand:
    """One list to fetch, or to go on with where the client sent only its beginning."""

    base: str
    query: str
    token: Secret
    by_post: bool
    until: float
    begun: bytes | None = field(default=None, repr=False)


class FhirAccess:
    """The way to the FHIR servers of all clients. Safe to share between threads."""

    def __init__(
        self, *, needs_encryption: bool, ca_file: str = "", clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """``ca_file`` names a site's own authorities; ``clock`` is the one by which deadlines are told."""
        self._needs_encryption = needs_encryption
        self._clock = clock
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="fhir")
        self._session = a_session(ca_file, _WORKERS)
        # A cookie would tie the calls of one patient, and one user, to those of another.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        """Fetch nothing more."""
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    def complete(
        self, asking: HookRequest, caller: Caller, wanted: Mapping[str, str], day: date, until: float
    ) -> Fetched:
        """What could be read until then of these keys and their templates; never raises for the server's sake.

        Nothing where the call brings no token, or its ``fhirServer`` is not one that may be read for this client, or the
        token is another patient's. A template that the context cannot fill is not asked for.
        """
        base = self._base(asking, caller)
        leave = asking.fhir_authorization
        if base is None or leave is None or not _TOKEN.match(leave.access_token.reveal()):
            return Fetched()
        if leave.patient and _last(leave.patient) != _last(asking.context.get("patientId")):
            return Fetched()
        errands = {}
        for key, template in wanted.items():
            sent = asking.prefetch.get(key)
            query = fill(template, asking.context, day) if key not in asking.prefetch else ""
            if sent is not None or query:
                errands[key] = _Errand(base, query or "", leave.access_token, caller.searches_by_post, until, sent)
        return self._run(errands, until)

    def _base(self, asking: HookRequest, caller: Caller) -> str | None:
        """The address that may be read; a slash at its end is all in which it may differ from the registered one."""
        server = (asking.fhir_server or "").removesuffix("/")
        if self._needs_encryption and not server.startswith("https://"):
            return None
        is_local = caller.reads_loopback and _LOOPBACK_BASE.match(server) and not _ODD.search(server)
        return server if server in caller.fhir_bases or is_local else None

    def _run(self, errands: Mapping[str, _Errand], until: float) -> Fetched:
        left = until - self._clock()
        if not errands or left <= 0:
            return Fetched({key: _FAILED for key, errand in errands.items() if errand.begun is None},
                           dict.fromkeys(errands, "too late to ask"))  # fmt: skip
        running = {key: self._workers.submit(self._timed, errand) for key, errand in errands.items()}
        wait(running.values(), timeout=left)
        seconds = dict.fromkeys(errands, left)
        answers: dict[str, bytes] = {}
        troubles: dict[str, str] = {}
        for key, future in running.items():
            if not future.done():
                future.cancel()
                body, trouble = None, "too slow"
            else:
                body, trouble, seconds[key] = future.result()
            if trouble:
                troubles[key] = trouble
            if body is not None:
                answers[key] = body
            elif errands[key].begun is None:  # of a list that was begun, the beginning stays
                answers[key] = _FAILED
        return Fetched(answers, troubles, seconds)

    def _timed(self, errand: _Errand) -> tuple[bytes | None, str, float]:
        started = self._clock()
        return *self._fetch(errand), self._clock() - started

    def _fetch(self, errand: _Errand) -> tuple[bytes | None, str]:
        """The JSON of one answer, and what is wrong with it; without JSON when nothing of it can be used."""
        try:
            first = errand.begun if errand.begun is not None else self._first(errand)
            page = _read_page(first)
        except _Unusable as problem:
            return None, str(problem)
        if page.kind == "OperationOutcome":
            return first, "an OperationOutcome"
        if page.kind != "Bundle" or page.next is None:
            return first, ""
        entries, trouble = self._follow(page, len(first), errand)
        whole: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        if trouble:
            whole["link"] = [{"relation": "next", "url": "urn:ldn-cds:unread"}]
        return msgspec.json.encode(whole), trouble

    def _follow(self, page: _Page, size: int, errand: _Errand) -> tuple[list[msgspec.Raw], str]:
        """The entries of a page and of those that follow, and why not of all."""
        entries = list(page.entry or ())
        seen: set[str] = set()
        while (following := page.next) is not None:
            try:
                address = _below(errand.base, following)
                if address in seen or len(seen) >= MOST_PAGES:
                    return entries, "more pages than are read"
                seen.add(address)
                body = self._ask("GET", address, errand, size)
                page = _read_page(body)
            except _Unusable as problem:
                return entries, str(problem)
            if page.kind != "Bundle":
                return entries, "a page that is no Bundle"
            size += len(body)
            entries += page.entry or ()
        return entries, ""

    def _first(self, errand: _Errand) -> bytes:
        where, is_search, what = errand.query.partition("?")
        if is_search and errand.by_post:
            return self._ask("POST", _below(errand.base, f"{errand.base}/{where}/_search"), errand, 0, what)
        return self._ask("GET", _below(errand.base, f"{errand.base}/{errand.query}"), errand, 0)

    def _ask(self, method: str, address: str, errand: _Errand, size: int, form: str = "") -> bytes:
        left = errand.until - self._clock()
        if left <= 0:
            raise _Unusable("too slow")
        headers = {"Authorization": f"Bearer {errand.token.reveal()}", "Accept": _ACCEPT}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            with self._session.request(
                method,
                address,
                data=form.encode() or None,
                headers=headers,
                timeout=Timeout(total=left),  # type: ignore[arg-type]  # requests hands urllib3's own through
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code != requests.codes.ok:
                    raise _Unusable(f"status {response.status_code}")
                if size + int(response.headers.get("Content-Length", 0)) > MOST_BYTES:
                    raise _Unusable("more than is read")
                body = bytearray()
                while piece := response.raw.read1(_PIECE, decode_content=True):
                    body += piece
                    if size + len(body) > MOST_BYTES:
                        raise _Unusable("more than is read")
                    if self._clock() > errand.until:
                        raise _Unusable("too slow")
                return bytes(body)
        except (requests.Timeout, TimeoutError, TookTooLong):
            raise _Unusable("too slow") from None
        except (requests.RequestException, HTTPError, OSError, ValueError) as problem:
            raise _Unusable(type(problem).__name__) from None


def fill(template: str, context: Mapping[str, Any], day: date) -> str | None:
    """A template with its blanks filled; ``None`` where the context has not what it wants, or no FHIR id in its place.

    >>> context = {"patientId": "Patient/12", "userId": "Practitioner/7"}
    >>> fill("Observation?patient={{context.patientId}}&date=ge{{today() - 400 days}}", context, date(2024, 5, 6))
    'Observation?patient=12&date=ge2023-04-02'
    >>> fill("Encounter/{{context.encounterId}}", context, date(2024, 5, 6)) is None
    True
    >>> fill("Patient/{{context.patientId}}", {"patientId": "1?x=../.."}, date(2024, 5, 6)) is None
    True
    """
    missing = False

    def value(blank: re.Match[str]) -> str:
        nonlocal missing
        found = _value(blank[1], context, day)
        missing = missing or found is None
        return found or ""

    filled = _BLANK.sub(value, template)
    return None if missing else filled


def _value(name: str, context: Mapping[str, Any], day: date) -> str | None:
    if found := _DAYS.match(name):
        days = int(found[2] or 0)
        return (day + timedelta(days=-days if found[1] == "-" else days)).isoformat()
    if name in _USERS:
        kind, _, identifier = str(context.get("userId") or "").rpartition("/")
        return identifier if kind == _USERS[name] and _ID.match(identifier) else None
    told = context.get(name.removeprefix("context.")) if name.startswith("context.") else None
    identifier = _last(told)
    return identifier if _ID.match(identifier) else None


def _last(reference: Any) -> str:
    """The id in a reference, or an id as it is.

    >>> _last("Patient/1"), _last("1"), _last(None), _last("a/b/c")
    ('1', '1', '', 'a/b/c')
    """
    if not isinstance(reference, str):
        return ""
    kind, _, identifier = reference.rpartition("/")
    return identifier if kind.isalpha() else reference


def _below(base: str, address: str) -> str:
    """An address that is the base or stands below it; raises for every other.

    >>> _below("https://fhir.example.org/r4", "Observation?page=2")
    'https://fhir.example.org/r4/Observation?page=2'
    """
    try:
        told = urljoin(f"{base}/", address)
        ours, theirs = urlsplit(base), urlsplit(told)
    except ValueError:
        raise _Unusable("a next link that cannot be read") from None
    is_below = theirs.path == ours.path or theirs.path.startswith(f"{ours.path}/")
    is_same = (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc) and not theirs.fragment
    if not is_same or not is_below or _ODD.search(theirs.path) or re.search(r"[\\\x00-\x20\x7f]", address):
        raise _Unusable("a next link that leads elsewhere")
    return told


def _read_page(body: bytes) -> _Page:
    try:
        return _decode_page(body)
    except (ValueError, RecursionError):
        raise _Unusable("no FHIR JSON") from None
