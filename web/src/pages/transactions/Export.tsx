/** Everything that matches as a file, written while it is read: the browser never holds all of it. */
import { useRef, useState } from 'preact/hooks';
import type { Total } from '../../api/types';
import { type Filters, toSearch } from '../../logic/filters';
import type { ShownColumn } from '../../logic/list-view';
import { Dialog, Problem, Progress } from '../../ui/parts';
import { totalText } from './Summary';
import { COLUMNS } from './columns';
import { ApiError } from '../../api/client';

type Kind = 'csv' | 'ndjson';

interface Picker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{ createWritable: () => Promise<WritableStream<Uint8Array>> }>;
}

export function exportPath(filters: Filters, kind: Kind, columns: ShownColumn[] | null): string {
  const query = new URLSearchParams(toSearch(filters));
  if (kind === 'csv' && columns) {
    const names = ['id', ...columns.flatMap(({ name }) => COLUMNS[name].exported)];
    for (const name of new Set(names)) query.append('column', name);
  }
  return `/api/v1/transactions.${kind}?${query}`;
}

/** Counts the lines that go through. */
function counting(onRows: (rows: number) => void): TransformStream<Uint8Array, Uint8Array> {
  let lines = 0;
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) if (byte === 10) lines += 1;
      onRows(lines);
      controller.enqueue(chunk);
    },
  });
}

interface Props {
  filters: Filters;
  columns: ShownColumn[];
  total: Total | null;
  onClose: () => void;
}

export function Export({ filters, columns, total, onClose }: Props) {
  const [kind, setKind] = useState<Kind>('csv');
  const [isAll, setAll] = useState(false);
  const [rows, setRows] = useState<number | null>(null);
  const [isDone, setDone] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const running = useRef<AbortController | null>(null);
  const path = exportPath(filters, kind, isAll ? null : columns);
  const name = `transactions.${kind}`;
  const picker = (window as Picker).showSaveFilePicker;

  const save = async (): Promise<void> => {
    if (!picker) return;
    const controller = new AbortController();
    try {
      const handle = await picker.call(window, { suggestedName: name });
      setError(null);
      setDone(false);
      setRows(0);
      running.current = controller;
      const response = await fetch(path, { signal: controller.signal, credentials: 'same-origin' });
      if (!response.ok || !response.body) throw new ApiError(response.status, `status-${response.status}`, `The server answered ${response.status}.`);
      const heads = kind === 'csv' ? 1 : 0;
      await response.body.pipeThrough(counting((lines) => setRows(Math.max(0, lines - heads)))).pipeTo(await handle.createWritable());
      setDone(true);
    } catch (reason) {
      const isCancelled = reason instanceof DOMException && reason.name === 'AbortError';
      if (isCancelled) setRows(null);
      else setError(reason instanceof ApiError ? reason : new ApiError(0, 'export-stopped', 'The export stopped before its end; the file is not whole.'));
    } finally {
      running.current = null;
    }
  };
  const close = (): void => {
    running.current?.abort();
    onClose();
  };
  const isRunning = rows !== null && !isDone && error === null;
  return (
    <Dialog title="Export" onClose={close}>
      <div class="export">
        <Progress isOn={isRunning} />
        <p>
          {total ? totalText(total.transactions, total.is_at_least) : 'All'} transactions of this search, newest first.
        </p>
        <div class="segments" role="group" aria-label="Format">
          {(['csv', 'ndjson'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={kind === one} onClick={() => setKind(one)}>
              {one === 'csv' ? 'CSV' : 'NDJSON'}
            </button>
          ))}
        </div>
        {kind === 'csv' ? (
          <label class="checked">
            <input type="checkbox" checked={isAll} onChange={(event) => setAll(event.currentTarget.checked)} />
            every column, not only those of the list
          </label>
        ) : (
          <p class="quiet small">One JSON object per line, as the API has it.</p>
        )}
        {rows !== null && (
          <p role="status">
            {isDone ? 'Done: ' : ''}
            {rows.toLocaleString('en')} rows written
          </p>
        )}
        {error !== null && <Problem error={error} />}
        <p class="row-of-buttons">
          <a class="button button-strong" href={path} download={name}>
            Download
          </a>
          {picker && !isRunning && (
            <button type="button" class="button" onClick={() => void save()}>
              Save as…
            </button>
          )}
          {isRunning && (
            <button type="button" class="button" onClick={() => running.current?.abort()}>
              Stop
            </button>
          )}
        </p>
        <p class="quiet small">A file that stops in the middle is told by the browser as failed. In CSV nothing is a formula, and hidden characters are named.</p>
      </div>
    </Dialog>
  );
}
