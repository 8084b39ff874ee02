"""The tables of the store, as they are in the newest format.

Times are ISO 8601 text in UTC. The chain of an event is computed over its values, so every column
gives back exactly what was put into it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from llmops_workbench.core.store.types import Json

metadata = MetaData()

# SQLite numbers rows by itself only for a column of exactly this type.
_Id = BigInteger().with_variant(Integer, "sqlite")
# Nothing is SQL's NULL, not JSON's, so that it can be asked for.
_OPTIONAL = Json(none_as_null=True)

counter = Table(
    "counter",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("value", Json, nullable=False),
)

versions = Table(
    "versions",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("name", String(250), nullable=False),  # empty for a snapshot that has no name
    Column("version", Integer, nullable=False),
    Column("hash", String(80), nullable=False),
    Column("parents", Json, nullable=False),
    Column("created", String(40), nullable=False),
    Column("run_id", String(64)),
    Column("meta", Json, nullable=False),
    Column("tags", Json, nullable=False),
    Column("scores", Json, nullable=False),
    Column("removed", String(40)),  # when; its number is never given again
    Column("mlflow_version", Integer),
    UniqueConstraint("kind", "name", "version", name="uq_versions_number"),
    Index("ix_versions_kind_id", "kind", "id"),
    Index("ix_versions_kind_hash", "kind", "hash"),
    Index("ix_versions_run", "run_id"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("name", String(250), primary_key=True),
    Column("alias", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("updated", String(40), nullable=False),
    Column("run_id", String(64)),
)

alias_history = Table(
    "alias_history",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("name", String(250), nullable=False),
    Column("alias", String(100), nullable=False),
    Column("version", Integer),  # null when the alias was taken away
    Column("previous", Integer),
    Column("created", String(40), nullable=False),
    Column("run_id", String(64)),
    Index("ix_alias_history", "kind", "name", "alias", "id"),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("hash", String(80), nullable=False),  # of the operation and its arguments
    Column("operation", String(100), nullable=False),
    Column("arguments", Json, nullable=False),
    Column("state", String(20), nullable=False),
    Column("started", String(40), nullable=False),
    Column("ended", String(40)),
    Column("parent_run_id", String(64)),
    Column("inputs", Json, nullable=False),
    Column("outputs", Json, nullable=False),
    Column("metrics", Json, nullable=False),
    Column("result", _OPTIONAL),
    Column("error", Text),
    Column("replay", Text),
    Column("tags", Json, nullable=False),
    Column("removed", String(40)),
    Column("mlflow_run_id", String(64)),
    Index("ix_runs_started", "started", "run_id"),
    Index("ix_runs_operation", "operation", "started"),
    Index("ix_runs_state", "state", "started"),
    Index("ix_runs_parent", "parent_run_id"),
    Index("ix_runs_mlflow", "mlflow_run_id"),
)

edges = Table(
    "edges",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("source", String(400), nullable=False),
    Column("target", String(400), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("run_id", String(64), nullable=False),  # empty when no run made it
    UniqueConstraint("source", "target", "kind", "run_id", name="uq_edges"),
    Index("ix_edges_target", "target", "source"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("job", String(64), primary_key=True),
    Column("run_id", String(64)),
    Column("operation", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("step", BigInteger),
    Column("steps", BigInteger),
    Column("pid", Integer),
    Column("host", String(250)),
    Column("executor", String(40)),
    Column("folder", Text),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False),
    Column("detail", Json, nullable=False),
    Index("ix_jobs_created", "created"),
    Index("ix_jobs_state", "state", "created"),
    Index("ix_jobs_run", "run_id"),
)

cache = Table(
    "cache",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("value", Json, nullable=False),
    Column("created", String(40), nullable=False),
    Column("hits", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("key", String(400), nullable=False, unique=True),
    Column("payload", Json, nullable=False),
    Column("created", String(40), nullable=False),
    Column("seq", BigInteger, nullable=False),  # raised each time the subject changes again
    Column("done", String(40)),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", String(40)),
    Column("error", Text),
    Index("ix_outbox_open", "done", "id"),
)


def _event_columns() -> list[Column[object]]:
    """Begin each table of events alike: identity, time, and the place in the chain."""
    return [
        Column("id", _Id, primary_key=True),
        Column("idempotency_key", String(200), nullable=False, unique=True),
        Column("schema_version", Integer, nullable=False),
        Column("created", String(40), nullable=False),
        Column("previous", String(80), nullable=False),  # chain value of the event before
        Column("chain", String(80), nullable=False),
    ]


label_events = Table(
    "label_events",
    metadata,
    *_event_columns(),
    Column("queue", String(250), nullable=False),
    Column("item", String(200), nullable=False),  # a row's __id__, or the id of a request
    Column("schema", String(100), nullable=False),  # which question was asked
    Column("value", _OPTIONAL),
    Column("annotator", String(250), nullable=False),
    Column("source", String(20), nullable=False),  # human, model or import
    Column("revision", Integer, nullable=False),  # 1, 2 … of this annotator's answer
    Column("supersedes", BigInteger),  # id of the answer that this one replaces
    Column("model_version", String(400)),
    Column("payload", Json, nullable=False),
    Index("ix_label_events_item", "queue", "item", "schema", "annotator", "id"),
    Index("ix_label_events_queue", "queue", "id"),
)

traffic_events = Table(
    "traffic_events",
    metadata,
    *_event_columns(),
    Column("endpoint", String(250), nullable=False),
    Column("request_id", String(100), nullable=False),
    Column("model_version", String(400)),
    Column("prompt_version", String(400)),
    Column("key_id", String(80)),  # a hash; never the key
    Column("request", Json, nullable=False),
    Column("response", _OPTIONAL),
    Column("latency_ms", Float),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("status", Integer, nullable=False),  # as HTTP counts
    Column("error", Text),
    Column("payload", Json, nullable=False),
    Index("ix_traffic_events_endpoint", "endpoint", "id"),
    Index("ix_traffic_events_request", "request_id"),
    Index("ix_traffic_events_model", "model_version", "id"),
    Index("ix_traffic_events_created", "created"),
)

audit_events = Table(
    "audit_events",
    metadata,
    *_event_columns(),
    Column("action", String(100), nullable=False),
    Column("actor", String(250), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("model_version", String(400)),
    Column("run_id", String(64)),
    Column("payload", Json, nullable=False),
    Index("ix_audit_events_subject", "subject", "id"),
    Index("ix_audit_events_action", "action", "id"),
)
