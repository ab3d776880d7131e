import type { Command } from 'commander';
import { expect, test } from 'vitest';
import type { ProgramParts } from '../../../src/cli/context.ts';
import { buildProgram } from '../../../src/cli/program.ts';
import { ERRORS, type ErrorRow } from '../../../src/model/error-table.ts';

/** The command that a call's words begin with, through its sub-commands. */
function commandOf(words: readonly string[], program: Command): Command {
  const next = program.commands.find((command) => command.name() === words[0]);
  return next === undefined ? program : commandOf(words.slice(1), next);
}

test('what the texts of errors tell people to run has the options that the command takes, and all that it needs', () => {
  const program = buildProgram({} as ProgramParts);
  const looked: string[] = [];
  for (const [code, { remedy }] of Object.entries<ErrorRow>(ERRORS))
    for (const [, call = ''] of remedy.matchAll(/(?:\(|: )station ([a-z][^().;:]*)/g)) {
      const command = commandOf(call.split(' '), program);
      expect(command, `${code}: ${call}`).not.toBe(program);
      const given: readonly string[] = call.match(/--[a-z-]+/g) ?? [];
      const { options } = command;
      const known: readonly (string | undefined)[] = [...options.map(({ long }) => long), '--help'];
      expect(
        given.filter((option) => !known.includes(option)),
        `${code}: ${call}`,
      ).toEqual([]);
      // A bare name only says where to look.
      const missing = options.filter(({ mandatory, long }) => mandatory && !given.includes(long ?? ''));
      if (given.length > 0)
        expect(
          missing.map(({ long }) => long),
          `${code}: ${call}`,
        ).toEqual([]);
      looked.push(call);
    }
  expect(looked.length).toBeGreaterThan(40);
});
