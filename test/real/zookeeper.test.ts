import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Streams } from '../../src/kernel/streams.ts';
import type { Op } from '../../src/protocols/zookeeper/messages.ts';
import { type DrivenService, type DrivenSession, type Heard, Names } from '../support/zookeeper/heard.ts';
import { OperationGenerator, TOP } from '../support/zookeeper/operations.ts';
import { simulatedZooKeeper } from '../support/zookeeper/simulated.ts';
import { startZooKeeper } from './zookeeper-servers.ts';

const COMPARED = 20_000;
const SERVERS = 3;
/** What one session asks at once, before the others go on. */
const BATCH_MAX = 8;
/** One batch of so many ends its session. */
const BATCHES_OF_A_SESSION = 25;
const MINUTES_10 = 600_000;

const CLOSE: Op = { op: 'close' };
const SYNC: Op = { op: 'sync', path: TOP };
const LOOK: Op = { op: 'exists', path: TOP, watch: false };
const LOOKS_MAX = 1_000;

/** One side: a session at each server, and what they hear in words that both sides have. */
class Side {
  private readonly service: DrivenService;
  private readonly names = new Names();
  private readonly sessions: DrivenSession[] = [];

  constructor(service: DrivenService) {
    this.service = service;
  }

  async begin(server: number): Promise<void> {
    const session = await this.service.begin(server);
    this.names.onBegun(session);
    this.sessions[server] = session;
  }

  async ask(server: number, ops: readonly Op[]): Promise<unknown[]> {
    return this.names.told(ops, await (this.sessions[server] as DrivenSession).ask(ops));
  }

  /**
   * Brings all servers up to what was done: the events that their sessions hear on the way, and what they see then. A
   * sync alone does not do: of 3.8.0, a leader that has told its followers to commit may answer one before it has
   * applied that itself.
   */
  async settle(): Promise<unknown[][]> {
    const heard: unknown[][] = [];
    for (const session of this.sessions) {
      const events: Heard[] = [];
      let looked = await session.ask([SYNC, LOOK]);
      for (let looks = 1; looks < LOOKS_MAX && !this.names.isUpToDate(looked); looks++) {
        events.push(...looked.filter(({ kind }) => kind === 'event'));
        looked = await session.ask([LOOK]);
      }
      events.push(...looked.filter(({ kind }, at) => kind === 'event' || at === looked.length - 1));
      heard.push(this.names.told([LOOK], events));
    }
    return heard;
  }
}

describe('the simulated ZooKeeper beside a real one', () => {
  let real: DrivenService | undefined;
  beforeAll(async () => {
    real = await startZooKeeper();
  }, MINUTES_10);
  afterAll(() => real?.stop());

  it(`answers ${COMPARED} generated operations alike, and tells of the same events, in the same order`, async () => {
    const random = new Streams('zookeeper').get('operations');
    const generator = new OperationGenerator(random);
    const sides = [new Side(simulatedZooKeeper()), new Side(real as DrivenService)] as const;
    const different: unknown[] = [];
    const counts = new Map<string, number>();
    /** `endsSession`: a real server has no order of what ends with a session, and so of what it tells of it. */
    const both = async (
      what: unknown, endsSession: boolean, does: (side: Side) => Promise<unknown[]>,
    ): Promise<void> => {
      const [simulated, theirs] = [await does(sides[0]), await does(sides[1])];
      const [a, b] = [simulated, theirs].map((heard) => JSON.stringify(sorted(endsSession ? inOrder(heard) : heard)));
      if (a !== b) different.push({ what, simulated, real: theirs });
      count(counts, theirs);
    };
    for (let server = 0; server < SERVERS; server++) await Promise.all(sides.map((side) => side.begin(server)));
    await both('the top', false, (side) => side.ask(0, [{ op: 'create', path: TOP, data: '', mode: 'persistent' }]));
    await both('settled', false, (side) => side.settle());
    for (let compared = 0; compared < COMPARED && different.length < 5;) {
      const server = random.between(0, SERVERS - 1);
      const ops = Array.from({ length: random.between(1, BATCH_MAX) }, () => generator.next());
      const isLast = random.between(1, BATCHES_OF_A_SESSION) === 1;
      const asked = isLast ? [...ops, CLOSE] : ops;
      await both(asked, isLast, (side) => side.ask(server, asked));
      if (isLast) await Promise.all(sides.map((side) => side.begin(server)));
      await both('settled', isLast, (side) => side.settle());
      compared += asked.length;
    }
    console.log(`heard: ${[...counts].map(([what, times]) => `${times} ${what}`).join(', ')}`);
    expect(different).toEqual([]);
    for (const what of EXPECTED) expect(counts.get(what) ?? 0, what).toBeGreaterThan(COMPARED / 2_000);
  }, MINUTES_10);
});

const EXPECTED = [
  'create', 'delete', 'set', 'get', 'exists', 'children', 'multi', 'close', 'NoNode', 'NodeExists', 'BadVersion',
  'NotEmpty', 'NoChildrenForEphemerals', 'BadArguments', 'a multi that failed', 'NodeCreated', 'NodeDeleted',
  'NodeDataChanged', 'NodeChildrenChanged',
];

/** What was heard, with events that follow each other in an order of their own. */
function inOrder(heard: readonly unknown[]): unknown[] {
  const runs: unknown[] = [];
  let events: string[] = [];
  for (const one of [...heard, null]) {
    if (Array.isArray(one)) runs.push(inOrder(one));
    else if (isEvent(one)) events.push(`${one.type} ${one.path}`);
    else {
      runs.push(...events.sort(), one);
      events = [];
    }
  }
  return runs;
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

function count(counts: Map<string, number>, heard: readonly unknown[]): void {
  for (const one of heard.flat() as { type?: string; result?: { op: string; error?: string; results?: unknown[] } }[]) {
    const { result } = one;
    const what = one.type ?? result?.error ?? result?.op ?? '';
    counts.set(what, (counts.get(what) ?? 0) + 1);
    if (result?.op !== 'error' || result.results?.length === 0) continue;
    counts.set('a multi that failed', (counts.get('a multi that failed') ?? 0) + 1);
  }
}
