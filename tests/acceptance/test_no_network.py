"""The whole life of a model with no network, talking to this machine alone."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.conftest import Life

# The whole life is led once, in whichever test comes first.
pytestmark = pytest.mark.timeout(1800)

ADDRESS = re.compile(r"sa_family=(AF_\w+)(?:.*?inet_addr\(\"([^\"]+)\"\)|.*?\"([0-9a-f:.]+)\", &)?")


def addresses(trace: str) -> set[tuple[str, str]]:
    """List what was connected to, by family and address."""
    found = set()
    for line in trace.splitlines():
        if "connect(" in line:
            match = ADDRESS.search(line)
            assert match is not None, line
            family = match[1]
            found.add((family, "" if family == "AF_UNIX" else match[2] or match[3] or ""))
    return found


def outside(trace: str) -> set[tuple[str, str]]:
    """List what is neither a Unix socket nor loopback."""
    here = {("AF_UNIX", ""), ("AF_INET", "127.0.0.1"), ("AF_INET6", "::1")}
    return addresses(trace) - here


def test_a_whole_life_needs_no_network(life: Life) -> None:
    if not life.offline:
        pytest.skip("a network name space of one's own is not permitted here")
    assert life.json("monitor")["requests"] >= 24
    assert life.json("lineage_forward")["nodes"]


def test_a_whole_life_connects_to_nothing_but_this_machine(life: Life) -> None:
    if life.connects is None:
        pytest.skip("strace is missing or may not trace")
    assert ("AF_INET", "127.0.0.1") in addresses(life.connects)
    assert outside(life.connects) == set()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "7 connect(3, {sa_family=AF_INET, sin_port=htons(443), "
            'sin_addr=inet_addr("151.101.0.223")}, 16) = -1 ENETUNREACH',
            {("AF_INET", "151.101.0.223")},
        ),
        (
            "7 connect(3, {sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), "
            'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = -1',
            {("AF_INET6", "2001:db8::1")},
        ),
        ('7 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 9) = 0', set()),
    ],
)
def test_the_probe_sees_what_is_outside(line: str, found: set[tuple[str, str]]) -> None:
    assert outside(line) == found
