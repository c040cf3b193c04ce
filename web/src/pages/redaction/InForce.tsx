/** The rules as they hold, in words, and what they did since the service started. */
import type { RedactionOverview } from '../../api/redaction';
import { KINDS, RAW, ruleName } from '../../logic/redaction';
import { Icon } from '../../ui/icons';
import { plain } from '../../ui/Safe';

function Names({ names, none }: { names: string[]; none: string }) {
  if (names.length === 0) return <span class="quiet">{none}</span>;
  return (
    <ul class="redaction-names">
      {names.map((name) => (
        <li key={name}>
          <code>{plain(name, 100)}</code>
        </li>
      ))}
    </ul>
  );
}

export function InForce({ found }: { found: RedactionOverview }) {
  const { rules } = found;
  const raw = RAW.find(([policy]) => policy === rules.raw);
  const patterns = rules.patterns.map((pattern) => ruleName('pattern', pattern));
  return (
    <section class="card redaction-rules" aria-labelledby="rules-title">
      <h2 id="rules-title">Rules in force</h2>
      <dl>
        <div>
          <dt>Headers</dt>
          <dd>
            <Names names={rules.headers} none="none: credentials are stored as they come" />
          </dd>
        </div>
        <div>
          <dt>Arguments</dt>
          <dd>
            <Names names={rules.arguments} none="none" />
          </dd>
        </div>
        <div>
          <dt>Everywhere</dt>
          <dd>
            {patterns.length === 0 && found.literals === 0 ? <span class="quiet">no card numbers, e-mail addresses or own texts</span> : [...patterns, ...(found.literals > 0 ? [`${found.literals} own texts`] : [])].join(', ')}
          </dd>
        </div>
        <div>
          <dt>Raw entry</dt>
          <dd>
            <strong>{raw?.[1]}.</strong> <span class="quiet">{raw?.[2]}</span>
          </dd>
        </div>
        <div>
          <dt>Addresses</dt>
          <dd>{rules.addresses === 'clear' ? 'Stored as they are.' : 'Pseudonyms, made with a key: the same for the same client; networks still group.'}</dd>
        </div>
      </dl>
      <p class="quiet small">
        Set under <code>[redaction]</code> in <code>bartizan.toml</code>; they hold from the next start for what arrives then.
      </p>
    </section>
  );
}

export function Lately({ found }: { found: RedactionOverview }) {
  const { counts, withheld } = found;
  const most = Math.max(1, ...counts.map(({ replaced }) => replaced));
  return (
    <section class="card redaction-counts" aria-labelledby="counts-title">
      <h2 id="counts-title">Taken out since the start</h2>
      {counts.length === 0 && <p class="quiet">{found.is_on ? 'Nothing yet: no entry since the start held anything that the rules name.' : 'Nothing: there are no rules.'}</p>}
      {counts.length > 0 && (
        <table class="plain-table">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col" class="number">
                Places
              </th>
            </tr>
          </thead>
          <tbody>
            {counts.map(({ kind, rule, replaced }) => (
              <tr key={`${kind} ${rule}`}>
                <th scope="row">
                  {plain(ruleName(kind, rule), 100)} <span class="quiet small">{KINDS[kind]}</span>
                  <meter class="redaction-meter" min={0} max={most} value={replaced} aria-hidden="true" />
                </th>
                <td class="number">{replaced.toLocaleString('en')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {withheld > 0 && (
        <p class="notice-line">
          <Icon name="warn" /> {withheld.toLocaleString('en')} {withheld === 1 ? 'entry' : 'entries'} could not be cleaned for certain, so nothing of the content was kept.
        </p>
      )}
      <p class="quiet small">
        Counts only, never values. Also as metrics: <code>bartizan_redaction_replaced_total</code>.
      </p>
    </section>
  );
}
