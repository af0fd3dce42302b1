import type { CoordinationService } from '../contract/coordination.ts';
import type { Monitor } from '../contract/invariant.ts';
import type { Plain } from '../contract/message.ts';
import { nodeId, type NodeId } from '../kernel/ids.ts';
import { WatchedMonitor } from './watched-monitor.ts';

/** Speaks to nobody. */
const NOBODY: NodeId = nodeId(-1);

/**
 * A monitor, beside which somebody learns what is committed, in that order, when it is: not when it is executed. Who
 * looks for a leader executes all that it has logged, and takes it back if the next leader has something else.
 */
export function tellingCommitted(
  inner: Monitor, service: CoordinationService, onCommitted: (command: Plain) => void,
): Monitor {
  let last = 0;
  return new WatchedMonitor(inner, (_node, state) => {
    if (state === null) return;
    for (const { place, command } of service.committedIn(state, last)) {
      last = place;
      onCommitted(command);
    }
  }, NOBODY);
}
