import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Streams } from '../../src/kernel/streams.ts';
import type { Op } from '../../src/protocols/zookeeper/messages.ts';
import { type DrivenService, type DrivenSession, Names } from '../support/zookeeper/heard.ts';
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

  /** Brings all servers up to what was done; what their sessions hear on the way. */
  async sync(): Promise<unknown[][]> {
    const heard: unknown[][] = [];
    for (const server of this.sessions.keys()) heard.push(await this.ask(server, [SYNC]));
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
    const both = async (what: unknown, does: (side: Side) => Promise<unknown[]>): Promise<void> => {
      const [simulated, theirs] = [await does(sides[0]), await does(sides[1])];
      if (JSON.stringify(sorted(simulated)) !== JSON.stringify(sorted(theirs))) {
        different.push({ what, simulated, real: theirs });
      }
      count(counts, theirs);
    };
    for (let server = 0; server < SERVERS; server++) await Promise.all(sides.map((side) => side.begin(server)));
    await both('the top', (side) => side.ask(0, [{ op: 'create', path: TOP, data: '', mode: 'persistent' }]));
    await both('sync', (side) => side.sync());
    for (let compared = 0; compared < COMPARED && different.length < 5;) {
      const server = random.between(0, SERVERS - 1);
      const ops = Array.from({ length: random.between(1, BATCH_MAX) }, () => generator.next());
      const isLast = random.between(1, BATCHES_OF_A_SESSION) === 1;
      const asked = isLast ? [...ops, CLOSE] : ops;
      await both(asked, (side) => side.ask(server, asked));
      if (isLast) await Promise.all(sides.map((side) => side.begin(server)));
      await both('sync', (side) => side.sync());
      compared += asked.length;
    }
    console.log(`heard: ${[...counts].map(([what, times]) => `${times} ${what}`).join(', ')}`);
    expect(different).toEqual([]);
    for (const what of EXPECTED) expect(counts.get(what) ?? 0, what).toBeGreaterThan(COMPARED / 1_000);
  }, MINUTES_10);
});

const EXPECTED = [
  'create', 'delete', 'set', 'get', 'exists', 'children', 'multi', 'close', 'NoNode', 'NodeExists', 'BadVersion',
  'NotEmpty', 'NoChildrenForEphemerals', 'BadArguments', 'a multi that failed', 'NodeCreated', 'NodeDeleted',
  'NodeDataChanged', 'NodeChildrenChanged',
];

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
