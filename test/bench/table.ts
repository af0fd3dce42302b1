import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import CliTable from 'cli-table3';
import type { Figure } from './measure.ts';

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ns: Figure;
  /** The reference, measured in the same process. */
  readonly beside: Figure;
}

const ONE: Figure = { best: 1, median: 1 };

/** Collects figures and the ratios between them: one table for people, one file for programs. */
export class Table {
  private readonly rows: Row[] = [];
  private readonly ratios: { readonly name: string; readonly best: number; readonly median: number }[] = [];

  private readonly others: { readonly name: string; readonly value: number; readonly unit: string }[] = [];

  /** `beside` is the reference in the process of these figures. Ratios are between shares of it. */
  add(unit: string, figures: Readonly<Record<string, Figure>>, beside: Figure = ONE): void {
    for (const [name, ns] of Object.entries(figures)) this.rows.push({ name, unit, ns, beside });
  }

  /** How fast `name` is, as a share of `measure`: 1 is as fast, 0.5 half as fast. */
  speed(title: string, name: string, measure: string): void {
    this.ratio(`speed: ${title}`, measure, name);
  }

  /** How much `name` costs, as a multiple of `measure`. */
  cost(title: string, name: string, measure: string): void {
    this.ratio(`cost: ${title}`, name, measure);
  }

  /** A figure of another kind. */
  other(name: string, value: number, unit: string): void {
    this.others.push({ name, value, unit });
  }

  text(): string {
    const style = { head: [], border: [] };
    const figures = new CliTable({ head: ['what', 'best', 'median', 'unit', 'per second'], style });
    for (const { name, unit, ns: { best, median } } of this.rows) {
      const perSecond = (1e9 / median).toFixed(0);
      figures.push([name, best.toFixed(0), median.toFixed(0), `ns/${unit}`, perSecond]);
    }
    const shares = new CliTable({ head: ['ratio, taken in this one run', 'best', 'median'], style });
    for (const { name, best, median } of this.ratios) shares.push([name, best.toFixed(3), median.toFixed(3)]);
    const others = new CliTable({ head: ['what', 'figure', 'unit'], style });
    for (const { name, value, unit } of this.others) others.push([name, value.toFixed(2), unit]);
    return `${figures.toString()}\n${shares.toString()}\n${others.toString()}\n`;
  }

  write(path: string): void {
    mkdirSync(dirname(path), { recursive: true });
    const cpu = cpus()[0]?.model ?? 'unknown';
    const rows = this.rows.map(({ name, unit, ns }) => ({ name, unit, nsBest: ns.best, nsMedian: ns.median }));
    const { ratios, others } = this;
    const report = { schema: 'quorumquake/bench@1', node: process.version, cpu, rows, ratios, others };
    writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  }

  private ratio(name: string, over: string, under: string): void {
    const [top, bottom] = [this.row(over), this.row(under)];
    const of = (kind: 'best' | 'median'): number =>
      (top.ns[kind] / top.beside[kind]) / (bottom.ns[kind] / bottom.beside[kind]);
    this.ratios.push({ name, best: of('best'), median: of('median') });
  }

  private row(name: string): Row {
    const found = this.rows.find((row) => row.name === name);
    if (found === undefined) throw new Error(`no figure is called ${name}`);
    return found;
  }
}
