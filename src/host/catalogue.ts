import { findDefect, protocols, type DefectRow } from '../scenario/catalogue.ts';
import type { LoadedProtocol } from './load-protocol.ts';
import { HostError } from './problem.ts';
import type { LoadedScenario } from './scenarios.ts';

export { catalogueWith, defects } from '../scenario/catalogue.ts';

/** The defect of this id or row. An unknown one is bad usage. */
export function defectNamed(name: string, own: LoadedProtocol | undefined): DefectRow {
  const defect = findDefect(name, own);
  if (defect !== undefined) return defect;
  throw new HostError(64, `there is no defect ${name}`, '`quorumquake list --defects` shows all of them');
}

/**
 * The scenarios that concern a user's protocol and a defect, where these are given: those that name the protocol, and
 * whose system can have the defect. Those of clients and services are for every system. A scenario that arms another
 * defect itself expects that one to be found, and says nothing about this.
 */
export function concerned(
  scenarios: readonly LoadedScenario[], own: LoadedProtocol | undefined, defect: DefectRow | null,
): readonly LoadedScenario[] {
  const owner = defect?.id.split('/', 1)[0] ?? '';
  const isOfOneProtocol = protocols.has(owner) || owner === own?.name;
  return scenarios.filter(({ entry }) => {
    const { protocol } = entry.scenario.system;
    const armed = entry.scenario.defect;
    if (defect !== null && armed !== null && armed !== defect.id) return false;
    return (own === undefined || own.name === protocol) && (!isOfOneProtocol || owner === protocol);
  });
}
