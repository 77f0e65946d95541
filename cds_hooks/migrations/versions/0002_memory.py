"""What is remembered of calls, cards, feedback, reviews, clients and people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "client",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False, unique=True),
        sa.Column("record_json", sa.Text, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
    )
    op.create_table(
        "client_sign",
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("detail_json", sa.Text, nullable=False),
    )
    op.create_table(
        "replay",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("jti", sa.Text, primary_key=True),
        sa.Column("expires_at", sa.Text, nullable=False),
    )
    op.create_index("ix_replay_expires_at", "replay", ["expires_at"])
    op.create_table(
        "call",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("hook", sa.Text, nullable=False),
        sa.Column("hook_instance", sa.Text, nullable=False),
        sa.Column("patient", sa.Text, nullable=False),
        sa.Column("prescriber", sa.Text, nullable=False),
        sa.Column("answered_at", sa.Text, nullable=False),
        sa.Column("ms", sa.Float, nullable=False),
        sa.Column("software", sa.Text, nullable=False),
        sa.Column("rules_hash", sa.Text, nullable=False),
        sa.Column("naltrexone_orders", sa.Integer, nullable=False),
        sa.Column("opioid_orders", sa.Integer, nullable=False),
        sa.Column("cards", sa.Integer, nullable=False),
        sa.Column("unchecked", sa.Integer, nullable=False),
        sa.Column("orders_json", sa.Text, nullable=False),
        sa.Column("states_json", sa.Text, nullable=False),
        sa.Column("facts_json", sa.Text, nullable=False),
        sa.Column("trace", sa.LargeBinary, nullable=True),
        sa.Column("fetches_json", sa.Text, nullable=False),
        sa.Column("is_synthetic", sa.Boolean, nullable=False),
    )
    op.create_index("call_by_time", "call", ["tenant", "answered_at"])
    op.create_index("call_by_patient", "call", ["tenant", "patient", "answered_at"])
    op.create_table(
        "card",
        sa.Column("uuid", sa.Text, primary_key=True),
        sa.Column("call_id", sa.Text, sa.ForeignKey("call.id", ondelete="CASCADE"), nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("order_text", sa.Text, nullable=False),
        sa.Column("patient", sa.Text, nullable=False),
        sa.Column("prescriber", sa.Text, nullable=False),
        sa.Column("sent_json", sa.Text, nullable=False),
        sa.Column("has_gaps", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False, server_default=""),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("has_comment", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("answer_seconds", sa.Float, nullable=True),
        sa.Column("review", sa.Text, nullable=False, server_default=""),
        sa.Column("is_synthetic", sa.Boolean, nullable=False),
    )
    op.create_index("ix_card_call_id", "card", ["call_id"])
    op.create_index("card_by_time", "card", ["tenant", "at"])
    op.create_index("card_by_rule", "card", ["tenant", "rule", "at"])
    op.create_index("card_by_outcome", "card", ["tenant", "outcome", "urgency", "at"])
    op.create_table(
        "card_rule",
        sa.Column("card", sa.Text, sa.ForeignKey("card.uuid", ondelete="CASCADE"), primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("card_rule_by_rule", "card_rule", ["tenant", "rule", "at"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("outcome_at", sa.Text, nullable=False),
        sa.Column("received_at", sa.Text, nullable=False),
        sa.Column("accepted_json", sa.Text, nullable=False),
        sa.Column("reasons_json", sa.Text, nullable=False),
        sa.Column("comments_json", sa.Text, nullable=False),
        sa.Column("as_sent", sa.LargeBinary, nullable=False),
        sa.Column("is_orphan", sa.Boolean, nullable=False),
        sa.Column("is_synthetic", sa.Boolean, nullable=False, server_default="0"),
        sa.UniqueConstraint("client", "service", "card", "outcome", "outcome_at", name="feedback_once"),
    )
    op.create_index("ix_feedback_card", "feedback", ["card"])
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])
    op.create_table(
        "override",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("patient", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("evidence", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
    )
    op.create_index("ix_override_until", "override", ["until"])
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("detail_json", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "verdict",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("card_verdict", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("response_verdict", sa.Text, nullable=False),
        sa.Column("harm", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("to_owner", sa.Boolean, nullable=False),
        sa.Column("is_second", sa.Boolean, nullable=False),
        sa.Column("seconds", sa.Float, nullable=True),
        sa.Column("undone_at", sa.Text, nullable=False, server_default=""),
        sa.Column("is_synthetic", sa.Boolean, nullable=False, server_default="0"),
    )
    op.create_index("ix_verdict_subject", "verdict", ["subject"])
    op.create_index("verdict_by_time", "verdict", ["tenant", "at"])
    op.create_table(
        "rule_mode",
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
    )
    op.create_table(
        "user",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("tenants_json", sa.Text, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("id_hash", sa.Text, primary_key=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("tenants_json", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("began_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
    )
    op.create_index("ix_session_expires_at", "session", ["expires_at"])
    op.create_table(
        "saved_view",
        sa.Column("who", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("query", sa.Text, nullable=False),
    )
    op.create_table(
        "snapshot",
        sa.Column("call_id", sa.Text, sa.ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("response", sa.LargeBinary, nullable=False),
        sa.Column("delete_after", sa.Text, nullable=False),
    )
    op.create_index("ix_snapshot_delete_after", "snapshot", ["delete_after"])


def downgrade() -> None:
    """Take the tables away, and with them all that was remembered."""
    op.drop_table("snapshot")
    op.drop_table("saved_view")
    op.drop_table("session")
    op.drop_table("user")
    op.drop_table("rule_mode")
    op.drop_table("verdict")
    op.drop_table("audit")
    op.drop_table("override")
    op.drop_table("feedback")
    op.drop_table("card_rule")
    op.drop_table("card")
    op.drop_table("call")
    op.drop_table("replay")
    op.drop_table("client_sign")
    op.drop_table("client")
