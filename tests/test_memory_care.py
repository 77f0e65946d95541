"""Looking after what is remembered: the audit chain, rules that are not heard, purging, backups."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from cds_hooks.cli import main
from cds_hooks.databases import (
    VERSION_TABLE,
    known_revisions,
    open_database,
    opened,
    reading,
    revision_of,
    writing,
)
from cds_hooks.memory import audit
from cds_hooks.memory.backups import TABLES
from cds_hooks.memory.modes import ModeError, hear, modes_in, silence
from cds_hooks.memory.purging import purge
from cds_hooks.memory.unheard import Unheard
from cds_hooks.migrating import downgrade, upgrade
from cds_hooks.tables import AUDIT, CALLS, CARD_RULES, CARDS, FEEDBACK, OVERRIDES, RULE_MODES, SNAPSHOTS
from tests.charts import D, dispensed, having, ordering_ldn, the_clinic
from tests.databases import an_empty_database
from tests.memories import BEGAN, Practice, a_practice, overridden, rows

CONFLICT = (
    ordering_ldn("1.5"),
    having("M79.7", "Fibromyalgia"),
    dispensed("oxycodone 5 mg tablet", on=D - 6, days=30),
)
RULE = "ldn-order-active-opioid"


@pytest.fixture
def practice(database: str) -> Iterator[Practice]:
    with a_practice(database, keeps_requests=True) as practice:
        yield practice


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def note(address: str, times: int = 1, at=BEGAN) -> None:
    engine = open_database(address)
    for n in range(times):
        with writing(engine) as connection:
            audit.append(connection, audit.Event("ana", "approver", "looked at a card", f"card-{n}"), at)
    engine.dispose()


# --- audit -----------------------------------------------------------------------------------------------------------


def test_events_that_many_append_at_once_make_one_whole_chain(practice: Practice):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(note, [practice.address] * 4, [10] * 4))
    assert [event.number for event in practice.rows(AUDIT)] == list(range(1, 41))
    code, output = run("audit", "verify", "--database", practice.address)
    assert code == 0
    assert output == f"Whole: 40 events. The last is 40, hash {practice.rows(AUDIT)[-1].hash}.\n"


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (sa.update(AUDIT).where(AUDIT.c.number == 3).values(who="eve"), "Broken at event 3: it was changed.\n"),
        (sa.delete(AUDIT).where(AUDIT.c.number == 3), "Broken at event 4: events before it are missing.\n"),
        (
            sa.delete(AUDIT).where(AUDIT.c.number == 1),
            "Broken at event 2: the events before it are missing, and no purge tells of them.\n",
        ),
        (
            sa.update(AUDIT).where(AUDIT.c.number == 4).values(previous_hash="0"),
            "Broken at event 4: it does not follow the event before it.\n",
        ),
    ],
)
def test_an_event_that_was_tampered_with_is_found(practice: Practice, harm: sa.Executable, told: str):
    note(practice.address, 5)
    with opened(practice.address) as engine, writing(engine) as connection:
        connection.execute(harm)
    assert run("audit", "verify", "--database", practice.address) == (1, told)


# --- rules that are not heard ----------------------------------------------------------------------------------------


def test_a_silent_rule_is_asked_and_kept_and_not_returned_and_what_yields_to_it_speaks(practice: Practice):
    practice.store._unheard = Unheard(practice.store._look_up_modes, every=0)
    code, output = run("rules", "silence", RULE, "--reason", "too loud", "--database", practice.address)
    assert (code, output) == (0, f"{RULE} is not heard any more.\n")
    cards = practice.calls(*CONFLICT)
    assert RULE not in json.dumps(cards)
    kept = {card.rule: card.mode for card in practice.rows(CARDS)}
    assert kept.pop(RULE) == "silent"
    assert set(kept.values()) <= {"live"}
    assert practice.store.finish()
    assert run("rules", "hear", RULE, "--database", practice.address) == (0, f"{RULE} is heard again.\n")
    assert RULE in json.dumps(practice.calls(*CONFLICT))
    assert [event.what for event in practice.rows(AUDIT)] == ["rule silenced", "rule heard again"]
    assert run("rules", "hear", RULE, "--database", practice.address)[0] == 2


def test_what_a_retired_rule_finds_is_kept_as_that(practice: Practice):
    """A month of trying a rule out is not mixed up with what is looked at no more."""
    chosen = {"who": "ana", "role": "approver", "reason": "superseded", "at": BEGAN}
    with opened(practice.address) as engine, writing(engine) as connection:
        silence(connection, the_clinic().book, RULE, **chosen, mode="retired")
        silence(connection, the_clinic().book, "ldn-start-dose-high", **chosen)
    assert RULE not in json.dumps(practice.calls(*CONFLICT))
    assert "ldn-start-dose-high" not in json.dumps(practice.calls(ordering_ldn("4.5")))
    kept = {card.rule: card.mode for card in practice.rows(CARDS)}
    assert (kept[RULE], kept["ldn-start-dose-high"]) == ("retired", "silent")


def test_a_rule_is_heard_again_at_its_end_and_silenced_for_one_client_only_where_so_chosen(practice: Practice):
    with opened(practice.address) as engine, writing(engine) as connection:
        book = the_clinic().book
        chosen = {"who": "ana", "role": "approver", "reason": "a storm of cards", "at": BEGAN}
        silence(connection, book, RULE, **chosen, until=BEGAN + timedelta(hours=1))
        silence(connection, book, "ldn-start-dose-high", **chosen, client="somebody-else")
        assert [(mode.rule, mode.client) for mode in modes_in(connection)] == [
            (RULE, ""),
            ("ldn-start-dose-high", "somebody-else"),
        ]
    assert RULE not in json.dumps(practice.calls(*CONFLICT))
    assert "ldn-start-dose-high" in json.dumps(practice.calls(ordering_ldn("4.5")))
    practice.clock.pass_(hours=2)
    assert RULE in json.dumps(practice.calls(*CONFLICT))


@pytest.mark.parametrize("rule", ["naltrexone-onlabel-protect", "ldn-med-list-unreadable"])
def test_the_two_rules_that_must_be_heard_are_not_silenced(practice: Practice, rule: str):
    code, output = run("rules", "silence", rule, "--reason", "x", "--database", practice.address)
    assert code == 2
    assert f"{rule} may not be silenced. Without it" in output
    assert practice.rows(RULE_MODES) == practice.rows(AUDIT) == []


def test_a_rule_is_silenced_with_a_reason_for_a_time_to_come_and_only_if_there_is_such_a_rule(practice: Practice):
    with opened(practice.address) as engine, writing(engine) as connection:
        for rule, reason, until, told in (
            ("no-such-rule", "x", None, "There is no rule no-such-rule"),
            (RULE, " ", None, "A reason is needed"),
            (RULE, "x", BEGAN, "The end lies in the past"),
        ):
            with pytest.raises(ModeError, match=told):
                silence(*(connection, the_clinic().book, rule), who="a", role="b", reason=reason, at=BEGAN, until=until)
        assert not hear(connection, RULE, who="a", role="b", at=BEGAN)


# --- purging ---------------------------------------------------------------------------------------------------------


def test_after_its_days_only_figures_remain_of_a_call(practice: Practice):
    (card,) = practice.calls(*CONFLICT)
    practice.tells(overridden(card["uuid"], userComment="a word of mine"))
    assert practice.store.finish()
    note(practice.address, 3, BEGAN - timedelta(days=1))
    with opened(practice.address) as engine:
        for days, gone in ((89, 0), (91, 1)):
            with writing(engine) as connection:
                purged = purge(connection, BEGAN + timedelta(days=days), days=90, years_of_audit=6, who="ops")
            assert (purged.requests, purged.facts, purged.comments, purged.overrides) == (gone,) * 4
        (call,) = practice.rows(CALLS)
        assert (call.facts_json, call.trace, call.cards) == ("{}", None, 1)
        (kept,) = practice.rows(CARDS)
        assert (kept.sent_json, kept.outcome, kept.rule) == ("{}", "overridden", RULE)
        (told,) = practice.rows(FEEDBACK)
        assert (told.comments_json, told.as_sent, told.outcome) == ("[]", b"", "overridden")
        assert practice.rows(SNAPSHOTS) == practice.rows(OVERRIDES) == []
        with writing(engine) as connection:
            later = purge(connection, BEGAN + timedelta(days=366 * 6), days=90, years_of_audit=6, who="ops")
            assert later.events == 3
            assert audit.verify(connection).broken_at is None
    assert [event.number for event in practice.rows(AUDIT)] == [4, 5, 6]


def test_the_command_purges_by_the_settings(practice: Practice):
    practice.calls(*CONFLICT)
    code, output = run("db", "purge", "--database", practice.address)
    assert code == 0
    assert output.startswith("Purged: 1 requests, 1 facts, 0 comments, ")
    assert [event.what for event in practice.rows(AUDIT)] == ["purged"]


# --- backups ---------------------------------------------------------------------------------------------------------


def test_a_backup_comes_back_on_either_database_row_for_row(practice: Practice, tmp_path: Path, postgresql: str):
    (card,) = practice.calls(*CONFLICT)
    practice.tells(overridden(card["uuid"]))
    assert practice.store.finish()
    note(practice.address, 2)
    file = tmp_path / "backup.ldn"
    kept = {table.name: practice.rows(table) for table in TABLES}
    code, output = run("backup", str(file), "--database", practice.address)
    assert code == 0, output
    assert "rows at revision" in output
    code, output = run("restore", str(file), "--check")
    assert code == 0, output
    assert output.endswith("2 audit events in a whole chain.\n")
    for empty in (f"sqlite:///{tmp_path / 'new.sqlite3'}", an_empty_database(postgresql)):
        code, output = run("restore", str(file), "--database", empty)
        assert code == 0, output
        for table in TABLES:
            assert rows(empty, table) == kept[table.name], table.name
        code, output = run("restore", str(file), "--database", empty)
        assert code == 1
        assert "Restore into an empty database." in output
        with a_practice(empty) as restored:
            restored.tells(overridden("e9f2d1f0-0000-4000-8000-000000000000"))
            assert len(restored.rows(FEEDBACK)) == 2


def backed_up_by_an_older_version(address: str, file: Path) -> None:
    """Write a backup as the software did whose tables these are."""
    lines: list[bytes] = []
    with opened(address) as engine, reading(engine) as connection:
        head = {"ldn-cds": "backup", "format": 1, "revision": revision_of(connection), "at": BEGAN.isoformat()}
        lines.append(json.dumps(head).encode())
        inspector = sa.inspect(connection)
        names = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name not in (None, VERSION_TABLE)]
        for name in names:
            columns = [one["name"] for one in inspector.get_columns(name)]
            lines.append(json.dumps({"table": name, "columns": columns}).encode())
            lines += [
                json.dumps([b64encode(value).decode() if isinstance(value, bytes) else value for value in row]).encode()
                for row in connection.execute(sa.select(sa.table(name, *map(sa.column, columns))))
            ]
    written = b"".join(line + b"\n" for line in lines)
    end = {"rows": sum(line.startswith(b"[") for line in lines), "sha256": sha256(written).hexdigest()}
    file.write_bytes(gzip.compress(written + json.dumps(end).encode() + b"\n"))


@pytest.mark.parametrize("revision", known_revisions()[1:-1])
def test_a_backup_of_an_older_version_comes_back_with_the_tables_of_this_one(
    practice: Practice, tmp_path: Path, revision: str
):
    practice.store._traces.add = lambda *_: None  # type: ignore[method-assign]  # nobody came to explain it
    practice.calls(*CONFLICT)
    (call,), cards, rules = practice.rows(CALLS), practice.rows(CARDS), practice.rows(CARD_RULES)
    with opened(practice.address) as engine:
        downgrade(engine, revision)
    file, new = tmp_path / "backup.ldn", f"sqlite:///{tmp_path / 'new.sqlite3'}"
    backed_up_by_an_older_version(practice.address, file)
    code, output = run("restore", str(file), "--database", new)
    assert code == 0, output
    assert call.sealed is not None
    kept = call._mapping if revision >= "0003" else {**call._mapping, "sealed": None}
    assert [row._mapping for row in rows(new, CALLS)] == [kept]
    assert [card.uuid for card in rows(new, CARDS)] == [card.uuid for card in cards]
    assert rows(new, CARD_RULES) == rules


def test_a_backup_that_was_changed_or_cut_off_is_refused(practice: Practice, tmp_path: Path):
    practice.calls(*CONFLICT)
    file = tmp_path / "backup.ldn"
    assert run("backup", str(file), "--database", practice.address)[0] == 0
    whole = gzip.decompress(file.read_bytes())
    for harmed, told in (
        (gzip.compress(whole.replace(b"ldn-order-sign", b"ldn-order-sigh", 1)), "was changed or damaged"),
        (gzip.compress(whole[: len(whole) // 2]), "is no"),
        (file.read_bytes()[:-200], "is no whole backup"),
        (b"something else", "is no whole backup"),
    ):
        file.write_bytes(harmed)
        code, output = run("restore", str(file), "--check")
        assert code == 1
        assert told in output


def test_a_backup_and_each_trial_of_one_leave_an_audit_event(practice: Practice, tmp_path: Path):
    file = tmp_path / "backup.ldn"
    assert run("backup", str(file), "--database", practice.address)[0] == 0
    assert run("restore", str(file), "--check", "--database", practice.address)[0] == 0
    file.write_bytes(b"something else")
    assert run("restore", str(file), "--check", "--database", practice.address)[0] == 1
    told = [(event.what, event.result) for event in practice.rows(AUDIT)]
    assert told == [("backed up", "done"), ("restore tried", "done"), ("restore tried", "it cannot be restored")]
    assert run("audit", "verify", "--database", practice.address)[0] == 0


def test_a_command_without_a_database_says_so(tmp_path: Path):
    code, output = run("audit", "verify", "--database", f"sqlite:///{tmp_path / 'none.sqlite3'}")
    assert code == 1
    assert "There is no database yet. Run: ldn-cds db upgrade" in output
    assert not (tmp_path / "none.sqlite3").exists()
    with opened(f"sqlite:///{tmp_path / 'a.sqlite3'}") as engine, reading(engine):
        pass
    code, output = run("db", "purge", "--database", f"sqlite:///{tmp_path / 'a.sqlite3'}")
    assert code == 1
    assert "Run: ldn-cds db upgrade" in output
    with opened(f"sqlite:///{tmp_path / 'a.sqlite3'}") as engine:
        upgrade(engine)
    assert run("audit", "verify", "--database", f"sqlite:///{tmp_path / 'a.sqlite3'}") == (0, "Whole: 0 events.\n")
