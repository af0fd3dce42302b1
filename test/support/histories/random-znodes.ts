import type { History, HistoryEvent, Json } from '../../../checkers/index.ts';
import type { Draw } from './random-history.ts';

/**
 * A cluster in miniature: one log, servers that lag behind it, clients with sessions and watches, and connections that
 * break. What it does is right, but for its clients, who are told what ZooKeeper would tell them, and late.
 */

interface Znode {
  readonly data: string;
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly version: number;
  /** Children that it has had. */
  readonly had: number;
  readonly owner: number;
}

type Tree = ReadonlyMap<string, Znode>;
type Request = { readonly [name: string]: Json };
type Event = { readonly type: string; readonly path: string };

/** The tree after a transaction, and what it told. */
interface Logged {
  readonly zxid: number;
  readonly session: number;
  readonly tree: Tree;
  readonly open: ReadonlySet<number>;
  readonly events: readonly Event[];
  readonly client: Client | null;
  readonly asked: Request | null;
  readonly answer: Json;
  readonly error: string | null;
}

/** What travels from a server to a client, in order. */
type Packet = { readonly zxid: number } & ({ readonly answer: Json; readonly error: string | null } | Event);

interface Client {
  process: number;
  session: number;
  server: number | null;
  seen: number;
  asked: Request | null;
  /** Of the last request. */
  xid: number;
  /** Whether the request has left the client; and a write, whether it waits for the log. */
  sent: boolean;
  queued: boolean;
  readonly packets: Packet[];
  /** At the server. */
  readonly serverWatches: Set<string>;
  /** What the client has been answered. */
  readonly watches: Map<string, 'data' | 'exists' | 'children' | 'persistent'>;
}

const PATHS = ['/a', '/b', '/a/x', '/a/y', '/b/e', '/b/f'];

/** In half of the histories watches stay that are set, and else hardly ever. */
export function randomZnodes(draw: Draw, steps: number): HistoryEvent[] {
  const cluster = new Cluster(draw, draw(2) === 0);
  for (let step = 0; step < steps; step += 1) cluster.step();
  return cluster.history;
}

class Cluster {
  readonly history: HistoryEvent[] = [];
  private readonly draw: Draw;
  private readonly log: Logged[] = [
    { zxid: 0, session: 0, tree: new Map([['/', fresh('', 0, 0)]]), open: new Set(), events: [], client: null,
      asked: null, answer: null, error: null },
  ];
  /** By server, how much of the log it has. */
  private readonly applied = [0, 0, 0];
  private readonly clients: Client[];
  private sessions = 0;
  private values = 0;
  private zxid = 0;

  private readonly isPersistent: boolean;

  constructor(draw: Draw, isPersistent: boolean) {
    this.draw = draw;
    this.isPersistent = isPersistent;
    this.clients = [0, 1, 2].map((process) => ({
      process, session: 0, server: null, seen: 0, asked: null, xid: 0, sent: false, queued: false, packets: [],
      serverWatches: new Set<string>(), watches: new Map(),
    }));
  }

  step(): void {
    const client = this.clients[this.draw(3)] as Client;
    const luck = this.draw(100);
    if (luck < 30) this.applyAt(this.draw(3));
    else if (luck < 32) this.disconnect(client);
    else if (luck < 34) this.expire(client);
    else if (client.server === null) this.connect(client);
    else if (client.packets.length > 0 && luck < 60) this.deliver(client);
    else if (client.asked === null) this.invoke(client);
    else if (!client.sent) this.receive(client);
    else if (client.queued) this.commit(client);
    else if (client.packets.length > 0) this.deliver(client);
  }

  private write(line: Omit<HistoryEvent, 'index' | 'time'>): void {
    this.history.push({ index: this.history.length, time: this.history.length * 1_000, ...line });
  }

  private tell(f: string, value: Json): void {
    this.write({ process: 'nemesis', type: 'info', f, value });
  }

  // ── The log ────────────────────────────────────────────────────────────

  /** Of the transaction to come. Now and then another leader has begun. */
  private nextZxid(): number {
    const epoch = 0x1_0000_0000;
    this.zxid += this.draw(20) === 0 ? epoch - (this.zxid % epoch) + 1 : 1;
    return this.zxid;
  }

  private append(session: number, xid: number, change: Json, made: Partial<Logged>): void {
    const { zxid, log } = this;
    const { tree, open } = log.at(-1) as Logged;
    log.push({ zxid, session, tree, open, events: [], client: null, asked: null, answer: null, error: null, ...made });
    this.tell('committed', { zxid, session, xid, change });
  }

  private commit(client: Client): void {
    client.queued = false;
    const { session, asked, xid } = client;
    if (asked === null) return;
    if (asked['op'] === 'close') return this.end(session, xid, client);
    const isMulti = asked['op'] === 'multi';
    const ops = isMulti ? asked['ops'] as readonly Request[] : [asked];
    const done = carryOut((this.log.at(-1) as Logged).tree, ops, session, this.nextZxid());
    if ('error' in done) {
      const { error } = done;
      return this.append(session, xid, { change: 'error', error, results: [] }, { client, asked, error });
    }
    const { tree, events, changes, answers } = done;
    const change = isMulti ? { change: 'multi', changes } : changes[0] as Json;
    const answer = isMulti ? { results: answers } : answers[0] as Json;
    this.append(session, xid, change, { tree, events, client, asked, answer });
  }

  private end(session: number, xid: number, client: Client | null): void {
    const last = this.log.at(-1) as Logged;
    const paths = [...last.tree].filter(([, { owner }]) => owner === session).map(([path]) => path).sort();
    const zxid = this.nextZxid();
    let { tree } = last;
    const events: Event[] = [];
    for (const path of paths) {
      tree = without(tree, path, zxid);
      events.push({ type: 'NodeDeleted', path }, { type: 'NodeChildrenChanged', path: above(path) });
    }
    const open = new Set([...last.open].filter((one) => one !== session));
    const asked = client?.asked ?? null;
    this.append(session, xid, { change: 'close-session', paths }, { tree, open, events, client, asked, answer: {} });
  }

  private applyAt(server: number): void {
    const next = this.log[(this.applied[server] as number) + 1];
    if (next === undefined) return;
    this.applied[server] = (this.applied[server] as number) + 1;
    for (const { type, path } of next.events) {
      for (const client of this.clients) if (client.server === server) this.fire(client, type, path, next.zxid);
    }
    const { client, asked, zxid, answer, error } = next;
    const isWaiting = client !== null && client.server === server && client.asked === asked;
    if (isWaiting) client.packets.push({ zxid, answer, error });
  }

  private fire(client: Client, type: string, path: string, zxid: number): void {
    const only = type === 'NodeChildrenChanged' ? 'children' : 'data';
    const tables = type === 'NodeDeleted' ? ['data', 'children'] : [only];
    const fired = tables.filter((table) => client.serverWatches.delete(`${table} ${path}`));
    if (fired.length > 0 || isWatched(client.serverWatches, type, path)) client.packets.push({ type, path, zxid });
  }

  // ── Connections ────────────────────────────────────────────────────────

  private turn({ process, session, seen, server }: Client, state: string): void {
    this.tell('session', { process, session, state, zxid: seen, server: server === null ? null : `n${server + 1}` });
  }

  private disconnect(client: Client): void {
    if (client.server === null) return;
    client.server = null;
    client.packets.length = 0;
    client.serverWatches.clear();
    this.turn(client, 'disconnected');
    const { asked } = client;
    if (asked === null) return;
    const { op, path } = asked;
    // What the leader has not seen yet goes with the connection, or comes before the session is taken elsewhere.
    if (client.queued && this.draw(2) === 0) this.commit(client);
    // Two clients of three know what they have sent it as.
    const value = client.process % 3 === 0 ? null : { session: client.session, xid: client.sent ? client.xid : 0 };
    this.write({
      process: client.process, type: 'info', f: op as string, key: (path ?? '/') as string, value,
      error: 'connection-loss',
    });
    client.process += this.clients.length;
    client.asked = null;
    client.queued = false;
    client.sent = false;
  }

  /** The cluster ends a session that is not heard of, and now and then one that is. */
  private expire(client: Client): void {
    const { open } = this.log.at(-1) as Logged;
    if (!open.has(client.session) || (client.server !== null && this.draw(4) > 0)) return;
    this.disconnect(client);
    // Its last request may have been to close it.
    if ((this.log.at(-1) as Logged).open.has(client.session)) this.end(client.session, 0, null);
  }

  private connect(client: Client): void {
    const server = this.draw(3);
    const at = this.log[this.applied[server] as number] as Logged;
    if (at.zxid < client.seen) return;
    const last = this.log.at(-1) as Logged;
    if (client.session === 0) {
      this.sessions += 1;
      client.session = this.sessions;
      this.nextZxid();
      this.append(client.session, 0, { change: 'create-session' }, { open: new Set([...last.open, client.session]) });
      client.server = server;
      return this.turn(client, 'connected');
    }
    client.server = server;
    if (!last.open.has(client.session)) {
      this.turn(client, 'expired');
      return this.begin(client);
    }
    this.turn(client, 'connected');
    this.setWatches(client, at);
  }

  private begin(client: Client): void {
    client.server = null;
    client.session = 0;
    client.seen = 0;
    client.watches.clear();
    client.serverWatches.clear();
    client.packets.length = 0;
  }

  private setWatches(client: Client, { tree, zxid }: Logged): void {
    for (const [name, kind] of client.watches) {
      const path = name.slice(name.indexOf(' ') + 1);
      if (kind === 'persistent') {
        client.serverWatches.add(name);
        continue;
      }
      const znode = tree.get(path);
      const type = kind === 'exists' ? (znode === undefined ? null : 'NodeCreated')
        : znode === undefined ? 'NodeDeleted'
          : kind === 'data' ? (znode.mzxid > client.seen ? 'NodeDataChanged' : null)
            : znode.pzxid > client.seen ? 'NodeChildrenChanged' : null;
      if (type === null) client.serverWatches.add(name);
      else client.packets.push({ type, path, zxid });
    }
  }

  // ── Operations ─────────────────────────────────────────────────────────

  private invoke(client: Client): void {
    const asked = this.drawRequest();
    client.asked = asked;
    client.xid += 1;
    client.sent = false;
    const { op, path, ...value } = asked;
    const isBare = op === 'sync' || op === 'close';
    this.write({
      process: client.process, type: 'invoke', f: op as string, key: (path ?? '/') as string,
      value: isBare ? null : value,
    });
  }

  private drawRequest(): Request {
    const { draw } = this;
    const luck = draw(100);
    if (luck < 2) return { op: 'close' };
    if (luck < 8) return { op: 'sync', path: '/' };
    if (luck < 55) {
      const path = draw(6) === 0 ? '/' : PATHS[draw(PATHS.length)] as string;
      const kind = draw(this.isPersistent ? 8 : 80);
      if (kind === 0) return { op: 'remove-watches', path, type: 'any' };
      if (kind === 1) return { op: 'add-watch', path, mode: 'persistent' };
      if (kind === 2) return { op: 'add-watch', path: above(path), mode: 'persistent-recursive' };
      return { op: ['get', 'exists', 'children'][draw(3)] as string, path, watch: draw(2) === 0 };
    }
    if (luck < 65) return { op: 'multi', ops: Array.from({ length: 1 + draw(3) }, () => this.drawWrite(true)) };
    return this.drawWrite(false);
  }

  private drawWrite(inMulti: boolean): Request {
    const { draw } = this;
    const path = PATHS[draw(PATHS.length)] as string;
    const version = draw(3) === 0 ? draw(3) : -1;
    this.values += 1;
    const data = `v${this.values}`;
    const luck = draw(inMulti ? 10 : 9);
    if (luck < 2) return { op: 'delete', path, version };
    if (luck < 4) return { op: 'set', path, data, version };
    const prefix = `${above(path)}/s-`.replace('//', '/');
    if (luck < 5) return { op: 'create', path: prefix, data, mode: 'persistent-sequential' };
    if (luck === 9) return { op: 'check', path, version };
    return { op: 'create', path, data, mode: luck < 7 || !path.startsWith('/b/') ? 'persistent' : 'ephemeral' };
  }

  /** The request reaches the server: a read is answered as of now. */
  private receive(client: Client): void {
    const { asked, server } = client;
    if (asked === null || server === null) return;
    client.sent = true;
    const { tree, zxid } = this.log[this.applied[server] as number] as Logged;
    const op = asked['op'] as string;
    if (op === 'sync') {
      while ((this.applied[server] as number) < this.log.length - 1) this.applyAt(server);
      client.packets.push({ zxid: (this.log.at(-1) as Logged).zxid, answer: {}, error: null });
    } else if (op === 'get' || op === 'exists' || op === 'children') {
      const path = asked['path'] as string;
      const answer = look(tree, op, path);
      client.packets.push({ zxid, answer, error: answer === null ? 'NoNode' : null });
      const isSet = asked['watch'] === true && (answer !== null || op === 'exists');
      if (isSet) client.serverWatches.add(`${op === 'children' ? 'children' : 'data'} ${path}`);
    } else if (op === 'add-watch') {
      client.serverWatches.add(`${asked['mode'] as string} ${asked['path'] as string}`);
      client.packets.push({ zxid, answer: {}, error: null });
    } else if (op === 'remove-watches') {
      const removed = namesOf(asked['path'] as string).filter((name) => client.serverWatches.delete(name));
      client.packets.push({ zxid, answer: {}, error: removed.length === 0 ? 'NoWatcher' : null });
    } else {
      client.queued = true;
    }
  }

  private deliver(client: Client): void {
    const packet = client.packets.shift() as Packet;
    if ('type' in packet) {
      const { type, path, zxid } = packet;
      for (const name of [`data ${path}`, `children ${path}`]) {
        const isOf = type === 'NodeDeleted' || (type === 'NodeChildrenChanged') === name.startsWith('children');
        if (isOf) client.watches.delete(name);
      }
      return this.tell('event', { process: client.process, session: client.session, type, path, zxid });
    }
    const { zxid, answer, error } = packet;
    const { op, path, watch, mode } = client.asked as Request;
    client.seen = zxid;
    client.asked = null;
    const value = { session: client.session, zxid, ...(answer as object) };
    const common = { process: client.process, f: op as string, key: (path ?? '/') as string };
    if (error === null) this.write({ ...common, type: 'ok', value });
    else this.write({ ...common, type: 'fail', value: { session: client.session, zxid }, error });
    const isSet = watch === true && (error === null || op === 'exists');
    const kind = op === 'children' ? 'children' : error === null ? 'data' : 'exists';
    if (isSet) client.watches.set(`${kind === 'children' ? kind : 'data'} ${path as string}`, kind);
    if (op === 'add-watch') client.watches.set(`${mode as string} ${path as string}`, 'persistent');
    if (op === 'remove-watches' && error === null) {
      for (const name of namesOf(path as string)) client.watches.delete(name);
    }
    if (op !== 'close') return;
    this.turn(client, 'closed');
    this.begin(client);
  }
}

/** Watches of a path, of all kinds. */
function namesOf(path: string): readonly string[] {
  return ['data', 'children', 'persistent', 'persistent-recursive'].map((kind) => `${kind} ${path}`);
}

function isWatched(watches: ReadonlySet<string>, type: string, path: string): boolean {
  if (watches.has(`persistent ${path}`)) return true;
  const isBelow = (name: string): boolean => name.startsWith('persistent-recursive /')
    && `${path}/`.startsWith(name.endsWith(' /') ? '/' : `${name.slice(name.indexOf('/'))}/`);
  return type !== 'NodeChildrenChanged' && [...watches].some(isBelow);
}

// ── The tree ───────────────────────────────────────────────────────────

type Done = { readonly error: string } | {
  readonly tree: Tree; readonly events: readonly Event[]; readonly changes: readonly Json[];
  readonly answers: readonly Json[];
};

function carryOut(before: Tree, ops: readonly Request[], session: number, zxid: number): Done {
  let tree = before;
  const [events, changes, answers] = [[] as Event[], [] as Json[], [] as Json[]];
  for (const { op, path: asked, data, mode, version } of ops as readonly { readonly [name: string]: string }[]) {
    const up = above(asked as string);
    const parent = tree.get(up);
    const isSequential = mode?.endsWith('sequential') ?? false;
    const path = isSequential ? `${asked}${String(parent?.had ?? 0).padStart(10, '0')}` : asked as string;
    const znode = tree.get(path);
    if (op === 'create') {
      if (parent === undefined) return { error: 'NoNode' };
      if (znode !== undefined) return { error: 'NodeExists' };
      if (parent.owner !== 0) return { error: 'NoChildrenForEphemerals' };
      const owner = mode === 'ephemeral' ? session : 0;
      tree = new Map([...tree, [path, fresh(data as string, zxid, owner)],
        [up, { ...parent, had: parent.had + 1, pzxid: zxid }]]);
      events.push({ type: 'NodeCreated', path }, { type: 'NodeChildrenChanged', path: up });
      changes.push({ change: 'create', path, data: data as string, ephemeralOwner: owner, cversion: parent.had + 1 });
      answers.push({ op: 'create', path, stat: statIn(tree, path) });
      continue;
    }
    if (znode === undefined) return { error: 'NoNode' };
    if (Number(version) !== -1 && Number(version) !== znode.version) return { error: 'BadVersion' };
    if (op === 'delete') {
      if (childrenIn(tree, path).length > 0) return { error: 'NotEmpty' };
      tree = without(tree, path, zxid);
      events.push({ type: 'NodeDeleted', path }, { type: 'NodeChildrenChanged', path: up });
      changes.push({ change: 'delete', path });
    } else if (op === 'set') {
      tree = new Map([...tree, [path, { ...znode, data: data as string, mzxid: zxid, version: znode.version + 1 }]]);
      events.push({ type: 'NodeDataChanged', path });
      changes.push({ change: 'set', path, data: data as string, version: znode.version + 1 });
    } else {
      changes.push({ change: 'check' });
    }
    answers.push(op === 'set' ? { op, stat: statIn(tree, path) } : { op: op as string });
  }
  return { tree, events, changes, answers };
}

function fresh(data: string, zxid: number, owner: number): Znode {
  return { data, czxid: zxid, mzxid: zxid, pzxid: zxid, version: 0, had: 0, owner };
}

function without(tree: Tree, path: string, zxid: number): Tree {
  const parent = tree.get(above(path)) as Znode;
  return new Map([...tree, [above(path), { ...parent, pzxid: zxid }] as const].filter(([name]) => name !== path));
}

function look(tree: Tree, op: string, path: string): Json {
  const znode = tree.get(path);
  if (znode === undefined) return null;
  const stat = statIn(tree, path);
  if (op === 'get') return { data: znode.data, stat };
  return op === 'exists' ? { stat } : { children: childrenIn(tree, path), stat };
}

function statIn(tree: Tree, path: string): Json {
  const { data, czxid, mzxid, pzxid, version, had, owner } = tree.get(path) as Znode;
  const numChildren = childrenIn(tree, path).length;
  return {
    czxid, mzxid, pzxid, version, cversion: 2 * had - numChildren, aversion: 0, ephemeralOwner: owner,
    dataLength: data.length, numChildren,
  };
}

function childrenIn(tree: Tree, path: string): string[] {
  return [...tree.keys()].filter((other) => other !== '/' && above(other) === path)
    .map((other) => other.slice(other.lastIndexOf('/') + 1)).sort();
}

function above(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** The same lines, numbered anew. */
export function renumbered(lines: readonly HistoryEvent[]): History {
  return lines.map((line, index) => ({ ...line, index, time: index * 1_000 }));
}
