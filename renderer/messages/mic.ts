/** Texts of servers of the Managed IoT Cloud. */
export const micMessages = {
  kind: 'Kind of server',
  kinds: { mender: 'Mender', mic: 'Managed IoT Cloud' },
  address: 'Host of the stack, or base URL',
  addressHelp:
    'The host at which the App Board is opened, as customer.mic.telenorconnexion.com; or the URL of its API with the path, https://…/prod',
  apiKey: 'API key',
  apiKeyHelp: 'May be left out where the stack tells it.',
  thingType: 'Thing type',
  thingTypeHelp: 'As what boards are made. May be left out where the stack has one type.',
  domain: 'Domain',
  domainHelp: 'Where boards are made; else in the domain of the account.',
  iotCa: 'CA of its MQTT endpoint…',
  iotCaHelp: 'Only where that endpoint is not under Amazon’s roots.',
  storeKey: 'Store its API key',
  storeKeyHelp: 'Where the stack has refused the stored one, or tells none. The App Board shows it.',
  discovery: 'Discovery service',
  discoveryHelp: 'Only in place of the vendor’s own, which finds the stack by its host.',

  rehearsalText:
    'The rehearsal bench puts four simulated boards and a stack of the Managed IoT Cloud inside the station. One click has the stack make a thing for each, and brings certificate and key to the boards; you see every step, the verdicts and the records. Nothing real is touched.',
  rehearsalKind: 'Server of the rehearsal',
  userName: 'User name',
  /** Steps that are something else where the server makes certificate and key. */
  steps: {
    submit: { label: 'Create the thing', effect: 'server' },
    'make-key': { label: 'Fetch certificate and key', effect: 'reads' },
    authenticate: { label: 'Prove them by MQTT', effect: 'reads' },
    stage: { label: 'Stage certificate, key', effect: 'prepares' },
    switch: { label: 'Install certificate, key', effect: 'board' },
  },
} as const;
