import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { checkLinearizable } from '../../checkers/index.ts';
import { raft } from '../../src/protocols/raft/module.ts';
import type { ProtocolModule } from '../../src/contract/module.ts';
import type { TraceMode } from '../../src/kernel/trace.ts';
import { Streams } from '../../src/kernel/streams.ts';
import { run } from '../../src/run/run.ts';
import { buildWorld, type Built } from '../../src/scenario/build.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { forgetful } from './echo.ts';
import { pingPong } from './engine.ts';
import { measure, measureAsync, type Figure } from './measure.ts';
import { reference } from './reference.ts';
import { standard } from './standard.ts';
import { Table } from './table.ts';
import { closeThreads, sweep } from './workers.ts';

/** Raft with nobody watching. */
const UNWATCHED: ProtocolModule = { ...raft, invariants: { declared: [], observe: () => ({}) } };

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

const table = new Table();

function engineAndTrace(): void {
  const referenceEvents = 400_000;
  const referenceOf = (pending: number) => (): number => {
    reference(pending, referenceEvents);
    return referenceEvents;
  };
  const seconds = 20;
  table.add('event', measure({
    'reference, 40 pending': referenceOf(40),
    'reference, 100 pending': referenceOf(100),
    'engine, 40 in flight, trace off': () => pingPong(5, 40, 200_000, 'off'),
    'engine, 40 in flight, digest': () => pingPong(5, 40, 200_000, 'digest'),
    'raft, no invariants, trace off': eventsOf(standard({ seconds }), 'off', UNWATCHED),
    'raft, invariants and history, trace off': eventsOf(standard({ seconds }), 'off'),
    'raft, invariants and history, digest': eventsOf(standard({ seconds })),
    'raft, the same with a sync latency of 0': eventsOf(standard({ seconds, syncUs: 0 })),
    'raft, the same with the full trace': eventsOf(standard({ seconds }), 'full'),
    'raft, the same with the full trace as text': linesOf(standard({ seconds: 2 })),
  }, 9));
  table.speed('engine over reference', 'engine, 40 in flight, trace off', 'reference, 40 pending');
  table.speed('raft over reference', 'raft, invariants and history, trace off', 'reference, 100 pending');
  const bare = 'raft, invariants and history, trace off';
  table.cost('digest', 'raft, invariants and history, digest', bare);
  table.cost('full trace', 'raft, the same with the full trace', bare);
  table.cost('full trace as text', 'raft, the same with the full trace as text', bare);
}

function sizeAndLength(): void {
  table.add('event', measure({
    '5 nodes': eventsOf(standard({ seconds: 20 })),
    '101 nodes': eventsOf(standard({ nodes: 101, seconds: 3 })),
  }, 7));
  table.cost('an event at 101 nodes over one at 5', '101 nodes', '5 nodes');
  table.add('event', measure({
    'engine, runs of 10^5 events': times(20, () => pingPong(5, 40, 100_000, 'digest')),
    'engine, a run of 10^7 events': () => pingPong(5, 40, 10_000_000, 'digest'),
  }, 3));
  table.cost('an event of 10^7 over 10^5, engine', 'engine, a run of 10^7 events', 'engine, runs of 10^5 events');
  // About 5,000 events each simulated second.
  table.add('event', measure({
    'raft, runs of 10^5 events': times(10, eventsOf(standard({ seconds: 20 }))),
    'raft, a run of 10^7 events': eventsOf(standard({ seconds: 2_000 })),
  }, 3));
  table.cost('an event of 10^7 over 10^5, raft', 'raft, a run of 10^7 events', 'raft, runs of 10^5 events');
}

function simulatedToReal(): void {
  table.add('simulated second', measure({
    'idle: one client that never speaks': secondsOf(standard({ clients: 1, thinkUsMax: 2_000_000_000, seconds: 600 })),
    'loaded: the standard scenario': secondsOf(standard({ seconds: 30 })),
    'faults: think time up to 200 ms': secondsOf(standard({ seconds: 60, faults: true, thinkUsMax: 200_000 })),
  }, 5));
}

function wholeSeeds(): void {
  const scenario = standard({ seconds: 30 });
  const history = simulate(scenario, 'digest', raft).history.events;
  table.add('seed', measure({
    'seed of 30 s, simulated only': () => simulate(scenario, 'digest', raft).world.nowUs && 1,
    'seed of 30 s, all checks': () => {
      lastSeed += 1;
      return run({ scenario, file: null, slug: 'bench', seed: String(lastSeed) }).result.asExpected ? 1 : NaN;
    },
    'linearizability of one such history': () =>
      (checkLinearizable(history, { model: 'cas-register' }).verdict === 'valid' ? 1 : NaN),
  }, 5));
  table.cost('a check over a simulation', 'linearizability of one such history', 'seed of 30 s, simulated only');
}

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
  table.other('heap growth over 50 M events, history to a null sink', growth, 'MB');
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

const chapters = { engineAndTrace, sizeAndLength, simulatedToReal, wholeSeeds, threads, memory };
for (const [name, chapter] of Object.entries(chapters)) {
  process.stderr.write(`${name} …\n`);
  await chapter();
}
process.stdout.write(table.text());
table.write('reports/bench.json');
process.stdout.write('figures: reports/bench.json\n');
