import type { HistoryEvent, Json } from './operation.ts';

/**
 * What lines about a tree of znodes carry in `value`, operations of its clients as well as what the nemesis tells.
 * Other histories are free to carry what they like under the same names: only who judges znodes minds.
 */

/** Names a transaction; later ones are greater. An epoch above 32 bits of a counter, as one integer. */
export type Zxid = number;
/** Names a session; never 0, which is none. */
export type SessionId = number;

/** What ZooKeeper calls `Stat`. */
export interface ZnodeStat {
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: SessionId;
  readonly dataLength: number;
  readonly numChildren: number;
}

/** `-1` as a `version` is any. */
export type ZnodeWrite =
  | {
      readonly op: 'create'; readonly path: string; readonly data: string;
      readonly mode: 'persistent' | 'ephemeral' | 'persistent-sequential' | 'ephemeral-sequential';
    }
  | { readonly op: 'delete' | 'check'; readonly path: string; readonly version: number }
  | { readonly op: 'set'; readonly path: string; readonly data: string; readonly version: number };

/** What a client asks for. A line has `op` as its `f` and the path as its key, and the rest as its value. */
export type ZnodeRequest =
  | ZnodeWrite
  | { readonly op: 'multi'; readonly ops: readonly ZnodeWrite[] }
  | { readonly op: 'get' | 'exists' | 'children'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'add-watch'; readonly path: string; readonly mode: PersistentMode }
  | { readonly op: 'remove-watches'; readonly path: string; readonly type: 'data' | 'children' | 'any' }
  | { readonly op: 'sync' | 'close' };

/** A watch that stands until it is removed: for all events of a znode; for all but of children, of all below, too. */
export type PersistentMode = 'persistent' | 'persistent-recursive';

/** One answer, or one of those in the answer to a `multi`: what its `op` has to tell. */
export interface ZnodeAnswer {
  readonly path?: string;
  readonly data?: string;
  readonly stat?: ZnodeStat;
  readonly children?: readonly string[];
  readonly results?: readonly ZnodeAnswer[];
}

/** What a transaction does to the tree, and to the sessions. */
export type ZnodeChange =
  | { readonly change: 'create'; readonly path: string; readonly data: string; readonly ephemeralOwner: SessionId }
  | { readonly change: 'delete'; readonly path: string }
  | { readonly change: 'set'; readonly path: string; readonly data: string; readonly version: number }
  | { readonly change: 'check' }
  | { readonly change: 'multi'; readonly changes: readonly ZnodeChange[] }
  | { readonly change: 'create-session' }
  | { readonly change: 'close-session'; readonly paths: readonly string[] }
  | { readonly change: 'error'; readonly error: string };

/** A line `committed` of the nemesis: a transaction, when the first server applied it. */
export interface Committed {
  /** The line that says so. */
  readonly index: number;
  readonly zxid: Zxid;
  readonly session: SessionId;
  /** 0: no client asked for it. */
  readonly xid: number;
  readonly change: ZnodeChange;
}

/** A line `session` of the nemesis: what a client was told of its session. */
export interface SessionTurn {
  readonly index: number;
  readonly process: number;
  readonly session: SessionId;
  readonly state: 'connected' | 'disconnected' | 'expired' | 'closed';
  /** The last that the client had seen. */
  readonly zxid: Zxid;
  /** To which it is connected, or which has told it of the end; `null`: none. */
  readonly server: string | null;
}

/** What has happened to a path that was watched. */
export type WatchEventType = 'NodeCreated' | 'NodeDeleted' | 'NodeDataChanged' | 'NodeChildrenChanged';

/** A line `event` of the nemesis: a watch event, as a client was handed it. */
export interface WatchEvent {
  readonly index: number;
  readonly process: number;
  readonly session: SessionId;
  readonly type: WatchEventType;
  readonly path: string;
  readonly zxid: Zxid;
}

type Fields = { readonly [name: string]: Json };
type Rule = (value: Json | undefined) => boolean;

const isWhole: Rule = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isVersion: Rule = (value) => value === -1 || isWhole(value);
const isText: Rule = (value) => typeof value === 'string';
const isFlag: Rule = (value) => typeof value === 'boolean';
const isPath: Rule = (value) => typeof value === 'string' && value.startsWith('/');
const isOneOf = (...names: readonly string[]): Rule => (value) => names.includes(value as string);
const isListOf = (isItem: Rule): Rule => (value) => Array.isArray(value) && (value as readonly Json[]).every(isItem);

function has(rules: { readonly [name: string]: Rule }): Rule {
  const named = Object.entries(rules);
  return (value) => {
    const fields = fieldsOf(value);
    return fields !== null && named.every(([name, isRight]) =>
      isRight(Object.hasOwn(fields, name) ? fields[name] : undefined));
  };
}

const isStat = has(Object.fromEntries([
  'czxid', 'mzxid', 'pzxid', 'version', 'cversion', 'aversion', 'ephemeralOwner', 'dataLength', 'numChildren',
].map((name) => [name, isWhole])));

const isMode = isOneOf('persistent', 'ephemeral', 'persistent-sequential', 'ephemeral-sequential');

/** The value of an invocation, by `f`. */
const REQUESTS: { readonly [f: string]: { readonly [name: string]: Rule } } = {
  create: { data: isText, mode: isMode },
  delete: { version: isVersion },
  set: { data: isText, version: isVersion },
  get: { watch: isFlag },
  exists: { watch: isFlag },
  children: { watch: isFlag },
  multi: { ops: isListOf(isPart) },
  ['add-watch']: { mode: isOneOf('persistent', 'persistent-recursive') },
  ['remove-watches']: { type: isOneOf('data', 'children', 'any') },
};

/** The value of an ok answer, by `f` or by the `op` of one in the answer to a `multi`. */
const ANSWERS: { readonly [f: string]: { readonly [name: string]: Rule } } = {
  create: { path: isPath, stat: isStat },
  set: { stat: isStat },
  get: { data: isText, stat: isStat },
  exists: { stat: isStat },
  children: { children: isListOf(isText), stat: isStat },
  multi: { results: isListOf((value) => has(ANSWERS[fieldsOf(value)?.['op'] as string] ?? {})(value)) },
};

const CHANGES: { readonly [change: string]: { readonly [name: string]: Rule } } = {
  'create': { path: isPath, data: isText, ephemeralOwner: isWhole },
  'delete': { path: isPath },
  'set': { path: isPath, data: isText, version: isWhole },
  'check': {},
  'multi': { changes: isListOf(isChange) },
  'create-session': {},
  'close-session': { paths: isListOf(isPath) },
  'error': { error: isText },
};

const told = { process: isWhole, session: isWhole, zxid: isWhole };

/** The value of a line of the nemesis, by `f`. */
const TURNS: { readonly [f: string]: { readonly [name: string]: Rule } } = {
  committed: { zxid: isWhole, session: isWhole, xid: isWhole, change: isChange },
  session: {
    ...told, state: isOneOf('connected', 'disconnected', 'expired', 'closed'),
    server: (value) => value === null || isText(value),
  },
  event: {
    ...told, type: isOneOf('NodeCreated', 'NodeDeleted', 'NodeDataChanged', 'NodeChildrenChanged'), path: isPath,
  },
};

const OPERATIONS = [
  'create', 'delete', 'set', 'get', 'exists', 'children', 'multi', 'add-watch', 'remove-watches', 'sync', 'close',
];

/** What is wrong with a line about znodes, or `null`; `null` for all other lines. */
export function znodeLineProblem({ process, type, f, key, value }: HistoryEvent): string | null {
  if (process === 'nemesis') return Object.hasOwn(TURNS, f) ? problemWith(f, value, TURNS[f] ?? {}) : null;
  if (!OPERATIONS.includes(f)) return null;
  if (key === undefined || !isPath(key)) return `the key of "${f}" is no path`;
  switch (type) {
    case 'invoke': return REQUESTS[f] === undefined ? null : problemWith(f, value, REQUESTS[f]);
    case 'ok': return problemWith(`an ok ${f}`, value, { session: isWhole, zxid: isWhole, ...ANSWERS[f] });
    case 'fail': return problemWith(`a failed ${f}`, value, { session: isWhole, zxid: isWhole });
    case 'info': return tellsSent(value) ? problemWith(`a lost ${f}`, value, { session: isWhole, xid: isWhole }) : null;
  }
}

/** What an operation without an answer was sent as. */
export interface SentAs {
  readonly session: SessionId;
  /** Its number among the requests of the session; 0: it was not sent. */
  readonly xid: number;
}

/** `null`: the completion, of an operation without an answer, does not say it. */
export function sentAsOf({ value }: HistoryEvent): SentAs | null {
  if (!tellsSent(value)) return null;
  const { session, xid } = value as unknown as SentAs;
  return { session, xid };
}

/** Other tools repeat what was asked for, or tell nothing: no request has a field of this name. */
function tellsSent(value: Json): boolean {
  return Object.hasOwn(fieldsOf(value) ?? {}, 'xid');
}

/** Whether a line is an operation on znodes. */
export function isZnodeOperation({ process, f }: Pick<HistoryEvent, 'process' | 'f'>): boolean {
  return process !== 'nemesis' && OPERATIONS.includes(f);
}

/** What was asked for, of an invocation in which {@link znodeLineProblem} found nothing. */
export function znodeRequest(f: string, key: string | null, input: Json): ZnodeRequest {
  const fields = fieldsOf(input) ?? {};
  return { ...fields, op: f, path: key } as unknown as ZnodeRequest;
}

/** What a line of the nemesis tells of a transaction, if {@link znodeLineProblem} found nothing in it. */
export function committedOf(event: HistoryEvent): Committed | null {
  return toldBy(event, 'committed') as Committed | null;
}

/** What it tells of a session. */
export function sessionTurnOf(event: HistoryEvent): SessionTurn | null {
  return toldBy(event, 'session') as SessionTurn | null;
}

/** What it tells of a watch event. */
export function watchEventOf(event: HistoryEvent): WatchEvent | null {
  return toldBy(event, 'event') as WatchEvent | null;
}

function toldBy({ index, process, f, value }: HistoryEvent, kind: string): unknown {
  return process === 'nemesis' && f === kind ? { ...fieldsOf(value), index } : null;
}

function isPart(value: Json | undefined): boolean {
  const op = fieldsOf(value)?.['op'];
  const rules = op === 'check' ? REQUESTS['delete'] : isOneOf('create', 'delete', 'set')(op) ? REQUESTS[op as string]
    : undefined;
  return rules !== undefined && has({ ...rules, path: isPath })(value);
}

function isChange(value: Json | undefined): boolean {
  const change = fieldsOf(value)?.['change'];
  return typeof change === 'string' && Object.hasOwn(CHANGES, change) && has(CHANGES[change] ?? {})(value);
}

function problemWith(what: string, value: Json, rules: { readonly [name: string]: Rule }): string | null {
  const fields = fieldsOf(value);
  if (fields === null) return `the value of ${quoted(what)} is no object`;
  const wrong = Object.entries(rules).find(([name, isRight]) =>
    !isRight(Object.hasOwn(fields, name) ? fields[name] : undefined));
  return wrong === undefined ? null : `"${wrong[0]}" of ${quoted(what)} is not what it should be`;
}

function quoted(what: string): string {
  return what.includes(' ') ? what : `"${what}"`;
}

function fieldsOf(value: Json | undefined): Fields | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? value as Fields : null;
}
