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
