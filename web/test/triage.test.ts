import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Triage } from '../src/api/types';
import { filtersOf, inDays, readLabel, timeline } from '../src/logic/triage';

test('a label is one short word in lower case, or none', () => {
  assert.equal(readLabel(' Incident-17 '), 'incident-17');
  assert.equal(readLabel('ÄRGER/web:1.2_x'), 'ärger/web:1.2_x');
  assert.equal(readLabel('a'.repeat(40)), 'a'.repeat(40));
  for (const text of ['', ' ', '-x', 'two words', 'a,b', '<b>', 'a'.repeat(41), 'a\u0000']) assert.equal(readLabel(text), null, text);
});

const at = (minute: number): string => `2026-11-23T08:${String(minute).padStart(2, '0')}:00Z`;
const JUDGED: Triage = {
  state: 'confirmed',
  ignored_until: null,
  reason: '',
  state_at: at(3),
  state_by: 'anna',
  labels: ['shop'],
  notes: [{ id: '20', at: at(2), by: 'ben', text: 'kept', may_remove: false }],
  history: [
    { at: at(0), by: 'anna', kind: 'note-added', value: '10', reason: '', until: null },
    { at: at(1), by: 'anna', kind: 'note-removed', value: '10', reason: '', until: null },
    { at: at(2), by: 'ben', kind: 'note-added', value: '20', reason: '', until: null },
    { at: at(3), by: 'anna', kind: 'state', value: 'confirmed', reason: '', until: null },
  ],
  shows_texts: true,
};

test('a note stands where it was written, and is not told twice', () => {
  const told = timeline(JUDGED).map((moment) => ('note' in moment ? `note ${moment.note.id}` : `${moment.change.kind} ${moment.change.value}`));
  assert.deepEqual(told, ['note-added 10', 'note-removed 10', 'note 20', 'state confirmed']);
});

test('who may not read notes still sees that there are some', () => {
  const told = timeline({ ...JUDGED, notes: [], shows_texts: false });
  assert.equal(told.length, 4);
  assert.ok(told.every((moment) => 'change' in moment));
});

test('the filters of an address are lists of values', () => {
  assert.deepEqual(filtersOf('rule=1&rule=2&q=path%3A%2Fa'), { rule: ['1', '2'], q: ['path:/a'] });
  assert.deepEqual(filtersOf(''), {});
});

test('a period begins now', () => {
  assert.equal(inDays(1, Date.parse('2026-11-23T08:00:00Z')), '2026-11-24T08:00:00.000Z');
});
