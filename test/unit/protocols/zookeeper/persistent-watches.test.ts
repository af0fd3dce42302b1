import { describe, expect, it } from 'vitest';
import { addWatch, noWatches, takeWatchers } from '../../../../src/protocols/zookeeper/watches.ts';
import type { ConnectionId } from '../../../../src/kernel/ids.ts';
import type { Op } from '../../../../src/protocols/zookeeper/messages.ts';
import { type Client, served } from '../../../support/zookeeper/service.ts';

const none = { data: [], exists: [], children: [] };
const add = (client: Client, path: string, mode: Extract<Op, { op: 'add-watch' }>['mode'] = 'persistent'): unknown =>
  client.result({ op: 'add-watch', path, mode });
const remove = (client: Client, path: string, type: Extract<Op, { op: 'remove-watches' }>['type'] = 'any'): unknown =>
  client.result({ op: 'remove-watches', path, type });
const refused = { op: 'error', error: 'NoWatcher', results: [] };

describe('a persistent watch', () => {
  it('tells of all that becomes of its znode, which need not be there', () => {
    const { service, clients: [writer, client] } = served();
    expect(add(client, '/d')).toEqual({ op: 'add-watch' });
    writer.create('/d');
    writer.set('/d', '1');
    writer.set('/d', '2');
    writer.create('/d/e');
    writer.set('/d/e', '1');
    writer.result({ op: 'delete', path: '/d/e', version: -1 });
    writer.result({ op: 'delete', path: '/d', version: -1 });
    service.pass(20);
    expect(client.events).toEqual([
      'NodeCreated /d', 'NodeDataChanged /d', 'NodeDataChanged /d', 'NodeChildrenChanged /d', 'NodeChildrenChanged /d',
      'NodeDeleted /d',
    ]);
  });

  it('that is recursive tells of all that becomes of what is below, too, but of no children', () => {
    const { service, clients: [writer, client, ofRoot] } = served();
    add(client, '/d', 'persistent-recursive');
    add(ofRoot, '/', 'persistent-recursive');
    for (const path of ['/d', '/d/e', '/d/e/f', '/de']) writer.create(path);
    writer.set('/d/e/f', '1');
    writer.result({ op: 'delete', path: '/d/e/f', version: -1 });
    service.pass(20);
    const below = ['NodeCreated /d', 'NodeCreated /d/e', 'NodeCreated /d/e/f'];
    const later = ['NodeDataChanged /d/e/f', 'NodeDeleted /d/e/f'];
    expect(client.events).toEqual([...below, ...later]);
    expect(ofRoot.events).toEqual([...below, 'NodeCreated /de', ...later]);
  });

  it('stands beside others of its client and path, which is told once of what several wait for', () => {
    const { service, clients: [writer, client] } = served();
    writer.create('/d');
    service.pass(20);
    add(client, '/d', 'persistent-recursive');
    add(client, '/d');
    client.get('/d', true);
    writer.set('/d', '1');
    writer.create('/d/e');
    writer.set('/d', '2');
    service.pass(20);
    expect(client.events).toEqual(
      ['NodeDataChanged /d', 'NodeCreated /d/e', 'NodeChildrenChanged /d', 'NodeDataChanged /d']);
  });

  it('ends when it is removed, with all others of its client and path', () => {
    const { service, clients: [writer, client, other] } = served();
    for (const each of [client, other]) add(each, '/d');
    client.result({ op: 'exists', path: '/d', watch: true });
    expect(remove(client, '/d')).toEqual({ op: 'remove-watches' });
    expect(remove(client, '/d')).toEqual(refused);
    expect(remove(client, '/')).toEqual(refused);
    writer.create('/d');
    service.pass(20);
    expect([client.events, other.events]).toEqual([[], ['NodeCreated /d']]);
  });

  it('is no watch of data, nor of children, of which each is removed by its own name', () => {
    const { service, clients: [writer, client] } = served();
    writer.create('/d');
    service.pass(20);
    client.get('/d', true);
    client.result({ op: 'children', path: '/d', watch: true });
    expect([remove(client, '/d', 'data'), remove(client, '/d', 'data')]).toEqual([{ op: 'remove-watches' }, refused]);
    writer.set('/d', '1');
    writer.create('/d/e');
    service.pass(20);
    expect(client.events).toEqual(['NodeChildrenChanged /d']);
    add(client, '/d');
    expect([remove(client, '/d', 'data'), remove(client, '/d', 'children')]).toEqual([refused, refused]);
    writer.set('/d', '2');
    service.pass(20);
    expect(client.events).toEqual(['NodeChildrenChanged /d', 'NodeDataChanged /d']);
  });

  it('stands at the next server from when the client is there, and ends with its connection', () => {
    const { service, clients: [writer, client] } = served();
    add(client, '/d');
    writer.create('/d');
    service.pass(20);
    client.close();
    const { zxid } = writer.ask({ op: 'set', path: '/d', data: '1', version: -1 });
    service.pass(20);
    client.node.heard.length = 0;
    client.connect(service.follower(1), { lastZxid: zxid });
    client.watchAgain({ relativeZxid: 0, ...none, persistent: ['/d'], persistentRecursive: ['/e'] });
    service.pass(20);
    expect(client.events).toEqual([]);
    writer.set('/d', '2');
    for (const path of ['/e', '/e/f']) writer.create(path);
    service.pass(20);
    expect(client.events).toEqual(['NodeDataChanged /d', 'NodeCreated /e', 'NodeCreated /e/f']);
    client.close();
    service.pass(20);
    for (const server of service.world.nodes) expect(service.service(server).watches).toEqual(noWatches());
  });
});

it('a change is looked up where it happens and above, and nowhere else, however many watch', () => {
  const watches = noWatches();
  const looked: string[] = [];
  const table = watches['persistent-recursive'].data;
  for (let at = 0; at < 1_000; at += 1) {
    addWatch(watches, 'persistent-recursive', 'data', `/d/${at}`, at as ConnectionId);
  }
  const get = table.get.bind(table);
  table.get = (path) => {
    looked.push(path);
    return get(path);
  };
  expect([...takeWatchers(watches, 'NodeDataChanged', '/d/7/x/y')]).toEqual([7]);
  expect(looked).toEqual(['/d/7/x/y', '/d/7/x', '/d/7', '/d', '/']);
  // Whose events are those of children has watches of his own: nobody is looked for.
  looked.length = 0;
  expect([...takeWatchers(watches, 'NodeChildrenChanged', '/d/7/x')]).toEqual([]);
  expect(looked).toEqual([]);
});
