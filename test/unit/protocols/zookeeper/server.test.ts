import { describe, expect, it } from 'vitest';
import { zxidOf } from '../../../../src/protocols/zab/zxid.ts';
import type { Op } from '../../../../src/protocols/zookeeper/messages.ts';
import { STARTS_FILE } from '../../../../src/protocols/zookeeper/state.ts';
import { noWatches } from '../../../../src/protocols/zookeeper/watches.ts';
import { type Client, served, Service } from '../../../support/zookeeper/service.ts';

const EXPIRED = { kind: 'ConnectResponse', session: 0, password: 0, timeoutUs: 0 };

describe('a session of a ZooKeeper service', () => {
  it('is new for each client, with its password, in the bounds of the service', () => {
    const service = new Service();
    const [first, second] = service.clients as [Client, Client];
    expect(first.connect(service.follower(), { timeoutMs: 50 })?.timeoutUs).toBe(200_000);
    expect(second.connect(service.follower(), { timeoutMs: 60_000 })?.timeoutUs).toBe(2_000_000);
    expect(first.session).not.toBe(second.session);
    expect(first.password).not.toBe(second.password);
    expect(service.events('session-created')).toBe(2);
  });

  it('gets an id that its server has not used before, were it started again in the same epoch', () => {
    const service = new Service();
    const server = service.follower();
    const [first, second] = service.clients as [Client, Client];
    first.connect(server);
    service.crash(server);
    service.restart(server);
    service.settle();
    second.connect(server);
    expect(service.leader().epoch).toBe(1);
    expect(second.session).not.toBe(first.session);
  });

  it('lives while its client shows that it does, at a follower as at the leader', () => {
    const { service, clients } = served();
    service.pass(3_000);
    expect(service.events('session-expired')).toBe(0);
    expect(clients.map((client) => client.get('/'))).toEqual(['', '', '']);
  });

  it('ends by a transaction when its leader has heard nothing of it, and takes along what was to end with it', () => {
    const { service, clients: [atLeader, silent] } = served();
    silent.create('/e', '', 'ephemeral');
    expect(atLeader.get('/e')).toBe('');
    silent.node.pings = false;
    service.pass(950);
    expect(atLeader.get('/e')).toBe('');
    expect(silent.isConnected).toBe(true);
    service.pass(250);
    expect(service.events('session-expired')).toBe(1);
    expect(silent.isConnected).toBe(false);
    expect(atLeader.get('/e')).toBeNull();
    expect(silent.connect(service.follower(1))).toEqual(EXPIRED);
    expect(service.events('session-expired')).toBe(1);
  });

  it('ends when it is closed: the answer is the last thing that is heard', () => {
    const { clients: [other, closing] } = served();
    closing.create('/e', '', 'ephemeral');
    const late = { op: 'get', path: '/', watch: false } as const;
    const close = closing.send({ op: 'close' });
    const behind = closing.send(late);
    expect(other.get('/e')).toBe('');
    closing.until(() => !closing.isConnected);
    expect(closing.replyTo(close)?.result).toEqual({ op: 'close' });
    expect(closing.replyTo(behind)).toBeUndefined();
    expect(other.get('/e')).toBeNull();
  });

  it('gets all of its time once more from a new leader', () => {
    const { service, clients: [, client] } = served();
    client.create('/e', '', 'ephemeral');
    client.node.pings = false;
    service.pass(800);
    service.crash(service.leaderId() ?? service.follower());
    expect(client.isConnected).toBe(true);
    service.until(() => service.leaderId() !== null && service.leader().epoch === 2, 'a new leader');
    expect(client.isConnected).toBe(false);
    service.pass(900);
    expect(client.connect(service.leaderId() ?? service.follower())?.session).toBe(client.session);
    expect(client.get('/e')).toBe('');
    expect(service.reported).toEqual([]);
  });

  it('goes on at another server, and there alone: what the first one still has of it is refused', () => {
    const { service, clients: [, client] } = served();
    const [from, to] = [service.follower(), service.follower(1)];
    const twin = service.twinOf(client);
    expect(twin.connect(to)?.session).toBe(client.session);
    expect(service.events('session-moved')).toBe(1);
    const late = client.send({ op: 'create', path: '/late', data: '', mode: 'persistent' });
    client.until(() => !client.isConnected);
    expect(client.replyTo(late)).toBeUndefined();
    expect(service.service(from).clients.size).toBe(0);
    expect(twin.create('/here')).toMatchObject({ op: 'create' });
    expect(twin.get('/late')).toBeNull();
  });

  it.each(['get', 'sync'] as const)('hears nothing more of the leader (%s) that it has left, but what was asked before',
    (op) => {
      const { service, clients: [client] } = served();
      const before = client.send({ op: 'create', path: '/before', data: '', mode: 'persistent' });
      service.twinOf(client).connect(service.follower());
      const late = client.send({ op, path: '/', watch: false });
      client.until(() => !client.isConnected);
      expect([client.replyTo(before), client.replyTo(late)]).toMatchObject([{ result: { op: 'create' } }, undefined]);
    });

  it('ends when its client says so, be it to a server that it has left', () => {
    const { service, clients: [, client] } = served();
    client.create('/e', '', 'ephemeral');
    const twin = service.twinOf(client);
    twin.connect(service.follower(1));
    expect(client.result({ op: 'close' })).toEqual({ op: 'close' });
    twin.until(() => !twin.isConnected);
    expect(twin.connect(service.follower(1))).toEqual(EXPIRED);
  });

  it('has the timeout that its client and the server have agreed on last', () => {
    const { service, clients: [, client] } = served();
    expect(client.connect(service.follower(1), { timeoutMs: 300 })?.timeoutUs).toBe(300_000);
    client.create('/e', '', 'ephemeral');
    client.node.pings = false;
    service.pass(250);
    expect(service.events('session-expired')).toBe(0);
    service.pass(300);
    expect(service.events('session-expired')).toBe(1);
  });

  it('has one connection to one server', () => {
    const { service, clients: [, client] } = served();
    const twin = service.twinOf(client);
    expect(twin.connect(service.follower())?.session).toBe(client.session);
    client.until(() => !client.isConnected);
    expect(twin.create('/here')).toMatchObject({ op: 'create' });
  });

  it('is for whoever knows its password', () => {
    const { service, clients: [, client] } = served();
    const thief = service.twinOf(client);
    thief.password += 1;
    expect(thief.connect(service.follower(1))).toEqual(EXPIRED);
    expect(client.get('/')).toBe('');
  });

  it('is heard no more by the leader when its end is submitted; followers know nothing of that', () => {
    const { service, clients: [atLeader, atFollower] } = served();
    const leader = service.leaderId() ?? service.follower();
    for (const { session } of [atLeader, atFollower]) {
      const tracked = service.service(leader).tracked.get(session);
      if (tracked !== undefined) tracked.isClosing = true;
    }
    service.pass(20);
    const before = [atLeader, atFollower].map(({ node }) => node.heard.length);
    const read = atLeader.send({ op: 'get', path: '/', watch: false });
    service.pass(300);
    const pings = [atLeader, atFollower].map(({ node }, at) => node.heard.slice(before[at]).length);
    expect(pings[0]).toBe(0);
    expect(pings[1]).toBeGreaterThan(3);
    expect([atLeader.replyTo(read), atLeader.isConnected]).toEqual([undefined, true]);
    expect(atFollower.get('/')).toBe('');
  });

  it('is neither over nor alive while its end is submitted, or if it began in a later epoch', () => {
    const { service, clients: [client] } = served();
    const leader = service.leaderId() ?? service.follower();
    const tracked = service.service(leader).tracked.get(client.session);
    if (tracked !== undefined) tracked.isClosing = true;
    expect(service.twinOf(client).connect(leader)).toBeNull();
    const stranger = service.twinOf(client);
    stranger.session += zxidOf(1, 0);
    expect(stranger.connect(leader)).toBeNull();
    stranger.session -= zxidOf(1, 0) - 1;
    expect(stranger.connect(leader)).toEqual(EXPIRED);
  });
});

describe('a ZooKeeper server', () => {
  it('takes part if nothing but its count of starts has outlived a crash, and not if nothing has', () => {
    const states = [true, false].map((isCounted) => {
      const service = new Service();
      const server = service.follower();
      service.crash(server, 'machine-cache');
      const { disk } = service.world.process(server);
      disk.wipe();
      if (isCounted) disk.put(STARTS_FILE, 1);
      service.restart(server);
      service.pass(500);
      return [service.state(server).isAmnesiac, service.serving().includes(server)];
    });
    expect(states).toEqual([[false, true], [true, false]]);
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

  it('answers each connection in its order: a read waits for the writes before it, and for those alone', () => {
    const { clients: [, client] } = served();
    const read: Op = { op: 'get', path: '/x', watch: false };
    const xids = [
      client.send(read), client.send({ op: 'create', path: '/x', data: '1', mode: 'persistent' }), client.send(read),
      client.send({ op: 'set', path: '/x', data: '2', version: 0 }), client.send({ op: 'sync', path: '/' }),
      client.send({ op: 'set', path: '/x', data: '3', version: 7 }), client.send(read),
    ];
    client.until(() => client.replies.length === xids.length);
    expect(client.replies.map(({ xid }) => xid)).toEqual(xids);
    expect(client.replies.map(({ result }) => result.op))
      .toEqual(['error', 'create', 'get', 'set', 'sync', 'error', 'get']);
    expect(client.replies.map(({ result }) => (result.op === 'get' ? result.data : null)).filter((data) => data))
      .toEqual(['1', '2']);
    const zxids = client.replies.map(({ zxid }) => zxid);
    expect(zxids).toEqual([...zxids].sort((a, b) => a - b));
  });

  it('refuses a client that has seen more than it has applied', () => {
    const { service, clients: [client] } = served();
    const { zxid } = client.ask({ op: 'create', path: '/a', data: '', mode: 'persistent' });
    const fresh = service.twinOf(client);
    expect(fresh.connect(service.follower(), { lastZxid: zxid + 1 })).toBeNull();
    service.pass(20);
    expect(fresh.connect(service.follower(), { lastZxid: zxid })?.session).toBe(client.session);
  });

  it('closes its connections when it takes part no more, and opens none until it does', () => {
    const { service, clients: [atLeader, atFollower] } = served();
    const leader = service.leaderId() ?? service.follower();
    const follower = service.follower();
    service.isolate(leader);
    service.pass(1_200);
    expect(atLeader.isConnected).toBe(false);
    expect(atFollower.isConnected).toBe(false);
    expect(service.twinOf(atLeader).connect(leader)).toBeNull();
    service.until(() => service.serving().includes(follower), 'the others go on');
    expect(atFollower.connect(follower)?.session).toBe(atFollower.session);
  });

  it('has its tree and its sessions from its disk', () => {
    const { service, clients: [client] } = served();
    client.create('/a', 'kept');
    client.create('/e', 'kept', 'ephemeral');
    for (const id of service.world.nodes) service.crash(id, 'machine-cache');
    for (const id of service.world.nodes) service.restart(id);
    service.settle();
    expect(client.connect(service.follower())?.session).toBe(client.session);
    expect([client.get('/a'), client.get('/e')]).toEqual(['kept', 'kept']);
  });
});

describe('sync', () => {
  it.each(['leader', 'quorum'])('by the %s brings a server to what was committed before', (sync) => {
    const { service, clients: [atLeader, atFollower] } = served({ options: { sync } });
    const lagging = service.slowTo(service.follower(), 40);
    const { zxid } = atLeader.ask({ op: 'create', path: '/a', data: '', mode: 'persistent' });
    expect(atFollower.get('/a')).toBeNull();
    expect(atFollower.ask({ op: 'sync', path: '/' }).zxid).toBeGreaterThanOrEqual(zxid);
    expect(atFollower.get('/a')).toBe('');
    lagging();
  });

  it('by the leader asks nobody whether he still leads (ZOOKEEPER-1675); by a quorum, it does', () => {
    for (const [sync, isAnswered] of [['leader', true], ['quorum', false]] as const) {
      const { service, clients: [client] } = served({ options: { sync } });
      service.isolate(service.leaderId() ?? service.follower());
      service.pass(50);
      const xid = client.send({ op: 'sync', path: '/' });
      service.pass(100);
      expect(client.isConnected).toBe(true);
      expect(client.replyTo(xid)?.result.op === 'sync').toBe(isAnswered);
    }
  });
});

describe('a watch', () => {
  it('fires once, for what it is about, and before anything newer is read', () => {
    const { service, clients: [watcher, writer] } = served();
    writer.create('/d', '1');
    writer.create('/d/e', '1');
    service.pass(20);
    watcher.get('/d', true);
    watcher.result({ op: 'exists', path: '/new', watch: true });
    watcher.result({ op: 'exists', path: '/d/e', watch: true });
    watcher.result({ op: 'children', path: '/d', watch: true });
    expect(watcher.get('/none', true)).toBeNull();
    writer.set('/d', '2');
    writer.set('/d', '3');
    writer.create('/new');
    writer.create('/none');
    writer.create('/d/f');
    writer.result({ op: 'delete', path: '/d/e', version: -1 });
    service.pass(20);
    expect(watcher.events)
      .toEqual(['NodeDataChanged /d', 'NodeCreated /new', 'NodeChildrenChanged /d', 'NodeDeleted /d/e']);
    expect(service.events('watch-fired')).toBe(4);
  });

  it('comes before its own change is answered, and before reads that see it', () => {
    const { clients: [, client] } = served();
    client.create('/d', '1');
    client.get('/d', true);
    client.node.heard.length = 0;
    client.set('/d', '2');
    client.get('/d');
    expect(client.node.heard.map(({ kind }) => kind).filter((kind) => kind !== 'Ping'))
      .toEqual(['WatcherEvent', 'Reply', 'Reply']);
  });

  it('tells who watched a znode and its children once that it is gone', () => {
    const { clients: [, client] } = served();
    client.create('/d');
    client.get('/d', true);
    client.result({ op: 'children', path: '/d', watch: true });
    client.result({ op: 'delete', path: '/d', version: -1 });
    client.create('/d');
    client.create('/d/e');
    expect(client.events).toEqual(['NodeDeleted /d']);
  });

  it('goes along to another server: what has changed meanwhile fires at once, the rest when it changes', () => {
    const { service, clients: [writer, mover] } = served();
    for (const path of ['/a', '/b', '/c', '/gone']) writer.create(path);
    service.pass(20);
    const relativeZxid = mover.ask({ op: 'get', path: '/a', watch: true }).zxid;
    writer.set('/a', '2');
    writer.create('/c/child');
    writer.create('/there');
    const { zxid } = writer.ask({ op: 'delete', path: '/gone', version: -1 });
    service.pass(20);
    mover.node.heard.length = 0;
    expect(mover.connect(service.follower(1), { lastZxid: zxid })?.session).toBe(mover.session);
    mover.watchAgain({
      relativeZxid, data: ['/a', '/b', '/gone'], exists: ['/there', '/later'], children: ['/b', '/c', '/gone'],
    });
    service.pass(20);
    expect([...mover.events].sort())
      .toEqual([
        'NodeChildrenChanged /c', 'NodeCreated /there', 'NodeDataChanged /a', 'NodeDeleted /gone', 'NodeDeleted /gone',
      ]);
    mover.node.heard.length = 0;
    for (const path of ['/a', '/b']) writer.set(path, '3');
    writer.create('/b/child');
    writer.create('/later');
    service.pass(20);
    expect(mover.events).toEqual(['NodeDataChanged /b', 'NodeChildrenChanged /b', 'NodeCreated /later']);
  });

  it('ends with its connection', () => {
    const { service, clients: [writer, leaver] } = served();
    leaver.get('/', true);
    leaver.result({ op: 'children', path: '/', watch: true });
    leaver.close();
    service.pass(20);
    expect(service.service(service.follower()).watches).toEqual(noWatches());
    writer.create('/a');
    expect(service.events('watch-fired')).toBe(0);
  });
});
