import type { Operation } from '../contract/session.ts';
import { nodeId, type NodeId } from '../kernel/ids.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { Scenario } from './scenario.ts';

/** One line of a script, as the client hears it that it is about. */
interface ScriptStep {
  readonly atUs: TimeUs;
  readonly operation: Operation;
  /** The one node that is asked, once; `null`: whoever can do it. */
  readonly to: NodeId | null;
}

/** What the script says about one client. */
export function stepsOf({ workload }: Scenario, client: number): readonly ScriptStep[] {
  return workload.script.filter((line) => line.client === `c${client + 1}`).map(({ atUs, operation, to }) =>
    ({ atUs, operation, to: to === null ? null : nodeId(Number(to.slice(1)) - 1) }));
}

/** What is left of that; `null` if it says nothing. A client that crashes amid it does no more. */
export function stepsLeft(scenario: Scenario, client: number, isRestarted: boolean): readonly ScriptStep[] | null {
  const steps = stepsOf(scenario, client);
  if (steps.length === 0) return null;
  return isRestarted ? [] : steps;
}
