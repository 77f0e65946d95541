"""Every refusal in one shape: an ``OperationOutcome`` that names the place and the type, and repeats nothing.

CDS Hooks leaves the body of an error open; its next release asks for an OperationOutcome. It is sent as
``application/json``: that is what CDS Hooks clients say they accept, on errors as on answers, and a FHIR media type
would be news to them. A diagnostic is our own sentence; a value from the request never enters it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cds_hooks.databases import DatabaseError
from cds_hooks.reception import facts_of
from cds_hooks.wire import Json, encode_tidily

MOST_ISSUES: Final = 25
"""More than these are counted, not listed: nobody mends a message from a list of ten thousand."""


MOST_HEARD_OUT: Final = 50_000_000
"""Bytes of a refused body that are read to its end; then we hang up."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem. ``code`` is FHIR's issue type, ``expression`` the path in the message; empty means all of it."""

    code: str
    diagnostics: str
    expression: str = ""
    severity: str = "error"

    def as_json(self) -> Json:
        """The issue as FHIR spells it."""
        return {
            "severity": self.severity,
            "code": self.code,
            "diagnostics": self.diagnostics,
            "expression": [self.expression] if self.expression else [],
        }


class Refusal(Exception):
    """A request that is not answered, with the status and everything that is wrong with it."""

    def __init__(self, status: int, *issues: Issue, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.issues = issues
        self.headers = headers or {}


def operation_outcome(issues: Iterable[Issue]) -> Json:
    """A FHIR OperationOutcome of these issues, cut to what a person reads."""
    listed = list(issues)
    shown = [issue.as_json() for issue in listed[:MOST_ISSUES]]
    if len(listed) > MOST_ISSUES:
        shown.append(Issue("informational", f"{len(listed) - MOST_ISSUES} more.", severity="information").as_json())
    return {"resourceType": "OperationOutcome", "issue": shown}


def outcome_response(status: int, issues: Iterable[Issue]) -> Response:
    """An HTTP answer with that OperationOutcome."""
    return Response(encode_tidily(operation_outcome(issues)), status=status, mimetype="application/json")


_BY_STATUS: Final = {
    400: ("invalid", "The request could not be read as HTTP."),
    404: ("not-found", "There is nothing at this address. The services are listed at /cds-services."),
    405: ("not-supported", "This address does not answer this method; the Allow header names those it does."),
    413: ("too-long", "The body is larger than this service accepts."),
    415: ("not-supported", "The body must be JSON: Content-Type application/json, not compressed."),
}


def answer_problems_on(
    app: Flask, show: Callable[[int, Sequence[Issue]], Response], *, shows_tracebacks: bool = False
) -> None:
    """Let every error of this application leave in that shape, or as ``show`` shows it to a person."""

    def refuse(refusal: Refusal) -> Response:
        facts_of(request.environ)["problems"] = [
            f"{issue.code} {issue.expression}".rstrip() for issue in refusal.issues[:MOST_ISSUES]
        ]
        response = show(refusal.status, refusal.issues)
        response.headers.update(refusal.headers)
        return response

    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:  # a redirect is an HTTPException to Werkzeug
            return Response(status=status, headers=error.get_headers())
        if status == 413:
            _hear_out()
        code, diagnostics = _BY_STATUS.get(status, ("processing", "The request cannot be answered."))
        response = show(status, [Issue(code, diagnostics)])
        if isinstance(error, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response

    def no_database(error: DatabaseError) -> Response:
        # What cannot be recorded does not leave: nobody could tell later what was shown.
        facts_of(request.environ)["error"] = type(error).__name__
        facts_of(request.environ)["place"] = where_it_failed()
        diagnostics = "The service cannot record its answers at the moment; nothing was checked. Try again."
        return outcome_response(503, [Issue("transient", diagnostics, severity="fatal")])

    def failure(error: Exception) -> Response:
        # The class alone: messages of parsers and of validators quote what they read.
        facts_of(request.environ)["error"] = type(error).__name__
        facts_of(request.environ)["place"] = where_it_failed()
        if shows_tracebacks:
            traceback.print_exception(error)
        diagnostics = "The service failed; nothing was checked. Its log names this request by its X-Request-Id."
        return show(500, [Issue("exception", diagnostics, severity="fatal")])

    app.register_error_handler(Refusal, refuse)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(DatabaseError, no_database)
    app.register_error_handler(Exception, failure)


def _hear_out() -> None:
    """Read on, within bounds, what will not be used: a client that is still sending would never see our answer."""
    left = MOST_HEARD_OUT
    while left > 0 and (piece := request.environ["wsgi.input"].read(min(left, 1_000_000))):
        left -= len(piece)


def where_it_failed() -> str:
    """The innermost place of ours in the traceback of the error at hand, ``module:line``; empty when there is none."""
    step = sys.exc_info()[2]
    place = ""
    while step is not None:
        module = str(step.tb_frame.f_globals.get("__name__", ""))
        if module.split(".", 1)[0] in ("cards", "cds_hooks"):
            place = f"{module}:{step.tb_lineno}"
        step = step.tb_next
    return place
