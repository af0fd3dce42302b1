import type { History } from '../../src/history/operation.ts';
import { pairOperations, type Operation } from '../../src/history/operations.ts';
import { linesOfInstants } from '../instants.ts';
import { valueKey, type ValueKey } from '../value-key.ts';
import type { QueueFinding, QueueResult } from './result.ts';
import { verifyQueueFindings } from './verify-queues.ts';

/**
 * Whether what goes into queues comes out of them, and at most once, in whatever order (Jepsen's `total-queue`). Cheap
 * where linearizability is dear, and blind to order.
 *
 * That something is lost shows when somebody finds a queue empty: all that had gone in before he asked has to have been
 * taken by whoever had asked before he was answered. Each `dequeue` of unknown outcome may have taken one value. Where
 * no queue is ever found empty, nothing is said of what is lost: a history that is to show that ends by emptying its
 * queues. `unknown`: no value came out; a malformed history. Time n log n, and
 * n for each time that a queue was found empty.
 */
export function checkTotalQueue(history: History): QueueResult {
  const { operations, problems } = pairOperations(history);
  const [problem] = problems;
  const count = operations.length;
  if (problem !== undefined) {
    return unknown(`the history is malformed at index ${problem.index}: ${problem.message}`, count);
  }
  const odd = operations.find(({ f }) => f !== 'enqueue' && f !== 'dequeue');
  if (odd !== undefined) return unknown(`operation ${odd.invokedIndex}: "${odd.f}" is no operation of a queue`, count);
  const keys = new Map<string | null, Operation[]>();
  for (const operation of operations) {
    if (operation.outcome === 'fail') continue;
    const ofKey = keys.get(operation.key);
    if (ofKey === undefined) keys.set(operation.key, [operation]);
    else ofKey.push(operation);
  }
  const judged = [...keys].map(([key, ofKey]) => new Queue(key, ofKey));
  const checked = {
    enqueued: sum(judged, ({ puts }) => puts.filter(isOk).length),
    dequeued: sum(judged, ({ takes }) => takes.filter(isOk).length),
    unanswered: sum(judged, ({ asked }) => asked.length),
    empty: sum(judged, ({ empties }) => empties.length),
  };
  const findings = judged.flatMap((queue) => queue.findings()).sort((a, b) => a.atUs - b.atUs);
  const [first] = findings;
  const common = { model: 'total-queue', operations: count, witness: null, checked } as const;
  if (first !== undefined) {
    const others = findings.length === 1 ? '' : `, and ${findings.length - 1} more`;
    const summary = `${first.summary}${others}`;
    const evidence = { findings, summary, axis: axisOf(history, first) };
    const verified = verifyQueueFindings(history, findings) === null;
    return { ...common, verdict: 'invalid', algorithm: 'count', evidence, verified, reason: summary };
  }
  if (checked.dequeued === 0) return unknown('no value came out of a queue', count);
  const lost = checked.empty === 0 ? '; no queue was found empty, so nothing is said of what is lost' : '';
  const { enqueued, dequeued } = checked;
  const reason = `${dequeued} of ${enqueued} values came out, each at most as often as it went in${lost}`;
  return { ...common, verdict: 'valid', algorithm: 'count', evidence: null, verified: true, reason };
}

function unknown(reason: string, operations: number): QueueResult {
  return {
    verdict: 'unknown', model: 'total-queue', operations, algorithm: 'none', witness: null, evidence: null,
    verified: false, reason, checked: {},
  };
}

function sum(queues: readonly Queue[], of: (queue: Queue) => number): number {
  return queues.reduce((total, queue) => total + of(queue), 0);
}

function isOk({ outcome }: Operation): boolean {
  return outcome === 'ok';
}

/** What was done with one queue. */
class Queue {
  readonly puts: readonly Operation[];
  /** That were answered with a value. */
  readonly takes: readonly Operation[];
  /** That were not answered: each may have taken a value. */
  readonly asked: readonly Operation[];
  /** That found nothing. */
  readonly empties: readonly Operation[];
  private readonly key: string | null;

  constructor(key: string | null, operations: readonly Operation[]) {
    const answered = operations.filter(({ f, outcome }) => f === 'dequeue' && outcome === 'ok');
    this.key = key;
    this.puts = operations.filter(({ f }) => f === 'enqueue');
    this.takes = answered.filter(({ output }) => output !== null);
    this.empties = answered.filter(({ output }) => output === null);
    this.asked = operations.filter(({ f, outcome }) => f === 'dequeue' && outcome === 'info');
  }

  findings(): QueueFinding[] {
    return [...this.tooOften(), ...this.lost()];
  }

  private tooOften(): QueueFinding[] {
    const puts = byValue(this.puts, ({ input }) => valueKey(input));
    const takes = byValue(this.takes, ({ output }) => valueKey(output));
    return [...takes].flatMap(([value, ofValue]): QueueFinding[] => {
      const first = ofValue[0] as Operation;
      const before = (puts.get(value) ?? []).filter(({ invokedIndex }) => invokedIndex < endOf(ofValue.at(-1)));
      const text = JSON.stringify(first.output);
      if (!before.some(({ invokedIndex }) => invokedIndex < endOf(first))) {
        return [this.finding('unexpected', [first], `${text} came out, and nobody had put it in`)];
      }
      if (ofValue.length <= before.length) return [];
      const often = `${text} came out ${ofValue.length} times, and went in ${before.length} times at most`;
      return [this.finding('duplicated', [...before, ...ofValue], often)];
    });
  }

  /** At most one: whoever finds the queue empty later misses the same. */
  private lost(): QueueFinding[] {
    const takes = byValue(this.takes, ({ output }) => valueKey(output));
    for (const empty of this.empties) {
      const taken = new Map([...takes].map(([value, ofValue]): [ValueKey, number] =>
        [value, ofValue.filter(({ invokedIndex }) => invokedIndex < endOf(empty)).length]));
      const missing = this.puts.filter((put) => {
        if (!isOk(put) || endOf(put) > empty.invokedIndex) return false;
        const left = taken.get(valueKey(put.input)) ?? 0;
        taken.set(valueKey(put.input), left - 1);
        return left <= 0;
      });
      const asked = this.asked.filter(({ invokedIndex }) => invokedIndex < endOf(empty)).length;
      if (missing.length <= asked) continue;
      const values = missing.slice(0, 3).map(({ input }) => JSON.stringify(input)).join(', ');
      const more = missing.length > 3 ? `, and ${missing.length - 3} more` : '';
      const without = asked === 0 ? 'nobody' : `nobody but ${asked} without an answer`;
      const text = `${this.key ?? 'the queue'} was found empty, and ${without} had taken ${values}${more}`;
      return [this.finding('lost', [...missing, empty], text)];
    }
    return [];
  }

  /** `operations`: the last one to end completes it. */
  private finding(kind: QueueFinding['kind'], operations: readonly Operation[], summary: string): QueueFinding {
    const atUs = operations.reduce((last, { completedAtUs }) => Math.max(last, completedAtUs ?? 0), 0);
    const lines = operations.flatMap(({ invokedIndex, completedIndex }) =>
      (completedIndex === null ? [invokedIndex] : [invokedIndex, completedIndex])).sort((a, b) => a - b);
    return { kind, key: this.key, lines, atUs, summary };
  }
}

function endOf(operation: Operation | undefined): number {
  return operation?.completedIndex ?? Infinity;
}

/** In the order of their completions. */
function byValue(
  operations: readonly Operation[], valueOf: (operation: Operation) => ValueKey,
): Map<ValueKey, Operation[]> {
  const values = new Map<ValueKey, Operation[]>();
  for (const operation of [...operations].sort((a, b) => endOf(a) - endOf(b))) {
    const value = valueOf(operation);
    const ofValue = values.get(value);
    if (ofValue === undefined) values.set(value, [operation]);
    else ofValue.push(operation);
  }
  return values;
}

/** The lines themselves, of long evidence the last ones. */
const LINES_MAX = 12;

function axisOf(history: History, { lines }: QueueFinding): readonly string[] {
  const kept = new Set(lines.slice(-LINES_MAX));
  return linesOfInstants(history.filter(({ index }) => kept.has(index)).map(
    ({ process, type, f, key, value, time }) =>
      ({ atUs: time, text: `process ${process} ${type} ${f} ${key ?? ''} ${JSON.stringify(value)}` })));
}
