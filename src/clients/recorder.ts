import type { Validity } from '../contract/lock.ts';
import type { Plain } from '../contract/message.ts';

/** Where a client writes what it does: the history. Time is added there, because a client does not know it. */
export interface Recorder {
  /** An operation begins. A process has at most one open operation. */
  invoke(process: number, f: string, key: string, value: Plain): void;
  /** The open operation of `process` is carried by this command from now on. */
  sent(process: number, session: number, sequence: number): void;
  /** The open operation of `process` ends; after `info` the process is retired. */
  complete(process: number, type: 'ok' | 'fail' | 'info', f: string, key: string, value: Plain, error?: string): void;
}

/**
 * The same of who uses locks, and besides what nobody in the run knows of him: when he believes that he holds one. An
 * acquisition is known by its `owner`, see `LockGrant`.
 */
export interface LockRecorder extends Pick<Recorder, 'invoke' | 'complete'> {
  /** Servers may be asked on behalf of `process` to let `owner` hold the lock. */
  attempted(process: number, lock: string, owner: string): void;
  /** From now on its client believes that it holds the lock, until its clock shows the end of its validity. */
  believes(owner: string, validity: Validity): void;
  /** From now on it does not, if it did. */
  stops(owner: string): void;
  /** A store at the protected resource begins, on the strength of the acquisition `owner`. */
  invokeStore(process: number, key: string, owner: string, token: number | null, value: Plain): void;
}
