import { z } from 'zod';
import type { Catalogue, CatalogueProtocol } from '../catalogue.ts';
import { formatDuration, quantityPatterns } from './quantity.ts';
import { scenarioFile } from './schema.ts';

/** JSON Schema, as far as we write it ourselves. */
type JsonSchema = { [keyword: string]: unknown };

/** What an editor says of a key, by its path without list positions. A key that is not here has its type alone. */
export const keyDescriptions: Readonly<Record<string, string>> = {
  'name': 'what this scenario claims, in one line',
  'why': 'where the claim comes from; not part of what runs',
  'system': 'what is put to the test',
  'systems': 'several of them, which meet the same clients and the same faults, instead of `system`',
  'system.protocol': 'a built-in protocol, or your own, which `--protocol MODULE` brings',
  'system.nodes': 'how many nodes; 5 if not said',
  'system.options': 'settings of the protocol; its own defaults where not said',
  'systems.expect': 'verdicts of this system, on top of those of all',
  'faults.where': 'the systems that this is for; all if not said',
  'check.where': 'the systems that this is for; all if not said',
  'resource.where': 'the systems that this is for; all if not said',
  'clients': 'who asks',
  'clients.timeout': 'after so long an operation counts as of unknown outcome',
  'clients.attemptTimeout': 'after so long a client tries elsewhere',
  'workload': 'what clients ask for',
  'workload.reads': 'share of reads among the operations',
  'workload.persistentWatches': 'share of persistent watches among those that clients of a tree set; none if not said',
  'workload.think': 'what a client waits between two operations',
  'workload.hold': 'how long a client works with a lock held',
  'workload.writes': 'how often it writes to the resource meanwhile; 1 if not said',
  'resource': 'what locks protect: the process r1',
  'resource.checksTokens': 'refuse a store whose fencing token is lower than one that was seen',
  'resource.issuesTokens': 'issue fencing tokens to holders whose lock gives them none',
  'network': 'all links, before any fault',
  'network.slow': 'a share of messages that takes longer',
  'disk': 'all disks, before any fault',
  'clocks': 'how clocks of nodes differ, drawn for each from both sides of zero',
  'duration': 'simulated time of a run; 10s if not said',
  'limits': 'a run that reaches one ends as `unknown`',
  'profile': 'draws what is not said, and faults: a little (gentle) or much (swarm)',
  'within': 'contract: the profile draws no fault that breaks what safety relies on',
  'defect': 'a row of `quorumquake list --defects` to arm',
  'faults': 'what is broken: each line has one trigger (at, when, random) and one action',
  'faults.at': 'strikes at this time',
  'faults.when': 'strikes when this happens',
  'faults.random': 'strikes now and then, drawn from the seed before the run',
  'faults.allowVacuous': 'the run still counts if this line changes nothing',
  'check': 'who judges; linearizable and progress if not said',
  'expect': 'verdicts by check or invariant; valid where not said',
  'seeds': 'which seeds `run` takes by default',
};

/**
 * The shape of a scenario file as JSON Schema, draft-07, for editors. It is generated from the schema that files are
 * parsed with, and knows the protocols and defects of the catalogue. Whatever the parser takes, it takes; what depends
 * on more than one place in a file (a target on the number of nodes) it does not see.
 */
export function scenarioJsonSchema(catalogue: Catalogue): JsonSchema {
  const generated = z.toJSONSchema(scenarioFile, {
    target: 'draft-07',
    io: 'input', // As files have it: `5ms`, not microseconds.
    override: ({ jsonSchema, path }) => {
      // Some validators know no Unicode classes, take \p for a p, and would refuse almost every name.
      if (jsonSchema.pattern?.includes('\\p{') === true) delete jsonSchema.pattern;
      const key = keyOf(path);
      if (key === null) return;
      if (Object.hasOwn(keyDescriptions, key)) jsonSchema.description = keyDescriptions[key] ?? '';
      const names = /^systems?\.protocol$/.test(key) ? catalogue.protocols
        : /^(systems\.)?defect$/.test(key) ? catalogue.defects : null;
      // A known name is offered; another one may be of a protocol that this schema does not know.
      if (names !== null) jsonSchema.anyOf = [{ enum: [...names.keys()] }, { type: 'string' }, { type: 'null' }];
    },
  }) as { readonly properties: Readonly<Record<string, JsonSchema>> } & JsonSchema;
  const { $schema, properties, ...rest } = generated;
  const allOf = [...catalogue.protocols].map(optionsRule);
  const system = { ...properties['system'], allOf };
  const { items, ...list } = properties['systems'] ?? {};
  const systems = { ...list, items: { ...(items as JsonSchema), allOf } };
  const oneOf = [{ required: ['system'] }, { required: ['systems'] }];
  return { $schema, title: 'quorumquake scenario', ...rest, oneOf, properties: { ...properties, system, systems } };
}

/** The keys on a path of the schema; `null` where it does not end at a key. */
function keyOf(path: readonly (string | number)[]): string | null {
  if (path.at(-2) !== 'properties') return null;
  return path.filter((_, index) => path[index - 1] === 'properties').join('.');
}

/** Of which kind the options of a protocol are, if a file names that protocol. */
function optionsRule([name, { options }]: readonly [string, CatalogueProtocol]): JsonSchema {
  const properties = Object.fromEntries(Object.entries(options).map(([option, spec]) => [option, optionSchema(spec)]));
  return {
    if: { properties: { protocol: { const: name } }, required: ['protocol'] },
    then: { properties: { options: { properties, additionalProperties: false } } },
  };
}

function optionSchema(spec: CatalogueProtocol['options'][string]): JsonSchema {
  const description = spec.doc;
  switch (spec.kind) {
    case 'boolean': return { description, type: 'boolean', default: spec.default };
    case 'choice': return { description, enum: spec.of, default: spec.default };
    case 'integer': {
      return { description, type: 'integer', minimum: spec.min, maximum: spec.max, default: spec.default };
    }
    case 'duration': {
      const pattern = quantityPatterns.duration;
      return { description, type: ['string', 'number'], pattern, default: formatDuration(spec.default) };
    }
  }
}
