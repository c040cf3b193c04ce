import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleMatch, Transaction } from '../src/api/types';
import { hitsOf, type Located, spotsOf } from '../src/logic/locate';
import { Chance, NASTY } from './chance';

interface Said {
  uri?: string;
  headers?: [string, string][];
  body?: string;
  response?: string;
}

function transaction(matches: Partial<RuleMatch>[], { uri = '/', headers = [], body, response }: Said): Transaction {
  const text = (value: string | undefined) => (value === undefined ? null : { text: value, size: value.length, truncated: false });
  return {
    request: { method: 'GET', uri, protocol: 'HTTP/1.1', headers, body: text(body) },
    response: { status: 403, protocol: 'HTTP/1.1', headers: [['Server', 'x']], body: text(response) },
    matches: matches.map((match) => ({ rule_id: 1, message: null, data: null, target: null, operator: null, tags: [], ...match })),
  } as unknown as Transaction;
}

function marked(match: Partial<RuleMatch>, said: Said): string {
  const whole = transaction([match], said);
  const hits = hitsOf(whole, () => true);
  const result = hits.located.get(0) as Located;
  if (!('found' in result)) return `no: ${result.why}`;
  const { source, from, to, how, isWhole } = result.found;
  return `${source} ${hits.places.text(source).slice(from, to)} (${[isWhole ? 'whole' : '', how].filter(Boolean).join(', ')})`;
}

const within = (found: string, target: string, value: string): string => `Matched Data: ${found} found within ${target}: ${value}`;

test('matched data is marked where it was sent, in the argument that the target names', () => {
  const data = within("1' OR '1", 'ARGS:id', "1' OR '1'='1");
  assert.equal(marked({ target: 'ARGS:id', data }, { uri: '/a?q=1%27%20OR%20%271&id=1%27+OR+%271%27=%271' }), "uri 1%27+OR+%271 (URL-decoded)");
});

test('without a target, the matched data names it', () => {
  const data = within('<script>', 'ARGS:q', '<script>alert(1)</script>');
  assert.equal(marked({ data }, { uri: '/?q=%3Cscript%3Ealert(1)%3C/script%3E' }), 'uri %3Cscript%3E (URL-decoded)');
});

test('libinjection tells a fingerprint, which stands nowhere: the value is marked', () => {
  const data = within('s&1c', 'ARGS:id', "1' or 1=1--");
  assert.equal(marked({ data, operator: 'detectSQLi' }, { body: 'x=s%261c&id=1%27+or+1%3D1--' }), 'body 1%27+or+1%3D1-- (whole, URL-decoded)');
});

test('what the rule saw in lower case, decoded twice or as entities is found too', () => {
  assert.equal(marked({ target: 'ARGS:q', data: within('java.lang.runtime', 'ARGS:q', 'java.lang.runtime') }, { uri: '/?q=java.lang.Runtime' }), 'uri java.lang.Runtime (without regard to case and white space)');
  assert.equal(marked({ target: 'ARGS:q', data: within('../', 'ARGS:q', '../etc') }, { uri: '/?q=%252e%252e%252fetc' }), 'uri %252e%252e%252f (URL-decoded twice)');
  assert.equal(marked({ target: 'ARGS:q', data: within('<img', 'ARGS:q', '<img src') }, { uri: '/?q=%26lt%3Bimg+src' }), 'uri %26lt%3Bimg (URL- and HTML-decoded)');
});

test('headers, cookies, names and bodies have their places', () => {
  const headers: [string, string][] = [['User-Agent', 'sqlmap/1.0'], ['Cookie', 'a=1; track=../../etc/passwd']];
  assert.equal(marked({ target: 'REQUEST_HEADERS:User-Agent', data: within('sqlmap', 'REQUEST_HEADERS:User-Agent', 'sqlmap/1.0') }, { headers }), 'header:0 sqlmap ()');
  assert.equal(marked({ target: 'REQUEST_COOKIES:track', data: within('../', 'REQUEST_COOKIES:track', '../../etc/passwd') }, { headers }), 'header:1 ../ ()');
  assert.equal(marked({ data: 'Restricted header detected: /accept-charset/' }, { headers: [['Accept-Charset', 'x']] }), 'header-name:0 Accept-Charset (without regard to case and white space)');
  assert.equal(marked({ target: 'ARGS_NAMES:a[$b]', data: within('[$b', 'ARGS_NAMES:a[$b]', 'a[$b]') }, { uri: '/?a%5B%24b%5D=1' }), 'uri %5B%24b (URL-decoded)');
  assert.equal(marked({ target: 'ARGS:json.k', data: within('SLEEP(', 'ARGS:json.k', 'SLEEP(5)') }, { headers: [['Content-Type', 'application/json']], body: '{"k":"SLEEP(5)"}' }), 'body SLEEP( ()');
  assert.equal(marked({ target: 'REQUEST_BODY', data: 'REQUEST_BODY=a=b' }, { body: 'a=b' }), 'body a=b (whole)');
  assert.equal(marked({ target: 'TX:rfi_parameter_ARGS:u', data: within('http://h', 'TX:rfi_parameter_ARGS:u', '.h') }, { uri: '/?u=http://h' }), 'uri http://h ()');
  assert.equal(marked({ target: 'RESPONSE_BODY', data: within('Index of', 'RESPONSE_BODY', 'Index of /') }, { response: '<h1>Index of /' }), 'response-body Index of ()');
});

test('what is not there is said to be not there, never guessed', () => {
  assert.equal(marked({ target: 'ARGS:q', data: within('xyz', 'ARGS:q', 'xyz') }, { uri: '/?q=abc&r=xyz' }), 'no: These bytes cannot be located: the rule saw them after transformations, or the log cut them.');
  assert.equal(marked({ target: 'REQUEST_BODY', data: within('xyz', 'REQUEST_BODY', 'xyz') }, {}), 'no: The request body is not in the entry.');
  assert.equal(marked({ target: 'ARGS:q', data: null }, { uri: '/?q=1' }), 'no: The log does not say which bytes matched.');
});

test('a value that forges "found within" gains nothing: marks are only where the bytes are', () => {
  const value = 'x found within ARGS:other: y';
  assert.equal(marked({ target: 'ARGS:q', data: within('x', 'ARGS:q', value) }, { uri: `/?q=${encodeURIComponent(value)}&other=y` }), 'uri x ()');
});

test('whatever is logged, a mark lies inside its text', () => {
  const chance = new Chance(5);
  const targets = [null, 'ARGS:q', 'ARGS', 'REQUEST_HEADERS', 'REQUEST_COOKIES:a', 'XML:/*', 'REQUEST_URI', 'TX:x_ARGS:q', 'MATCHED_VARS:ARGS:q', 'RESPONSE_BODY', ':', ''];
  for (let round = 0; round < 400; round += 1) {
    const words = () => chance.text([...NASTY, 'q=', '&', 'Matched Data: ', ' found within ', 'ARGS:q', ': '], 12);
    const said: Said = { uri: `/?${words()}`, headers: [['Cookie', words()], ['Content-Type', chance.of(['multipart/form-data; boundary=b', 'application/json', ''])]], body: words() };
    const whole = transaction([{ target: chance.of(targets), data: words(), operator: chance.of([null, 'detectSQLi', 'rx']) }], said);
    const hits = hitsOf(whole, () => true);
    for (const [source, marks] of hits.marks) {
      const { length } = hits.places.text(source);
      for (const { from, to } of marks) assert.ok(from >= 0 && from < to && to <= length);
    }
  }
});

test('a target that is no text of the request has no place', () => {
  assert.deepEqual(spotsOf(transaction([], {}), 'REMOTE_ADDR'), []);
});

test('large requests are searched quickly', () => {
  const body = `q=${'%41'.repeat(20_000)}&${'a=1&'.repeat(10_000)}`;
  const matches = Array.from({ length: 60 }, (_, index) => ({ target: 'ARGS', data: within(`zz${index}`, 'ARGS:q', 'zz') }));
  const start = performance.now();
  hitsOf(transaction(matches, { body, headers: [['Content-Type', 'application/x-www-form-urlencoded']] }), () => true);
  assert.ok(performance.now() - start < 4000);
});
