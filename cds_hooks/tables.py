"""Every table of the database that is not the drug table's, in one place.

Steps in ``migrations/versions`` make them; a test holds the two against each other. Times are UTC, as ISO 8601 text of
fixed width (``2026-11-24T10:11:12.123456Z``): they sort as text, and both databases give back what was put in. Members
whose name ends in ``_json`` hold JSON text. Nothing here names a patient or a user: ``patient`` and ``prescriber`` are
keyed hashes, made per tenant.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA: Final = MetaData()

CLIENTS: Final = Table(
    "client",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("issuer", Text, nullable=False, unique=True),
    Column("record_json", Text, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("changed_at", Text, nullable=False),
)
"""Who may call. ``record_json`` is the whole record, as ``clients show`` prints it; it holds no secret."""

CLIENT_SIGNS: Final = Table(
    "client_sign",
    METADATA,
    Column("client", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("detail_json", Text, nullable=False),
)
"""The last of each kind of thing seen of a client: its last call, refusal, keys, prefetch keys, feedback, clock."""

REPLAYS: Final = Table(
    "replay",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("expires_at", Text, nullable=False, index=True),
)
"""Token ids that were used; kept until the token could not be used anyway."""

CALLS: Final = Table(
    "call",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("hook_instance", Text, nullable=False),
    Column("patient", Text, nullable=False),
    Column("prescriber", Text, nullable=False),
    Column("answered_at", Text, nullable=False),
    Column("ms", Float, nullable=False),
    Column("software", Text, nullable=False),
    Column("rules_hash", Text, nullable=False),
    Column("naltrexone_orders", Integer, nullable=False),
    Column("opioid_orders", Integer, nullable=False),
    Column("cards", Integer, nullable=False),
    Column("unchecked", Integer, nullable=False),
    Column("orders_json", Text, nullable=False),
    Column("states_json", Text, nullable=False),
    Column("facts_json", Text, nullable=False),
    Column("trace", LargeBinary, nullable=True),
    Column("fetches_json", Text, nullable=False),
    Column("is_synthetic", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=True),
    Index("call_by_time", "tenant", "answered_at"),
    # Leads to a patient's cards too, by their call: an index of the cards would be one more to write before an answer.
    Index("call_by_patient", "patient", "tenant", "answered_at"),
    Index(
        "call_without_cards",
        "answered_at",
        "tenant",
        "service",
        "id",
        sqlite_where=text("naltrexone_orders > 0 AND cards = 0"),
        postgresql_where=text("naltrexone_orders > 0 AND cards = 0"),
    ),
    Index(
        "call_unexplained",
        "answered_at",
        sqlite_where=text("sealed IS NOT NULL"),
        postgresql_where=text("sealed IS NOT NULL"),
    ),
)
"""One answered call. ``unchecked`` counts the rules that could not be asked; ``states_json`` is the state of each kind
of data; ``orders_json`` the drafts as read; ``facts_json`` the findings with what they rest on, those silenced, and the
rules that could not be asked; ``trace`` the whole why and why not, zlib-compressed JSON, where a card was made: it is
added soon after, and until then ``sealed`` holds what it takes, under the secret of this installation: for a second or
so, longer only where a process was killed. ``fetches_json`` is what was read from the FHIR server."""

CARD_RISK: Final = (
    "(CASE WHEN outcome = 'overridden' AND urgency = 2 THEN 0 WHEN has_comment THEN 1 WHEN has_gaps THEN 2 ELSE 3 END)"
)
"""How soon a card wants to be looked at, the soonest least: overridden though critical, with a comment, with gaps."""

_NEWEST_FIRST: Final = (text("at DESC"), "uuid")
_ASKED_OF_A_CARD: Final = ("tenant", "mode", "review", "client", "outcome", "indicator", "rule_version", "summary")

CARDS: Final = Table(
    "card",
    METADATA,
    Column("uuid", Text, primary_key=True),
    Column("call_id", Text, ForeignKey("call.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("order_text", Text, nullable=False),
    Column("patient", Text, nullable=False),
    Column("prescriber", Text, nullable=False),
    Column("sent_json", Text, nullable=False),
    Column("has_gaps", Boolean, nullable=False),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("has_comment", Boolean, nullable=False, server_default="0"),
    Column("answer_seconds", Float, nullable=True),
    Column("review", Text, nullable=False, server_default=""),
    Column("is_synthetic", Boolean, nullable=False),
    Column("prescriber_kind", Text, nullable=False, server_default=""),
    Column("is_degraded", Boolean, nullable=False, server_default="0"),
    # For the work list: what its filters ask is in the index too, so that rows that are left out need not be fetched.
    Index("card_by_risk", text(CARD_RISK), *_NEWEST_FIRST, *_ASKED_OF_A_CARD),
    # Read from its end for the newest first: what is new is then written behind all else, and splits no page.
    Index("card_by_moment", "at", "uuid", *_ASKED_OF_A_CARD),
    Index(
        "card_degraded",
        text(CARD_RISK),
        *_NEWEST_FIRST,
        sqlite_where=text("is_degraded = 1"),
        postgresql_where=text("is_degraded"),
    ),
)
"""A card as it was sent (``mode`` live) or would have been (silent: its rule is not heard; retired: nor will it be again;
remembered: it was overridden on the same evidence; said-before: it was said while the order was being chosen; not-due: it
was said lately and its rule has a budget). In ``sent_json`` the client's own resources are cut to the order itself: no
subject, note, narrative or extension. ``urgency`` is 2 critical, 1 warning, 0 info. ``outcome``, ``reason``,
``has_comment`` and ``answer_seconds`` repeat the latest feedback and ``review`` the latest verdict, so that the work list
sorts without joining; ``outcome`` is empty where none was sent. ``prescriber_kind`` is the type of the user for whom the
client asked, empty where it is not known; ``is_degraded`` says that the answer did without data that failed, or came
late."""

CARD_RULES: Final = Table(
    "card_rule",
    METADATA,
    Column("card", Text, ForeignKey("card.uuid", ondelete="CASCADE"), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("card_rule_by_rule", "tenant", "rule", "at"),
    sqlite_with_rowid=False,
)
"""The rules that speak in a card: its ``ldn-cds.findings``."""

FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("card", Text, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
    Column("outcome_at", Text, nullable=False),
    Column("received_at", Text, nullable=False, index=True),
    Column("accepted_json", Text, nullable=False),
    Column("reasons_json", Text, nullable=False),
    Column("comments_json", Text, nullable=False),
    Column("as_sent", LargeBinary, nullable=False),
    Column("is_orphan", Boolean, nullable=False),
    Column("is_synthetic", Boolean, nullable=False, server_default="0"),
    UniqueConstraint("client", "service", "card", "outcome", "outcome_at", name="feedback_once"),
)
"""What became of cards, as clients told it; only ever added to. Comments and ``as_sent`` are people's own words."""

OVERRIDES: Final = Table(
    "override",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("patient", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("evidence", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("until", Text, nullable=False, index=True),
)
"""What a prescriber overrode with a coded reason, for this patient, on this evidence: not said again until ``until``."""

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("detail_json", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
"""What people and the service itself did that may be asked about later: a chain in which a missing link shows."""

VERDICTS: Final = Table(
    "verdict",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("subject", Text, nullable=False, index=True),
    Column("tenant", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("card_verdict", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("response_verdict", Text, nullable=False),
    Column("harm", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("to_owner", Boolean, nullable=False),
    Column("is_second", Boolean, nullable=False),
    Column("seconds", Float, nullable=True),
    Column("undone_at", Text, nullable=False, server_default=""),
    Column("is_synthetic", Boolean, nullable=False, server_default="0"),
    Index("verdict_by_time", "tenant", "at"),
)
"""What a reviewer judged. ``subject`` is a card's uuid, or a call's id where the call was sampled for having no card."""

SECOND_OPINIONS: Final = Table(
    "second_opinion",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("card", Text, ForeignKey("card.uuid", ondelete="CASCADE"), nullable=False, index=True),
    Column("tenant", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("undone_at", Text, nullable=False, server_default=""),
)
"""That a reviewer asked for somebody else's verdict on a card."""

RULE_MODES: Final = Table(
    "rule_mode",
    METADATA,
    Column("rule", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("who", Text, nullable=False),
)
"""Rules that are not simply live: ``silent`` (asked and kept, not returned) or ``retired``. An empty ``client`` means
every client; an empty ``until`` means until changed."""

USERS: Final = Table(
    "user",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("tenants_json", Text, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("changed_at", Text, nullable=False),
)
"""People who sign in on this machine; ``tenants_json`` lists those they may see, ``["*"]`` for all."""

SESSIONS: Final = Table(
    "session",
    METADATA,
    Column("id_hash", Text, primary_key=True),
    Column("who", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("tenants_json", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("began_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False, index=True),
    Column("csrf", Text, nullable=False),
)

SAVED_VIEWS: Final = Table(
    "saved_view",
    METADATA,
    Column("who", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("query", Text, nullable=False),
)

SNAPSHOTS: Final = Table(
    "snapshot",
    METADATA,
    Column("call_id", Text, ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("delete_after", Text, nullable=False, index=True),
)
"""The request without its token, and the answer, zlib-compressed: kept only where a site chose to, and not for long."""
