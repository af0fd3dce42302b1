import Table from 'cli-table3';
import { sharesOf } from './red-runs.ts';
import { nameOfPlant, reds } from './reds.ts';

// How many seeds of each scenario are red with what its row names, and green without. Run by hand: `npm run reds`, or
// `npm run reds -- 1000 1 C-25` for more seeds, from another one on, of the rows that begin so. `reference` as a fourth
// word plants nothing.

const [seedsText = '100', firstText = '1', prefix = '', reference = ''] = process.argv.slice(2);
const seeds = Array.from({ length: Number(seedsText) }, (_, index) => String(Number(firstText) + index));

const head = ['row', 'scenario', 'planted', 'as it must be', 'fired'];
const table = new Table({ head, style: { head: [], border: [] } });
let short = 0;

/** `good` seeds are as they must be, which `needed` have to be. */
function add(cells: readonly string[], good: number, needed: number, fired: number): void {
  if (good < needed) short += 1;
  table.push([...cells, `${good} of ${seeds.length}${good < needed ? ', TOO FEW' : ''}`, fired]);
}

for (const { row, scenario, plants } of reds) {
  if (!row.startsWith(prefix)) continue;
  process.stderr.write(`${row} ${scenario} …\n`);
  if (reference !== '') {
    add([row, scenario, '–'], sharesOf(scenario, null, seeds).green.length, seeds.length, 0);
    continue;
  }
  for (const planted of plants) {
    const { red, fired } = sharesOf(scenario, planted, seeds);
    add([row, scenario, nameOfPlant(planted)], red.length, 0.9 * seeds.length, fired.length);
  }
}
process.stdout.write(`seeds ${firstText} and following\n${table.toString()}\n`);
process.exitCode = short > 0 ? 1 : 0;
