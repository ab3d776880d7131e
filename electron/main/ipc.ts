import type { IpcMain, IpcMainInvokeEvent } from 'electron';
import { CALLS } from '../../src/contract.ts';
import { APP_ORIGIN, CALL_CHANNEL } from '../messages.ts';
import type { Answer } from '../messages.ts';

/** Who may call, and how. */
interface Door {
  /** The id of the window's web contents, null while there is no window. */
  readonly windowId: () => number | null;
  readonly call: (method: string, params: unknown) => Promise<Answer>;
  /** Answers what is for the shell itself; null for what is not. */
  readonly shell: (method: string, params: unknown) => Promise<Answer> | null;
}

/** Lets the app's own page, and nothing else, make the calls of the contract and those of the shell. */
export function openDoor(ipcMain: IpcMain, door: Door): void {
  ipcMain.handle(CALL_CHANNEL, (event, method: unknown, params: unknown): Promise<Answer> => {
    if (!isOwnPage(event, door.windowId())) {
      throw new Error(`a message from ${event.senderFrame?.url ?? 'a page that has gone'} was refused`);
    }
    const asked = typeof method === 'string' ? method : '';
    const answer = door.shell(asked, params);
    if (answer !== null) return answer;
    if (!Object.hasOwn(CALLS, asked)) throw new Error('there is no such call');
    return door.call(asked, params);
  });
}

function isOwnPage(event: IpcMainInvokeEvent, windowId: number | null): boolean {
  const frame = event.senderFrame;
  return (
    event.sender.id === windowId && frame !== null && frame.parent === null && frame.origin === APP_ORIGIN
  );
}
