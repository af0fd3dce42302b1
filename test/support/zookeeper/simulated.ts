import { assert } from '../../../src/kernel/assert.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import type { ClientPacket, Op, OpResult } from '../../../src/protocols/zookeeper/messages.ts';
import type { DrivenService, DrivenSession, Heard, HeardResult } from './heard.ts';
import { type Client, Service } from './service.ts';

/** So many sessions may begin, one after the other: each is a process of the world. */
const SESSIONS_MAX = 400;
/** Far more than the time that passes between two words of a client. */
const TIMEOUT_MS = 2_000;

/** A session of a simulated service. Time passes while somebody waits, and at no other time. */
class SimulatedSession implements DrivenSession {
  readonly id: string;
  private readonly service: Service;
  private readonly client: Client;
  /** What was told before. */
  private told = 0;

  constructor(service: Service, client: Client) {
    this.service = service;
    this.client = client;
    this.id = String(client.session);
    this.told = client.node.heard.length;
  }

  ask(ops: readonly Op[]): Promise<readonly Heard[]> {
    const xids = ops.map((op) => this.client.send(op));
    const last = xids.at(-1) as number;
    this.service.until(() => this.client.replyTo(last) !== undefined, 'the last reply');
    const heard = this.client.node.heard.slice(this.told);
    this.told = this.client.node.heard.length;
    return Promise.resolve(heard.flatMap(asHeard));
  }
}

/** The simulated servers, driven as real ones are. */
export function simulatedZooKeeper(): DrivenService & { readonly service: Service } {
  const service = new Service({ clients: SESSIONS_MAX });
  let begun = 0;
  const begin = (server: number): Promise<DrivenSession> => {
    const client = service.clients[begun] as Client;
    begun += 1;
    const answer = client.connect(nodeId(server), { timeoutMs: TIMEOUT_MS });
    assert(answer !== null && answer.session !== 0, 'a session begins');
    return Promise.resolve(new SimulatedSession(service, client));
  };
  return { service, begin, stop: () => Promise.resolve() };
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
