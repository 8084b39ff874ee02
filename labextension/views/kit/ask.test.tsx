// @vitest-environment happy-dom
import { useLayoutEffect } from 'preact/hooks';
import { describe, expect, it, vi } from 'vitest';
import type { Json } from '../host';
import { mountApp, t, useAsk, useHostState, type IAsked } from '.';
import { fill } from './translate';
import { mockHost, type IMockHost } from './testing/mockHost';

/** Wait until something holds, at most two seconds. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 2000 });

function asking(host: IMockHost) {
  const seen: IAsked<unknown>[] = [];
  const control = new AbortController();
  function Part() {
    const [payload] = useHostState<{ [key: string]: Json } | null>(
      host,
      'payload',
      null
    );
    seen.push(useAsk<unknown>(host, 'rows', payload));
    return null;
  }
  const root = document.createElement('div');
  document.body.append(root);
  mountApp(root, host, control.signal, <Part />);
  const newest = () => seen[seen.length - 1];
  return { newest, stop: () => control.abort() };
}

describe('useAsk', () => {
  it('asks nothing for null, and then once for each payload', async () => {
    const host = mockHost({ rows: payload => payload.page });
    const { newest } = asking(host);
    expect(newest().loading).toBe(false);
    host.state.set('payload', { page: 1 });
    await until(() => expect(newest().data).toBe(1));
    host.state.set('payload', { page: 1 });
    host.state.set('payload', { page: 2 });
    await until(() => expect(newest().data).toBe(2));
    expect(host.asked.map(one => one.payload.page)).toEqual([1, 2]);
  });

  it('withdraws the older question and never shows its answer', async () => {
    const host = mockHost({ rows: payload => payload.page }, {}, 30);
    const { newest } = asking(host);
    host.state.set('payload', { page: 1 });
    await until(() => expect(host.asked.length).toBe(1));
    host.state.set('payload', { page: 2 });
    await until(() => expect(newest().data).toBe(2));
    expect(host.withdrawn).toEqual(['rows']);
  });

  it('asks again when the workspace changed, keeping what is shown', async () => {
    let answer = 'old';
    const host = mockHost({ rows: () => answer });
    const { newest } = asking(host);
    host.state.set('payload', {});
    await until(() => expect(newest().data).toBe('old'));
    answer = 'new';
    host.change();
    await until(() => expect(newest().data).toBe('new'));
  });

  it('says what went wrong, and asks again when told to', async () => {
    let broken = true;
    const host = mockHost({
      rows: () => {
        if (broken) {
          throw new Error('no such column');
        }
        return 'fine';
      }
    });
    const { newest } = asking(host);
    host.state.set('payload', {});
    await until(() => expect(newest().error?.message).toBe('no such column'));
    broken = false;
    newest().again();
    await until(() => expect(newest().data).toBe('fine'));
    expect(newest().error).toBeUndefined();
  });

  it('withdraws its question when the panel goes', async () => {
    const host = mockHost({ rows: () => 1 }, {}, 1000);
    const { stop } = asking(host);
    host.state.set('payload', {});
    await until(() => expect(host.asked.length).toBe(1));
    stop();
    await until(() => expect(host.withdrawn).toEqual(['rows']));
  });
});

describe('useHostState', () => {
  it('sees what is set while the panel is being drawn', async () => {
    const host = mockHost();
    const root = document.createElement('div');
    const Child = () => {
      useLayoutEffect(() => host.state.set('page', 7), []);
      return null;
    };
    const Parent = () => {
      const [page] = useHostState(host, 'page', 1);
      return (
        <>
          <p>page {page}</p>
          <Child />
        </>
      );
    };
    mountApp(root, host, new AbortController().signal, <Parent />);
    await until(() => expect(root.textContent).toContain('page 7'));
  });
});

describe('t', () => {
  it('reads the host’s messages and fills the places', () => {
    const host = mockHost({}, { $messages: { 'Open %1': '打开 %1', Odd: '' } });
    expect(t(host, 'Open %1', 'a')).toBe('打开 a');
    expect(t(host, 'Close %1', 'a')).toBe('Close a');
    expect(t(host, 'Odd')).toBe('Odd');
    expect(t(host, 'toString')).toBe('toString');
  });
  it('leaves places without a value, and values as they are', () => {
    expect(fill('%1 of %3', ['a', 'b'])).toBe('a of %3');
    expect(fill('%1', ['%2 $& $1'])).toBe('%2 $& $1');
  });
});

describe('mountApp', () => {
  it('catches what a panel throws and reports it where that is listened to', async () => {
    const host = mockHost(
      { 'host.failed': () => null },
      { $can: ['host.failed'] }
    );
    const root = document.createElement('div');
    document.body.append(root);
    const Broken = () => {
      throw new Error('<b>broken</b>');
    };
    mountApp(root, host, new AbortController().signal, <Broken />);
    await until(() => expect(host.asked.length).toBe(1));
    expect(host.asked[0]).toMatchObject({
      method: 'host.failed',
      payload: { message: '<b>broken</b>' }
    });
    await until(() => expect(root.textContent).toContain('<b>broken</b>'));
    expect(root.querySelector('b')).toBeNull();
  });
  it('says when the host is gone, and leaves nothing behind', async () => {
    const host = mockHost();
    const root = document.createElement('div');
    const control = new AbortController();
    mountApp(root, host, control.signal, <p>shown</p>);
    host.hostSet('$status', 'offline');
    await until(() =>
      expect(root.textContent).toContain('The server cannot be reached')
    );
    host.hostSet('$status', 'gone');
    await until(() =>
      expect(root.textContent).toContain('The kernel has ended')
    );
    control.abort();
    expect(root.childNodes.length).toBe(0);
  });
});
