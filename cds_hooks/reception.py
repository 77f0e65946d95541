"""Around every request: a name for it, leave for browsers, the headers that every answer carries, one line in the log.

This is plain WSGI around the application, not a hook inside it: nothing in there, and no error, can then leave
without it, and a preflight is answered before anything else looks at the request.

What is only told of an answer – its line in the log, what is counted – is told when it has left: nobody waits for that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Condition
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from structlog.typing import FilteringBoundLogger

    from cds_hooks.cors import CrossOrigin

FACTS: Final = "ldn-cds.facts"
"""Where in the WSGI environment the views put what the log line shall tell of this request."""

AFTERWARDS: Final = "ldn-cds.afterwards"
"""Where in the WSGI environment stands what is still to be done when the answer has left: calls without arguments."""

WARM_UP: Final = "ldn-cds.warm-up"
"""What the made-up calls at start have in their WSGI environment, where no client can put it."""

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}\Z", re.ASCII)

JSON: Final = "application/json"

HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""On every answer. Cards are about one moment of one patient, and must not be shown again from a cache."""

PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Referrer-Policy": "same-origin",  # with "no-referrer" browsers say "Origin: null" of our own forms too
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
}
"""On every answer that a browser could take for a page. JSON never is one, and who reads cards reads each header too."""


class _Leaving:
    """An answer on its way; the server closes it when it has left (PEP 3333), and then it is told of, once."""

    __slots__ = ("_chunks", "_tell")

    def __init__(self, chunks: Iterable[bytes], tell: Callable[[], None]) -> None:
        self._chunks = chunks
        self._tell: Callable[[], None] | None = tell

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        tell, self._tell = self._tell, None
        try:
            if (close := getattr(self._chunks, "close", None)) is not None:
                close()
        finally:
            if tell is not None:
                tell()


def facts_of(environ: Mapping[str, Any]) -> dict[str, Any]:
    """What the log line shall tell of this request; a view may add to it. Only ``logs.KEYS`` are written."""
    facts: dict[str, Any] = environ[FACTS]
    return facts


class Reception:
    """A WSGI application around another one."""

    def __init__(  # noqa: PLR0913  (all that stands at the door, each by its name)
        self,
        application: WSGIApplication,
        *,
        methods_at: Callable[[str], Iterable[str]],
        cross_origin: CrossOrigin,
        log: FilteringBoundLogger,
        new_request_id: Callable[[], str],
        more_headers: Mapping[str, str],
        quiet: frozenset[str],
        note: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._application = application
        self._methods_at = methods_at
        self._cross_origin = cross_origin
        self._log = log
        self._new_request_id = new_request_id
        self._headers = [*HEADERS.items(), *more_headers.items()]
        self._page_headers = [*self._headers, *PAGE_HEADERS.items()]
        self._quiet = quiet
        self._note = note
        self._untold = 0
        self._told = Condition()

    def finish(self, within: float = 2.0) -> bool:
        """Wait until every answer that has left is told of; whether that was so in that time, in seconds.

        For the end of a process: who has an answer may have asked us to stop before its line was written.
        """
        with self._told:
            return self._told.wait_for(lambda: not self._untold, within)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does, with what belongs around every answer."""
        started = perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if given and _REQUEST_ID.match(given) else self._new_request_id()
        facts: dict[str, Any] = {"request_id": request_id}
        environ[FACTS] = facts
        afterwards: list[Callable[[], None]] = []
        environ[AFTERWARDS] = afterwards
        method = environ["REQUEST_METHOD"]

        def leave(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            common = self._headers if ("Content-Type", JSON) in headers else self._page_headers
            # A view that sets one of them itself has its reason: a style named by its content may be kept.
            own = {name for name, _ in headers}
            headers = [*headers, *(one for one in common if one[0] not in own), ("X-Request-Id", request_id)]
            headers += self._cross_origin.headers_for(environ.get("HTTP_ORIGIN"))
            facts["method"] = method if method in _METHODS else "another"
            facts["status"] = int(status[:3])
            facts["ms"] = round((perf_counter() - started) * 1000, 2)
            return start_response(status, headers, exc_info)

        def tell() -> None:
            try:
                self._write(facts["status"], environ)
                if WARM_UP not in environ:
                    self._note(facts)
                for do in afterwards:
                    do()
            except Exception as error:  # noqa: BLE001 - the answer has left; a server passes over what is raised now
                self._log.error("failed", request_id=request_id, error=type(error).__name__)
            finally:
                with self._told:
                    self._untold -= 1
                    self._told.notify_all()

        chunks: Iterable[bytes] = ()
        if method == "OPTIONS" and (methods := sorted(self._methods_at(environ.get("PATH_INFO", "")))):
            leave("204 No Content", [("Allow", ", ".join(methods)), *self._cross_origin.preflight_headers(environ)])
        else:
            chunks = self._application(environ, leave)
        with self._told:
            self._untold += 1
        return _Leaving(chunks, tell)

    def _write(self, status: int, environ: WSGIEnvironment) -> None:
        facts = environ[FACTS]
        if "error" in facts:
            self._log.error("failed", **facts)
        elif environ.get("PATH_INFO") in self._quiet or WARM_UP in environ:
            self._log.debug("answered", **facts)
        elif status >= 400:
            self._log.warning("refused", **facts)
        else:
            self._log.info("answered", **facts)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
