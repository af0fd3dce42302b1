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
      const leaders = leadersOf(aim.control);
      if (leaders.length > 1) return drawnFrom(leaders, aim.pick);
      return leaders.length > 0 || !aim.isRandom ? leaders : drawnFrom(nodes, aim.pick);
    }
    case 'follower': return drawnFrom(others(followersOf(aim.control), except), aim.pick);
    default: return [processNamed(target, aim.control)];
  }
}

/**
 * Whoever leads. By epochs: the up node in role leader with the highest one, for a deposed leader that has not noticed
 * is not meant. Servers of Redis know no epoch: of several primaries the one that most others take for the primary,
 * Sentinels among them; primaries that share this, like those that nobody follows, are all meant.
 */
function leadersOf(control: WorldControl): readonly NodeId[] {
  let leader: NodeId | null = null;
  let highest = -1;
  const followed = new Map<NodeId, number>();
  for (const node of control.nodes) {
    const view = control.view(node);
    if (view === null) continue;
    if (view.leader !== null) followed.set(view.leader, (followed.get(view.leader) ?? 0) + 1);
    if (view.role !== 'leader' || view.epoch <= highest) continue;
    leader = node;
    highest = view.epoch;
  }
  if (leader !== null) return [leader];
  const primaries = control.nodes.filter((node) => control.view(node)?.role === 'primary');
  const most = Math.max(0, ...primaries.map((node) => followed.get(node) ?? 0));
  return primaries.filter((node) => (followed.get(node) ?? 0) === most);
}

/** Replicas, where there are any: Sentinels follow nobody. Else every up node but the leader. */
function followersOf(control: WorldControl): readonly NodeId[] {
  const replicas = control.nodes.filter((node) => control.view(node)?.role === 'replica');
  if (replicas.length > 0) return replicas;
  const leaders = leadersOf(control);
  return control.nodes.filter((node) => control.isUp(node) && !leaders.includes(node));
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
