import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moved, parseView, readColumns, readLayout, USUAL, writeColumns, writeLayout, writeView } from '../src/logic/list-view';

test('a view survives its address', () => {
  const search = 'columns=rules,time:180,client&density=compact&split=action&before=1&group=network&live=1&open=1838551175216086391';
  assert.equal(writeView(parseView(search)), search);
});

test('what is usual is not in the address', () => {
  assert.equal(writeView(parseView('')), '');
});

test('an address that names nonsense shows what is usual', () => {
  const view = parseView('columns=nothing,__proto__:9&density=tiny&split=x&group=all&open=12a&live=yes');
  assert.deepEqual(view, parseView(''));
});

test('a column comes once and its width stays within reason', () => {
  assert.deepEqual(readColumns('time:10,time:99,status:9999,rules:-5'), [
    { name: 'time', width: 48 }, { name: 'status', width: 1200 }, { name: 'rules', width: null },
  ]);
  assert.equal(readColumns(''), null);
});

test('the browser remembers columns and density, and the address wins', () => {
  const layout = parseView('columns=client,time&density=compact');
  const remembered = readLayout(writeLayout(layout));
  assert.equal(writeColumns(parseView('', remembered).columns), 'client,time');
  assert.equal(parseView('density=comfortable', remembered).density, 'comfortable');
  assert.deepEqual(readLayout('columns=%00&density=%00'), {});
});

test('a column moves past its neighbour, and not beyond the ends', () => {
  const names = (columns: { name: string }[]): string[] => columns.map(({ name }) => name).slice(0, 3);
  assert.deepEqual(names(moved(USUAL.columns, 'client', -1)), ['client', 'time', 'category']);
  assert.equal(moved(USUAL.columns, 'time', -1), USUAL.columns);
});
