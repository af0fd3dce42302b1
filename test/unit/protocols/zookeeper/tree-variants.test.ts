import { describe, expect, it } from 'vitest';
import type { TreeCommand } from '../../../../src/protocols/zookeeper/messages.ts';
import { ZooKeeperNode } from '../../../../src/protocols/zookeeper/server.ts';
import { noPending } from '../../../../src/protocols/zookeeper/tree/pending.ts';
import { prepare, type PrepareRequest } from '../../../../src/protocols/zookeeper/tree/prepare.ts';
import { treeVariants } from '../../../../src/protocols/zookeeper/variants/tree.ts';
import type { Zxid } from '../../../../src/protocols/zab/zxid.ts';
import { closeWhileWritten, deleteWhileWritten, multiWhileWritten } from '../../../support/zookeeper/fuzzy.ts';
import { type Service, served, type ServiceSettings } from '../../../support/zookeeper/service.ts';

/** A run in which the defect shows itself. */
const runs: Readonly<Record<string, (settings: ServiceSettings) => Service>> = {
  'ZS-01': (settings) => {
    const { service, clients: [client] } = served(settings);
    client.send({ op: 'close' });
    client.send({ op: 'create', path: '/e', data: '', mode: 'ephemeral' });
    service.pass(50);
    return service;
  },
  'ZS-03': (settings) => {
    const { service, clients: [client] } = served(settings);
    client.create('/e', '', 'ephemeral');
    const follower = service.follower();
    service.pass(50);
    client.result({ op: 'close' });
    service.pass(50);
    service.crash(follower);
    service.restart(follower);
    service.settle();
    return service;
  },
  'ZS-04': (settings) => closeWhileWritten(settings).service,
  'ZS-05': (settings) => deleteWhileWritten(settings).service,
  'ZS-06': (settings) => multiWhileWritten(settings).service,
  'ZS-13': (settings) => {
    const { service, clients: [client] } = served(settings);
    for (const path of ['/n-', '/n-']) client.create(path, '', 'persistent-sequential');
    client.result({ op: 'delete', path: '/n-0000000000', version: -1 });
    client.create('/m-', '', 'persistent-sequential');
    service.pass(50);
    return service;
  },
};

/** What sees it first where nobody judges what clients were told, if that is not its first catcher. */
const invariants: Readonly<Record<string, string>> = { 'ZS-01': 'K9', 'ZS-13': 'K11' };

describe.each(treeVariants.map((variant) => [variant.row, variant] as const))('%s', (row, variant) => {
  it('shows itself, and to its first invariant first', () => {
    let fired = 0;
    const service = runs[row]?.({
      create: (init) => {
        if (variant.in !== 'node') throw new Error('it is a node');
        return variant.create(init, () => { fired += 1; }) as never;
      },
    });
    expect(fired).toBeGreaterThan(0);
    expect(service?.reported[0]).toBe(invariants[row] ?? variant.firstCatcher);
  });

  it('is not in the reference', () => {
    expect(runs[row]?.({}).reported).toEqual([]);
  });
});

/** What is outstanding is not looked at: it has no row, and shows what K13 is for. */
class SeesNoPending extends ZooKeeperNode {
  protected override commandFor(session: number, xid: number, zxid: Zxid, request: PrepareRequest): TreeCommand {
    return prepare(this.tree, noPending(), session, xid, zxid, request);
  }
}

describe('K13', () => {
  const twice = (settings: ServiceSettings): Service => {
    const { service, clients: [client] } = served(settings);
    client.create('/a');
    for (const data of ['1', '2']) client.send({ op: 'set', path: '/a', data, version: -1 });
    service.pass(50);
    return service;
  };

  it('is broken where a change is prepared for a tree without what is outstanding', () => {
    expect(twice({ create: (init) => new SeesNoPending(init) }).reported).toContain('K13');
    expect(twice({}).reported).toEqual([]);
  });
});
