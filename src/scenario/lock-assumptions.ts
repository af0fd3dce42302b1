import type { LockSystem } from '../contract/lock.ts';
import type { Assumption, Premises, Strike } from '../contract/module.ts';
import type { DurationUs } from '../kernel/time.ts';

/** What is claimed of who holds a lock, at one true time. */
const EXCLUSION: readonly string[] = ['mutual-exclusion', 'lock-ownership', 'L2', 'L9'];
/** The same, but for who the servers say holds it. */
const BELIEF: readonly string[] = ['mutual-exclusion', 'L2'];
const LOSING: readonly string[] = [
  'crash', 'wipe-disk', 'torn-write', 'bit-flip', 'lying-sync', 'sync-error', 'disk-full',
];

const MILLION = 1_000_000;

/**
 * What Redlock relies on, as its page and its critics have it (redis.io, "Distributed Locks with Redis"; Kleppmann
 * 2016; antirez 2016): each node keeps an entry until the node's own clock has counted its ttl.
 */
export function redlockAssumptions(locks: LockSystem): readonly Assumption[] {
  return [
    ...inFencingToo(clocksAgree(locks)),
    ...inFencingToo({
      id: 'no-server-clock-jumps',
      text: 'no wall clock of a server jumps ahead: entries would expire early',
      properties: EXCLUSION,
      brokenBy: ['clock-jump'],
      of: 'nodes',
      withstands: ({ byUs }) => (byUs ?? 0) <= 0,
    }),
    ...inFencingToo(noClientJumps),
    ...inFencingToo(noClientSleeps),
    ...inFencingToo({
      id: 'restarts-forget-no-lock',
      text: 'a server that starts again has all entries that it has answered for, or stays out for longer than the ttl',
      properties: EXCLUSION,
      brokenBy: LOSING,
      of: 'nodes',
      withstands: (strike, { options }) =>
        keepsEntries(strike, options) || isOutFor(strike, options, locks.ttlUs(options)),
    }),
    promptWrites(locks),
    ...servedByMajority,
  ];
}

/** What a lock at a single Redis relies on, with or without replicas; `servers`: what those rely on. */
export function redisLockAssumptions(locks: LockSystem, servers: readonly Assumption[]): readonly Assumption[] {
  // What Redis needs to answer reads with what was written, a lock needs to be refused to whoever comes second.
  const asked = servers.filter(({ properties }) => properties.includes('linearizable'));
  return [
    ...servers.filter((each) => !asked.includes(each)),
    ...redlockAssumptions(locks).filter(({ id, properties }) =>
      !properties.includes('progress') && !id.startsWith('restarts-forget-no-lock')),
    ...asked.flatMap((each) => inFencingToo({
      ...each,
      // Who comes back to a lock that is gone finds that somebody deleted it.
      properties: each.id === 'nothing-is-evicted' ? [...EXCLUSION, 'L3'] : EXCLUSION,
      withstands: (strike, premises) => (each.withstands?.(strike, premises) ?? false)
        || (each.id === 'a-restart-loses-nothing' && isOutFor(strike, premises.options, locks.ttlUs(premises.options))),
    })),
  ];
}

/**
 * What a lock on ZooKeeper relies on, besides its servers: that whoever has just been answered has a session. The
 * leader ends a session of which it hears nothing; a follower that is cut off from it answers clients for as long as it
 * takes to notice that, which is syncLimit ticks. Who owns a lock, and that tokens grow, relies on the servers alone.
 */
export function zooKeeperLockAssumptions(locks: LockSystem, servers: readonly Assumption[]): readonly Assumption[] {
  return [
    ...servers.filter(({ properties }) => !properties.includes('linearizable')),
    ...inFencingToo({
      id: 'who-is-answered-has-a-session',
      text: 'a third of a session is longer than a follower takes to notice that it is cut off, holders stop when they '
        + 'are suspended, and clocks run at similar rates',
      properties: BELIEF,
      brokenBy: ['partition', 'cut', 'hold', 'link', 'pause', 'clock-drift', 'disk-slow'],
      isGiven: ({ options }) => options['onSuspended'] === 'stop',
      withstands: (strike, { options }) => {
        const { kind, perMillion, apartPerMillion } = strike;
        if (kind === 'clock-drift') return apartPerMillion * locks.ttlUs(options) <= locks.driftUs(options) * MILLION;
        if (kind === 'pause' && perMillion !== null) return false;
        const ticks = (options['syncLimit'] as number) + 2;
        return ticks * (options['tickTime'] as number) < locks.driftUs(options);
      },
    }),
    promptWrites(locks),
  ];
}

// ── Clocks ─────────────────────────────────────────────────────────────

/** One of two clocks counts the length of a lock at a server, the other one at its holder. */
function clocksAgree(locks: LockSystem): Assumption {
  return {
    id: 'clock-rates-within-the-drift',
    text: 'the rates of two clocks, those of clients included, differ by no more than a client takes off for it',
    properties: EXCLUSION,
    brokenBy: ['clock-drift'],
    withstands: ({ apartPerMillion }, { options }) =>
      apartPerMillion * locks.ttlUs(options) <= locks.driftUs(options) * MILLION,
  };
}

const noClientJumps: Assumption = {
  id: 'no-client-clock-jumps-back',
  text: 'no client measures by a wall clock that jumps back: it would hold on for too long',
  properties: EXCLUSION,
  brokenBy: ['clock-jump'],
  of: 'clients',
  withstands: ({ byUs }, { options }) => options['clock'] !== 'wall' || (byUs ?? 0) >= 0,
};

/** A server that sleeps answers nobody, and its wall clock is right again when it does. */
const noClientSleeps: Assumption = {
  id: 'clocks-count-what-clients-sleep',
  text: "no client's machine is suspended with its clocks: it would hold on for so much longer",
  properties: EXCLUSION,
  brokenBy: ['pause'],
  of: 'clients',
  withstands: ({ perMillion }) => perMillion === null,
};

// ── Servers ────────────────────────────────────────────────────────────

/**
 * Whether Redis has all its entries after this. It writes before it answers, so that a process which dies alone loses
 * nothing that was written; with `always` it syncs before it answers, too.
 */
function keepsEntries({ kind, flavour }: Strike, { appendfsync }: Premises['options']): boolean {
  if (kind !== 'crash') return false;
  return flavour === 'process' ? appendfsync !== 'off' : appendfsync === 'always';
}

/** Whether no entry that was forgotten could have been in force: nobody asked meanwhile, or nobody was answered. */
function isOutFor(
  { kind, isOver, lastedUs }: Strike, { startDelay }: Premises['options'], ttlUs: DurationUs,
): boolean {
  if (typeof startDelay === 'number' && startDelay >= ttlUs) return true;
  // A rotten entry, or one that was never stored, is found out by a crash that is a fault of its own.
  const isDown = kind === 'crash' || kind === 'wipe-disk' || kind === 'torn-write';
  return isDown && (!isOver || lastedUs >= ttlUs);
}

/** As of every quorum; a client that is gone is another matter, and so is a resource. */
const servedByMajority: readonly Assumption[] = [
  {
    id: 'majority-connected',
    text: 'a majority of the servers is up, runs, and is reached by the clients',
    properties: ['progress'],
    brokenBy: [
      'crash', 'wipe-disk', 'torn-write', 'sync-error', 'disk-full', 'pause', 'partition', 'cut', 'hold', 'link',
    ],
    tolerates: 'minority',
  },
  {
    id: 'entries-expire-in-time',
    text: 'no wall clock of a server jumps back: entries would be kept for longer',
    properties: ['progress'],
    brokenBy: ['clock-jump'],
    of: 'nodes',
    withstands: ({ byUs }) => (byUs ?? 0) >= 0,
  },
];

// ── Writes ─────────────────────────────────────────────────────────────

/**
 * Nothing keeps a holder that was stopped after it had checked, or its write, from coming late, but the resource
 * itself. What is left of a validity is not known here; the time that is surely left after its end is: what the client
 * took off for the drift of clocks, as far as those have not used it up.
 */
function promptWrites(locks: LockSystem): Assumption {
  return {
    id: 'writes-in-time',
    text: 'the resource checks tokens; or no holder, and no write on its way, is stopped for longer than is left of '
      + 'its validity',
    properties: ['fencing'],
    brokenBy: ['pause', 'hold', 'link'],
    withstands: ({ kind, struck, lastedUs, delayUs, apartPerMillion }, { options, checksTokens }) => {
      const victim = kind === 'pause' ? 'c' : 'r';
      if (checksTokens || !struck.some((name) => name.startsWith(victim))) return true;
      const slackUs = locks.driftUs(options) - (apartPerMillion * locks.ttlUs(options)) / MILLION;
      return (kind === 'link' ? delayUs ?? 0 : lastedUs) <= slackUs;
    },
  };
}

/** Without tokens that are checked, who believes wrongly that it holds a lock also writes wrongly. */
function inFencingToo(assumption: Assumption): readonly Assumption[] {
  return [assumption, {
    ...assumption,
    id: `${assumption.id}-or-tokens`,
    properties: ['fencing'],
    isGiven: (premises) => premises.checksTokens || (assumption.isGiven?.(premises) ?? true),
    withstands: (strike, premises) =>
      premises.checksTokens || (assumption.withstands?.(strike, premises) ?? false),
  }];
}
