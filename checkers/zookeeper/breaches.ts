import type { History, HistoryEvent, Json } from '../../src/history/operation.ts';
import type { SessionId, Zxid } from '../../src/history/znode-lines.ts';
import { pathOf, type Asked, type ZnodeRecord } from './record.ts';
import { FINDINGS_MAX, type BreachKind, type Guarantee, type ZnodeFinding } from './result.ts';

/** What a checker has found: breaches; else what it looked at, and why that is enough, or is not. */
export type Found = {
  readonly breaches: Breaches;
  readonly checked: { readonly [name: string]: number };
} & ({ readonly valid: string } | { readonly unknown: string });

/** What a breach is about, where that can be said. */
interface About {
  readonly session?: SessionId | null;
  readonly path?: string | null;
}

/** Collects breaches. Where each answer is wrong, it does not keep all. */
export class Breaches {
  readonly findings: ZnodeFinding[] = [];
  /** Those that are not kept included. */
  count = 0;
  private readonly history: History;

  constructor({ history }: ZnodeRecord) {
    this.history = history;
  }

  add(guarantee: Guarantee, kind: BreachKind, lines: readonly number[], summary: string, about: About): void {
    this.count += 1;
    if (this.count > FINDINGS_MAX) return;
    const ascending = [...new Set(lines)].sort((left, right) => left - right);
    const last = this.history.find(({ index }) => index === ascending.at(-1)) as HistoryEvent;
    const { session = null, path = null } = about;
    this.findings.push({ guarantee, kind, session, path, lines: ascending, atUs: last.time, summary });
  }

  /** A breach by one operation. */
  addOf(asked: Asked, guarantee: Guarantee, kind: BreachKind, lines: readonly number[], summary: string): void {
    this.add(guarantee, kind, lines, summary, { session: asked.session, path: pathOf(asked) });
  }
}

/** Fields of a stat that name a transaction. */
const ZXIDS = ['czxid', 'mzxid', 'pzxid'];

/** A field of an answer, or a whole one, for people: zxids as {@link showZxid} has them, in JSON as texts. */
export function showField(name: string, value: Json): string {
  if (isZxid(name, value)) return showZxid(value);
  return JSON.stringify(value, (field, found: Json) => (isZxid(field, found) ? showZxid(found) : found));
}

function isZxid(name: string, value: Json): value is Zxid {
  return ZXIDS.includes(name) && typeof value === 'number';
}

const COUNTERS = 0x1_0000_0000;

/** `2:7`: the seventh transaction of the second epoch. */
export function showZxid(zxid: Zxid): string {
  return `${Math.floor(zxid / COUNTERS)}:${zxid % COUNTERS}`;
}
