import type { ClusterInfo } from '../../contract/invariant.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { configurationOf, type Governing, isSameConfiguration, withChange } from './configuration.ts';
import type { Change, Configuration } from './messages.ts';
import { type PaxosSettings, readSettings } from './options.ts';
import { quorumsApart, quorumsOf } from './quorums.ts';
import type { PaxosState } from './state.ts';

/** P10: which configuration governs which slot, by what is chosen, and who goes by another one. */
export class ConfigurationWatch {
  private readonly cluster: ClusterInfo;
  private readonly settings: PaxosSettings;
  private readonly breach: (text: string) => void;
  /** All that there ever were, ascending. */
  private known: readonly Governing[];
  private hasBegun = false;
  /** By node, what was looked at last. */
  private readonly seen: (readonly Governing[] | null)[];

  constructor(cluster: ClusterInfo, breach: (text: string) => void) {
    this.cluster = cluster;
    this.settings = readSettings(cluster.options);
    this.breach = breach;
    this.known = [this.governing({ from: 1, era: 0, members: cluster.nodes })];
    this.seen = cluster.nodes.map(() => null);
  }

  /** The first node to start tells with whom the scenario begins. */
  onStarted(node: NodeId, { configurations }: PaxosState): void {
    this.seen[node] = null;
    if (!this.hasBegun) this.known = configurations.map((configuration) => this.governing(configuration));
    this.hasBegun = true;
  }

  /** Whose quorums decide in a slot. */
  of(slot: number): Governing {
    return configurationOf(this.known, slot);
  }

  /** Whose do in a slot, or later. */
  from(slot: number): readonly Governing[] {
    const first = this.of(slot);
    return this.known.filter(({ from }) => from >= first.from);
  }

  onChosen(slot: number, change: Change): void {
    const from = change.kind === 'stop' ? slot + 1 : slot + this.settings.window;
    this.known = withChange(this.known, slot, change, from)
      .map((configuration) => ('quorums' in configuration ? configuration : this.governing(configuration)));
  }

  afterEvent(node: NodeId, { configurations, executed }: PaxosState): void {
    if (configurations !== this.seen[node]) {
      this.seen[node] = configurations;
      for (const configuration of configurations) this.check(node, configuration);
    }
    if (this.known.length === 1) return;
    const { from } = configurations[0] as Governing;
    if (this.of(executed + 1).from === from) return;
    this.breach(`${this.cluster.nameOf(node)} has executed up to slot ${executed}, and goes on by the configuration ` +
      `from slot ${from}, where that from slot ${this.of(executed + 1).from} is in force`);
  }

  private check(node: NodeId, configuration: Governing): void {
    const name = this.cluster.nameOf(node);
    const apart = quorumsApart(configuration.quorums);
    if (apart !== null) {
      const [prepare, accept] = apart.map((nodes) => this.names(nodes));
      this.breach(`${name} takes the promises of ${prepare} for a quorum, and the acceptances of ${accept}: ` +
        'they have no node in common');
    }
    const { from, members } = configuration;
    if (this.known.some((other) => isSameConfiguration(other, configuration))) return;
    this.breach(`${name} has ${this.names(members)} accept from slot ${from} on, ` +
      `where what is chosen has ${this.names(this.of(from).members)}`);
  }

  private governing({ from, era, members }: Configuration): Governing {
    return { from, era, members, quorums: quorumsOf(this.settings, members) };
  }

  private names(nodes: readonly NodeId[]): string {
    return nodes.map((node) => this.cluster.nameOf(node)).join(', ');
  }
}
