import type { Model, ModelName } from '../model.ts';
import { append } from './append.ts';
import { casRegister } from './cas-register.ts';
import { register } from './register.ts';

const MODELS: Readonly<Record<ModelName, Model>> = {
  register,
  'cas-register': casRegister,
  append,
};

/** The names of all models, in the order of the documentation. */
export const MODEL_NAMES: readonly ModelName[] = ['register', 'cas-register', 'append'];

/** The model of that name, or `undefined` if there is none. */
export function modelByName(name: ModelName): Model;
export function modelByName(name: string): Model | undefined;
export function modelByName(name: string): Model | undefined {
  return Object.hasOwn(MODELS, name) ? MODELS[name as ModelName] : undefined;
}
