import { type ApplicationVariant, applicationVariants } from '../clients/application-variants.ts';
import { clientVariants, type ClientVariant } from '../clients/variants.ts';
import type { Plain } from '../contract/message.ts';
import type { MetricTable, OrderTable, ProtocolModule } from '../contract/module.ts';
import type { Options, OptionTable } from '../contract/options.ts';
import type { Variant } from '../contract/variant.ts';
import { multiPaxos } from '../protocols/multi-paxos/module.ts';
import { paxos, paxosCas } from '../protocols/paxos/module.ts';
import { raft } from '../protocols/raft/module.ts';
import { redis } from '../protocols/redis/module.ts';
import { zab } from '../protocols/zab/module.ts';
import { zooKeeper, zooKeeperRecipes } from '../protocols/zookeeper/module.ts';
import { serviceVariants } from '../services/variants.ts';
import { lockServices } from './lock-services.ts';

/** What a scenario file may name: the built-in protocols, a user's own, and the defects. Injected into the parser. */
export interface Catalogue {
  readonly protocols: ReadonlyMap<string, CatalogueProtocol>;
  /** The id of each defect (`raft/vote-not-durable`), keyed by id and by row (`RF-01`). */
  readonly defects: ReadonlyMap<string, string>;
}

/** One protocol, as far as a scenario file can refer to it. */
export interface CatalogueProtocol {
  readonly options: OptionTable;
  /** Events that `when` can wait for. */
  readonly events: readonly string[];
  /** What a `metric` check can name, besides what every run has. */
  readonly metrics?: MetricTable;
  /** What `order` can give. */
  readonly orders?: OrderTable;
  /** What `hold` can name, besides what every client sends and gets. */
  readonly messages?: readonly string[];
  /** What `expect` can name besides checks. */
  readonly invariants: { readonly declared: readonly { readonly id: string }[] };
  /** Of a lock service. */
  readonly locks?: { givesTokens(options: Options): boolean };
  /** Of a coordination service. */
  readonly coordination?: { readonly workloads: readonly string[] };
  initialProblem?(initial: Plain, nodes: number): string | null;
  optionsProblem?(options: Options): { readonly option: string; readonly message: string } | null;
}

const builtIn: readonly ProtocolModule[] = [
  raft, multiPaxos, zab, zooKeeper, zooKeeperRecipes, paxos, paxosCas, redis, ...lockServices,
];

/** The built-in protocols, by name. */
export const protocols: ReadonlyMap<string, ProtocolModule> = new Map(builtIn.map((module) => [module.name, module]));

/** A row of the catalogue of defects. */
export type DefectRow = Variant | ClientVariant | ApplicationVariant;

/** Every defect that can be armed: those of the protocols, of the services and of the clients. */
export function defects(): readonly DefectRow[] {
  const ofProtocols = builtIn.flatMap((module) => module.variants);
  return [...ofProtocols, ...serviceVariants, ...clientVariants, ...applicationVariants];
}

/**
 * The defect of this id or row, or all of several with `+` between them, by id; `null` where there is none of a name.
 * `own` adds those of a user's protocol.
 */
export function findDefects(names: string, own?: ProtocolModule): readonly DefectRow[] | null {
  const rows = [...(own?.variants ?? []), ...defects()];
  const wanted = names.split('+');
  const found = wanted.flatMap((name) => rows.find(({ id, row }) => id === name || row === name) ?? []);
  return found.length < wanted.length ? null : found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What scenario files may name. A user's `own` protocol joins the built-in ones, or stands in for its namesake. */
export function catalogueWith(own?: ProtocolModule): Catalogue {
  const modules = own === undefined ? protocols : new Map([...protocols, [own.name, own]]);
  const rows = [...(own?.variants ?? []), ...defects()];
  return { protocols: modules, defects: new Map(rows.flatMap(({ id, row }) => [[id, id], [row, id]])) };
}
