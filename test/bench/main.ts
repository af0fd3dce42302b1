import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { checkLinearizable } from '../../checkers/index.ts';
import { multiPaxos } from '../../src/protocols/multi-paxos/module.ts';
import { raft } from '../../src/protocols/raft/module.ts';
import { zab } from '../../src/protocols/zab/module.ts';
import type { ProtocolModule } from '../../src/contract/module.ts';
import { WORKER_YOUNG_MB } from '../../src/host/pool.ts';
import type { TraceMode } from '../../src/kernel/trace.ts';
import { Streams } from '../../src/kernel/streams.ts';
import { run } from '../../src/run/run.ts';
import { buildWorld, type Built } from '../../src/scenario/build.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { forgetful } from './forgetful.ts';
import { pingPong } from './engine.ts';
import { cpuUs, measure, measureAsync, type Figure } from './measure.ts';
import { reference } from './reference.ts';
import { standard } from './standard.ts';
import { Table } from './table.ts';
import { closeThreads, sweep } from './workers.ts';

/** A protocol with nobody watching. */
function unwatched(module: ProtocolModule): ProtocolModule {
  return { ...module, invariants: { declared: [], observe: () => ({}) } };
}

let lastSeed = 0;

/** Runs a scenario without judging it; another seed each time. A run that is not clean is no measurement. */
function simulate(scenario: Scenario, trace: TraceMode, module: ProtocolModule): Built {
  lastSeed += 1;
  const streams = new Streams(String(lastSeed));
  const built = buildWorld(scenario, { module, streams, trace, freezeMessages: false, meteredEvents: [], without: [] });
  built.world.start();
  built.nemesis.start();
  const stop = built.world.runUntil(scenario.durationUs);
  if (stop.kind !== 'end') throw new Error(`the run stopped: ${stop.text}`);
  if (built.breaches.length > 0) throw new Error(`a breach: ${JSON.stringify(built.breaches)}`);
  return built;
}

/** Work that is counted in events. */
function eventsOf(scenario: Scenario, trace: TraceMode = 'digest', module = raft as ProtocolModule): () => number {
  return () => simulate(scenario, trace, module).world.trace.events;
}

/** The same with the full trace as text. */
function linesOf(scenario: Scenario): () => number {
  return () => {
    const { world } = simulate(scenario, 'full', raft);
    if (world.traceLines() === null) throw new Error('the trace was not kept');
    return world.trace.events;
  };
}

/** Work that is counted in simulated seconds. */
function secondsOf(scenario: Scenario): () => number {
  return () => {
    simulate(scenario, 'digest', raft);
    return scenario.durationUs / 1_000_000;
  };
}

/** The same work so many times. */
function times(count: number, work: () => number): () => number {
  return () => {
    let units = 0;
    for (let time = 0; time < count; time += 1) units += work();
    return units;
  };
}

/** One row of the table: what is measured, in what unit, and how often. */
interface Measurement {
  readonly unit: string;
  readonly rounds: number;
  readonly work: () => number;
  /** Timers that are set in the reference beside it; 100 if nothing is said. */
  readonly pending?: number;
}

const REFERENCE_EVENTS = 400_000;

function referenceOf(pending: number): () => number {
  return () => {
    reference(pending, REFERENCE_EVENTS);
    return REFERENCE_EVENTS;
  };
}

function seed(): number {
  lastSeed += 1;
  const { result } = run({ scenario: standard({ seconds: 30 }), file: null, slug: 'bench', seed: String(lastSeed) });
  return result.asExpected ? 1 : NaN;
}

function check(): () => number {
  let history: Parameters<typeof checkLinearizable>[0] | null = null;
  return () => {
    history ??= simulate(standard({ seconds: 30 }), 'digest', raft).history.events;
    return checkLinearizable(history, { model: 'cas-register' }).verdict === 'valid' ? 1 : NaN;
  };
}

const quiet = standard({ clients: 1, thinkUsMax: 2_000_000_000, seconds: 600 });
const faulty = standard({ seconds: 60, faults: true, thinkUsMax: 200_000 });
const loaded = standard({ seconds: 20 });
const loadedPaxos = standard({ seconds: 20, system: multiPaxos });
const loadedZab = standard({ seconds: 20, system: zab });

/** Each in a process of its own: what V8 has seen of one would slow the next. */
const measurements: Readonly<Record<string, Measurement>> = {
  'engine, 40 in flight, trace off': {
    unit: 'event', rounds: 15, pending: 40, work: () => pingPong(5, 40, 400_000, 'off'),
  },
  'engine, 40 in flight, digest': {
    unit: 'event', rounds: 15, pending: 40, work: () => pingPong(5, 40, 400_000, 'digest'),
  },
  'engine, runs of 10^5 events': {
    unit: 'event', rounds: 3, work: times(20, () => pingPong(5, 40, 100_000, 'digest')),
  },
  'engine, a run of 10^7 events': { unit: 'event', rounds: 3, work: () => pingPong(5, 40, 10_000_000, 'digest') },
  'raft, no invariants, trace off': { unit: 'event', rounds: 15, work: eventsOf(loaded, 'off', unwatched(raft)) },
  'raft, invariants and history, trace off': { unit: 'event', rounds: 15, work: eventsOf(loaded, 'off') },
  'raft, invariants and history, digest': { unit: 'event', rounds: 15, work: eventsOf(loaded) },
  'raft, the same with a sync latency of 0': {
    unit: 'event', rounds: 15, work: eventsOf(standard({ seconds: 20, syncUs: 0 })),
  },
  'raft, the same with the full trace': { unit: 'event', rounds: 15, work: eventsOf(loaded, 'full') },
  'raft, the same with the full trace as text': {
    unit: 'event', rounds: 9, work: linesOf(standard({ seconds: 2 })),
  },
  'raft, 101 nodes': { unit: 'event', rounds: 9, work: eventsOf(standard({ nodes: 101, seconds: 3 })) },
  'multi-paxos, no invariants, trace off': {
    unit: 'event', rounds: 15, work: eventsOf(loadedPaxos, 'off', unwatched(multiPaxos)),
  },
  'multi-paxos, invariants and history, digest': {
    unit: 'event', rounds: 15, work: eventsOf(loadedPaxos, 'digest', multiPaxos),
  },
  'zab, no invariants, trace off': {
    unit: 'event', rounds: 15, work: eventsOf(loadedZab, 'off', unwatched(zab)),
  },
  'zab, invariants and history, digest': {
    unit: 'event', rounds: 15, work: eventsOf(loadedZab, 'digest', zab),
  },
  // About 5,000 events each simulated second.
  'raft, runs of 10^5 events': { unit: 'event', rounds: 3, work: times(10, eventsOf(loaded)) },
  'raft, a run of 10^7 events': { unit: 'event', rounds: 3, work: eventsOf(standard({ seconds: 2_000 })) },
  'idle: one client that never speaks': { unit: 'simulated second', rounds: 9, work: secondsOf(quiet) },
  'loaded: the standard scenario': { unit: 'simulated second', rounds: 9, work: secondsOf(standard({ seconds: 30 })) },
  'faults: think time up to 200 ms': { unit: 'simulated second', rounds: 9, work: secondsOf(faulty) },
  'seed of 30 s, simulated only': {
    unit: 'seed', rounds: 15, work: () => simulate(standard({ seconds: 30 }), 'digest', raft).world.nowUs && 1,
  },
  'seed of 30 s, all checks': { unit: 'seed', rounds: 15, work: seed },
  'linearizability of one such history': { unit: 'seed', rounds: 15, work: check() },
};

/**
 * CPU time of a row before any of it counts. V8 compiles for the first two seconds of five Raft nodes, on other threads
 * whose time is measured along: an event of the fifth round costs a tenth more than one of the fiftieth.
 */
const WARM_UP_US = 4_000_000;

const table = new Table();

/** Heap after collection while 50 million events pass, history streamed away; its growth after the second tenth. */
function memory(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heaps: number[] = [];
  const lines = forgetful(50_000_000, () => {
    collect();
    heaps.push(process.memoryUsage().heapUsed / 1e6);
  });
  const growth = Math.max(...heaps.slice(1)) - (heaps[1] as number);
  table.other('raft: heap growth over 50 M events, history to a null sink', growth, 'MB');
  table.other('lines of that history', lines / 1e6, 'M');
}

async function threads(): Promise<void> {
  const seeds = 8;
  const both = await measureAsync({
    'seed of 30 s, all checks, one worker': () => sweep(1, seeds),
    'seed of 30 s, all checks, two workers': () => sweep(2, seeds),
  }, 5);
  await closeThreads();
  table.add('seed', both);
  table.cost('CPU of a seed with two workers', Object.keys(both)[1] as string, Object.keys(both)[0] as string);
  const { median } = both['seed of 30 s, all checks, one worker'] as Figure;
  table.other('seeds of 30 s with all checks, per second of one core', 1e9 / median, 'seeds');
}

/** What a process that measures one thing says: the thing, and the reference beside it. */
export interface Measured {
  readonly ns: Figure;
  readonly reference: Figure;
}

function measureHere(name: string): Measured {
  const { rounds, work, pending = 100 } = measurements[name] as Measurement;
  const beginUs = cpuUs();
  while (cpuUs() - beginUs < WARM_UP_US) work();
  const figures = measure({ reference: referenceOf(pending), work }, rounds);
  return { ns: figures['work'] as Figure, reference: figures['reference'] as Figure };
}

/** In a process whose heap is like that of the workers in which the tool makes its runs. */
function measureApart(name: string): Measured {
  const heap = `--max-semi-space-size=${WORKER_YOUNG_MB / 3}`;
  const file = fileURLToPath(import.meta.url);
  return JSON.parse(execFileSync(process.execPath, [heap, file, '--here', name], { encoding: 'utf8' })) as Measured;
}

async function all(): Promise<void> {
  for (const pending of [40, 100]) {
    const figures = measure({ [`reference, ${pending} pending`]: referenceOf(pending) }, 9);
    table.add('event', figures, Object.values(figures)[0]);
  }
  for (const [name, { unit }] of Object.entries(measurements)) {
    process.stderr.write(`${name} …\n`);
    const { ns, reference: beside } = measureApart(name);
    table.add(unit, { [name]: ns }, beside);
  }
  const bare = 'raft, invariants and history, trace off';
  const digest = 'raft, invariants and history, digest';
  table.speed('engine over reference', 'engine, 40 in flight, trace off', 'reference, 40 pending');
  table.speed('raft over reference', bare, 'reference, 100 pending');
  table.speed('multi-paxos over raft', 'multi-paxos, invariants and history, digest', digest);
  table.speed('the same without invariants and digest', 'multi-paxos, no invariants, trace off',
    'raft, no invariants, trace off');
  table.speed('zab over raft', 'zab, invariants and history, digest', digest);
  table.speed('zab over raft, without invariants and digest', 'zab, no invariants, trace off',
    'raft, no invariants, trace off');
  table.cost('invariants', bare, 'raft, no invariants, trace off');
  table.cost('digest', digest, bare);
  table.cost('full trace', 'raft, the same with the full trace', bare);
  table.cost('full trace as text', 'raft, the same with the full trace as text', bare);
  table.cost('an event at 101 nodes over one at 5', 'raft, 101 nodes', digest);
  table.cost('an event of 10^7 over 10^5, engine', 'engine, a run of 10^7 events', 'engine, runs of 10^5 events');
  table.cost('an event of 10^7 over 10^5, raft', 'raft, a run of 10^7 events', 'raft, runs of 10^5 events');
  table.cost('a check over a simulation', 'linearizability of one such history', 'seed of 30 s, simulated only');
  process.stderr.write('threads …\n');
  await threads();
  process.stderr.write('memory …\n');
  memory();
  process.stdout.write(table.text());
  table.write('reports/bench.json');
  process.stdout.write('figures: reports/bench.json\n');
}

const [flag, only] = process.argv.slice(2);
if (flag === '--here') process.stdout.write(JSON.stringify(measureHere(only as string)));
else if (flag === '--only') process.stdout.write(`${JSON.stringify(measureApart(only as string))}\n`);
else await all();
