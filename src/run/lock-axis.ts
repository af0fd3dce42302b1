import { pairOperations, type Hold, type LockFinding, type LockModelName, type Store } from '../../checkers/index.ts';
import type { AppliedFault } from '../faults/applied.ts';
import { placeOf, storeRequest } from '../history/lock-lines.ts';
import type { History } from '../history/operation.ts';
import type { TimeUs } from '../kernel/time.ts';
import { formatTime } from '../kernel/trace.ts';

/** What a run knows besides the finding: who its processes are, and what struck them. */
export interface LockSurroundings {
  readonly model: LockModelName;
  readonly history: History;
  readonly clients: number;
  readonly faults: readonly AppliedFault[];
}

/** No person follows more. */
const LINES_MAX = 12;

/** What undoes a fault is told by the end of that fault. */
const UNDOING: readonly string[] = ['heal', 'restart', 'resume'];
/** Who is struck by one of these takes no steps. */
const STOPPING: readonly string[] = ['pause', 'crash', 'wipe-disk', 'torn-write'];

/** One line of the axis; of one instant, lines stay in the order in which they were made. */
interface Row {
  readonly atUs: TimeUs;
  /** What the own clock of whom it is about showed then. */
  readonly clockUs: TimeUs | null;
  readonly text: string;
}

/** A finding in a sentence, with the names of clients. */
export function lockSummary({ kind, key, stores, holds }: LockFinding, { model, clients }: LockSurroundings): string {
  if (kind === 'overlap') {
    const [first, second] = holds as readonly [Hold, Hold];
    const forUs = Math.min(first.untilUs, second.untilUs) - second.fromUs;
    const who = holds.map(({ process, grant }) => `${nameOf(process, clients)} (grant ${grant})`).join(' and ');
    return `${who} ${model === 'lock-ownership' ? 'both owned' : 'both believed that they held'} `
      + `${key ?? 'the lock'} for ${formatTime(forUs)} s`;
  }
  const [first, last] = [stores[0], stores.at(-1)] as [Store, Store];
  const object = key === null ? '' : ` to ${key}`;
  const [by, after] = [nameOf(last.process, clients), nameOf(first.process, clients)];
  switch (kind) {
    case 'older-after-newer':
      return `a store of ${by}${object} with grant ${last.grant} was applied after one of ${after} with the newer `
        + `grant ${first.grant}`;
    case 'token-falls':
      return `grant ${first.grant} of ${after} had token ${first.token}, and the newer grant ${last.grant} of ${by} `
        + `the lower token ${last.token}`;
    case 'token-reused':
      return `grant ${first.grant} of ${after} and grant ${last.grant} of ${by} had the same token ${first.token}`;
  }
}

/**
 * A finding on one axis of true time, an instant each line, the earliest first: who was granted what, until when it
 * believed so and what its own clock showed, what struck anybody in between, and the write that slipped through. Each
 * holder has a column beside the axis, so that two who hold at one time are seen side by side.
 */
export function lockAxis(finding: LockFinding, surroundings: LockSurroundings): string[] {
  const { clients, faults } = surroundings;
  const { stores, holds } = finding;
  const written = finding.kind === 'overlap' ? storesOf(finding, surroundings) : [];
  const rows = [
    ...holds.flatMap((hold) => holdRows(hold, surroundings)),
    ...holds.flatMap((hold) => askRows(hold, surroundings)),
    ...[...stores, ...written].flatMap((store, at) => storeRows(store, finding, at === stores.length - 1, clients)),
  ];
  const holding = [...new Set([...holds, ...stores].map(({ process }) => process % clients))];
  const holders = holding.sort((left, right) => left - right).map((client) => nameOf(client, clients));
  const fromUs = Math.min(...rows.map(({ atUs }) => atUs), ...holds.map((hold) => askedAtUs(hold, surroundings)));
  const untilUs = Math.max(...rows.map(({ atUs }) => atUs));
  const between = faults.filter((fault) => isBetween(fault, fromUs, untilUs));
  const { shown, rest } = faultRows(between, holders, untilUs, LINES_MAX - 1 - rows.length);
  const sorted = [...shown, ...rows].sort((left, right) => left.atUs - right.atUs);
  const cells = sorted.map(({ atUs, clockUs }) =>
    [`${formatTime(atUs)} s`, clockUs === null ? '' : `${signedTime(clockUs)} s`] as const);
  const heads = ['true time', clockName(holds)] as const;
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((row) => (row[column] as string).length)));
  const isTold = holds.some(({ clock }) => clock !== undefined);
  const lineOf = ([time, clock]: readonly [string, string], lanes: string, text: string): string => {
    const own = isTold ? `${clock.padStart(widths[1] as number)}  ` : '';
    return `${time.padStart(widths[0] as number)}  ${own}${lanes}  ${text}`.trimEnd();
  };
  const held = surroundings.model === 'lock-ownership' ? '| owns' : '| believes';
  const legend = `${held}, # is stopped${rest > 0 ? `; ${rest} more faults are not shown` : ''}`;
  return [
    lineOf(heads, holders.join(' '), legend),
    ...sorted.map(({ atUs, text }, at) =>
      lineOf(cells[at] as readonly [string, string], lanesAt(atUs, holders, finding, surroundings), text)),
  ];
}

function nameOf(process: number, clients: number): string {
  return `c${(process % clients) + 1}`;
}

function clockName(holds: readonly Hold[]): string {
  const names = new Set(holds.map(({ clock }) => clock));
  const [name] = names;
  return names.size === 1 && name !== undefined ? `own ${name}` : 'own clock';
}

/** A wall clock may have been set to before the start of the run. */
function signedTime(us: TimeUs): string {
  return us < 0 ? `-${formatTime(-us)}` : formatTime(us);
}

// ── Holders ────────────────────────────────────────────────────────────

function holdRows(hold: Hold, { model, clients }: LockSurroundings): Row[] {
  const { process, lock, grant, fromUs, untilUs, fromClockUs = null, untilClockUs = null } = hold;
  const name = nameOf(process, clients);
  const [begin, end] = model === 'lock-ownership'
    ? ['owns', `owns ${lock} no more`]
    : ['believes that it holds', 'believes so no more'];
  return [
    { atUs: fromUs, clockUs: fromClockUs, text: `${name} (process ${process}) ${begin} ${lock}: grant ${grant}` },
    { atUs: untilUs, clockUs: untilClockUs, text: `${name} ${end}` },
  ];
}

/** That a holder had asked long before is worth a line only where it was struck in between. */
function askRows(hold: Hold, surroundings: LockSurroundings): Row[] {
  const { process, lock, grant, fromUs } = hold;
  const name = nameOf(process, surroundings.clients);
  const atUs = askedAtUs(hold, surroundings);
  const isStruck = surroundings.faults.some((fault) => bends(fault, [name]) && isBetween(fault, atUs, fromUs - 1));
  return isStruck ? [{ atUs, clockUs: null, text: `${name} asks for ${lock}: grant ${grant}` }] : [];
}

/** When the holder asked for what it held then: by the last `acquire` of its process that had begun. */
function askedAtUs({ process, lock, fromUs }: Hold, { history }: LockSurroundings): TimeUs {
  let atUs: TimeUs | null = null;
  for (const event of history) {
    if (event.time > fromUs) break;
    const { f, type, key } = event;
    if (event.process === process && f === 'acquire' && type === 'invoke' && key === lock) atUs = event.time;
  }
  return atUs ?? fromUs;
}

// ── Stores ─────────────────────────────────────────────────────────────

/** What two who held at one time wrote from then on: the first ok store of each. */
function storesOf({ holds, atUs }: LockFinding, { history }: LockSurroundings): Store[] {
  const written = pairOperations(history).operations.filter(({ f, outcome, completedAtUs }) =>
    f === 'store' && outcome === 'ok' && (completedAtUs as TimeUs) >= atUs);
  return holds.flatMap((hold): readonly Store[] => {
    const operation = written.find(({ process, input }) =>
      process === hold.process && storeRequest(input).grant === hold.grant);
    if (operation === undefined) return [];
    const { process, key, invokedIndex, completedIndex, invokedAtUs, completedAtUs, input, output } = operation;
    const when = { invokedIndex, completedIndex, invokedAtUs, completedAtUs };
    return [{ process, key, ...storeRequest(input), outcome: 'ok', place: placeOf(output), ...when }];
  });
}

/** What was applied as it should be takes one line; of the one that slipped through, request and answer are two. */
function storeRows(store: Store, { kind }: LockFinding, isLast: boolean, clients: number): Row[] {
  const { process, key, token, grant, outcome, place, invokedAtUs, completedAtUs } = store;
  const who = nameOf(process, clients);
  const object = key === null ? '' : ` to ${key}`;
  const held = `grant ${grant}, ${token === null ? 'no token' : `token ${token}`}`;
  const row = (atUs: TimeUs, text: string): Row => ({ atUs, clockUs: null, text });
  const asked = row(invokedAtUs, `${who} asks to store${object}: ${held}`);
  if (outcome !== 'ok' || completedAtUs === null || kind === 'token-falls' || kind === 'token-reused') return [asked];
  const where = place === null ? '' : ` at place ${place}`;
  const slipped = kind === 'older-after-newer' && isLast;
  const what = slipped ? 'the write that slipped through' : held;
  const stored = row(completedAtUs, `${who} has stored${object}${where}: ${what}`);
  return slipped ? [asked, stored] : [stored];
}

// ── Faults ─────────────────────────────────────────────────────────────

function isBetween({ kind, atUs, untilUs }: AppliedFault, fromUs: TimeUs, toUs: TimeUs): boolean {
  return !UNDOING.includes(kind) && atUs <= toUs && (kind === 'clock-jump' ? atUs : untilUs ?? toUs) >= fromUs;
}

/**
 * Those come first that stop a holder or bend its time: they are most often the story. Then those with few names, for a
 * fault of all links has been there before and will be there after; of equals, the latest.
 */
function faultRows(
  faults: readonly AppliedFault[], holders: readonly string[], untilUs: TimeUs, room: number,
): { readonly shown: Row[]; readonly rest: number } {
  const ranked = [...faults].reverse().sort((left, right) =>
    Number(bends(right, holders)) - Number(bends(left, holders)) || namesIn(left).length - namesIn(right).length);
  const shown: Row[] = [];
  let rest = 0;
  for (const fault of ranked) {
    const rows = rowsOf(fault, untilUs);
    if (shown.length + rows.length <= room) shown.push(...rows);
    else rest += 1;
  }
  return { shown, rest };
}

function bends(fault: AppliedFault, names: readonly string[]): boolean {
  const isOfProcess = STOPPING.includes(fault.kind) || fault.kind.startsWith('clock-');
  return isOfProcess && namesIn(fault).some((name) => names.includes(name));
}

function namesIn({ target }: AppliedFault): readonly string[] {
  return target.split(/[ >|]+/);
}

function rowsOf(fault: AppliedFault, untilUs: TimeUs): Row[] {
  const { kind, atUs, target } = fault;
  const what = `${kind} of ${shortened(target)}${strengthText(fault)}`;
  const row = (instantUs: TimeUs, text: string): Row => ({ atUs: instantUs, clockUs: null, text });
  if (kind === 'clock-jump' || fault.untilUs === atUs) return [row(atUs, what)];
  const begin = row(atUs, `${what} begins`);
  return fault.untilUs === null || fault.untilUs > untilUs ? [begin] : [begin, row(fault.untilUs, `${what} ends`)];
}

function strengthText({ flavour, byUs, perMillion, delayUs }: AppliedFault): string {
  if (flavour !== null) return ` (${flavour})`;
  if (byUs !== null) return ` by ${byUs < 0 ? '' : '+'}${signedTime(byUs)} s`;
  if (perMillion !== null) return ` by ${perMillion} ppm`;
  return delayUs === null ? '' : ` (up to ${formatTime(delayUs)} s)`;
}

function shortened(target: string): string {
  return target.length <= 40 ? target : `${target.slice(0, 37)}...`;
}

/** One column for each holder, as wide as its name: `#` stopped, `|` holding, `.` neither, from this instant on. */
function lanesAt(
  atUs: TimeUs, holders: readonly string[], { holds }: LockFinding, { clients, faults }: LockSurroundings,
): string {
  return holders.map((name) => {
    const isStopped = faults.some((fault) => STOPPING.includes(fault.kind) && fault.target.split(' ').includes(name)
      && fault.atUs <= atUs && (fault.untilUs === null || fault.untilUs > atUs));
    const isHolding = holds.some(({ process, fromUs, untilUs }) =>
      nameOf(process, clients) === name && fromUs <= atUs && untilUs > atUs);
    return (isStopped ? '#' : isHolding ? '|' : '.').padEnd(name.length);
  }).join(' ');
}
