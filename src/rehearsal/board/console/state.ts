/** Where the dialogue on the console stands. */

/** Where the dialogue stands, for whoever inspects the board. */
export type LoginState = 'login' | 'password' | 'shell' | 'change-password' | 'between';

/** The state of one board's console between boots of its getty. */
export interface ConsoleState {
  state: LoginState;
  user: string | undefined;
  lastLogin: number | undefined;
}
