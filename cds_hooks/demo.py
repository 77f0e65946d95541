"""``demo``: a dozen made-up orders through the real service, over HTTP, and then the service to try oneself.

The service runs in a process of its own, as it would in a hospital. Each order is sent as an EHR sends it; what comes
back is printed and written to one HTML file that needs nothing but a browser.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.console import Console

    from fhir_fixtures import Scenario

ORDERS: Final = (
    "order-sign/oxycodone_still_taken",
    "order-sign/oxycodone_for_someone_on_low_dose_naltrexone",
    "order-sign/methadone_known_only_from_a_report",
    "order-sign/sublocade_given_five_months_ago",
    "order-sign/extended_release_oxycodone_ended_nine_days_ago",
    "order-sign/structure_says_45_words_say_4_5",
    "order-sign/sandbox_orders_fifty_milligrams_for_fibromyalgia",
    "order-sign/tablet_order_with_everything_wrong",
    "order-sign/tablet_dissolved_in_water_at_home",
    "order-sign/no_time_of_day",
    "order-select/naltrexone_chosen_beside_an_unsigned_oxycodone",
    "order-sign/orders_answered_with_an_error",
    "order-sign/fifty_milligrams_for_alcohol_dependence",
    "order-sign/renewal_of_four_and_a_half_milligrams",
    "order-sign/methylnaltrexone_for_someone_on_morphine",
)
"""Which made-up orders are shown: what goes wrong most gravely first, last some that rightly get no card."""

MONTH_OF_CARDS: Final = 1_500
"""Enough for every page of the review desk, and made in a few seconds."""

_LISTENS = re.compile(r"http://\S+")


@dataclass(frozen=True)
class Reviewed:
    """One order, the cards it got, how long that took, and why it got none."""

    title: str
    path: Path
    service: str
    cards: list[dict[str, Any]]
    milliseconds: float
    why_silent: str


@click.command()
@click.option("--no-server", is_flag=True, help="End after the report.")
@click.option("--port", type=int, default=8000, show_default=True, help="The port to serve on.")
@click.option("--report", type=click.Path(path_type=Path), default=Path("demo/report.html"), show_default=True)
@click.pass_context
def demo(ctx: click.Context, no_server: bool, port: int, report: Path) -> None:
    """Review a dozen made-up orders, write a report, then serve."""
    from cds_hooks.terminal import make_console

    console = make_console()
    console.print("[bold]ldn-cds[/] – made-up patients, real service", markup=True)
    database = _database(ctx, report.parent)
    with _service(0 if no_server or not _is_free(port) else port, database) as address:
        reviewed = list(_review_all(address, console))
        _summary(console, reviewed)
        _write_report(report, reviewed)
        console.print(f"\nReport: {report}")
        if no_server:
            return
        _fill(console, database)
        _invite(console, address, reviewed[0])
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


def _database(ctx: click.Context, folder: Path) -> str:
    """Where the demo remembers: what the settings name, else a file beside the report, apart from anything real."""
    from cds_hooks.cli import settings_of

    settings = settings_of(ctx)
    if "database" in settings.origins:
        return settings.database
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{(folder / 'ldn.sqlite3').absolute()}"


def _fill(console: Console, database: str) -> None:
    """Let the review desk have a month to show; one that is there already stays."""
    from sqlalchemy import func, select

    from cds_hooks.databases import opened, reading
    from cds_hooks.figures.demo_data import fill
    from cds_hooks.figures.made_up import CLIENTS
    from cds_hooks.tables import CALLS

    with opened(database) as engine:
        with reading(engine) as connection:
            known = connection.execute(select(func.count()).where(CALLS.c.client.in_(CLIENTS))).scalar_one()
        if known:
            return
        with console.status("Making up a month of calls for the review desk …"):
            fill(engine, cards=MONTH_OF_CARDS, seed=1, days=30, until=datetime.now(UTC))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextlib.contextmanager
def _service(port: int, database: str) -> Iterator[str]:
    """The service in a process of its own, while it is needed; gives its address."""
    command = [sys.executable, "-P", "-m", "cds_hooks", "serve", "--profile", "demo", "--port", str(port)]
    # A line for each call would stand between the cards.
    environment = {"LDN_LOG_LEVEL": "warning", **os.environ, "LDN_DATABASE": database}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603 (our module)
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        found = _LISTENS.search(line)
        if found is None:
            raise click.ClickException("The service did not start; what stands above says why.")
        yield found.group()
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)


def _scenarios() -> Iterator[Scenario]:
    from fhir_fixtures import scenarios

    known = {f"{scenario.hook}/{scenario.name}": scenario for scenario in scenarios()}
    for name in ORDERS:
        yield known[name]


def _review_all(address: str, console: Console) -> Iterator[Reviewed]:
    import requests

    from cds_hooks.terminal import render_cards

    with requests.Session() as session:
        session.trust_env = False
        for number, scenario in enumerate(_scenarios(), 1):
            service = f"ldn-{scenario.hook}"
            begun = time.perf_counter()
            answer = session.post(
                f"{address}/cds-services/{service}",
                data=scenario.body,
                headers={"Content-Type": "application/json"},
                timeout=30,
            )
            milliseconds = (time.perf_counter() - begun) * 1000
            answer.raise_for_status()
            cards = answer.json()["cards"]
            silence = "" if cards else _why_silent(scenario)
            console.print(f"\n[bold]{number}. {scenario.title}[/] [dim]{milliseconds:.1f} ms[/]", markup=True)
            if cards:
                render_cards(console, cards)
            else:
                console.print(f"   No card, and rightly so. {silence}")
            yield Reviewed(scenario.title, scenario.path, service, cards, milliseconds, silence)


def _why_silent(scenario: Scenario) -> str:
    """What the trace of the same review, asked in this process, tells of its silence: the wire has no place for it."""
    from cds_hooks.reviewing import answer_to

    return answer_to(scenario.body, scenario.today).explain().why_silent()


def _summary(console: Console, reviewed: list[Reviewed]) -> None:
    from rich.table import Table

    table = Table(title=None, box=None, pad_edge=False)
    for column in ("order", "cards", "most urgent", "ms"):
        table.add_column(column, justify="right" if column in ("cards", "ms") else "left")
    for one in reviewed:
        urgent = one.cards[0]["indicator"] if one.cards else "none"
        table.add_row(one.title, str(len(one.cards)), urgent, f"{one.milliseconds:.1f}")
    console.print()
    console.print(table)


def _write_report(path: Path, reviewed: list[Reviewed]) -> None:
    from cds_hooks.report import report_html

    path.parent.mkdir(parents=True, exist_ok=True)
    made_on = date.fromtimestamp(time.time())  # noqa: DTZ012 (the day on this machine's wall)
    path.write_text(report_html(reviewed, made_on), encoding="utf-8")


def _invite(console: Console, address: str, first: Reviewed) -> None:
    """A line that can be copied as it is, and what to point a sandbox at."""
    request = first.path / "request.json"
    with contextlib.suppress(ValueError):
        request = request.relative_to(Path.cwd())
    url = f"{address}/cds-services/{first.service}"
    console.print(
        f"\nThe service listens on {address}.\n\n[bold]Open {address}/try[/] and sign an order for a made-up patient.\n"
        f"[bold]Open {address}/desk[/] for what pharmacists see: what was said, why, and what became of it.\n",
        markup=True,
    )
    console.print("Or without a browser:\n")
    print(f"  curl -s {url} -H 'Content-Type: application/json' -d @{shlex.quote(str(request))}")  # noqa: T201
    console.print(f"\nFor a CDS Hooks sandbox the discovery address is {address}/cds-services")
    console.print("Ctrl-C ends it.")
    sys.stdout.flush()
