/**
 * A request as a curl command that can be pasted into any POSIX shell.
 *
 * Everything attacker-written stands in single quotes, in which a shell knows no special character;
 * what would mean something to curl itself (`@file`, header tricks) or cannot be typed is left out
 * and said, or goes through base64. The command never names a host by itself: whoever pastes it
 * decides where the request goes.
 */
import type { Transaction } from '../api/types';

export interface CurlOptions {
  /** `http://127.0.0.1:8080`, or empty for a variable to be set. */
  target: string;
  /** Authorization, Cookie and their like are replaced. */
  withoutCredentials: boolean;
}

export interface Curl {
  command: string;
  /** What the command does otherwise than the request, in words. */
  notes: string[];
}

const LONGEST_BODY = 128 * 1024;
/** Linux takes 128 KiB in one argument; `printf` of a shell, which the pipe uses, has no such limit. */
const LONGEST_WORD = 64 * 1024;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'x-auth-token', 'x-csrf-token']);
/** curl counts and frames the body itself, and decides what to do with the connection. */
const OWN = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'expect', 'upgrade', 'te', 'trailer']);
const HIDDEN = 'REDACTED';
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;
const TARGET = /^https?:\/\/[A-Za-z0-9.[\]:-]{1,260}$/;

/** One word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

/** The request target as curl may send it: what no request line can hold is percent-encoded. */
function requestTarget(uri: string): string {
  const bytes = new TextEncoder().encode(uri);
  let sent = '';
  for (const byte of bytes) sent += byte <= 0x20 || byte >= 0x7f ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte);
  return sent;
}

const VERSIONS: Record<string, string> = { 'HTTP/1.0': '--http1.0', 'HTTP/1.1': '--http1.1', 'HTTP/2': '--http2', 'HTTP/2.0': '--http2', 'HTTP/3': '--http3' };

export function curlOf({ request }: Pick<Transaction, 'request'>, { target, withoutCredentials }: CurlOptions): Curl {
  const notes: string[] = [];
  const uri = request.uri ?? '/';
  const sent = requestTarget(uri);
  if (sent !== uri) notes.push('The URI has characters that stand in no request line; they are percent-encoded.');
  const { lines: headers, present } = headerLines(request.headers, withoutCredentials, notes);
  const { pipe, line } = body(request.body, notes);
  const unsaid = ['User-Agent', 'Accept', ...(line === null ? [] : ['Content-Type'])].filter((own) => !present.has(own.toLowerCase()));
  const version = VERSIONS[(request.protocol ?? '').toUpperCase()];
  const lines = [
    ['curl --silent --show-error --include --globoff --path-as-is', version].filter(Boolean).join(' '),
    ...methodLines(request.method ?? 'GET', line !== null, notes),
    `--request-target ${quoted(sent)}`,
    ...headers,
    ...unsaid.map((own) => `--header ${quoted(`${own}:`)}`),
    ...(line === null ? [] : [line]),
    TARGET.test(target) ? quoted(`${target}/`) : '"${TARGET:?say where to, such as http://127.0.0.1:8080}/"',
  ];
  return { command: pipe + lines.join(' \\\n  '), notes };
}

/** curl expects the body of an answer to HEAD unless it is told otherwise. */
function methodLines(method: string, hasBody: boolean, notes: string[]): string[] {
  if (method === 'HEAD' && !hasBody) return ['--head'];
  if (TOKEN.test(method)) return [`--request ${quoted(method)}`];
  notes.push('The method is none that curl can send; it sends its own.');
  return [];
}

function headerLines(headers: readonly [string, string][], withoutCredentials: boolean, notes: string[]): { lines: string[]; present: Set<string> } {
  const lines: string[] = [];
  const present = new Set<string>();
  let redacted = false;
  let dropped = 0;
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (OWN.has(key) || (key === 'host' && present.has('host'))) continue;
    if (!TOKEN.test(name) || CONTROL.test(value)) {
      dropped += 1;
      continue;
    }
    const isSecret = withoutCredentials && CREDENTIALS.has(key);
    redacted ||= isSecret;
    const shown = isSecret ? HIDDEN : value.trim();
    lines.push(`--header ${quoted(shown === '' ? `${name};` : `${name}: ${shown}`)}`);
    present.add(key);
  }
  if (redacted) notes.push('Credentials are left out.');
  if (dropped > 0) notes.push(dropped === 1 ? 'One header cannot be written on a command line; it is left out.' : `${dropped} headers cannot be written on a command line; they are left out.`);
  return { lines, present };
}

function body(logged: Transaction['request']['body'], notes: string[]): { pipe: string; line: string | null } {
  if (logged === null || logged.text === '') return { pipe: '', line: null };
  const text = logged.text.slice(0, LONGEST_BODY);
  if (logged.text.length > LONGEST_BODY) notes.push('The body is cut at 128 Ki characters.');
  if (logged.truncated) notes.push('The body was cut by the sensor.');
  if (text.includes('\ufffd')) notes.push('The body has bytes that are no UTF-8; they are replaced.');
  if (!/[^\n\x20-\x7e]/.test(text) && text.length <= LONGEST_WORD) return { pipe: '', line: `--data-raw ${quoted(text)}` };
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return { pipe: `printf %s ${quoted(btoa(binary))} | base64 -d | `, line: '--data-binary @-' };
}

/** Where it might go: the server that the entry names, so that nobody's host is taken from a header. */
export function likelyTarget({ server }: Pick<Transaction, 'server'>): string {
  const { address, port } = server;
  if (address === null || !/^[0-9a-f.:]{2,45}$/i.test(address)) return '';
  const host = address.includes(':') ? `[${address}]` : address;
  const scheme = port === 443 || port === 8443 ? 'https' : 'http';
  return `${scheme}://${host}${port === null || port === 80 || port === 443 ? '' : `:${port}`}`;
}
