import { describe, expect, it } from 'vitest';
import { doctorExitCode } from '../../../src/cli/doctor-command.ts';
import { examine, thisMachine, type Finding, type Machine } from '../../../src/host/doctor.ts';

const well: Machine = {
  nodeVersion: '22.1.0', cores: 8, memory: 16 * 1024 ** 3, screen: {}, environment: {},
  selfTest: () => Promise.resolve({ fingerprints: ['a', 'a'], pinned: 'a' }),
};

async function findingOf(name: Finding['name'], machine: Partial<Machine>): Promise<Finding | undefined> {
  return (await examine({ ...well, ...machine })).find((finding) => finding.name === name);
}

describe('the doctor', () => {
  it('has nothing to say of a machine that is well', async () => {
    const findings = await examine(well);
    expect(findings.map(({ state }) => state)).toEqual(findings.map(() => 'ok'));
    expect(doctorExitCode(findings)).toBe(0);
  });

  it.each(['18.20.0', '20.18.3'])('refuses Node %s', async (nodeVersion) => {
    const finding = await findingOf('node', { nodeVersion });
    expect(finding).toMatchObject({ state: 'bad', text: `Node ${nodeVersion}; >=20.19 is needed` });
    expect(doctorExitCode([finding as Finding])).toBe(1);
  });

  it.each(['20.19.0', '20.20.2', '26.0.0'])('takes Node %s', async (nodeVersion) => {
    expect(await findingOf('node', { nodeVersion })).toMatchObject({ state: 'ok' });
  });

  it('notes one core, and little memory for many', async () => {
    expect(await findingOf('workers', { cores: 1 })).toMatchObject({ state: 'note' });
    expect(await findingOf('memory', { memory: 1024 ** 3 })).toMatchObject({
      state: 'note', text: '1024 MB, of which -j 7 may take 3584 MB: use a smaller -j',
    });
    expect(await findingOf('memory', { memory: 1024 ** 3, cores: 2 })).toMatchObject({ state: 'ok' });
  });

  it('says what the terminal can show', async () => {
    const environment = { LANG: 'en_GB.UTF-8' };
    expect(await findingOf('terminal', { screen: { isTTY: true, columns: 90 }, environment })).toMatchObject({
      text: 'a terminal of 90 columns, colour, Unicode',
    });
    expect(await findingOf('terminal', { environment })).toMatchObject({
      text: 'no terminal: plain lines, no colour, ASCII',
    });
  });

  it.each([
    ['that differ from each other', { fingerprints: ['a', 'b'], pinned: 'a' }],
    ['that differ from those of all other machines', { fingerprints: ['b', 'b'], pinned: 'a' }],
  ])('exits with 3 for runs %s, whatever else is wrong', async (_what, result) => {
    const findings = await examine({ ...well, nodeVersion: '18.0.0', selfTest: () => Promise.resolve(result) });
    expect(findings.find(({ name }) => name === 'self-test')).toMatchObject({ state: 'bad' });
    expect(doctorExitCode(findings)).toBe(3);
  });

  it('tells of a self-test that breaks off', async () => {
    const selfTest = (): Promise<never> => Promise.reject(new Error('no threads here'));
    expect(await findingOf('self-test', { selfTest })).toEqual(
      { name: 'self-test', state: 'bad', text: 'it broke off: no threads here' });
  });

  it('knows the machine that it is on', () => {
    const { nodeVersion, cores, memory } = thisMachine();
    expect(nodeVersion).toBe(process.versions.node);
    expect(cores).toBeGreaterThan(0);
    expect(memory).toBeGreaterThan(2 ** 20);
  });
});
