import type { LockClientInit, LockServers, LockSystem } from '../../contract/lock.ts';
import { majority } from '../../contract/quorum.ts';
import { readSettings, redlockOptions } from './options.ts';
import { RedlockClient } from './redlock.ts';

/** Redlock, on servers whose entries the caller can read. How many of them own a lock is a matter of the algorithm. */
export function redlockSystem<S>(servers: Pick<LockServers<S>, 'isGranting' | 'entryOf'>): LockSystem<S> {
  return {
    options: redlockOptions,
    optionsProblem: (options) => {
      const { extendAtUs, ttlUs, driftUs } = readSettings(options);
      if (extendAtUs === 0 || extendAtUs < ttlUs - driftUs) return null;
      return { option: 'extendAt', message: 'extendAt is not below ttl less the drift: there is no time before it' };
    },
    create: (init: LockClientInit) => new RedlockClient(init),
    events: ['attempted', 'attempt-failed', 'extended', 'extension-failed', 'late-grant'],
    servers: {
      isGranting: (state) => servers.isGranting(state),
      entryOf: (state, lock) => servers.entryOf(state, lock),
      quorum: (nodes) => majority(nodes),
    },
    ttlUs: (options) => readSettings(options).ttlUs,
    driftUs: (options) => readSettings(options).driftUs,
    blockedUs: (options) => readSettings(options).ttlUs,
    sessionCommands: 0,
    givesTokens: (options) => readSettings(options).countsPerNode,
  };
}
