/** Paths as text. */

/** Joins a path to the directory it is relative to. */
export function absolute(cwd: string, path: string): string {
  return path.startsWith('/') ? path : cwd === '/' ? `/${path}` : `${cwd}/${path}`;
}
