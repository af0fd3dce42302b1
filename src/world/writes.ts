import type { Monitor } from '../contract/invariant.ts';
import type { NodeId } from '../kernel/ids.ts';
import { LINE } from '../kernel/trace.ts';
import { EFFECT } from './effects.ts';
import { NO_PEER, type Process } from './process.ts';

/** What writing needs of the world. */
export interface WritesHost {
  readonly isTracing: boolean;
  /** Adds a row to the full trace. */
  mark(line: number, process: NodeId, peer: number, name: string, number: number, value: unknown): void;
  /** Who watches the disk of a process; `null`: nobody. */
  monitorOf(process: Process): Monitor | null;
}

/** Carries out what processes write to their disks. */
export class Writes {
  private readonly host: WritesHost;

  constructor(host: WritesHost) {
    this.host = host;
  }

  carryOut(process: Process, kind: number, amount: number, name: string, value: unknown): void {
    const { host } = this;
    const { disk, id } = process;
    switch (kind) {
      case EFFECT.put: {
        disk.put(name, value);
        if (host.isTracing) host.mark(LINE.put, id, NO_PEER, name, 0, value);
        return;
      }
      case EFFECT.append: {
        const index = disk.append(name, value);
        if (host.isTracing) host.mark(LINE.append, id, NO_PEER, name, index, value);
        host.monitorOf(process)?.onAppend?.(id, name, index, value);
        return;
      }
      case EFFECT.allocate: {
        disk.allocate(name, amount);
        if (host.isTracing) host.mark(LINE.allocate, id, NO_PEER, name, amount, undefined);
        return;
      }
      case EFFECT.truncate: {
        disk.truncateFrom(name, amount);
        if (host.isTracing) host.mark(LINE.truncate, id, NO_PEER, name, amount, undefined);
        host.monitorOf(process)?.onTruncate?.(id, name, amount);
        return;
      }
      default: {
        disk.dropUntil(name, amount, value);
        if (host.isTracing) host.mark(LINE.drop, id, NO_PEER, name, amount, value);
        host.monitorOf(process)?.onDrop?.(id, name, amount);
      }
    }
  }
}
