/** The rules that fired most, in their own words; those that only add up are folded away. */
import type { RuleCount, RuleCounts } from '../../api/boards';
import { toSearch } from '../../logic/filters';
import { useLoad } from '../../ui/load';
import { Mark } from '../../ui/parts';
import { plain, Safe } from '../../ui/Safe';
import { Card } from './Card';
import { type BoardProps, Line, toggled } from './Values';

const NOT_SAID = 'its entries do not say what it is about';

function wordsOf({ rule_id, message }: RuleCount): string {
  return `Rule ${rule_id}, ${plain(message ?? NOT_SAID, 200)}`;
}

export function Rules({ filters, onChange, turn }: BoardProps) {
  const loaded = useLoad<RuleCounts>(`overview/rules?${toSearch(filters)}#${turn}`);
  const chosen = filters.values.rule;
  const line = (rule: RuleCount, most: number) => (
    <Line
      key={rule.rule_id}
      name={
        <>
          {rule.category !== null && <Mark category={rule.category} />}
          <span class="code">{rule.rule_id}</span> {rule.message === null ? <span class="quiet">{NOT_SAID}</span> : <Safe text={rule.message} length={160} />}
        </>
      }
      label={wordsOf(rule)}
      counts={rule}
      most={most}
      isChosen={chosen.includes(String(rule.rule_id))}
      onToggle={() => onChange(toggled(filters, 'rule', String(rule.rule_id)))}
    />
  );
  return (
    <Card title="Rules" class="board-wide" loaded={loaded} lines={10} empty={({ rules, evaluation }) => (rules.length + evaluation.length === 0 ? 'No rule fired in these transactions.' : null)}>
      {({ rules, evaluation }) => {
        const most = Math.max(1, ...rules.map(({ transactions }) => transactions));
        return (
          <>
            <ul class="lines-of-values">{rules.map((rule) => line(rule, most))}</ul>
            {evaluation.length > 0 && (
              <details class="folded">
                <summary>
                  {evaluation.length} evaluation rule{evaluation.length === 1 ? '' : 's'}, which add up what these scored
                </summary>
                <ul class="folded-rules">
                  {evaluation.map(({ rule_id, transactions }) => (
                    <li key={rule_id}>
                      <button type="button" class="link" aria-pressed={chosen.includes(String(rule_id))} onClick={() => onChange(toggled(filters, 'rule', String(rule_id)))}>
                        {rule_id}
                      </button>{' '}
                      <span class="quiet">{transactions.toLocaleString('en')}</span>
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </>
        );
      }}
    </Card>
  );
}
