"""Who may sign in on this machine, and who has: users and their sessions, in the database.

A session's id is known to the browser alone; the table holds its SHA-256, so that whoever reads the database cannot
take a session over. The same holds for nothing else here: names and roles are plain.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, update

from cds_hooks.databases import reading, writing
from cds_hooks.memory.stamps import stamp
from cds_hooks.people.passwords import hash_of, is_right
from cds_hooks.people.roles import ALL_TENANTS, Role
from cds_hooks.tables import SESSIONS, USERS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

LONGEST_SESSION: Final = timedelta(hours=10)
"""A working day: then one signs in again, used or not."""


class DirectoryError(Exception):
    """What was asked of the directory cannot be done; the message says why."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in with a password. ``tenants`` are those whose cards they see, ``("*",)`` for all."""

    name: str
    role: Role
    tenants: tuple[str, ...] = ALL_TENANTS
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has signed in. ``by`` is how: ``password``, ``oidc`` or ``proxy``."""

    who: str
    role: Role
    tenants: tuple[str, ...]
    by: str
    csrf: str
    expires_at: datetime


@dataclass(frozen=True)
class Directory:
    """The users and the sessions of one database; ``now`` tells the moment in UTC."""

    engine: Engine
    now: Callable[[], datetime]
    new_secret: Callable[[], str] = token_urlsafe

    # --- users ---

    def add(self, user: User, password: str) -> None:
        """Add a user; raises ``DirectoryError`` for a name that is taken or a password that will not do."""
        if not user.name.strip() or len(user.name) > 100 or not user.name.isprintable():
            raise DirectoryError("A user's name is 1 to 100 printable characters.")
        try:
            hashed = hash_of(password)
        except ValueError as problem:
            raise DirectoryError(str(problem)) from None
        with writing(self.engine) as connection:
            if _user(connection, user.name) is not None:
                raise DirectoryError(f"There is a user {user.name} already.")
            connection.execute(
                insert(USERS).values(
                    name=user.name,
                    password_hash=hashed,
                    role=user.role.value,
                    tenants_json=json.dumps(list(user.tenants)),
                    is_on=True,
                    changed_at=stamp(self.now()),
                )
            )

    def change(
        self,
        name: str,
        *,
        role: Role | None = None,
        tenants: tuple[str, ...] | None = None,
        is_on: bool | None = None,
        password: str | None = None,
    ) -> None:
        """Change what is given of a user, and end the sessions that began under what was before."""
        values: dict[str, object] = {"changed_at": stamp(self.now())}
        if role is not None:
            values["role"] = role.value
        if tenants is not None:
            values["tenants_json"] = json.dumps(list(tenants))
        if is_on is not None:
            values["is_on"] = is_on
        if password is not None:
            try:
                values["password_hash"] = hash_of(password)
            except ValueError as problem:
                raise DirectoryError(str(problem)) from None
        with writing(self.engine) as connection:
            changed = connection.execute(update(USERS).where(USERS.c.name == name).values(values)).rowcount
            if not changed:
                raise DirectoryError(f"There is no user {name}.")
            connection.execute(delete(SESSIONS).where(SESSIONS.c.who == name, SESSIONS.c.by == "password"))

    def users(self) -> list[User]:
        """Everybody who may sign in with a password, by name."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(USERS).order_by(USERS.c.name)).all()
        return [User(row.name, Role(row.role), tuple(json.loads(row.tenants_json)), bool(row.is_on)) for row in rows]

    def check(self, name: str, password: str) -> User | None:
        """The user of that name and password; nobody for every kind of mistake, in about the same time."""
        with reading(self.engine) as connection:
            row = _user(connection, name)
            kept = row.password_hash if row is not None and row.is_on else None
        if not is_right(password, kept) or row is None:
            return None
        return User(row.name, Role(row.role), tuple(json.loads(row.tenants_json)))

    # --- sessions ---

    def begin(self, who: str, role: Role, tenants: tuple[str, ...], by: str, csrf: str) -> tuple[str, Session]:
        """Begin a session: its id, for the browser alone, and what it is. ``csrf`` is what its forms bring back."""
        secret = self.new_secret()
        now = self.now()
        session = Session(who, role, tenants, by, csrf, now + LONGEST_SESSION)
        with writing(self.engine) as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at < stamp(now)))
            connection.execute(
                insert(SESSIONS).values(
                    id_hash=_hashed(secret),
                    who=who,
                    role=role.value,
                    tenants_json=json.dumps(list(tenants)),
                    by=by,
                    began_at=stamp(now),
                    expires_at=stamp(session.expires_at),
                    csrf=session.csrf,
                )
            )
        return secret, session

    def session(self, secret: str) -> Session | None:
        """The session of that id, if it still holds."""
        with reading(self.engine) as connection:
            row = connection.execute(select(SESSIONS).where(SESSIONS.c.id_hash == _hashed(secret))).one_or_none()
        if row is None or row.expires_at <= stamp(self.now()):
            return None
        return Session(
            row.who,
            Role(row.role),
            tuple(json.loads(row.tenants_json)),
            row.by,
            row.csrf,
            datetime.fromisoformat(row.expires_at),
        )

    def end(self, secret: str) -> None:
        """End a session; an id that is none ends nothing."""
        with writing(self.engine) as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.id_hash == _hashed(secret)))


def _hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _user(connection: Connection, name: str):  # type: ignore[no-untyped-def]  # a row, whose type SQLAlchemy keeps
    return connection.execute(select(USERS).where(USERS.c.name == name)).one_or_none()
