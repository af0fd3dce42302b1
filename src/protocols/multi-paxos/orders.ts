import type { OrderTable } from '../../contract/module.ts';

/** What an operator can ask of a Multi-Paxos node. What cannot be done now, or not by this node, is left undone. */
export const paxosOrders: OrderTable = {
  'campaign': {
    about: 'nothing', swarm: 1,
    doc: 'prepare a ballot, as if the election timeout had passed; not of one that hears a leader',
  },
  'add-acceptor': {
    about: 'a node', swarm: 6, doc: 'of a leader: let that node learn what is chosen, then accept with the others',
  },
  'remove': {
    about: 'a node', swarm: 6, doc: 'of a leader: that node accepts no more, be it the leader itself',
  },
  'set-acceptors': {
    about: 'nodes', swarm: 6, doc: 'of a leader: let those who are new learn what is chosen, then have these nodes '
      + 'accept, and no others',
  },
  'snapshot': { about: 'nothing', swarm: 2, doc: 'take a snapshot of what is executed (Paxos Made Live, section 5.5)' },
};
