import type { Command } from 'commander';
import type { ProgramParts } from '../../context.ts';
import { addBatchEndCommands } from './end.ts';
import { addBatchImportCommand } from './import.ts';
import { addBatchListCommands } from './list.ts';
import { addBatchPreauthorizeCommand } from './preauthorize.ts';
import { addBatchRowsCommand } from './rows.ts';
import { addBatchShareCommands } from './share.ts';
import { addBatchTakeBackCommand } from './take-back.ts';

/** `station batch ...`: lists of boards that are expected, or whose keys are known before. */
export function addBatchCommands(program: Command, parts: ProgramParts): void {
  const batch = program.command('batch').description('lists of boards: expected ones, or with known keys');
  addBatchImportCommand(batch, parts);
  addBatchListCommands(batch, parts);
  addBatchRowsCommand(batch, parts);
  addBatchPreauthorizeCommand(batch, parts);
  addBatchTakeBackCommand(batch, parts);
  addBatchShareCommands(batch, parts);
  addBatchEndCommands(batch, parts);
}
