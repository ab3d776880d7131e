import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { escapesUnder, homesUnder } from './canaries.ts';

/**
 * Loaded into every test process (`--import`): a station's home is searched for secrets at the moment when a test
 * removes it, for afterwards there is nothing left to search. Finds are added to the file that CANARY_REPORT names.
 */
const report = process.env['CANARY_REPORT'];

if (report !== undefined) {
  const search = (target: unknown): void => {
    if (typeof target !== 'string' || !fs.existsSync(target)) return;
    for (const escape of homesUnder(target).flatMap((home) => escapesUnder(home))) {
      fs.appendFileSync(report, `${JSON.stringify(escape)}\n`);
    }
  };
  const { rm, rmSync } = fs;
  const { rm: rmLater } = fs.promises;
  fs.rmSync = (target, options) => {
    search(target);
    rmSync(target, options);
  };
  fs.promises.rm = (target, options) => {
    search(target);
    return rmLater(target, options);
  };
  Object.assign(fs, {
    rm: (...args: Parameters<typeof rm>) => {
      search(args[0]);
      rm(...args);
    },
  });
  syncBuiltinESMExports();
}
