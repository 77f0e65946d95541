"""Second opinions that were asked for; on a card, who was to sign and whether the answer did without failed data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


_RISK = (
    "(CASE WHEN outcome = 'overridden' AND urgency = 2 THEN 0 WHEN has_comment THEN 1 WHEN has_gaps THEN 2 ELSE 3 END)"
)


def upgrade() -> None:
    """Add the table and the columns; of cards that are there, what their calls tell is filled in."""
    op.create_table(
        "second_opinion",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("card", sa.Text, sa.ForeignKey("card.uuid", ondelete="CASCADE"), nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("undone_at", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("ix_second_opinion_card", "second_opinion", ["card"])
    op.add_column("card", sa.Column("prescriber_kind", sa.Text, nullable=False, server_default=""))
    op.add_column("card", sa.Column("is_degraded", sa.Boolean, nullable=False, server_default="0"))
    op.create_index(
        "card_degraded",
        "card",
        [sa.text(_RISK), sa.text("at DESC"), "uuid"],
        sqlite_where=sa.text("is_degraded = 1"),
        postgresql_where=sa.text("is_degraded"),
    )
    card = sa.table("card", sa.column("call_id"), sa.column("is_degraded"))
    call = sa.table("call", sa.column("id"), sa.column("states_json"))
    failed = sa.select(call.c.id).where(call.c.states_json.contains('"failed"'))
    op.execute(card.update().where(card.c.call_id.in_(failed)).values(is_degraded=sa.true()))


def downgrade() -> None:
    """Take them away."""
    op.drop_index("card_degraded", "card")
    op.drop_column("card", "is_degraded")
    op.drop_column("card", "prescriber_kind")
    op.drop_table("second_opinion")
