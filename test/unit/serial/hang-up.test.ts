import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { SerialPort } from 'serialport';
import { expect, test } from 'vitest';
import { noticeHangUp } from '../../../src/serial/hang-up.ts';

test('a read that comes back after the port was closed leaves the poller alone, which is no more', async () => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'fifo-'));
  const fifo = path.join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  await using file = await open(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const polls: string[] = [];
  const binding = {
    isOpen: true,
    fd: file.fd as number | null,
    poller: { once: (event: string) => polls.push(event) },
    read: (_buffer: Buffer, _offset: number, _length: number): Promise<{ bytesRead: number }> =>
      Promise.resolve({ bytesRead: 0 }),
  };
  noticeHangUp({ port: binding } as unknown as SerialPort);
  const reading = binding.read(Buffer.alloc(8), 0, 8);
  // What serialport's close does first, while the read is under way in another thread: it will find nothing to read.
  binding.isOpen = false;
  binding.fd = null;
  await expect(reading).rejects.toMatchObject({ canceled: true });
  expect(polls).toEqual([]);
  await rm(dir, { recursive: true });
});
