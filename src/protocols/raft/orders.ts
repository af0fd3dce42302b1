import type { OrderTable } from '../../contract/module.ts';

/** What an operator can ask of a Raft node. What cannot be done now, or not by this node, is left undone. */
export const raftOrders: OrderTable = {
  'campaign': {
    about: 'nothing', swarm: 1,
    doc: 'start an election, as if the election timeout had passed; not of one that hears a leader',
  },
  'transfer': { about: 'a node', swarm: 6, doc: 'of a leader: make that node the next leader (thesis §3.10)' },
  'add-voter': {
    about: 'a node', swarm: 6,
    doc: 'of a leader: let that node catch up as a learner, then vote (thesis §4.1, §4.2.1)',
  },
  'add-learner': { about: 'a node', swarm: 3, doc: 'of a leader: send that node the log, and never count it' },
  'remove': {
    about: 'a node', swarm: 6,
    doc: 'of a leader: that node takes part no more, be it the leader itself (thesis §4.2.2)',
  },
  'set-voters': {
    about: 'nodes', swarm: 6, doc: 'of a leader: these nodes vote, and no others, by joint consensus (§6)',
  },
  'leave-joint': { about: 'nothing', doc: 'of a leader: end the joint phase, where autoLeave does not' },
  'snapshot': { about: 'nothing', swarm: 2, doc: 'take a snapshot of what is applied (§7)' },
};
