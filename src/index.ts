// The public library: everything that a program, or the author of a protocol, may rely on. Checkers have an entry of
// their own, `quorumquake/checkers`.

// Running a scenario.
export { formatProblems, parseScenario, parseScenarios } from './scenario/file/parse.ts';
export type { ParsedScenario, ParsedScenarios, ParseOptions, Problem, SystemScenario } from './scenario/file/parse.ts';
export { catalogueWith, defects } from './scenario/catalogue.ts';
export type { Catalogue, CatalogueProtocol, DefectRow } from './scenario/catalogue.ts';
export type * from './scenario/scenario.ts';
export { run } from './run/run.ts';
export type { RunRequest } from './run/request.ts';
export type { FaultRecord, Outcome, RunRecord, RunResult, VerdictRecord } from './run/result.ts';

// Finding a run again.
export { formatCoordinate, isSeed, parseCoordinate, slugOf } from './scenario/coordinate.ts';
export type { Coordinate, ParsedCoordinate } from './scenario/coordinate.ts';
export { scenarioHash12 } from './scenario/hash.ts';

// What a run left, as JSON lines.
export { formatHistory, parseHistory } from './history/jsonl.ts';
export type { HistoryProblem, ParsedHistory } from './history/jsonl.ts';
export type { EventType, History, HistoryEvent, Json } from './history/operation.ts';

// Writing a protocol of one's own.
export { assert, AssertionError, unreachable } from './kernel/assert.ts';
export { nodeId } from './kernel/ids.ts';
export type { NodeId } from './kernel/ids.ts';
export type { DurationUs, TimeUs } from './kernel/time.ts';
export { majority, reachedByMajority } from './contract/quorum.ts';
export { ForwardingContext } from './contract/forwarding-context.ts';
export type * from './contract/client.ts';
export type * from './contract/context.ts';
export type * from './contract/disk.ts';
export type * from './contract/invariant.ts';
export type * from './contract/lock.ts';
export type * from './contract/message.ts';
export type * from './contract/module.ts';
export type * from './contract/node.ts';
export type { Options, OptionSpec, OptionTable, OptionValue, SwarmDraw } from './contract/options.ts';
export type * from './contract/session.ts';
export type * from './contract/state-machine.ts';
export type * from './contract/variant.ts';

export type { CrashKind, FaultEffect, InFlight, LinkProfile } from './contract/world-control.ts';
