/** JSON as a tree that opens and closes; a branch is drawn when it is opened first. */
import { useState } from 'preact/hooks';
import type { JsonNode } from '../../logic/json-tree';
import type { MarkSpan } from '../../logic/marked';
import { Safe } from '../../ui/Safe';
import { Marked } from './Marked';

const FIRST = 100;
const OPEN_DEPTH = 3;

interface NodeProps {
  node: JsonNode;
  index: number | null;
  depth: number;
  text: string;
  marks: readonly MarkSpan[];
}

const hasMark = ({ from, to }: JsonNode, marks: readonly MarkSpan[]): boolean => marks.some((mark) => mark.from < to && mark.to > from);

function Key({ node, index }: { node: JsonNode; index: number | null }) {
  if (node.key !== null) {
    return (
      <span class="json-key">
        <Safe text={node.key === '' ? '""' : node.key} length={160} />:{' '}
      </span>
    );
  }
  return index === null ? null : <span class="quiet">{index}: </span>;
}

/** A leaf as it stands in the body, so that marks fit. */
function Leaf({ node, index, text, marks }: Omit<NodeProps, 'depth'>) {
  const inner = marks.flatMap((mark) => {
    const cut = { from: Math.max(mark.from, node.from) - node.from, to: Math.min(mark.to, node.to) - node.from, of: mark.of };
    return cut.to > cut.from ? [cut] : [];
  });
  return (
    <li class={`json-leaf json-${node.kind}`}>
      <Key node={node} index={index} />
      <Marked text={text.slice(node.from, node.to)} marks={inner} length={600} more />
    </li>
  );
}

function Branch({ node, index, depth, text, marks }: NodeProps) {
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH || hasMark(node, marks));
  const [isAll, setAll] = useState(false);
  const { length } = node.children;
  const sign = node.kind === 'object' ? '{}' : '[]';
  return (
    <li>
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <Key node={node} index={index} />
          <span class="quiet">
            {sign[0]}
            {length} {length === 1 ? 'value' : 'values'}
            {sign[1]}
          </span>
        </summary>
        {isOpen && (
          <ul class="json-tree">
            {(isAll ? node.children : node.children.slice(0, FIRST)).map((child, place) => (
              <Any key={place} node={child} index={node.kind === 'array' ? place : null} depth={depth + 1} text={text} marks={marks} />
            ))}
            {length > FIRST && !isAll && (
              <li>
                <button type="button" class="link" onClick={() => setAll(true)}>
                  show {length - FIRST} more
                </button>
              </li>
            )}
          </ul>
        )}
      </details>
    </li>
  );
}

function Any(props: NodeProps) {
  const isBranch = props.node.kind === 'object' || props.node.kind === 'array';
  return isBranch && props.node.children.length > 0 ? <Branch {...props} /> : <Leaf {...props} />;
}

export function JsonView({ tree, text, marks }: { tree: JsonNode; text: string; marks: readonly MarkSpan[] }) {
  return (
    <ul class="json-tree json-root block" tabIndex={0} aria-label="The body as a tree">
      <Any node={tree} index={null} depth={0} text={text} marks={marks} />
    </ul>
  );
}
