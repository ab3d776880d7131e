/** What board and server say themselves, behind the station's back. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import type { Board } from './board.ts';
import type { Station } from './station.ts';
import { ADMIN, BOARD_PASSWORD } from './station.ts';

/** An openssl for the test's own eyes, also on boards that have none. */
const OPENSSL = '/opt/mender-double/bin/openssl';
const KEY = '/var/lib/mender/mender-agent.pem';

/** `sha256:<hex>` of a public key's SPKI DER. */
export function fingerprintOf(der: Uint8Array): string {
  return `sha256:${createHash('sha256').update(der).digest('hex')}`;
}

/** The fingerprint of the key that a board's file holds; null where there is no key. */
export async function boardKey(board: Board, file = KEY): Promise<string | null> {
  const said = await board.run(
    `${OPENSSL} pkey -in '${file}' -passin pass: -pubout -outform DER | base64 -w0`,
  );
  return said.stdout === '' ? null : fingerprintOf(Buffer.from(said.stdout, 'base64'));
}

/** Whether the key file holds a whole private key, or is not there at all. */
export async function keyFileIsWhole(board: Board): Promise<boolean> {
  return (
    (await board.run(`[ ! -e ${KEY} ] || ${OPENSSL} pkey -in ${KEY} -passin pass: -check -noout`)).status ===
    0
  );
}

/** What a board's key, configuration and CA files hold, as one text that changes when any of them does. */
export async function boardFiles(board: Board): Promise<string> {
  const said = await board.run(
    'for f in /var/lib/mender/* /etc/mender/*; do case $f in *mender-store*) ;; *) sha256sum "$f"; stat -c %a "$f";; esac; done',
  );
  return said.stdout;
}

/** Files that a station staged and did not put in place. */
export async function leftovers(board: Board): Promise<readonly string[]> {
  const said = await board.run(
    "find /data /etc /var/lib -name '*.station'; find /tmp -type f -name 'tmp.*' -maxdepth 1",
  );
  return said.stdout.split('\n').filter(Boolean);
}

/** Programs on the board's terminals but for the login; empty when nobody is logged in. */
export async function shells(board: Board): Promise<readonly string[]> {
  const said = await board.run(
    'ps -A -o tty=,comm=,args= | awk \'$1 != "?" && $2 != "agetty" && $2 != "login"\'',
  );
  return said.stdout.split('\n').filter(Boolean);
}

/** Waits until nobody is logged in on the board; the shells that are left after five seconds. */
export async function shellsLeft(board: Board, timeoutMs = 5000): Promise<readonly string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await shells(board);
    if (found.length === 0 || performance.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Whether the board's own client is authorized, by its own bootstrap, and what it said. */
export async function bootstrap(
  board: Board,
): Promise<{ readonly authorized: boolean; readonly said: string }> {
  const doubled = board.spec.client === 'mender-5-double';
  const { status, stderr } = await board.run(
    doubled ? 'mender-auth bootstrap' : 'mender --no-syslog bootstrap',
  );
  const authorized = doubled
    ? stderr.includes('Successfully authorized with the server')
    : status === 0 && stderr.includes('successfully received new authorization data');
  return { authorized, said: stderr };
}

/** Waits for the key that a client makes on its first boot. */
export async function firstKey(board: Board): Promise<void> {
  await board.run(`i=0; while [ ! -e ${KEY} ] && [ $i -lt 200 ]; do i=$((i+1)); sleep 0.1; done`);
}

/** The device of a board, its auth sets with their keys' fingerprints; null where the server knows none. */
export function deviceOf(server: MenderServer, board: Pick<Board, 'mac'>) {
  const device = server.inspect().find(({ identity }) => identity['mac'] === board.mac);
  if (device === undefined) return null;
  const sets = device.sets.map(({ id, pubkey, status }) => ({
    id,
    status,
    fingerprint: fingerprintOf(createPublicKey(pubkey).export({ type: 'spki', format: 'der' })),
  }));
  return { id: device.id, status: device.status, sets };
}

/** The keys with which the server accepts a board. */
export function acceptedKeys(server: MenderServer, board: Pick<Board, 'mac'>): readonly string[] {
  return (deviceOf(server, board)?.sets ?? [])
    .filter(({ status }) => status === 'accepted')
    .map(({ fingerprint }) => fingerprint);
}

/** A secret's bytes as they may lie in a file: as they are, in hex, and in base64 at each place in a group. */
function disguises(secret: Buffer): readonly Buffer[] {
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64');
    // Without the characters that depend on the neighbours.
    return text.slice(shift === 0 ? 0 : shift + 1, Math.floor(((secret.length + shift) * 8) / 6));
  });
  return [secret, ...[secret.toString('hex'), ...base64].map((text) => Buffer.from(text))];
}

/** Private numbers of the key in a PEM. */
function privateNumber(pem: string): Buffer {
  const { d } = createPrivateKey(pem).export({ format: 'jwk' });
  if (d === undefined) throw new Error('a private key without a private number');
  return Buffer.from(d, 'base64url').subarray(0, 32);
}

/** The private number of the key that a board has in use. */
export async function privateNumberOf(board: Board): Promise<Buffer> {
  return privateNumber((await board.run(`cat ${KEY}`)).stdout);
}

/** Where a secret of these boards, or of the server's account, is found in what a station wrote. Empty when nowhere. */
export async function secretsIn(
  station: Station,
  boards: readonly Board[],
  others: readonly string[] = [],
): Promise<readonly string[]> {
  const keys = await Promise.all(
    boards.map(async (board) => ({ board, pem: (await board.run(`cat ${KEY}`)).stdout })),
  );
  const secrets = [
    { name: 'the admin’s password', forms: disguises(Buffer.from(ADMIN.password)) },
    { name: 'the boards’ password', forms: disguises(Buffer.from(BOARD_PASSWORD)) },
    ...others.map((other) => ({ name: other, forms: disguises(Buffer.from(other)) })),
    { name: 'a PEM private key', forms: [Buffer.from('PRIVATE KEY-----')] },
    // Header and payload of any token of a server: {"alg": and {"
    { name: 'a token', forms: [/eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/] },
    ...keys
      .filter(({ pem }) => pem.includes('PRIVATE KEY') && !pem.includes('ENCRYPTED'))
      .map(({ board, pem }) => ({
        name: `the private key of ${board.name}`,
        forms: disguises(privateNumber(pem)),
      })),
  ];
  return (await station.written()).flatMap(({ where, bytes }) =>
    secrets
      .filter(({ forms }) =>
        forms.some((form) =>
          form instanceof RegExp ? form.test(bytes.toString('latin1')) : bytes.includes(form),
        ),
      )
      .map(({ name }) => `${name} in ${where}`),
  );
}
