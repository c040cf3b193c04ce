import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff_ms, type Feed, type FeedEvent, IDLE_AFTER_MS, isSilent, LOST_AFTER_MS, newFeed, SILENT_AFTER_MS, step } from '../src/logic/feed';
import { SseParser } from '../src/logic/sse';

/** Plays events at times (ms) against a feed that began at 0. */
function play(events: [number, FeedEvent][]): Feed {
  return events.reduce((feed, [at, event]) => step(feed, event, at), newFeed(0));
}
const open = { kind: 'open' } as const;
const fail = { kind: 'fail' } as const;
const tick = { kind: 'tick' } as const;
const rows = (lastId: string): FeedEvent => ({ kind: 'rows', lastId });

test('a feed that opens and gets rows is live and remembers where it is', () => {
  const feed = play([[100, open], [200, rows('7')]]);
  assert.equal(feed.name, 'live');
  assert.equal(feed.lastId, '7');
});

test('the place where the stream begins counts before any row', () => {
  assert.equal(play([[100, open], [110, { kind: 'beat', lastId: '40' }]]).lastId, '40');
});

test('silence with beats is idle since the last row, and rows make it live again', () => {
  const idle = play([[0, open], [1000, rows('1')], [5000 + IDLE_AFTER_MS, { kind: 'beat' }], [5000 + IDLE_AFTER_MS, tick]]);
  assert.equal(idle.name, 'idle');
  assert.equal(idle.since_ms, 1000);
  assert.equal(step(idle, rows('2'), 99_000).name, 'live');
});

test('a broken feed reconnects, keeps its place, and is live after it opens', () => {
  const broken = play([[0, open], [1000, rows('9')], [2000, fail]]);
  assert.equal(broken.name, 'reconnecting');
  assert.equal(broken.lastId, '9');
  assert.ok((broken.retryAt_ms ?? 0) > 2000);
  const again = step(step(broken, { kind: 'attempt' }, 3000), open, 3100);
  assert.deepEqual([again.name, again.failures, again.retryAt_ms], ['live', 0, null]);
});

test('a feed that stays broken is lost, and says since when', () => {
  const lost = play([[0, open], [2000, fail], [2001 + LOST_AFTER_MS, tick]]);
  assert.equal(lost.name, 'lost');
  assert.equal(lost.since_ms, 2000);
  assert.equal(step(lost, fail, 60_000).name, 'lost');
});

test('missed beats are silence, but not while waiting for the next attempt', () => {
  const feed = play([[0, open]]);
  assert.equal(isSilent(feed, SILENT_AFTER_MS), false);
  assert.equal(isSilent(feed, SILENT_AFTER_MS + 1), true);
  assert.equal(isSilent(step(feed, fail, 10), SILENT_AFTER_MS + 10), false);
});

test('waits double up to 30 s, spread by a quarter, and obey Retry-After', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 20].map((failures) => backoff_ms(failures, 0.5)), [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  assert.equal(backoff_ms(1, 0), 750);
  assert.equal(backoff_ms(1, 1), 1250);
  assert.equal(step(newFeed(0), { kind: 'fail', retryAfter_s: 60 }, 0).retryAt_ms, 60_000);
});

test('events are cut the same way wherever the network cuts the text', () => {
  const text = ': ping\n\nevent: rows\nid: 12\ndata: [1,\ndata: 2]\n\nid: 13\r\nevent: beat\r\ndata:{}\r\n\r\n';
  const whole = new SseParser().push(text);
  assert.deepEqual(whole, [{ event: 'rows', data: '[1,\n2]', id: '12' }, { event: 'beat', data: '{}', id: '13' }]);
  for (let at = 0; at <= text.length; at += 1) {
    const parser = new SseParser();
    assert.deepEqual([...parser.push(text.slice(0, at)), ...parser.push(text.slice(at))], whole, `cut at ${at}`);
  }
});
