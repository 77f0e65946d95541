"""A call with a card is written to fewer pages: what explains it lies with the call, and indexes nobody asks are gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UNASKED = {
    "card_by_time": ["tenant", "at"],
    "card_by_rule": ["tenant", "rule", "at"],
    "card_by_outcome": ["tenant", "outcome", "urgency", "at"],
}
_ASKED = ("tenant", "mode", "review", "client", "outcome", "indicator", "rule_version", "summary")


def upgrade() -> None:
    """Move what is put aside to the rows of the calls; take the indexes away."""
    op.add_column("call", sa.Column("sealed", sa.LargeBinary, nullable=True))
    _store_as_it_is("call")
    op.execute('UPDATE "call" SET sealed = (SELECT one.sealed FROM unexplained AS one WHERE one.call_id = "call".id)')
    op.drop_table("unexplained")
    op.create_index(
        "call_unexplained",
        "call",
        ["answered_at"],
        sqlite_where=sa.text("sealed IS NOT NULL"),
        postgresql_where=sa.text("sealed IS NOT NULL"),
    )
    for name in _UNASKED:
        op.drop_index(name, "card")
    op.drop_index("card_by_moment", "card")
    op.create_index("card_by_moment", "card", ["at", "uuid", *_ASKED])
    _make_rules_anew(with_rowid=False)


def downgrade() -> None:
    """Move it back, and make the indexes again."""
    _make_rules_anew(with_rowid=True)
    op.drop_index("card_by_moment", "card")
    op.create_index("card_by_moment", "card", [sa.text("at DESC"), "uuid", *_ASKED])
    for name, columns in _UNASKED.items():
        op.create_index(name, "card", columns)
    op.create_table(
        "unexplained",
        sa.Column("call_id", sa.Text, sa.ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    _store_as_it_is("unexplained")
    op.execute('INSERT INTO unexplained SELECT id, answered_at, sealed FROM "call" WHERE sealed IS NOT NULL')
    op.drop_index("call_unexplained", "call")
    op.drop_column("call", "sealed")


def _store_as_it_is(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # which would try to compress what cannot be
        op.execute(f'ALTER TABLE "{table}" ALTER COLUMN sealed SET STORAGE EXTERNAL')


def _make_rules_anew(*, with_rowid: bool) -> None:
    """In SQLite the key of a table is a tree beside it, or the table itself; there is no step from one to the other."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.drop_index("card_rule_by_rule", "card_rule")
    op.rename_table("card_rule", "card_rule_before")
    op.create_table(
        "card_rule",
        sa.Column("card", sa.Text, sa.ForeignKey("card.uuid", ondelete="CASCADE"), primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sqlite_with_rowid=with_rowid,
    )
    op.execute("INSERT INTO card_rule SELECT card, rule, version, indicator, tenant, at FROM card_rule_before")
    op.drop_table("card_rule_before")
    op.create_index("card_rule_by_rule", "card_rule", ["tenant", "rule", "at"])
