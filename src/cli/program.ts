import { Command } from 'commander';
import { addBatchCommands } from './commands/batch/index.ts';
import { addBoardProfileCommands } from './commands/board-profile.ts';
import { addCredentialCommands } from './commands/credential.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addIdentifyCommand } from './commands/identify.ts';
import { addInventoryCommands } from './commands/inventory.ts';
import { addJournalCommands } from './commands/journal.ts';
import { addPeopleCommands } from './commands/people.ts';
import { addPortsCommand } from './commands/ports.ts';
import { addProvisionCommands } from './commands/provision.ts';
import { addReconcileCommand } from './commands/reconcile.ts';
import { addRehearseCommand } from './commands/rehearse.ts';
import { addRekeyCommand } from './commands/rekey.ts';
import { addResumeCommand } from './commands/resume.ts';
import { addServerCommands } from './commands/server.ts';
import { addShiftCheckCommand } from './commands/shift-check.ts';
import { addStatsCommand } from './commands/stats.ts';
import type { ProgramParts } from './context.ts';
import { VERSION } from '../version.ts';

const AFTER_HELP = `
Secrets never come as arguments: use the prompt, --password-stdin, or STATION_PASSWORD, STATION_TOKEN (a personal access
token), STATION_TENANT_TOKEN, STATION_API_KEY, STATION_BOARD_PASSWORD, STATION_KEY_PASSPHRASE, STATION_PIN, STATION_NEW_PIN,
STATION_NEW_BADGE, which are deleted from the environment at once.

The options of a command:  station provision --help, station batch import --help, and so on.

Exit status: 0 all done; 1 at least one board, row or check failed; 2 the call is wrong; 3 the station cannot work
(server, login, journal); 130 interrupted, after every board was brought to a safe state.

Try it without hardware:  station rehearse --boards 4`;

/** The `station` command with all that it can do. */
export function buildProgram(parts: ProgramParts): Command {
  const program = new Command('station')
    .description(
      'Provisioning station: gives boards on serial ports their keys and has them accepted on a device server.',
    )
    .version(VERSION, '-V, --version')
    .addHelpText('after', AFTER_HELP)
    .configureOutput({
      writeOut: (text) => void parts.io.stdout.write(text),
      writeErr: (text) => void parts.io.stderr.write(text),
    })
    // What follows a command's name is that command's: rekey and its own commands have options of the same names.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('(station --help shows what there is)');
  addPortsCommand(program, parts);
  addServerCommands(program, parts);
  addBoardProfileCommands(program, parts);
  addCredentialCommands(program, parts);
  addIdentifyCommand(program, parts);
  addProvisionCommands(program, parts);
  addRekeyCommand(program, parts);
  addBatchCommands(program, parts);
  addInventoryCommands(program, parts);
  addResumeCommand(program, parts);
  addReconcileCommand(program, parts);
  addPeopleCommands(program, parts);
  addJournalCommands(program, parts);
  addStatsCommand(program, parts);
  addRehearseCommand(program, parts);
  addShiftCheckCommand(program, parts);
  addDoctorCommand(program, parts);
  return program;
}
