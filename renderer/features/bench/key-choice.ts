import type { KeyType } from '../../../src/model/key.ts';

/** Where the keys of the next jobs come from, as the operator picks it. */
export interface KeyChoice {
  readonly from: 'profile' | 'board' | 'generate' | 'keep' | 'import';
  /** For `board` and `generate`; null leaves it to what the board's client reads. */
  readonly type: KeyType | null;
  /** For `import`. */
  readonly directory: string;
  /** For `import`: whether a passphrase is asked for at each start. */
  readonly encrypted: boolean;
}

export const KEY_CHOICES = ['profile', 'board', 'generate', 'keep', 'import'] as const;

export const AS_PROFILE: KeyChoice = { from: 'profile', type: null, directory: '', encrypted: false };

/** `null` leaves it to the profile. */
export type KeySourceText =
  { readonly finished: true; readonly text: string | null } | { readonly finished: false };

/** The choice as the station spells it; an import without its folder is not finished. */
export function keySourceText(choice: KeyChoice): KeySourceText {
  switch (choice.from) {
    case 'profile':
      return { finished: true, text: null };
    case 'keep':
      return { finished: true, text: 'keep' };
    case 'import':
      return choice.directory.trim() === ''
        ? { finished: false }
        : { finished: true, text: `import:${choice.directory.trim()}` };
    case 'board':
    case 'generate':
      return {
        finished: true,
        text: choice.type === null ? choice.from : `${choice.from}:${choice.type}`,
      };
  }
}
