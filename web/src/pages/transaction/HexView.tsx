/** Offset, bytes, text: only the lines in sight are drawn and only their bytes are fetched. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { hexLines } from '../../logic/bytes';
import { useHexColumns } from '../../ui/hex';
import { Problem } from '../../ui/parts';
import { useWindows } from './windows';

const LINE_PX = 20;
const SPARE = 8;

export function HexView({ id, told }: { id: string; told: number }) {
  const windows = useWindows(id, told);
  const { size } = windows;
  const columns = useHexColumns();
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(440);
  const box = useRef<HTMLDivElement>(null);
  const pad = useRef<HTMLDivElement>(null);
  const shown = useRef<HTMLPreElement>(null);
  const count = Math.max(1, Math.ceil(size / columns));
  const first = Math.max(0, Math.floor(top / LINE_PX) - SPARE);
  const last = Math.min(count, Math.ceil((top + height) / LINE_PX) + SPARE);
  useEffect(() => setHeight(box.current?.clientHeight ?? 440), []);
  useEffect(() => {
    pad.current?.style.setProperty('height', `${count * LINE_PX}px`);
    shown.current?.style.setProperty('transform', `translateY(${first * LINE_PX}px)`);
  });
  const from = first * columns;
  const to = Math.min(size, last * columns);
  useEffect(() => {
    windows.want(from);
    windows.want(Math.max(from, to - 1));
  });
  const bytes = windows.bytes(from, to);
  return (
    <>
      <div ref={box} class="block hex-box" tabIndex={0} role="region" aria-label="The entry in hexadecimal" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <div ref={pad} class="hex-pad">
          <pre ref={shown} class="hex">{hexLines(bytes, columns, from).join('\n')}</pre>
        </div>
      </div>
      {windows.error !== null && <Problem error={windows.error} retry={windows.retry} />}
      <p class="quiet small">
        {size.toLocaleString('en')} bytes; beside them what is printable ASCII.
      </p>
    </>
  );
}
