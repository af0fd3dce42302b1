import type { Json } from '../../src/history/operation.ts';
import type { Model, ModelName } from '../model.ts';
import { append } from './append.ts';
import { counterModel } from './counter.ts';
import { fencedLock } from './fenced-lock.ts';
import { mutex } from './mutex.ts';
import { queue } from './queue.ts';
import { registerModel } from './register.ts';
import { set } from './set.ts';
import { stack } from './stack.ts';

const MODELS: Readonly<Record<ModelName, Model>> = {
  register: registerModel('register', null),
  'cas-register': registerModel('cas-register', null),
  kv: registerModel('kv', null),
  append,
  counter: counterModel(0),
  set,
  mutex,
  'fenced-lock': fencedLock,
  queue,
  stack,
};

/** The names of all models, in the order of the documentation. */
export const MODEL_NAMES: readonly ModelName[] = Object.keys(MODELS) as ModelName[];

/** The model of that name, or `undefined` if there is none. */
export function modelByName(name: ModelName): Model;
export function modelByName(name: string): Model | undefined;
export function modelByName(name: string): Model | undefined {
  return Object.hasOwn(MODELS, name) ? MODELS[name as ModelName] : undefined;
}

/**
 * The model of that name whose objects hold `initial` at first, or `null` if they cannot: only registers of all kinds
 * can hold anything, and a counter a whole number.
 */
export function modelStartingAt(name: ModelName, initial: Json): Model | null {
  switch (name) {
    case 'register':
    case 'cas-register':
    case 'kv':
      return registerModel(name, initial);
    case 'counter':
      return Number.isSafeInteger(initial) ? counterModel(initial as number) : null;
    default:
      return null;
  }
}
