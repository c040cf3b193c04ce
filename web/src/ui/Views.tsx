/**
 * Saved views of one page: a menu to open them, to save what is shown, and to keep them in order.
 * Reads and writes the address; knows nothing of the page but its name and where it is.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { post, put, remove } from '../api/client';
import type { SavedView, SavedViewList } from '../api/types';
import { hasTime, inWords, isSame, toSave } from '../logic/views';
import { relative } from '../logic/when';
import { address, navigate } from '../router';
import { beginWith } from './begin';
import { Icon } from './icons';
import { useKeys } from './keys';
import { useLoad } from './load';
import { Dialog, Problem } from './parts';
import { Safe } from './Safe';
import { second } from './tick';

interface Props {
  /** What the page is called in the API. */
  page: string;
  /** Where it is, such as /transactions. */
  path: string;
}

interface LineProps {
  view: SavedView;
  path: string;
  isHere: boolean;
  onEdit: () => void;
  onOpen: () => void;
}

function Line({ view, path, isHere, onEdit, onOpen }: LineProps) {
  const words = inWords(view.query);
  return (
    <li class={isHere ? 'is-here' : undefined}>
      <a class="view-open" href={view.query === '' ? path : `${path}?${view.query}`} aria-current={isHere ? 'true' : undefined} onClick={onOpen}>
        <strong>
          <Safe text={view.name} length={80} />
          {view.is_default && <span class="tag tag-strong">first</span>}
          {view.scope_of.length > 0 && <span class="tag tag-warn">scope</span>}
        </strong>
        {view.mistake === null ? (
          <span class="quiet">{words === '' ? 'everything' : <Safe text={words} length={120} />}</span>
        ) : (
          <span class="view-mistake">
            <Icon name="warn" />
            <Safe text={view.mistake} length={120} />
          </span>
        )}
      </a>
      <button type="button" class="ghost" onClick={onEdit} aria-label={`Change the view ${view.name}`} title="Rename, share, replace, remove">
        <Icon name="more" />
      </button>
    </li>
  );
}

interface DialogProps {
  page: string;
  /** Without one, what is shown is saved. */
  view: SavedView | null;
  mayShare: boolean;
  onClose: () => void;
  onDone: (saved: SavedView | null) => void;
}

/** Whose sight hangs on it: said before anything is changed. */
function Concerned({ names }: { names: string[] }) {
  if (names.length === 0) return null;
  return (
    <p class="notice-line">
      It is the scope of <Safe text={names.join(', ')} length={300} />. What you replace here changes at once what they see.
    </p>
  );
}

function ViewDialog({ page, view, mayShare, onClose, onDone }: DialogProps) {
  const [here] = useState(address.value.search);
  const [name, setName] = useState(view?.name ?? '');
  const [isShared, setShared] = useState(view?.is_shared ?? false);
  const [isFirst, setFirst] = useState(view?.is_default ?? false);
  const [isTimed, setTimed] = useState(false);
  const [isReplaced, setReplaced] = useState(false);
  const [isSure, setSure] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isNew = view === null;
  const takesHere = isNew || isReplaced;
  const query = takesHere ? toSave(here, isTimed) : view.query;
  const mayChange = isNew || view.may_change;
  const words = inWords(query);
  const act = (what: Promise<SavedView | null>): void => {
    setBusy(true);
    setError(null);
    what.then(onDone, setError).finally(() => setBusy(false));
  };
  const save = async (): Promise<SavedView> => {
    const body = { name: name.trim(), query, is_shared: isShared };
    const saved = !mayChange ? view : isNew ? await post<SavedView>('views', { page, ...body }) : await put<SavedView>(`views/${view.id}`, body);
    if (isFirst !== saved.is_default) await (isFirst ? put(`views/${saved.id}/default`, {}) : remove(`views/${saved.id}/default`));
    if (isFirst || saved.is_default) beginWith(page, isFirst ? saved.query : null);
    return saved;
  };
  const removeIt = async (): Promise<null> => {
    await remove<object>(`views/${view?.id}`);
    if (view?.is_default) beginWith(page, null);
    return null;
  };
  return (
    <Dialog title={isNew ? 'Save this view' : view.name} onClose={onClose}>
      <form
        class="dialog-form view-form"
        onSubmit={(event) => {
          event.preventDefault();
          act(save());
        }}
      >
        {error !== null && <Problem error={error} />}
        {!isNew && (
          <p class="quiet small">
            By <Safe text={view.made_by} length={60} />, changed {relative(Date.parse(view.changed_at), second.value)}
            {view.changed_by !== view.made_by && (
              <>
                {' by '}
                <Safe text={view.changed_by} length={60} />
              </>
            )}
            {view.is_shared ? ' · shared' : ' · yours alone'}
          </p>
        )}
        {!isNew && <Concerned names={view.scope_of} />}
        {!isNew && !mayChange && (
          <p class="notice-line">{view.is_mine ? 'It is somebody’s scope, so only administrators may change it.' : 'It is somebody else’s. To change it, open it and save one of your own.'}</p>
        )}
        {mayChange && (
          <label class="field">
            Name
            <input value={name} maxLength={80} required autocomplete="off" autofocus={isNew} onInput={(event) => setName(event.currentTarget.value)} />
          </label>
        )}
        <div class="view-text">
          <span class="quiet small">{takesHere ? 'Finds, as shown now' : 'Finds'}</span>
          <p>{words === '' ? 'everything' : <Safe class="code" text={words} length={600} />}</p>
          {!isNew && mayChange && !isReplaced && !isSame(here, view.query) && (
            <button type="button" class="button" onClick={() => setReplaced(true)}>
              Replace it with what is shown now
            </button>
          )}
        </div>
        {takesHere && hasTime(here) && (
          <label class="tick">
            <input type="checkbox" checked={isTimed} onChange={(event) => setTimed(event.currentTarget.checked)} />
            Keep the time range too
          </label>
        )}
        {mayChange && (mayShare || isShared) && (
          <label class="tick">
            <input type="checkbox" checked={isShared} onChange={(event) => setShared(event.currentTarget.checked)} />
            Share it with everybody
          </label>
        )}
        <label class="tick">
          <input type="checkbox" checked={isFirst} onChange={(event) => setFirst(event.currentTarget.checked)} />
          This page begins with it, for me
        </label>
        <footer class="row-of-buttons">
          {!isNew && mayChange && (
            <button type="button" class={`button view-remove${isSure ? ' button-danger' : ''}`} disabled={isBusy} onClick={() => (isSure ? act(removeIt()) : setSure(true))}>
              {isSure ? 'Remove for good' : 'Remove…'}
            </button>
          )}
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-strong" disabled={isBusy || (mayChange && name.trim() === '')}>
            Save
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

export function Views({ page, path }: Props) {
  const { value: list, error, reload } = useLoad<SavedViewList>(`views?${new URLSearchParams({ page })}`);
  const [isOpen, setOpen] = useState(false);
  const [edited, setEdited] = useState<SavedView | 'new' | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const { search } = address.value;
  const views = list?.views ?? [];
  const here = search === '' ? undefined : views.find(({ query }) => isSame(query, search));
  useKeys({ v: () => setOpen(true) });
  useLayoutEffect(() => {
    if (!isOpen) return undefined;
    box.current?.querySelector<HTMLElement>('.views-menu a, .views-menu button')?.focus();
    const onOutside = (event: Event): void => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') {
        setOpen(false);
        opener.current?.focus();
      }
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
      const stops = [...(box.current?.querySelectorAll<HTMLElement>('.view-open, .views-menu footer button') ?? [])];
      const at = stops.indexOf(document.activeElement as HTMLElement);
      event.preventDefault();
      stops[(at + (event.key === 'ArrowDown' ? 1 : -1) + stops.length) % stops.length]?.focus();
    };
    document.addEventListener('pointerdown', onOutside);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('pointerdown', onOutside);
      document.removeEventListener('keydown', onKey);
    };
  }, [isOpen]);
  const done = (saved: SavedView | null): void => {
    setEdited(null);
    reload();
    if (saved && edited === 'new') navigate(saved.query === '' ? path : `${path}?${saved.query}`, { replace: true });
    opener.current?.focus();
  };
  const edit = (what: SavedView | 'new'): void => {
    setOpen(false);
    setEdited(what);
  };
  const groups: [title: string, views: SavedView[]][] = [
    ['Yours', views.filter(({ is_mine, is_shared }) => is_mine && !is_shared)],
    ['Shared', views.filter(({ is_shared }) => is_shared)],
  ];
  return (
    <div class="views" ref={box}>
      <button ref={opener} type="button" class="button" aria-expanded={isOpen} aria-haspopup="dialog" title="Saved views (V)" onClick={() => setOpen(!isOpen)}>
        <Icon name="bookmark" />
        <span class="views-label">{here ? <Safe text={here.name} length={32} /> : 'Views'}</span>
        <Icon name="down" />
      </button>
      {isOpen && (
        <div class="views-menu" role="dialog" aria-label="Saved views">
          {error !== null && <Problem error={error} retry={reload} />}
          {list !== null && views.length === 0 && (
            <p class="quiet views-none">No views yet. Filter until you see what you look for again and again, then save it here.</p>
          )}
          {groups.map(
            ([title, some]) =>
              some.length > 0 && (
                <section key={title} aria-label={title}>
                  <h3>{title}</h3>
                  <ul>
                    {some.map((view) => (
                      <Line key={view.id} view={view} path={path} isHere={view === here} onEdit={() => edit(view)} onOpen={() => setOpen(false)} />
                    ))}
                  </ul>
                </section>
              ),
          )}
          <footer>
            <button type="button" class="button" onClick={() => edit('new')}>
              <Icon name="plus" />
              Save this view…
            </button>
          </footer>
        </div>
      )}
      {edited !== null && (
        <ViewDialog page={page} view={edited === 'new' ? null : edited} mayShare={list?.may_share ?? false} onClose={() => setEdited(null)} onDone={done} />
      )}
    </div>
  );
}
