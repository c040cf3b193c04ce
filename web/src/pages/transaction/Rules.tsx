/** All rules in the order in which they fired; those that only compare the score stand back. */
import type { RuleMatch, Transaction } from '../../api/types';
import { isEvaluation, points, severityName } from '../../logic/matches';
import { noFilters, pageOf, withValue } from '../../logic/filters';
import { Safe } from '../../ui/Safe';

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

function Card({ match, position }: { match: RuleMatch; position: number }) {
  const severity = severityName(match.severity);
  const worth = points(match);
  return (
    <li class={`rule severity-${match.severity ?? 'none'}`}>
      <header>
        <span class="rule-position quiet">{position}</span>
        <RuleId match={match} />
        <h3>
          <Safe text={match.message ?? 'no message'} length={300} />
        </h3>
        {match.disruptive && <span class="tag tag-strong">stopped it</span>}
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
      {match.tags.length > 0 && (
        <ul class="tags">
          {match.tags.map((tag, index) => (
            <li key={index} class="tag">
              <Safe text={tag} length={80} />
            </li>
          ))}
        </ul>
      )}
      <Origin match={match} />
    </li>
  );
}

export function Rules({ transaction }: { transaction: Transaction }) {
  const numbered = transaction.matches.map((match, index) => ({ match, position: index + 1 }));
  const scoring = numbered.filter(({ match }) => !isEvaluation(match));
  const evaluating = numbered.filter(({ match }) => isEvaluation(match));
  if (numbered.length === 0) return <p class="quiet">No rule is in this entry.</p>;
  return (
    <>
      <ol class="rule-list">
        {scoring.map((entry) => (
          <Card key={entry.position} {...entry} />
        ))}
      </ol>
      {evaluating.length > 0 && (
        <details class="evaluating" open={scoring.length === 0}>
          <summary>
            {evaluating.length === 1 ? '1 rule that' : `${evaluating.length} rules that`} only compared or reported the score (
            {evaluating.map(({ match }) => match.rule_id).join(', ')})
          </summary>
          <ol class="rule-list">
            {evaluating.map((entry) => (
              <Card key={entry.position} {...entry} />
            ))}
          </ol>
        </details>
      )}
    </>
  );
}
