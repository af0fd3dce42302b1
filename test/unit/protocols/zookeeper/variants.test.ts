import { describe, expect, it } from 'vitest';
import type { Node, NodeInit } from '../../../../src/contract/node.ts';
import { noEffect } from '../../../../src/faults/applied.ts';
import { assert } from '../../../../src/kernel/assert.ts';
import type { ZooKeeperState } from '../../../../src/protocols/zookeeper/state.ts';
import { serverVariants } from '../../../../src/protocols/zookeeper/variants/server.ts';
import type { ServiceSettings } from '../../../support/zookeeper/service.ts';
import { served } from '../../../support/zookeeper/service.ts';

/** Whether the defect shows itself in what happens to clients of these servers. */
type Case = (settings: ServiceSettings) => boolean;

const cases: Readonly<Record<string, Case>> = {
  'ZS-07': (settings) => {
    const { service, clients: [writer, mover] } = served(settings);
    writer.create('/a');
    service.pass(20);
    const { zxid } = mover.ask({ op: 'get', path: '/a', watch: true });
    mover.close();
    writer.set('/a', '2');
    service.pass(20);
    mover.connect(service.follower(1), { lastZxid: zxid });
    mover.watchAgain({ relativeZxid: zxid, data: ['/a'], exists: [], children: [] });
    service.pass(20);
    return !mover.events.includes('NodeDataChanged /a');
  },
  'ZS-35': (settings) => {
    const { clients: [, client] } = served(settings);
    client.create('/a');
    client.result({ op: 'add-watch', path: '/a', mode: 'persistent' });
    client.get('/a', true);
    client.set('/a', '1');
    client.set('/a', '2');
    return client.events.length === 1;
  },
  'ZS-36': (settings) => {
    const { service, clients: [, client] } = served(settings);
    const { zxid } = client.ask({ op: 'create', path: '/a', data: '', mode: 'persistent' });
    service.pass(20);
    client.close();
    client.connect(service.follower(1), { lastZxid: zxid });
    client.watchAgain({
      relativeZxid: zxid, data: [], exists: [], children: [], persistent: ['/a'], persistentRecursive: ['/'],
    });
    client.set('/a', '1');
    return client.events.length === 0;
  },
  'ZS-08': (settings) => {
    const { clients: [, client] } = served(settings);
    client.create('/a', '1');
    client.get('/a', true);
    client.set('/a', '2');
    const isTold = client.events.length > 0;
    return client.get('/a') === '2' && !isTold;
  },
  'ZS-09': (settings) => {
    const { service, clients: [client] } = served(settings);
    const heal = service.slowTo(service.follower(), 40);
    const { zxid } = client.ask({ op: 'create', path: '/a', data: '', mode: 'persistent' });
    client.connect(service.follower(), { lastZxid: zxid });
    const goesBack = client.isConnected && client.get('/a') === null;
    heal();
    return goesBack;
  },
  'ZS-10': (settings) => {
    const { service, clients: [client, other] } = served({ ...settings, options: { sync: 'quorum' } });
    const leader = service.leaderId();
    assert(leader !== null, 'somebody leads');
    service.isolate(leader);
    service.pass(250);
    const successor = service.world.nodes.find((id) => id !== leader) ?? leader;
    service.until(() => service.state(successor).role.kind === 'looking', 'the others look for a leader');
    const xid = client.send({ op: 'sync', path: '/' });
    service.pass(20);
    return other !== client && client.replyTo(xid)?.result.op === 'sync';
  },
  'ZS-12': (settings) => {
    const { service, clients: [, client, other] } = served(settings);
    client.create('/a', '1');
    const twin = service.twinOf(client);
    twin.connect(service.follower(1));
    twin.set('/a', 'second');
    client.send({ op: 'set', path: '/a', data: 'first, and late', version: -1 });
    service.pass(20);
    return other.get('/a') === 'first, and late';
  },
  'ZS-12b': (settings) => {
    const { service, clients: [, client, other] } = served(settings);
    client.create('/a', '1');
    const twin = service.twinOf(client);
    twin.connect(service.follower(1));
    twin.set('/a', 'second');
    const pause = noEffect();
    const leader = service.leaderId() ?? service.follower();
    service.control.pause(leader, pause);
    client.send({ op: 'set', path: '/a', data: 'first, and late', version: -1 });
    service.pass(5);
    twin.leaveFor(service.follower());
    service.pass(5);
    service.control.resume(leader, pause);
    service.pass(20);
    return other.get('/a') === 'first, and late';
  },
  'ZB-21': (settings) => {
    const { service, clients: [a, b, c] } = served(settings);
    const heal = service.slowTo(service.follower(), 1, 6); // Each server finds other batches to apply.
    for (let round = 0; round < 40; round += 1) {
      for (const client of [a, b, c]) {
        client.send({ op: 'create', path: `/${client.id}-${round}`, data: '', mode: 'persistent' });
      }
      service.pass(1);
    }
    service.pass(100);
    heal();
    return service.reported.includes('Z13');
  },
};

describe.each(serverVariants.map((variant) => [variant.row, variant] as const))('%s', (row, variant) => {
  it('does not show itself at the reference', () => {
    expect(cases[row]?.({})).toBe(false);
  });

  it(`is that ${variant.title}`, () => {
    let fired = 0;
    if (variant.in !== 'node') return expect.unreachable('it stands in the place of a node');
    const make = (init: NodeInit): Node<ZooKeeperState> =>
      variant.create(init, () => { fired += 1; }) as Node<ZooKeeperState>;
    expect(cases[row]?.({ create: make })).toBe(true);
    expect(fired).toBeGreaterThan(0);
  });
});
