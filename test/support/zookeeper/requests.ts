import fc from 'fast-check';
import type { SessionId, WriteOp } from '../../../src/protocols/zookeeper/messages.ts';
import type { PrepareRequest } from '../../../src/protocols/zookeeper/tree/prepare.ts';

/** A request of a session. */
export interface SessionRequest {
  readonly session: SessionId;
  readonly request: PrepareRequest;
}

export const SESSIONS: readonly SessionId[] = [11, 12, 13];

/** Few names, so that what is asked for meets what is there; here and there, paths that are none. */
const path = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('/a', '/a/x') },
  { weight: 8, arbitrary: fc.constantFrom('/b', '/a/y', '/b/x', '/a/x/q', '/a/', '/a/x/q-') },
  { weight: 1, arbitrary: fc.constantFrom('/', '', 'a', 'a/x', '//x', '/a//x', '/a/./x', '/a/..', '/a/\u0001') },
);
const data = fc.constantFrom('', 'one', 'two');
const version = fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(2) });
const mode = fc.oneof(
  { weight: 3, arbitrary: fc.constant('persistent' as const) },
  { weight: 2, arbitrary: fc.constantFrom('ephemeral', 'persistent-sequential', 'ephemeral-sequential') },
);

const writeOp: fc.Arbitrary<WriteOp> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('create'), path, data, mode }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('delete'), path, version }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('set'), path, data, version }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('check'), path, version }) },
);

const request: fc.Arbitrary<PrepareRequest> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('op'), op: writeOp }) },
  {
    weight: 4,
    arbitrary: fc.array(writeOp, { maxLength: 4 }).map((ops) => ({ kind: 'op', op: { op: 'multi', ops } } as const)),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('create-session'), timeoutUs: fc.nat(9), password: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'close-session' } as const) },
);

export const sessionRequest: fc.Arbitrary<SessionRequest> =
  fc.record({ session: fc.constantFrom(...SESSIONS), request });
