import { describe, expect, it } from 'vitest';
import type { Client } from '../../../support/zookeeper/service.ts';
import { Service } from '../../../support/zookeeper/service.ts';

/** Three servers, and as many clients, each at a server of its own: the leader's first. */
function served(): { readonly service: Service; readonly clients: readonly [Client, Client, Client] } {
  const service = new Service({ clients: 3 });
  const clients = service.connected(service.leaderId() ?? service.follower(), service.follower(), service.follower(1));
  return { service, clients: clients as readonly [Client, Client, Client] };
}

describe('a ZooKeeper server', () => {
  it('gives each client a session of its own, with its password, in the bounds of the service', () => {
    const service = new Service();
    const [first, second] = service.clients;
    expect(first?.connect(service.follower(), { timeoutMs: 50 })?.timeoutUs).toBe(200_000);
    expect(second?.connect(service.follower(), { timeoutMs: 60_000 })?.timeoutUs).toBe(2_000_000);
    expect(first?.session).not.toBe(second?.session);
    expect(first?.password).not.toBe(second?.password);
    expect(service.events('session-created')).toBe(2);
  });

  it('serves writes and reads, at the leader and at followers', () => {
    const { service, clients: [atLeader, b, c] } = served();
    expect(atLeader.create('/a', 'one')).toMatchObject({ op: 'create', path: '/a' });
    expect(b.create('/b', 'two')).toMatchObject({ op: 'create', path: '/b' });
    expect(c.set('/b', 'three', 0)).toMatchObject({ op: 'set' });
    expect(c.get('/b')).toBe('three');
    expect(c.set('/b', 'four', 0)).toEqual({ op: 'error', error: 'BadVersion', results: [] });
    service.pass(20);
    expect([atLeader, b, c].map((client) => client.get('/b'))).toEqual(['three', 'three', 'three']);
    expect(service.reported).toEqual([]);
  });
});
