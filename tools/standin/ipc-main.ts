import { EventEmitter } from 'node:events';
import { provided } from './provided.ts';

type Handler = (event: unknown, ...args: unknown[]) => unknown;

/** `ipcMain`: listeners for what is sent, one handler a channel for what is invoked. */
export class IpcMain extends EventEmitter {
  private readonly handlers = new Map<string, Handler>();

  handle(channel: string, handler: Handler): void {
    if (this.handlers.has(channel)) {
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    }
    this.handlers.set(channel, handler);
  }

  handleOnce(channel: string, handler: Handler): void {
    this.handle(channel, (...args) => {
      this.handlers.delete(channel);
      return handler(...args);
    });
  }

  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }

  /** Calls the channel's handler, as a page's `ipcRenderer.invoke` does. */
  invoke(channel: string, event: unknown, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve) => {
      const handler = this.handlers.get(channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      resolve(handler(event, ...args));
    });
  }
}

provided('electron.ipcMain', IpcMain.prototype);
