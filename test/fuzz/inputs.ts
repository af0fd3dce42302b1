import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatHistory, type HistoryFormat } from '../../src/run/check.ts';
import type { History, HistoryEvent, Json } from '../../src/history/operation.ts';
import { drawFrom, randomHistory } from '../support/histories/random-history.ts';
import { mutated } from './mutate.ts';

/** One damaged file, and how it is to be read. */
export interface FuzzInput {
  readonly kind: 'scenario' | HistoryFormat;
  /** Of a history: what the command line says of its format. */
  readonly format: HistoryFormat | 'auto';
  readonly bytes: Buffer;
}

const kinds: readonly FuzzInput['kind'][] = ['scenario', 'scenario', 'scenario', 'jsonl', 'edn', 'jepsen-log'];
const formats: readonly HistoryFormat[] = ['jsonl', 'edn', 'jepsen-log'];

/** Files without a mistake, by kind: what is damaged. Reads `scenarios` below the working directory. */
export function corpus(): ReadonlyMap<FuzzInput['kind'], readonly string[]> {
  const histories = Array.from({ length: 24 }, (_, index) => plainHistory(index + 1));
  return new Map([
    ['scenario', [...scenarioTexts('scenarios'), everyKey]],
    ['jsonl', histories.map(formatHistory)],
    ['edn', histories.map((history, index) => ednOf(history, index % 3 === 0))],
    ['jepsen-log', histories.map(logOf)],
  ]);
}

/** Input `number` of a seed: the same bytes whenever it is asked for, as long as the corpus stands. */
export function inputOf(seed: number, number: number, files: ReturnType<typeof corpus>): FuzzInput {
  const draw = drawFrom(seed * 1_000_003 + number);
  for (let skipped = 0; skipped < 8; skipped += 1) draw(2); // Neighbouring seeds begin alike.
  const kind = kinds[draw(kinds.length)] ?? 'scenario';
  const texts = files.get(kind) ?? [];
  const pick = (): string => texts[draw(texts.length)] ?? '';
  const bytes = mutated(pick(), pick(), kind, draw);
  const format = draw(4) > 0 ? 'auto' : formats[draw(formats.length)] ?? 'auto';
  return { kind, format, bytes };
}

function scenarioTexts(folder: string): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter(({ name }) => name.endsWith('.yaml'))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Keys and forms that the library may not use. */
const everyKey = `# yaml-language-server: $schema=x
name: "all of it: \\u00e9"
why: >
  because
system: { protocol: raft, nodes: 3, options: { heartbeat: 20ms } }
clients: { count: 2, timeout: 1s, attemptTimeout: 100ms }
workload: { kind: cas-register, keys: 1, reads: 90%, think: 5..10ms }
network: { latency: 1..5ms, loss: 1%, duplicate: 200ppm, slow: { rate: 1%, delay: 5..9ms } }
disk: { sync: 2..9ms }
clocks: { drift: 200ppm, offset: 10ms }
duration: 3s
limits: { events: 5000, sameInstant: 1000 }
profile: swarm
defect: raft/vote-not-durable
faults:
  - { at: 1s, crash: &t { target: leader, for: 500ms } }
  - { when: became-leader, pause: { target: it, for: 100ms }, allowVacuous: true }
  - { when: { event: became-leader, by: n1, nth: 2, after: 100ms, until: 2s }, crash: *t }
  - { at: 1s, cut: { from: n1, to: [n2, c1], inFlight: delivered } }
  - { at: 1200ms, heal: }
  - random:
      { every: 100..300ms, from: 1s, until: 2s, kinds: [pause, { weight: 3, clock-jump: { target: any, by: -1s } }] }
check: [linearizable, { progress: { name: stall, from: 1s, to: 2s, clients: [c1] } }]
expect: { stall: invalid, R1: unknown }
seeds: { first: 0, count: 5 }
`;

function plainHistory(seed: number): History {
  const draw = drawFrom(seed);
  return randomHistory(draw, {
    model: (['register', 'cas-register', 'append'] as const)[draw(3)] ?? 'register', operations: 4 + draw(12),
    clients: 1 + draw(4), keys: 1 + draw(2), readPercent: 50, values: draw(3), unknownPercent: 15, corruptPercent: 10,
  });
}

function edn(value: Json): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return `[${value.map(edn).join(' ')}]`;
  return JSON.stringify(value);
}

function ednOf(history: History, isVector: boolean): string {
  const map = ({ index, time, process, type, f, key, value, error }: HistoryEvent): string =>
    `{:index ${index}, :time ${time * 1000}, :process ${process === 'nemesis' ? ':nemesis' : process}, :type :${type}, `
    + `:f :${f}, :value ${edn(value)}${key === undefined ? '' : `, :key "${key}"`}, :error ${edn(error ?? null)}}`;
  const lines = history.map(map);
  return isVector ? `[${lines.join('\n ')}]\n` : `${lines.join('\n')}\n`;
}

function logOf(history: History, index: number): string {
  const head = index % 2 === 0 ? 'INFO  jepsen.util - ' : 'INFO [2024-05-01 12:00:00,000] worker 1 - jepsen.util ';
  return history.map(({ process, type, f, value }) =>
    `${head}${process === 'nemesis' ? ':nemesis' : process}\t:${type}\t:${f}\t${edn(value)}\n`).join('');
}
