import type { History, HistoryEvent, Json } from '../../src/history/operation.ts';
import { above, ask, field, list, number, PlainTree, text } from './plain-tree.ts';
import type { BreachKind, ZnodeFinding } from './result.ts';
import { verifyWatch } from './verify-watches.ts';

/**
 * Checks findings without trusting what found them: shares nothing with it, and reads the lines of the history itself,
 * with a tree of its own. Returns what is wrong with one, or `null` if each is a breach. For each finding it reads the
 * history a few times over.
 */
export function verifyZnodeFindings(history: History, findings: readonly ZnodeFinding[]): string | null {
  const lines = new Map(history.map((event) => [event.index, event]));
  for (const [position, finding] of findings.entries()) {
    const own = finding.lines.map((index) => lines.get(index));
    const isThere = own.every((line): line is HistoryEvent => line !== undefined);
    const isBreach = isThere && BREACHES[finding.kind](own, history, finding);
    if (!isBreach) return `finding ${position}: the lines do not show ${finding.kind}`;
  }
  return null;
}

type Rule = (lines: readonly HistoryEvent[], history: History, finding: ZnodeFinding) => boolean;

const BREACHES: Readonly<Record<BreachKind, Rule>> = {
  'zxids-fall': (lines) => {
    const [first, second] = lines.filter((line) => isTold(line, 'committed'));
    return first !== undefined && second !== undefined && zxidOf(second) <= zxidOf(first);
  },
  'not-committed': (lines, history) => {
    const answer = lines.find(isAnswer);
    return answer !== undefined && !history.some((line) => isTold(line, 'committed')
      && line.index < answer.index && zxidOf(line) === zxidOf(answer)
      && (answer.type === 'ok' || (sessionOf(line) === sessionOf(answer) && kindOf(line) === 'error')));
  },
  'before-asked': (lines) => {
    const [committed, asked] = [lines.find((line) => isTold(line, 'committed')), lines.find(isInvocation)];
    const answer = lines.find(isAnswer);
    return committed !== undefined && asked !== undefined && answer?.process === asked.process
      && zxidOf(committed) === zxidOf(answer) && committed.index < asked.index;
  },
  'not-as-asked': notAsAsked,
  'nobody-asked': nobodyAsked,
  'wrong-change': wrongOutcome,
  'wrong-answer': wrongOutcome,
  'number-falls': numberFalls,
  'stale-sync': (lines) => {
    const sync = lines.find((line) => isInvocation(line) && line.f === 'sync');
    const answer = lines.find((line) => line.type === 'ok' && line.f === 'sync');
    const write = lines.find((line) => line.type === 'ok' && line.f !== 'sync');
    return sync !== undefined && write !== undefined && answer?.process === sync.process
      && write.index < sync.index && zxidOf(write) > zxidOf(answer);
  },
  'out-of-order': outOfOrder,
  'goes-back': (lines) => {
    const [first, second] = lines.filter(isAnswer);
    return first !== undefined && second !== undefined && sessionOf(first) === sessionOf(second)
      && zxidOf(second) < zxidOf(first);
  },
  'ahead-of-log': (lines) => {
    const [answer, committed] = [lines.find(isAnswer), lines.find((line) => isTold(line, 'committed'))];
    return answer !== undefined && committed !== undefined && answer.index < committed.index
      && zxidOf(committed) <= zxidOf(answer);
  },
  'sees-own-future': (lines) => {
    const [first, second] = lines.filter(isAnswer);
    const asked = lines.find(isInvocation);
    return first !== undefined && asked !== undefined && second?.process === asked.process && first.index < asked.index
      && sessionOf(first) === sessionOf(second) && zxidOf(first) === zxidOf(second);
  },
  'wrong-read': wrongRead,
  'data-before-event': verifyWatch,
  'events-swapped': verifyWatch,
  'event-lost': verifyWatch,
  'event-unasked': verifyWatch,
  'event-without-change': verifyWatch,
  'ephemeral-left': ephemeralLeft,
  'ephemeral-seen': (lines, _history, { session, path }) => {
    const [end, answer] = [lines.find((line) => kindOf(line) === 'close-session'), lines.find(isAnswer)];
    if (end === undefined || answer === undefined || sessionOf(end) !== session) return false;
    const prefix = answer.key === '/' ? '/' : `${answer.key}/`;
    const isShown = number(field(answer.value, 'stat'), 'ephemeralOwner') === session
      || list(answer.value, 'children').some((name) => path === `${prefix}${name as string}`);
    return isShown && zxidOf(answer) >= zxidOf(end);
  },
  'change-of-no-session': (lines, history, { session }) => {
    const last = lines.at(-1);
    if (last === undefined || !isTold(last, 'committed') || sessionOf(last) !== session) return false;
    const before = history.filter((line) => isTold(line, 'committed') && line.index < last.index
      && sessionOf(line) === session).map(kindOf);
    const begins = before.includes('create-session');
    if (kindOf(last) === 'create-session') return begins || before.includes('close-session');
    return kindOf(last) !== 'error' && (!begins || before.includes('close-session'));
  },
  'not-expired': (lines, history, { session }) => {
    const told = lines.find((line) => isTold(line, 'session') && text(line.value, 'state') === 'expired');
    if (told === undefined || sessionOf(told) !== session) return false;
    const own = history.filter((line) => sessionOf(line) === session);
    const ends = own.filter((line) => kindOf(line) === 'close-session');
    if (field(told.value, 'server') === null) return !ends.some(({ index }) => index < told.index);
    return ends.length === 0 && own.some((line) => kindOf(line) === 'create-session');
  },
  'back-from-the-end': (lines) => {
    const [end, back] = lines;
    return end !== undefined && back !== undefined && sessionOf(end) === sessionOf(back)
      && text(end.value, 'state') === 'expired' && text(back.value, 'state') === 'connected';
  },
};

// ── Lines ──────────────────────────────────────────────────────────────

function isTold({ process, f }: HistoryEvent, kind: string): boolean {
  return process === 'nemesis' && f === kind;
}

function isInvocation({ process, type }: HistoryEvent): boolean {
  return process !== 'nemesis' && type === 'invoke';
}

function isAnswer({ process, type }: HistoryEvent): boolean {
  return process !== 'nemesis' && (type === 'ok' || type === 'fail');
}

function zxidOf({ value }: HistoryEvent): number {
  return number(value, 'zxid');
}

function sessionOf({ value }: HistoryEvent): number {
  return number(value, 'session');
}

/** What a line `committed` changes; empty of any other. */
function kindOf(line: HistoryEvent): string {
  return isTold(line, 'committed') ? text(field(line.value, 'change'), 'change') : '';
}

// ── Requests and transactions ──────────────────────────────────────────

/** The requests of an invocation, each with its `op` and `path`, as those of a multi are. */
function requestsOf({ f, key, value }: HistoryEvent): readonly Json[] {
  if (f === 'multi') return list(value, 'ops');
  return [{ ...(value as { readonly [name: string]: Json }), op: f, path: key ?? null }];
}

function changesOf(line: HistoryEvent): readonly Json[] {
  const change = field(line.value, 'change');
  return kindOf(line) === 'multi' ? list(change, 'changes') : [change];
}

/** Whether the transaction does what the invocation asks for, conditions aside. */
function isFor(asked: HistoryEvent, committed: HistoryEvent): boolean {
  if (asked.f === 'close' || kindOf(committed) === 'close-session') {
    return asked.f === 'close' && kindOf(committed) === 'close-session';
  }
  const [requests, changes] = [requestsOf(asked), changesOf(committed)];
  if ((asked.f === 'multi') !== (kindOf(committed) === 'multi') || requests.length !== changes.length) return false;
  return requests.every((request, at) => {
    const change = changes[at];
    if (text(request, 'op') !== text(change, 'change')) return false;
    if (text(change, 'change') === 'check') return true;
    const owner = text(request, 'mode').startsWith('ephemeral') ? sessionOf(committed) : 0;
    const isOwned = text(change, 'change') !== 'create' || number(change, 'ephemeralOwner') === owner;
    return isOwned && text(change, 'data') === text(request, 'data') && isPathFor(request, text(change, 'path'));
  });
}

function isPathFor(request: Json, path: string): boolean {
  const asked = text(request, 'path');
  if (!text(request, 'mode').endsWith('sequential')) return path === asked;
  return path.length === asked.length + 10 && path.startsWith(asked) && !Number.isNaN(Number(path.slice(-10)));
}

function notAsAsked(lines: readonly HistoryEvent[]): boolean {
  const [first, second] = lines.filter(isAnswer);
  if (first === undefined) return false;
  if (second !== undefined) return zxidOf(first) === zxidOf(second);
  const committed = lines.find((line) => isTold(line, 'committed'));
  const asked = lines.find(isInvocation);
  return committed !== undefined && asked !== undefined && zxidOf(committed) === zxidOf(first)
    && (sessionOf(committed) !== sessionOf(first) || !isFor(asked, committed));
}

/**
 * Up to some transaction of the kind, there were more of them than invocations that they could be of. Where a lost
 * request tells what it was sent as, both have the other as their own, and are left out.
 */
function nobodyAsked([own]: readonly HistoryEvent[], history: History): boolean {
  if (own === undefined || !isTold(own, 'committed') || number(own.value, 'xid') === 0) return false;
  const session = sessionOf(own);
  const answers = answersOf(history);
  const takenFor = takenByXid(history, answers);
  let [asked, carriedOut] = [0, 0];
  for (const line of history) {
    if (isInvocation(line)) {
      const answer = answers.get(line.index);
      const isOfAnother = answer !== undefined
        && (isAnswer(answer) ? sessionOf(answer) !== session : !Number.isNaN(number(answer.value, 'xid')));
      if (isFor(line, own) && answer?.type !== 'fail' && !isOfAnother) asked += 1;
    } else if (isTold(line, 'committed') && sessionOf(line) === session && sameEffect(line, own)) {
      if (takenFor.has(line.index)) continue;
      carriedOut += 1;
      if (line.index >= own.index && carriedOut > asked) return true;
    }
  }
  return false;
}

/** The transactions of lost requests that tell what they were sent as: for each the first that does what it asks. */
function takenByXid(history: History, answers: ReadonlyMap<number, HistoryEvent>): ReadonlySet<number> {
  const taken = new Set<number>();
  const isTaken = (line: HistoryEvent, asked: HistoryEvent, value: Json): boolean => isTold(line, 'committed')
    && line.index > asked.index && sessionOf(line) === number(value, 'session')
    && number(line.value, 'xid') === number(value, 'xid') && number(value, 'xid') > 0 && isFor(asked, line);
  for (const asked of history) {
    const end = isInvocation(asked) ? answers.get(asked.index) : undefined;
    if (end?.type !== 'info') continue;
    const line = history.find((one) => isTaken(one, asked, end.value));
    if (line !== undefined) taken.add(line.index);
  }
  return taken;
}

function sameEffect(left: HistoryEvent, right: HistoryEvent): boolean {
  const [ours, theirs] = [changesOf(left), changesOf(right)];
  const names = ['change', 'path', 'data', 'ephemeralOwner'];
  return kindOf(left) === kindOf(right) && ours.length === theirs.length && ours.every((one, at) =>
    names.every((name) => name === 'path' && text(one, 'change') === 'create'
      ? true : field(one, name) === field(theirs[at], name)));
}

/** Completions by the index of the invocation. */
function answersOf(history: History): ReadonlyMap<number, HistoryEvent> {
  const open = new Map<number | 'nemesis', number>();
  const answers = new Map<number, HistoryEvent>();
  for (const line of history) {
    if (isInvocation(line)) open.set(line.process, line.index);
    else if (line.process !== 'nemesis') answers.set(open.get(line.process) ?? -1, line);
  }
  return answers;
}

/** Carries out the request on the tree before the transaction, and the transaction beside it. */
function wrongOutcome(lines: readonly HistoryEvent[], history: History): boolean {
  const answer = lines.find(isAnswer);
  const asked = lines.filter(isInvocation).at(-1);
  const own = lines.filter((line) => isTold(line, 'committed')).at(-1);
  if (asked === undefined || own === undefined || asked.f === 'close') return false;
  const zxid = zxidOf(own);
  const wanted = PlainTree.upTo(history, zxid - 1);
  const changes = changesOf(own);
  const results: Json[] = [];
  let error: string | null = null;
  for (const [at, request] of requestsOf(asked).entries()) {
    const isNumbered = text(request, 'mode').endsWith('sequential');
    const path = isNumbered ? text(changes[at], 'path') || `${text(request, 'path')}?${at}` : text(request, 'path');
    error = ask(wanted, request, path, sessionOf(own), zxid);
    if (error !== null) break;
    const { data: _, ...stat } = wanted.look(path) ?? { data: '' };
    results.push(text(request, 'op') === 'create' ? { path, stat } : text(request, 'op') === 'set' ? { stat } : {});
  }
  const refused = kindOf(own) === 'error' ? text(field(own.value, 'change'), 'error') : null;
  if (error !== refused) return true;
  const made = PlainTree.upTo(history, zxid);
  if (error === null && !isSame(Object.fromEntries(wanted.znodes), Object.fromEntries(made.znodes))) return true;
  if (answer === undefined) return false;
  if (error !== null) return answer.error !== error;
  const told = asked.f === 'multi' ? list(answer.value, 'results') : [answer.value];
  return told.length !== results.length || results.some((result, at) => Object.entries(result as object)
    .some(([name, value]) => !isSame(field(told[at], name), value as Json)));
}

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  const [ours, theirs] = [left, right] as { readonly [name: string]: unknown }[];
  return [...names].every((name) => isSame(ours?.[name], theirs?.[name]));
}

function numberFalls(lines: readonly HistoryEvent[], history: History, { path }: ZnodeFinding): boolean {
  const [first, last] = lines;
  if (path === null || first === undefined || last === undefined) return false;
  const parent = above(path);
  const numbers = (line: HistoryEvent): number[] => changesOf(line)
    .filter((change) => text(change, 'change') === 'create' && above(text(change, 'path')) === parent)
    .map((change) => Number(text(change, 'path').slice(-10))).filter((found) => !Number.isNaN(found));
  const wasThere = !history.some((line) => line.index > first.index && line.index < last.index
    && isTold(line, 'committed') && changesOf(line).some((change) =>
    text(change, 'change') === 'delete' && text(change, 'path') === parent));
  return wasThere && Math.min(...numbers(last)) <= Math.max(...numbers(first));
}

function outOfOrder(lines: readonly HistoryEvent[]): boolean {
  const [first, second] = lines.filter(isInvocation);
  const committed = lines.filter((line) => isTold(line, 'committed'));
  if (first === undefined || second === undefined || committed.length !== 2) return false;
  const [early, late] = committed.sort((left, right) => zxidOf(left) - zxidOf(right)) as [HistoryEvent, HistoryEvent];
  const isOf = (asked: HistoryEvent, line: HistoryEvent): boolean => kindOf(line) === 'error' || isFor(asked, line);
  return sessionOf(early) === sessionOf(late) && isOf(first, late) && isOf(second, early);
}

function wrongRead(lines: readonly HistoryEvent[], history: History): boolean {
  const answer = lines.find(isAnswer);
  if (answer === undefined) return false;
  const tree = PlainTree.upTo(history, zxidOf(answer));
  const path = answer.key ?? '/';
  const znode = tree.look(path);
  if (answer.type === 'fail') return answer.error === 'NoNode' && znode !== null;
  if (znode === null) return true;
  const { data, ...stat } = znode;
  return !isSame(field(answer.value, 'stat'), stat)
    || (answer.f === 'get' && text(answer.value, 'data') !== data)
    || (answer.f === 'children' && !isSame(list(answer.value, 'children'), tree.children(path)));
}

function ephemeralLeft(lines: readonly HistoryEvent[], history: History, finding: ZnodeFinding): boolean {
  const { session, path } = finding;
  const end = lines.find((line) => kindOf(line) === 'close-session');
  if (end === undefined || path === null) return false;
  const creates = (line: HistoryEvent): boolean => isTold(line, 'committed') && changesOf(line).some((change) =>
    text(change, 'change') === 'create' && text(change, 'path') === path
    && number(change, 'ephemeralOwner') === session);
  const created = lines.find(creates);
  if (created !== undefined && created.index > end.index) return sessionOf(end) === session;
  const before = PlainTree.upTo(history, zxidOf(end) - 1).look(path);
  if (before === null || sessionOf(end) !== session) return false;
  const isTaken = list(field(end.value, 'change'), 'paths').includes(path);
  return (before['ephemeralOwner'] === session) !== isTaken;
}
