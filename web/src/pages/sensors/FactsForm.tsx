/** What people say about a sensor: the same form for a new and for a known one. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Gazetteer, SensorFacts } from '../../api/types';
import { networksOf } from '../../logic/sensors';
import { useLoad } from '../../ui/load';
import { Problem } from '../../ui/parts';
import { PlacePicker } from './PlacePicker';

export const NO_FACTS: SensorFacts = { label: '', latitude: null, longitude: null, zone: null, allowed_sources: [], trusted_proxies: [] };

interface FieldProps {
  name: string;
  hint: string;
  children: ComponentChildren;
}

function Field({ name, hint, children }: FieldProps) {
  return (
    <label class="field">
      {name}
      {children}
      <span class="hint">{hint}</span>
    </label>
  );
}

interface Props {
  facts: SensorFacts;
  /** The name's field of a new sensor. */
  first?: ComponentChildren;
  submit: string;
  isReady?: boolean;
  onSubmit: (facts: SensorFacts) => Promise<unknown>;
  children?: ComponentChildren;
}

export function FactsForm({ facts, first, submit, isReady = true, onSubmit, children }: Props) {
  const { value: gazetteer } = useLoad<Gazetteer>('gazetteer');
  const [known, setKnown] = useState(facts);
  const [sources, setSources] = useState(facts.allowed_sources.join('\n'));
  const [proxies, setProxies] = useState(facts.trusted_proxies.join('\n'));
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    onSubmit({ ...known, allowed_sources: networksOf(sources), trusted_proxies: networksOf(proxies) })
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return (
    <form class="facts-form" onSubmit={send}>
      <div class="form-columns">
        <div class="form-column">
          {first}
          <Field name="Label" hint="What people call it, on the map and in lists.">
            <input value={known.label} maxLength={100} onInput={(event) => setKnown({ ...known, label: event.currentTarget.value })} placeholder="Shop, Frankfurt" autocomplete="off" />
          </Field>
          <Field name="Time zone of its clock" hint="Only for logs whose times state none: ModSecurity 3 as JSON, Coraza’s JsonLegacy, error logs. Empty is UTC.">
            <input list="zones" value={known.zone ?? ''} onInput={(event) => setKnown({ ...known, zone: event.currentTarget.value.trim() || null })} placeholder="UTC" autocomplete="off" spellcheck={false} />
          </Field>
          <datalist id="zones">
            {gazetteer?.zones.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          <Field name="Allowed source addresses" hint="Where it may deliver from, one network a line. Empty is anywhere.">
            <textarea rows={2} value={sources} onInput={(event) => setSources(event.currentTarget.value)} placeholder="192.0.2.7" spellcheck={false} />
          </Field>
          <Field name="Trusted proxies in front of it" hint="Whose X-Forwarded-For is believed: the client is then the last address in it that is no such proxy.">
            <textarea rows={2} value={proxies} onInput={(event) => setProxies(event.currentTarget.value)} placeholder="10.0.0.0/8" spellcheck={false} />
          </Field>
        </div>
        <div class="form-column">
          <PlacePicker position={known} gazetteer={gazetteer} onChange={(position) => setKnown({ ...known, ...position })} />
        </div>
      </div>
      {error !== null && <Problem error={error} />}
      <p class="row-of-buttons">
        <button type="submit" class="button button-strong" disabled={!isReady || isBusy}>
          {submit}
        </button>
        {children}
      </p>
    </form>
  );
}
