"""What is not explained yet; and the indexes of the review desk, which some tables of an unreleased 0002 lack."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INDEXES = ("call_without_cards", "card_by_risk", "card_by_patient", "card_by_moment")


def upgrade() -> None:
    """Add the table and the indexes."""
    op.create_table(
        "unexplained",
        sa.Column("call_id", sa.Text, sa.ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":  # which would try to compress what cannot be
        op.execute("ALTER TABLE unexplained ALTER COLUMN sealed SET STORAGE EXTERNAL")
    _drop_indexes()  # of these names there are older ones about fewer columns
    op.create_index(
        "call_without_cards",
        "call",
        ["answered_at", "tenant", "service", "id"],
        sqlite_where=sa.text("naltrexone_orders > 0 AND cards = 0"),
        postgresql_where=sa.text("naltrexone_orders > 0 AND cards = 0"),
    )
    asked = ["tenant", "mode", "review", "client", "outcome", "indicator", "rule_version", "summary"]
    newest_first: list[str | sa.TextClause] = [sa.text("at DESC"), "uuid", *asked]
    risk = (
        "(CASE WHEN outcome = 'overridden' AND urgency = 2 THEN 0 "
        "WHEN has_comment THEN 1 WHEN has_gaps THEN 2 ELSE 3 END)"
    )
    op.create_index("card_by_risk", "card", [sa.text(risk), *newest_first])
    op.create_index("card_by_patient", "card", ["patient", "at"])
    op.create_index("card_by_moment", "card", newest_first)


def downgrade() -> None:
    """Take them away."""
    _drop_indexes()
    op.drop_table("unexplained")


def _drop_indexes() -> None:
    for name in _INDEXES:
        op.execute(f"DROP INDEX IF EXISTS {name}")
