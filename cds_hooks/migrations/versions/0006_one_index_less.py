"""A patient's cards are found by their calls: a card is in one index less, and an answer waits for less to be written."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the index of the cards away; that of the calls begins with the patient."""
    op.drop_index("card_by_patient", "card")
    op.drop_index("call_by_patient", "call")
    op.create_index("call_by_patient", "call", ["patient", "tenant", "answered_at"])


def downgrade() -> None:
    """Make them as they were."""
    op.drop_index("call_by_patient", "call")
    op.create_index("call_by_patient", "call", ["tenant", "patient", "answered_at"])
    op.create_index("card_by_patient", "card", ["patient", "at"])
