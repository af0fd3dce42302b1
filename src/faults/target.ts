import type { WorldControl } from '../contract/world-control.ts';
import { assert } from '../kernel/assert.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Pick } from '../world/topology.ts';
import type { Target } from './fault.ts';

/** What a target is resolved with, at the moment when its fault applies. */
export interface Aim {
  readonly control: WorldControl;
  readonly pick: Pick;
  /** Take a drawn node where a leader is wanted and there is none. */
  readonly isRandom: boolean;
  /** Whose event a `when` line waited for. */
  readonly it: NodeId | null;
}

/**
 * The processes that a target means right now; empty when there is none of that kind. Nodes in `except` are not drawn:
 * `any` to `any` is a link between two nodes.
 */
export function resolveTarget(target: Target, aim: Aim, except: readonly NodeId[] = []): readonly NodeId[] {
  if (typeof target !== 'string') return target.map((name) => processNamed(name, aim.control));
  const { nodes } = aim.control;
  switch (target) {
    case 'all': return nodes;
    case 'any': return drawnFrom(others(nodes, except), aim.pick);
    case 'it': return aim.it === null ? [] : [aim.it];
    case 'leader': {
      const leader = leaderOf(aim.control);
      if (leader !== null) return [leader];
      return aim.isRandom ? drawnFrom(nodes, aim.pick) : [];
    }
    case 'follower': {
      const leader = leaderOf(aim.control);
      const followers = nodes.filter((node) => aim.control.isUp(node) && node !== leader);
      return drawnFrom(others(followers, except), aim.pick);
    }
    default: return [processNamed(target, aim.control)];
  }
}

/** The up node in role leader with the highest epoch: a deposed leader that has not noticed is not meant. */
export function leaderOf(control: WorldControl): NodeId | null {
  let leader: NodeId | null = null;
  let highest = -1;
  for (const node of control.nodes) {
    const view = control.view(node);
    if (view === null || view.role !== 'leader' || view.epoch <= highest) continue;
    leader = node;
    highest = view.epoch;
  }
  return leader;
}

/** `n1 n2`. */
export function namesOf(processes: readonly NodeId[], control: WorldControl): string {
  return processes.map((process) => control.nameOf(process)).join(' ');
}

function processNamed(name: string, control: WorldControl): NodeId {
  const named = [...control.nodes, ...control.clients, ...control.resources].find((id) => control.nameOf(id) === name);
  assert(named !== undefined, 'a target names a process of this run');
  return named;
}

/** Without those in `except`, unless they are all: `all` to `any` is what the others send to a drawn node. */
function others(nodes: readonly NodeId[], except: readonly NodeId[]): readonly NodeId[] {
  const rest = nodes.filter((node) => !except.includes(node));
  return rest.length > 0 ? rest : nodes;
}

function drawnFrom(nodes: readonly NodeId[], pick: Pick): readonly NodeId[] {
  const drawn = nodes.length > 0 ? nodes[pick(nodes.length)] : undefined;
  return drawn === undefined ? [] : [drawn];
}
