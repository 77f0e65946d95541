"""The settings: one table, four places they may come from, and when we refuse to start.

Defaults here < ``ldn.toml`` < the environment (``LDN_PORT`` for ``port``) < the command line. A key that is not in the
table is refused with the nearest name: a misspelt setting that does nothing is worse than none. What is secret may also
lie in a file of its own, named by ``LDN_SECRET_FILE`` (or ``secret_file`` in ``ldn.toml``) for ``secret``.

Two profiles. ``demo`` is for a machine of one's own: loopback only, made-up patients, any browser page may call it.
``production`` refuses to start while something is unsafe, and says all of it at once.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

PROFILES: Final = ("demo", "production")
LOG_LEVELS: Final = ("debug", "info", "warning", "error", "critical")
DEFAULT_FILE: Final = Path("ldn.toml")
FILE_VARIABLE: Final = "LDN_CONFIG"
NUMBERS_TABLE: Final = "numbers"
RULES_TABLE: Final = "rules"
CLIENTS_TABLE: Final = "clients"
LEAST_SECRET: Final = 32
"""Bytes that a secret must have at least: as many as the hash it keys."""


class SettingsError(Exception):
    """Settings with which we do not start. ``problems`` has every one of them, each a sentence that says what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("a text")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "yes", "1", "false", "no", "0"):
        return value.lower() in ("true", "yes", "1")
    raise ValueError("true or false")


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        is_digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12
        if (isinstance(value, int) and not isinstance(value, bool)) or is_digits:
            number = int(value)
            if least <= number <= most:
                return number
        raise ValueError(f"a whole number from {least} to {most}")

    return read


def _one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise ValueError(" or ".join(choices))

    return read


def _origins(value: Any) -> tuple[str, ...]:
    listed = value.replace(",", " ").split() if isinstance(value, str) else value
    if isinstance(listed, list | tuple) and all(isinstance(one, str) and _is_origin(one) for one in listed):
        return tuple(listed)
    raise ValueError("origins such as https://ehr.example.org (scheme and host, no path), or *")


def _words(value: Any) -> tuple[str, ...]:
    listed = [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value
    if (
        isinstance(listed, list | tuple)
        and len(listed) <= 200
        and all(isinstance(one, str) and 0 < len(one.strip()) <= 60 and one.isprintable() for one in listed)
    ):
        return tuple(one.strip() for one in listed)
    raise ValueError("up to 200 words or short phrases of up to 60 characters, with commas between")


def _networks(value: Any) -> tuple[str, ...]:
    listed = value.replace(",", " ").split() if isinstance(value, str) else value
    with suppress(ValueError):
        if isinstance(listed, list | tuple) and all(isinstance(one, str) for one in listed):
            return tuple(str(ipaddress.ip_network(one)) for one in listed)
    raise ValueError("networks such as 10.1.2.0/24")


def _header_name(value: Any) -> str:
    if isinstance(value, str) and re.match(r"([A-Za-z][A-Za-z0-9-]{0,63})?\Z", value):
        return value
    raise ValueError("the name of a header, such as X-Client-Cert-Subject")


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return text == "*" or (parts.scheme in ("http", "https") and text == f"{parts.scheme}://{parts.netloc}")


def _web_address(value: Any) -> str:
    if isinstance(value, str):
        with suppress(ValueError):
            parts = urlsplit(value)
            is_address = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment
            if not value or is_address:
                return value.rstrip("/")
    raise ValueError("an address such as https://cds.example.org")


def _contact(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"|(mailto:|https://)[^\s]+", value):
        return value
    raise ValueError("an address such as mailto:security@example.org or https://example.org/security")


def _database(value: Any) -> str:
    if isinstance(value, str) and re.match(r"(sqlite|postgres(ql)?(\+psycopg)?)://", value):
        return value
    raise ValueError("an address such as sqlite:///ldn.sqlite3 or postgresql://user@host/name")


def without_password(address: str) -> str:
    """A database address as it may be shown.

    >>> without_password("postgresql://ldn:secret@db.example.org/ldn?password=secret&sslmode=require")
    'postgresql://ldn:…@db.example.org/ldn?password=…&sslmode=require'
    """
    hidden = re.sub(r"(://[^:/@?]*):[^@/]*@", r"\1:…@", address)
    return re.sub(r"(password=)[^&]*", r"\1…", hidden)


def _setting(
    default: Any, read: Callable[[Any], Any], allowed: str, meaning: str, shown: Callable[[str], str] | None = None
) -> Any:
    described = {"read": read, "allowed": allowed, "meaning": meaning, "shown": shown}
    return field(default=default, repr=shown is None, metadata=described)


def _masked(secret: str) -> str:
    return "…" if secret else ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting. The fields are the table: name, type, default, what is allowed, meaning."""

    profile: str = _setting("demo", _one_of(*PROFILES), "demo, production", "How strict to be; see the two profiles.")
    host: str = _setting("127.0.0.1", _text, "an address", "The address to listen on.")
    port: int = _setting(8000, _whole(0, 65535), "0–65535", "The port to listen on; 0 takes a free one.")
    workers: int = _setting(1, _whole(1, 64), "1–64", "Processes that answer; one for each core is right.")
    threads: int = _setting(16, _whole(1, 256), "1–256", "Requests that one process answers at the same time.")
    public_url: str = _setting(
        "", _web_address, "an https address", "The address by which clients call this service, without /cds-services."
    )
    cors_origins: tuple[str, ...] | None = _setting(
        None, _origins, "origins, or *", "The web pages that may call. Unset: all in demo, none in production."
    )
    max_body_bytes: int = _setting(
        8_000_000, _whole(10_000, 100_000_000), "10,000–100,000,000", "A larger request is refused (413)."
    )
    database: str = _setting(
        "sqlite:///ldn.sqlite3",
        _database,
        "sqlite:///…, postgresql://…",
        "The database. An SQLite file is made when something is first kept.",
        shown=without_password,
    )
    sqlite_synchronous: str | None = _setting(
        None,
        _one_of("NORMAL", "FULL"),
        "NORMAL, FULL",
        "Whether SQLite waits for the disk at every write. Unset: NORMAL in demo, FULL in production.",
    )
    secret: str = _setting(
        "",
        _text,
        "32 bytes or more",
        "Keys pseudonyms and sessions; the same on every machine, and never changed. Unset: made anew by each demo.",
        shown=_masked,
    )
    open_discovery: bool = _setting(
        False, _flag, "true, false", "Tell which services there are to whoever asks, also where clients need a token."
    )
    certificate_header: str = _setting(
        "",
        _header_name,
        "a header",
        "The header in which the proxy that ends TLS puts a client's certificate (mTLS). Unset: none is believed.",
    )
    proxy_networks: tuple[str, ...] = _setting(
        (),
        _networks,
        "networks",
        "The networks the proxy calls from; what it writes (certificate, person, X-Forwarded-For) counts from there alone.",
    )
    answer_deadline_ms: int = _setting(
        400,
        _whole(50, 10_000),
        "50–10,000",
        "Milliseconds for an answer when everything was sent along; then nobody is waited for any more.",
    )
    read_deadline_ms: int = _setting(
        2_000, _whole(100, 30_000), "100–30,000", "The same for an answer that reads from the client's FHIR server."
    )
    ca_file: str = _setting(
        "",
        _text,
        "a PEM file",
        "Certificates of your own authority, believed beside the public ones in all calls that leave us.",
    )
    keep_requests: bool = _setting(
        False, _flag, "true, false", "Keep whole requests and answers, for the review desk and for replays."
    )
    retention_days_snapshots: int = _setting(
        90, _whole(1, 3_650), "1–3,650", "Days for which facts and requests are kept before only figures remain."
    )
    retention_years_audit: int = _setting(6, _whole(1, 100), "1–100", "Years for which audit events are kept.")
    override_memory_days: int = _setting(
        90, _whole(0, 3_650), "0–3,650", "Days for which an overridden card stays unsaid on the same evidence."
    )
    display_budgets: bool | None = _setting(
        None,
        _flag,
        "true, false",
        "Say what is merely due only as often as the page of its rule allows. Unset: in production alone.",
    )
    metrics_host: str = _setting("127.0.0.1", _text, "an address", "The address on which /metrics listens.")
    metrics_port: int = _setting(
        0, _whole(0, 65535), "0–65535", "The port of /metrics. 0: beside the services in demo, nowhere in production."
    )
    security_contact: str = _setting(
        "", _contact, "mailto:…, https://…", "Whom /.well-known/security.txt names. Unset: there is none."
    )
    drain_seconds: int | None = _setting(
        None,
        _whole(0, 300),
        "0–300",
        "Seconds between saying at /readyz that we stop and stopping. Unset: 0 in demo, 5 in production.",
    )
    person_header: str = _setting(
        "",
        _header_name,
        "a header",
        "The header in which that proxy names who is signed in, as name;role;tenant,tenant. Unset: none is believed.",
    )
    person_header_secret: str = _setting(
        "", _text, "32 bytes or more", "What that proxy sends in X-Ldn-Proxy-Secret to prove itself.", shown=_masked
    )
    oidc_issuer: str = _setting(
        "", _web_address, "an https address", "The OpenID Connect provider at which people sign in. Unset: none."
    )
    oidc_client_id: str = _setting("", _text, "a name", "Our name at that provider.")
    oidc_client_secret: str = _setting("", _text, "a secret", "Our secret at that provider.", shown=_masked)
    oidc_role_claim: str = _setting("ldn_role", _text, "a claim", "The claim that names the role at the review desk.")
    oidc_tenants_claim: str = _setting(
        "ldn_tenants", _text, "a claim", "The claim that lists the tenants whose cards are seen; * for all."
    )
    angry_words: tuple[str, ...] = _setting(
        (),
        _words,
        "words, with commas",
        "Words by which the review desk tells an angry comment, instead of those that its page lists.",
    )
    terminology_server: str = _setting(
        "",
        _web_address,
        "a FHIR address",
        "A FHIR terminology server, asked for codes that no table knows. Unset: nobody is asked.",
    )
    terminology_server_ms: int = _setting(
        150, _whole(10, 5_000), "10–5,000", "Milliseconds that one answer may wait for the terminology server in all."
    )
    remote_demo: bool = _setting(
        False, _flag, "true, false", "Let the demo listen beyond loopback, in a container reached from this machine."
    )
    log_level: str = _setting("info", _one_of(*LOG_LEVELS), ", ".join(LOG_LEVELS), "The least that is logged.")
    check_outgoing: bool = _setting(
        True, _flag, "true, false", "Hold every resource in a suggestion against FHIR before it leaves."
    )
    debug: bool = _setting(False, _flag, "true, false", "Print the traceback of a failure. It may quote a chart.")
    try_page: bool | None = _setting(
        None,
        _flag,
        "true, false",
        "Offer the page /try; in production to who has signed in, and nothing of it is kept. Unset: in demo alone.",
    )
    numbers: Mapping[str, Decimal] = field(default_factory=dict, metadata={"table": True})
    """The table ``[numbers]`` of the file: this site's values for numbers of rules, whose names the clinic knows."""
    rules: Mapping[str, bool | str] = field(default_factory=dict, metadata={"table": True})
    """The table ``[rules]`` of the file: the rules this site turned on or off, or on at another level, by their id."""
    clients: tuple[Mapping[str, Any], ...] = field(default=(), metadata={"table": True})
    """The tables ``[[clients]]`` of the file, as written: clients that are registered at every start."""
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, metadata={"table": True})
    """Where each setting that is not its default came from."""

    @property
    def is_demo(self) -> bool:
        """Whether this is for made-up patients on one's own machine."""
        return self.profile == "demo"

    @property
    def can_try(self) -> bool:
        """Whether there is a page to try the service without a health record."""
        return self.is_demo if self.try_page is None else self.try_page

    @property
    def holds_budgets(self) -> bool:
        """Whether what was said lately is held back; whoever tries the demo opens the same chart again and again."""
        return not self.is_demo if self.display_budgets is None else self.display_budgets

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The origins that may call from a browser."""
        if self.cors_origins is None:
            return frozenset({"*"}) if self.is_demo else frozenset()
        return frozenset(self.cors_origins)

    @property
    def synchronous(self) -> str:
        """Whether SQLite waits for the disk: ``NORMAL`` may lose the last answers when the power fails, ``FULL`` none."""
        return self.sqlite_synchronous or ("NORMAL" if self.is_demo else "FULL")

    @property
    def drains_for(self) -> int:
        """The seconds in which a proxy can learn that we are about to stop."""
        if self.drain_seconds is not None:
            return self.drain_seconds
        return 0 if self.is_demo else 5

    @property
    def base_url(self) -> str:
        """The address by which clients call us, as far as we know it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as people read it."""

    name: str
    default: Any
    allowed: str
    meaning: str
    read: Callable[[Any], Any] = field(repr=False)
    mask: Callable[[str], str] | None = field(default=None, repr=False)

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return f"LDN_{self.name.upper()}"

    @property
    def is_secret(self) -> bool:
        """Whether it holds what must not be shown, and may lie in a file of its own."""
        return self.mask is not None

    def shown(self, value: Any) -> str:
        """A value of this setting as it may be printed."""
        if self.mask is not None:
            return self.mask(value)
        return " ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


TABLE: Final = tuple(
    Row(
        one.name,
        one.default,
        one.metadata["allowed"],
        one.metadata["meaning"],
        one.metadata["read"],
        one.metadata["shown"],
    )
    for one in fields(Settings)
    if "table" not in one.metadata
)
"""Every setting, in the order of the manual."""

_ROWS: Final = {row.name: row for row in TABLE}


def load_settings(  # noqa: C901  (four places, one after the other; each branch is one of them)
    environment: Mapping[str, str],
    given: Mapping[str, Any] | None = None,
    file: Path | None = None,
) -> Settings:
    """The settings from all four places; raise :class:`SettingsError` with everything that is wrong or unsafe.

    ``given`` are the command line's, by name; ``None`` values were not given. ``file`` must exist when it is named,
    here or in ``LDN_CONFIG``; ``ldn.toml`` in the working folder need not.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    numbers: dict[str, Decimal] = {}
    rules: dict[str, bool | str] = {}
    clients: list[Mapping[str, Any]] = []
    taken: set[tuple[str, str]] = set()

    def take(name: str, value: Any, origin: str, shown: str) -> None:
        secret = name.removesuffix("_file")
        if name not in _ROWS and secret in _ROWS and _ROWS[secret].is_secret:
            name, value = secret, _text_in(value, f"{origin}: {shown}", problems)
            if value is None:
                return
        if (origin, name) in taken:
            problems.append(f"{origin}: {name} is given twice, itself and in a file. Keep one.")
            return
        taken.add((origin, name))
        if name not in _ROWS:
            known = [row.variable if shown.isupper() else row.name for row in TABLE]
            problems.append(f"{origin}: there is no setting {shown}.{_nearest(shown, known)}")
            return
        try:
            values[name] = _ROWS[name].read(value)
        except ValueError as expected:
            problems.append(f"{origin}: {shown} must be {expected}.")
        else:
            origins[name] = origin

    path = file or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    for name, value in _read_file(path, problems).items():
        if name == NUMBERS_TABLE and isinstance(value, dict):
            numbers.update(_flat(value, "", problems))
        elif name == RULES_TABLE and isinstance(value, dict):
            rules.update(_switches(value, problems))
        elif name == CLIENTS_TABLE and isinstance(value, list) and all(isinstance(one, dict) for one in value):
            clients.extend(value)
        else:
            take(name, value, str(path or DEFAULT_FILE), name)
    for variable, text in sorted(environment.items()):
        if variable.startswith("LDN_") and variable != FILE_VARIABLE:
            take(variable.removeprefix("LDN_").lower(), text, "environment", variable)
    for name, value in (given or {}).items():
        if value is not None:
            take(name, value, "command line", name)
    settings = Settings(**values, numbers=numbers, rules=rules, clients=tuple(clients), origins=origins)
    if settings.ca_file:
        from cds_hooks.certificates import complaint_about  # here: few sites have one, and it loads much

        complaint = complaint_about(settings.ca_file)
        problems += [f"{origins['ca_file']}: ca_file {complaint}"] if complaint else []
    problems += unsafe(settings)
    if problems:
        raise SettingsError(*problems)
    return settings


def unsafe(settings: Settings) -> list[str]:
    """Everything for which we refuse to start with these settings, each with what to do about it."""
    if settings.is_demo:
        if not settings.remote_demo and not _is_loopback(settings.host):
            reached = f"demo: host {settings.host} can be reached from other machines, and the demo lets everybody in."
            return [f"{reached} Listen on 127.0.0.1, set remote_demo in a container, or take the production profile."]
        return []
    problems = []
    if settings.debug:
        problems.append("production: debug is on, and a traceback may quote a chart. Set debug = false.")
    if not settings.check_outgoing:
        problems.append("production: check_outgoing is off, and a suggestion that is no FHIR could leave. Remove it.")
    if "*" in settings.allowed_origins:
        problems.append("production: cors_origins has *. Name the origins of the web pages that may call.")
    problems += [
        f"production: cors_origins has {origin}, which is not encrypted. Write https://…"
        for origin in sorted(settings.allowed_origins)
        if origin.startswith("http://")
    ]
    if not settings.public_url:
        problems.append("production: public_url is missing. Set the https address by which clients call this service.")
    elif not settings.public_url.startswith("https://"):
        problems.append("production: public_url is not https. CDS Hooks demands TLS: put a proxy that has it in front.")
    if settings.terminology_server.startswith("http://"):
        problems.append("production: terminology_server is not encrypted. Write https://…")
    problems += _complaints_about_people(settings)
    if settings.certificate_header and not settings.proxy_networks:
        problems.append(
            "production: certificate_header without proxy_networks: anybody could write it. Name the networks."
        )
    if settings.remote_demo:
        problems.append("production: remote_demo is for the demo profile. Remove it.")
    if re.match(r"sqlite://(/(:memory:)?)?(\?|\Z)", settings.database) or "mode=memory" in settings.database:
        problems.append("production: database is in memory, and all is lost at a stop. Name a file, or PostgreSQL.")
    problems += [f"production: {problem}" for problem in _complaints_about_secret(settings.secret)]
    return problems


def _complaints_about_people(settings: Settings) -> list[str]:
    """What would let somebody in at the review desk who is not who they say."""
    problems = []
    if settings.person_header:
        if not settings.proxy_networks:
            problems.append(
                "production: person_header without proxy_networks: anybody could write it. Name the networks."
            )
        if len(settings.person_header_secret.encode()) < LEAST_SECRET:
            problems.append(
                f"production: person_header without a person_header_secret of {LEAST_SECRET} bytes: whoever reaches "
                "us past the proxy could write it."
            )
    if settings.oidc_issuer:
        if settings.oidc_issuer.startswith("http://"):
            problems.append("production: oidc_issuer is not encrypted. Write https://…")
        if not settings.oidc_client_id or not settings.oidc_client_secret:
            problems.append("production: oidc_issuer without oidc_client_id and oidc_client_secret. Set both.")
    return problems


def _complaints_about_secret(secret: str) -> list[str]:
    make_one = "Make one: python3 -c 'import secrets; print(secrets.token_hex(32))'"
    if not secret:
        return [
            f"secret is missing; pseudonyms and sessions need one. {make_one} and name its file in LDN_SECRET_FILE."
        ]
    if len(secret.encode()) < LEAST_SECRET:
        return [f"secret has fewer than {LEAST_SECRET} bytes. {make_one}"]
    if len(set(secret)) < 8 or re.search(r"change.?me|example|password|secret", secret, re.IGNORECASE):
        return [f"secret is one that can be guessed. {make_one}"]
    return []


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_file(path: Path | None, problems: list[str]) -> Mapping[str, Any]:
    if path is None and not DEFAULT_FILE.is_file():
        return {}
    path = path or DEFAULT_FILE
    try:
        return tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except OSError as error:
        problems.append(f"{path}: cannot be read ({error.strerror}).")
    except ValueError as error:  # not TOML, or not UTF-8; our own file, so it may be quoted
        problems.append(f"{path}: {error}.")
    return {}


def _text_in(path: Any, where: str, problems: list[str]) -> str | None:
    """What a file with a secret holds; nothing, and a problem told, when it cannot be read."""
    if not isinstance(path, str) or not path:
        problems.append(f"{where} must be the path of a file.")
        return None
    try:
        return Path(path).read_text("utf-8").strip()  # a file ends with a line break
    except OSError as error:
        problems.append(f"{where}: {path} cannot be read ({error.strerror}).")
    except ValueError:  # not UTF-8; what is in it is not to be repeated
        problems.append(f"{where}: {path} is no text.")
    return None


def _flat(table: Mapping[str, Any], before: str, problems: list[str]) -> dict[str, Decimal]:
    flat: dict[str, Decimal] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{before}{name}.", problems))
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            flat[f"{before}{name}"] = Decimal(value)
        else:
            problems.append(f"[numbers]: {before}{name} must be a number.")
    return flat


def _switches(table: Mapping[str, Any], problems: list[str]) -> dict[str, bool | str]:
    """Which rules are on: ``"on"``, ``"off"``, TOML's own true and false, or a level that the page of the rule allows."""
    words: dict[Any, bool | str] = {"on": True, "off": False, True: True, False: False}
    words |= {level: level for level in ("info", "warning", "critical")}
    wrong = [rule for rule, value in table.items() if not isinstance(value, str | bool) or value not in words]
    problems.extend(f'[rules]: {rule} must be "on" or "off", or a level that its page allows.' for rule in wrong)
    return {rule: words[value] for rule, value in table.items() if rule not in wrong}


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f" Did you mean {close[0]}?" if close else ""
