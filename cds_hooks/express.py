"""The short way of a usual call: from the reception to its answer without the framework in between.

Flask makes a request and a context, finds the view and takes the answer apart again, which costs as much as reading
thirty resources. A call of a service that says what nearly all say – ``POST``, JSON, so long – needs none of it. Any
other request goes the usual way, and so does a refusal or a failure: the same handlers word it.

What is to happen at every call belongs into ``services.answering`` or around both, into the reception; a hook that is
registered with Flask would not see these calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from cds_hooks.reception import JSON
from cds_hooks.services import Answering, Service, tells_its_length

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask


class Express:
    """A WSGI application that answers usual calls itself and leaves all else to Flask's, when that is complete."""

    def __init__(
        self,
        app: Flask,
        services: Iterable[Service],
        answer: Answering,
        most_body: int,
        until_complete: Callable[[], None],
    ) -> None:
        self._flask = app
        self._until_complete = until_complete
        self._usual_way: WSGIApplication = app.wsgi_app
        self._services: Mapping[str, Service] = {f"/cds-services/{service.id}": service for service in services}
        self._answer = answer
        self._most_body = most_body

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as Flask would."""
        service = self._services.get(environ.get("PATH_INFO", ""))
        if service is None or not self._is_usual(environ):
            self._until_complete()
            return self._usual_way(environ, start_response)
        try:
            answer = self._answer(service, environ)
        except Exception as error:  # noqa: BLE001 - whatever it is, the handlers of refusals and failures word it
            self._until_complete()
            with self._flask.request_context(environ):
                problem = self._flask.finalize_request(self._flask.handle_user_exception(error))
                return problem(environ, start_response)
        start_response("200 OK", [("Content-Type", JSON), ("Content-Length", str(len(answer)))])
        return [answer]

    def _is_usual(self, environ: WSGIEnvironment) -> bool:
        is_json_call = environ["REQUEST_METHOD"] == "POST" and environ.get("CONTENT_TYPE") == JSON
        return is_json_call and tells_its_length(environ, self._most_body)
