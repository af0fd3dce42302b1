import { linesOfInstants, type Instant } from '../instants.ts';
import type { LockFinding, LockModelName, Store } from './result.ts';

/**
 * A finding on one axis of true time: what its holders did and held, an instant each line, the earliest first.
 */
export function axisOf({ stores, holds }: LockFinding, model: LockModelName): readonly string[] {
  const verb = model === 'lock-ownership' ? 'owns' : 'believes that it holds';
  const instants: Instant[] = [
    ...holds.flatMap(({ process, lock, grant, fromUs, untilUs }) => [
      { atUs: fromUs, text: `process ${process} ${verb} ${lock} from here (grant ${grant})` },
      { atUs: untilUs, text: `process ${process} ${verb} ${lock} until here (grant ${grant})` },
    ]),
    ...stores.flatMap(instantsOf),
  ].sort((left, right) => left.atUs - right.atUs); // Stable: what is equal stays in the order of the finding.
  return linesOfInstants(instants);
}

function instantsOf({ process, key, token, grant, outcome, place, ...when }: Store): Instant[] {
  const object = key === null ? '' : ` to ${key}`;
  const held = `grant ${grant}, ${token === null ? 'no token' : `token ${token}`}`;
  const asked = { atUs: when.invokedAtUs, text: `process ${process} asks to store${object} (${held})` };
  if (when.completedAtUs === null) return [asked];
  const answered = { ok: 'ok', fail: 'no', info: 'nothing that is known' }[outcome];
  const where = place === null ? '' : `, place ${place} at the resource`;
  return [asked, { atUs: when.completedAtUs, text: `process ${process} is answered ${answered}${object}${where}` }];
}
