// Probes against servers that lie, stall or break off, and against answers that a test spells out.
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { MonitorType } from '../../src/spec/config.js';
import { freePort } from '../support/servers/server-process.js';
import { ask } from '../unit/health/ask.js';
import { drip, flood, startResponder } from '../unit/health/responder.js';

/** What a well server answers at once or to the first bytes, and what it is broken off at. */
interface Dialogue {
  /** Said on connect. */
  readonly greeting?: Buffer;
  /** Said to the first bytes. */
  readonly answer?: Buffer;
  readonly reason: string;
}

const MYSQL_GREETING = Buffer.concat([
  Buffer.from([10]),
  Buffer.from('8.0.36\0'),
  Buffer.from('0100000061616161616161610008a2210200c78115', 'hex'),
  Buffer.alloc(10),
  Buffer.from('bbbbbbbbbbbb\0caching_sha2_password\0'),
]);

function mysqlPacket(sequence: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([body.length, 0, 0, sequence]), body]);
}

/** The answer of a well server, by type. */
const DIALOGUES = {
  http: {
    answer: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    reason: 'status 200',
  },
  redis: { answer: Buffer.from('+PONG\r\n'), reason: '+PONG' },
  postgres: {
    answer: Buffer.from('520000000800000003', 'hex'),
    reason: 'authentication request',
  },
  ldap: { answer: Buffer.from('300c02010161070a010004000400', 'hex'), reason: 'bind ok' },
  smtp: {
    greeting: Buffer.from('220-mail.test\r\n220 ready\r\n'),
    answer: Buffer.from('250-mail.test\r\n250 HELP\r\n'),
    reason: '250 to EHLO',
  },
  mysql: {
    greeting: mysqlPacket(0, MYSQL_GREETING),
    answer: mysqlPacket(2, Buffer.from('00000002000000', 'hex')),
    reason: 'logged in to 8.0.36',
  },
} satisfies Partial<Record<MonitorType, Dialogue>>;
const TYPES: readonly MonitorType[] = [
  'http',
  'https',
  'tls',
  'grpc',
  'redis',
  'postgres',
  'mysql',
  'ldap',
  'smtp',
];

function play(socket: Socket, dialogue: Dialogue, say: (bytes: Buffer) => unknown): void {
  if (dialogue.greeting !== undefined) say(dialogue.greeting);
  socket.once('data', () => dialogue.answer !== undefined && say(dialogue.answer));
}

async function askMail(banner: string, answer: string, ehlo?: string): Promise<[string, string]> {
  await using mail = await startResponder((socket) => {
    socket.write(banner);
    socket.once('data', () => socket.write(answer));
  });
  const { reason } = await ask(mail, { type: 'smtp', ...(ehlo === undefined ? {} : { ehlo }) });
  await mail.allGone();
  return [reason, mail.received()];
}

function errorOf(state: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${state}\0M${message}\0\0`);
  const head = Buffer.from('E0000');
  head.writeUInt32BE(4 + fields.length, 1);
  return Buffer.concat([head, fields]);
}

describe.each<MonitorType>(['tcp', ...TYPES])('%s probe', (type) => {
  test('a closed port is refused', async () => {
    const result = await ask({ port: await freePort() }, { type });
    expect(result).toEqual({ ok: false, reason: 'connect refused' });
  });

  test('an aborted check that has not begun ends at once', async () => {
    await using silent = await startResponder();
    const signal = AbortSignal.abort(new Error('stopped'));
    expect(await ask(silent, { type }, { signal })).toMatchObject({ ok: false });
  });
});

describe.each(TYPES)('%s probe and a server that', (type) => {
  test('accepts and says nothing: waits for the abort, then lets go of the connection', async () => {
    const timeout = new AbortController();
    await using silent = await startResponder(() => timeout.abort(new Error('timeout after 2s')));
    const result = await ask(silent, { type }, { signal: timeout.signal });
    expect(result.ok).toBe(false);
    await silent.allGone();
  });

  test('speaks another protocol is bad, with a reason', async () => {
    await using stranger = await startResponder((socket) => {
      socket.write('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n');
      socket.on('data', () => socket.write('Protocol mismatch.\r\n\r\n'));
    });
    const result = await ask(stranger, { type });
    expect(result.ok).toBe(false);
    expect(result.reason).toMatch(/\w/);
    await stranger.allGone();
  });

  test.each([
    ['letters', 'a'],
    ['spaces', ' '],
    ['zeros', '\0'],
  ])('floods with %s is bad, and is cut off', async (_, character) => {
    await using endless = await startResponder((socket) =>
      flood(socket, Buffer.alloc(16_384, character)),
    );
    expect(await ask(endless, { type })).toMatchObject({ ok: false });
    await endless.allGone();
  });

  test('closes at once is bad', async () => {
    await using shy = await startResponder((socket) => socket.end());
    expect(await ask(shy, { type })).toMatchObject({ ok: false });
  });

  test('resets the connection is bad', async () => {
    await using rude = await startResponder((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
      if (type === 'mysql' || type === 'smtp') socket.resetAndDestroy();
    });
    expect(await ask(rude, { type })).toMatchObject({ ok: false });
  });
});

describe.each(['http', 'redis', 'postgres', 'ldap', 'smtp', 'mysql'] as const)(
  '%s probe and an answer',
  (type) => {
    const dialogue: Dialogue = DIALOGUES[type];

    test('in one piece is good', async () => {
      await using well = await startResponder((socket) =>
        play(socket, dialogue, (bytes) => socket.write(bytes)),
      );
      expect(await ask(well, { type })).toEqual({ ok: true, reason: dialogue.reason });
      await well.allGone();
    });

    test('byte by byte is good', async () => {
      await using slow = await startResponder((socket) =>
        play(socket, dialogue, (bytes) => void drip(socket, bytes)),
      );
      expect(await ask(slow, { type })).toEqual({ ok: true, reason: dialogue.reason });
    });

    test('that breaks off at any byte is bad', async () => {
      const { greeting = Buffer.alloc(0), answer = Buffer.alloc(0) } = dialogue;
      const whole = Buffer.concat([greeting, answer]);
      for (let length = 1; length < whole.length; length++) {
        await using broken = await startResponder((socket) => {
          const part = whole.subarray(0, length);
          if (part.length <= greeting.length) {
            socket.end(part);
            return;
          }
          const cut = { ...dialogue, answer: part.subarray(greeting.length) };
          play(socket, cut, (bytes) =>
            bytes === cut.answer ? socket.end(bytes) : socket.write(bytes),
          );
        });
        const result = await ask(broken, { type });
        expect(result.ok, `${length} of ${whole.length} bytes: ${result.reason}`).toBe(false);
      }
    });
  },
);

describe('tcp probe', () => {
  test('sends nothing and closes', async () => {
    await using server = await startResponder();
    expect(await ask(server, { type: 'tcp' })).toEqual({ ok: true, reason: 'connected' });
    await server.allGone();
    expect(server.received()).toBe('');
  });

  test('a name that does not exist is a failure that says so', async () => {
    const result = await ask({ host: 'nowhere.invalid', port: 80 }, { type: 'tcp' });
    expect(result.ok).toBe(false);
    expect(result.reason).toMatch(/^name (not found|lookup failed)$/);
  });
});

describe('redis probe', () => {
  test('sends PING and QUIT as arrays', async () => {
    await using redis = await startResponder((socket) => {
      socket.once('data', () => socket.write('+PONG\r\n'));
    });
    await ask(redis, { type: 'redis' });
    await redis.allGone();
    expect(redis.received()).toBe('*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n');
  });

  test('a server that is loading its data is a failure in its own words', async () => {
    await using redis = await startResponder((socket) => {
      socket.once('data', () =>
        socket.write('-LOADING Redis is loading the dataset in memory\r\n'),
      );
    });
    const { reason } = await ask(redis, { type: 'redis' });
    expect(reason).toBe('answered "-LOADING Redis is loading the dataset in memory"');
  });
});

describe('smtp probe', () => {
  test('says EHLO only after the whole banner, then QUIT', async () => {
    const [reason, sent] = await askMail('220-a\r\n220 b\r\n', '250-c\r\n250 d\r\n', 'lb.test');
    expect([reason, sent]).toEqual(['250 to EHLO', 'EHLO lb.test\r\nQUIT\r\n']);
  });

  test('a server that turns everybody away is bad', async () => {
    const [reason, sent] = await askMail('554 No service\r\n', '');
    expect([reason, sent]).toEqual(['banner "554 No service"', 'QUIT\r\n']);
  });

  test('a server that does not know EHLO is bad', async () => {
    const [reason] = await askMail('220 old\r\n', '502 What?\r\n');
    expect(reason).toBe('EHLO answered "502 What?"');
  });
});

describe('postgres probe', () => {
  test.each([
    ['28P01', 'wrong password', true, 'login refused (28P01)'],
    ['28000', 'no entry', true, 'login refused (28000)'],
    ['53300', 'too many clients', false, 'too many clients (53300)'],
    ['57P03', 'starting up', false, 'starting up (57P03)'],
  ])('error %s "%s": good is %s', async (state, message, ok, reason) => {
    await using postgres = await startResponder((socket) => {
      socket.once('data', () => socket.write(errorOf(state, message)));
    });
    expect(await ask(postgres, { type: 'postgres' })).toEqual({ ok, reason });
  });

  test('sends a start-up message with the user and leaves with Terminate', async () => {
    await using postgres = await startResponder((socket) => {
      socket.once('data', () => socket.write(Buffer.from('520000000800000000', 'hex')));
    });
    await ask(postgres, { type: 'postgres', user: 'probe' });
    await postgres.allGone();
    const fields = 'user\0probe\0database\0postgres\0application_name\0evenkeel-health\0\0';
    const length = String.fromCharCode(8 + fields.length);
    expect(postgres.received()).toBe(`\0\0\0${length}\0\x03\0\0${fields}X\0\0\0\x04`);
  });
});

describe('mysql probe', () => {
  const refusal = mysqlPacket(2, Buffer.from('\xff\x15\x04#28000Access denied', 'latin1'));
  const switchTo = mysqlPacket(2, Buffer.from('\xfemysql_native_password\0abc\0', 'latin1'));

  function startMysql(...answers: Buffer[]): ReturnType<typeof startResponder> {
    return startResponder((socket) => {
      socket.write(mysqlPacket(0, MYSQL_GREETING));
      socket.on('data', () => {
        const next = answers.shift();
        if (next !== undefined) socket.write(next);
      });
    });
  }

  test('a refused login is good without a user, bad with one', async () => {
    await using open = await startMysql(refusal);
    expect(await ask(open, { type: 'mysql' })).toEqual({ ok: true, reason: 'greeting of 8.0.36' });
    await using closed = await startMysql(refusal);
    const result = await ask(closed, { type: 'mysql', user: 'probe' });
    expect(result).toEqual({ ok: false, reason: 'error 1045: Access denied' });
  });

  test('answers a switch of the method with an empty password', async () => {
    const ok = mysqlPacket(4, Buffer.from('00000002000000', 'hex'));
    await using server = await startMysql(switchTo, ok);
    const result = await ask(server, { type: 'mysql', user: 'probe' });
    await server.allGone();
    expect(result.ok).toBe(true);
    expect(server.received().endsWith('\0\0\0\x03\x01\0\0\0\x01')).toBe(true);
  });

  test('an error instead of a greeting is bad', async () => {
    const blocked = Buffer.from('\xff\x69\x04Host is blocked', 'latin1');
    await using server = await startResponder((socket) => socket.write(mysqlPacket(0, blocked)));
    const result = await ask(server, { type: 'mysql' });
    expect(result).toEqual({ ok: false, reason: 'error 1129: Host is blocked' });
  });
});

describe('ldap probe', () => {
  test('binds without a name and leaves with an unbind', async () => {
    await using ldap = await startResponder((socket) => {
      socket.once('data', () => socket.write(Buffer.from('300c02010161070a010004000400', 'hex')));
    });
    await ask(ldap, { type: 'ldap' });
    await ldap.allGone();
    const sent = Buffer.from(ldap.received(), 'latin1').toString('hex');
    expect(sent).toBe('300c02010160070201030400800030050201024200');
  });

  test('takes a result code without bytes for no LDAP answer', async () => {
    const answer = Buffer.from('300c02010161070a000400040004', 'hex');
    await using ldap = await startResponder((socket) => {
      socket.once('data', () => socket.write(answer));
    });
    expect(await ask(ldap, { type: 'ldap' })).toEqual({
      ok: false,
      reason: 'not an LDAP answer',
    });
  });

  test('understands long form lengths, as Active Directory writes them', async () => {
    const answer = Buffer.from('3084000000100201016184000000070a010004000400', 'hex');
    await using ldap = await startResponder((socket) => {
      socket.once('data', () => void drip(socket, answer));
    });
    expect(await ask(ldap, { type: 'ldap' })).toEqual({ ok: true, reason: 'bind ok' });
  });
});
