/**
 * Where in the request or the response the bytes stand that a rule matched.
 *
 * The log tells the target and (mostly) the matched data, both after the rule's transformations. The
 * target says where to look; the data is looked for there as it is, then after the transformations
 * that rules use most. What is found is marked where it was sent. What is not found is said so: a
 * mark is never a guess.
 */
import type { RuleMatch, Transaction } from '../api/types';
import { bodyKind, boundaryOf, cookies, formParts, headerOf, queryArguments, querySpan, type Span } from './arguments';
import type { MarkSpan } from './marked';
import { bytesOf, escapesDecoded, htmlDecoded, lower, lowered, type Octets, octetsOf, squeezed, urlDecoded } from './octets';

/** A text of the transaction in which marks can stand; headers by their position. */
export type Source = 'method' | 'uri' | 'protocol' | 'body' | 'response-body' | `header:${number}` | `header-name:${number}` | `response-header:${number}`;

export interface Spot extends Span {
  source: Source;
}

export interface Found extends Spot {
  /** How the bytes had to be read, empty if as they stand. */
  how: string;
  /** The data is only what the operator made of the value: all of the value is meant. */
  isWhole: boolean;
}

export type Located = { found: Found } | { why: string };

const LONGEST_NEEDLE = 4096;
const MOST_SPOTS = 600;
const WITHIN = ' found within ';
const SPLITS = 4;
const LOOSELY = 'without regard to case and white space';
/** No byte, so that nothing is found across two texts. */
const BETWEEN = '\u0100';
/** No target has such a name. */
const ANYWHERE = '\u0000';

/** Ways to read a value, from the plainest; each is tried exactly, then without case. */
const WAYS: [how: string, read: (source: Octets) => Octets][] = [
  ['', (source) => source],
  ['URL-decoded', (source) => urlDecoded(source)],
  ['HTML-decoded', htmlDecoded],
  ['URL- and HTML-decoded', (source) => htmlDecoded(urlDecoded(source))],
  ['URL-decoded twice', (source) => urlDecoded(urlDecoded(source))],
  ['without escapes', escapesDecoded],
  ['URL-decoded, without escapes', (source) => escapesDecoded(urlDecoded(source))],
  ['URL-decoded twice, HTML-decoded', (source) => htmlDecoded(urlDecoded(urlDecoded(source)))],
];

/** The texts that a target names, each read once in every way, however many rules ask. */
class Region {
  private readonly read = new Map<string, { all: string; each: Octets[] }>();

  constructor(
    readonly spots: readonly Spot[],
    private readonly textOf: (spot: Spot) => string,
  ) {}

  find(needle: string): (Spot & { how: string }) | null {
    const plain = bytesOf(needle.slice(0, LONGEST_NEEDLE));
    if (plain === '' || this.spots.length === 0) return null;
    const loose = squeezedText(lower(plain));
    for (const [how, read] of WAYS) {
      const found = this.findAs(how, read, plain) ?? this.findAs([how, LOOSELY].filter(Boolean).join(', '), (source) => squeezed(lowered(read(source))), loose);
      if (found) return found;
    }
    return null;
  }

  private findAs(how: string, read: (source: Octets) => Octets, sought: string): (Spot & { how: string }) | null {
    const { all, each } = this.octets(how, read);
    if (sought === '' || !all.includes(sought)) return null;
    for (const [position, octets] of each.entries()) {
      const spot = this.spots[position];
      const index = octets.bytes.indexOf(sought);
      if (index < 0 || !spot) continue;
      const from = octets.at[index] ?? spot.from;
      const to = endOf(octets, index + sought.length);
      if (to > from) return { source: spot.source, from, to, how };
    }
    return null;
  }

  /** One by one, and put together so that what is in none of them is known at once. */
  private octets(how: string, read: (source: Octets) => Octets): { all: string; each: Octets[] } {
    let found = this.read.get(how);
    if (!found) {
      const each = this.spots.map((spot) => read(octetsOf(this.textOf(spot), spot.from)));
      found = { all: each.map(({ bytes }) => bytes).join(BETWEEN), each };
      this.read.set(how, found);
    }
    return found;
  }
}

/** Where to look in one transaction. */
export class Places {
  private readonly regions = new Map<string, Region>();

  constructor(private readonly transaction: Transaction) {}

  text(source: Source): string {
    return textOfSource(this.transaction, source);
  }

  locate(match: RuleMatch): Located {
    const { needles, target } = wanted(match);
    const region = this.region(target ?? '');
    for (const isWhole of [false, true]) {
      for (const needle of needles.filter((each) => each.isWhole === isWhole)) {
        const found = region.find(needle.text);
        if (found) return { found: { ...found, isWhole } };
      }
    }
    if (region.spots.length === 0) {
      for (const needle of needles.filter(({ text }) => text.length > 2)) {
        const found = this.region(ANYWHERE).find(needle.text);
        if (found) return { found: { ...found, isWhole: needle.isWhole } };
      }
    }
    return { why: this.why(target, region.spots, needles.length > 0) };
  }

  private region(target: string): Region {
    let region = this.regions.get(target);
    if (!region) {
      const spots = target === ANYWHERE ? everything(this.transaction) : spotsOf(this.transaction, target);
      region = new Region(spots, ({ source, from, to }) => this.text(source).slice(from, to));
      this.regions.set(target, region);
    }
    return region;
  }

  private why(target: string | null, spots: readonly Spot[], hasData: boolean): string {
    if (!hasData) return 'The log does not say which bytes matched.';
    const isBody = target !== null && /^(REQUEST_BODY|XML|FILES|ARGS_POST|MULTIPART|REQBODY)/i.test(target);
    if (isBody && this.transaction.request.body === null) return 'The request body is not in the entry.';
    if (target?.startsWith('RESPONSE') && this.transaction.response.body === null) return 'The response body is not in the entry.';
    if (spots.length === 0) return 'What it matched is not in the entry.';
    return 'These bytes cannot be located: the rule saw them after transformations, or the log cut them.';
  }
}

/** Where what came out as the byte before `index` ends: several may stand for one character. */
function endOf({ at }: Octets, index: number): number {
  const last = at[index - 1] ?? 0;
  for (let next = index; next < at.length; next += 1) {
    const place = at[next] ?? last;
    if (place > last) return place;
  }
  return at[at.length - 1] ?? last;
}

const squeezedText = (bytes: string): string => squeezed({ bytes, at: new Int32Array(bytes.length + 1) }).bytes;

interface Needle {
  text: string;
  isWhole: boolean;
}

/** What to look for, the most telling first, and in what. */
function wanted(match: RuleMatch): { needles: Needle[]; target: string | null } {
  const data = (match.data ?? '').replace(/\ufffd.*$/s, '');
  const isLibinjection = /^@?detect(sqli|xss)$/i.test(match.operator ?? '');
  const needles: Needle[] = [];
  let target = targetOf(match.target);
  const head = 'Matched Data: ';
  if (data.startsWith(head)) {
    let at = data.indexOf(WITHIN);
    for (let split = 0; at >= 0 && split < SPLITS; split += 1, at = data.indexOf(WITHIN, at + 1)) {
      const inner = data.slice(head.length, at);
      const rest = data.slice(at + WITHIN.length);
      const named = /^([^ ]{1,200}?): /.exec(rest);
      target ??= targetOf(named?.[1] ?? rest.slice(0, 200));
      const isMade = isLibinjection || inner === 'XSS data' || inner.startsWith('Suspicious ');
      if (!isMade && inner !== '') needles.push({ text: inner, isWhole: false });
      const prefix = match.target === null ? named?.[0] : rest.startsWith(`${match.target}: `) ? `${match.target}: ` : named?.[0];
      if (prefix && rest.length > prefix.length) needles.push({ text: rest.slice(prefix.length), isWhole: true });
    }
    return { needles, target };
  }
  const restricted = /^Restricted header detected: \/([^/]{1,100})\/?$/.exec(data);
  if (restricted?.[1]) return { needles: [{ text: restricted[1], isWhole: false }], target: 'REQUEST_HEADERS_NAMES' };
  if (match.target !== null && data.startsWith(`${match.target}=`)) {
    needles.push({ text: data.slice(match.target.length + 1), isWhole: true });
  } else if (data !== '') {
    needles.push({ text: data, isWhole: false });
    const bare = data.replace(/^\|(.+)\|$/, '$1');
    if (bare !== data) needles.push({ text: bare, isWhole: false });
  }
  return { needles, target };
}

/** The collection that a target names; the CRS keeps those of chained rules in names of its own. */
function targetOf(target: string | null): string | null {
  if (!target) return null;
  const bare = target.trim().replace(/^(MATCHED_VARS?(_NAMES?)?|TX):/i, '');
  const inner = /(?:^|_)(ARGS(?:_GET|_POST)?(?:_NAMES)?|REQUEST_(?:HEADERS|COOKIES)(?:_NAMES)?)(:[^]*)?$/i.exec(bare);
  if (/^(MATCHED_VAR|TX)/i.test(target) && inner) return `${inner[1]?.toUpperCase()}${inner[2] ?? ''}`;
  const header = /^header_name_([\w-]{1,100})$/i.exec(bare);
  if (header) return 'REQUEST_HEADERS_NAMES';
  return bare.replace(/^REQUEST_XML/i, 'XML');
}

function textOfSource({ request, response }: Transaction, source: Source): string {
  switch (source) {
    case 'method':
      return request.method ?? '';
    case 'uri':
      return request.uri ?? '';
    case 'protocol':
      return request.protocol ?? '';
    case 'body':
      return request.body?.text ?? '';
    case 'response-body':
      return response.body?.text ?? '';
    default: {
      const [kind, position] = source.split(':');
      const header = (kind === 'response-header' ? response : request).headers[Number(position)];
      return (kind === 'header-name' ? header?.[0] : header?.[1]) ?? '';
    }
  }
}

const whole = (transaction: Transaction, source: Source): Spot[] => {
  const { length } = textOfSource(transaction, source);
  return length > 0 ? [{ source, from: 0, to: length }] : [];
};

function headers(transaction: Transaction, kind: 'header' | 'header-name' | 'response-header', name: string | null): Spot[] {
  const listed = (kind === 'response-header' ? transaction.response : transaction.request).headers;
  return listed.flatMap(([each], index) => (name === null || each.toLowerCase() === name.toLowerCase() ? whole(transaction, `${kind}:${index}`) : []));
}

function everything(transaction: Transaction): Spot[] {
  return [
    ...whole(transaction, 'method'),
    ...whole(transaction, 'uri'),
    ...whole(transaction, 'body'),
    ...headers(transaction, 'header', null),
    ...whole(transaction, 'response-body'),
    ...headers(transaction, 'response-header', null),
  ].slice(0, MOST_SPOTS);
}

/** Every place where the argument may be that has this name; without a name, where any may be. */
function argumentSpots(transaction: Transaction, name: string | null, { names, query, body }: { names: boolean; query: boolean; body: boolean }): Spot[] {
  const { request } = transaction;
  const spots: Spot[] = [];
  const take = (source: Source, text: string, span: Span): void => {
    for (const argument of queryArguments(text, span.from, span.to)) {
      if (name !== null && argument.name.text.toLowerCase() !== name.toLowerCase()) continue;
      spots.push({ source, ...(names ? argument.nameSpan : argument.valueSpan) });
    }
  };
  if (query && request.uri !== null) take('uri', request.uri, querySpan(request.uri));
  if (body && request.body !== null) {
    const type = headerOf(request.headers, 'content-type');
    const { text } = request.body;
    const kind = bodyKind(type, text);
    if (kind === 'form') take('body', text, { from: 0, to: text.length });
    else if (kind === 'multipart') {
      for (const part of formParts(text, boundaryOf(type ?? '') ?? '')) {
        if (name === null || part.name.toLowerCase() === name.toLowerCase()) spots.push({ source: 'body', ...(names ? part.head : part.content) });
      }
    } else spots.push(...whole(transaction, 'body'));
  }
  return spots.filter(({ from, to }) => to > from).slice(0, MOST_SPOTS);
}

function cookieSpots(transaction: Transaction, name: string | null, names: boolean): Spot[] {
  return transaction.request.headers.flatMap(([each, value], index) =>
    each.toLowerCase() !== 'cookie'
      ? []
      : cookies(value).flatMap((cookie): Spot[] => {
          if (name !== null && cookie.name.text.toLowerCase() !== name.toLowerCase()) return [];
          return [{ source: `header:${index}`, ...(names ? cookie.nameSpan : cookie.valueSpan) }];
        }),
  );
}

/** Where a target stands in what was sent; nothing if it is no text of the transaction. */
export function spotsOf(transaction: Transaction, target: string): Spot[] {
  const colon = target.indexOf(':');
  const collection = (colon < 0 ? target : target.slice(0, colon)).trim().toUpperCase();
  const name = colon < 0 ? null : target.slice(colon + 1);
  const uri = transaction.request.uri ?? '';
  const query = querySpan(uri);
  const isPath = { from: 0, to: uri.includes('?') ? query.from - 1 : uri.length };
  switch (collection) {
    case 'ARGS':
      return argumentSpots(transaction, name, { names: false, query: true, body: true });
    case 'ARGS_GET':
      return argumentSpots(transaction, name, { names: false, query: true, body: false });
    case 'ARGS_POST':
      return argumentSpots(transaction, name, { names: false, query: false, body: true });
    case 'ARGS_NAMES':
    case 'ARGS_GET_NAMES':
    case 'ARGS_POST_NAMES':
      return argumentSpots(transaction, null, { names: true, query: true, body: true });
    case 'REQUEST_COOKIES':
      return cookieSpots(transaction, name, false);
    case 'REQUEST_COOKIES_NAMES':
      return cookieSpots(transaction, null, true);
    case 'REQUEST_HEADERS':
      return headers(transaction, 'header', name);
    case 'REQUEST_HEADERS_NAMES':
      return headers(transaction, 'header-name', null);
    case 'RESPONSE_HEADERS':
      return headers(transaction, 'response-header', name);
    case 'REQUEST_URI':
    case 'REQUEST_URI_RAW':
    case 'REQUEST_LINE':
      return whole(transaction, 'uri');
    case 'REQUEST_FILENAME':
    case 'REQUEST_BASENAME':
    case 'PATH_INFO':
      return isPath.to > 0 ? [{ source: 'uri', ...isPath }] : [];
    case 'QUERY_STRING':
      return query.to > query.from ? [{ source: 'uri', ...query }] : [];
    case 'REQUEST_METHOD':
      return whole(transaction, 'method');
    case 'REQUEST_PROTOCOL':
      return whole(transaction, 'protocol');
    case 'REQUEST_BODY':
    case 'XML':
    case 'FILES':
    case 'FILES_NAMES':
    case 'FILES_COMBINED_SIZE':
    case 'MULTIPART_PART_HEADERS':
      return whole(transaction, 'body');
    case 'RESPONSE_BODY':
      return whole(transaction, 'response-body');
    default:
      return [];
  }
}

const MOST_RULES = 80;

export interface Hits {
  places: Places;
  /** By position of the match; only rules that scored are looked for. */
  located: ReadonlyMap<number, Located>;
  /** What is marked in each text; `of` is the position of the match. */
  marks: ReadonlyMap<Source, MarkSpan[]>;
}

/** Everything that can be marked in one transaction. */
export function hitsOf(transaction: Transaction, isSought: (position: number) => boolean): Hits {
  const places = new Places(transaction);
  const located = new Map<number, Located>();
  const marks = new Map<Source, MarkSpan[]>();
  transaction.matches.forEach((match, position) => {
    if (located.size >= MOST_RULES || !isSought(position)) return;
    const result = places.locate(match);
    located.set(position, result);
    if (!('found' in result)) return;
    const { source, from, to } = result.found;
    marks.set(source, [...(marks.get(source) ?? []), { from, to, of: position }]);
  });
  return { places, located, marks };
}

const SOURCE_NAMES: Record<string, string> = { method: 'the method', uri: 'the URI', protocol: 'the protocol', body: 'the request body', 'response-body': 'the response body' };

/** What a text is called. */
export function nameOfSource(transaction: Transaction, source: Source): string {
  const known = SOURCE_NAMES[source];
  if (known !== undefined) return known;
  const [kind, position] = source.split(':');
  const { headers } = kind === 'response-header' ? transaction.response : transaction.request;
  return `${kind === 'header-name' ? 'the name of ' : ''}the header ${headers[Number(position)]?.[0] ?? ''}`;
}
