/** The shell language as a tree. */
import type { ByteString } from '../bytes.ts';

export type Part =
  | { readonly kind: 'text'; readonly text: ByteString; readonly quoted: boolean }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly operator?: ParameterOperator | undefined;
      readonly word?: Word | undefined;
      readonly quoted: boolean;
    }
  | { readonly kind: 'command'; readonly body: List; readonly quoted: boolean }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly quoted: boolean };

export type ParameterOperator =
  '-' | ':-' | '=' | ':=' | '?' | ':?' | '+' | ':+' | '#' | '##' | '%' | '%%' | 'length';

export type Word = readonly Part[];

export interface Redirect {
  readonly fd: number;
  readonly operator: '<' | '>' | '>>' | '>|' | '<>' | '<&' | '>&' | 'here';
  readonly target: Word;
}

export interface Assignment {
  readonly name: string;
  readonly value: Word;
}

export type Command =
  | {
      readonly kind: 'simple';
      readonly assignments: readonly Assignment[];
      readonly words: readonly Word[];
      readonly redirects: readonly Redirect[];
      readonly line: number;
    }
  | { readonly kind: 'pipeline'; readonly negated: boolean; readonly commands: readonly Command[] }
  | {
      readonly kind: 'and-or';
      readonly first: Command;
      readonly rest: readonly { readonly operator: '&&' | '||'; readonly command: Command }[];
    }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly condition: List; readonly body: List }[];
      readonly otherwise: List | undefined;
    }
  | { readonly kind: 'loop'; readonly until: boolean; readonly condition: List; readonly body: List }
  | {
      readonly kind: 'for';
      readonly name: string;
      readonly words: readonly Word[] | undefined;
      readonly body: List;
    }
  | {
      readonly kind: 'case';
      readonly subject: Word;
      readonly items: readonly { readonly patterns: readonly Word[]; readonly body: List }[];
    }
  | { readonly kind: 'group'; readonly body: List }
  | { readonly kind: 'subshell'; readonly body: List }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command }
  | { readonly kind: 'redirected'; readonly command: Command; readonly redirects: readonly Redirect[] };

export interface ListItem {
  readonly command: Command;
  readonly background: boolean;
}

export type List = readonly ListItem[];
