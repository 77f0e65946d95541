"""People who sign in with a password, and their sessions, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cds_hooks.databases import opened, reading
from cds_hooks.migrating import upgrade
from cds_hooks.people.directory import LONGEST_SESSION, Directory, DirectoryError, User
from cds_hooks.people.roles import MAY, Permission, Role
from cds_hooks.tables import SESSIONS, USERS

PASSWORD = "a long enough password"  # noqa: S105


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def directory(database, clock):
    with opened(database) as engine:
        upgrade(engine)
        yield Directory(engine, clock)


def test_somebody_is_known_by_name_and_password(directory):
    directory.add(User("ann", Role.REVIEWER, ("north",)), PASSWORD)
    assert directory.check("ann", PASSWORD) == User("ann", Role.REVIEWER, ("north",))


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "another password"), ("bob", PASSWORD), ("", ""), ("ann", "x" * 5000)]
)
def test_nobody_is_known_by_another_name_or_password(directory, name, password):
    directory.add(User("ann", Role.REVIEWER), PASSWORD)
    assert directory.check(name, password) is None


def test_whoever_is_switched_off_is_not_let_in(directory):
    directory.add(User("ann", Role.ADMIN), PASSWORD)
    directory.change("ann", is_on=False)
    assert directory.check("ann", PASSWORD) is None
    assert directory.users() == [User("ann", Role.ADMIN, is_on=False)]


def test_the_database_holds_no_password(directory):
    directory.add(User("ann", Role.ADMIN), PASSWORD)
    with reading(directory.engine) as connection:
        (row,) = connection.execute(USERS.select()).all()
    assert row.password_hash.startswith("$argon2id$")
    assert PASSWORD not in str(row)


@pytest.mark.parametrize(
    ("user", "password", "told"),
    [
        (User("ann", Role.ADMIN), PASSWORD, "There is a user ann already."),
        (User("bob", Role.ADMIN), "x" * 11, "A password needs at least 12 characters."),
        (User("bob", Role.ADMIN), "x" * 257, "A password may have at most 256 characters."),
        (User(" ", Role.ADMIN), PASSWORD, "A user's name is 1 to 100 printable characters."),
        (User("a\nb", Role.ADMIN), PASSWORD, "A user's name is 1 to 100 printable characters."),
    ],
)
def test_what_cannot_be_added_is_told(directory, user, password, told):
    directory.add(User("ann", Role.ADMIN), PASSWORD)
    with pytest.raises(DirectoryError, match=told):
        directory.add(user, password)


def test_a_password_of_twelve_characters_will_do(directory):
    directory.add(User("ann", Role.ADMIN), "x" * 12)
    assert directory.check("ann", "x" * 12)


def test_nobody_who_is_not_there_is_changed(directory):
    with pytest.raises(DirectoryError, match=r"There is no user ann\."):
        directory.change("ann", role=Role.VIEWER)


def test_a_session_holds_until_its_time_is_over(directory, clock):
    secret, session = directory.begin("ann", Role.APPROVER, ("north", "south"), "password", "token")
    assert directory.session(secret) == session
    clock.at += LONGEST_SESSION - timedelta(seconds=1)
    assert directory.session(secret) == session
    clock.at += timedelta(seconds=1)
    assert directory.session(secret) is None


def test_a_session_that_was_ended_is_none(directory):
    secret, _ = directory.begin("ann", Role.VIEWER, ("*",), "oidc", "token")
    directory.end(secret)
    directory.end("of nobody")
    assert directory.session(secret) is None


def test_the_database_holds_nothing_with_which_a_session_could_be_taken_over(directory):
    secret, _ = directory.begin("ann", Role.VIEWER, ("*",), "oidc", "token")
    with reading(directory.engine) as connection:
        (row,) = connection.execute(SESSIONS.select()).all()
    assert secret not in str(row)
    assert directory.session(row.id_hash) is None


def test_a_new_password_or_role_ends_the_sessions_begun_before(directory):
    directory.add(User("ann", Role.REVIEWER), PASSWORD)
    secret, _ = directory.begin("ann", Role.REVIEWER, ("*",), "password", "token")
    directory.change("ann", role=Role.VIEWER, password="another long password")  # noqa: S106
    assert directory.session(secret) is None
    assert directory.check("ann", PASSWORD) is None
    assert directory.check("ann", "another long password") == User("ann", Role.VIEWER)


def test_every_role_may_read_and_only_an_admin_may_do_everything():
    assert MAY.keys() == set(Role)
    assert all(Permission.READ in allowed for allowed in MAY.values())
    assert [role for role in Role if MAY[role] == set(Permission)] == [Role.ADMIN]
