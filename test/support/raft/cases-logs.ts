import { LOG_FILE } from '../../../src/protocols/raft/state.ts';
import {
  accepted,
  appendEntries,
  type Breach,
  type Cases,
  copyOf,
  granted,
  logOf,
  noOp,
  refused,
  rejected,
  replicated,
  requestVote,
} from './cases.ts';
import { entry, n1, n2, n3 } from './harness.ts';

export const leaderAppendOnly: Cases = {
  breaches: [
    {
      when: 'a leader removes entries',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n1, { add: logOf(1, 1, 1) });
        nodes.event(n1, { cut: 2 });
      },
      text: 'n1, leader of term 1, removes entries from index 2',
    },
    {
      when: 'a leader puts another entry in the place of one',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n1, { add: logOf(1) });
        nodes.event(n1, { cut: 1, add: [noOp(1)] });
      },
      text: 'n1, leader of term 1, removes entries from index 1',
      also: ['R3'],
    },
    {
      when: 'a leader removes entries twice in one event',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n1, { add: logOf(1, 1, 1) });
        nodes.monitor.onTruncate?.(n1, LOG_FILE, 3);
        nodes.event(n1, { cut: 2 });
      },
      text: 'n1, leader of term 1, removes entries from index 2',
    },
  ],
  legal: [
    {
      when: 'a leader is deposed and removes entries in one and the same event',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n1, { add: logOf(1, 1) });
        nodes.event(n1, { term: 2, leads: false, cut: 2, add: [noOp(2)] });
      },
    },
    {
      when: 'a node that will be leader removes entries while it follows',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1, 1) });
        nodes.event(n1, { cut: 2 });
        nodes.elect(n1, 2, [n2]);
        nodes.event(n1, { add: [noOp(2)] });
      },
    },
    {
      when: 'a node removes entries and then becomes leader, in one and the same event',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1, 1) });
        nodes.campaign(n1, 2);
        nodes.vote(n2, n1, 2);
        nodes.event(n1, { cut: 2, leads: {} });
      },
    },
  ],
};

export const logMatching: Cases = {
  breaches: [
    {
      when: 'two entries have the same index and term, and say something else',
      play(nodes) {
        nodes.event(n1, { term: 1, add: [entry(1, 1)] });
        nodes.event(n2, { term: 1, add: [entry(1, 9)] });
      },
      text: 'n2 holds another entry with index 1 and term 1, or another log before it, than some log before',
    },
    {
      when: 'one entry follows on entries of two terms',
      play(nodes) {
        nodes.event(n1, { term: 3, add: logOf(1, 3) });
        nodes.event(n2, { term: 3, add: logOf(2, 3) });
      },
      text: 'n2 holds another entry with index 2 and term 3, or another log before it, than some log before',
    },
    {
      when: 'two terms have left entries at an index, and one of these says something else in a third log',
      play(nodes) {
        nodes.event(n1, { term: 2, add: [entry(1, 1)] });
        nodes.event(n2, { term: 2, add: [entry(2, 1)] });
        nodes.event(n3, { term: 2, add: [entry(2, 9)] });
      },
      text: 'n3 holds another entry with index 1 and term 2, or another log before it, than some log before',
    },
    {
      when: 'a node starts from a log that disagrees',
      play(nodes) {
        nodes.event(n1, { term: 1, add: [entry(1, 1)] });
        nodes.start(n2, { term: 1, log: [entry(1, 9)] });
      },
      text: 'n2 holds another entry with index 1 and term 1, or another log before it, than some log before',
    },
  ],
  legal: [
    {
      when: 'an equal copy of an entry stands elsewhere, or again after a restart',
      play(nodes) {
        nodes.event(n1, { term: 3, add: logOf(1, 3) });
        nodes.event(n2, { term: 3, add: copyOf(logOf(1, 3)) });
        nodes.start(n2, { term: 3, log: copyOf(logOf(1, 3)) });
      },
    },
    {
      when: 'entries of different terms have the same index',
      play(nodes) {
        nodes.event(n1, { term: 2, add: logOf(1, 1, 2) });
        nodes.event(n2, { term: 3, add: logOf(1, 3, 3) });
      },
    },
  ],
};

export const promisesAreDurable: Cases = {
  breaches: [
    ...[
      { what: 'a rejection', message: rejected(2) },
      { what: 'a refusal', message: refused(2) },
      { what: 'an acceptance', message: accepted(2, 0) },
      { what: 'a heartbeat', message: appendEntries(2) },
    ].map(({ what, message }): Breach => ({
      when: `${what} leaves before its term is synced`,
      play(nodes) {
        nodes.event(n2, { term: 1 });
        nodes.event(n2, { term: 2, unsynced: true });
        nodes.send(n2, n1, message);
      },
      text: 'n2 sends term 2, but only term 1 is on its disk',
    })),
    {
      when: 'a node sends a term that a restart has lost, before it is synced again',
      play(nodes) {
        nodes.event(n2, { term: 2 });
        nodes.send(n2, n1, rejected(2));
        nodes.start(n2, { term: 1 });
        nodes.event(n2, { term: 2, unsynced: true });
        nodes.send(n2, n1, rejected(2));
      },
      text: 'n2 sends term 2, but only term 1 is on its disk',
      also: ['R10'],
    },
    {
      when: 'a vote leaves before it is synced, in a term that is',
      play(nodes) {
        nodes.event(n2, { term: 2 });
        nodes.event(n2, { votedFor: n1, unsynced: true });
        nodes.send(n2, n1, granted(2));
      },
      text: 'n2 votes for n1 in term 2, but has not stored it',
    },
    {
      when: 'a node sends a vote while its disk has one for another',
      play(nodes) {
        nodes.event(n2, { term: 2, votedFor: n3 });
        nodes.send(n2, n1, granted(2));
      },
      text: 'n2 votes for n1 in term 2, but has not stored it',
    },
    {
      when: 'a vote leaves while the disk has one for the same candidate in an earlier term',
      play(nodes) {
        nodes.vote(n2, n1, 1);
        nodes.event(n2, { term: 2, votedFor: n1, add: logOf(2), unsynced: true });
        nodes.sync(n2, LOG_FILE);
        nodes.send(n2, n1, granted(2));
      },
      text: 'n2 votes for n1 in term 2, but has not stored it',
    },
    {
      when: 'a candidate asks for votes before its own is synced',
      play(nodes) {
        nodes.event(n2, { term: 2 });
        nodes.event(n2, { votedFor: n2, unsynced: true });
        nodes.send(n2, n1, requestVote(2));
      },
      text: 'n2 votes for n2 in term 2, but has not stored it',
    },
    {
      when: 'entries are acknowledged before they are synced',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1) });
        nodes.event(n2, { add: [entry(1, 2)], unsynced: true });
        nodes.send(n2, n1, accepted(1, 2));
      },
      text: 'n2 acknowledges the entries up to 2, but its disk holds 1 entries',
    },
    {
      when: 'an entry is acknowledged while the disk still has the one that it replaces',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1) });
        nodes.event(n2, { term: 2 });
        nodes.event(n2, { cut: 1, add: logOf(2), unsynced: true });
        nodes.send(n2, n1, accepted(2, 1));
      },
      text: 'n2 acknowledges the entries up to 1, but its disk holds 1 entries and another one there',
    },
    {
      when: 'entries are acknowledged which a restart has lost',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1) });
        nodes.start(n2, { term: 1 });
        nodes.send(n2, n1, accepted(1, 1));
      },
      text: 'n2 acknowledges the entries up to 1, but its disk holds 0 entries',
    },
  ],
  legal: [
    {
      when: 'an acceptance leaves when a later leader has replaced its entries in memory',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1) });
        nodes.event(n2, { term: 2, cut: 1, add: logOf(2), unsynced: true });
        nodes.send(n2, n1, accepted(1, 1));
      },
    },
    {
      when: 'an acceptance leaves when a later leader has removed its entries from the disk',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1, 1) });
        nodes.event(n2, { term: 2, cut: 2 });
        nodes.send(n2, n1, accepted(1, 2));
      },
    },
    {
      when: 'a vote leaves when the disk is in a later term, without a vote',
      play(nodes) {
        nodes.event(n2, { term: 1, votedFor: n1 });
        nodes.event(n2, { term: 2 });
        nodes.send(n2, n1, granted(1));
      },
    },
    {
      when: 'a term leaves that nothing but a synced entry shows',
      play(nodes) {
        nodes.event(n2, { term: 2, add: logOf(2), unsynced: true });
        nodes.sync(n2, LOG_FILE);
        nodes.send(n2, n1, accepted(2, 1));
      },
    },
    {
      when: 'an acceptance covers less than is held, and nothing of what is not synced',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1) });
        nodes.event(n2, { add: [entry(1, 2)], unsynced: true });
        nodes.send(n2, n1, accepted(1, 0));
        nodes.send(n2, n1, accepted(1, 1));
      },
    },
    {
      when: "a leader's entries leave before it has synced them",
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n1, { add: logOf(1), unsynced: true });
        nodes.send(n1, n2, appendEntries(1, logOf(1)));
      },
    },
  ],
};

export const logTermsBounded: Cases = {
  breaches: [
    {
      when: 'terms go down along a log',
      play(nodes) {
        nodes.event(n1, { term: 2, add: logOf(2, 1) });
      },
      text: 'n1 puts an entry of term 1 at index 2, after 1 entries with term 2 last',
    },
    {
      when: 'an index is left out',
      play(nodes) {
        nodes.monitor.onAppend?.(n1, LOG_FILE, 2, entry(1, 2));
      },
      text: 'n1 puts an entry of term 1 at index 2, after 0 entries with term 0 last',
    },
    {
      when: 'an entry is of a higher term than its node',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1, 2) });
      },
      text: 'n1 in term 1 has 2 entries in memory, 2 on disk, the last of term 2',
    },
    {
      when: 'a node starts in a lower term than its log',
      play(nodes) {
        nodes.start(n1, { term: 1, log: logOf(1, 2) });
      },
      text: 'n1 in term 1 has 2 entries in memory, 2 on disk, the last of term 2',
    },
    {
      when: 'a node starts from a log in which terms go down',
      play(nodes) {
        nodes.start(n1, { term: 2, log: logOf(2, 1) });
      },
      text: 'n1 puts an entry of term 1 at index 2, after 1 entries with term 2 last',
    },
    {
      when: 'a node keeps an entry that it never wrote',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1) }, ({ durable }) => { durable.log.entries.push(entry(1, 2)); });
      },
      text: 'n1 in term 1 has 2 entries in memory, 1 on disk, the last of term 1',
    },
    {
      when: 'a node drops an entry that it leaves on its disk',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1, 1) }, ({ durable }) => { durable.log.entries.pop(); });
      },
      text: 'n1 in term 1 has 1 entries in memory, 2 on disk, the last of term 1',
    },
  ],
  legal: [
    {
      when: 'terms stay, are left out, and lie below the current one',
      play(nodes) {
        nodes.event(n1, { term: 7, add: logOf(1, 1, 4) });
        nodes.start(n1, { term: 7, log: logOf(1, 1, 4) });
      },
    },
    {
      when: 'an entry of a lower term takes the place of one',
      play(nodes) {
        nodes.event(n1, { term: 4, add: logOf(1, 3) });
        nodes.event(n1, { cut: 2, add: [entry(2, 2)] });
      },
    },
    {
      when: 'what was written is not synced yet',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1, 1), unsynced: true });
        nodes.event(n1, { cut: 2, unsynced: true });
      },
    },
    {
      when: 'another file grows and shrinks',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1, 1) });
        nodes.monitor.onAppend?.(n1, 'journal', 9, entry(9, 9));
        nodes.monitor.onTruncate?.(n1, 'journal', 1);
        nodes.event(n1);
      },
    },
  ],
};

export const matchIndexTrue: Cases = {
  breaches: [
    {
      when: 'a leader counts entries that a follower has not synced',
      play(nodes) {
        replicated(nodes, n1, n2, []);
        nodes.event(n1, { add: logOf(1) });
        nodes.event(n2, { add: logOf(1), unsynced: true });
        nodes.event(n1, { leads: { matchIndex: [1, 1, 0] } });
      },
      text: 'n1, leader of term 1, has matchIndex 1 (before: 0) for n2, on whose disk are 0 entries that do not agree',
    },
    {
      when: 'a leader counts an entry where a follower holds another one',
      play(nodes) {
        nodes.event(n3, { term: 1, add: logOf(1) });
        nodes.elect(n1, 2, [n2, n3]);
        nodes.event(n1, { add: logOf(2) });
        nodes.event(n1, { leads: { matchIndex: [1, 0, 1] } });
      },
      text: 'n1, leader of term 2, has matchIndex 1 (before: 0) for n3, on whose disk are 1 entries that do not agree',
    },
    {
      when: 'a leader counts more than it holds itself',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1, 1) });
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n1, { leads: { matchIndex: [1, 2, 0], nextIndex: [2, 3, 1] } });
      },
      text: 'n1, leader of term 1, has matchIndex 2 (before: 0) for n2, on whose disk are 2 entries that do not agree',
    },
    {
      when: 'a leader counts what neither it nor the follower holds',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n1, { leads: { matchIndex: [1, 2, 0], nextIndex: [2, 3, 1] } });
      },
      text: 'n1, leader of term 1, has matchIndex 2 (before: 0) for n2, on whose disk are 1 entries that do not agree',
    },
    {
      when: 'a leader counts what a follower has lost in a crash',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n1, { leads: { matchIndex: [1, 1, 0] } });
        nodes.start(n2, { term: 1 });
        nodes.event(n1);
      },
      text: 'n1, leader of term 1, has matchIndex 1 (before: 1) for n2, on whose disk are 0 entries that do not agree',
    },
    {
      when: 'what a leader knows of a follower goes back',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1, 1));
        nodes.event(n1, { leads: { matchIndex: [2, 2, 0] } });
        nodes.event(n1, { leads: { matchIndex: [2, 1, 0] } });
      },
      text: 'n1, leader of term 1, has matchIndex 1 (before: 2) for n2, on whose disk are 2 entries that agree',
    },
    {
      when: 'a leader counts itself before its own sync',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n1, { add: logOf(1), unsynced: true });
        nodes.event(n1, { leads: { matchIndex: [1, 0, 0] }, unsynced: true });
      },
      text: 'n1, leader of term 1, counts itself up to 1 (before: 0), and has 0 entries on its disk',
    },
    {
      when: 'the last follower of a large cluster is counted wrongly, and its leader has had two events',
      size: 13,
      play(nodes) {
        nodes.elect(n1, 1, nodes.ids.slice(1));
        nodes.event(n1, { add: logOf(1) });
        nodes.event(n1, { leads: { matchIndex: nodes.ids.map((id) => (id === 12 ? 1 : 0)) } });
        nodes.event(n1);
      },
      text: 'n1, leader of term 1, has matchIndex 1 (before: 0) for n13, on whose disk are 0 entries that do not agree',
    },
  ],
  legal: [
    {
      when: 'a follower that is in a higher term has dropped what it had acknowledged',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1, 1));
        nodes.event(n1, { leads: { matchIndex: [2, 2, 0] } });
        nodes.event(n2, { term: 2, cut: 2 });
        nodes.event(n1);
      },
    },
    {
      when: 'that follower has forgotten the higher term in a crash, but not the cut',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1, 1));
        nodes.event(n1, { leads: { matchIndex: [2, 2, 0] } });
        nodes.event(n2, { term: 2, cut: 2, unsynced: true });
        nodes.sync(n2, LOG_FILE);
        nodes.start(n2, { term: 1, log: logOf(1) });
        nodes.event(n1);
      },
    },
    {
      when: 'a node that leads again knows nothing of its followers again',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n1, { leads: { matchIndex: [1, 1, 0] } });
        nodes.elect(n1, 2, [n2]);
        nodes.event(n1);
      },
    },
    {
      when: 'a follower holds more than its leader, or has synced more than its leader knows',
      play(nodes) {
        nodes.event(n3, { term: 1, add: logOf(1, 1, 1) });
        replicated(nodes, n1, n2, logOf(1, 1));
        nodes.event(n1, { leads: { matchIndex: [2, 1, 2] } });
      },
    },
    {
      when: 'an entry that its leader has not synced is counted for the follower that has',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n1, { add: logOf(1), unsynced: true });
        nodes.event(n2, { add: logOf(1) });
        nodes.event(n1, { leads: { matchIndex: [0, 1, 0] }, unsynced: true });
      },
    },
  ],
};

export const nextIndexAhead: Cases = {
  breaches: [
    {
      when: 'a leader would send a follower again what that has acknowledged',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n1, { leads: { matchIndex: [1, 1, 0], nextIndex: [2, 1, 1] } });
      },
      text: 'n1 has nextIndex 1 and matchIndex 1 for n2',
    },
  ],
  legal: [
    {
      when: 'nextIndex is one ahead of matchIndex, or far ahead',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1, 1));
        nodes.event(n1, { leads: { matchIndex: [2, 1, 0], nextIndex: [3, 2, 3] } });
      },
    },
    {
      when: 'a leader has no use for its own nextIndex',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n1, { leads: { matchIndex: [1, 0, 0], nextIndex: [1, 1, 1] } });
      },
    },
  ],
};
