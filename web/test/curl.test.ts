import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import type { Transaction } from '../src/api/types';
import { curlOf, likelyTarget, quoted } from '../src/logic/curl';
import { Chance, NASTY } from './chance';

type Request = Transaction['request'];
const HAS_CURL = spawnSync('curl', ['--version']).status === 0 && spawnSync('base64', ['--version']).status === 0;
const SHELL = '/bin/sh';

const request = (said: Partial<Request>): { request: Request } => ({ request: { method: 'GET', uri: '/', protocol: 'HTTP/1.1', headers: [], body: null, ...said } });
const body = (text: string): Request['body'] => ({ text, size: text.length, truncated: false });

/** What a server hears, byte for byte; it answers as soon as the request is whole. */
let server: Server;
let heard: Buffer<ArrayBufferLike> = Buffer.alloc(0);
let target = '';

before(async () => {
  server = createServer((socket) => {
    heard = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      heard = Buffer.concat([heard, piece]);
      const head = heard.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(heard.subarray(0, head + 4).toString('latin1'))?.[1] ?? 0);
      if (heard.length >= head + 4 + length) socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  target = typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '';
});
after(() => server.close());

interface Heard {
  line: string;
  headers: string[];
  body: Buffer;
}

async function sent(said: Partial<Request>, options: { withoutCredentials?: boolean } = {}): Promise<Heard> {
  const { command } = curlOf(request(said), { target, withoutCredentials: options.withoutCredentials ?? false });
  const shell = spawn(SHELL, ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env['PATH'] } });
  let complaint = '';
  shell.stderr.on('data', (piece: Buffer) => (complaint += piece.toString()));
  const status = await new Promise<number | null>((resolve) => shell.on('close', resolve));
  assert.equal(status, 0, `${command}\n${complaint}`);
  const end = heard.indexOf('\r\n\r\n');
  const [line = '', ...headers] = heard.subarray(0, end).toString('latin1').split('\r\n');
  return { line, headers, body: heard.subarray(end + 4) };
}

const curlTest = (name: string, run: () => Promise<void>): void => void test(name, { skip: HAS_CURL ? false : 'curl is not installed' }, run);

test('any text is one word of a POSIX shell, and that text', () => {
  const chance = new Chance(6);
  const words = Array.from({ length: 400 }, () => chance.text(NASTY.filter((piece) => piece !== '\0'), 20));
  const { stdout, status } = spawnSync(SHELL, ['-c', `printf '%s\\0' ${words.map(quoted).join(' ')}`]);
  assert.equal(status, 0);
  assert.deepEqual(stdout.toString().split('\0').slice(0, -1), words.map((word) => Buffer.from(word).toString()));
});

curlTest('the server hears the method, the target, the headers and the body that were logged, and nothing else', async () => {
  const said = {
    method: 'POST',
    uri: "/a/../b?id=1%27+OR+'1'='1&x=[1-3]{a,b}",
    headers: [['Host', 'shop.example'], ['User-Agent', "it's; $(id) `id` \"x\""], ['X-Empty', ''], ['Content-Type', 'text/plain'], ['Content-Length', '99']] as [string, string][],
    body: body("it's\n@/etc/passwd\n$HOME `id` \\ !!"),
  };
  const found = await sent(said);
  assert.equal(found.line, `POST ${said.uri} HTTP/1.1`);
  assert.equal(found.body.toString(), said.body?.text);
  const expected = ['Host: shop.example', "User-Agent: it's; $(id) `id` \"x\"", 'X-Empty:', 'Content-Type: text/plain', `Content-Length: ${found.body.length}`];
  assert.deepEqual(found.headers.map((line) => line.trimEnd()).sort(), [...expected].sort());
});

curlTest('whatever a client sent, a real shell and a real server get the same bytes', async () => {
  const chance = new Chance(7);
  const header = NASTY.filter((piece) => !/[\0-\x1f]/.test(piece));
  for (let round = 0; round < 40; round += 1) {
    const text = chance.text(NASTY, 30);
    const value = chance.text(header, 12).trim();
    const uri = `/${chance.text(NASTY, 12)}`;
    const found = await sent({ method: chance.of(['GET', 'POST', 'PUT', 'X-ODD', 'HEAD']), uri, headers: [['X-Value', value]], body: text === '' ? null : body(text) });
    assert.deepEqual(found.body, Buffer.from(text));
    const line = found.headers.find((each) => each.startsWith('X-Value:')) ?? '';
    assert.equal(Buffer.from(line.slice('X-Value:'.length).trim(), 'latin1').toString(), value);
    const asSent = found.line.split(' ')[1] ?? '';
    assert.equal(found.line.split(' ').length, 3);
    assert.equal(asSent.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))), Buffer.from(uri).toString('latin1').replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))));
  }
});

curlTest('a header or a body that means something to curl itself is data', async () => {
  const found = await sent({
    method: 'POST',
    headers: [['@/etc/passwd', 'x'], ['X-File', '@/etc/passwd'], ['X-Semicolon', ';'], ['Bad Name', 'x'], ['X-Split', 'a\r\nX-Injected: 1']],
    body: body('@/etc/passwd'),
  });
  assert.equal(found.body.toString(), '@/etc/passwd');
  const names = found.headers.map((line) => line.split(':')[0]);
  assert.ok(names.includes('X-File') && names.includes('X-Semicolon'));
  assert.ok(!names.includes('X-Injected') && !names.includes('Bad Name') && !found.headers.some((line) => line.includes('root:')));
});

curlTest('credentials are left out if that is wanted', async () => {
  const headers: [string, string][] = [['Cookie', 'session=s3cr3t'], ['authorization', 'Bearer s3cr3t'], ['X-Other', 'kept']];
  const found = await sent({ headers }, { withoutCredentials: true });
  assert.ok(!heard.includes('s3cr3t'));
  assert.ok(found.headers.includes('X-Other: kept'));
  await sent({ headers });
  assert.ok(heard.includes('s3cr3t'));
});

test('without a target the command names no host, and says so when it is run', () => {
  for (const odd of ['', 'http://evil.test/$(id)', "http://x'; id", 'file:///etc/passwd', 'http://a b']) {
    const { command } = curlOf(request({ headers: [['Host', 'evil.test']] }), { target: odd, withoutCredentials: true });
    assert.ok(command.endsWith('"${TARGET:?say where to, such as http://127.0.0.1:8080}/"'));
    const { status, stderr } = spawnSync(SHELL, ['-c', command], { env: { PATH: process.env['PATH'] } });
    assert.notEqual(status, 0);
    assert.match(stderr.toString(), /say where to/);
  }
});

test('what the command does otherwise is said', () => {
  const { notes } = curlOf(
    request({ method: 'GET /x', uri: '/a b', headers: [['X\n', 'y'], ['Cookie', 'a=1']], body: { text: 'x\ufffd', size: 9, truncated: true } }),
    { target: 'http://127.0.0.1', withoutCredentials: true },
  );
  assert.equal(notes.length, 6);
});

test('the likely target is the server of the entry, and only if that is an address', () => {
  const at = (address: string | null, port: number | null) => likelyTarget({ server: { address, port } });
  assert.equal(at('127.0.0.1', 18080), 'http://127.0.0.1:18080');
  assert.equal(at('2001:db8::1', 443), 'https://[2001:db8::1]');
  assert.equal(at('unix:', null), '');
  assert.equal(at("1.2.3.4';id", 80), '');
  assert.equal(at(null, 80), '');
});
