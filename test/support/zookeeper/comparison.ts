import { Streams } from '../../../src/kernel/streams.ts';
import type { Stream } from '../../../src/kernel/rng.ts';
import type { Op } from '../../../src/protocols/zookeeper/messages.ts';
import type { DrivenService } from './heard.ts';
import { OperationGenerator, TOP, type Watching } from './operations.ts';
import { type Return, Side, SERVERS } from './side.ts';

const CLIENTS = 3;
/** What one client asks at once, before the others go on. */
const BATCH_MAX = 8;
/** One batch of so many is followed by the end of its session; of those that are short, by silence. */
const BATCHES_OF_A_SESSION = 25;
const SESSIONS_FOR_A_SHORT = 20;
const WRITES_BACK_MAX = 30;
const AWAY_MAX = 4;
/** How long a session may be silent, in ticks, of which a server grants 2 to 20. */
const WISHED_TICKS = [10, 20, 30];
const WISHED_TICKS_OF_A_SHORT = 1;
const CLOSE: Op = { op: 'close' };

/** Where the two are not alike: what was asked, and what was heard. */
interface Difference {
  readonly what: unknown;
  readonly simulated: readonly unknown[];
  readonly real: readonly unknown[];
}

/** What was heard on both sides. */
export interface Compared {
  /** The first one: it ends the comparison. */
  readonly different: Difference | null;
  /** How often what was heard, by its name. */
  readonly counts: ReadonlyMap<string, number>;
}

interface Client {
  readonly isShort: boolean;
  readonly watching: Watching;
  /** Comes back when it has been its turn so many times; 0: it is connected. */
  away: number;
}

/** Has the clients of two services do the same, and compares what they hear. */
class Comparison {
  different: Difference | null = null;
  readonly counts = new Map<string, number>();
  private readonly sides: readonly [Side, Side];
  private readonly random: Stream;
  private readonly generator: OperationGenerator;
  private readonly tickMs: number;
  private readonly clients: Client[] = [];

  private readonly modes: readonly Watching[];

  constructor(
    services: readonly [DrivenService, DrivenService], seed: string, tickMs: number, modes: readonly Watching[],
  ) {
    this.sides = [new Side(services[0]), new Side(services[1])];
    this.random = new Streams(seed).get('operations');
    this.generator = new OperationGenerator(this.random);
    this.tickMs = tickMs;
    this.modes = modes;
  }

  async run(operations: number): Promise<void> {
    for (const side of this.sides) await side.open();
    for (let client = 0; client < CLIENTS; client += 1) await this.begin(client);
    const top: Op = { op: 'create', path: TOP, data: '', mode: 'persistent' };
    await this.both('the top', false, (side) => side.ask(0, [top]));
    await this.settled(false);
    for (let asked = 0; asked < operations && this.different === null;) {
      const client = this.random.between(0, CLIENTS - 1);
      const { away } = this.clients[client] as Client;
      if (away > 0) await this.comeBack(client);
      else asked += await this.batch(client);
    }
  }

  /** `endsSession`: a real server has no order of what ends with a session, and so of what it tells of it. */
  private async both(what: unknown, endsSession: boolean, does: (side: Side) => unknown): Promise<void> {
    if (this.different !== null) return;
    const [simulated, real] = [await does(this.sides[0]), await does(this.sides[1])] as [unknown[], unknown[]];
    const [a, b] = [simulated, real].map((heard) => JSON.stringify(sorted(endsSession ? inOrder(heard) : heard)));
    if (a !== b) this.different = { what, simulated, real };
    count(this.counts, real);
    if (typeof what === 'string') this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  private settled(endsSession: boolean): Promise<void> {
    return this.both('settled', endsSession, (side) => side.settle());
  }

  // ── What clients do ──────────────────────────────────────────────────

  private async begin(client: number): Promise<void> {
    // One at a time: when the end of one is waited for, another one would end as well.
    const mayBeShort = this.clients.every(({ isShort }, other) => other === client || !isShort);
    const isShort = mayBeShort && this.random.between(1, SESSIONS_FOR_A_SHORT) === 1;
    const watching = this.modes[this.random.between(0, this.modes.length - 1)] as Watching;
    this.clients[client] = { isShort, watching, away: 0 };
    const [server, timeoutMs] = [this.server(), this.timeoutMs(isShort)];
    await this.both('begin', false, (side) => side.begin(client, server, timeoutMs));
  }

  private async batch(client: number): Promise<number> {
    const ops = this.operations(client, BATCH_MAX);
    const { isShort } = this.clients[client] as Client;
    const isLast = this.random.between(1, BATCHES_OF_A_SESSION) === 1;
    const asked = isLast && !isShort ? [...ops, CLOSE] : ops;
    await this.both(asked, isLast, (side) => side.ask(client, asked));
    if (isLast && isShort) await this.expire(client);
    if (isLast) await this.begin(client);
    await this.settled(isLast);
    if (!isLast) await this.step(client);
    return asked.length;
  }

  private async expire(client: number): Promise<void> {
    await this.settled(false);
    const server = this.server();
    await this.both('expire', false, (side) => side.expire(client, server));
  }

  /** What may happen to the connection of a client, once everybody has seen everything. */
  private async step(client: number): Promise<void> {
    const kind = this.random.between(0, 99);
    if (kind < 8) this.goAway(client);
    else if (kind < 14) await this.move(client);
    else if (kind < 16) await this.intruded(client);
  }

  private goAway(client: number): void {
    (this.clients[client] as Client).away = this.random.between(1, AWAY_MAX);
    for (const side of this.sides) side.leave(client);
  }

  private async comeBack(client: number): Promise<void> {
    const state = this.clients[client] as Client;
    state.away -= 1;
    if (state.away > 0) return;
    await this.goOn(client, []);
    await this.settled(false);
  }

  /** To another server, or the same: the connection that it had is still there, and something is asked on it. */
  private async move(client: number): Promise<void> {
    const isClose = this.random.between(1, 8) === 1;
    const late = isClose ? [CLOSE] : this.operations(client, 3);
    await this.goOn(client, late);
    await this.settled(isClose);
    if (!isClose) return;
    // What was asked on a connection that its server had closed has ended nothing.
    await this.both('close', true, (side) => side.ask(client, [CLOSE]));
    await this.begin(client);
    await this.settled(true);
  }

  /** Whoever comes to the server of the client takes its connection: it goes on. */
  private async intruded(client: number): Promise<void> {
    const [server, timeoutMs, knowsPassword] = [this.server(), this.timeoutMs(false), this.random.chance(500_000)];
    const what = { intrude: client, server, knowsPassword };
    await this.both(what, false, (side) => side.intrude(client, server, timeoutMs, knowsPassword));
    await this.goOn(client, this.operations(client, 2));
    await this.settled(false);
  }

  private async goOn(client: number, late: readonly Op[]): Promise<void> {
    const { isShort, watching } = this.clients[client] as Client;
    const to: Return = {
      server: this.server(),
      writesBack: this.random.between(0, WRITES_BACK_MAX),
      timeoutMs: this.timeoutMs(isShort),
    };
    const watched = this.generator.watched(watching);
    await this.both({ goOn: client, to, watched, late }, late.includes(CLOSE),
      (side) => side.goOn(client, to, watched, late));
  }

  // ── What is drawn ────────────────────────────────────────────────────

  private operations(client: number, max: number): Op[] {
    const { watching } = this.clients[client] as Client;
    return Array.from({ length: this.random.between(1, max) }, () => this.generator.next(watching));
  }

  private server(): number {
    return this.random.between(0, SERVERS - 1);
  }

  private timeoutMs(isShort: boolean): number {
    if (isShort) return WISHED_TICKS_OF_A_SHORT * this.tickMs;
    return (WISHED_TICKS[this.random.between(0, WISHED_TICKS.length - 1)] as number) * this.tickMs;
  }
}

/** Of each session those of one mode, for each mode. */
export const APART: readonly Watching[] = ['standard', 'persistent', 'persistent-recursive'];

/** Two services side by side; where they are not alike, the second one is right. */
export async function compare(
  simulated: DrivenService, real: DrivenService, operations: number, tickMs: number,
  modes: readonly Watching[] = APART,
): Promise<Compared> {
  const comparison = new Comparison([simulated, real], 'zookeeper', tickMs, modes);
  await comparison.run(operations);
  return comparison;
}

/** What was heard, with events that follow each other in an order of their own. */
function inOrder(heard: readonly unknown[]): unknown[] {
  const runs: unknown[] = [];
  let events: string[] = [];
  for (const one of [...heard, null]) {
    if (isEvent(one)) {
      events.push(`${one.type} ${one.path}`);
      continue;
    }
    // A real server that ends a connection with its session sends nothing more, be it due or not.
    if (isClosed(one)) events = [];
    runs.push(...events.sort(), Array.isArray(one) ? inOrder(one) : one);
    events = [];
  }
  return runs;
}

function isClosed(one: unknown): boolean {
  return typeof one === 'object' && one !== null && 'kind' in one && one.kind === 'closed';
}

function isEvent(one: unknown): one is { readonly type: string; readonly path: string } {
  return typeof one === 'object' && one !== null && 'type' in one;
}

/** The same, whatever the order of fields. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field)]));
}

interface Countable {
  readonly kind?: string;
  readonly type?: string;
  readonly received?: string;
  readonly result?: { readonly op: string; readonly error?: string; readonly results?: readonly unknown[] };
}

function count(counts: Map<string, number>, heard: readonly unknown[]): void {
  for (const { kind, type, received, result } of heard.flat() as readonly Countable[]) {
    const what = type ?? received ?? result?.error ?? result?.op ?? kind ?? 'timeout';
    counts.set(what, (counts.get(what) ?? 0) + 1);
    if (result?.op !== 'error' || result.results?.length === 0) continue;
    counts.set('a multi that failed', (counts.get('a multi that failed') ?? 0) + 1);
  }
}
