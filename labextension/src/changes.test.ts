// @vitest-environment happy-dom
import type { Event } from '@jupyterlab/services';
import { Stream } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostError } from '../views/host';
import { Changes, type IStanding } from './changes';
import type { Client } from './client';

const SCHEMA = 'https://llmops-workbench/changed/v1';

/** A server that says what the test lets it say. */
class FakeServer {
  standing: IStanding = {
    version: '0.1.0',
    workspace: { id: 'w', name: 'w', root: '.' },
    problem: '',
    user: 'ada',
    revision: 1,
    jobs_revision: 1,
    running: 0
  };
  fails?: HostError;
  looks = 0;
  readonly client = {
    get: async () => {
      this.looks += 1;
      if (this.fails) {
        throw this.fails;
      }
      return { ...this.standing };
    }
  } as unknown as Client;
  readonly events = {
    stream: new Stream<Event.IManager, Event.Emission>(
      {} as unknown as Event.IManager
    )
  } as unknown as Event.IManager;

  tell(): void {
    const { revision, jobs_revision } = this.standing;
    (this.events.stream as Stream<unknown, Event.Emission>).emit({
      schema_id: SCHEMA,
      revision,
      jobs_revision
    });
  }
}

describe('changes', () => {
  let server: FakeServer;
  let changes: Changes;
  let rises: number;
  let moves: number;

  beforeEach(async () => {
    vi.useFakeTimers();
    server = new FakeServer();
    changes = new Changes(server.client, server.events, 30);
    rises = 0;
    moves = 0;
    changes.changed.connect(() => (rises += 1));
    changes.jobsMoved.connect(() => (moves += 1));
    await changes.refresh();
    await vi.advanceTimersByTimeAsync(10);
    rises = 0;
  });

  afterEach(() => {
    changes.dispose();
    vi.useRealTimers();
  });

  it('passes an event on at once, and several of one moment as one', async () => {
    server.standing.revision = 2;
    server.tell();
    server.tell();
    server.standing.revision = 3;
    server.tell();
    await vi.advanceTimersByTimeAsync(500);
    expect(rises).toBe(1);
    expect(moves).toBe(0);
  });

  it('tells how far jobs are apart from what else changes', async () => {
    server.tell();
    await vi.advanceTimersByTimeAsync(500);
    rises = 0;
    server.standing.jobs_revision = 2;
    server.tell();
    await vi.advanceTimersByTimeAsync(500);
    expect([rises, moves]).toEqual([0, 1]);
  });

  it('finds a change of which no event tells, and then looks often', async () => {
    server.standing.revision = 2;
    await vi.advanceTimersByTimeAsync(31_000);
    expect(rises).toBe(1);
    server.standing.revision = 3;
    await vi.advanceTimersByTimeAsync(2000);
    expect(rises).toBe(2);
    // Once an event comes through, seldom is enough again.
    server.standing.revision = 4;
    server.tell();
    await vi.advanceTimersByTimeAsync(2000);
    expect(rises).toBe(3);
    const looks = server.looks;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.looks).toBe(looks);
  });

  it('says when the server goes, and finds it within two seconds of its return', async () => {
    server.fails = new HostError('the server cannot be reached', 503);
    await changes.refresh();
    expect(changes.link).toBe('offline');
    expect(changes.workspace?.name).toBe('w');
    await vi.advanceTimersByTimeAsync(60_000);
    server.fails = undefined;
    await vi.advanceTimersByTimeAsync(2000);
    expect(changes.link).toBe('live');
    expect(rises).toBe(1);
  });

  it('tells a missing extension from a missing server', async () => {
    server.fails = new HostError('Not Found', 404);
    await changes.refresh();
    expect(changes.link).toBe('absent');
  });

  it('has no news in a look that finds the same', async () => {
    await vi.advanceTimersByTimeAsync(200_000);
    expect([rises, moves]).toEqual([0, 0]);
    expect(server.looks).toBeLessThan(12);
  });
});
