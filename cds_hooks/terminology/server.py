"""A FHIR terminology server, asked about codes that no table knows.

What it is asked: ``CodeSystem/$lookup`` for a medicine, and ``CodeSystem/$validate-code`` where that operation is not
offered; for a SNOMED CT condition ``ValueSet/$validate-code`` over an ECL set and, to be sure, ``CodeSystem/$subsumes``
(https://hl7.org/fhir/R4/terminology-service.html). Codes travel there, nothing else of a chart.

An answer never waits longer than it may: who is not done by then goes on in the background, and the next request finds
it remembered. A server that fails is left alone for a while. In all these cases the code stays what it was, unknown.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from cards import Answer, Clinic, CodeMeaning, ConditionGroup, Dialect, Hook, Kind, UnknownCodes
from cards.pages import RuleBook

_ADDRESSES: Final = {
    "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "SNOMED CT": "http://snomed.info/sct",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "ATC": "http://www.whocc.no/atc",
    "UNII": "http://fdasis.nlm.nih.gov",
}
_SNOMED: Final = _ADDRESSES["SNOMED CT"]

_NAMES_ITS_INGREDIENTS: Final = frozenset(
    {"IN", "PIN", "MIN", "SCDC", "SCDF", "SCDFP", "SCDG", "SCDGP", "SCD", "SBDC", "SBDF", "SBDFP", "SBD"}
)
"""RxNorm's levels whose names list what is in it; a bare brand name lists nothing."""
_EXHAUSTIVE_TAGS: Final = ("(clinical drug)", "(medicinal product)", "(medicinal product form)", "(substance)")

_LONGEST_ANSWER: Final = 256 * 1024
_LONGEST_CODE: Final = 64
_LONGEST_NAME: Final = 300
_ONE_QUESTION_S: Final = 2.0
_WORKERS: Final = 8
_MOST_WAITING: Final = 64
_MOST_REMEMBERED: Final = 20_000
_AGE_KNOWN_S: Final = 24 * 3600.0
_AGE_UNKNOWN_S: Final = 3600.0
_FAILURES_BEFORE_PAUSE: Final = 3
_PAUSE_S: Final = 10.0

Meaning = CodeMeaning | frozenset[ConditionGroup]
_Key = tuple[str, str]
_CONDITION: Final = "condition"


class _Failure(Exception):
    """The server did not give an answer that can be used."""


class _NotOffered(Exception):
    """The server does not have this operation."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What the server said of a code, until when; ``None``: it does not know it either."""

    meaning: Meaning | None
    until: float


class TerminologyServer:
    """One server, what it has said, and how it is doing. Safe to share between threads."""

    def __init__(
        self,
        base: str,
        within_s: float,
        roots: Mapping[str, frozenset[ConditionGroup]],
        *,
        clock: Callable[[], float] = time.monotonic,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``within_s`` is how long one request may wait in all; ``roots`` are the conditions known with descendants."""
        self._base = base.rstrip("/")
        self._within = within_s
        self._roots = roots
        self._clock = clock
        self._warn = warn
        self._lock = Lock()
        self._memory: OrderedDict[_Key, _Remembered] = OrderedDict()
        self._asking: dict[_Key, Future[None]] = {}
        self._failures = 0
        self._paused_until = 0.0
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="terminology")
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no netrc of whoever started us
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=_WORKERS))

    def close(self) -> None:
        """Ask nothing more."""
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._session.close()

    def ask(self, unknown: UnknownCodes) -> None:
        """Find out what can be found out in time about these codes, all at once; never raises for the server's sake."""
        keys = [*unknown.medicines, *((_CONDITION, code) for code in unknown.conditions)]
        waiting = [future for key in keys if (future := self._begin(key)) is not None]
        if waiting:
            wait(waiting, timeout=self._within)

    def known(self) -> dict[_Key, Meaning]:
        """Every code that the server has explained and that is still fresh."""
        now = self._clock()
        with self._lock:
            return {
                key: said.meaning for key, said in self._memory.items() if said.meaning is not None and said.until > now
            }

    # ------------------------------------------------------------------------------------------------------------------

    def _begin(self, key: _Key) -> Future[None] | None:
        """Start to ask about a code, or join who asks already; nothing where the answer is known, or without hope."""
        now = self._clock()
        with self._lock:
            said = self._memory.get(key)
            if said is not None and said.until > now:
                self._memory.move_to_end(key)
                return None
            if (running := self._asking.get(key)) is not None:
                return running
            if now < self._paused_until or len(self._asking) >= _MOST_WAITING or len(key[1]) > _LONGEST_CODE:
                return None
            future = self._asking[key] = self._workers.submit(self._find_out, key)
        future.add_done_callback(lambda _: self._asking.pop(key, None))
        return future

    def _find_out(self, key: _Key) -> None:
        system, code = key
        try:
            if self._clock() < self._paused_until:
                return
            meaning: Meaning | None = self._groups(code) if system == _CONDITION else self._meaning(system, code)
        except (_Failure, _NotOffered) as problem:
            self._note_failure(str(problem))
            return
        age = _AGE_UNKNOWN_S if meaning is None else _AGE_KNOWN_S
        with self._lock:
            self._failures = 0
            self._memory[key] = _Remembered(meaning, self._clock() + age)
            self._memory.move_to_end(key)
            while len(self._memory) > _MOST_REMEMBERED:
                self._memory.popitem(last=False)

    def _note_failure(self, why: str) -> None:
        with self._lock:
            self._failures += 1
            is_last_straw = self._failures == _FAILURES_BEFORE_PAUSE
            if self._failures >= _FAILURES_BEFORE_PAUSE:
                self._paused_until = self._clock() + _PAUSE_S
                self._failures = 0
        if is_last_straw:
            self._warn(why)

    # ------------------------------------------------------------------------------------------------------------------
    # Questions

    def _meaning(self, system: str, code: str) -> CodeMeaning | None:
        """What a medicine's code is called; nothing when the server does not know it."""
        address = _ADDRESSES.get(system)
        if address is None:
            return None
        try:
            asked = {"system": address, "code": code, "property": "TTY"} if system == "RxNorm" else {
                "system": address, "code": code}  # fmt: skip
            told = self._get("CodeSystem/$lookup", asked)
            if told is None:
                return None
            return _meaning_in(told, system)
        except _NotOffered:
            told = self._get("CodeSystem/$validate-code", {"url": address, "code": code})
            if told is None or _value(told, "result") is not True:
                return None
            name = _value(told, "display")
            return CodeMeaning(name[:_LONGEST_NAME]) if isinstance(name, str) and name else None

    def _groups(self, code: str) -> frozenset[ConditionGroup] | None:
        """What a SNOMED CT condition means: that of every root it lies beneath."""
        if not (code.isascii() and code.isdigit()):
            return None
        found: frozenset[ConditionGroup] = frozenset().union(
            *(self._roots[root] for root in self._above(code, sorted(self._roots)))
        )
        return found or None

    def _above(self, code: str, roots: Sequence[str]) -> Iterable[str]:
        """Those of the roots that a code lies beneath, by halves: most lie beneath none, which one question tells."""
        if not roots:
            return []
        if len(roots) == 1:
            told = self._get("CodeSystem/$subsumes", {"system": _SNOMED, "codeA": roots[0], "codeB": code})
            is_beneath = told is not None and _value(told, "outcome") in ("subsumes", "equivalent")
            return roots if is_beneath else []
        among = " OR ".join(f"<< {root}" for root in roots)
        told = self._get("ValueSet/$validate-code",
                         {"url": f"{_SNOMED}?fhir_vs=ecl/{among}", "system": _SNOMED, "code": code})  # fmt: skip
        if told is None or _value(told, "result") is not True:
            return []
        middle = len(roots) // 2
        return [*self._above(code, roots[:middle]), *self._above(code, roots[middle:])]

    def _get(self, operation: str, asked: Mapping[str, str]) -> list[Any] | None:
        """The parameters of an answer; nothing when the server says that it does not know the code."""
        until = time.monotonic() + _ONE_QUESTION_S
        try:
            with self._session.get(
                f"{self._base}/{operation}",
                params=asked,
                headers={"Accept": "application/fhir+json"},
                timeout=_ONE_QUESTION_S,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = _read_body(response, until)
                status = response.status_code
        except (requests.RequestException, OSError) as problem:
            raise _Failure(type(problem).__name__) from None
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise _Failure(f"status {status}, no JSON") from None
        kind = told.get("resourceType") if isinstance(told, dict) else None
        if status == 200 and kind == "Parameters" and isinstance(told.get("parameter"), list):
            return list(told["parameter"])
        if kind == "OperationOutcome" and status in (200, 400, 404, 405, 422, 501):
            codes = {str(issue.get("code")) for issue in _objects(told.get("issue"))}
            if "not-supported" in codes:
                raise _NotOffered(f"{operation} is not supported")
            if codes & {"not-found", "code-invalid"}:
                return None
        raise _Failure(f"status {status}, {kind if kind in ('Parameters', 'OperationOutcome') else 'no answer'}")


def _read_body(response: requests.Response, until: float) -> bytes:
    """The body, unless it is too long or takes too long."""
    body = b""
    try:
        # Not iter_content, which waits until a whole piece is there: a byte a second would keep it for ever.
        while piece := response.raw.read1(16 * 1024, decode_content=True):
            body += piece
            if len(body) > _LONGEST_ANSWER or time.monotonic() > until:
                raise _Failure("the answer does not end")
    except HTTPError as problem:
        raise _Failure(type(problem).__name__) from None
    return body


def _meaning_in(told: list[Any], system: str) -> CodeMeaning | None:
    """The name in an answer to ``$lookup``, and whether it lists all ingredients."""
    name = _value(told, "display")
    if not isinstance(name, str) or not name.strip():
        return None
    is_exhaustive = False
    if system == "RxNorm":
        levels = {str(_value(parts, "value")) for parts in _parts(told, "property") if _value(parts, "code") == "TTY"}
        is_exhaustive = bool(levels) and levels <= _NAMES_ITS_INGREDIENTS
    elif system == "SNOMED CT":
        names = [name, *(_value(parts, "value") for parts in _parts(told, "designation"))]
        tagged = [one for one in names if isinstance(one, str) and one.casefold().rstrip().endswith(_EXHAUSTIVE_TAGS)]
        if tagged:
            name, is_exhaustive = f"{name}; {tagged[0]}", True
    return CodeMeaning(name[:_LONGEST_NAME], is_exhaustive)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _parts(parameters: list[Any], name: str) -> list[list[Any]]:
    return [one.get("part") or [] for one in _objects(parameters) if one.get("name") == name]


def _value(parameters: Any, name: str) -> Any:
    """The value of the first parameter of that name, of whatever type."""
    for one in _objects(parameters):
        if one.get("name") == name:
            return next((value for key, value in one.items() if key.startswith("value")), None)
    return None


class AskingClinic:
    """A clinic that asks a terminology server before it reads, about the codes it does not know."""

    def __init__(self, clinic: Clinic, server: TerminologyServer) -> None:
        self._clinic = clinic
        self._server = server
        self._wiser = clinic
        self._knows: dict[_Key, Meaning] = {}
        self._lock = Lock()

    @property
    def book(self) -> RuleBook:
        """The rules of this house."""
        return self._clinic.book

    @property
    def alone(self) -> Clinic:
        """The clinic itself, which asks nobody."""
        return self._clinic

    def answer(
        self,
        hook: Hook,
        context: Mapping[str, Any],
        prefetch: Mapping[str, bytes | None],
        asked: Mapping[str, Kind],
        today: date,
        new_uuid: Callable[[], str],
        dialect: Dialect | None = None,
    ) -> Answer:
        """Answer one call with what could be found out in time."""
        unknown = self._clinic.unknown_codes(context, prefetch)
        if unknown:
            self._server.ask(unknown)
            self._learn()
        return self._wiser.answer(hook, context, prefetch, asked, today, new_uuid, dialect)

    def _learn(self) -> None:
        """Take a clinic that knows what the server has said by now; requests at work go on with the one they have."""
        known = self._server.known()
        with self._lock:
            if known == self._knows:
                return
            self._wiser = self._clinic.knowing(
                {key: meaning for key, meaning in known.items() if isinstance(meaning, CodeMeaning)},
                {code: groups for (_, code), groups in known.items() if isinstance(groups, frozenset)},
            )
            self._knows = known
