import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonNode, jsonTree } from '../src/logic/json-tree';
import { Chance, NASTY } from './chance';

function valueOf(node: JsonNode): unknown {
  if (node.kind === 'object') return Object.fromEntries(node.children.map((child) => [child.key, valueOf(child)]));
  if (node.kind === 'array') return node.children.map(valueOf);
  return node.kind === 'string' ? node.text : JSON.parse(node.text);
}

function made(chance: Chance, depth: number): unknown {
  const kind = chance.below(depth > 4 ? 4 : 6);
  if (kind === 4) return Array.from({ length: chance.below(4) }, () => made(chance, depth + 1));
  if (kind === 5) return Object.fromEntries(Array.from({ length: chance.below(4) }, (_, index) => [`${index}${chance.text(NASTY, 3)}`, made(chance, depth + 1)]));
  return [chance.text(NASTY, 6), chance.below(1e6) / 7, true, null][kind];
}

test('the tree of any JSON holds what JSON.parse reads, and each leaf stands where it says', () => {
  const chance = new Chance(4);
  for (let round = 0; round < 300; round += 1) {
    const value = made(chance, 0);
    const text = JSON.stringify(value, null, chance.below(3));
    const tree = jsonTree(text);
    assert.ok(tree, text);
    assert.deepEqual(valueOf(tree), JSON.parse(text));
    const check = (node: JsonNode): void => {
      assert.deepEqual(JSON.parse(text.slice(node.from, node.to)), valueOf(node));
      node.children.forEach(check);
    };
    check(tree);
  }
});

test('repeated keys are all there', () => {
  const tree = jsonTree('{"a": 1, "a": "<script>"}');
  assert.deepEqual(tree?.children.map(({ key, text }) => [key, text]), [['a', '1'], ['a', '<script>']]);
});

test('what is not JSON has no tree', () => {
  for (const text of ['', '{', '[1,]', '{"a"}', '{"a":1,}', '1 2', '{"a":1]', 'undefined', "{'a':1}", '[1 2]', '{"a":1}x', ',', '"a', '{:1}']) {
    assert.equal(jsonTree(text), null, text);
  }
});

test('depth and size are bounded, and answered quickly', () => {
  assert.equal(jsonTree('['.repeat(100_000)), null);
  assert.equal(jsonTree(`${'['.repeat(250)}${']'.repeat(250)}`), null);
  assert.equal(jsonTree(`[${'1,'.repeat(6000)}1]`), null);
  assert.equal(jsonTree(`"${'\\'.repeat(200_001)}`), null);
});
