/** The entry as the sensor wrote it, part by part. */
import { useRef, useState } from 'preact/hooks';
import type { Part, TransactionDetail } from '../../api/types';
import { Icon } from '../../ui/icons';
import { Copy } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { bytes } from './Exchange';

export function Parts({ detail }: { detail: TransactionDetail }) {
  const { parts, row, digest, size_bytes } = detail;
  const { source } = detail.transaction;
  const [chosen, setChosen] = useState(0);
  const tabs = useRef<HTMLDivElement>(null);
  const part: Part | undefined = parts[chosen];
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || parts.length === 0) return;
    event.preventDefault();
    const next = (chosen + step + parts.length) % parts.length;
    setChosen(next);
    tabs.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <section class="card" aria-labelledby="parts-title">
      <header class="card-head">
        <h2 id="parts-title">The entry as it came</h2>
        <span class="quiet small">
          {detail.transaction.format} · {bytes(size_bytes)} · SHA-256 <span class="mono">{digest.slice(0, 12)}…</span>
          <Copy text={digest} label="the digest" />
        </span>
        <a class="button" href={`/api/v1/transactions/${row.id}/raw`} download>
          <Icon name="download" />
          Raw entry
        </a>
      </header>
      {source && (
        <p class="quiet small">
          Read from{' '}
          <span class="mono">
            <Safe text={source.path} length={1024} />
          </span>{' '}
          at byte {source.offset}
        </p>
      )}
      {parts.length > 0 && (
        <div class="tabs" role="tablist" aria-label="Parts" ref={tabs} onKeyDown={onKey}>
          {parts.map(({ letter, name, size }, index) => (
            <button key={index} type="button" role="tab" id={`tab-${index}`} aria-controls="part" aria-selected={index === chosen} tabIndex={index === chosen ? 0 : -1} onClick={() => setChosen(index)} title={bytes(size)}>
              <strong>{letter}</strong> {name}
            </button>
          ))}
        </div>
      )}
      {part && (
        <div role="tabpanel" id="part" aria-labelledby={`tab-${chosen}`} tabIndex={0}>
          <pre class="block" key={chosen}>
            <Safe text={part.text} length={8000} tokens={900} lines more />
          </pre>
          {part.truncated && <p class="quiet small">Cut at 64 KiB here; the raw entry has all {bytes(part.size)}.</p>}
        </div>
      )}
    </section>
  );
}
