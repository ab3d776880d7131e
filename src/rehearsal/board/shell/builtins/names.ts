/** Names of variables, with their values in quotes. */
import type { ByteString } from '../../bytes.ts';

/** Whether a text can be the name of a variable. */
export const isName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/u.test(text);

/** A value in quotes, so that the shell could read it again. */
export const quote = (value: ByteString): string => `'${value.replaceAll("'", `'"'"'`)}'`;
