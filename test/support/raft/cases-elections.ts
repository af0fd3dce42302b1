import { joint, simple } from '../../../src/protocols/raft/configuration.ts';
import { type Cases, configured, granted, refused, rejected } from './cases.ts';
import { n1, n2, n3, n4, n5 } from './harness.ts';

export const electionSafety: Cases = {
  breaches: [
    {
      when: 'two nodes lead one term at the same time',
      play(nodes) {
        nodes.elect(n1, 2, [n2]);
        nodes.elect(n3, 2, []);
      },
      text: 'n1 and n3 both lead term 2',
      also: ['R16'], // Two majorities overlap, and R8 keeps the voter in both from voting twice.
    },
    {
      when: 'a node leads a term whose leader has crashed and come back as a follower',
      play(nodes) {
        nodes.elect(n1, 2, [n2]);
        nodes.start(n1, { term: 2 });
        nodes.elect(n3, 2, []);
      },
      text: 'n1 and n3 both lead term 2',
      also: ['R16'],
    },
  ],
  legal: [
    {
      when: 'a candidate wins its term late, when a later term has a leader already',
      play(nodes) {
        nodes.campaign(n1, 2);
        nodes.vote(n2, n1, 2);
        nodes.elect(n3, 3, [n2]);
        nodes.event(n1, { leads: {} });
      },
    },
    {
      when: 'one node leads two terms, one after the other',
      play(nodes) {
        nodes.elect(n1, 2, [n2]);
        nodes.elect(n1, 3, [n2]);
      },
    },
    {
      when: 'one node leads its term twice',
      play(nodes) {
        nodes.elect(n1, 2, [n2]);
        nodes.event(n1, { leads: false });
        nodes.event(n1, { leads: {} });
      },
    },
  ],
};

export const leaderKnown: Cases = {
  breaches: [
    {
      when: 'a node leads with a vote that is free again',
      play(nodes) {
        nodes.campaign(n1, 1);
        nodes.vote(n2, n1, 1);
        nodes.event(n1, { votedFor: null, leads: {} });
      },
      text: 'n1 leads term 1, in which its vote is free',
    },
    {
      when: "a node leads with another's vote for it while its own is that other's",
      play(nodes) {
        nodes.campaign(n1, 1);
        nodes.vote(n2, n1, 1);
        nodes.vote(n3, n1, 1);
        nodes.event(n1, { votedFor: n3, leads: {} });
      },
      text: "n1 leads term 1, in which its vote is n3's",
    },
    {
      when: 'a node follows whom nobody has elected',
      play(nodes) {
        nodes.event(n2, { term: 1, leaderId: n1 });
      },
      text: 'n2 takes n1 for the leader of term 1, which nobody leads',
    },
    {
      when: 'a node follows one leader of its term and then another',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n2, { leaderId: n1 });
        nodes.event(n2, { leaderId: n3 });
      },
      text: 'n2 takes n3 for the leader of term 1, which n1 leads',
    },
    {
      when: 'a node follows another leader of the same term after a restart',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n2, { leaderId: n1 });
        nodes.start(n2, { term: 1 });
        nodes.event(n2, { leaderId: n3 });
      },
      text: 'n2 takes n3 for the leader of term 1, which n1 leads',
    },
  ],
  legal: [
    {
      when: 'nodes follow the leader of their term, forget it, follow it again, and then the next one',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n1, { leaderId: n1 });
        nodes.event(n2, { leaderId: n1 });
        nodes.event(n2, { leaderId: null });
        nodes.start(n2, { term: 1 });
        nodes.event(n2, { leaderId: n1 });
        nodes.elect(n3, 2, [n2]);
        nodes.event(n2, { leaderId: n3 });
      },
    },
    {
      when: 'a node follows the leader of a term that it has reached late, when a later one is led already',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.event(n1, { term: 2, leads: false });
        nodes.elect(n2, 2, [n1]);
        nodes.event(n3, { term: 1, leaderId: n1 });
      },
    },
  ],
};

export const voteUniqueness: Cases = {
  breaches: [
    {
      when: 'a node grants its vote to two candidates in one term',
      play(nodes) {
        nodes.vote(n2, n1, 1);
        nodes.vote(n2, n3, 1);
      },
      text: 'n2 votes for n3 in term 1, but has voted for n1',
    },
    {
      when: 'a node votes again after a restart in which it forgot its vote',
      play(nodes) {
        nodes.vote(n2, n1, 1);
        nodes.start(n2, { term: 1 });
        nodes.vote(n2, n3, 1);
      },
      text: 'n2 votes for n3 in term 1, but has voted for n1',
    },
    {
      when: 'a candidate grants its vote to another',
      play(nodes) {
        nodes.campaign(n2, 1);
        nodes.vote(n2, n3, 1);
      },
      text: 'n2 votes for n3 in term 1, but has voted for n2',
    },
    {
      when: 'a node asks for votes in a term in which it has voted for another',
      play(nodes) {
        nodes.vote(n2, n1, 1);
        nodes.campaign(n2, 1);
      },
      text: 'n2 votes for n2 in term 1, but has voted for n1',
    },
  ],
  legal: [
    {
      when: 'a node repeats its vote for the same candidate, also after a restart',
      play(nodes) {
        nodes.vote(n2, n1, 1);
        nodes.send(n2, n1, granted(1));
        nodes.start(n2, { term: 1 });
        nodes.vote(n2, n1, 1);
      },
    },
    {
      when: 'a node votes for one, refuses the other, and votes for the other in the next term',
      play(nodes) {
        nodes.vote(n2, n1, 1);
        nodes.send(n2, n3, refused(1));
        nodes.vote(n2, n3, 2);
      },
    },
    {
      when: 'two nodes vote for two candidates in one term',
      play(nodes) {
        nodes.campaign(n1, 1);
        nodes.campaign(n3, 1);
        nodes.vote(n2, n1, 1);
      },
    },
  ],
};

export const termMonotone: Cases = {
  breaches: [
    {
      when: 'a node goes back to an earlier term',
      play(nodes) {
        nodes.event(n1, { term: 3 });
        nodes.event(n1, { term: 2 });
      },
      text: 'n1 goes from term 3 back to term 2',
    },
    {
      when: 'a node starts in a lower term than it has sent in a reply',
      play(nodes) {
        nodes.event(n1, { term: 3 });
        nodes.send(n1, n2, rejected(3));
        nodes.start(n1, { term: 2 });
      },
      text: 'n1 starts in term 2, but sent a message of term 3',
    },
    {
      when: 'a node starts in a lower term than it has voted in, one restart earlier',
      play(nodes) {
        nodes.vote(n1, n2, 3);
        nodes.start(n1, { term: 3 });
        nodes.start(n1, { term: 2 });
      },
      text: 'n1 starts in term 2, but sent a message of term 3',
    },
  ],
  legal: [
    {
      when: 'a restart takes a term of which nobody has heard',
      play(nodes) {
        nodes.event(n1, { term: 2 });
        nodes.send(n1, n2, rejected(2));
        nodes.event(n1, { term: 3, unsynced: true });
        nodes.start(n1, { term: 2 });
        nodes.event(n1);
      },
    },
    {
      when: 'terms are left out, or stay',
      play(nodes) {
        nodes.event(n1, { term: 2 });
        nodes.event(n1, { term: 7 });
        nodes.event(n1, { term: 7 });
      },
    },
  ],
};

export const electedByMajority: Cases = {
  breaches: [
    {
      when: 'a node leads with its own vote alone',
      play(nodes) {
        nodes.elect(n1, 1, []);
      },
      text: 'n1 leads term 1 with 1 of 3 votes',
    },
    {
      when: 'a node leads an even cluster with half of the votes',
      size: 4,
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
      },
      text: 'n1 leads term 1 with 2 of 4 votes',
    },
    {
      when: 'one vote arrives twice',
      size: 5,
      play(nodes) {
        nodes.elect(n1, 1, [n2, n2]);
      },
      text: 'n1 leads term 1 with 2 of 5 votes',
    },
    {
      when: 'a node leads with the refusals that it got',
      play(nodes) {
        nodes.campaign(n1, 1);
        nodes.event(n2, { term: 1 });
        nodes.send(n2, n1, refused(1));
        nodes.event(n1, { leads: {} });
      },
      text: 'n1 leads term 1 with 1 of 3 votes',
    },
    {
      when: 'a node leads with votes of an earlier term',
      play(nodes) {
        nodes.campaign(n1, 1);
        nodes.vote(n2, n1, 1);
        nodes.campaign(n1, 2);
        nodes.event(n1, { leads: {} });
      },
      text: 'n1 leads term 2 with 1 of 3 votes',
    },
    {
      when: 'a node leads with a vote for another candidate',
      play(nodes) {
        nodes.campaign(n1, 1);
        nodes.vote(n2, n3, 1);
        nodes.event(n1, { leads: {} });
      },
      text: 'n1 leads term 1 with 1 of 3 votes',
    },
    {
      when: 'learners make up the majority (thesis §4.2.1)',
      size: 5,
      play(nodes) {
        for (const id of nodes.ids) nodes.start(id, { voters: [n1, n2, n3] });
        nodes.elect(n1, 1, [n4, n5]);
      },
      text: 'n1 leads term 1 with 1 of 3 votes',
    },
    {
      when: 'in the joint phase, only the new voters vote (§6)',
      size: 5,
      play(nodes) {
        const change = configured(1, joint(simple([n1, n2, n3]), [n1, n4, n5]));
        for (const id of nodes.ids) nodes.start(id, { term: 1, log: [change], voters: [n1, n2, n3] });
        nodes.elect(n1, 2, [n4, n5]);
      },
      text: 'n1 leads term 2 with 3 of 3 votes and 1 of 3 of the old voters',
    },
    {
      when: 'a node has a new voter in its log, and counts as if it had not',
      size: 4,
      play(nodes) {
        for (const id of nodes.ids) nodes.start(id, { voters: [n1, n2, n3] });
        nodes.event(n1, { term: 1, add: [configured(1, simple([n1, n2, n3, n4]))] });
        nodes.elect(n1, 2, [n3]);
      },
      text: 'n1 leads term 2 with 2 of 4 votes',
    },
  ],
  legal: [
    {
      when: 'in the joint phase, both majorities vote',
      size: 5,
      play(nodes) {
        const change = configured(1, joint(simple([n1, n2, n3]), [n1, n4, n5]));
        for (const id of nodes.ids) nodes.start(id, { term: 1, log: [change], voters: [n1, n2, n3] });
        nodes.elect(n1, 2, [n2, n4]);
      },
    },
    {
      when: 'a single voter has learners that do not answer',
      play(nodes) {
        for (const id of nodes.ids) nodes.start(id, { voters: [n1] });
        nodes.elect(n1, 1, []);
      },
    },
    {
      when: 'the smallest majority votes, one of it twice',
      size: 5,
      play(nodes) {
        nodes.elect(n1, 1, [n2, n3, n2]);
      },
    },
    {
      when: 'a voter has moved on to a later term when its candidate leads',
      play(nodes) {
        nodes.campaign(n1, 1);
        nodes.vote(n2, n1, 1);
        nodes.vote(n2, n3, 2);
        nodes.event(n1, { leads: {} });
      },
    },
    {
      when: 'a single node elects itself without a word',
      size: 1,
      play(nodes) {
        nodes.elect(n1, 1, []);
      },
    },
  ],
};
