import { checkBarriers } from '../../checkers/barriers/barriers.ts';
import { BARRIER_MODEL_NAMES, type BarrierModelName, type BarrierResult } from '../../checkers/barriers/result.ts';
import { checkLinearizable, type LinearizabilityResult } from '../../checkers/linearizability.ts';
import { checkLock } from '../../checkers/locks/by-name.ts';
import { LOCK_MODEL_NAMES, type LockModelName, type LockResult } from '../../checkers/locks/result.ts';
import type { ModelName } from '../../checkers/model.ts';
import { MODEL_NAMES as SEQUENTIAL_MODEL_NAMES, modelStartingAt } from '../../checkers/models/by-name.ts';
import { QUEUE_MODEL_NAMES, type QueueModelName, type QueueResult } from '../../checkers/queues/result.ts';
import { checkTotalQueue } from '../../checkers/queues/total-queue.ts';
import type { Semantics } from '../../checkers/settle.ts';
import { checkZnodes } from '../../checkers/zookeeper/by-name.ts';
import { ZNODE_MODEL_NAMES, type ZnodeModelName, type ZnodeResult } from '../../checkers/zookeeper/result.ts';
import { parseEdnHistory } from '../history/edn.ts';
import { parseJepsenLog } from '../history/jepsen-log.ts';
import { JsonTextError, parseJsonText } from '../history/json-text.ts';
import { parseHistory, type EventRule, type HistoryProblem, type ParsedHistory } from '../history/jsonl.ts';
import { lockLineProblem } from '../history/lock-lines.ts';
import type { History, Json } from '../history/operation.ts';
import { znodeLineProblem } from '../history/znode-lines.ts';

/** What the layers above may use of those below without knowing them. */
export { formatHistory } from '../history/jsonl.ts';
export { TRACE_VERSION } from '../kernel/trace.ts';

/** By what a history can be judged: a model of its objects, or a checker of queues, barriers, locks, or of a tree. */
export type CheckModelName = ModelName | QueueModelName | BarrierModelName | LockModelName | ZnodeModelName;

/** All such names, in the order of the documentation. */
export const MODEL_NAMES: readonly CheckModelName[] = [
  ...SEQUENTIAL_MODEL_NAMES, ...QUEUE_MODEL_NAMES, ...BARRIER_MODEL_NAMES, ...LOCK_MODEL_NAMES, ...ZNODE_MODEL_NAMES,
];

/** How a history is written down. */
export type HistoryFormat = 'jsonl' | 'edn' | 'jepsen-log';

/**
 * How to judge a stored history. In EDN and in logs a read of `nil` says nothing unless `nilRead` says otherwise, since
 * that is how Jepsen and Knossos record a read whose answer they do not know. In JSON lines, the form of our own runs,
 * it found the initial value.
 */
export interface CheckSettings extends Semantics {
  /** Default: the one that the text begins like, blanks aside. */
  readonly format?: HistoryFormat | 'auto';
  /** `null`: the model that the operations imply, which is never a checker of locks or znodes. */
  readonly model: CheckModelName | null;
  /** What each object holds at first. Default: what the model says. */
  readonly initial?: Json | undefined;
  /** Asked now and then; `true` ends the search with `unknown`. */
  readonly shouldStop: () => boolean;
}

/** What a checker says, whichever it was. */
type Judgement = LinearizabilityResult | QueueResult | BarrierResult | LockResult | ZnodeResult;

/** The judgement of a text, or why it is no history, or what keeps the model from being known. */
export type HistoryCheck =
  | { readonly kind: 'judged'; readonly result: Judgement }
  | { readonly kind: 'malformed'; readonly problems: readonly HistoryProblem[] }
  | { readonly kind: 'no-model'; readonly message: string };

const parsers: Readonly<Record<HistoryFormat, (text: string, rule?: EventRule) => ParsedHistory>> = {
  jsonl: parseHistory, edn: parseEdnHistory, 'jepsen-log': parseJepsenLog,
};

/** Judges a history. */
export function checkHistory(text: string, settings: CheckSettings): HistoryCheck {
  const { format: asked = 'auto', model, ...options } = settings;
  const format = asked === 'auto' ? formatOf(text) : asked;
  const parsed = parse(text, format, model === null ? undefined : ruleOf(model));
  if (!parsed.ok) return { kind: 'malformed', problems: parsed.problems };
  // Where nobody did anything, every model says the same.
  const isEmpty = operationNames(parsed.history).length === 0;
  const chosen = model ?? (isEmpty ? 'register' : impliedModel(parsed.history));
  if (chosen === null) {
    const names = [...new Set(operationNames(parsed.history))].join(', ');
    const message = `the operations (${names}) do not say which model is meant; name one of ${MODEL_NAMES.join(', ')}`;
    return { kind: 'no-model', message };
  }
  const { initial, equalTimes } = options;
  if (initial !== undefined && (!isObjectModelName(chosen) || modelStartingAt(chosen, initial) === null)) {
    return { kind: 'no-model', message: `the objects of ${chosen} cannot begin as ${JSON.stringify(initial)}` };
  }
  if (chosen === 'total-queue') return { kind: 'judged', result: checkTotalQueue(parsed.history) };
  if (chosen === 'barriers') return { kind: 'judged', result: checkBarriers(parsed.history) };
  if (isZnodeModelName(chosen)) return { kind: 'judged', result: checkZnodes(parsed.history, chosen) };
  if (isLockModelName(chosen)) return { kind: 'judged', result: checkLock(parsed.history, chosen, { equalTimes }) };
  const nilRead = options.nilRead ?? (format === 'jsonl' ? 'initial' : 'unknown');
  return { kind: 'judged', result: checkLinearizable(parsed.history, { ...options, nilRead, model: chosen }) };
}

function parse(text: string, format: HistoryFormat | null, rule: EventRule | undefined): ParsedHistory {
  if (format !== null) return parsers[format](text, rule);
  const before = text.replace(/^\ufeff/, '').split(/\S/, 1).join().split('\n');
  const message = 'this begins neither like JSON lines nor like EDN nor like a log of Jepsen; name the --format';
  return { ok: false, problems: [{ line: before.length, column: (before.at(-1) ?? '').length + 1, message }] };
}

/**
 * The format that the first characters of a text tell, blanks aside; `null` if none has such.
 *
 * - JSON lines begin as `{` and no keyword; an array of JSON objects is taken for them too, for its better message.
 * - EDN begins as a map with a keyword, as `[` or `(` before a map, a tag or their end, as a comment or a tag.
 * - A log begins with a letter, a digit, the colon of a process, or the bracket of a time stamp.
 */
function formatOf(text: string): HistoryFormat | null {
  const start = text.search(/\S/);
  if (start === -1) return 'jsonl'; // Whose reader says that it is empty.
  const head = text.slice(start, start + 1000);
  if (/^(?:[;#]|\{[\s,]*[:#;]|[[(][\s,]*(?:[#;)\]]|\{[\s,]*[:#;}]))/.test(head)) return 'edn';
  if (/^(?:\{|\[\s*\{)/.test(head)) return 'jsonl';
  return /^[\p{L}\d:[]/u.test(head) ? 'jepsen-log' : null;
}

/** A value in JSON, or `undefined` if the text is none. */
export function parseValue(text: string): Json | undefined {
  try {
    return parseJsonText(text).value;
  } catch (error) {
    if (error instanceof JsonTextError) return undefined;
    throw error;
  }
}

/** Whether a text names a model. */
export function isModelName(text: string): text is CheckModelName {
  return (MODEL_NAMES as readonly string[]).includes(text);
}

function isObjectModelName(text: string): text is ModelName {
  return (SEQUENTIAL_MODEL_NAMES as readonly string[]).includes(text);
}

function isZnodeModelName(text: string): text is ZnodeModelName {
  return (ZNODE_MODEL_NAMES as readonly string[]).includes(text);
}

/** Only who asks about locks or znodes minds what their lines carry: a store of another tool may be any operation. */
function ruleOf(model: CheckModelName): EventRule | undefined {
  if (isZnodeModelName(model)) return znodeLineProblem;
  return isLockModelName(model) ? lockLineProblem : undefined;
}

function isLockModelName(text: string): text is LockModelName {
  return (LOCK_MODEL_NAMES as readonly string[]).includes(text);
}

/** The models by the operations that tell them, reads aside. */
const IMPLIED: readonly { readonly model: ModelName; readonly operations: readonly string[] }[] = [
  { model: 'register', operations: ['write'] },
  { model: 'cas-register', operations: ['write', 'cas'] },
  { model: 'kv', operations: ['write', 'cas', 'delete'] },
  { model: 'append', operations: ['append'] },
  { model: 'set', operations: ['add', 'remove', 'contains'] },
  { model: 'queue', operations: ['enqueue', 'dequeue'] },
  { model: 'stack', operations: ['push', 'pop'] },
  { model: 'mutex', operations: ['acquire', 'release'] },
];

/**
 * Reads alone imply nothing: they may be of a register or of a list. Numbers may be added to a counter or to a set,
 * which an answer of a read tells; and a lock that answers with tokens is fenced.
 */
function impliedModel(history: History): ModelName | null {
  const names = new Set(operationNames(history));
  names.delete('read');
  if (names.size === 0) return null;
  const answers = (f: string): readonly Json[] =>
    history.flatMap((event) => (event.type === 'ok' && event.f === f ? [event.value] : []));
  if (names.size === 1 && names.has('add')) {
    const [answer] = answers('read').filter((value) => value !== null);
    return typeof answer === 'number' ? 'counter' : Array.isArray(answer) ? 'set' : null;
  }
  const implied = IMPLIED.find(({ operations }) => [...names].every((name) => operations.includes(name)));
  const isFenced = implied?.model === 'mutex' && answers('acquire').some((token) => typeof token === 'number');
  return isFenced ? 'fenced-lock' : implied?.model ?? null;
}

function operationNames(history: History): readonly string[] {
  return history.flatMap(({ process, f }) => (process === 'nemesis' ? [] : [f]));
}
