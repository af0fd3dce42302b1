import type { History, HistoryEvent, Json } from '../../src/history/operation.ts';
import {
  committedOf, sessionTurnOf, watchEventOf, type Committed, type ZnodeChange,
} from '../../src/history/znode-lines.ts';
import { linesOfInstants } from '../instants.ts';
import { isList } from '../value-key.ts';
import { showField, showZxid } from './breaches.ts';
import type { ZnodeFinding } from './result.ts';

/** The lines of a finding for people, each with its time. */
export function axisOf(history: History, { lines }: ZnodeFinding): readonly string[] {
  const wanted = new Set(lines);
  const shown = history.filter(({ index }) => wanted.has(index));
  return linesOfInstants(shown.map((event) => ({ atUs: event.time, text: textOf(event) })));
}

function textOf(event: HistoryEvent): string {
  const committed = committedOf(event);
  if (committed !== null) return committedText(committed);
  const turn = sessionTurnOf(event);
  if (turn !== null) {
    const where = turn.server === null ? '' : ` (${turn.server})`;
    return `process ${turn.process}: session ${turn.session} is ${turn.state}${where}, seen ${showZxid(turn.zxid)}`;
  }
  const told = watchEventOf(event);
  if (told !== null) {
    const { process, session, type, path, zxid } = told;
    return `process ${process}: session ${session} is told ${type} ${path}, at ${showZxid(zxid)}`;
  }
  return operationText(event);
}

function committedText({ zxid, session, xid, change }: Committed): string {
  const who = xid === 0 ? `for session ${session}` : `for session ${session}, xid ${xid}`;
  return `${showZxid(zxid)} is committed ${who}: ${changeText(change)}`;
}

function changeText(change: ZnodeChange): string {
  switch (change.change) {
    case 'create': {
      const owner = change.ephemeralOwner === 0 ? '' : `, ephemeral of ${change.ephemeralOwner}`;
      return `create ${change.path} ${short(change.data)}${owner}`;
    }
    case 'set': return `set ${change.path} ${short(change.data)}, version ${change.version}`;
    case 'delete': return `delete ${change.path}`;
    case 'multi': return `multi [${change.changes.map(changeText).join('; ')}]`;
    case 'close-session': return `close-session [${change.paths.join(' ')}]`;
    case 'error': return `refused, ${change.error}`;
    case 'check': case 'create-session': return change.change;
  }
}

function operationText({ process, type, f, key, value, error }: HistoryEvent): string {
  const what = `${f} ${key ?? ''}`.trim();
  if (type === 'invoke') return `process ${process} asks ${what} ${short(value)}`;
  const fields = typeof value === 'object' && value !== null && !isList(value) ? value : {};
  const { session, zxid, ...rest } = fields;
  const when = typeof zxid === 'number' ? ` of session ${JSON.stringify(session)} as of ${showZxid(zxid)}` : '';
  const done = Object.keys(rest).length === 0 ? 'ok' : short(rest);
  const answer = { ok: done, fail: error ?? 'no', info: 'nothing that is known' };
  return `process ${process} is answered ${what}${when}: ${answer[type]}`;
}

function short(value: Json): string {
  const text = showField('', value);
  return text.length <= 160 ? text : `${text.slice(0, 157)}...`;
}
