"""Judgments and traffic: append-only events, each chained to the one before."""

import sqlalchemy as sa
from alembic import op

from llmops_workbench.core.store.types import Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("created", sa.String(length=40), nullable=False),
        sa.Column("previous", sa.String(length=80), nullable=False),
        sa.Column("chain", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=250), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("model_version", sa.String(length=400), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("payload", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("idempotency_key"),
    )
    op.create_index("ix_audit_events_action", "audit_events", ["action", "id"], unique=False)
    op.create_index("ix_audit_events_subject", "audit_events", ["subject", "id"], unique=False)
    op.create_table(
        "label_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("created", sa.String(length=40), nullable=False),
        sa.Column("previous", sa.String(length=80), nullable=False),
        sa.Column("chain", sa.String(length=80), nullable=False),
        sa.Column("queue", sa.String(length=250), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("schema", sa.String(length=100), nullable=False),
        sa.Column("value", Json(), nullable=True),
        sa.Column("annotator", sa.String(length=250), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("supersedes", sa.BigInteger(), nullable=True),
        sa.Column("model_version", sa.String(length=400), nullable=True),
        sa.Column("payload", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("idempotency_key"),
    )
    op.create_index(
        "ix_label_events_item",
        "label_events",
        ["queue", "item", "schema", "annotator", "id"],
        unique=False,
    )
    op.create_index("ix_label_events_queue", "label_events", ["queue", "id"], unique=False)
    op.create_table(
        "traffic_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("created", sa.String(length=40), nullable=False),
        sa.Column("previous", sa.String(length=80), nullable=False),
        sa.Column("chain", sa.String(length=80), nullable=False),
        sa.Column("endpoint", sa.String(length=250), nullable=False),
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column("model_version", sa.String(length=400), nullable=True),
        sa.Column("prompt_version", sa.String(length=400), nullable=True),
        sa.Column("key_id", sa.String(length=80), nullable=True),
        sa.Column("request", Json(), nullable=False),
        sa.Column("response", Json(), nullable=True),
        sa.Column("latency_ms", sa.Float(), nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("payload", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("idempotency_key"),
    )
    op.create_index("ix_traffic_events_created", "traffic_events", ["created"], unique=False)
    op.create_index(
        "ix_traffic_events_endpoint", "traffic_events", ["endpoint", "id"], unique=False
    )
    op.create_index(
        "ix_traffic_events_model", "traffic_events", ["model_version", "id"], unique=False
    )
    op.create_index("ix_traffic_events_request", "traffic_events", ["request_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_traffic_events_request", table_name="traffic_events")
    op.drop_index("ix_traffic_events_model", table_name="traffic_events")
    op.drop_index("ix_traffic_events_endpoint", table_name="traffic_events")
    op.drop_index("ix_traffic_events_created", table_name="traffic_events")
    op.drop_table("traffic_events")
    op.drop_index("ix_label_events_queue", table_name="label_events")
    op.drop_index("ix_label_events_item", table_name="label_events")
    op.drop_table("label_events")
    op.drop_index("ix_audit_events_subject", table_name="audit_events")
    op.drop_index("ix_audit_events_action", table_name="audit_events")
    op.drop_table("audit_events")
