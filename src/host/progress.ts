import { nowMs } from './clock.ts';

/** On a terminal one line is written again and again; elsewhere (a CI log) each line stays, so there are few. */
const REWRITE_MS = 100;
const PLAIN_MS = 30_000;

/** Where progress goes: standard error. */
export interface ProgressScreen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Tells how far a sweep has come. */
export class Progress {
  private readonly screen: ProgressScreen;
  private readonly total: number;
  private readonly now: () => number;
  private readonly startMs: number;
  private lastMs: number;
  private isShown = false;

  constructor(screen: ProgressScreen, total: number, now: () => number = nowMs) {
    this.screen = screen;
    this.total = total;
    this.now = now;
    this.startMs = now();
    this.lastMs = this.startMs;
  }

  /** Says so, if enough time has passed since the last time. */
  update(done: number, unexpected: number): void {
    const now = this.now();
    const isTerminal = this.screen.isTTY === true;
    if (now - this.lastMs < (isTerminal ? REWRITE_MS : PLAIN_MS)) return;
    this.lastMs = now;
    const perSecond = done / ((now - this.startMs) / 1000);
    const leftS = Math.ceil((this.total - done) / perSecond);
    const left = Number.isFinite(leftS) ? `, ${leftS} s left` : '';
    const text = `${done}/${this.total} runs, ${perSecond.toFixed(1)}/s, ${unexpected} unexpected${left}`;
    // A line that wraps could not be taken away again.
    const fitting = text.slice(0, (this.screen.columns ?? 80) - 1);
    this.screen.write(isTerminal ? `\r${fitting}\u001b[K` : `${text}\n`);
    this.isShown = isTerminal;
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.isShown) this.screen.write('\r\u001b[K');
    this.isShown = false;
  }
}
