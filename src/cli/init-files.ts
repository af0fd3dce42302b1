import { catalogueWith } from '../host/catalogue.ts';
import { scenarioJsonSchema } from '../scenario/file/json-schema.ts';

/** What `init` writes: paths below its folder, and texts. The first is the scenario. */
export function initFiles(): readonly { readonly path: string; readonly text: string }[] {
  return [
    { path: 'scenarios/crash-of-the-leader-loses-no-append.yaml', text: scenario },
    { path: 'scenarios/schema.json', text: `${JSON.stringify(scenarioJsonSchema(catalogueWith()), null, 2)}\n` },
    { path: '.github/workflows/scenarios.yml', text: workflow },
  ];
}

const scenario = `# yaml-language-server: $schema=schema.json
# One file is one claim. Editors with the YAML language server complete and check it by the line above.

# What is claimed, in one line; and where the claim comes from.
name: the crash of the leader loses no acknowledged append
why: Raft is built for it; what was acknowledged is on a majority of disks

# What is put to the test: five nodes, here with the protocol's own settings.
system: { protocol: raft, nodes: 5 }

# Three clients append to lists and read them, and wait a little between two operations.
clients: { count: 3, timeout: 1s, attemptTimeout: 300ms }
workload: { kind: append, keys: 2, reads: 50%, think: 5..50ms }

# Simulated time; real time is much shorter.
duration: 8s

# What is broken. Each line has a trigger (at, when or random) and one action. Targets go by role: leader, follower, n1.
faults:
  - at: 2s
    crash: { target: leader, flavour: machine, for: 2s }   # What was not synced is lost, in part.
  # Or whenever a leader is elected, which finds more:
  # - when: { event: became-leader, nth: 2, after: 20ms }
  #   pause: { target: it, for: 700ms }

# Who judges: that all answers fit one order of the operations, and that service resumes when all has healed.
check: [linearizable, progress]

# How many runs, each with its own latencies and order of events. A failure prints the line that repeats it.
seeds: 20
`;

const workflow = `name: scenarios
on: [push, pull_request]
jobs:
  scenarios:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm ci
      - run: npx quorumquake run scenarios --seeds 200 --reporter list --reporter junit=reports/scenarios.xml
      - { if: failure(), uses: actions/upload-artifact@v4, with: { name: reports, path: reports } }
`;
