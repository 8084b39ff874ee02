"""The catalogue: names, versions, aliases, runs, lineage, jobs, and what is still to be sent."""

import sqlalchemy as sa
from alembic import op

from llmops_workbench.core.store.types import Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alias_history",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("alias", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("previous", sa.Integer(), nullable=True),
        sa.Column("created", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_alias_history", "alias_history", ["kind", "name", "alias", "id"], unique=False
    )
    op.create_table(
        "aliases",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("alias", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("kind", "name", "alias"),
    )
    op.create_table(
        "cache",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("value", Json(), nullable=False),
        sa.Column("created", sa.String(length=40), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "edges",
        sa.Column("id", _ID, nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("target", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "target", "kind", "run_id", name="uq_edges"),
    )
    op.create_index("ix_edges_target", "edges", ["target", "source"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("operation", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.Column("steps", sa.BigInteger(), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("host", sa.String(length=250), nullable=True),
        sa.Column("executor", sa.String(length=40), nullable=True),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("created", sa.String(length=40), nullable=False),
        sa.Column("updated", sa.String(length=40), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.PrimaryKeyConstraint("job"),
    )
    op.create_index("ix_jobs_created", "jobs", ["created"], unique=False)
    op.create_index("ix_jobs_run", "jobs", ["run_id"], unique=False)
    op.create_index("ix_jobs_state", "jobs", ["state", "created"], unique=False)
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("value", Json(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("created", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.String(length=40), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_outbox_open", "outbox", ["done", "id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=80), nullable=False),
        sa.Column("operation", sa.String(length=100), nullable=False),
        sa.Column("arguments", Json(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started", sa.String(length=40), nullable=False),
        sa.Column("ended", sa.String(length=40), nullable=True),
        sa.Column("parent_run_id", sa.String(length=64), nullable=True),
        sa.Column("inputs", Json(), nullable=False),
        sa.Column("outputs", Json(), nullable=False),
        sa.Column("metrics", Json(), nullable=False),
        sa.Column("result", Json(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("replay", sa.Text(), nullable=True),
        sa.Column("tags", Json(), nullable=False),
        sa.Column("removed", sa.String(length=40), nullable=True),
        sa.Column("mlflow_run_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index("ix_runs_mlflow", "runs", ["mlflow_run_id"], unique=False)
    op.create_index("ix_runs_operation", "runs", ["operation", "started"], unique=False)
    op.create_index("ix_runs_parent", "runs", ["parent_run_id"], unique=False)
    op.create_index("ix_runs_started", "runs", ["started", "run_id"], unique=False)
    op.create_index("ix_runs_state", "runs", ["state", "started"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=80), nullable=False),
        sa.Column("parents", Json(), nullable=False),
        sa.Column("created", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("meta", Json(), nullable=False),
        sa.Column("tags", Json(), nullable=False),
        sa.Column("scores", Json(), nullable=False),
        sa.Column("removed", sa.String(length=40), nullable=True),
        sa.Column("mlflow_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "name", "version", name="uq_versions_number"),
    )
    op.create_index("ix_versions_kind_hash", "versions", ["kind", "hash"], unique=False)
    op.create_index("ix_versions_kind_id", "versions", ["kind", "id"], unique=False)
    op.create_index("ix_versions_run", "versions", ["run_id"], unique=False)
    op.execute("INSERT INTO counter (name, value) VALUES ('revision', 0)")


def downgrade() -> None:
    op.drop_index("ix_versions_run", table_name="versions")
    op.drop_index("ix_versions_kind_id", table_name="versions")
    op.drop_index("ix_versions_kind_hash", table_name="versions")
    op.drop_table("versions")
    op.drop_index("ix_runs_state", table_name="runs")
    op.drop_index("ix_runs_started", table_name="runs")
    op.drop_index("ix_runs_parent", table_name="runs")
    op.drop_index("ix_runs_operation", table_name="runs")
    op.drop_index("ix_runs_mlflow", table_name="runs")
    op.drop_table("runs")
    op.drop_index("ix_outbox_open", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("meta")
    op.drop_index("ix_jobs_state", table_name="jobs")
    op.drop_index("ix_jobs_run", table_name="jobs")
    op.drop_index("ix_jobs_created", table_name="jobs")
    op.drop_table("jobs")
    op.drop_index("ix_edges_target", table_name="edges")
    op.drop_table("edges")
    op.drop_table("counter")
    op.drop_table("cache")
    op.drop_table("aliases")
    op.drop_index("ix_alias_history", table_name="alias_history")
    op.drop_table("alias_history")
