import type { ConnectedClientInit } from '../../../contract/coordination.ts';
import type { Node } from '../../../contract/node.ts';
import { askDirectly, askRegisters } from './asking.ts';
import { type LibraryInit, SessionLibrary } from './library.ts';
import { ZnodeClient } from './znode-client.ts';

/** A client of the tree, or of registers in it. */
export function createZnodeClient(
  init: ConnectedClientInit, createLibrary: (init: LibraryInit) => SessionLibrary = (own) => new SessionLibrary(own),
): Node {
  const { isOfTree, options } = init;
  const asking = isOfTree ? askDirectly : askRegisters(options['reads'] === 'local' ? 'local' : 'sync');
  return new ZnodeClient({ ...init, asking, createLibrary });
}
