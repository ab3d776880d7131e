/** The init script of a board without systemd. */
import type { Program } from '../shell/program.ts';

/** /etc/init.d/mender-client, as images without systemd have it. */
export const initScript: Program = async (run) => {
  const { services } = run.machine;
  const [verb = ''] = run.args;
  const units = [...services.units.values()];
  if (!['start', 'stop', 'restart', 'status'].includes(verb)) {
    run.err(`usage: ${run.name} start|stop|restart|status\n`);
    return 2;
  }
  if (verb === 'status') return units.some((unit) => unit.process) ? 0 : 3;
  if (run.process.who.uid !== 0) return run.fail('Operation not permitted');
  for (const unit of units) {
    if (verb !== 'start') {
      const stopping = services.stop(unit);
      await run.process.join(stopping);
    }
    if (verb !== 'stop') services.start(unit);
  }
  return 0;
};
