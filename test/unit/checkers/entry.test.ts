import { describe, expect, test } from 'vitest';
import { checkLinearizable, parseEdnHistory, parseHistory, parseJepsenLog } from '../../../checkers/index.ts';

const JSON_LINES = `{"index":0,"time":0,"process":0,"type":"invoke","f":"read","value":null}
{"index":1,"time":1,"process":0,"type":"ok","f":"read","value":7}
`;

describe('the entry of the checkers', () => {
  test.each([
    ['JSON lines', parseHistory, JSON_LINES],
    ['EDN', parseEdnHistory, '{:process 0, :type :invoke, :f :read}{:process 0, :type :ok, :f :read, :value 7}'],
    ['a log', parseJepsenLog, '0\t:invoke\t:read\tnil\n0\t:ok\t:read\t7\n'],
  ])('reads %s, and judges it', (_, parse, text) => {
    const parsed = parse(text);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(checkLinearizable(parsed.history, { model: 'register' }).verdict).toBe('invalid');
    expect(checkLinearizable(parsed.history, { model: 'register', initial: 7 }).verdict).toBe('valid');
  });
});
