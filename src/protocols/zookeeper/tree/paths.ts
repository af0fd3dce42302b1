/** The path of the parent of `path`; of the root, the root. */
export function parentOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}

/** The name of `path` in its parent. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path of a child. */
export function childOf(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}

/** How ZooKeeper's server looks at a path before it looks for its parent: anything with a slash will do. */
export function hasParent(path: string): boolean {
  return path.includes('/') && !path.includes('\0');
}

/** What ZooKeeper takes for a path: absolute, without empty names, `.`, `..`, and without characters to control. */
export function isPath(path: string): boolean {
  if (path === '/') return true;
  const [root, ...names] = path.split('/');
  return root === '' && names.length > 0 && names.every(isName) && !FORBIDDEN.test(path);
}

/** Controls, surrogates and the private use area of Unicode, and its last sixteen characters. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..';
}
