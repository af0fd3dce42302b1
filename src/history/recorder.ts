import type { TimeUs } from '../kernel/time.ts';
import type { EventType, HistoryEvent, Json } from './operation.ts';

/** Takes the lines of a history one by one, in the order of `index`, in place of keeping them. */
export type HistorySink = (event: HistoryEvent) => void;

/** Writes the history of a run: gives each line its index and the simulated time, which nobody inside knows. */
export class HistoryRecorder {
  /** In the order of `index`; empty where a {@link HistorySink} takes them. Not to be changed. */
  readonly events: HistoryEvent[] = [];
  /** Completions so far, by type. */
  readonly counts = { ok: 0, fail: 0, info: 0 };
  private readonly nowUs: () => TimeUs;
  private readonly lastProcess: number[];
  private readonly invocations: number[];
  private readonly sink: HistorySink;
  private nextIndex = 0;

  constructor(nowUs: () => TimeUs, clients: number, sink: HistorySink | null = null) {
    this.nowUs = nowUs;
    this.sink = sink ?? ((event): void => { this.events.push(event); });
    this.lastProcess = Array.from({ length: clients }, () => -1);
    this.invocations = Array.from({ length: clients }, () => 0);
  }

  /** An operation of `process` begins; the client is `process` modulo the number of clients. */
  invoke(process: number, f: string, key: string, value: unknown): void {
    const client = process % this.lastProcess.length;
    this.lastProcess[client] = process;
    this.invocations[client] = (this.invocations[client] as number) + 1;
    this.add(process, 'invoke', f, key, value);
  }

  complete(
    process: number, type: 'ok' | 'fail' | 'info', f: string, key: string, value: unknown, error?: string,
  ): void {
    if (type === 'ok') this.counts.ok += 1;
    else this.counts[type] += 1;
    // Its client goes on under the next number at once.
    if (type === 'info') this.lastProcess[process % this.lastProcess.length] = process + this.lastProcess.length;
    this.add(process, type, f, key, value, error);
  }

  /** A line of process `nemesis`. */
  nemesis(f: string, value: unknown): void {
    const index = this.nextIndex++;
    this.sink({ index, time: this.nowUs(), process: 'nemesis', type: 'info', f, value: value as Json });
  }

  /** Operations that a client has begun so far. */
  begun(client: number): number {
    return this.invocations[client] as number;
  }

  /**
   * A process number of a client that was never in use. What was open stays open: unknown. A number is used up even if
   * its client crashed before it invoked anything: it may have asked for a session, and the answer may still come.
   */
  freshProcess(client: number): number {
    const last = this.lastProcess[client] as number;
    const fresh = last < 0 ? client : last + this.lastProcess.length;
    this.lastProcess[client] = fresh;
    return fresh;
  }

  private add(process: number, type: EventType, f: string, key: string, value: unknown, error?: string): void {
    const index = this.nextIndex++;
    const time = this.nowUs();
    this.sink(error === undefined
      ? { index, time, process, type, f, key, value: value as Json }
      : { index, time, process, type, f, key, value: value as Json, error });
  }
}
