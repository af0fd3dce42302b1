import type { ClientRequest, ClientResponse } from '../../../src/contract/client.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import type { Node } from '../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import type { TimeUs } from '../../../src/kernel/time.ts';
import { redis } from '../../../src/protocols/redis/module.ts';
import type { RedisAnswer, Reply } from '../../../src/protocols/redis/messages.ts';
import { listStore } from '../../../src/services/kv.ts';
import { GENEROUS_LIMITS, SessionMachine } from '../../../src/services/sessions.ts';
import { Control } from '../../../src/world/control.ts';
import type { WorldSettings } from '../../../src/world/settings.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../world.ts';

/** Redis nodes, and one client that asks whom and when a test says. Latency is exactly 1 ms, a sync takes 2 ms. */
export interface Cluster {
  readonly world: World;
  readonly control: Control;
  /** Sends a command at once, and runs until it is answered or `forMs` is over; `null` without an answer. */
  readonly ask: (node: string, command: string, forMs?: number) => Reply | null;
  /** The same for arguments with spaces. */
  readonly askArgs: (node: string, args: readonly string[], forMs?: number) => Reply | null;
  /** Runs on. */
  readonly wait: (ms: number) => void;
  readonly id: (node: string) => NodeId;
}

export function redisCluster(
  nodes: number, options: Options = {}, changes: Partial<WorldSettings> & { readonly seed?: string } = {},
): Cluster {
  const answers = new Map<number, Plain>();
  const machine = new SessionMachine(listStore, GENEROUS_LIMITS);
  const ids = Array.from({ length: nodes }, (_, index) => nodeId(index));
  const puppet: Node = {
    state: {},
    onMessage(_ctx, _from, message: Message): void {
      const { id, body } = message as ClientResponse;
      answers.set(id, body);
    },
  };
  const world = smallWorld((self, disk, isNew, now) => (self < nodes
    ? redis.create({ self, nodes: ids, options: now, machine, isNew, initial: null, disk })
    : puppet), { nodes, clients: 1, options: { ...defaultOptions(redis.options), ...options }, ...changes });
  const control = new Control(world, (state) => redis.view(state as never));
  const client = world.clients[0] as NodeId;
  const id = (node: string): NodeId => nodeId(Number(node.slice(1)) - 1);
  let last = 0;
  const askArgs: Cluster['askArgs'] = (node, args, forMs = 100) => {
    last += 1;
    const request: ClientRequest = { kind: 'ClientRequest', client, id: last, command: { kind: 'call', args } };
    world.deliverAfter(1_000, client, id(node), request);
    const endUs: TimeUs = world.nowUs + forMs * 1_000;
    while (!answers.has(last) && world.nowUs < endUs) world.runUntil(world.nowUs + 1_000);
    const answer = answers.get(last) as unknown as RedisAnswer | undefined;
    return answer?.kind === 'reply' ? answer.reply : null;
  };
  world.start();
  world.runUntil(10_000);
  return {
    world, control, id, askArgs,
    ask: (node, command, forMs) => askArgs(node, command.split(' '), forMs),
    wait: (ms) => void world.runUntil(world.nowUs + ms * 1_000),
  };
}

/** What a reply says, in a word. */
export function said(reply: Reply | null): string | number | null {
  if (reply === null) return 'no answer';
  switch (reply.kind) {
    case 'integer': return reply.value;
    case 'nil': return null;
    case 'array': return reply.items.map(said).join(' ');
    default: return reply.text;
  }
}
