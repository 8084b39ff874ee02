"""The workbench's own database: names, versions, runs, judgments, and what is still to be sent."""

from llmops_workbench.core.store.store import Store

__all__ = ["Store"]
