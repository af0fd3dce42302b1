import type {
  ConnectedClientInit, CoordinationService, EventLine, SessionLine, SessionRecorder,
} from '../contract/coordination.ts';
import type { Node } from '../contract/node.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import { nodeName, type NodeId } from '../kernel/ids.ts';
import { createWorkload } from '../workloads/workload.ts';
import { stepsLeft } from './client-script.ts';
import { tellingCommitted } from './committed-log.ts';
import type { BuildParts, Crew } from './crew.ts';
import { OperationRecorder } from './operation-recorder.ts';

/** Clients with sessions at a coordination service. The history is told what is committed, where a tree is judged. */
export function znodeCrew(parts: BuildParts, service: CoordinationService): Crew {
  const { scenario, history } = parts;
  const isOfTree = scenario.workload.kind === 'znodes';
  const makeClient = clientMaker(parts, service, isOfTree);
  return {
    resources: 0,
    order: null,
    intake: null,
    watched: (machine) => () => machine,
    observe: (monitor) => {
      if (!isOfTree) return monitor;
      return tellingCommitted(monitor, service, (command) => { history.nemesis('committed', command); });
    },
    create: (process) => makeClient(process),
    onStopped: () => undefined,
    finish: () => undefined,
  };
}

function clientMaker(
  { scenario, nodes, history, armed }: BuildParts, service: CoordinationService, isOfTree: boolean,
): (self: NodeId) => Node {
  const { count, inFlight, sessionTimeoutUs } = scenario.clients;
  const source = createWorkload(scenario.workload);
  const recorder = new TreeRecorder(history, isOfTree, nodes.length);
  return (self) => {
    const client = self - nodes.length;
    // The client of a process is its number modulo the number of clients, in whichever slot.
    const lanes = Array.from({ length: inFlight }, (_, slot) => slot * count + client);
    const operations = lanes.reduce((sum, lane) => sum + history.begun(lane), 0);
    const init: ConnectedClientInit = {
      self, nodes, clients: count, sessionTimeoutUs, operations, source, isOfTree, recorder,
      kind: scenario.workload.kind,
      options: scenario.system.options,
      processStride: count * inFlight,
      processes: lanes.map((lane) => history.freshProcess(lane)),
      steps: stepsLeft(scenario, client, operations > 0),
    };
    return armed.make('connected', (row, fired) => row.create(init, fired)) ?? service.createClient(init);
  };
}

/** Clients write the history. What befalls their sessions is in it where a tree is judged. */
class TreeRecorder extends OperationRecorder implements SessionRecorder {
  private readonly isOfTree: boolean;
  private readonly nodes: number;

  constructor(history: HistoryRecorder, isOfTree: boolean, nodes: number) {
    super(history);
    this.isOfTree = isOfTree;
    this.nodes = nodes;
  }

  session({ process, session, state, zxid, server }: SessionLine): void {
    const name = server === null ? null : nodeName(server, this.nodes);
    if (this.isOfTree) this.history.nemesis('session', { process, session, state, zxid, server: name });
  }

  event({ process, session, type, path, zxid }: EventLine): void {
    if (this.isOfTree) this.history.nemesis('event', { process, session, type, path, zxid });
  }
}
