import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CertificateView, ServerView } from '../../contract.ts';
import type { KnownCertificate } from '../../contract/servers.ts';
import type { Trust } from '../../model/server-profile.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { Station } from '../../station.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import { printableValue } from '../printable.ts';
import { askYes } from '../prompt.ts';

/**
 * How a new server is trusted: as the options say, else by this machine's CAs; where those do not know its certificate, by
 * its key, once a person at the terminal has compared it.
 *
 * @throws StationError `server/unknown-certificate` where nobody confirmed it.
 */
export async function trustFor(
  { io, output }: CommandContext,
  station: Station,
  name: string,
  url: string | undefined,
  { ca, pin }: { readonly ca?: string; readonly pin?: string },
): Promise<Trust> {
  if (ca !== undefined && pin !== undefined)
    throw new StationError('station/usage', { detail: 'Give --ca or --pin, not both.' });
  if (pin !== undefined) return { by: 'pin', spkiSha256: pin };
  if (ca !== undefined) return { by: 'ca', pem: await caFrom(ca) };
  if (url === undefined || !URL.canParse(url) || new URL(url).protocol !== 'https:') return { by: 'system' };
  let shown: CertificateView;
  try {
    shown = await station.call('server.certificate', { url }, io.interrupted);
  } catch (thrown) {
    const { code, message } = asStationError(thrown);
    if (!code.startsWith('server/')) throw thrown;
    output.note(`Its certificate could not be looked at now, and is verified at the first call: ${message}`);
    return { by: 'system' };
  }
  if (shown.trustedBySystem) return { by: 'system' };
  // Also with --quiet: it is what the question is about.
  output.error(`No CA of this machine knows the certificate of ${name}:\n${facts(printableValue(shown))}`);
  const { subject, spkiSha256 } = shown;
  const confirmed =
    io.stdin.isTTY && (await askYes(io, `Is this what its administrator told you: trust this key alone`));
  if (!confirmed)
    throw new StationError('server/unknown-certificate', { server: name, subject, spki: spkiSha256 });
  return { by: 'pin', spkiSha256 };
}

/** `station server pin`. */
export function addPinCommand(server: Command, parts: ProgramParts): void {
  const pin = server
    .command('pin <name>')
    .description(
      'trust a known server by its key: shows the one that it has now beside the pinned one, and asks',
    )
    .option('--pin <sha256>', 'this very key (SHA-256 of its SPKI, hex or base64), without asking');
  action<{ readonly pin?: string }>(pin, parts, (context, { pin: given }, [name = '']) =>
    context.withStation('write', async (station) => {
      const spkiSha256 = given ?? (await confirmedKey(context, station, name));
      const view = await station.call('server.pin', { name, spkiSha256 });
      context.output.result(view, pinned);
      return 0;
    }),
  );
}

async function confirmedKey({ io, output }: CommandContext, station: Station, name: string): Promise<string> {
  const known = await station.call('server.shown-certificate', { name }, io.interrupted);
  const { spkiSha256 } = known.certificate;
  output.error(comparison(printableValue(known)));
  if (!io.stdin.isTTY)
    throw new StationError('station/usage', {
      detail: `There is no terminal to ask at: compare the key, then give --pin ${spkiSha256}.`,
    });
  if (!(await askYes(io, 'Is this what its administrator told you: trust this key from now on')))
    throw new StationError('job/cancelled');
  return spkiSha256;
}

function pinned({ name, trust }: ServerView): string {
  return `${name} is trusted by the key ${trust.by === 'pin' ? trust.spkiSha256 : ''} alone.`;
}

function comparison({ certificate, pinned: before, seen }: KnownCertificate): string {
  return [
    facts(certificate),
    ...(before === null
      ? []
      : [`  pinned:     ${before}${before === certificate.spkiSha256 ? ' (the same)' : ' (ANOTHER ONE)'}`]),
    ...(seen === null ? [] : [`  since ${seen.at}: ${seen.spkiSha256}`]),
  ].join('\n');
}

function facts({ subject, issuer, validFrom, validTo, spkiSha256 }: CertificateView): string {
  return [
    `  issued to:  ${subject}`,
    `  issued by:  ${issuer}`,
    `  valid:      ${validFrom} to ${validTo}`,
    `  its key:    ${spkiSha256} (SHA-256 of the SPKI)`,
  ].join('\n');
}

async function caFrom(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new StationError('station/usage', { detail: `The CA file ${file} cannot be read.` }, { cause });
  }
}
