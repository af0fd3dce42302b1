import type { ProtocolModule } from '../contract/module.ts';
import type { Node, NodeInit } from '../contract/node.ts';
import type { Fired, NodeClass } from '../contract/variant.ts';
import { assert } from '../kernel/assert.ts';
import { type DefectRow, findDefects } from './catalogue.ts';

type Place = DefectRow['in'];
type RowIn<P extends Place> = Extract<DefectRow, { readonly in: P }>;

/** A defect of one run, and what it calls when it differs from the reference. */
interface ArmedRow {
  readonly row: DefectRow;
  readonly fired: Fired;
}

/** The defects of one run, each where it belongs. */
export class Armed {
  private readonly rows: readonly ArmedRow[];
  private readonly firings: number[];

  /** `names` as scenarios have them: known to the catalogue, and fit to be armed together. */
  constructor(names: string | null, own: ProtocolModule) {
    const found = names === null ? [] : findDefects(names, own);
    assert(found !== null && problemOf(found) === null, 'what is armed stands in the catalogue, and goes together');
    this.firings = found.map(() => 0);
    this.rows = found.map((row, at) => ({
      row,
      fired: () => {
        this.firings[at] = (this.firings[at] as number) + 1;
      },
    }));
  }

  /** The one defect of this place, made into what it makes; `undefined` where there is none. */
  make<P extends Exclude<Place, 'rule'>, T>(place: P, how: (row: RowIn<P>, fired: Fired) => T): T | undefined {
    const found = this.rows.find(({ row }) => row.in === place);
    return found === undefined ? undefined : how(found.row as RowIn<P>, found.fired);
  }

  /** Nodes of the protocol `module` with the defects of their own, those of what surrounds them not included. */
  nodeMaker(module: Pick<ProtocolModule, 'create'>): (init: NodeInit) => Node {
    let layered: NodeClass | null = null;
    for (const { row, fired } of this.rows) if (row.in === 'rule') layered = row.over(layered, fired);
    if (layered !== null) {
      const Layered = layered;
      return (init) => new Layered(init);
    }
    return (init) => this.make('node', (row, fired) => row.create(init, fired)) ?? module.create(init);
  }

  /** How often each has differed from the reference: of several, the one that did so least often. */
  fired(): number {
    return this.firings.length === 0 ? 0 : Math.min(...this.firings);
  }
}

/** Why these cannot be armed in one run, or `null`. Several that each override a rule of the same protocol can. */
export function problemOf(rows: readonly DefectRow[]): string | null {
  for (const [at, row] of rows.entries()) {
    const earlier = rows.slice(0, at);
    if (earlier.some(({ id }) => id === row.id)) return `${row.id} is named twice`;
    const other = earlier.find((before) => !goTogether(before, row));
    if (other !== undefined) return `${other.id} and ${row.id} stand in one another's place`;
  }
  return null;
}

/** What replaces the whole machine, or the whole node, leaves no room for another one. */
function goTogether(a: DefectRow, b: DefectRow): boolean {
  if (a.in === 'rule' && b.in === 'rule') return ownerOf(a) === ownerOf(b);
  if (a.in === b.in) return false;
  const places = [a.in, b.in];
  const replaces = (x: Place, y: Place): boolean => places.includes(x) && places.includes(y);
  return !replaces('node', 'rule') && !replaces('machine', 'replica');
}

/** Whose defect it is: `raft` of `raft/vote-not-durable`. */
export function ownerOf({ id }: Pick<DefectRow, 'id'>): string {
  return id.split('/', 1)[0] ?? '';
}
