import type { Recorder } from '../clients/recorder.ts';
import type { Plain } from '../contract/message.ts';
import type { HistoryRecorder } from '../history/recorder.ts';

/** Clients write their operations into the history; what else they tell is the affair of each kind. */
export abstract class OperationRecorder implements Pick<Recorder, 'invoke' | 'complete'> {
  protected readonly history: HistoryRecorder;

  constructor(history: HistoryRecorder) {
    this.history = history;
  }

  invoke(process: number, f: string, key: string, value: Plain): void {
    this.history.invoke(process, f, key, value);
  }

  complete(
    process: number, type: 'ok' | 'fail' | 'info', f: string, key: string, value: Plain, error?: string,
  ): void {
    this.history.complete(process, type, f, key, value, error);
  }
}
