"""Opening the house: settings and clinic together, as every door needs them.

Apart from the modules it opens, so that a command that needs no clinic loads none.
"""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from cards import Clinic
    from cards.knowledge.editions import Edition
    from cards.pages import RuleBook
    from cds_hooks.callers import Everybody
    from cds_hooks.fhir_access import FhirAccess
    from cds_hooks.memory.store import DatabaseStore
    from cds_hooks.metrics import Metrics
    from cds_hooks.opening import Opening
    from cds_hooks.readiness import Readiness
    from cds_hooks.services import FrontDesk
    from cds_hooks.settings import Settings
    from cds_hooks.terminology.asking import AskingClinic
    from cds_hooks.trust import RegisteredCallers


def settings_from(given: Mapping[str, Any] | None = None, file: Path | None = None) -> Settings:
    """The settings of this process; raises ``SettingsError``. A demo without a secret gets one of its own."""
    from cds_hooks.settings import load_settings

    settings = load_settings(os.environ, given, file)
    if settings.is_demo and not settings.secret:
        made = {"secret": "made for this demo"}
        return replace(settings, secret=secrets.token_hex(32), origins={**settings.origins, **made})
    return settings


def open_clinic(settings: Settings, *, is_first_start: bool = False) -> Clinic:
    """The clinic with this site's numbers and drug table; raises ``cards.HouseError`` with all that is wrong.

    At a first start nobody can have imported a drug table, and the database is not looked at.
    """
    from cards import Clinic

    rxnorm = None if is_first_start else own_drug_table(settings)
    return Clinic.open(overrides=settings.numbers, rxnorm=rxnorm, switches=settings.rules)


def open_rulebook(settings: Settings) -> RuleBook:
    """The rules alone, with this site's choices; raises ``cards.HouseError`` with all that is wrong with them."""
    from cards.opening import open_rules

    return open_rules(settings.numbers, switches=settings.rules)


def own_drug_table(settings: Settings) -> Edition | None:
    """The RxNorm edition that this site has imported; nothing where the shipped table is in use.

    A database that should be there and cannot be used is an error: to go on with another table than yesterday's, and
    say nothing, would be worse than not to start.
    """
    from cds_hooks.databases import DatabaseError, is_there

    if not is_there(settings.database):
        return None
    from cards import HouseError
    from cds_hooks.databases import Schema, opened
    from cds_hooks.memory.lines import open_line

    try:
        with closing(open_line(settings.database, settings.synchronous)) as line:
            # Told without the database's toolkit, for which the start of a site that imported nothing would wait.
            if line.schema() is Schema.CURRENT and not line.has_rows("terminology_edition"):
                return None
        from cds_hooks.terminology.store import load

        with opened(settings.database) as engine:
            return load(engine)
    except DatabaseError as problem:
        raise HouseError(str(problem)) from None


def open_memory(settings: Settings) -> DatabaseStore:
    """The memory of this process; raises ``cards.HouseError`` when the database cannot be used.

    It is closed where a process asks atexit. A worker of ours does not: what it did not come to explain, the next does.
    """
    import atexit

    from cards import HouseError
    from cds_hooks.application import random_uuid
    from cds_hooks.databases import DatabaseError
    from cds_hooks.edition import product_version
    from cds_hooks.memory.opening import open_store

    try:
        store = open_store(settings, software=product_version(), new_id=random_uuid)
    except DatabaseError as problem:
        raise HouseError(str(problem)) from None
    atexit.register(store.close)
    return store


def open_house(settings: Settings, shared: Path | None = None) -> Flask:
    """The web service, warmed up, in a process that will do nothing but answer; its pages come a moment later.

    ``shared`` is the folder in which the processes of one start find one another, where there is one.
    """
    from multiprocessing.util import Finalize  # a worker ends without asking atexit

    from cds_hooks.application import create_app, settle_memory, warm_up, warm_up_refusals
    from cds_hooks.first_tables import tables_to_come, wait_for_tables
    from cds_hooks.reading import ChartsWhenAsked

    gc.disable()  # until memory is settled: what is loaded now stays, and to look through it again and again takes 0.1 s
    charts = ChartsWhenAsked(_fhir_access(settings))
    is_first_start = tables_to_come(shared)
    # Otherwise first: a demo's older tables are brought up to date before the drug table is looked for in them.
    store = None if is_first_start else open_memory(settings)
    clinic = _asking(open_clinic(settings, is_first_start=is_first_start), settings)
    wait_for_tables(shared)
    store = store or open_memory(settings)
    callers = open_callers(settings)
    ready = _readiness(settings, shared)
    app = create_app(clinic, settings, store=store, callers=callers, charts=charts, readiness=ready)
    Finalize(None, app.extensions["ldn-cds.reception"].finish, exitpriority=1)
    desk: FrontDesk = app.extensions["ldn-cds"]
    _let_know_clients(desk.metrics, callers)
    warm_up(app)
    settle_memory()
    if shared is not None:
        desk.metrics.share(shared)

    def furnish() -> None:
        from cds_hooks.back_office import open_back_office, this_moment
        from cds_hooks.databases import open_database
        from cds_hooks.people.notes import AuditNotes

        engine = open_database(settings.database, settings.synchronous)
        open_back_office(app, settings, engine, AuditNotes(engine, this_moment))
        warm_up_refusals(app)
        charts.load()
        store.explain_what_was_left(desk.clinic.book)
        settle_memory()

    opening: Opening = app.extensions["ldn-cds.opening"]
    opening.begin(furnish)
    return app


def _fhir_access(settings: Settings) -> Callable[[], FhirAccess]:
    def made() -> FhirAccess:
        from cds_hooks.fhir_access import FhirAccess

        return FhirAccess(needs_encryption=not settings.is_demo, ca_file=settings.ca_file)

    return made


def _let_know_clients(metrics: Metrics, callers: Everybody | RegisteredCallers) -> None:
    """Have calls counted by the name of their client: those that are registered now, and those that come later."""
    from cds_hooks.callers import ANYBODY, Everybody

    if isinstance(callers, Everybody):
        metrics.know_clients([ANYBODY.name])
    else:
        callers.register.tell(metrics.know_clients)


def _readiness(settings: Settings, shared: Path | None) -> Readiness:
    """What must be well before we say that we can answer; a demo goes on without its database being looked at."""
    from cds_hooks.readiness import (
        Readiness,
        clients_check,
        database_check,
        disk_check,
        draining_check,
        folder_of,
    )

    readiness = Readiness()
    if shared is not None:
        readiness.register("draining", draining_check(shared), at_once=True)
    if not settings.is_demo:
        readiness.register("database", database_check(settings.database))
        readiness.register("clients", clients_check(settings.database))
        if (folder := folder_of(settings.database)) is not None:
            readiness.register("disk", disk_check(folder))
    return readiness


def register_clients(settings: Settings) -> None:
    """Register the clients of the settings file; raises ``DatabaseError``, ``RecordError`` when any could not be served."""
    from cds_hooks.clients.register import Register, seed
    from cds_hooks.databases import opened, reading, refuse_all_but_current

    with opened(settings.database, settings.synchronous) as engine:
        with reading(engine) as connection:
            refuse_all_but_current(connection)  # to change them is somebody's decision: ldn-cds db upgrade
        seed(engine, settings.clients, datetime.now(UTC))
        Register(engine)


def open_callers(settings: Settings) -> Everybody | RegisteredCallers:
    """Everybody in the demo, the registered clients in production."""
    from cds_hooks.callers import ANYBODY, Everybody

    if settings.is_demo:
        return Everybody(replace(ANYBODY, reads_loopback=True))
    import ipaddress

    from cds_hooks.certificates import a_session
    from cds_hooks.clients.register import Register
    from cds_hooks.clients.signs import Signs
    from cds_hooks.databases import open_database
    from cds_hooks.key_sets import KeySets
    from cds_hooks.logs import make_log
    from cds_hooks.trust import Proxy, RegisteredCallers

    register_clients(settings)
    log = make_log(settings.log_level)

    def warn(why: str) -> None:
        log.warning("the register of clients cannot be read or written", why=why)

    engine = open_database(settings.database, settings.synchronous)
    signs = Signs(engine, lambda: datetime.now(UTC), warn=warn)
    networks = tuple(ipaddress.ip_network(one) for one in settings.proxy_networks)
    return RegisteredCallers(
        register=Register(engine, warn=warn),
        keys=KeySets(
            session=a_session(settings.ca_file), told=lambda client, detail: signs.note(client, "keys", detail)
        ),
        signs=signs,
        public_url=settings.public_url,
        open_discovery=settings.open_discovery,
        proxy=Proxy(settings.certificate_header, networks),
    )


def _asking(clinic: Clinic, settings: Settings) -> Clinic | AskingClinic:
    """The clinic, with a terminology server to ask where there is one."""
    if not settings.terminology_server:
        return clinic
    from cds_hooks.logs import make_log
    from cds_hooks.terminology.asking import AskingClinic
    from cds_hooks.terminology.server import TerminologyServer

    log = make_log(settings.log_level)

    def warn(why: str) -> None:
        log.warning("the terminology server gives no answers; unknown codes stay unknown", error=why)

    within = settings.terminology_server_ms / 1000
    server = TerminologyServer(
        settings.terminology_server, within, clinic.condition_roots, ca_file=settings.ca_file, warn=warn
    )
    return AskingClinic(clinic, server)
