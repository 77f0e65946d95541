"""What each role may do at the review desk: one table, asked by every route."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

ALL_TENANTS: Final = ("*",)
"""Stands for every tenant, those to come included."""


class Role(StrEnum):
    """Who somebody is at the desk."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Permission(StrEnum):
    """What may be done there."""

    READ = "read cards and figures"
    JUDGE = "judge cards"
    SILENCE = "silence rules"
    READ_RAW = "read requests and answers as they travelled"
    EXPORT = "export without what identifies"
    EXPORT_IDENTIFIED = "export with what identifies"
    READ_CLIENTS = "read how clients are connected"
    READ_AUDIT = "read the audit events"
    TEST_CLIENTS = "test how clients are connected"
    READ_SYSTEM = "read how the machine is kept"


MAY: Final = {
    Role.VIEWER: frozenset({Permission.READ}),
    Role.REVIEWER: frozenset({Permission.READ, Permission.JUDGE, Permission.EXPORT}),
    Role.APPROVER: frozenset({Permission.READ, Permission.JUDGE, Permission.EXPORT, Permission.SILENCE}),
    Role.AUDITOR: frozenset(
        {
            *(Permission.READ, Permission.EXPORT, Permission.READ_RAW),
            *(Permission.READ_AUDIT, Permission.READ_CLIENTS, Permission.READ_SYSTEM),
        }
    ),
    Role.ADMIN: frozenset(Permission),
}
"""The permissions of each role."""
