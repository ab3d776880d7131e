import type { Presence } from '../../model/board.ts';
import type { Line } from './line.ts';
import { LISTEN_MS, look } from './login.ts';
import { isBooting, isGarbled, type Screen } from './screen.ts';

/** How long an answer to Enter is waited for, in milliseconds. */
const ANSWER_MS = 1_500;

/** Tells what is on the line. Listens, and types one Enter only after a silence that rules a counting boot loader out. */
export async function probeLine(line: Line, signal: AbortSignal): Promise<Presence> {
  const heard = presenceOf(await look(line, LISTEN_MS, signal), line.text);
  if (heard !== 'silent') return heard;
  await line.send('\r', signal);
  return presenceOf(await look(line, ANSWER_MS, signal), line.text);
}

function presenceOf(screen: Screen, text: string): Presence {
  if (isGarbled(text)) return 'garbled';
  switch (screen) {
    case 'login':
    case 'password':
    case 'expired':
    case 'shell':
    case 'askfirst':
    case 'loop':
      return 'ready';
    case 'countdown':
      return 'booting';
    case 'bootloader':
      return 'bootloader';
    case 'other':
      return isBooting(text) || text.trim() !== '' ? 'booting' : 'silent';
    case 'empty':
      return isBooting(text) ? 'booting' : 'silent';
  }
}
