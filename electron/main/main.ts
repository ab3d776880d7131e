import { app } from 'electron';
import { startedAs } from './command.ts';
import { openApp } from './window-app.ts';

const started = startedAs(process.argv, process.defaultApp);

if (started.as === 'window') {
  openApp(started.home);
} else {
  // The station's code is loaded for the command alone: the window's main process has no part in it.
  import('./command-app.ts')
    .then(({ runCommand }) => runCommand(started.args))
    .then(
      (status) => app.exit(status),
      (error: unknown) => {
        console.error(error);
        app.exit(3);
      },
    );
}
