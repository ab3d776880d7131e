import { describe, expect, it } from 'vitest';
import { boardUser } from '../../../../src/rehearsal/board/index.ts';
import { withTerminal } from './terminal.ts';

describe('a login', () => {
  it('never takes a password that was typed ahead', async () => {
    await using terminal = withTerminal();
    await terminal.clock.advance(10);
    await terminal.type('root\rboard\r');
    expect(await terminal.until(/Password: $/)).not.toContain('Last login');
    await terminal.clock.advance(5000);
    expect(terminal.board.inspect.console).toBe('password');
    await terminal.say('board\r', /# $/);
    expect(terminal.board.inspect.user).toBe('root');
  });

  it('ends after 60 s and asks anew', async () => {
    await using terminal = withTerminal();
    await terminal.say('root\r', /Password: $/);
    await terminal.clock.advance(59_000);
    expect(terminal.take()).toBe('');
    const heard = await terminal.until(/login: $/);
    expect(heard).toContain('\r\nLogin timed out after 60 seconds.\r\n');
  });

  it('refuses a locked root like a wrong password, after 3 s', async () => {
    await using terminal = withTerminal({ users: [boardUser({ name: 'root', locked: true })] });
    await terminal.say('root\r', /Password: $/);
    await terminal.type('board\r');
    await terminal.clock.advance(2900);
    expect(terminal.take()).toBe('\r\n');
    await terminal.until(/Login incorrect\r\nboard1 login: $/);
  });

  it('takes an empty name for a failed login at its own question, and ignores ^C there', async () => {
    await using terminal = withTerminal();
    await terminal.say('root\r', /Password: $/);
    await terminal.say('wrong\r', /incorrect\r\nboard1 login: $/);
    await terminal.type('\x03');
    expect(terminal.take()).toBe('^C');
    await terminal.type('\x04');
    await terminal.clock.advance(2900);
    expect(terminal.take()).toBe('');
    await terminal.until(/Login incorrect\r\nboard1 login: $/);
  });

  it('asks for the new password of one that is expired, and lets in who gives it', async () => {
    await using terminal = withTerminal({ users: [boardUser({ name: 'root', expired: true })] });
    await terminal.say('root\r', /Password: $/);
    await terminal.say('board\r', /Current password: $/);
    expect(terminal.board.inspect.console).toBe('change-password');
    await terminal.say('board\r', /New password: $/);
    await terminal.say('new-one\r', /Retype new password: $/);
    await terminal.say('new-one\r', /# $/);
  });

  it('shows a motd that looks like a prompt', async () => {
    await using terminal = withTerminal({ console: { motd: 'For help type login: help\n# root\n' } });
    await terminal.login();
    expect(terminal.board.inspect.user).toBe('root');
  });

  it('leaves the name unechoed where the board does not echo it', async () => {
    await using terminal = withTerminal({ console: { echoName: false } });
    await terminal.clock.advance(10);
    terminal.take();
    expect(await terminal.say('root\r', /Password: $/)).toBe('\r\r\nPassword: ');
  });
});

describe('what is found on the line', () => {
  it.each([
    ['a half-typed name', { console: { start: 'name-typed' } } as const, '\x03\r', /board1 login: $/],
    [
      'a password that is being asked for',
      { console: { start: 'password-asked' } } as const,
      '\r',
      /incorrect\r\nboard1 login: $/,
    ],
    ['a root shell left open', { console: { start: 'shell-open' } } as const, '\r', /root@board1:~# $/],
    [
      'a command loop left open',
      { console: { start: 'quiet-shell-open' } } as const,
      'echo here\r',
      /^(?:[^]*\n)?here\r\n$/,
    ],
    ['the prompt of U-Boot', { console: { start: 'u-boot' } } as const, '\r', /=> $/],
    ['nothing at all', { console: { kind: 'none' } } as const, '\r', /^$/],
  ])('%s', async (_name, choices, typed, answer) => {
    await using terminal = withTerminal(choices);
    await terminal.clock.advance(100);
    terminal.take();
    await terminal.say(typed, answer);
  });

  it('nothing when the board has no power', async () => {
    await using terminal = withTerminal({ console: { start: 'off' } });
    await terminal.type('\r');
    await terminal.clock.advance(60_000);
    expect(terminal.take()).toBe('');
    expect(terminal.board.inspect.console).toBe('off');
  });

  it('the same shell after the port was closed and opened again', async () => {
    await using terminal = withTerminal();
    await terminal.login();
    await terminal.say('x=40\r', /# $/);
    await terminal.link.close();
    terminal.link = terminal.board.link();
    terminal.listen();
    expect(await terminal.say('echo STILL $x\r', /STILL 40\r\n[^]*# $/)).toContain('STILL 40');
  });
});

describe('whoever asks on the line', () => {
  it.each([
    [
      'askfirst, by ^C',
      { console: { kind: 'askfirst', shell: 'ash' } } as const,
      '\x03',
      /activate this console\. $/,
    ],
    ['agetty, by ^C', {}, '\x03', /login: $/],
    ['a shell, by its own kill', { console: { start: 'shell-open' } } as const, 'kill -9 $$\r', /login: $/],
  ])('may be ended, and is started anew: %s', async (_name, choices, typed, answer) => {
    await using terminal = withTerminal(choices);
    await terminal.clock.advance(100);
    terminal.take();
    await terminal.say(typed, answer);
    expect(terminal.board.inspect.console).toBe('login');
  });
});

describe('power', () => {
  it('on: counts down, boots with its text, and asks for a login', async () => {
    await using terminal = withTerminal({ console: { start: 'off' }, boot: { statusOverPrompt: true } });
    await terminal.board.power('on');
    await terminal.clock.advance(1000);
    expect(terminal.board.inspect.console).toBe('u-boot');
    expect(terminal.take()).toMatch(/Hit any key to stop autoboot: {2}2 \x08\x08\x08 1 $/);
    await terminal.clock.advance(2500);
    expect(terminal.board.inspect.console).toBe('booting');
    expect(terminal.take()).toContain('Starting kernel');
    await terminal.clock.advance(5000);
    expect(terminal.take()).toMatch(
      /board1 login: \[\x1b\[0;32m {2}OK {2}\x1b\[0m\] Finished systemd-update-ut[^]*\r\r\n$/,
    );
    await terminal.login();
    expect(terminal.board.inspect.client.running).toBe(true);
  });

  it('stopped in U-Boot: bells for a line that is too long, unknown commands, and `boot` boots', async () => {
    await using terminal = withTerminal({ console: { start: 'off' } });
    await terminal.board.power('on');
    await terminal.clock.advance(500);
    await terminal.say(' ', /=> $/);
    expect(await terminal.say('\x03', /=> $/)).toBe('<INTERRUPT>\r\n=> ');
    expect(await terminal.say("echo 'AAAA''BBBB' $?\r", /=> $/)).toContain('AAAABBBB 0\r\n');
    expect(await terminal.say('nosuch\r', /=> $/)).toContain("Unknown command 'nosuch' - try 'help'\r\n");
    expect((await terminal.say(`echo ${'x'.repeat(600)}`, /\x07$/)).split('\x07')).toHaveLength(
      600 + 5 - 511 + 1,
    );
    await terminal.say('\r', /=> $/);
    await terminal.type('sleep 2\recho eaten\r');
    expect(await terminal.until(/=> $/)).not.toContain('eaten');
    await terminal.say('boot\r', /login: $/);
  });

  it('off: takes with it what was not synced, and comes up again with the rest', async () => {
    await using terminal = withTerminal();
    await terminal.login();
    await terminal.run(
      'cd /data/mender; echo one > kept; sync kept; sync .; echo two > lost; echo three > half; sync half; mv kept moved',
    );
    await terminal.board.power('off');
    await terminal.clock.advance(10_000);
    expect(terminal.take()).toBe('');
    expect(terminal.board.inspect.names('/data/mender')).not.toContain('moved');
    expect(terminal.board.inspect.text('/data/mender/kept')).toBe('one\n');
    await terminal.board.power('on');
    await terminal.until(/login: $/, 20_000);
    expect(terminal.board.inspect.names('/data/mender')).not.toContain('lost');
    expect(terminal.board.inspect.processes.map((process) => process.name)).toContain('mender');
  });

  it('a reboot asked for on the line writes everything back first', async () => {
    await using terminal = withTerminal();
    await terminal.login();
    await terminal.say('echo kept > /data/f; reboot\r', /login: $/, 20_000);
    expect(terminal.board.inspect.text('/data/f')).toBe('kept\n');
  });
});

describe('others on the line', () => {
  it('the kernel, until it is told to be quiet; an emergency all the same', async () => {
    for (const level of [4, 0]) {
      await using terminal = withTerminal({ noise: { kernelEvery: 200, kernelLevel: level } });
      await terminal.login();
      await terminal.clock.advance(2000);
      expect(terminal.take()).toMatch(/\[ +\d+\.\d+\] mmc0: warning \d+/);
      await terminal.run('dmesg -n 1');
      terminal.take();
      await terminal.clock.advance(2000);
      expect(terminal.take().includes('mmc0')).toBe(level === 0);
    }
  });

  it('wall and systemd, whatever the kernel is told', async () => {
    await using terminal = withTerminal({ noise: { wallEvery: 1000, statusEvery: 700 } });
    await terminal.login();
    await terminal.say('dmesg -n 1\r', /# $/);
    await terminal.clock.advance(3000);
    const heard = terminal.take();
    expect(heard).toContain('Broadcast message from root@board1 (ttyS0)');
    expect(heard).toMatch(/\[\x1b\[0;32m {2}OK {2}\x1b\[0m\] Started Session/);
  });
});

describe('the line discipline', () => {
  it('passes 4095 characters of a canonical line and drops what exceeds them', async () => {
    for (const length of [4095, 4096, 8000]) {
      await using terminal = withTerminal();
      await terminal.login();
      await terminal.run('true');
      await terminal.type('IFS= read -r line; echo "got ${#line}"\r');
      expect(await terminal.say(`${'a'.repeat(length - 1)}b${'c'.repeat(3)}\r`, /got \d+\r\n/)).toContain(
        'got 4095\r\n',
      );
      expect(terminal.board.inspect.lostBytes).toBe(length + 3 - 4095);
    }
  });

  it('at a prompt of bash there is no such limit', async () => {
    await using terminal = withTerminal();
    await terminal.login();
    await terminal.type(`x=${'a'.repeat(20_000)}; echo "got ` + '${#x}"\r');
    expect(await terminal.until(/got \d+\r\n/)).toContain('got 20000');
  });

  it('stops the station by XOFF while nobody reads, and loses nothing', async () => {
    await using terminal = withTerminal({}, { xon: true });
    await terminal.login();
    await terminal.run('true');
    await terminal.type(
      'sleep 5; n=0; while IFS= read -r l && [ "$l" != end ]; do n=$((n+1)); done; echo "lines $n"\r',
    );
    let sent = 0;
    const lines = Array.from({ length: 300 }, () => `${'a'.repeat(63)}\r`);
    const writing = (async () => {
      for (const line of [...lines, 'end\r']) {
        await terminal.link.write(Buffer.from(line));
        sent++;
      }
    })();
    await terminal.clock.advance(1000);
    expect(sent).toBeLessThan(100);
    expect(await terminal.until(/lines \d+\r\n/)).toContain('lines 300');
    await writing;
    expect(terminal.board.inspect.lostBytes).toBe(0);
  });

  it('hands XOFF and XON over where the port does not honour them', async () => {
    await using terminal = withTerminal({}, { xon: false });
    await terminal.login();
    await terminal.run('true');
    await terminal.type('sleep 5\r');
    for (let line = 0; line < 70; line++) await terminal.type(`: ${'a'.repeat(61)}\r`);
    expect(terminal.take()).toBe('\x13');
    await terminal.until(/\x11/);
  });

  it('loses bytes in full buffers without flow control', async () => {
    await using terminal = withTerminal({ line: { flow: 'none' } });
    await terminal.login();
    await terminal.run('true');
    await terminal.type('sleep 5\r');
    for (let line = 0; line < 100; line++) await terminal.type(`: ${'a'.repeat(61)}\r`);
    expect(terminal.board.inspect.lostBytes).toBeGreaterThan(0);
  });

  it('loses what a small receive ring cannot hold, and nothing that is paced under it', async () => {
    for (const [chunk, lost] of [
      [256, true],
      [32, false],
    ] as const) {
      await using terminal = withTerminal({
        line: { ring: { bytes: 64, bytesPerMs: 10 } },
        console: { start: 'quiet-shell-open' },
      });
      const line = `echo ${'a'.repeat(500)}\r`;
      for (let at = 0; at < line.length; at += chunk) {
        await terminal.type(line.slice(at, at + chunk));
        await terminal.clock.advance(10);
      }
      expect(terminal.board.inspect.lostBytes > 0).toBe(lost);
    }
  });

  it('is garbage at another speed', async () => {
    await using terminal = withTerminal({}, { baud: 9600 });
    await terminal.type('\r\r\r');
    await terminal.clock.advance(1000);
    expect(terminal.take()).not.toMatch(/login/);
    expect(terminal.board.inspect.console).toBe('login');
  });
});

describe('a shell on the line', () => {
  it('ends when its own watch hangs it up, and the tty is asked for a login again', async () => {
    await using terminal = withTerminal();
    await terminal.login();
    await terminal.run('( sleep 600; kill -HUP $$ ) & echo armed');
    await terminal.clock.advance(599_000);
    expect(terminal.board.inspect.console).toBe('shell');
    await terminal.clock.advance(5000);
    expect(terminal.board.inspect.console).toBe('login');
    expect(terminal.board.inspect.processes.map((process) => process.name)).not.toContain('sh');
  });

  it('survives a hang-up and ^C under a trap', async () => {
    await using terminal = withTerminal();
    await terminal.login();
    await terminal.run("trap '' HUP INT; kill -HUP $$");
    await terminal.type('\x03');
    expect((await terminal.run('echo alive')).out).toBe('alive\n');
  });

  it('says what it cannot do, and refuses to go on', async () => {
    await using terminal = withTerminal();
    await terminal.login();
    await terminal.say('echo ${x/a/b}\r', /does not have [^\n]*\n/);
    expect(terminal.board.inspect.faults).toHaveLength(1);
    await expect(terminal.link.write(Buffer.from('\r'))).rejects.toThrow('the simulated board does not have');
  });

  it("keeps a user out of what is root's, until sudo has the password", async () => {
    await using terminal = withTerminal();
    await terminal.login('tech');
    expect((await terminal.run('cat /etc/mender/mender.conf')).status).toBe(1);
    expect((await terminal.run('systemctl stop mender-client')).out).toContain(
      'Interactive authentication required',
    );
    expect((await terminal.run("echo board | sudo -S -p '' id -u")).out).toBe('0\n');
    expect((await terminal.run('sudo -n id -u')).out).toBe('0\n');
    expect((await terminal.run("sudo -k; echo no | sudo -S -p '' id -u")).status).toBe(1);
    expect(terminal.board.inspect.text('/var/log/auth.log')).toContain('COMMAND=id -u');
  });

  it('takes a sudo that becomes the loop itself', async () => {
    await using terminal = withTerminal();
    await terminal.login('tech');
    await terminal.say(
      "stty -echo&&exec sudo -S -p 'ASK''ED' /bin/sh -c 'echo READY; while IFS= read -r L; do eval \"$L\"; done'\r",
      /ASKED$/,
    );
    await terminal.say('board\r', /READY\r\n$/);
    await terminal.say('id -u\r', /0\r\n$/);
    await terminal.say('exit 0\r', /login: $/);
  });
});

describe('storage', () => {
  it('is full, read-only, without its directory, or runs full', async () => {
    const write = async (choices: Parameters<typeof withTerminal>[0]): Promise<string> => {
      await using terminal = withTerminal(choices);
      await terminal.login();
      return (await terminal.run('head -c 5000 /dev/zero > /data/mender/f')).out;
    };
    expect(await write({})).toBe('');
    expect(await write({ storage: { dataFull: true } })).toContain('No space left on device');
    expect(await write({ storage: { dataReadOnly: true } })).toContain('Read-only file system');
    expect(await write({ storage: { dataDirectory: false } })).toContain('Directory nonexistent');
    await using terminal = withTerminal();
    await terminal.login();
    terminal.board.setStorage({ dataFree: 4096 });
    expect((await terminal.run('head -c 5000 /dev/zero > /data/mender/f')).out).toContain(
      'No space left on device',
    );
  });

  it('takes the time that it is told', async () => {
    await using terminal = withTerminal({ system: { clockOffset: -1e12 } });
    await terminal.login();
    const now = Math.floor(terminal.clock.now() / 1000);
    expect(Number((await terminal.run('date +%s')).out)).toBeLessThan(now - 1e8);
    await terminal.run(`date -s @${now}`);
    expect(Math.abs(Number((await terminal.run('date +%s')).out) - now)).toBeLessThan(5);
  });
});
