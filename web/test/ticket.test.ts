import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleMatch, TransactionDetail } from '../src/api/types';
import { block, code, ticketOf } from '../src/logic/ticket';
import { Chance, NASTY } from './chance';

const LINK = 'https://waf.example:8080/transactions/17';

/** A transaction in which `text` stands wherever somebody else decides what stands there. */
function detail(text: string): TransactionDetail {
  const match = { rule_id: 942100, message: text, data: text, severity: 2, target: text, tags: [text], operator: text } as unknown as RuleMatch;
  return {
    row: { id: '17', at: '2026-11-23T07:00:00Z', uri: text, host: text, method: text, sensor: text, unique_id: text, verdict: text, status: 403, category: 'sqli', intercepted: true, client: { address: text, port: 1 }, place: { country_name: text } },
    transaction: {
      verdict: text, ruleset: text, anomaly: { inbound: 15, threshold: 5 }, matches: [match, match],
      request: { method: text, uri: text, protocol: text, headers: [[text, text], ['Cookie', 's3cr3t']], body: { text, size: 1, truncated: false } },
    },
    rules: [{ role: 'scored' }, { role: 'evaluated' }], may_see_payload: true, has_payload: true,
  } as unknown as TransactionDetail;
}

/** What CommonMark would read as something else than code: fenced blocks first, then code spans. */
function outsideCode(markdown: string): string {
  const kept: string[] = [];
  let fence: string | null = null;
  for (const line of markdown.split(/\r\n|[\n\r]/)) {
    const marks = /^ {0,3}(`{3,})([^`]*)$/.exec(line);
    if (fence !== null) {
      if (marks && (marks[1] ?? '').length >= fence.length && marks[2]?.trim() === '') fence = null;
      continue;
    }
    if (marks) fence = marks[1] ?? '';
    else kept.push(withoutSpans(line));
  }
  return kept.join('\n');
}

function withoutSpans(line: string): string {
  let rest = line;
  let kept = '';
  for (;;) {
    const opening = /`+/.exec(rest);
    if (!opening) return kept + rest;
    const behind = rest.slice(opening.index + opening[0].length);
    const closing = [...behind.matchAll(/`+/g)].find(([run]) => run.length === opening[0].length);
    if (!closing) return kept + rest;
    kept += `${rest.slice(0, opening.index)}CODE`;
    rest = behind.slice(closing.index + closing[0].length);
  }
}

const skeleton = (text: string, withPayload: boolean): string => outsideCode(ticketOf(detail(text), { link: LINK, withPayload }));

test('outside of code a ticket is the same, whatever an attacker wrote', () => {
  const chance = new Chance(8);
  for (const withPayload of [true, false]) {
    const expected = skeleton('harmless', withPayload);
    assert.ok(!expected.includes('harmless'));
    for (let round = 0; round < 400; round += 1) {
      const text = `x${chance.text(NASTY, 25)}x`;
      assert.equal(skeleton(text, withPayload), expected, JSON.stringify(text));
    }
  }
});

test('a text of backticks or white space alone stays inside too', () => {
  for (const text of ['`', '``', '` `', '```\n```', '\n', '   ', '````']) {
    assert.ok(!/[`]/.test(withoutSpans(code(text))), JSON.stringify(text));
    assert.equal(outsideCode(block(text)), '');
  }
});

test('a ticket has no control, reordering or invisible character, and no line of somebody else', () => {
  const text = ticketOf(detail('a\u202eb\0c\x1b[31m\u200b\u2028d\re'), { link: LINK, withPayload: true });
  assert.ok(!/[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\u202a-\u202e]/.test(text));
  assert.ok(text.includes('[RLO]') && text.includes('[NUL]'));
});

test('credentials never stand in it, the payload only if wanted, and the link is ours', () => {
  const whole = ticketOf(detail('/path?token=abc'), { link: LINK, withPayload: true });
  assert.ok(!whole.includes('s3cr3t'));
  assert.ok(whole.includes('matched'));
  assert.ok(whole.includes(`<${LINK}>`));
  const without = ticketOf(detail('/path?token=abc'), { link: 'javascript:alert(1)', withPayload: false });
  assert.ok(!without.includes('matched') && !without.includes('### Request'));
  assert.ok(!without.includes('<javascript'));
});

test('long texts are cut', () => {
  assert.ok(ticketOf(detail('x'.repeat(100_000)), { link: LINK, withPayload: true }).length < 40_000);
});
