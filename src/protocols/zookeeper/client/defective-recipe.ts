import type { ConnectedClientInit } from '../../../contract/coordination.ts';
import type { Operation } from '../../../contract/session.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import { RecipeClient } from './recipe-client.ts';
import type { Recipe, RecipeInit } from './recipe.ts';

/** A client of which some operations are carried out otherwise; `null` leaves one to the reference. */
export function recipeVariant(
  make: (operation: Operation, init: RecipeInit, fired: Fired) => Recipe | null,
): Extract<Variant, { in: 'connected' }>['create'] {
  return (init: ConnectedClientInit, fired: Fired) => new (class extends RecipeClient {
    protected override recipeOf(operation: Operation, own: RecipeInit): Recipe {
      return make(operation, own, fired) ?? super.recipeOf(operation, own);
    }
  })(init);
}
