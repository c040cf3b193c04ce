/**
 * JSON as a tree that can be shown: repeated keys are all kept, everything remembers where it
 * stands, and neither depth nor size can hurt. What is not JSON has no tree.
 */

export interface JsonNode {
  key: string | null;
  kind: 'object' | 'array' | 'string' | 'number' | 'word';
  from: number;
  to: number;
  /** Of strings and other leaves: the value as text, decoded. */
  text: string;
  children: JsonNode[];
}

const MOST_NODES = 5000;
const DEEPEST = 200;
const TOKEN = /[\s]*(?:([{}[\],:])|"((?:[^"\\]|\\[^])*)"|(-?\d[\d.eE+-]{0,400})|(true|false|null))/y;

type Expects = 'value' | 'first-value' | 'key' | 'first-key' | 'colon' | 'comma' | 'end';

/** The tree; null if the text is not one whole JSON value, or too large to be shown as a tree. */
export function jsonTree(text: string): JsonNode | null {
  const stack: JsonNode[] = [];
  let expects: Expects = 'value';
  let key: string | null = null;
  let root: JsonNode | null = null;
  let nodes = 0;
  TOKEN.lastIndex = 0;

  const add = (node: JsonNode): boolean => {
    nodes += 1;
    if (nodes > MOST_NODES || stack.length >= DEEPEST) return false;
    const parent = stack.at(-1);
    if (parent) parent.children.push(node);
    else root = node;
    key = null;
    return true;
  };
  const after = (): Expects => (stack.length > 0 ? 'comma' : 'end');

  for (;;) {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) return expects === 'end' && text.slice(start).trim() === '' ? root : null;
    const to = TOKEN.lastIndex;
    const [, sign, quoted, number, word] = found;
    const isValue = expects === 'value' || expects === 'first-value';
    if (sign === '{' || sign === '[') {
      if (!isValue) return null;
      const node: JsonNode = { key, kind: sign === '{' ? 'object' : 'array', from: to - 1, to, text: '', children: [] };
      if (!add(node)) return null;
      stack.push(node);
      expects = sign === '{' ? 'first-key' : 'first-value';
    } else if (sign === '}' || sign === ']') {
      const closed = stack.pop();
      const empty = sign === '}' ? 'first-key' : 'first-value';
      if (!closed || (closed.kind === 'object') !== (sign === '}') || (expects !== 'comma' && expects !== empty)) return null;
      closed.to = to;
      expects = after();
    } else if (sign === ',') {
      if (expects !== 'comma') return null;
      expects = stack.at(-1)?.kind === 'object' ? 'key' : 'value';
    } else if (sign === ':') {
      if (expects !== 'colon') return null;
      expects = 'value';
    } else if (quoted !== undefined && (expects === 'key' || expects === 'first-key')) {
      key = unquoted(quoted);
      expects = 'colon';
    } else {
      if (!isValue) return null;
      const whole = quoted !== undefined ? quoted.length + 2 : (number ?? word ?? '').length;
      const node: JsonNode = {
        key,
        kind: quoted !== undefined ? 'string' : number !== undefined ? 'number' : 'word',
        from: to - whole,
        to,
        text: quoted !== undefined ? unquoted(quoted) : (number ?? word ?? ''),
        children: [],
      };
      if (!add(node)) return null;
      expects = after();
    }
  }
}

function unquoted(inner: string): string {
  try {
    return JSON.parse(`"${inner.replace(/[\u0000-\u001f]/g, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`) as string;
  } catch {
    return inner;
  }
}
