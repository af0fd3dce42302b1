import type { Locking } from '../scenario.ts';
import type { FaultSurroundings } from './faults.ts';
import { quote } from './problem.ts';
import type { Report } from './report.ts';
import type { ScenarioFile } from './schema.ts';

/** The parts of a file that this is about, as far as they have their shape. */
interface LockingFile extends Pick<ScenarioFile, 'workload' | 'resource' | 'clients'> {
  readonly broken: ReadonlySet<string>;
}

const ms = 1_000;

/** What a file does not say: a little work, and a resource that knows nothing of tokens. */
const standard: Locking = {
  holdUs: { min: 50 * ms, max: 250 * ms },
  writes: 1,
  resource: { checksTokens: false, issuesTokens: false },
};

/**
 * How locks are used, where the system is a lock service; `null` where it is none. A workload of one kind with a system
 * of the other is a problem, and so are settings that mean nothing there.
 */
export function resolveLocking(
  file: LockingFile, surroundings: FaultSurroundings, report: Report,
): Locking | null {
  const { workload, resource, clients, broken } = file;
  const { protocol, options } = surroundings;
  if (protocol === null) return null;
  const { locks } = protocol;
  if (locks === undefined) {
    refuse(file, report);
    return null;
  }
  if (workload?.kind !== undefined && workload.kind !== 'lock') {
    report.value(['workload', 'kind'], 'this system is a lock service: its workload is `lock`');
  }
  if (workload?.reads !== undefined) report.key(['workload', 'reads'], 'who uses a lock reads nothing');
  if ((clients?.inFlight ?? 1) > 1) {
    report.value(['clients', 'inFlight'], 'a client holds one lock at a time', 'use more clients');
  }
  const { checksTokens = false, issuesTokens = false } = resource ?? {};
  const hasTokens = issuesTokens || locks.givesTokens(options);
  if (checksTokens && !hasTokens && !broken.has('system') && !broken.has('resource')) {
    const message = 'no store has a token: this lock gives none';
    report.value(['resource', 'checksTokens'], message, 'set `issuesTokens` as well');
  }
  return {
    holdUs: workload?.hold ?? standard.holdUs,
    writes: workload?.writes ?? standard.writes,
    resource: { checksTokens, issuesTokens },
  };
}

/** What only lock services have. */
function refuse({ workload, resource }: LockingFile, report: Report): void {
  const hint = 'lock services are redlock, redis-lock, raft-lock and zookeeper-lock';
  if (workload?.kind === 'lock') report.value(['workload', 'kind'], 'this system is no lock service', hint);
  for (const key of ['hold', 'writes'] as const) {
    if (workload?.[key] === undefined) continue;
    report.key(['workload', key], `only a workload of kind \`lock\` has ${quote(key)}`, hint);
  }
  if (resource !== undefined) report.key(['resource'], 'no lock protects a resource here', hint);
}
