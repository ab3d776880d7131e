import { contextBridge, ipcRenderer } from 'electron';
import { CALL_CHANNEL, EVENT_CHANNEL } from '../messages.ts';

/** All that the page gets: one call and one subscription. Main decides what a call may be. */
contextBridge.exposeInMainWorld('station', {
  call: (method: string, params: unknown): Promise<unknown> =>
    ipcRenderer.invoke(CALL_CHANNEL, method, params),
  subscribe: (listener: (event: unknown) => void): (() => void) => {
    const heard = (_event: unknown, event: unknown): void => listener(event);
    ipcRenderer.on(EVENT_CHANNEL, heard);
    return () => void ipcRenderer.removeListener(EVENT_CHANNEL, heard);
  },
});
