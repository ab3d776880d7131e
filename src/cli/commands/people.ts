import { Option, type Command } from 'commander';
import type { CallInput, PeopleView, StationApi } from '../../contract.ts';
import {
  GRANTABLE,
  RIGHT_TEXTS,
  ROLES,
  WHILE_LOCKED,
  type Grantable,
  type Role,
} from '../../model/rights.ts';
import { StationError } from '../../model/station-error.ts';
import { collect } from '../collect.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import { wholeNumber } from '../numbers.ts';
import { table } from '../output.ts';
import { askSecret } from '../prompt.ts';

interface AddOptions {
  readonly role: Role;
  readonly badge?: boolean;
  readonly grant?: readonly Grantable[];
}

interface SetOptions {
  readonly role?: Role;
  readonly pin?: boolean;
  /** `--badge` or `--no-badge`. */
  readonly badge?: boolean;
  readonly grant?: readonly Grantable[];
  readonly revoke?: readonly Grantable[];
  readonly idle?: string;
}

interface RulesOptions {
  readonly idle?: string;
  readonly whileLocked?: PeopleView['rules']['whileLocked'];
  readonly provisionFreely?: 'yes' | 'no';
}

const MOST_MINUTES = 720;
const AFTER_HELP = `
A station without people lets everybody do everything. The first person has to be an admin; from then on every command
that changes something takes --operator NAME and the PIN (at the prompt, in STATION_PIN, or with --pin-stdin).
New PINs and badges are asked for at the prompt, or come in STATION_NEW_PIN and STATION_NEW_BADGE.

Roles: technician (boards of open batches), field (also re-keys returned units and logs in at servers), admin.
Rights that --grant gives beside a role:
${GRANTABLE.map((right) => `  ${right.padEnd(18)}${RIGHT_TEXTS[right]}`).join('\n')}`;

/** `station people list | add | set | remove | pin | rules`. */
export function addPeopleCommands(program: Command, parts: ProgramParts): void {
  const people = program
    .command('people')
    .description('who may work here, with a PIN or a badge, and when the bench locks itself')
    .addHelpText('after', AFTER_HELP);

  action(people.command('list').description('who may work here'), parts, ({ output, withStation }) =>
    withStation('read', async (station) => {
      output.result(await station.call('people.show', {}), listing);
      return 0;
    }),
  );

  const add = people
    .command('add <name>')
    .description('add a person; the first one has to be an admin')
    .addOption(new Option('--role <role>', 'what the person is here').choices(ROLES).makeOptionMandatory())
    .option('--badge', 'ask for a badge as well; the PIN may then be left empty')
    .addOption(grantOption('--grant <right>', 'a right beside the role; may be given again'));
  action<AddOptions>(add, parts, (context, { role, badge, grant }, [name = '']) =>
    context.withStation('write', async (station) => {
      const codes = await newCodes(context, name, { pin: true, badge: badge === true });
      await station.call('people.add', { name, role, ...codes, grants: [...(grant ?? [])] });
      context.output.result({ added: name, role }, () => `Added ${name} as ${role}.`);
      return 0;
    }),
  );

  const set = people
    .command('set <name>')
    .description('change a person: role, PIN, badge, rights, idle time')
    .addOption(new Option('--role <role>', 'what the person is here').choices(ROLES))
    .option('--pin', 'ask for a new PIN')
    .option('--badge', 'ask for a new badge')
    .option('--no-badge', 'take the badge away')
    .addOption(grantOption('--grant <right>', 'a right beside the role; may be given again'))
    .addOption(grantOption('--revoke <right>', 'take such a right away; may be given again'))
    .option('--idle <minutes>', 'lock after so long without a sign; 0: never; bench: as for everybody');
  // Commander takes a --no-badge for a --badge that is on by default.
  set.setOptionValue('badge', undefined);
  action<SetOptions>(set, parts, (context, options, [name = '']) =>
    context.withStation('write', async (station) => {
      await station.call('people.set', await changeOf(context, station, name, options));
      context.output.result({ changed: name }, () => `Changed ${name}.`);
      return 0;
    }),
  );

  action(
    people.command('remove <name>').description('the person may not work here any more'),
    parts,
    ({ output, withStation }, _, [name = '']) =>
      withStation('write', async (station) => {
        const { defined } = await station.call('people.remove', { name });
        output.result({ removed: name }, () =>
          defined ? `Removed ${name}.` : `Removed ${name}. Nobody is left: everybody may everything again.`,
        );
        return 0;
      }),
  );

  action(people.command('pin').description('a new PIN for oneself (--operator NAME)'), parts, (context, _) =>
    context.withStation('write', async (station) => {
      const { operator } = context;
      if (operator === null)
        throw new StationError('station/usage', { detail: 'Say whose PIN it is: --operator NAME.' });
      const { pin } = await newCodes(context, operator.name, { pin: true, badge: false });
      const code = (await operator.code()).reveal();
      await station.call('people.set-pin', { code, pin: pin ?? '' });
      context.output.result({ changed: operator.name }, () => 'Your PIN is a new one now.');
      return 0;
    }),
  );

  const rules = people
    .command('rules')
    .description('when the bench locks itself, and what it does then')
    .option('--idle <minutes>', 'lock after so long without a sign of anybody; 0: never')
    .addOption(
      new Option(
        '--while-locked <what>',
        'what a locked bench still does; jobs that run are finished',
      ).choices(WHILE_LOCKED),
    )
    .addOption(
      new Option('--provision-freely <yes|no>', 'whether technicians may provision without a batch').choices([
        'yes',
        'no',
      ]),
    );
  action<RulesOptions>(rules, parts, ({ output, withStation }, options) => {
    const change = rulesOf(options);
    return withStation(Object.keys(change).length === 0 ? 'read' : 'write', async (station) => {
      const view =
        Object.keys(change).length === 0
          ? await station.call('people.show', {})
          : await station.call('people.rules', change);
      output.result(view.rules, () => rulesText(view));
      return 0;
    });
  });
}

function grantOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(GRANTABLE).argParser(oneOfGrantable);
}

function oneOfGrantable(value: string, previous: readonly string[] | undefined): readonly string[] {
  if (!(GRANTABLE as readonly string[]).includes(value))
    throw new StationError('station/usage', {
      detail: `${value} is none of the rights that can be given: ${GRANTABLE.join(', ')}.`,
    });
  return collect(value, previous);
}

async function changeOf(
  context: CommandContext,
  station: StationApi,
  name: string,
  { role, pin, badge, grant = [], revoke = [], idle }: SetOptions,
): Promise<CallInput<'people.set'>> {
  const codes = await newCodes(context, name, { pin: pin === true, badge: badge === true });
  const { people } = await station.call('people.show', {});
  const grants = new Set([...(people.find((one) => one.name === name)?.grants ?? []), ...grant]);
  for (const right of revoke) grants.delete(right);
  return {
    name,
    ...codes,
    ...(badge === false ? { badge: null } : {}),
    ...(role === undefined ? {} : { role }),
    ...(grant.length + revoke.length === 0 ? {} : { grants: [...grants] }),
    ...(idle === undefined ? {} : { idleMinutes: idle === 'bench' ? null : minutes(idle) }),
  };
}

/** Asks for the codes that are wanted and came in no other way. */
async function newCodes(
  { io, secrets }: CommandContext,
  name: string,
  wanted: { readonly pin: boolean; readonly badge: boolean },
): Promise<{ readonly pin?: string; readonly badge?: string }> {
  const badge = wanted.badge
    ? (secrets.newBadge ??
      (await askSecret(io, `Badge of ${name} (scan it)`, 'Give it in STATION_NEW_BADGE.')))
    : null;
  const pin = wanted.pin ? (secrets.newPin ?? (await newPin({ io, name, mayBeEmpty: wanted.badge }))) : null;
  return {
    ...(badge === null ? {} : { badge: badge.reveal() }),
    ...(pin === null || pin.reveal() === '' ? {} : { pin: pin.reveal() }),
  };
}

async function newPin({
  io,
  name,
  mayBeEmpty,
}: Pick<CommandContext, 'io'> & { readonly name: string; readonly mayBeEmpty: boolean }) {
  if (mayBeEmpty && !io.stdin.isTTY) return null;
  const empty = mayBeEmpty ? '; empty: by badge alone' : '';
  const pin = await askSecret(
    io,
    `New PIN of ${name} (6 digits at least${empty})`,
    'Give it in STATION_NEW_PIN.',
  );
  if (pin.reveal() === '' && mayBeEmpty) return pin;
  const again = await askSecret(io, 'Once more', '');
  if (again.reveal() !== pin.reveal())
    throw new StationError('station/usage', { detail: 'The two PINs are not the same.' });
  return pin;
}

function rulesOf({ idle, whileLocked, provisionFreely }: RulesOptions): CallInput<'people.rules'> {
  return {
    ...(idle === undefined ? {} : { idleMinutes: minutes(idle) }),
    ...(whileLocked === undefined ? {} : { whileLocked }),
    ...(provisionFreely === undefined ? {} : { provisionFreely: provisionFreely === 'yes' }),
  };
}

function minutes(text: string): number {
  return wholeNumber(text, '--idle', 0, MOST_MINUTES);
}

function listing({ defined, people }: PeopleView): string {
  if (!defined)
    return 'Nobody is defined: everybody may everything here. Begin with an admin: station people add NAME --role admin';
  return table(
    ['NAME', 'ROLE', 'ALSO MAY', 'PIN', 'BADGE', 'LOCKS AFTER', 'NO TRY BEFORE'],
    people.map(({ name, role, grants, hasPin, hasBadge, idleMinutes, waitsUntil }) => [
      name,
      role,
      grants.join(' '),
      hasPin ? 'yes' : '',
      hasBadge ? 'yes' : '',
      idleMinutes === null ? '' : idleMinutes === 0 ? 'never' : `${idleMinutes} min`,
      waitsUntil ?? '',
    ]),
  );
}

const LOCKED_TEXT = {
  nothing: 'nothing',
  look: 'shows the bench and its record',
  'go-on': 'shows the bench, and goes on provisioning what the person may who was there last',
} as const;

function rulesText({ defined, rules }: PeopleView): string {
  if (!defined) return 'Nobody is defined: the bench is never locked.';
  const { idleMinutes, whileLocked, provisionFreely } = rules;
  return [
    `Locks itself after: ${idleMinutes === 0 ? 'never' : `${idleMinutes} min without a sign of anybody`}`,
    `While locked: ${LOCKED_TEXT[whileLocked]} (jobs that run are finished)`,
    `Technicians without a batch: ${provisionFreely ? 'yes' : 'no'}`,
  ].join('\n');
}
