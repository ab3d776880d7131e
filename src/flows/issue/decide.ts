/** What is known of a board and of its record at a server that makes certificates and keys. */
export interface IssueFacts {
  readonly clock: 'right' | 'wrong';
  /** Whether the server has a record of the board. */
  readonly device: 'none' | 'there';
  /** Whether certificate and key are at hand, checked. */
  readonly issued: boolean;
  /** Whether the server's endpoint took them. */
  readonly proved: boolean;
  /** The files that are wanted on the board, in the order in which they are put in place. */
  readonly files: readonly FileFact[];
  /** Whether this job has changed anything. */
  readonly changed: boolean;
}

export interface FileFact {
  readonly path: string;
  /** Whether the file in place is what is wanted. */
  readonly inPlace: boolean;
  /** What lies staged beside it: what is wanted, or something else. */
  readonly staged: 'wanted' | 'other' | 'none';
}

/** Something to be done. */
export type IssueAct =
  | { readonly do: 'set-clock' }
  | { readonly do: 'create' }
  | { readonly do: 'take' }
  | { readonly do: 'prove' }
  | { readonly do: 'stage'; readonly paths: readonly string[] }
  | { readonly do: 'switch'; readonly paths: readonly string[] }
  | { readonly do: 'discard'; readonly paths: readonly string[] };

export type IssueDecision = IssueAct | { readonly done: 'pass' | 'already' };

/**
 * The next thing to do. Certificate and key are proved before they are put in use, so that what does not work never takes
 * the place of what does. A switch that was cut has some files in place and the others still staged: the same rule
 * finishes it, and no pair stays mixed.
 */
export function decideIssue(facts: IssueFacts): IssueDecision {
  const { clock, device, issued, proved, files, changed } = facts;
  if (device === 'none') return { do: 'create' };
  if (!issued) return { do: 'take' };
  if (!proved) return { do: 'prove' };
  const missing = files.filter(({ inPlace }) => !inPlace);
  if (missing.length > 0) {
    if (clock === 'wrong') return { do: 'set-clock' };
    if (missing.every(({ staged }) => staged === 'wanted')) return { do: 'switch', paths: pathsOf(missing) };
    return { do: 'stage', paths: pathsOf(missing) };
  }
  const left = files.filter(({ staged }) => staged !== 'none');
  if (left.length > 0) return { do: 'discard', paths: pathsOf(left) };
  if (clock === 'wrong') return { do: 'set-clock' };
  return { done: changed ? 'pass' : 'already' };
}

function pathsOf(files: readonly FileFact[]): readonly string[] {
  return files.map(({ path }) => path);
}

/** The facts after an action that does what it should, for plans. */
export function afterIssue(facts: IssueFacts, act: IssueAct): IssueFacts {
  const changed = { ...facts, changed: true };
  const of = (paths: readonly string[], change: Partial<FileFact>): readonly FileFact[] =>
    facts.files.map((file) => (paths.includes(file.path) ? { ...file, ...change } : file));
  switch (act.do) {
    case 'set-clock':
      return { ...changed, clock: 'right' };
    case 'create':
      return { ...changed, device: 'there' };
    case 'take':
      return { ...facts, issued: true };
    case 'prove':
      return { ...facts, proved: true };
    case 'stage':
      return { ...changed, files: of(act.paths, { staged: 'wanted' }) };
    case 'switch':
      return { ...changed, files: of(act.paths, { inPlace: true, staged: 'none' }) };
    case 'discard':
      return { ...changed, files: of(act.paths, { staged: 'none' }) };
  }
}
