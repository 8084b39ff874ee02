"""Who acts: found by the server, never told by a request."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider, User

from llmops_workbench.core.context import activate
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.server.people import person_of
from llmops_workbench.tracking import events
from tests.faces.server.conftest import stock
from tests.faces.server.named_people import NamedPeople
from tests.faces.server.running import Server, ended


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("people")
    stock(place / "root").store.close()
    running = Server(
        place / "root",
        place / "home",
        config={"ServerApp": {"identity_provider_class": "named_people.NamedPeople"}},
        environment={"PYTHONPATH": str(Path(__file__).parent)},
    )
    yield running
    running.stop()


def actors(root: Path) -> list[str]:
    with activate(Workspace(root)):
        return [event["actor"] for event in events.read_all("audit")]


def test_the_person_of_the_identity_provider_acts_in_the_job(served: Server) -> None:
    with served.client(**{"X-Proxy-User": "ada"}) as client:
        assert client.get("status").json()["user"] == "ada"
        body = {"arguments": {"text": "by ada"}}
        job = client.post("operations/jot", json=body).json()["job"]
        shown = ended(client, job)
    assert shown["by"] == shown["result"]["by"] == "ada"
    assert actors(served.root)[-1] == "ada"


def test_two_people_are_kept_apart(served: Server) -> None:
    for name in ("ada", "grace", "ada"):
        with served.client(**{"X-Proxy-User": name}) as client:
            answer = client.post("views/probe/ask", json={"method": "who"})
            assert f'"{name}"' in answer.text
            client.post("items/dataset:reviews@1", json={"alias": f"of-{name}"})
            assert actors(served.root)[-1] == name


def test_without_a_name_the_runner_of_the_server_acts(served: Server) -> None:
    with served.client() as client:
        assert client.get("status").json()["user"] == getpass.getuser()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "operations/jot", {"arguments": {"text": "x"}, "user": "eve"}),
        ("POST", "operations/jot", {"arguments": {"text": "x"}, "person": "eve"}),
        ("POST", "operations/jot", {"arguments": {"text": "x", "actor": "eve"}}),
        ("POST", "items/dataset:reviews@1", {"alias": "a1", "actor": "eve"}),
        ("POST", "views/probe/ask", {"method": "who", "annotator": "eve"}),
        ("POST", "views/probe/ask", {"method": "who", "payload": {"annotator": "eve"}}),
    ],
)
def test_a_request_cannot_say_who_it_is(
    served: Server, method: str, path: str, body: dict[str, object]
) -> None:
    with served.client(**{"X-Proxy-User": "ada", "X-Forwarded-User": "eve"}) as client:
        assert client.request(method, path, json=body).status_code == 400
        answer = client.post("views/probe/ask", json={"method": "who"}, params={"user": "eve"})
        assert '"ada"' in answer.text
    assert "eve" not in actors(served.root)


def test_jupyters_own_names_can_be_changed_and_so_are_not_believed(
    server: Server, client: httpx.Client
) -> None:
    with server.client() as own:
        base = server.url.removesuffix("llmops-workbench/")
        own.get("status")
        own.patch(f"{base}api/me", json={"name": "eve", "display_name": "eve"})
        assert own.get("status").json()["user"] == getpass.getuser()


@pytest.mark.parametrize("kind", [IdentityProvider, PasswordIdentityProvider])
def test_a_nameless_provider_names_nobody(
    kind: type[IdentityProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    made_up = User("0" * 32, "Anonymous Io", "Anonymous Io")
    assert person_of(kind(token="t"), made_up) is None
    assert person_of(kind(token="t"), User("eve")) is None
    monkeypatch.setenv("JUPYTERHUB_USER", "hubert")
    assert person_of(kind(token="t"), made_up) == "hubert"


def test_a_named_provider_is_believed_but_not_its_made_up_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    provider = NamedPeople(token="t")
    assert person_of(provider, User("ada")) == "ada"
    assert person_of(provider, User("0" * 32, "Anonymous Io", "Anonymous Io")) is None
    # A guest on somebody's server at JupyterHub is not that somebody.
    monkeypatch.setenv("JUPYTERHUB_USER", "owner")
    assert person_of(provider, User("guest")) == "guest"


def test_without_a_server_the_order_is_hub_settings_login(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "login")
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    assert workspace.user() == "login"
    with (workspace.root / "llmops.toml").open("a") as file:
        file.write('\n[user]\nname = "set"\n')
    again = Workspace(workspace.root)
    assert again.user() == "set"
    monkeypatch.setenv("JUPYTERHUB_USER", "hub")
    assert again.user() == "hub"
    assert again.acting_for("ada").user() == "ada"
    assert again.user() == "hub"
