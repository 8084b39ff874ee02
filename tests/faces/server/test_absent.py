"""The server needs none of the heavy libraries: neither to start nor for any route."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
from jsonschema import Draft202012Validator

from llmops_workbench.faces.server.routes import table
from tests.faces.server.conftest import stock
from tests.faces.server.started import ABSENT

# Drives each route in a process where the libraries are there, and says which were imported.
DRIVE = """
import json, sys
from llmops_workbench.core.plugins import load_file
from llmops_workbench.faces.server.dispatch import respond
from llmops_workbench.faces.server.routes import table
from llmops_workbench.faces.server.service import Service
load_file(__import__("pathlib").Path(sys.argv[2]))
service = Service(sys.argv[1])
statuses = {}
def drive(method, path, query=None, body=None):
    work = lambda: respond(service, method, path, query or {}, json.dumps(body or {}).encode())
    reply = service.submit(work).result(60)
    statuses[f"{method} {path}"] = [reply.status, reply.content.decode("utf-8", "replace")[:200]]
    return reply
for verb in json.loads(drive("GET", "operations").content):
    drive("GET", f"operations/{verb['name']}")
    drive("POST", f"operations/{verb['name']}/check", body={"arguments": {"model": "triage",
          "data": "reviews", "models": ["triage"], "prompts": ["short"], "source": "reviews"}})
for one in sorted(table(), key=lambda one: ("PUT", "GET", "POST", "DELETE").index(one.method)):
    name = {"operations/{name}": "jot", "operations/{name}/check": "tune", "views/{name}/state":
            "probe", "views/{name}/ask": "probe", "connections/{name}": "lab",
            "connections/{name}/test": "lab", "sidebar/sections/{name}": "data"}.get(one.path, "x")
    path = one.path.replace("{name}", name).replace("{file}", "probe.js")
    body = {"arguments": {"text": "hi"}, "action": "cancel", "method": "rows", "url":
            "http://127.0.0.1:9/v1", "payload": {"start": 0, "stop": 3}, "folder": "."}
    known = set(one.body.model_fields) if one.body else set()
    query = {"kind": "dataset", "q": "rev", "ref": "dataset:reviews", "operation": "jot",
             "parameter": "source"}
    asked = set(one.query.model_fields) if one.query else set()
    drive(one.method, path.replace("{ref}", "dataset:reviews@1"),
          {key: value for key, value in query.items() if key in asked},
          {key: value for key, value in body.items() if key in known})
service.close()
print(json.dumps({"statuses": statuses, "modules": sorted(sys.modules)}))
"""


def test_no_route_imports_a_heavy_library(tmp_path: Path) -> None:
    stock(tmp_path / "root").store.close()
    plugin = Path(__file__).with_name("plugin.py")
    done = subprocess.run(
        [sys.executable, "-c", DRIVE, str(tmp_path / "root"), str(plugin)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert not set(ABSENT) & set(told["modules"])
    broken = {path: facts for path, facts in told["statuses"].items() if facts[0] >= 500}
    assert not broken
    good = {path for path, facts in told["statuses"].items() if facts[0] < 300}
    # All but those of jobs, of which there is none here.
    missed = {
        f"{one.method} {one.path}"
        for one in table()
        if not any(
            path.startswith(f"{one.method} ") and one.pattern.match(path.partition(" ")[2])
            for path in good
        )
    }
    assert {path for path in missed if "jobs/" not in path} == set(), told["statuses"]


def test_a_server_without_them_starts_and_serves(client: httpx.Client) -> None:
    # The shared server of these tests runs without them: see `started.py`.
    assert client.get("status").json()["workspace"] is not None


def test_the_description_is_openapi_and_names_every_route(client: httpx.Client) -> None:
    described = client.get("openapi.json").json()
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": "/user/x/llmops-workbench"}]
    named = {
        (method.upper(), path.removeprefix("/"))
        for path, methods in described["paths"].items()
        for method in methods
    }
    assert named == {(one.method, one.path) for one in table()}
    for name, schema in described["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert json.dumps(schema).count('"#/$defs') == 0, name
    for methods in described["paths"].values():
        for facts in methods.values():
            assert facts["summary"].endswith("."), facts
            assert facts["operationId"]
