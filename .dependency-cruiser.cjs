/** Who may import whom: an arrow that is not below is a fault. */
const layers = {
  model: [],
  keys: ['model'],
  serial: ['model'],
  journal: ['model'],
  settings: ['model', 'keys'],
  servers: ['model', 'keys'],
  boards: ['model', 'keys', 'serial'],
  flows: ['model', 'keys', 'serial', 'journal', 'settings', 'servers', 'boards'],
  rehearsal: ['model', 'keys', 'serial', 'settings', 'servers', 'boards'],
  reports: ['model', 'journal'],
  requests: ['model', 'keys', 'journal'],
  slots: ['model', 'keys', 'serial', 'journal', 'settings', 'servers', 'boards', 'flows'],
};

/** What front ends ask and are told: the whole of it, and a file for each area. */
const CONTRACT = ['^src/contract\\.ts$', '^src/contract/'];

const within = Object.entries(layers).map(([layer, below]) => ({
  name: `${layer}-imports-only-what-is-below-it`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: {
    path: '^src/',
    // The contract's views are types that any layer may fill.
    pathNot: [`^src/${layer}/`, ...CONTRACT, ...below.map((name) => `^src/${name}/`)],
  },
}));

module.exports = {
  forbidden: [
    ...within,
    {
      name: 'a-part-of-the-contract-knows-nouns-alone',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { path: '^src/', pathNot: '^src/(contract|model)/' },
    },
    {
      name: 'model-imports-nothing',
      comment: 'The nouns depend on no package and on nothing of Node.',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { pathNot: '^src/model/' },
    },
    {
      name: 'kinds-of-servers-are-known-in-servers-alone',
      comment: 'Stations and flows work with what all device servers have in common.',
      severity: 'error',
      from: { path: '^(src|electron|renderer)/', pathNot: '^src/servers/' },
      to: { path: '^src/servers/(mender|mic)/' },
    },
    {
      name: 'no-electron-in-src',
      comment: 'A station is a Node program; the window is a guest.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: [
          '^electron/',
          '^renderer/',
          '^tools/',
          '^test/',
          '(^|/)node_modules/electron(-store)?/',
          '^electron$',
        ],
      },
    },
    {
      name: 'front-ends-do-not-meet',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^electron/' },
    },
    {
      name: 'only-the-command-knows-the-command',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'below-the-station-the-contract-is-types',
      severity: 'error',
      from: { path: '^src/[a-z]+/', pathNot: '^src/(cli|station|contract)/' },
      to: { path: CONTRACT, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'renderer-knows-contract-and-nouns-alone',
      severity: 'error',
      from: { path: '^renderer/' },
      // The transcript's entries are part of what the contract says.
      to: {
        path: '^(src|electron|tools)/',
        pathNot: [...CONTRACT, '^src/model/', '^src/serial/transcript\\.ts$'],
      },
    },
    {
      name: 'renderer-takes-types-alone',
      comment: "The window's bundle holds none of the station's code but its nouns.",
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^src/', pathNot: '^src/model/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'preload-is-alone',
      severity: 'error',
      from: { path: '^electron/preload/' },
      to: { pathNot: ['^electron/messages\\.ts$', '(^|/)node_modules/electron/', '^electron$'] },
    },
    {
      name: 'main-holds-no-station',
      comment:
        'Main has windows and supervision: no port, no key, no server. The command it may run is loaded apart.',
      severity: 'error',
      from: { path: '^electron/main/', pathNot: '^electron/main/command-app\\.ts$' },
      to: {
        path: '^src/',
        pathNot: [...CONTRACT, '^src/model/', '^src/settings/(home|secrets-from-environment)\\.ts$'],
      },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\.(css|svg)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
