import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
/** Everything that can be made again; nothing outside it and `dist` is ever written. */
export const build = join(root, 'build');
export const dist = join(root, 'dist');
export const schemas = join(root, 'schemas');
export const generated = join(build, 'generated');
export const cache = join(build, 'cache');
export const temporary = join(build, 'tmp');
