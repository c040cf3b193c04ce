/** The arguments of a request, and where in its URI or body each of them stands. */
import { octetsOf, type Octets, type Placed, placedText, urlDecoded } from './octets';

/** A piece of a text, in UTF-16 units. */
export interface Span {
  from: number;
  to: number;
}

export interface Argument {
  name: Placed;
  value: Placed;
  /** Where they stand, as they were sent. */
  nameSpan: Span;
  valueSpan: Span;
}

export const MOST_ARGUMENTS = 500;

const decoded = (text: string, { from, to }: Span): Placed => placedText(urlDecoded(octetsOf(text.slice(from, to), from)));
const asIs = (text: string, { from, to }: Span): Placed => placedText(octetsOf(text.slice(from, to), from));

/** `a=1&b=2` from `from` on; separated by `&`, as the engines do it. */
export function queryArguments(text: string, from = 0, to = text.length): Argument[] {
  const found: Argument[] = [];
  let start = from;
  while (start <= to && from < to && found.length < MOST_ARGUMENTS) {
    const next = text.indexOf('&', start);
    const end = next < 0 || next > to ? to : next;
    if (end > start) {
      const sign = text.indexOf('=', start);
      const middle = sign < 0 || sign >= end ? end : sign;
      const nameSpan = { from: start, to: middle };
      const valueSpan = { from: Math.min(end, middle + 1), to: end };
      found.push({ name: decoded(text, nameSpan), value: decoded(text, valueSpan), nameSpan, valueSpan });
    }
    start = end + 1;
  }
  return found;
}

/** The part of a URI behind the first `?`, without a fragment that nobody should have sent. */
export function querySpan(uri: string): Span {
  const sign = uri.indexOf('?');
  return sign < 0 ? { from: uri.length, to: uri.length } : { from: sign + 1, to: uri.length };
}

/** `a=1; b=2` of a Cookie header. */
export function cookies(header: string): Argument[] {
  const found: Argument[] = [];
  for (const piece of header.matchAll(/\s*([^=;]*)(=)?([^;]*)(?:;|$)/g)) {
    if (found.length >= MOST_ARGUMENTS || piece[0] === '') break;
    const from = piece.index + piece[0].length - piece[0].trimStart().length;
    const nameSpan = { from, to: from + (piece[1] ?? '').length };
    const start = nameSpan.to + (piece[2] ?? '').length;
    const valueSpan = { from: start, to: start + (piece[3] ?? '').length };
    found.push({ name: asIs(header, nameSpan), value: asIs(header, valueSpan), nameSpan, valueSpan });
  }
  return found;
}

export interface FormPart {
  name: string;
  filename: string | null;
  type: string | null;
  head: Span;
  content: Span;
}

export function boundaryOf(contentType: string): string | null {
  const found = /;\s*boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(contentType);
  return found?.[1] ?? found?.[2] ?? null;
}

/** The parts of a multipart body; what follows a missing end is the last part's. */
export function formParts(body: string, boundary: string): FormPart[] {
  const parts: FormPart[] = [];
  const sign = `--${boundary}`;
  let start = body.startsWith(sign) ? 0 : body.indexOf(`\n${sign}`) + 1;
  if (start === 0 && !body.startsWith(sign)) return parts;
  while (parts.length < MOST_ARGUMENTS) {
    const line = body.indexOf('\n', start);
    if (line < 0 || body.startsWith('--', start + sign.length)) break;
    const next = body.indexOf(`\n${sign}`, line);
    const end = next < 0 ? body.length : next;
    parts.push(formPart(body, line + 1, Math.max(line + 1, next > 0 && body[next - 1] === '\r' ? end - 1 : end)));
    if (next < 0) break;
    start = next + 1;
  }
  return parts;
}

function formPart(body: string, from: number, to: number): FormPart {
  const piece = body.slice(from, to);
  const gap = /^\r?\n|\r?\n\r?\n/.exec(piece);
  const headEnd = gap ? from + gap.index : to;
  const head = body.slice(from, headEnd);
  const disposition = /^content-disposition:([^\n]*)/im.exec(head)?.[1] ?? '';
  return {
    name: parameterOf(disposition, 'name') ?? '',
    filename: parameterOf(disposition, 'filename'),
    type: /^content-type:[ \t]*([^\r\n]*)/im.exec(head)?.[1] ?? null,
    head: { from, to: headEnd },
    content: { from: gap ? headEnd + gap[0].length : to, to },
  };
}

function parameterOf(disposition: string, name: string): string | null {
  const found = new RegExp(`;\\s*${name}\\*?=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'i').exec(disposition);
  return found ? (found[1] ?? found[2] ?? '').replace(/\\(["\\])/g, '$1') : null;
}

export type BodyKind = 'form' | 'multipart' | 'json' | 'xml' | 'text';

/** What a body is: as its Content-Type says, else as it begins. */
export function bodyKind(contentType: string | null, text: string): BodyKind {
  const type = (contentType ?? '').toLowerCase();
  if (type.includes('multipart/') && boundaryOf(contentType ?? '') !== null) return 'multipart';
  if (type.includes('x-www-form-urlencoded')) return 'form';
  if (type.includes('json')) return 'json';
  if (type.includes('xml') && !type.includes('html')) return 'xml';
  if (type === '' && /^\s*[[{]/.test(text)) return 'json';
  if (type === '' && /^[^\s=&<>{}]{1,100}=[^<>\s]*(?:&|$)/.test(text)) return 'form';
  return 'text';
}

export function headerOf(headers: readonly [string, string][], name: string): string | null {
  const wanted = name.toLowerCase();
  return headers.find(([each]) => each.toLowerCase() === wanted)?.[1] ?? null;
}

export type { Octets };
