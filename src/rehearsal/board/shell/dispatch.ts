/** Runs a command as its kind demands. */
import type { Command } from './ast.ts';
import { runPipeline } from './children.ts';
import { LoopControl } from './control.ts';
import { expandFields, expandPattern, expandText } from './expand.ts';
import { matches } from './pattern.ts';
import { redirect } from './redirection.ts';
import type { Shell } from './shell.ts';
import { runSimple } from './simple-command.ts';

/** Runs one command of any kind; answers its status. `last` is for a simple command, see `runSimple`. */
export async function dispatch(shell: Shell, command: Command, last: boolean): Promise<number> {
  switch (command.kind) {
    case 'simple':
      return runSimple(shell, command, last);
    case 'pipeline':
      return runPipeline(shell, command);
    case 'and-or': {
      let status = await shell.runTested(command.first);
      let index = 0;
      for (const { operator, command: next } of command.rest) {
        index++;
        if ((operator === '&&') !== (status === 0)) continue;
        status = index === command.rest.length ? await shell.run(next) : await shell.runTested(next);
      }
      return status;
    }
    case 'if':
      for (const branch of command.branches)
        if ((await shell.condition(branch.condition)) === 0) return shell.list(branch.body);
      return command.otherwise ? shell.list(command.otherwise) : 0;
    case 'loop': {
      let status = 0;
      await loop(shell, async () => {
        if (((await shell.condition(command.condition)) === 0) === command.until) return false;
        status = await shell.list(command.body);
        return true;
      });
      return status;
    }
    case 'for': {
      const words = command.words ? await expandFields(shell, command.words) : [...shell.parameters];
      let status = 0;
      await loop(shell, async () => {
        const word = words.shift();
        if (word === undefined) return false;
        shell.set(command.name, word);
        status = await shell.list(command.body);
        return true;
      });
      return status;
    }
    case 'case': {
      const subject = await expandText(shell, command.subject);
      for (const item of command.items) {
        for (const pattern of item.patterns) {
          if (matches(await expandPattern(shell, pattern), subject))
            return item.body.length === 0 ? 0 : shell.list(item.body);
        }
      }
      return 0;
    }
    case 'group':
      return shell.list(command.body);
    case 'subshell':
      return shell.subshell((fork) => fork.list(command.body), shell.descriptors);
    case 'function':
      shell.functions.set(command.name, command.body);
      return 0;
    case 'redirected': {
      const opened = await redirect(shell, command.redirects);
      if (!opened) return shell.redirectionStatus;
      const saved = shell.descriptors;
      shell.descriptors = opened.descriptors;
      try {
        return await dispatch(shell, command.command, false);
      } finally {
        shell.descriptors = saved;
        opened.close();
      }
    }
  }
}

/** Repeats a step until it answers false or `break` ends it. */
async function loop(shell: Shell, step: () => Promise<boolean>): Promise<void> {
  for (;;) {
    shell.process.check();
    try {
      if (!(await step())) return;
    } catch (error) {
      if (!(error instanceof LoopControl)) throw error;
      if (error.levels > 1) throw new LoopControl(error.how, error.levels - 1);
      if (error.how === 'break') return;
    }
  }
}
