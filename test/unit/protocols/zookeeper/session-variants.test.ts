import { describe, expect, it } from 'vitest';
import type { NodeInit } from '../../../../src/contract/node.ts';
import { noEffect } from '../../../../src/faults/applied.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import { ZooKeeperNode } from '../../../../src/protocols/zookeeper/server.ts';
import { sessionVariants } from '../../../../src/protocols/zookeeper/variants/sessions.ts';
import { type Service, served, type ServiceSettings } from '../../../support/zookeeper/service.ts';

/** A run in which the defect shows itself. */
const runs: Readonly<Record<string, (settings: ServiceSettings) => Service>> = {
  'ZS-02': (settings) => {
    const { service, clients: [client] } = served(settings);
    client.create('/e', '', 'ephemeral');
    const [leader, follower] = [service.leaderId() as NodeId, service.follower()];
    service.pass(50);
    service.crash(follower);
    client.result({ op: 'close' });
    const effect = noEffect();
    service.control.hold(leader, follower, 'NEWLEADER', effect);
    service.restart(follower);
    service.until(() => service.state(follower).role.kind === 'following', 'it follows');
    service.until(() => service.state(follower).role.kind === 'looking', 'it gives its leader up');
    service.control.release(leader, follower, effect);
    service.settle();
    return service;
  },
  'ZS-25': (settings) => {
    const { service, clients: [client] } = served(settings);
    client.node.pings = false;
    service.until(() => service.events('session-expired') > 0, 'its session ends');
    return service;
  },
  'ZS-26': (settings) => {
    const { service } = served(settings);
    service.pass(2_000);
    service.crash(service.leaderId() as NodeId);
    service.until(() => service.leaderId() !== null, 'a new leader');
    service.pass(200);
    return service;
  },
};

describe.each(sessionVariants.map((variant) => [variant.row, variant] as const))('%s', (row, variant) => {
  it('shows itself, and to its first catcher first', () => {
    let fired = 0;
    const service = runs[row]?.({
      create: (init) => {
        if (variant.in !== 'node') throw new Error('it is a node');
        return variant.create(init, () => { fired += 1; }) as never;
      },
    });
    expect(fired).toBeGreaterThan(0);
    expect(service?.reported[0]).toBe(variant.firstCatcher);
  });

  it('is not in the reference', () => {
    expect(runs[row]?.({}).reported).toEqual([]);
  });
});

/** Ends each session a tick early: as soon as its leader has learned of it, or has been asked for it. */
class EndsEarly extends ZooKeeperNode {
  protected override expiryOf(nowUs: number, timeoutUs: number): number {
    return super.expiryOf(nowUs, timeoutUs) - 2 * this.settings.tickUs;
  }
}

describe('K10', () => {
  const create = (init: NodeInit): ZooKeeperNode => new EndsEarly(init);

  it('counts from the answer of a leader to a follower that asks for a session', () => {
    const { service, clients: [, client] } = served({ create });
    service.pass(500);
    client.close();
    expect(client.connect(service.follower(1))?.session).toBe(client.session);
    client.close();
    service.until(() => service.events('session-expired') > 0, 'its session ends');
    expect(service.texts[0]).toMatch(/^K10: n3 ends session \d+ by 1:\d+, [89]\d{5} us after .* is 1000000 us$/);
  });

  it('has nothing to say of sessions that are closed, or whose leader has heard of them long ago', () => {
    const { service, clients: [client, other] } = served();
    client.result({ op: 'close' });
    other.close();
    service.until(() => service.events('session-expired') > 0, 'its session ends');
    expect(service.reported).toEqual([]);
  });
});
