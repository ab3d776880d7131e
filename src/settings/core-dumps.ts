import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { isErrno } from './durable-file.ts';

/**
 * Keeps this process's memory, in which private keys lie for the time of a job, out of crash files. On Linux the kernel
 * is told to leave every mapping out of a core dump (core(5), coredump_filter), which threads and children inherit;
 * macOS and Windows write none unless somebody set that up. Node's own crash report shows no memory but the environment.
 */
export function withholdMemoryFromCrashFiles(): void {
  process.report.excludeEnv = true;
  process.report.reportOnFatalError = false;
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch (thrown) {
    // A kernel without the file writes no core dumps.
    if (!isErrno(thrown, 'ENOENT')) throw thrown;
  }
}
