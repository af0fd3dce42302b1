import type { OrderTable } from '../../contract/module.ts';

/** What an operator can ask of a server (REPLICAOF). Sentinels take no orders. */
export const redisOrders: OrderTable = {
  'promote': { about: 'nothing', doc: 'be a primary (REPLICAOF NO ONE)' },
  'follow': { about: 'a node', doc: 'follow that node, and discard what it has not (REPLICAOF)' },
};
