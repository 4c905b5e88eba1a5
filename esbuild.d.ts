import type { Plugin } from 'esbuild';

/**
 * Writes the licenses of all packages that are part of a bundle.
 *
 * @param extension its folder in the repository.
 * @param outfile by default in the `dist/` of that folder.
 */
export function notices(extension: string, outfile?: string): Plugin;
