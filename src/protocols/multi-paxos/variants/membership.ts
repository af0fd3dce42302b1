import type { Variant } from '../../../contract/variant.ts';
import type { Change, Value } from '../messages.ts';
import type { CountedPromise } from '../state.ts';
import { DefectivePaxos } from './defective.ts';

/** MP-27: acceptors are others as soon as that is executed, whatever was proposed to those before them. */
class AlphaIgnored extends DefectivePaxos {
  protected override governsFrom(slot: number, change: Change): number {
    return this.instead(slot + 1, super.governsFrom(slot, change));
  }
}

/** MP-33: what those before a stop choose behind it is executed like anything else. */
class StopNotLast extends DefectivePaxos {
  protected override isLast(value: Value): boolean {
    return this.instead(false, super.isLast(value));
  }
}

/** MP-35: who was promised its ballot by the acceptors of the first slots goes by that in later ones. */
class NewAcceptorsNotAsked extends DefectivePaxos {
  protected override reachOf(promises: readonly CountedPromise[]): number {
    return this.instead(Infinity, super.reachOf(promises));
  }
}

/** Defects of who accepts. */
export const membershipVariants: readonly Variant[] = [
  {
    row: 'MP-27', id: 'multi-paxos/alpha-ignored',
    title: 'a change of acceptors governs from the next slot on, in which others may have accepted already',
    breaks: 'The Part-Time Parliament, section 3.3.6: who decides is known some slots before',
    source: 'The Part-Time Parliament, section 3.3.6', difficulty: 'E', firstCatcher: 'P10',
    in: 'node', create: (init, fired) => new AlphaIgnored(init, fired),
  },
  {
    row: 'MP-33', id: 'multi-paxos/stop-not-last',
    title: 'commands that are chosen behind a stop, by those whom it stops, are executed',
    breaks: 'Stoppable Paxos: behind a stopping command nothing is chosen',
    source: 'Stoppable Paxos', difficulty: 'M', firstCatcher: 'P2',
    in: 'node', create: (init, fired) => new StopNotLast(init, fired),
  },
  {
    row: 'MP-35', id: 'multi-paxos/new-acceptors-not-asked',
    title: 'a leader proposes to new acceptors without having asked them what they have accepted',
    breaks: 'Reconfiguring a State Machine: each instance has a phase 1 with its own acceptors',
    source: 'Reconfiguring a State Machine', difficulty: 'E', firstCatcher: 'P16',
    in: 'node', create: (init, fired) => new NewAcceptorsNotAsked(init, fired),
  },
];
