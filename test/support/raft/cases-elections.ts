import { granted, type Cases, refused, rejected } from './cases.ts';
import { n1, n2, n3 } from './harness.ts';

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
  ],
  legal: [
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
