"""A site's own drug table: its edition, its codes, and all other codes in a compact form."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "terminology_edition",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("software", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
    )
    op.create_table(
        "terminology_code",
        sa.Column(
            "edition_id", sa.Integer, sa.ForeignKey("terminology_edition.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("ingredients", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("is_ours", sa.Boolean, nullable=False),
        sa.Column("strengths", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "terminology_code_ours",
        "terminology_code",
        ["edition_id"],
        sqlite_where=sa.text("is_ours"),
        postgresql_where=sa.text("is_ours"),
    )
    op.create_table(
        "terminology_others",
        sa.Column(
            "edition_id", sa.Integer, sa.ForeignKey("terminology_edition.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("codes", sa.LargeBinary, nullable=False),
        sa.Column("of_names", sa.LargeBinary, nullable=False),
        sa.Column("names", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Take the tables away, and with them the site's own edition."""
    op.drop_table("terminology_others")
    op.drop_table("terminology_code")
    op.drop_table("terminology_edition")
