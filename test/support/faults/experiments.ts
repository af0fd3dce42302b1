import type { Experiment } from './experiment.ts';

// ── Settings ─────────────────────────────────────────────────────────────

/** Raft with three appending clients. */
// What the thesis adds against needless elections hides most of what is looked for here.
const paperAlone = 'preVote: false, stickiness: false, ';
const raft = (nodes: number, options: string = ''): string =>
  `system: { protocol: raft, nodes: ${nodes}, options: { ${paperAlone}${options} } }\n`
  + 'workload: { kind: append, keys: 1 }\nduration: 2s\n';

/** Many readers, and a few writers who soon ask elsewhere: whoever serves stale reads has somebody to serve them to. */
const crowd = 'clients: { count: 12, attemptTimeout: 50ms }\n'
  + 'workload: { kind: register, keys: 1, reads: 90%, think: 10..60ms }\nduration: 2s\n';
/** No leader notices by itself that it is alone. */
const readers = (nodes: number): string =>
  `system: { protocol: raft, nodes: ${nodes}, options: { ${paperAlone}checkQuorum: false } }\n${crowd}`;
/** Slow disks, so that some of what was written is not synced when the power goes. */
const vault = 'system: { protocol: vault, nodes: 2 }\nclients: { count: 4, attemptTimeout: 50ms }\n'
  + 'workload: { kind: append, keys: 1, think: 1..20ms }\ndisk: { sync: 5..15ms }\nduration: 2s\n';
const lease = `system: { protocol: lease, nodes: 2 }\n${crowd}`;
/** They think for so long that some ask n1 just before it wakes up: who asked it earlier has given up and gone. */
const ponderers = 'system: { protocol: lease, nodes: 2 }\nclients: { count: 60, attemptTimeout: 400ms }\n'
  + 'workload: { kind: register, keys: 1, reads: 80%, think: 20ms..2500ms }\nduration: 4s\n';

// ── Defects that several faults can show ─────────────────────────────────

/** R9, R13 and R6 look at the disk when an answer leaves, is counted and commits something: they need no crash. */
const fromTheCache = { defect: 'raft/ack-before-fsync', seenAnyway: ['R6', 'R9', 'R13'] } as const;
/** Whoever missed something can be elected. As long as nobody misses anything, it does no harm. */
const behind = { defect: 'raft/vote-no-log-check', catcher: 'R4' } as const;
/** Harmless as long as whoever thinks that it leads does lead. */
const deposed = { defect: 'raft/local-leader-reads', catcher: 'R20' } as const;
/** Harmless as long as every request is answered in time. */
const takenForRefused = { defect: 'client/unknown-as-failed', catcher: 'linearizable' } as const;

/** The timers of the others are slow at first. */
const n1Leads = (others: string): string =>
  `{ at: 0, clock-drift: { target: [${others}], rate: -60%, for: 500ms } }`;
const n1IsAlone = '{ at: 1s, partition: { isolate: n1 } }';

/** Every kind of fault action, every trigger and every shape of a partition, with a bug that it finds. */
export const experiments: readonly Experiment[] = [
  // ── Processes ──────────────────────────────────────────────────────────
  {
    // Only a machine that crashes takes what was written and not synced; a process leaves it to the next one.
    claim: 'machines that crash forget what they acknowledged from the cache',
    line: '{ at: 1s, crash: { target: all, flavour: machine, for: 100ms } }',
    instead: ['{ at: 1s, crash: { target: all, flavour: process, for: 100ms } }'],
    ...fromTheCache, catcher: 'linearizable', setting: raft(5),
  },
  {
    // The same, with nothing left to chance.
    claim: 'a crash of all machines that leaves nothing of their caches',
    line: '{ at: 1s, crash: { target: all, flavour: machine-cache, for: 100ms } }',
    instead: ['{ at: 1s, crash: { target: all, flavour: process, for: 100ms } }'],
    ...fromTheCache, catcher: 'linearizable', setting: raft(5),
  },
  {
    // The other way round: with the process gone and the machine up, the next process reads an entry from the cache
    // and acknowledges it before the sync. A machine that crashes leaves nothing in the cache to read.
    claim: 'a process that crashes leaves in the cache what its successor takes for stored',
    line: '{ at: 1s, crash: { target: follower, flavour: process, for: 1ms } }',
    instead: ['{ at: 1s, crash: { target: follower, flavour: machine, for: 1ms } }'],
    defect: 'planted/trusts-its-cache', catcher: 'R9',
    setting: `${raft(3, 'heartbeat: 5ms')}clients: { count: 8 }\ndisk: { sync: 40..60ms }\n`,
  },
  {
    // Nobody can be caught forgetting who never comes back.
    claim: 'machines that restart are asked for what they have lost',
    line: '{ at: 1100ms, restart: all }',
    around: ['{ at: 1s, crash: all }'],
    ...fromTheCache, catcher: 'linearizable', setting: raft(5),
  },
  {
    // Late timers and late mail come in any order: requests may come before the timer that ends the lease. Cut off for
    // the same time, n1 has its timers in time.
    claim: 'who wakes from a pause may read its mail before its timers',
    line: '{ at: 2500ms, pause: { target: n1, for: 800ms } }',
    instead: ['{ at: 2500ms, partition: { isolate: n1, for: 800ms } }'],
    defect: 'lease/timer-for-a-clock', catcher: 'linearizable', setting: ponderers,
  },
  {
    // What it wakes up with is a clock of before, and a lease on it. The margin is for that; had its clock run on, or
    // had n1 only been late, the lease would be over in time.
    claim: 'who was suspended with its machine has a lease that lasts',
    line: '{ at: 1100ms, pause: { target: n1, for: 150ms, clock: stopped } }',
    instead: ['{ at: 1100ms, pause: { target: n1, for: 150ms } }'],
    around: [n1IsAlone],
    defect: 'lease/no-margin', catcher: 'linearizable', setting: lease,
  },
  {
    // Whoever sleeps on says nothing wrong.
    claim: 'who is resumed may read its mail before its timers',
    line: '{ at: 3300ms, resume: n1 }',
    around: ['{ at: 2500ms, pause: n1 }'],
    defect: 'lease/timer-for-a-clock', catcher: 'linearizable', setting: ponderers,
  },

  // ── Partitions ─────────────────────────────────────────────────────────
  {
    // Half of the nodes are a quorum, so each half has one. Split in any other way, one side has none.
    claim: 'of two halves, both elect a leader and serve',
    line: '{ at: 1s, partition: { shape: halves, for: 700ms } }',
    instead: ['{ at: 1s, partition: { isolate: follower } }'],
    around: [n1Leads('n2, n3, n4')],
    // R16 counts the votes of each leader, R6 the disks behind each commit.
    defect: 'planted/half-is-enough', catcher: 'linearizable', seenAnyway: ['R6', 'R16'], setting: raft(4),
  },
  {
    // A leader is deposed without noticing where the majority is on the other side: by luck, in some of the seeds.
    claim: 'a minority may have the leader in it, which serves stale reads',
    line: '{ at: 1s, partition: minority }',
    instead: ['{ at: 1s, partition: { isolate: follower } }'],
    ...deposed, setting: readers(5),
  },
  {
    // As before, and by design.
    claim: 'a leader in the minority serves stale reads',
    line: '{ at: 1s, partition: minority-with-leader }',
    instead: ['{ at: 1s, partition: { isolate: follower } }'],
    ...deposed, setting: readers(5),
  },
  {
    // The leader keeps two neighbours, so it commits. The two nodes that it does not reach are behind, and have
    // neighbours to be elected by. Alone, whoever is behind is elected by nobody.
    claim: 'in a ring, who misses entries still has neighbours who vote for it',
    line: '{ at: 1s, partition: ring }',
    instead: ['{ at: 1s, partition: { isolate: follower } }'],
    ...behind, setting: raft(5),
  },
  {
    // The node on the bridge commits with one side and votes for the other, which is behind.
    claim: 'over a bridge, the far side is elected by a node that has what it lacks',
    line: '{ at: 1s, partition: bridge }',
    instead: ['{ at: 1s, partition: { isolate: follower } }'],
    ...behind, setting: raft(5),
  },
  {
    // Of three, the ends of the chain see no more of each other. One leads, the other is behind, and the middle votes.
    claim: 'with a majority for everybody, two of them commit different things',
    line: '{ at: 1s, partition: majorities-ring }',
    instead: ['{ at: 1s, partition: { isolate: follower } }'],
    ...behind, setting: raft(3),
  },
  {
    // Nobody votes for a node that is alone. When it is back, it is behind, and in the highest term of all.
    claim: 'a node that was isolated comes back behind the others, and is elected',
    line: '{ at: 1s, partition: { isolate: follower, for: 500ms } }',
    ...behind, setting: raft(3),
  },
  {
    // Clients are on a side only where a group names them. Some of these are never told what became of their requests.
    claim: 'a group of clients alone takes for refused what was executed',
    line: '{ at: 1s, partition: { groups: [[n1, n2, n3, c1, c2], [c3, c4, c5, c6, c7, c8]] } }',
    instead: ['{ at: 1s, partition: { groups: [[n1, n2], [n3]] } }'],
    around: [n1Leads('n2, n3')],
    ...takenForRefused,
    setting: `${raft(3)}clients: { count: 8, timeout: 500ms }\n`.replace('keys: 1', 'keys: 1, think: 1..10ms'),
  },
  {
    // What the leader sends is missed, and what the follower sends is not: its requests for votes arrive. The other
    // direction costs nothing but answers.
    claim: 'a follower that hears nothing and is heard is elected',
    line: '{ at: 1s, cut: { from: leader, to: follower, for: 800ms } }',
    instead: ['{ at: 1s, cut: { from: follower, to: leader, for: 800ms } }'],
    ...behind, setting: raft(3),
  },
  {
    // Alone for ever, it is elected by nobody.
    claim: 'healing brings back a node that is behind the others',
    line: '{ at: 1500ms, heal: all }',
    around: ['{ at: 1s, partition: { isolate: follower } }'],
    ...behind, setting: raft(3),
  },

  // ── Links ──────────────────────────────────────────────────────────────
  {
    // Late is not lost: an append that was given up arrives, and is executed. Lost, it had failed indeed.
    claim: 'a request that is held is executed after its client gave up',
    line: '{ at: 500ms, hold: { from: [c1, c2], to: all, for: 500ms } }',
    instead: ['{ at: 500ms, cut: { from: [c1, c2], to: all } }'],
    around: [n1Leads('n2, n3')],
    ...takenForRefused, setting: `${raft(3)}clients: { timeout: 400ms, attemptTimeout: 200ms }\n`,
  },
  {
    // Held for ever, it is as good as lost.
    claim: 'healing releases requests that nobody waits for any more',
    line: '{ at: 1s, heal: all }',
    around: [n1Leads('n2, n3'), '{ at: 500ms, hold: { from: [c1, c2], to: all } }'],
    ...takenForRefused, setting: `${raft(3)}clients: { timeout: 400ms, attemptTimeout: 200ms }\n`,
  },
  {
    // Without entries n3 is behind, and with votes it is elected. Had it neither, it would ask in vain.
    claim: 'with one kind of message held, a node gets votes and no entries',
    line: '{ at: 1s, hold: { from: [n1, n2], to: n3, message: AppendEntries } }',
    instead: [
      '{ at: 1s, hold: { from: [n1, n2], to: n3 } }',
      '{ at: 1s, hold: { from: [n1, n2], to: n3, message: RequestVoteReply }, allowVacuous: true }',
    ],
    around: [n1Leads('n2, n3')],
    ...behind, setting: raft(3),
  },
  {
    // Answers are lost, so clients repeat what was executed. Twice the answers would not do.
    claim: 'a command whose answer is lost is executed again',
    line: '{ at: 1s, link: { from: all, to: [c1, c2, c3], loss: 30%, for: 500ms } }',
    instead: ['{ at: 1s, link: { from: all, to: [c1, c2, c3], duplicate: 100%, for: 500ms } }'],
    defect: 'client/no-dedupe', catcher: 'linearizable',
    setting: `${raft(3)}clients: { attemptTimeout: 50ms }\n`,
  },
  {
    // Of five nodes two are up, so one more vote is all there is: a majority has to come from its copy.
    claim: 'one vote that arrives twice makes a leader',
    line: '{ at: 0, link: { from: all, to: all, duplicate: 50%, for: 500ms } }',
    instead: ['{ at: 0, link: { from: all, to: all, loss: 50%, for: 500ms } }'],
    around: ['{ at: 0, crash: { target: [n3, n4, n5], for: 800ms } }'],
    defect: 'raft/duplicate-vote-counted', catcher: 'R16', setting: raft(5),
  },
  {
    // A message overtakes another only if some are slow and some are not. All equally slow, they keep their order.
    claim: 'an old message that comes last cuts off what newer ones brought',
    line: '{ at: 1s, link: { from: all, to: all, slow: { rate: 10%, delay: 5..50ms } } }',
    instead: ['{ at: 1s, link: { from: all, to: all, latency: 30ms } }'],
    defect: 'raft/truncate-always', catcher: 'R12', setting: `${raft(3)}network: { latency: 2ms }\n`,
  },

  // ── Clocks ─────────────────────────────────────────────────────────────
  {
    // Back: the lease that was granted ends later. Forward it ends at once. Slow alone, within the margin, is no harm.
    claim: 'a wall clock that jumps back makes a lease last',
    line: '{ at: 1s, clock-jump: { target: n1, by: -5s } }',
    instead: ['{ at: 1s, clock-jump: { target: n1, by: 5s } }', '{ at: 1s, clock-drift: { target: n1, rate: -40% } }'],
    around: [n1IsAlone],
    defect: 'lease/wall-clock-lease', catcher: 'linearizable', setting: lease,
  },
  {
    // Forward: the other node's patience ends at once. Back it lasts. Fast alone, within the margin, is no harm.
    claim: 'a wall clock that jumps forward ends the patience with a lease that lasts',
    line: '{ at: 1s, clock-jump: { target: n2, by: 5s } }',
    instead: ['{ at: 1s, clock-jump: { target: n2, by: -5s } }', '{ at: 1s, clock-drift: { target: n2, rate: 80% } }'],
    around: [n1IsAlone],
    defect: 'lease/wall-clock-patience', catcher: 'linearizable', setting: lease,
  },
  {
    // With clocks alike, what begins later is over later, and no margin is needed. A fast clock makes a lease shorter,
    // and a monotonic one does not jump.
    claim: 'a slow clock makes a lease last beyond the patience of the other node',
    line: '{ at: 500ms, clock-drift: { target: n1, rate: -40% } }',
    instead: [
      '{ at: 500ms, clock-drift: { target: n1, rate: 80% } }',
      '{ at: 1s, clock-jump: { target: n1, by: -5s } }',
    ],
    around: [n1IsAlone],
    defect: 'lease/no-margin', catcher: 'linearizable', setting: lease,
  },
  {
    // The same from the other side.
    claim: 'a fast clock ends the patience with a lease that lasts',
    line: '{ at: 500ms, clock-drift: { target: n2, rate: 80% } }',
    instead: [
      '{ at: 500ms, clock-drift: { target: n2, rate: -40% } }',
      '{ at: 1s, clock-jump: { target: n2, by: 5s } }',
    ],
    around: [n1IsAlone],
    defect: 'lease/no-margin', catcher: 'linearizable', setting: lease,
  },

  // ── Disks ──────────────────────────────────────────────────────────────
  {
    // What is in the cache for a while only is there to be read by the next process.
    claim: 'a slow disk leaves in the cache what the next process takes for stored',
    line: '{ at: 900ms, disk-slow: { target: all, sync: 40..60ms, for: 300ms } }',
    instead: ['{ at: 900ms, disk-slow: { target: all, sync: 5..10us, for: 300ms } }'],
    around: ['{ at: 1s, crash: { target: follower, flavour: process, for: 1ms } }'],
    defect: 'planted/trusts-its-cache', catcher: 'R9',
    setting: `${raft(3, 'heartbeat: 5ms')}clients: { count: 8 }\ndisk: { sync: 5..10us }\n`,
  },
  {
    // Whoever comes back with its disk has lost nothing that it had acknowledged.
    claim: 'who comes back with an empty disk and asks nobody has forgotten everything',
    line: '{ at: 1s, wipe-disk: { target: n1, for: 50ms } }',
    instead: ['{ at: 1s, crash: { target: n1, for: 50ms } }'],
    defect: 'vault/trusts-its-disk', catcher: 'linearizable', setting: vault,
  },
  {
    // It is down already: its disk is exchanged.
    claim: 'a disk can be emptied while its machine is down',
    line: '{ at: 1010ms, wipe-disk: n1 }',
    around: ['{ at: 1s, crash: { target: n1, for: 50ms } }'],
    defect: 'vault/trusts-its-disk', catcher: 'linearizable', setting: vault,
  },
  {
    // Its syncs were reported like those of an honest disk, and cost as much time.
    claim: 'a disk that lies loses what it said to have stored',
    line: '{ at: 500ms, lying-sync: { target: n1, for: 1s } }',
    instead: [
      '{ at: 500ms, lying-sync: { target: n1, for: 400ms } }',
      '{ at: 500ms, disk-slow: { target: n1, sync: 30ms } }',
    ],
    around: ['{ at: 1s, crash: { target: n1, for: 50ms } }'],
    defect: 'vault/trusts-its-disk', catcher: 'linearizable', setting: vault,
  },
  {
    // Cut where its end is torn, a log has lost what nobody had acknowledged. Cut in the middle, it has lost the rest.
    claim: 'an entry that has rotted is not the end of the log',
    line: '{ at: 1s, bit-flip: n1 }',
    instead: ['{ at: 1s, torn-write: { target: n1, for: 50ms }, allowVacuous: true }'],
    around: ['{ at: 1100ms, crash: { target: n1, for: 50ms } }'],
    defect: 'vault/cuts-at-corruption', catcher: 'linearizable', setting: vault,
  },
  {
    // Without a torn entry there is nothing behind which the new ones could be hidden from the next start.
    claim: 'what stands behind a torn entry is not found again',
    line: '{ at: 1s, torn-write: { target: n1, for: 50ms } }',
    instead: ['{ at: 1s, crash: { target: n1, for: 50ms } }'],
    around: ['{ at: 1500ms, crash: { target: n1, for: 50ms } }'],
    defect: 'vault/leaves-the-torn-end', catcher: 'linearizable', setting: vault,
  },
  {
    // The second sync finds clean pages, and has nothing to do. On one of the disks alone that would do no harm.
    claim: 'a failed sync that is tried again stores nothing',
    line: '{ at: 1s, sync-error: { target: all, for: 50ms } }',
    instead: [
      '{ at: 1s, sync-error: { target: n1, for: 50ms } }', '{ at: 1s, disk-slow: { target: all, sync: 30ms } }',
    ],
    around: ['{ at: 1500ms, crash: { target: all, for: 50ms } }'],
    defect: 'vault/syncs-again', catcher: 'linearizable', setting: vault,
  },

  {
    // A failed sync leaves a hole, which the mirror fills. A disk that is slow stores what it is given.
    claim: 'what is written behind what a full disk has refused stands in its place',
    line: '{ at: 1s, disk-full: { target: n1, for: 50ms } }',
    instead: [
      '{ at: 1s, sync-error: { target: n1, for: 50ms } }', '{ at: 1s, disk-slow: { target: n1, sync: 30ms } }',
    ],
    around: ['{ at: 1500ms, crash: { target: all, for: 50ms } }'],
    defect: 'vault/syncs-again', catcher: 'linearizable', setting: vault,
  },

  // ── The operator ───────────────────────────────────────────────────────
  {
    // A longer lease needs a longer patience. A shorter one is safe with the old one, too.
    claim: 'who keeps the patience that it started with grants a longer lease than it waits for',
    line: '{ at: 500ms, set: { lease: 600ms } }',
    instead: ['{ at: 500ms, set: { lease: 100ms } }'],
    around: [n1IsAlone],
    defect: 'lease/old-patience', catcher: 'linearizable', setting: lease,
  },
  {
    // What is ordered of the other node, which has nothing to hand over, changes nothing.
    claim: 'who is told to hand over and serves on serves what the other has changed',
    line: '{ at: 1s, order: { name: hand-over, to: n1 } }',
    instead: ['{ at: 1s, order: { name: hand-over, to: n2 } }'],
    defect: 'lease/serves-on', catcher: 'linearizable', setting: lease,
  },

  // ── Triggers ───────────────────────────────────────────────────────────
  {
    // The vote has left, and a request of another candidate is still on its way: it is repeated when that node is back.
    // A crash of another node, or of all at another time, meets nobody who could be voted for a second time.
    claim: 'who crashes when it has voted votes again',
    line: '{ when: { event: granted-vote, after: 3ms }, crash: { target: it, flavour: process, for: 20ms } }',
    instead: [
      '{ when: { event: granted-vote, after: 3ms }, crash: { target: n1, flavour: process, for: 20ms } }',
      '{ at: 1s, crash: { target: all, flavour: process, for: 20ms } }',
    ],
    // Three of four nodes have to agree, so that no candidate wins without the voter.
    around: ['{ at: 0, crash: { target: n1, for: 600ms } }'],
    // R9 looks at the disk when a vote leaves.
    defect: 'raft/vote-not-durable', catcher: 'R8', seenAnyway: ['R9'],
    setting: `${raft(4, 'electionTimeoutMax: 200ms')}network: { latency: 1..20ms }\n`,
  },
  {
    // One machine that forgets is outvoted by those that do not. It takes several, one after the other.
    claim: 'crashes that come again and again lose what each of them alone does not',
    line: '{ random: { every: 50..150ms, from: 500ms }, crash: { target: any, for: 20..80ms } }',
    instead: ['{ at: 1s, crash: { target: any, for: 50ms } }'],
    ...fromTheCache, catcher: 'R4', setting: raft(3),
  },
  {
    // Whatever keeps one node from hearing the others for a while will do.
    claim: 'faults of many kinds, drawn one after the other, leave somebody behind',
    line: '{ random: { every: 200..400ms, from: 500ms, kinds: [{ pause: { target: any, for: 200..400ms }, weight: 2 }, '
      + '{ partition: { isolate: any, for: 200..400ms } }, { cut: { from: leader, to: any, for: 200..400ms } }] } }',
    ...behind, setting: raft(3).replace('2s', '4s'),
  },
];
