/** Rules tried on one entry: what would be kept of it. Nothing of it is stored. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { get, post } from '../../api/client';
import type { Pattern, Piece, Rules, TriedRules } from '../../api/redaction';
import { ADDRESSES, isSame, KINDS, linesIn, namesIn, RAW, ruleName } from '../../logic/redaction';
import { Copy, Problem } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';
import { bytes } from '../transaction/Exchange';

const LONGEST = 900_000;
const PATTERNS: [pattern: Pattern, label: string][] = [
  ['cards', 'Card numbers'],
  ['emails', 'E-mail addresses'],
];

function Names({ label, hint, value, onInput }: { label: string; hint: string; value: string; onInput: (typed: string) => void }) {
  return (
    <label class="field">
      {label}
      <textarea class="mono" rows={5} spellcheck={false} value={value} onInput={(event) => onInput(event.currentTarget.value)} />
      <span class="hint">{hint}</span>
    </label>
  );
}

function Segments<T extends string>({ legend, options, value, onChange }: { legend: string; options: readonly (readonly [T, string, ...string[]])[]; value: T; onChange: (chosen: T) => void }) {
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      <div class="segments">
        {options.map(([option, label]) => (
          <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
            {label}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

function RuleForm({ rules, onChange }: { rules: Rules; onChange: (rules: Rules) => void }) {
  const [headers, setHeaders] = useState(rules.headers.join('\n'));
  const [names, setNames] = useState(rules.arguments.join('\n'));
  const [literals, setLiterals] = useState(rules.literals.join('\n'));
  const turn = (pattern: Pattern): void => {
    const patterns = PATTERNS.map(([each]) => each).filter((each) => rules.patterns.includes(each) !== (each === pattern));
    onChange({ ...rules, patterns });
  };
  return (
    <div class="rule-form">
      <div class="rule-names">
        <Names
          label="Headers"
          hint="One per line."
          value={headers}
          onInput={(typed) => {
            setHeaders(typed);
            onChange({ ...rules, headers: namesIn(typed) });
          }}
        />
        <Names
          label="Arguments"
          hint="One per line; * is any text."
          value={names}
          onInput={(typed) => {
            setNames(typed);
            onChange({ ...rules, arguments: namesIn(typed) });
          }}
        />
        <Names
          label="Own texts"
          hint="One per line, 4 characters or more, as they stand."
          value={literals}
          onInput={(typed) => {
            setLiterals(typed);
            onChange({ ...rules, literals: linesIn(typed) });
          }}
        />
      </div>
      <div class="rule-choices">
        <fieldset class="choices">
          <legend>Everywhere</legend>
          <div class="segments">
            {PATTERNS.map(([pattern, label]) => (
              <button key={pattern} type="button" aria-pressed={rules.patterns.includes(pattern)} onClick={() => turn(pattern)}>
                {label}
              </button>
            ))}
          </div>
        </fieldset>
        <Segments legend="Raw entry" options={RAW} value={rules.raw} onChange={(raw) => onChange({ ...rules, raw })} />
        <Segments legend="Client addresses" options={ADDRESSES} value={rules.addresses} onChange={(addresses) => onChange({ ...rules, addresses })} />
      </div>
    </div>
  );
}

function Kept({ pieces }: { pieces: Piece[] }) {
  return (
    <pre class="redacted-entry" tabIndex={0} aria-label="What would be kept of the entry">
      {pieces.map(({ text, kind, rule }, index) =>
        kind === null ? (
          <Safe key={index} text={text} lines length={20_000} tokens={2000} more />
        ) : (
          <mark key={index} class={`taken taken-${kind}`} title={rule === null || rule === '' ? undefined : `${KINDS[kind]}: ${plain(ruleName(kind, rule), 100)}`}>
            {plain(text, 60)}
          </mark>
        ),
      )}
    </pre>
  );
}

function Answer({ tried, isChanged }: { tried: TriedRules; isChanged: boolean }) {
  const { trial, settings } = tried;
  const nothing = trial.findings.length === 0 && !trial.is_withheld;
  let says: ComponentChildren = `${trial.findings.reduce((sum, { count }) => sum + count, 0)} places would be replaced.`;
  if (trial.is_withheld) says = 'The entry cannot be cleaned for certain: nothing of its content would be kept.';
  else if (nothing) says = 'The rules find nothing in this entry.';
  return (
    <div class="trial-answer" aria-live="polite">
      <p class="trial-says">
        <strong>{says}</strong>{' '}
        <span class="quiet">
          {trial.transaction.format}, {bytes(trial.size_before)} before, {trial.size_after === 0 ? 'no raw entry' : bytes(trial.size_after)} after.
        </span>
      </p>
      {trial.findings.length > 0 && (
        <ul class="trial-findings" aria-label="Findings">
          {trial.findings.map(({ kind, rule, count }) => (
            <li key={`${kind} ${rule}`} class={`taken taken-${kind}`}>
              {plain(ruleName(kind, rule), 60)} <b>{count}</b>
            </li>
          ))}
        </ul>
      )}
      {trial.pieces.length > 0 && <Kept pieces={trial.pieces} />}
      {trial.transaction.verdict !== null && (
        <p class="quiet">
          Verdict: <Safe text={trial.transaction.verdict} length={300} />
        </p>
      )}
      {isChanged && (
        <div class="trial-settings">
          <div class="card-head">
            <h3>For the settings file</h3>
            <Copy text={settings} label="the settings" />
          </div>
          <pre tabIndex={0} aria-label="Lines for the settings file">
            <Safe text={settings} lines length={50_000} tokens={2000} />
          </pre>
        </div>
      )}
    </div>
  );
}

export function Trial({ inForce }: { inForce: Rules }) {
  const [entry, setEntry] = useState('');
  const [rules, setRules] = useState(inForce);
  const [isOpen, setOpen] = useState(false);
  const [tried, setTried] = useState<TriedRules | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const isChanged = !isSame(rules, inForce);
  const ask = (what: { entry: string } | { transaction: string }): void => {
    setBusy(true);
    setFailure(null);
    post<TriedRules>('redaction/try', isChanged ? { ...what, rules } : what)
      .then(setTried, setFailure)
      .finally(() => setBusy(false));
  };
  const takeNewest = (): void => {
    setBusy(true);
    setFailure(null);
    get<{ transactions: { id: string }[] }>('transactions?limit=1').then(
      ({ transactions: [newest] }) => {
        setBusy(false);
        if (newest) ask({ transaction: newest.id });
        else setFailure(new Error('none'));
      },
      (error: unknown) => {
        setBusy(false);
        setFailure(error);
      },
    );
  };
  return (
    <section class="card redaction-trial" aria-labelledby="trial-title">
      <h2 id="trial-title">Try it</h2>
      <p class="quiet">Nothing of what you paste is stored or logged.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask({ entry });
        }}
      >
        <label class="field">
          An audit log entry, in any format
          <textarea class="mono" rows={8} maxLength={LONGEST} spellcheck={false} placeholder="--a1b2c3d4-A-- …  or  {&quot;transaction&quot;: …}" value={entry} onInput={(event) => setEntry(event.currentTarget.value)} />
        </label>
        <details class="fold trial-rules" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{isChanged ? 'With other rules than those in force' : 'With the rules in force'}</summary>
          <RuleForm rules={rules} onChange={setRules} />
        </details>
        <div class="trial-acts">
          <button type="submit" class="button button-strong" disabled={isBusy || entry.trim() === ''}>
            Try the rules
          </button>
          <button type="button" class="button" disabled={isBusy} onClick={takeNewest}>
            On the newest transaction
          </button>
        </div>
      </form>
      {failure !== null && <Problem error={failure} />}
      {tried && <Answer tried={tried} isChanged={isChanged} />}
    </section>
  );
}
