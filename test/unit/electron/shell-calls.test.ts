import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { OpenDialogReturnValue, SaveDialogOptions, SaveDialogReturnValue } from 'electron';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shellCalls } from '../../../electron/main/shell-calls.ts';

let folder: string;
let chosen: OpenDialogReturnValue;
let where: SaveDialogReturnValue;
const asked: SaveDialogOptions[] = [];
const themes: string[] = [];
const call = shellCalls({
  ask: () => Promise.resolve(chosen),
  askWhere: (options) => {
    asked.push(options);
    return Promise.resolve(where);
  },
  copy: (text) => {
    themes.push(`copied ${text}`);
    return Promise.resolve();
  },
  onTheme: (theme) => themes.push(theme),
  onRestart: () => themes.push('restarted'),
});

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'shell-calls-'));
  chosen = { canceled: true, filePaths: [] };
  where = { canceled: true, filePath: '' };
  asked.length = 0;
  themes.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a chosen folder is told by its path, no choice by null', async () => {
  expect(await call('shell.choose-folder', {})).toEqual({ ok: true, value: null });
  chosen = { canceled: false, filePaths: [folder] };
  expect(await call('shell.choose-folder', {})).toEqual({ ok: true, value: folder });
});

test('a chosen table is told by its path: the station reads it, the window does not', async () => {
  expect(await call('shell.choose-path', { kind: 'csv' })).toEqual({ ok: true, value: null });
  chosen = { canceled: false, filePaths: [path.join(folder, 'boards.csv')] };
  expect(await call('shell.choose-path', { kind: 'csv' })).toEqual({
    ok: true,
    value: path.join(folder, 'boards.csv'),
  });
  expect(() => call('shell.choose-path', { kind: 'exe' })).toThrow();
});

test('a chosen certificate comes as its name and its text', async () => {
  const file = path.join(folder, 'ca.pem');
  writeFileSync(file, 'a certificate');
  chosen = { canceled: false, filePaths: [file] };
  expect(await call('shell.choose-text', { kind: 'certificate' })).toEqual({
    ok: true,
    value: { name: 'ca.pem', text: 'a certificate' },
  });
});

test.each(['too large', 'gone'])('a file that is %s has no text', async (how) => {
  const file = path.join(folder, 'ca.pem');
  if (how === 'too large') writeFileSync(file, 'x'.repeat(1_000_001));
  chosen = { canceled: false, filePaths: [file] };
  expect(await call('shell.choose-text', { kind: 'certificate' })).toEqual({
    ok: true,
    value: { name: 'ca.pem', text: null },
  });
});

test.each([
  ['a place that can be written', 'request.json', true],
  ['a folder that is not there', 'gone/request.json', false],
])('a text is written where the person says: %s', async (_says, name, written) => {
  const file = path.join(folder, name);
  const text = { name: 'request.json', text: '{"kind":"x"}' };
  expect(await call('shell.save-text', text)).toEqual({ ok: true, value: null });
  where = { canceled: false, filePath: file };
  expect(await call('shell.save-text', text)).toEqual({ ok: true, value: { path: file, written } });
  expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(written && text.text);
});

test('where to write a file is asked with its name and kind, and told by its path', async () => {
  const sheet = { kind: 'pdf', name: 'hand-over.pdf' };
  expect(await call('shell.choose-save', sheet)).toEqual({ ok: true, value: null });
  where = { canceled: false, filePath: path.join(folder, 'sheet.pdf') };
  expect(await call('shell.choose-save', sheet)).toEqual({ ok: true, value: path.join(folder, 'sheet.pdf') });
  expect(asked.at(-1)).toMatchObject({
    defaultPath: 'hand-over.pdf',
    filters: [{ name: 'PDF', extensions: ['pdf'] }],
  });
});

test.each([
  { kind: 'pdf', name: '../../etc/passwd' },
  { kind: 'pdf', name: '/etc/passwd' },
  { kind: 'exe', name: 'a.exe' },
])('a page asks for no file such as %o', (params) => {
  expect(() => call('shell.choose-save', params)).toThrow();
  expect(asked).toEqual([]);
});

test('a text is copied as it is', async () => {
  expect(await call('shell.copy', { text: '12:ab' })).toEqual({ ok: true, value: null });
  expect(themes).toEqual(['copied 12:ab']);
  expect(() => call('shell.copy', { text: 'x'.repeat(4097) })).toThrow();
});

test('the station process is started again on request', async () => {
  expect(await call('shell.restart', {})).toEqual({ ok: true, value: null });
  expect(themes).toEqual(['restarted']);
});

test('the theme is one of three', async () => {
  expect(await call('shell.theme', { theme: 'dark' })).toEqual({ ok: true, value: null });
  expect(themes).toEqual(['dark']);
  expect(() => call('shell.theme', { theme: 'blue' })).toThrow();
  expect(() => call('shell.choose-folder', { path: '/etc' })).toThrow();
});

test.each(['snapshot', 'constructor', '__proto__', 'shell.nonsense'])(
  '%s is none of the shell’s',
  (method) => {
    expect(call(method, {})).toBeNull();
  },
);
