import type { Command } from 'commander';
import { action, type ProgramParts } from '../context.ts';
import { table } from '../output.ts';
import { printableJson } from '../printable.ts';

/** `station board-profile list | show | check | password`. */
export function addBoardProfileCommands(program: Command, parts: ProgramParts): void {
  const profile = program
    .command('board-profile')
    .description('how to talk to each kind of board (JSON files, schema published)');
  action(profile.command('list').description('the known profiles'), parts, ({ output, withStation }) =>
    withStation('read', async (station) => {
      const profiles = await station.call('profile.list', {});
      output.result(profiles, (all) =>
        table(
          ['NAME', 'LOGIN', 'BAUD', 'LEAST PROOF', 'DESCRIPTION'],
          all.map(({ name, login, line, leastProof, description }) => [
            name,
            login.user,
            String(line.baudRate),
            leastProof,
            description,
          ]),
        ),
      );
      return 0;
    }),
  );
  action(
    profile.command('show <name>').description('one profile, with all defaults filled in'),
    parts,
    ({ output, withStation }, _, [name = '']) =>
      withStation('read', async (station) => {
        const found = await station.call('profile.show', { name });
        // A document that somebody may keep: it has to mean the same.
        output.result(found, () => printableJson(found));
        return 0;
      }),
  );
  action(
    profile.command('check <file>').description('say whether a file is a valid profile, and what is wrong'),
    parts,
    ({ output, withStation }, _, [file = '']) =>
      withStation('read', async (station) => {
        output.result(
          await station.call('profile.check', { path: file }),
          ({ name }) => `${file} is a valid profile (${name}).`,
        );
        return 0;
      }),
  );
}
