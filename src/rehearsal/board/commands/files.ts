/** The programs that handle files, by name. */
import type { Program } from '../shell/program.ts';
import { chmod, chown, touch } from './attributes.ts';
import { cp } from './copy.ts';
import { dd } from './dd.ts';
import { mkdir, rmdir } from './directories.ts';
import { ln } from './link.ts';
import { ls } from './ls.ts';
import { mktemp } from './mktemp.ts';
import { df, mount, mountpoint, sync } from './mounts.ts';
import { mv } from './move.ts';
import { basename, dirname, readlink, realpath } from './path-names.ts';
import { rm } from './remove.ts';
import { stat } from './stat.ts';

/** File programs by name. */
export const filePrograms: Readonly<Record<string, Program>> = {
  mkdir,
  rmdir,
  rm,
  cp,
  mv,
  ln,
  touch,
  chmod,
  chown,
  mktemp,
  readlink,
  realpath,
  basename,
  dirname,
  sync,
  stat,
  df,
  ls,
  dd,
  mountpoint,
  mount,
};
