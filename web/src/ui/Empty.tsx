/** Why a page is empty: always one of the known reasons, always with a way on. */
import type { Empty as Why } from '../api/types';
import { relative } from '../logic/when';
import { local } from '../logic/when';
import { isAdmin } from '../session';
import { Icon } from './icons';
import { Command } from './parts';
import { second } from './tick';

interface Props {
  why: Why;
  /** Names of filters in words, for "filter-too-narrow". */
  filterName?: (parameter: string) => string;
  onRemove?: (parameter: string) => void;
  onNewest?: (newest_at: string) => void;
}

/** How often a page that waits for the first entry looks again. */
export const LOOK_AGAIN_MS = 3000;

/** Whether anything may come by itself; otherwise somebody has to change the filters. */
export function isWaiting(why: Why | null | undefined): boolean {
  return why?.reason === 'no-sensor' || why?.reason === 'silent-sensor';
}

export function FirstSteps() {
  return (
    <>
      {isAdmin.value && (
        <>
          <p>A few fields, then the exact configuration to paste, then lights that go green:</p>
          <a class="button button-strong" href="/add-sensor">
            <Icon name="plus" />
            Add the first sensor
          </a>
        </>
      )}
      <p>{isAdmin.value ? 'Or on the machine where Bartizan runs:' : 'On the machine where Bartizan runs:'}</p>
      <ol class="steps">
        <li>
          Register a sensor. The command prints its configuration, credentials included.
          <Command text="bartizan sensor add web-1" />
        </li>
        <li>
          Paste that configuration on the web server and reload it. Or read the logs you already have:
          <Command text="bartizan import /var/log/modsec_audit.log --sensor web-1" />
        </li>
        <li>
          Only looking around? Demo traffic comes with a badge and leaves with one click:
          <Command text="bartizan demo" />
        </li>
      </ol>
    </>
  );
}

export function Empty({ why, filterName = (name) => name, onRemove, onNewest }: Props) {
  const { newest_at } = why;
  const newest = newest_at && (
    <>
      {relative(Date.parse(newest_at), second.value)} ({local(new Date(newest_at))})
    </>
  );
  if (why.reason === 'no-sensor') {
    return (
      <section class="empty">
        <h2>No sensor yet</h2>
        <FirstSteps />
      </section>
    );
  }
  if (why.reason === 'silent-sensor') {
    return (
      <section class="empty">
        <h2>Sensors are registered, but none has sent anything</h2>
        <p>Check what the collector hears, then send a request that a rule must stop:</p>
        <Command text="bartizan check" />
        <Command text="curl 'https://your-site.example/?q=<script>alert(1)</script>'" />
        <p>
          <a href="/sensors">See the sensors</a>
        </p>
      </section>
    );
  }
  if (why.reason === 'nothing-in-scope') {
    return (
      <section class="empty">
        <h2>Nothing that you may see has arrived</h2>
        <p>Your account sees a part of the transactions, and there is none in it yet. An administrator can change which part.</p>
        <p>
          <a href="/account">What your account sees</a>
        </p>
      </section>
    );
  }
  if (why.reason === 'nothing-in-range') {
    return (
      <section class="empty">
        <h2>Nothing in this time range</h2>
        {newest && <p>The newest transaction arrived {newest}.</p>}
        {newest_at && onNewest && (
          <button type="button" class="button button-strong" onClick={() => onNewest(newest_at)}>
            Jump to the newest
          </button>
        )}
      </section>
    );
  }
  return (
    <section class="empty">
      <h2>No transaction passes these filters</h2>
      <p>There are transactions in this time range. Remove a filter:</p>
      <p class="row-of-buttons">
        {why.filters.map((parameter) => (
          <button key={parameter} type="button" class="button" onClick={() => onRemove?.(parameter)}>
            Remove {filterName(parameter)}
          </button>
        ))}
      </p>
    </section>
  );
}
