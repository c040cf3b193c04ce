/** The entry as the sensor wrote it: part by part, as one text, or byte by byte. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Part, TransactionDetail } from '../../api/types';
import { asText } from '../../logic/bytes';
import { Icon } from '../../ui/icons';
import { Copy, Problem } from '../../ui/parts';
import { Safe } from '../../ui/Safe';
import { bytes } from './Exchange';
import { HexView } from './HexView';
import { Redacted } from './Redacted';
import { useWindows } from './windows';

type View = 'parts' | 'raw' | 'hex';
const VIEWS: [View, string][] = [
  ['parts', 'Parts'],
  ['raw', 'Raw'],
  ['hex', 'Hex'],
];

function Parts({ parts }: { parts: Part[] }) {
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
    <>
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
    </>
  );
}

function Raw({ id, told }: { id: string; told: number }) {
  const windows = useWindows(id, told);
  const { size } = windows;
  const loaded = windows.until();
  const [wanted, setWanted] = useState(0);
  useEffect(() => windows.want(wanted));
  return (
    <>
      <pre class="block entry" tabIndex={0} aria-label="The entry as text">
        <Safe text={asText(windows.bytes(0, loaded))} length={12_000} tokens={1200} lines more />
      </pre>
      {windows.error !== null && <Problem error={windows.error} retry={windows.retry} />}
      {loaded < size && (
        <p class="entry-more">
          <span class="quiet small">
            The first {bytes(loaded)} of {bytes(size)}.
          </span>
          {loaded > 0 && (
            <button type="button" class="button" onClick={() => setWanted(loaded)}>
              Load 64 KiB more
            </button>
          )}
        </p>
      )}
    </>
  );
}

export function Entry({ detail }: { detail: TransactionDetail }) {
  const { parts, row, digest, size_bytes } = detail;
  const { source } = detail.transaction;
  const [view, setView] = useState<View>('parts');
  return (
    <section class="card entry-card" aria-labelledby="parts-title">
      <header class="card-head">
        <h2 id="parts-title">The entry as it came</h2>
        <span class="quiet small">
          {detail.transaction.format} · {bytes(size_bytes)} · SHA-256 <span class="mono">{digest.slice(0, 12)}…</span>
          <Copy text={digest} label="the digest" />
        </span>
        <div class="segments" role="group" aria-label="Show the entry as">
          {VIEWS.map(([each, label]) => (
            <button key={each} type="button" aria-pressed={view === each} onClick={() => setView(each)}>
              {label}
            </button>
          ))}
        </div>
        <a class="button" href={`/api/v1/transactions/${row.id}/raw`} download>
          <Icon name="download" />
          Raw entry
        </a>
      </header>
      <Redacted id={row.id} wasRedacted={detail.was_redacted} hasOriginal={detail.has_original} />
      {source && (
        <p class="quiet small">
          Read from{' '}
          <span class="mono">
            <Safe text={source.path} length={1024} />
          </span>{' '}
          at byte {source.offset}
        </p>
      )}
      {view === 'parts' && <Parts parts={parts} />}
      {view === 'raw' && <Raw id={row.id} told={size_bytes} />}
      {view === 'hex' && <HexView id={row.id} told={size_bytes} />}
    </section>
  );
}
