// The one entry behind `npm start`, `npm test` and the rest. Plain JavaScript without dependencies: it runs on whatever
// Node the system has and hands over to the pinned one.
import process from 'node:process';

const commands = {
  start: {
    script: 'tools/start.ts',
    says: 'open the app, or rehearse in the terminal where there is no display',
  },
  test: { script: 'tools/test.ts', says: 'run every suite; `npm test -- unit lint` runs some' },
  'test:crash': { script: 'tools/crash.ts', says: 'the whole crash matrix; `--sample` for some of it' },
  station: { script: 'src/cli/cli.ts', says: 'the station command' },
  setup: { script: null, says: 'install the pinned Node and the packages, and stop' },
  build: { script: 'tools/build.ts', says: 'bundle main, preload, station process and renderer' },
  bench: { script: 'tools/bench.ts', says: 'measure; prints one JSON document' },
  package: {
    script: 'tools/forge.ts',
    first: ['package'],
    says: 'package the app for this platform into out/',
  },
  make: { script: 'tools/forge.ts', first: ['make'], says: 'make installers for this platform in out/make' },
  lint: {
    script: 'tools/test.ts',
    first: ['types', 'lint', 'format', 'imports', 'unused'],
    says: 'types, lint, format, import rules, unused code',
  },
  format: {
    script: 'node_modules/prettier/bin/prettier.cjs',
    first: ['--write', '.'],
    says: 'format every file',
  },
};

const oldestNode = 20;

async function main() {
  const [name, ...rest] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (command === undefined) {
    const lines = Object.entries(commands).map(([key, { says }]) => `  ${key.padEnd(11)}${says}`);
    console.error(`usage: node tools/run.mjs COMMAND [ARGUMENTS]\n\n${lines.join('\n')}`);
    return 2;
  }
  const { prepare } = await import('./setup.mjs');
  const { run } = await import('./handover.mjs');
  // The station command's stdout is its result: set-up speaks on stderr only, and says nothing when there is nothing to do.
  const node = await prepare({ quietWhenReady: name !== 'setup' });
  if (command.script === null) return 0;
  return run(node, [command.script, ...(command.first ?? []), ...rest]);
}

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  console.error(
    `Node ${process.versions.node} is too old to start from: any version from ${oldestNode} up will do ` +
      '(the station then brings the one it runs on). Newer ones: https://nodejs.org',
  );
  process.exitCode = 3;
} else {
  main().then(
    (status) => {
      process.exitCode = status;
    },
    (error) => {
      console.error(error && error.expected ? error.message : error);
      process.exitCode = 3;
    },
  );
}
