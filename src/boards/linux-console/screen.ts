/** What a console shows at the moment: what waits at the end of what came. */
export type Screen =
  /** A getty or login asks for a name. */
  | 'login'
  /** Somebody asks for a password. */
  | 'password'
  /** A change of the password is asked for: the old one has expired. */
  | 'expired'
  /** A shell waits for a command. */
  | 'shell'
  /** A boot loader counts down, and would be stopped by anything typed. */
  | 'countdown'
  /** A boot loader waits for a command. */
  | 'bootloader'
  /** busybox init waits for Enter. */
  | 'askfirst'
  /** The quiet loop of a station, this one or one that died. */
  | 'loop'
  /** Nothing that is known; more may come. */
  | 'other'
  | 'empty';

/** Looks at the end of what came (latin1). */
export function readScreen(text: string): Screen {
  const plain = withoutNoise(text);
  const end = plain.slice(plain.lastIndexOf('\n') + 1);
  const before = plain.slice(-2000);
  if (/(^|\n)@[a-z0-9]{8}( \?)?\n*$/.test(plain)) return 'loop';
  if (plain.trim() === '') return 'empty';
  if (isExpiry(before, end)) return 'expired';
  // `Last login: ` may be cut there on its way.
  if (/(^|[\s.\w-])login: ?$/.test(end) && !/last login: ?$/i.test(end)) return 'login';
  if (/(^|\s)password[^:\n]*: ?$/i.test(end)) return 'password';
  if (/hit any key to stop autoboot:[\s\d]*$/i.test(end) || /autoboot in \d+ seconds/i.test(end))
    return 'countdown';
  if (/please press enter to activate this console\.\s*$/i.test(before)) return 'askfirst';
  if (/^(=>|[A-Za-z][\w.\- ]{0,20}=?>+) $/.test(end)) return 'bootloader';
  if (/[#$%] ?$|[@:~/][^\n]*> ?$/.test(end) && !/^\s*#/.test(end.slice(0, -2))) return 'shell';
  return 'other';
}

/** Why a login was refused, where the text says so. */
export function isRefused(text: string): boolean {
  return /login incorrect|authentication failure|permission denied|account (is )?(locked|expired)/i.test(
    withoutNoise(text),
  );
}

/** Whether what came is not text: a wrong baud rate, a missing ground. */
export function isGarbled(received: string): boolean {
  // Terminals of old were given time by zeros: a shell still sends them.
  const text = received.replace(/\0+/g, '');
  if (text.length < 12) return false;
  let odd = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isControl = code < 0x20 && !/[\r\n\t\b\x07\x1b]/.test(text.charAt(at));
    if (isControl || code === 0x7f || code >= 0x80) odd += 1;
  }
  // UTF-8 in a message of systemd is a few bytes; noise is a third and more.
  return odd / text.length > 0.3;
}

/** Whether the kernel or an init is still talking: text in which a prompt is not to be expected. */
export function isBooting(text: string): boolean {
  return /(^|\n)(\[ *\d+\.\d{6}\] |\[ *(OK|FAILED|DEPEND) *\] |U-Boot |Starting kernel|Loading |Booting )/.test(
    text,
  );
}

/** Whether the last that talked was a boot loader. */
export function isLoader(text: string): boolean {
  return /(U-Boot|SPL|DRAM:|BL31|NOTICE:|autoboot)(?![^]*\[ *\d+\.\d{6}\] )/.test(text);
}

/** The text without terminal control sequences, carriage returns, and lines that the kernel, systemd or wall put over it. */
export function withoutNoise(text: string): string {
  return (
    text
      .replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '')
      .replace(/\x1b\][^\x07\x1b]*(\x07|\x1b\\)/g, '')
      .replace(/\x1b[()][A-Z0-9]|\x1b[=>78]|[\r\x07]/g, '')
      // U-Boot rewrites its countdown with backspaces.
      .replace(/\x08+/g, ' ')
      .replace(/\[ *\d+\.\d{6}\] [^\n]*\n/g, '')
      .replace(/\[ *(OK|FAILED|DEPEND|INFO|WARN|\*+) *\] [^\n]*\n/g, '')
      // wall wipes the line it finds with blanks before it writes.
      .replace(/(\n| {20,})*Broadcast message from [^\n]*\n+[^\n]*\n*/g, '')
  );
}

function isExpiry(before: string, end: string): boolean {
  if (!/: ?$/.test(end)) return false;
  if (
    /^(\(current\) unix password|current password|old password|new password|retype new password): ?$/i.test(
      end,
    )
  )
    return true;
  return (
    /required to change your password|password (has )?expired/i.test(before) && /password: ?$/i.test(end)
  );
}
