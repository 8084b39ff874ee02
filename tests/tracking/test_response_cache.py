from llmops_workbench.core.context import activate
from llmops_workbench.core.store import tables
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking import response_cache


def test_an_answer_is_kept_once_and_its_use_is_counted(workspace: Workspace) -> None:
    many = {
        f"sha256-{number:064x}": {"text": f"é\x00{number}", "n": number} for number in range(1200)
    }
    first = next(iter(many))
    with activate(workspace):
        response_cache.put_many(many)
        # A replay gives what was given before, whatever a model would say today.
        response_cache.put_many({first: "another answer"})
        assert response_cache.get_many([*many, "unknown", first]) == many
        assert response_cache.get_many([first, first]) == {first: many[first]}
        revision = workspace.store.revision()
        assert response_cache.get_many(["unknown"]) == {}
        response_cache.put_many({})
    assert workspace.store.revision() == revision
    with workspace.store.read() as connection:
        hits = dict(connection.execute(tables.cache.select()).columns("key", "hits").all())
    assert hits.pop(first) == 2
    assert set(hits.values()) == {1}
