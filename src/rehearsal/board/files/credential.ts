/** In whose name a file is asked for. */

/** Who asks for a file: user id 0 passes every check. */
export interface Credential {
  readonly uid: number;
  readonly gid: number;
}

/** The super-user. */
export const root: Credential = { uid: 0, gid: 0 };
