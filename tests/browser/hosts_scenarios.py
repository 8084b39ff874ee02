"""What every host must do: JavaScript that runs with the view's host, and what must come back."""

from __future__ import annotations

from typing import Any, NamedTuple


class Scenario(NamedTuple):
    """A function of the host, and what it must give."""

    script: str
    expected: Any


# Turns what was thrown into a value.
CAUGHT = """
const caught = async work => {
  try {
    await work();
    return 'nothing was thrown';
  } catch (error) {
    return [error.name, error.status ?? null, error.message];
  }
};
const until = async (look, seconds = 8) => {
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    const found = await look();
    if (found || performance.now() > end) return found;
    await new Promise(done => setTimeout(done, 20));
  }
};
"""

SCENARIOS: dict[str, Scenario] = {
    "what Python said first is there": Scenario(
        """host => {
          const { greeting, subject } = host.state.get('$initial');
          return [greeting, subject === host.state.get('$subject'), host.state.get('$view'),
            host.state.get('$status'), typeof host.state.get('$locale'),
            typeof host.state.get('$messages')];
        }""",
        ["你好 <b>", True, "probe", "live", "string", "object"],
    ),
    "JSON comes back as it went": Scenario(
        """async host => {
          const value = { a: [1, -2.5, null, true, { b: '"é你好\\n\\u2028<i>' }], '': {} };
          const { json, buffers } = await host.ask('echo', { value });
          return [JSON.stringify(json) === JSON.stringify(value), buffers.length];
        }""",
        [True, 0],
    ),
    "a method may be asked without a payload": Scenario(
        "async host => (await host.ask('echo')).json", None
    ),
    "binary parts come whole, none, one and many": Scenario(
        """async host => {
          const found = [];
          for (const sizes of [[], [0], [5], [3, 0, 70000, 1]]) {
            const { json, buffers } = await host.ask('parts', { sizes });
            found.push([
              json,
              buffers.every(part => part instanceof ArrayBuffer),
              buffers.map(part => part.byteLength),
              buffers.every((part, place) =>
                new Uint8Array(part).every(byte => byte === place))
            ]);
          }
          return found;
        }""",
        [
            [0, True, [], True],
            [1, True, [0], True],
            [1, True, [5], True],
            [4, True, [3, 0, 70000, 1], True],
        ],
    ),
    "ten megabytes come whole": Scenario(
        """async host => {
          const { buffers } = await host.ask('parts', { sizes: [0, 10000000] });
          const bytes = new Uint8Array(buffers[1]);
          return [bytes.length, bytes[0], bytes[5000000], bytes[9999999]];
        }""",
        [10_000_000, 1, 1, 1],
    ),
    "a table comes as one Arrow stream": Scenario(
        """async host => {
          const { json, buffers } = await host.ask('table', { rows: 1000 });
          return [json.rows, buffers.length, buffers[0].byteLength > 8000];
        }""",
        [1000, 1, True],
    ),
    "errors keep their sentence and their status": Scenario(
        """async host => Promise.all(['NotFoundError', 'ConflictError', 'UntrustedError'].map(
          kind => caught(() => host.ask('fail', { kind }))))""",
        [
            ["HostError", status, f"this is a {kind}: <script>alert(1)</script>"]
            for kind, status in (
                ("NotFoundError", 404),
                ("ConflictError", 409),
                ("UntrustedError", 403),
            )
        ],
    ),
    "an error that nobody meant is a 500": Scenario(
        "host => caught(() => host.ask('stumble'))",
        ["HostError", 500, "ZeroDivisionError: nobody meant this"],
    ),
    "an unknown method is named with its neighbour": Scenario(
        "host => caught(() => host.ask('ehco'))",
        ["HostError", 400, "view 'probe' has no method 'ehco'; did you mean 'echo'?"],
    ),
    "what cannot be done here is refused": Scenario(
        """async host => {
          const [name, status] = await caught(() => host.ask('host.nothing'));
          return [name, status, host.state.get('$can').includes('host.nothing')];
        }""",
        ["HostError", 400, False],
    ),
    "a wrong payload is told": Scenario(
        """async host => {
          const [name, status, message] =
            await caught(() => host.ask('halves', { whole: -1 }));
          return [name, status, message.startsWith("'halves' was asked wrongly: whole")];
        }""",
        ["HostError", 400, True],
    ),
    "a payload with a name too many is told": Scenario(
        """async host => {
          const [name, status] = await caught(() => host.ask('halves', { whole: 1, half: 2 }));
          return [name, status];
        }""",
        ["HostError", 400],
    ),
    "the time limit ends the question, and the work behind it": Scenario(
        """async host => {
          const begun = performance.now();
          const [name, status, message] = await caught(
            () => host.ask('wait', { seconds: 30, mark: MARK }, { timeout: 600 }));
          const took = performance.now() - begun;
          const seen = await until(async () =>
            (await host.ask('seen', { mark: MARK })).json === 'withdrawn');
          return [name, status, message, took > 500 && took < 5000, seen];
        }""",
        ["HostError", 504, "no answer within 0.6 s", True, True],
    ),
    "a withdrawn question ends at once, and Python stops": Scenario(
        """async host => {
          const control = new AbortController();
          const asked = caught(() => host.ask('wait', { seconds: 30, mark: MARK },
            { signal: control.signal }));
          await until(async () => (await host.ask('seen', { mark: MARK })).json === 'begun');
          control.abort();
          const [name] = await asked;
          const seen = await until(async () =>
            (await host.ask('seen', { mark: MARK })).json === 'withdrawn');
          return [name, seen];
        }""",
        ["AbortError", True],
    ),
    "a question that is withdrawn before it goes is not asked": Scenario(
        """async host => {
          const [name] = await caught(() => host.ask('wait', { seconds: 1, mark: MARK },
            { signal: AbortSignal.abort() }));
          return [name, (await host.ask('seen', { mark: MARK })).json];
        }""",
        ["AbortError", ""],
    ),
    "the newest question of many is answered": Scenario(
        """async host => {
          let control = new AbortController();
          const older = [];
          for (let n = 0; n < 20; n++) {
            control = new AbortController();
            const { signal } = control;
            older.push(caught(() => host.ask('wait', { seconds: 30, mark: `${MARK}-${n}` },
              { signal })));
            control.abort();
          }
          const begun = performance.now();
          const { json } = await host.ask('echo', { value: 'newest' });
          const names = new Set((await Promise.all(older)).map(([name]) => name));
          return [json, performance.now() - begun < 5000, [...names]];
        }""",
        ["newest", True, ["AbortError"]],
    ),
    "answers come in the order in which they are ready": Scenario(
        """async host => {
          const order = [];
          const slow = host.ask('wait', { seconds: 0.8, mark: MARK })
            .then(() => order.push('slow'));
          const quick = Array.from({ length: 4 }, (_, value) =>
            host.ask('echo', { value }).then(({ json }) => order.push(json)));
          await Promise.all([slow, ...quick]);
          return [order.length, order[4], order.slice(0, 4).sort()];
        }""",
        [5, "slow", [0, 1, 2, 3]],
    ),
    "values are kept, heard of once, and no longer after the signal": Scenario(
        """host => {
          const control = new AbortController();
          const heard = [];
          host.state.on('zoom', () => heard.push(host.state.get('zoom')), control.signal);
          host.state.set('zoom', [1, 2]);
          host.state.set('zoom', [1, 2]);
          host.state.set('other', 1);
          host.state.set('zoom', null);
          control.abort();
          host.state.set('zoom', { far: 3 });
          return [heard, host.state.get('zoom'), host.state.get('never') ?? 'nothing'];
        }""",
        [[[1, 2], None], {"far": 3}, "nothing"],
    ),
    "the host's own values cannot be set": Scenario(
        """async host => {
          const [name] = await caught(() => host.state.set('$view', 'other'));
          return [name, host.state.get('$view')];
        }""",
        ["TypeError", "probe"],
    ),
    "a module that brings no kit is handed one": Scenario(
        """(host, { kit }) => [typeof kit.h, typeof kit.render, typeof kit.mountApp,
          kit.t(host, 'a %1', 'b')]""",
        ["function", "function", "function", "a b"],
    ),
}
