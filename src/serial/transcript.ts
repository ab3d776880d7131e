/**
 * What went over a line, for people. A secret is masked where it is sent or received, as a span of its own kind, and
 * never searched for afterwards.
 */
export type TranscriptEntry =
  | { readonly at: number; readonly way: 'sent' | 'received'; readonly text: string }
  | {
      readonly at: number;
      readonly way: 'sent' | 'received';
      readonly masked: MaskedKind;
      readonly bytes: number;
    }
  | { readonly at: number; readonly way: 'note'; readonly text: string };

/** What a masked span held. */
export type MaskedKind = 'password' | 'private key' | 'configuration' | 'token' | 'signature';

/** Takes the entries of one line as they come. `at` is milliseconds since the job began. */
export interface Transcript {
  add(entry: TranscriptEntry): void;
}
