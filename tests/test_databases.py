"""The database: tables step by step, on SQLite and PostgreSQL, and who may use which."""

from __future__ import annotations

import multiprocessing
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from cds_hooks import databases
from cds_hooks.cli import main
from cds_hooks.databases import (
    VERSION_TABLE,
    DatabaseError,
    Schema,
    is_there,
    known_revisions,
    open_database,
    opened,
    reading,
    revision_of,
    schema_of,
    writing,
)
from cds_hooks.migrating import downgrade, make, upgrade
from cds_hooks.settings import TABLE
from cds_hooks.terminology import store

LATER = sa.update(sa.table(VERSION_TABLE, sa.column("version_num"))).values(version_num="9999")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for row in TABLE:
        monkeypatch.delenv(row.variable, raising=False)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def schema(address: str) -> Schema:
    with opened(address) as engine, reading(engine) as connection:
        return schema_of(connection)


def test_the_tables_come_and_go_step_by_step(database: str):
    with opened(database) as engine:
        assert upgrade(engine) == (None, known_revisions()[-1])
        assert upgrade(engine) == (known_revisions()[-1], known_revisions()[-1])
        for revision in reversed(known_revisions()[:-1]):
            downgrade(engine, revision)
        downgrade(engine, "base")
        with reading(engine) as connection:
            assert schema_of(connection) is Schema.NONE
            assert set(sa.inspect(connection).get_table_names()) == {VERSION_TABLE}
        assert upgrade(engine) == (None, known_revisions()[-1])


def test_a_database_that_cannot_hold_every_language_is_refused_in_words(postgresql: str):
    for encoding in ("SQL_ASCII", "LATIN1"):
        with opened(postgresql) as server, server.connect().execution_options(isolation_level="AUTOCOMMIT") as asks:
            how = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            asks.execute(sa.text(f"CREATE DATABASE in_{encoding} {how}"))
        address = postgresql.replace("/postgres?", f"/in_{encoding.lower()}?")
        code, output = run("db", "upgrade", "--database", address)
        assert code == 1, output
        assert output.strip().endswith(f"The database is kept in {encoding}. Create it anew with ENCODING 'UTF8'.")
        assert schema(address) is Schema.NONE


def indexes(engine: sa.Engine) -> dict[str, str]:
    """The statement that makes each index of the tables that the review desk asks, as this database wrote it down."""
    question = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('call', 'card')"
    if engine.dialect.name == "postgresql":
        question = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('call', 'card')"
    with reading(engine) as connection:
        return {name: sql for name, sql in connection.execute(sa.text(question)) if sql}


def test_tables_that_an_unreleased_version_made_get_the_indexes_they_lack(database: str):
    """Whoever tried the second step early has some of them, one about other columns, or none."""
    with opened(database) as engine:
        upgrade(engine, "0003")
        whole = indexes(engine)
        downgrade(engine, "0002")
        fewer = indexes(engine)
        assert set(whole) - set(fewer) == {"call_without_cards", "card_by_risk", "card_by_patient", "card_by_moment"}
        with writing(engine) as connection:
            connection.execute(sa.text("CREATE INDEX card_by_moment ON card (at DESC, uuid, tenant, mode)"))
        upgrade(engine, "0003")
        assert indexes(engine) == whole
        assert {"mode", "summary"} <= set(re.findall(r"\w+", whole["card_by_moment"]))


def what_there_is(engine: sa.Engine) -> dict[str, object]:
    """Columns, keys and indexes of every table, and its rows if it is the note of the revision."""
    inspector = sa.inspect(engine)
    found: dict[str, object] = {}
    for table in inspector.get_table_names():
        found[f"{table}: columns"] = {
            column["name"]: (str(column["type"]), column["nullable"], (column["default"] or "").strip("'"))
            for column in inspector.get_columns(table)
        }
        found[f"{table}: key"] = inspector.get_pk_constraint(table)["constrained_columns"]
        found[f"{table}: others' keys"] = sorted(
            (key["constrained_columns"], key["referred_table"], key["options"].get("ondelete"))
            for key in inspector.get_foreign_keys(table)
        )
        found[f"{table}: unique"] = sorted(one["column_names"] for one in inspector.get_unique_constraints(table))
    with reading(engine) as connection:
        made = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'index'"))
        found["indexes"] = {name: sql for name, sql in made if sql}
        found["rows by position"] = {
            name for name, sql in connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
            if "WITHOUT ROWID" not in sql
        }  # fmt: skip
        found["revision"] = revision_of(connection)
    return found


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")  # those indexes are compared by their statements
def test_tables_that_are_made_at_once_are_those_that_the_steps_make(tmp_path: Path):
    with opened(f"sqlite:///{tmp_path / 'steps.sqlite3'}") as engine:
        upgrade(engine)
        by_steps = what_there_is(engine)
    with opened(f"sqlite:///{tmp_path / 'once.sqlite3'}") as engine:
        make(engine)
        at_once = what_there_is(engine)
        make(engine)
        assert what_there_is(engine) == at_once
        assert upgrade(engine) == (known_revisions()[-1], known_revisions()[-1])
    assert len(at_once) > 50
    for name, told in by_steps.items():
        assert at_once[name] == told, name
    assert at_once.keys() == by_steps.keys()


def test_the_history_is_one_line_and_each_file_is_named_for_its_revision():
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(databases.__file__).parent / "migrations"))
    history = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(history)) == known_revisions()
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_the_tables_are_those_the_code_speaks_of(database: str):
    with opened(database) as engine:
        upgrade(engine)
        inspector = sa.inspect(engine)
        for table in (store.EDITION, store.CODE, store.OTHERS):
            assert [column["name"] for column in inspector.get_columns(table.name)] == [c.name for c in table.columns]
            primary = inspector.get_pk_constraint(table.name)["constrained_columns"]
            assert primary == [column.name for column in table.primary_key]


def test_tables_of_a_later_version_are_left_alone(database: str):
    with opened(database) as engine:
        upgrade(engine)
        with writing(engine) as connection:
            connection.execute(LATER)
        with pytest.raises(
            DatabaseError, match=f"at revision 9999, and this software knows revisions up to {known_revisions()[-1]}"
        ):
            upgrade(engine)
        with pytest.raises(DatabaseError, match="A newer ldn-cds has been here"):
            store.load(engine)
    code, output = run("db", "status", "--database", database)
    assert code == 1
    assert output == f"Tables: 9999. This version: {known_revisions()[-1]}.\nA newer ldn-cds has been here.\n"
    code, output = run("db", "upgrade", "--database", database)
    assert code == 1
    assert "install that one again" in output


def test_upgrade_and_status_say_how_it_stands(database: str):
    newest = known_revisions()[-1]
    assert run("db", "status", "--database", database) == (0, f"Tables: none yet. This version: {newest}.\n")
    assert run("db", "upgrade", "--database", database) == (0, f"Upgraded: none → {newest}.\n")
    assert run("db", "upgrade", "--database", database) == (0, f"The tables are at revision {newest}.\n")
    assert run("db", "status", "--database", database) == (0, f"Tables: {newest}. This version: {newest}.\n")


def test_what_fails_half_way_has_not_happened(database: str):
    with opened(database) as engine:
        upgrade(engine)
        with suppress(ZeroDivisionError), writing(engine) as connection:
            connection.execute(LATER)
            _ = 1 / 0
    assert schema(database) is Schema.CURRENT


def test_sqlite_writes_ahead_and_a_reader_waits_for_no_writer(tmp_path: Path):
    with opened(f"sqlite:///{tmp_path / 'a.sqlite3'}") as engine:
        upgrade(engine)
        with writing(engine) as writer:
            writer.execute(LATER)
            with reading(engine) as reader:
                assert reader.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
                assert schema_of(reader) is Schema.CURRENT


def test_sqlite_waits_for_the_disk_where_it_is_told_to(tmp_path: Path):
    for synchronous, number in (("NORMAL", 1), ("FULL", 2)):
        with opened(f"sqlite:///{tmp_path / 'a.sqlite3'}", synchronous) as engine, reading(engine) as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == number


def _count(address: str, times: int) -> None:
    engine = open_database(address)
    for _ in range(times):
        with writing(engine) as connection:
            (number,) = connection.exec_driver_sql("SELECT n FROM counter").one()
            connection.execute(sa.text("UPDATE counter SET n = :n"), {"n": number + 1})
    engine.dispose()


def test_two_processes_that_read_and_then_write_lose_nothing(tmp_path: Path):
    address = f"sqlite:///{tmp_path / 'a.sqlite3'}"
    with opened(address) as engine, writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE counter (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (0)")
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_count, args=(address, 50)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with opened(address) as engine, reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT n FROM counter").scalar() == 100


@pytest.mark.parametrize("address", ["mysql://root@localhost/x", "sqlite", "oracle://x", "sqlite:///nowhere/a.sqlite3"])
def test_an_address_that_cannot_be_used_is_told_without_repeating_it(address: str):
    with pytest.raises(DatabaseError) as caught, opened(address) as engine, reading(engine):
        pass
    assert address not in str(caught.value)


def test_a_server_that_is_not_there_is_told(tmp_path: Path):
    code, output = run("db", "status", "--database", f"postgresql://ldn:secret@/nothing?host={tmp_path}")
    assert code == 1
    assert "The database cannot be used: " in output
    assert "secret" not in output


def test_a_file_that_is_no_database_is_told(tmp_path: Path):
    (tmp_path / "ldn.sqlite3").write_text("something else entirely\n" * 100)
    code, output = run("terminology", "status")
    assert code == 1
    assert "The database cannot be used: file is not a database" in output
    code, output = run("check")
    assert code == 1
    assert "file is not a database" in output


def test_whether_a_file_is_there_is_told_without_loading_sqlalchemy(tmp_path: Path):
    (tmp_path / "there.sqlite3").touch()
    assert is_there("sqlite:///there.sqlite3")
    assert not is_there("sqlite:///ldn.sqlite3")
    assert is_there("postgresql://db.example.org/ldn")
    code = (
        "import sys; from cds_hooks.house import open_clinic, settings_from\n"
        "open_clinic(settings_from())\n"
        "sys.exit(sorted({'sqlalchemy', 'alembic', 'psycopg'} & set(sys.modules)) or 0)"
    )
    root = Path(databases.__file__).parents[1]
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_config_shows_the_database_without_its_password():
    code, output = run("config", "show")
    assert code == 0
    assert "database = sqlite:///ldn.sqlite3  # default." in output
    result = CliRunner().invoke(
        main, ["config", "show"], env={"LDN_DATABASE": "postgresql://ldn:se:cret@db.example.org/ldn?password=hush"}
    )
    assert "database = postgresql://ldn:…@db.example.org/ldn?password=…  # environment." in result.output
