import type { RunRequest } from '../../../src/run/request.ts';
import { catalogueWith } from '../../../src/scenario/catalogue.ts';
import { slugOf } from '../../../src/scenario/coordinate.ts';
import { parseScenario } from '../../../src/scenario/file/parse.ts';

/** Two seconds of five Raft nodes whose clocks differ; `faults` is YAML. Short, because each is run many times. */
export function disturbed(faults: string): string {
  return `name: five nodes are disturbed
system: { protocol: raft, nodes: 5 }
workload: { kind: append }
clocks: { drift: 300ppm, offset: 50ms }
duration: 2s
seeds: 4
check: [linearizable]
faults:
${faults}`;
}

const at = (action: string, time: string = '600ms'): string => `  - at: ${time}\n    ${action}\n`;

/** Every kind of fault by itself, each flavour and shape of it, and each kind of trigger; the key says which. */
export const faultLines: Readonly<Record<string, string>> = {
  'crash machine': at('crash: { target: leader, flavour: machine, for: 300ms }'),
  'crash process': at('crash: { target: [n1, n2], flavour: process, for: 300ms }'),
  'restart': at('crash: { target: all, flavour: machine }') + at('restart: all', '900ms'),
  'pause': at('pause: { target: leader, for: 400ms }'),
  'resume': at('pause: { target: leader }') + at('resume: all', '900ms'),
  'partition halves': at('partition: { shape: halves, for: 500ms }'),
  'partition minority': at('partition: { shape: minority, for: 500ms }'),
  'partition minority-with-leader': at('partition: { shape: minority-with-leader, for: 500ms }'),
  'partition ring': at('partition: { shape: ring, for: 500ms }'),
  'partition bridge': at('partition: { shape: bridge, for: 500ms }'),
  'partition majorities-ring': at('partition: { shape: majorities-ring, for: 500ms }'),
  'partition isolate': at('partition: { isolate: leader, inFlight: delivered, for: 500ms }'),
  'partition groups': at('partition: { groups: [[n1, n2, c1], [n3, n4, n5, c2, c3]], for: 500ms }'),
  'cut': at('cut: { from: leader, to: all, inFlight: lost, for: 500ms }'),
  'hold': at('hold: { from: leader, to: follower, message: AppendEntries, for: 200ms }'),
  'link': at('link: { from: all, to: all, latency: 1..60ms, loss: 10%, duplicate: 10%, slow: { rate: 10%, '
    + 'delay: 100..400ms }, for: 900ms }'),
  'clock-jump': `${at('clock-jump: { target: all, by: -10s..10s }')}    allowVacuous: true\n`,
  'clock-drift': at('clock-drift: { target: all, rate: -5%..5%, for: 500ms }'),
  'disk-slow': at('disk-slow: { target: all, sync: 20..60ms, for: 500ms }'),
  'wipe-disk': at('wipe-disk: { target: n2, for: 200ms }'),
  'bit-flip': at('bit-flip: { target: n2, file: log }'),
  'torn-write': at('torn-write: { target: n2, for: 200ms }'),
  'sync-error': at('sync-error: { target: n2, for: 200ms }'),
  'disk-full': at('disk-full: { target: n2, for: 200ms }'),
  'lying-sync': at('lying-sync: { target: all, for: 500ms }') + at('crash: { target: all, for: 200ms }', '800ms'),
  'order': at('order: { name: transfer, to: leader, node: follower }') + at('order: snapshot', '900ms'),
  'set': at('set: { heartbeat: 20ms, for: 400ms }'),
  'heal': at('partition: { shape: halves }') + at('heal: all', '1200ms'),
  'by an event': '  - when: { event: became-leader, after: 2ms }\n    pause: { target: leader, for: 400ms }\n',
  'by chance': '  - random: { every: 100..300ms, kinds: [crash, pause, cut, hold, clock-jump, clock-drift] }\n',
};

/** All kinds of fault at once, by chance. */
export const storm: string = disturbed(`  - random:
      every: 50..300ms
      kinds:
        - { crash: { target: any, flavour: machine, for: 50..300ms } }
        - { crash: { target: leader, flavour: process, for: 50..300ms } }
        - { pause: { target: leader, for: 50..300ms } }
        - { partition: { shape: halves, for: 50..500ms } }
        - { cut: { from: any, to: all, for: 50..500ms } }
        - { hold: { from: any, to: all, for: 50..300ms } }
        - { link: { from: any, to: all, latency: 1..80ms, loss: 20%, duplicate: 10%, for: 100..500ms } }
        - clock-jump
        - clock-drift
`);

/** Tunables, network and faults drawn anew for each seed. */
export const swarm: string = `name: a swarm
system: { protocol: raft, nodes: 3 }
duration: 2s
profile: swarm
seeds: 4
check: [linearizable]
`;

/** How the command line would run a text as `scenarios/<name>.yaml`. */
export function requestOf(text: string, seed: string, name: string = 'a'): RunRequest {
  const file = `scenarios/${name.replaceAll(' ', '-')}.yaml`;
  const parsed = parseScenario(text, { fileName: file, catalogue: catalogueWith() });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ line, message }) => `${line}: ${message}`).join('; '));
  return { scenario: parsed.scenario, file, slug: slugOf(file), seed };
}
