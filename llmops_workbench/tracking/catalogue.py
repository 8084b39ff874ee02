"""The catalogue: every name, version, alias, parent, run and job, read without MLflow.

It is the mirror that `ls`, `show`, `jobs`, `lineage`, completion and the server ask. A change goes
to the store first; what MLflow should know of it goes to the outbox in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from llmops_workbench.core.errors import NotFoundError, not_found
from llmops_workbench.core.references import Reference, check_kind, parse
from llmops_workbench.tracking.run_catalogue import RunCatalogue
from llmops_workbench.tracking.version import Version


class Catalogue(RunCatalogue):
    """The catalogue of a workspace.

    Args:
        workspace: An open workspace.
    """

    def register(
        self,
        kind: str,
        name: str,
        *,
        hash: str,
        parents: Iterable[str | Reference] = (),
        meta: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        aliases: Iterable[str] = (),
    ) -> Version:
        """Register content under a name, as the next version.

        Args:
            kind: Any kind but run.
            name: Empty for a snapshot that is known by its hash alone.
            hash: `sha256-…` of the content.
            parents: What it was made from; aliases are resolved to numbers now.
            meta: JSON values that belong to the version. A prompt keeps `template` here (text, or
                a list of chat messages), a model `path`, a dataset its columns and roles.
            run_id: The run that made it.
            aliases: Aliases to set on it in the same transaction.

        Returns:
            The new version; or the newest one, when its hash and parents are the same.

        Raises:
            UsageError: The name or an alias cannot be one.
            NotFoundError: A parent does not exist.
        """
        from llmops_workbench.tracking import versions

        pinned = tuple(self.pin(parent) for parent in parents)
        with self.store.write() as connection:
            return versions.register(
                connection,
                check_kind(kind),
                name,
                hash,
                pinned,
                dict(meta or {}),
                run_id,
                tuple(aliases),
            )

    def get(self, ref: str | Reference, kind: str | None = None) -> Version:
        """Resolve a reference.

        Args:
            ref: With a number, an alias or the beginning of a hash; a bare name is the newest. A
                run may be given by the beginning of its id.
            kind: What a text without a kind is.

        Raises:
            NotFoundError: It names nothing; the nearest name is said.
            AmbiguousError: A hash or an id is too short to tell two apart.
        """
        from llmops_workbench.tracking import runs, versions

        asked = parse(ref, kind) if isinstance(ref, str) else ref
        if asked.external:
            raise NotFoundError(f"'{asked.name}' is not registered: it is used as it is")
        with self.store.read() as connection:
            if asked.kind == "run":
                return _run_version(runs.find(connection, asked.name))
            return versions.find(connection, asked)

    def pin(self, ref: str | Reference, kind: str | None = None) -> str:
        """Write a reference so that it will always mean the same: `kind:name@number`.

        Raises:
            NotFoundError: It names nothing.
            AmbiguousError: As for `get`.
        """
        asked = parse(ref, kind) if isinstance(ref, str) else ref
        if asked.external:
            return str(asked)
        found = self.get(asked).ref
        return str(found) + (f"#{asked.split}" if asked.split else "")

    def names(self, kind: str) -> list[str]:
        """List the names of a kind, in order of the alphabet; snapshots have none."""
        from llmops_workbench.tracking import versions

        with self.store.read() as connection:
            return versions.names(connection, check_kind(kind))

    def versions(self, kind: str, name: str) -> list[Version]:
        """List the versions of a name, oldest first.

        Raises:
            NotFoundError: There is no such name.
        """
        from llmops_workbench.tracking import versions

        with self.store.read() as connection:
            found = versions.of_name(connection, kind, name)
            if not found and name:
                raise not_found(kind, name, versions.names(connection, kind))
            return found

    def made_by(self, run_id: str) -> list[Version]:
        """List the versions that a run has made, in the order in which it made them."""
        from llmops_workbench.tracking import versions

        with self.store.read() as connection:
            return versions.made_by(connection, run_id)

    def items(
        self,
        kind: str,
        *,
        limit: int = 50,
        offset: int = 0,
        where: str | None = None,
        order: str = "",
        newest: bool = False,
        words: Sequence[str] = (),
    ) -> tuple[list[dict[str, Any]], int]:
        """List a page of a kind, newest first unless told otherwise.

        Args:
            kind: Singular or plural.
            limit: Rows in the page.
            offset: Rows before the page.
            where: Words that must all hold, separated by spaces: `text` (is part of the name),
                `field=value`, `field!=value`, `field>value`, `field<value`. Fields: name, version,
                hash, alias, created, run_id, `tags.KEY`, `meta.KEY`, `scores.METRIC`; of runs:
                operation, state, started, ended, parent, input, output, error, `metrics.NAME`,
                `tags.KEY`.
            order: A field of these to sort by, with a minus before it for the other way round.
            words: Must all be part of the name; nothing in them is a condition.
            newest: Only the newest fitting version of each name, with `versions` (how many there
                are) and `pointing` (all aliases of the name).

        Returns:
            The page, each item with ref, hash, parents, created and more; and how many there are.

        Raises:
            UsageError: There is no such kind or field.
        """
        from llmops_workbench.tracking import search

        with self.store.read() as connection:
            single = check_kind(kind)
            return search.items(connection, single, limit, offset, where, order, newest, words)

    def remove(self, ref: str | Reference) -> Version:
        """Take a version (or a run) out of every list; its number is never given again.

        Raises:
            NotFoundError: It names nothing.
            ConflictError: An alias points at it.
        """
        from llmops_workbench.tracking import runs, versions

        found = self.get(ref)
        with self.store.write(durable=True) as connection:
            if found.ref.kind == "run":
                runs.remove(connection, found.ref.name)
            else:
                versions.remove(connection, found)
        return found

    def tag(self, ref: str | Reference, key: str, value: str | None) -> None:
        """Set a tag of a version or a run; None takes it away.

        Raises:
            NotFoundError: The reference names nothing.
        """
        from llmops_workbench.tracking import runs, versions

        found = self.get(ref)
        with self.store.write() as connection:
            if found.ref.kind == "run":
                runs.tag(connection, found.ref.name, key, value)
            else:
                versions.change(connection, found, tags={key: value})

    def score(self, ref: str | Reference, scores: Mapping[str, Any], run_id: str | None) -> None:
        """Keep the headline scores of a version, shown by `ls`.

        Args:
            ref: The version that was scored.
            scores: By metric: a number, or a mapping with value, lower and upper.
            run_id: The run that measured them.

        Raises:
            NotFoundError: The reference names nothing.
        """
        from llmops_workbench.tracking import versions

        found = self.get(ref)
        kept = {
            name: {**(value if isinstance(value, Mapping) else {"value": value}), "run_id": run_id}
            for name, value in scores.items()
        }
        with self.store.write() as connection:
            versions.change(connection, found, scores=kept)

    def aliases(self, kind: str, name: str) -> dict[str, int]:
        """Give the aliases of a name, each with the version's number."""
        from llmops_workbench.tracking import versions

        with self.store.read() as connection:
            return versions.aliases(connection, kind, name)

    def set_alias(
        self, kind: str, name: str, alias: str, version: int, *, run_id: str | None = None
    ) -> int | None:
        """Point an alias at a version.

        Returns:
            The number that it pointed at before, or None.

        Raises:
            NotFoundError: There is no such version.
            UsageError: The alias reads like a number, a hash or a word with a meaning.
        """
        from llmops_workbench.tracking import versions

        with self.store.write(durable=True) as connection:
            versions.find(connection, Reference(kind, name, str(version)))
            return versions.set_alias(connection, kind, name, alias, version, run_id)

    def delete_alias(
        self, kind: str, name: str, alias: str, *, run_id: str | None = None
    ) -> int | None:
        """Take an alias away.

        Returns:
            The number that it pointed at.

        Raises:
            NotFoundError: There is no such alias.
        """
        from llmops_workbench.tracking import versions

        with self.store.write(durable=True) as connection:
            known = versions.aliases(connection, kind, name)
            if alias not in known:
                raise not_found(f"alias of {kind}:{name}", alias, known)
            return versions.set_alias(connection, kind, name, alias, None, run_id)

    def alias_history(self, kind: str, name: str, alias: str | None = None) -> list[dict[str, Any]]:
        """List how the aliases of a name moved, oldest first: alias, version, previous, created."""
        from llmops_workbench.tracking import versions

        with self.store.read() as connection:
            return versions.alias_history(connection, kind, name, alias)

    def edge(
        self,
        source: str | Reference,
        target: str | Reference,
        kind: str,
        run_id: str | None = None,
    ) -> None:
        """Record that `target` came about through `source`; doing it twice is doing it once."""
        from llmops_workbench.tracking import lineage

        with self.store.write() as connection:
            lineage.add(connection, [(str(source), str(target), kind, run_id)])

    def lineage(self, ref: str | Reference, forward: bool = False) -> dict[str, Any]:
        """Follow the graph from a version, a run or a served request (`request:ID`).

        Args:
            ref: Where to start.
            forward: To what came of it, instead of to what it came from.

        Returns:
            `nodes` (ref, kind, hash, created …), the start first, and `edges` (source, target,
            kind, run_id).

        Raises:
            NotFoundError: The reference names nothing.
            AmbiguousError: As for `get`.
        """
        from llmops_workbench.tracking import lineage

        text = str(ref)
        start = text if text.startswith("request:") else self.pin(ref)
        with self.store.read() as connection:
            return lineage.walk(connection, start, forward)


def catalogue() -> Catalogue:
    """Give the catalogue of the current call's workspace.

    Raises:
        WorkspaceError: No workspace is open.
    """
    from llmops_workbench.core.context import workspace

    return Catalogue(workspace())


def _run_version(run: dict[str, Any]) -> Version:
    return Version(
        ref=Reference("run", run["run_id"]),
        hash=run["hash"],
        parents=tuple(run["parents"]),
        created=run["created"],
        run_id=run["run_id"],
        meta=run,
        tags=run["tags"],
    )


__all__ = ["Catalogue", "Version", "catalogue"]
