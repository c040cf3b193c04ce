/** All rules in the order in which they fired; those that only compare the score stand back. */
import { useState } from 'preact/hooks';
import type { RuleMatch, RuleNote, Transaction } from '../../api/types';
import { noFilters, pageOf, withValue } from '../../logic/filters';
import { type Found, type Hits, nameOfSource } from '../../logic/locate';
import { severityName } from '../../logic/matches';
import { isCommon, meaningOf, SOURCES } from '../../logic/tags';
import { Icon } from '../../ui/icons';
import { Mark } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';
import { Marked } from './Marked';

const FIRST = 40;
const AROUND = 60;

function RuleId({ match }: { match: RuleMatch }) {
  if (match.rule_id === null) return <span class="rule-id quiet">no id</span>;
  return (
    <a class="rule-id" href={pageOf(withValue(noFilters(), 'rule', String(match.rule_id)))} title="All transactions with this rule">
      {match.rule_id}
    </a>
  );
}

function Origin({ match }: { match: RuleMatch }) {
  const { file, line, version, revision, phase } = match;
  if (!file && !version && !revision && phase === null) return null;
  return (
    <p class="rule-origin quiet small">
      {file && (
        <span class="breakable">
          <Safe text={file} length={200} />
          {line !== null && `:${line}`}
        </span>
      )}
      {phase !== null && <span>phase {phase}</span>}
      {version && <Safe text={version} length={60} />}
      {revision && (
        <span>
          revision <Safe text={revision} length={30} />
        </span>
      )}
    </p>
  );
}

/** Known tags explain themselves when they are pressed; those that all rules have are folded. */
function Tags({ tags }: { tags: string[] }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [isAll, setAll] = useState(false);
  const listed = tags.map((tag, index) => ({ tag, index, meaning: meaningOf(tag) }));
  const shown = isAll ? listed : listed.filter(({ tag }) => !isCommon(tag));
  const common = listed.length - listed.filter(({ tag }) => !isCommon(tag)).length;
  const open = listed.find(({ index }) => index === chosen);
  return (
    <div class="rule-tags">
      <ul class="tags">
        {shown.map(({ tag, index, meaning }) => (
          <li key={index}>
            {meaning ? (
              <button type="button" class="tag tag-known" aria-expanded={chosen === index} onClick={() => setChosen(chosen === index ? null : index)} title={meaning.name ?? meaning.text}>
                <Safe text={tag} length={80} />
              </button>
            ) : (
              <span class="tag">
                <Safe text={tag} length={80} />
              </span>
            )}
          </li>
        ))}
        {common > 0 && !isAll && (
          <li>
            <button type="button" class="link small" onClick={() => setAll(true)}>
              {common} more {common === 1 ? 'tag' : 'tags'}
            </button>
          </li>
        )}
      </ul>
      {open?.meaning && (
        <p class="tag-meaning">
          {open.meaning.name && <strong>{open.meaning.name}. </strong>}
          {open.meaning.text}
        </p>
      )}
    </div>
  );
}

/** Shows the mark in the request and puts the focus there. */
function jump(position: number): void {
  const marks = [...document.querySelectorAll<HTMLElement>(`.exchange mark[data-hit~="${position}"]`)];
  const mark = marks.find((each) => each.offsetParent !== null) ?? marks[0];
  if (!mark) return;
  for (let above = mark.parentElement; above; above = above.parentElement) if (above instanceof HTMLDetailsElement) above.open = true;
  mark.scrollIntoView({ block: 'center' });
  mark.tabIndex = -1;
  mark.focus({ preventScroll: true });
  mark.classList.remove('hit-shown');
  void mark.offsetWidth;
  mark.classList.add('hit-shown');
}

function Excerpt({ found, position, hits, transaction }: { found: Found; position: number; hits: Hits; transaction: Transaction }) {
  const text = hits.places.text(found.source);
  const from = Math.max(0, found.from - AROUND);
  const to = Math.min(text.length, Math.min(found.to, found.from + 400) + AROUND);
  const marks = [{ from: found.from - from, to: Math.min(found.to, to) - from, of: position }];
  return (
    <div class="excerpt">
      <p class="quiet small">
        {found.isWhole ? 'The value, as sent in ' : 'The matched bytes, as sent in '}
        <Safe text={nameOfSource(transaction, found.source)} length={120} />
        {found.how && <> ({found.how})</>}
        <button type="button" class="link" onClick={() => jump(position)} aria-label={`Show it in the request, rule ${position + 1}`}>
          show
        </button>
      </p>
      <p class="mono excerpt-text">
        {from > 0 && <span class="quiet">…</span>}
        <Marked text={text.slice(from, to)} marks={marks} length={700} />
        {to < text.length && <span class="quiet">…</span>}
      </p>
    </div>
  );
}

interface CardProps {
  match: RuleMatch;
  note: RuleNote | undefined;
  position: number;
  hits: Hits;
  transaction: Transaction;
}

function Card({ match, note, position, hits, transaction }: CardProps) {
  const severity = severityName(match.severity);
  const worth = note?.points ?? 0;
  const result = hits.located.get(position);
  return (
    <li id={`rule-${position + 1}`} class={`rule severity-${match.severity ?? 'none'}`}>
      <header>
        <span class="rule-position quiet">{position + 1}</span>
        <RuleId match={match} />
        <h3>
          {note?.category && <Mark category={note.category} />} <Safe text={match.message ?? 'no message'} length={300} />
        </h3>
        {match.disruptive && <span class="tag tag-strong">stopped it</span>}
        {note?.paranoia_level != null && <span class="tag" title={`Paranoia level ${note.paranoia_level}`}>PL {note.paranoia_level}</span>}
        {severity && <span class="severity">{severity}</span>}
        {worth > 0 && (
          <span class="worth" title="What the Core Rule Set adds for this severity">
            +{worth}
          </span>
        )}
      </header>
      {(match.target || match.operator) && (
        <p class="rule-target">
          {match.target && (
            <>
              <span class="quiet">in</span> <Safe text={match.target} length={200} class="mono target" />
            </>
          )}
          {match.operator && (
            <>
              {' '}
              <span class="quiet">by</span> <Safe text={match.operator} length={240} class="mono" />
            </>
          )}
        </p>
      )}
      {match.data && (
        <div class="matched">
          <Safe text={match.data} length={600} more class="mono" />
        </div>
      )}
      {result && 'found' in result && <Excerpt found={result.found} position={position} hits={hits} transaction={transaction} />}
      {result && 'why' in result && match.data && <p class="quiet small">{result.why}</p>}
      <div class="rule-foot">
        {match.tags.length > 0 && <Tags tags={match.tags} />}
        <Origin match={match} />
      </div>
    </li>
  );
}

export function Rules({ transaction, notes, hits }: { transaction: Transaction; notes: RuleNote[]; hits: Hits }) {
  const [isAll, setAll] = useState(false);
  const numbered = transaction.matches.map((match, position) => ({ match, position, note: notes[position] }));
  const scoring = numbered.filter(({ note }) => note?.role === 'scored');
  const others = numbered.filter(({ note }) => note?.role !== 'scored');
  if (numbered.length === 0) return <p class="quiet">No rule is in this entry.</p>;
  const card = (entry: (typeof numbered)[number]) => <Card key={entry.position} {...entry} hits={hits} transaction={transaction} />;
  const ids = [...new Set(others.map(({ match }) => match.rule_id).filter((id) => id !== null))];
  const named = ids.length === 0 ? '' : ` (${ids.slice(0, 6).join(', ')}${ids.length > 6 ? ', …' : ''})`;
  return (
    <>
      {scoring.length === 0 && <p class="quiet">No rule in this entry scored.</p>}
      <ol class="rule-list">{(isAll ? scoring : scoring.slice(0, FIRST)).map(card)}</ol>
      {scoring.length > FIRST && !isAll && (
        <button type="button" class="button rules-more" onClick={() => setAll(true)}>
          <Icon name="down" />
          {scoring.length - FIRST} more rules
        </button>
      )}
      {others.length > 0 && (
        <details class="evaluating" open={scoring.length === 0}>
          <summary>
            {others.length === 1 ? '1 rule that' : `${others.length} rules that`} only compared, reported or set up{plain(named, 120)}
          </summary>
          <ol class="rule-list">{others.map(card)}</ol>
        </details>
      )}
      <p class="quiet small tag-sources" title={SOURCES.join('\n')}>
        Tags are explained from a file that comes with Bartizan. CAPEC: The MITRE Corporation.
      </p>
    </>
  );
}
