/** Where an object keeps how its data is made: no field that anybody lists, copies or folds into a digest. */
const SOURCE = Symbol('source of data');

interface Source {
  make: (() => string) | null;
  data: string;
}

const DATA: PropertyDescriptor = {
  enumerable: true,
  get(this: { readonly [SOURCE]: Source }): string {
    const source = this[SOURCE];
    if (source.make !== null) {
      source.data = source.make();
      source.make = null;
    }
    return source.data;
  },
};

/**
 * Gives an object one more field, `data`, whose text is made when somebody reads it first, and freezes it. What `make`
 * looks at must not change any more.
 *
 * One getter serves all of them. Written into an object it would be a function of its own, and V8 makes a shape of its
 * own for each: whoever reads any field of such objects then searches, each time.
 */
export function withLazyData<T extends object>(fields: T, make: () => string): Readonly<T & { readonly data: string }> {
  Object.defineProperty(fields, SOURCE, { value: { make, data: '' } satisfies Source });
  Object.defineProperty(fields, 'data', DATA);
  return Object.freeze(fields) as Readonly<T & { readonly data: string }>;
}
