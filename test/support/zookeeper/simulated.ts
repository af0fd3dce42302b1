import type { Node, NodeInit } from '../../../src/contract/node.ts';
import { assert } from '../../../src/kernel/assert.ts';
import type { NodeId } from '../../../src/kernel/ids.ts';
import type { ClientPacket, Op, OpResult } from '../../../src/protocols/zookeeper/messages.ts';
import type { ZooKeeperState } from '../../../src/protocols/zookeeper/state.ts';
import type { DrivenService, DrivenSession, Heard, HeardResult, Hello, Received, WatchedPaths } from './heard.ts';
import { type Client, Service } from './service.ts';

/** So many connections may be open at once: each is a process of the world. */
const CONNECTIONS_MAX = 16;

/** A connection to a simulated service. Time passes while somebody waits, and at no other time. */
class SimulatedSession implements DrivenSession {
  readonly session: string;
  readonly password: string;
  readonly timeoutMs: number;
  private readonly service: Service;
  private readonly client: Client;
  /** Another connection may have the process now. */
  private hasLeft = false;
  /** What was told before. */
  private told: number;

  constructor(service: Service, client: Client, timeoutMs: number) {
    this.service = service;
    this.client = client;
    this.session = String(client.session);
    this.password = String(client.password);
    this.timeoutMs = timeoutMs;
    this.told = client.node.heard.length;
  }

  ask(ops: readonly Op[]): Promise<readonly Heard[]> {
    assert(!this.hasLeft, 'whoever has left does not ask');
    const { client } = this;
    const xids = client.isConnected ? ops.map((op) => client.send(op)) : [];
    const isAnswered = (): boolean => client.replyTo(xids.at(-1) ?? 0) !== undefined;
    this.service.until(() => isAnswered() || !client.isConnected, 'the last reply');
    const heard = client.node.heard.slice(this.told).flatMap(asHeard);
    this.told = client.node.heard.length;
    return Promise.resolve(isAnswered() ? heard : [...heard, { kind: 'closed' }]);
  }

  watchAgain(relativeZxid: string, watched: WatchedPaths): void {
    this.client.watchAgain({ ...watched, relativeZxid: Number(relativeZxid) });
  }

  leave(): void {
    if (!this.hasLeft) this.client.vacate();
    this.hasLeft = true;
  }
}

/** The simulated servers, driven as real ones are. */
export function simulatedZooKeeper(
  tickMs: number, create?: (init: NodeInit) => Node<ZooKeeperState>,
): DrivenService {
  const options = { tickTime: tickMs * 1_000 };
  const service = new Service({ clients: CONNECTIONS_MAX, options, ...create !== undefined && { create } });
  const leader = service.leaderId();
  assert(leader !== null, 'somebody leads');
  const servers: readonly NodeId[] = [leader, ...service.world.nodes.filter((id) => id !== leader)];
  const connect = (server: number, { session, password, lastZxid, timeoutMs }: Hello): Promise<Received> => {
    const client = service.clients.find(({ isVacant }) => isVacant);
    assert(client !== undefined, 'a process is left');
    client.occupy(Number(session), Number(password));
    const answer = client.connect(servers[server] as NodeId, { lastZxid: Number(lastZxid), timeoutMs });
    if (answer !== null && answer.session !== 0) {
      return Promise.resolve(new SimulatedSession(service, client, answer.timeoutUs / 1_000));
    }
    client.vacate();
    return Promise.resolve(answer === null ? 'closed' : 'over');
  };
  const pause = (ms: number): Promise<void> => Promise.resolve(service.pass(ms));
  return { connect, pause, stop: () => Promise.resolve() };
}

function asHeard(packet: ClientPacket): Heard[] {
  if (packet.kind === 'WatcherEvent') return [{ kind: 'event', type: packet.type, path: packet.path }];
  if (packet.kind !== 'Reply') return [];
  return [{ kind: 'reply', zxid: String(packet.zxid), result: asHeardResult(packet.result) }];
}

function asHeardResult(result: OpResult): HeardResult {
  if (result.op === 'multi') return { op: 'multi', results: result.results.map(asHeardResult) };
  if (!('stat' in result)) return result;
  const { czxid, mzxid, pzxid, ephemeralOwner } = result.stat;
  return { ...result, stat: {
    ...result.stat, czxid: String(czxid), mzxid: String(mzxid), pzxid: String(pzxid),
    ephemeralOwner: String(ephemeralOwner),
  } };
}
