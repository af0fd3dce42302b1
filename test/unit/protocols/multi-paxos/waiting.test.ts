import { beforeEach, describe, expect, it } from 'vitest';
import type { Plain } from '../../../../src/contract/message.ts';
import { appendCommand, Cluster, n1, register } from '../../../support/multi-paxos/harness.ts';

const BUSY = { kind: 'busy' };

/** The first command of a session. */
function firstOf(session: number): Plain {
  return { ...appendCommand(1) as object, session };
}

describe('what waits for room in the window', () => {
  let cluster: Cluster;

  /** A leader whose one slot is taken, by the registration of session 1. */
  beforeEach(() => {
    cluster = new Cluster({ options: { window: 1 } });
    cluster.elect(n1);
    cluster.request(n1, register);
  });

  const waiting = (): Plain[] => cluster.leader(n1).queue.map(({ command }) => command);

  it('is one copy of a command, and its last attempt is answered', () => {
    const first = cluster.request(n1, appendCommand(1));
    cluster.request(n1, appendCommand(2));
    const again = cluster.request(n1, appendCommand(1));
    expect(waiting()).toEqual([appendCommand(1), appendCommand(2)]);
    cluster.settle();
    const answers = cluster.answers();
    expect(answers.has(first)).toBe(false);
    expect(answers.get(again)).toMatchObject({ kind: 'executed', result: { kind: 'ok' } });
    expect(cluster.state(n1).executed).toBe(3);
  });

  it('is not what was proposed already: the answer goes to the last attempt', () => {
    const first = cluster.request(n1, appendCommand(1));
    cluster.settle();
    expect(cluster.answers().has(first)).toBe(true);
    const asked = cluster.request(n1, appendCommand(2));
    const again = cluster.request(n1, appendCommand(2));
    expect(waiting()).toEqual([]);
    cluster.settle();
    const answers = cluster.answers();
    expect([answers.has(asked), answers.has(again)]).toEqual([false, true]);
    expect(cluster.state(n1).executed).toBe(3);
  });

  it('keeps the last attempt also if an earlier one comes later', () => {
    const first = cluster.request(n1, appendCommand(1));
    const last = cluster.request(n1, appendCommand(1));
    cluster.attempt(n1, appendCommand(1), first);
    expect(cluster.leader(n1).queue.map(({ id }) => id)).toEqual([last]);
  });

  it('loses what is of a session that its client has given up', () => {
    cluster.settle();
    cluster.request(n1, appendCommand(1));
    const former = cluster.request(n1, appendCommand(2));
    const later = cluster.request(n1, firstOf(2));
    expect(waiting()).toEqual([firstOf(2)]);
    const late = cluster.request(n1, appendCommand(3));
    cluster.settle();
    const answers = cluster.answers();
    expect([answers.get(former), answers.get(late)]).toEqual([BUSY, BUSY]);
    expect(answers.get(later)).toMatchObject({ kind: 'executed', result: { kind: 'no-session' } });
  });

  it('loses what is of the session before when its client asks for another one', () => {
    cluster.settle();
    cluster.request(n1, appendCommand(1));
    const former = cluster.request(n1, appendCommand(2));
    cluster.request(n1, register);
    expect(waiting()).toEqual([register]);
    cluster.settle();
    expect(cluster.answers().get(former)).toEqual(BUSY);
  });
});
