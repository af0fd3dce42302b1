/** What a search may use. Counted by ourselves, so that equal input gives an equal answer on every machine. */
export interface Budget {
  /** Operations tried in a configuration. */
  readonly steps: number;
  /** Configurations alive at one time. */
  readonly configurations: number;
  /** Bytes of these configurations, by our own count. */
  readonly bytes: number;
}

/** What a search did use; `configurations` and `bytes` at their peak. */
export type BudgetUse = Budget;

/** Some seconds and some hundred megabytes of an ordinary machine. */
export const DEFAULT_BUDGET: Budget = { steps: 50_000_000, configurations: 1_000_000, bytes: 512 * 1024 * 1024 };

/** How many steps pass between two questions to `shouldStop`. */
const STEPS_PER_QUESTION = 1024;

/** Keeps count for one check, over all its keys, and says when and why to stop. */
export class Meter {
  readonly budget: Budget;
  private readonly shouldStop: () => boolean;
  private steps = 0;
  private configurations = 0;
  private bytes = 0;
  private untilQuestion = 1;
  private reason: string | null = null;

  constructor(budget: Budget, shouldStop: () => boolean) {
    this.budget = budget;
    this.shouldStop = shouldStop;
  }

  /** Counts `count` steps. False, now and ever after, when the search has to stop. */
  spend(count: number): boolean {
    this.steps += count;
    this.untilQuestion -= count;
    if (this.reason !== null) return false;
    if (this.steps > this.budget.steps) return this.stop(`more than ${this.budget.steps} steps`);
    if (this.untilQuestion > 0) return true;
    this.untilQuestion = STEPS_PER_QUESTION;
    // Wall time is the only thing here that can differ between two runs, so it must never pass for a count.
    return this.shouldStop() ? this.stop(`stopped from outside (wall time) after ${this.steps} steps`) : true;
  }

  /** Notes how many configurations are alive. False when the search has to stop. */
  hold(configurations: number, bytes: number): boolean {
    this.configurations = Math.max(this.configurations, configurations);
    this.bytes = Math.max(this.bytes, bytes);
    if (this.reason !== null) return false;
    if (configurations > this.budget.configurations) {
      return this.stop(`more than ${this.budget.configurations} configurations`);
    }
    return bytes > this.budget.bytes ? this.stop(`more than ${this.budget.bytes} bytes of configurations`) : true;
  }

  /** Why the search had to stop, or `null`. */
  stopReason(): string | null {
    return this.reason;
  }

  used(): BudgetUse {
    return { steps: this.steps, configurations: this.configurations, bytes: this.bytes };
  }

  private stop(what: string): false {
    this.reason = `the search was given up: ${what}`;
    return false;
  }
}
