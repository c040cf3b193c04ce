/** The anomaly score: in all, by paranoia level and by category, each beside the threshold. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { TransactionDetail } from '../../api/types';
import { categoryKey, categoryLook } from '../../logic/category';
import { isEvaluation, thresholdOf } from '../../logic/matches';
import { Mark } from '../../ui/parts';

interface MeterProps {
  label: ComponentChildren;
  score: number;
  threshold: number | null;
  full: number;
  class?: string;
}

/** One bar on the scale that all of them share. */
function Meter({ label, score, threshold, full, class: name = '' }: MeterProps) {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const percent = (part: number): string => `${((100 * part) / full).toFixed(2)}%`;
    bar.current?.style.setProperty('--score', percent(score));
    bar.current?.style.setProperty('--threshold', percent(threshold ?? 0));
  }, [score, threshold, full]);
  const isOver = threshold !== null && score >= threshold;
  return (
    <div class={`meter ${name}${isOver ? ' meter-over' : ''}${score === 0 ? ' meter-none' : ''}`}>
      <dt>{label}</dt>
      <dd>
        <span ref={bar} class="meter-bar" aria-hidden="true">
          <span class="meter-fill" />
          {threshold !== null && <span class="meter-limit" />}
        </span>
        <b>{score}</b>
      </dd>
    </div>
  );
}

interface GroupProps {
  title: string;
  note: string;
  isWorkedOut: boolean;
  children: ComponentChildren;
}

function Group({ title, note, isWorkedOut, children }: GroupProps) {
  return (
    <div class="score-group">
      <h3>
        {title} {isWorkedOut && <span class="tag">worked out</span>}
      </h3>
      <dl>{children}</dl>
      <p class="quiet small">{note}</p>
    </div>
  );
}

const levelsOf = (levels: readonly number[]): [string, number][] => levels.map((score, index) => [`PL ${index + 1}`, score]);

export function Score({ detail }: { detail: TransactionDetail }) {
  const { transaction, worked_out: sums, row } = detail;
  const { anomaly } = transaction;
  if (sums === null || (sums.inbound === 0 && sums.outbound === 0 && anomaly === null)) return null;
  const threshold = thresholdOf(transaction);
  const outboundThreshold = anomaly?.outbound_threshold ?? (anomaly?.inbound == null ? (anomaly?.threshold ?? null) : null);
  const inbound = anomaly?.inbound ?? (anomaly === null ? row.score : null);
  const outbound = anomaly?.outbound ?? null;
  const isStated = inbound !== null || outbound !== null;
  const isOutboundOnly = inbound === null && outbound !== null;
  const statedLevels = isOutboundOnly ? [] : (anomaly?.by_paranoia_level ?? []);
  const hasLevels = statedLevels.length > 0;
  const levels = hasLevels ? statedLevels : sums.by_paranoia_level;
  const statedOutbound = anomaly?.outbound_by_paranoia_level ?? [];
  const outboundLevels = statedOutbound.length > 0 ? statedOutbound : sums.outbound_by_paranoia_level;
  const stated = Object.entries(anomaly?.by_category ?? {}).filter(([, score]) => score > 0);
  const hasCategories = Object.keys(anomaly?.by_category ?? {}).length > 0;
  const categories = (stated.length > 0 ? stated : Object.entries(sums.by_category)).sort(([, one], [, other]) => other - one);
  const limits = [threshold ?? 0, outboundThreshold ?? 0];
  const scores = [inbound ?? sums.inbound, outbound ?? 0, anomaly?.detection_inbound ?? 0, ...levels, ...outboundLevels, ...categories.map(([, score]) => score)];
  const full = Math.max(1, ...scores, ...limits.map((limit) => limit * 1.6));
  const reporters = [...new Set(transaction.matches.filter(isEvaluation).map(({ rule_id }) => rule_id))].join(', ');
  const bySeverity = 'From the severities of the rules below. A rule that matched several times may have counted more.';
  return (
    <section class="card score-card" aria-labelledby="score-title">
      <header class="card-head">
        <h2 id="score-title">Anomaly score</h2>
        {threshold !== null && (
          <span class="quiet small score-key">
            <span class="meter-limit" aria-hidden="true" /> threshold {threshold}
            {outboundThreshold !== null && outbound !== null && outbound > 0 && outboundThreshold !== threshold && `, of the response ${outboundThreshold}`}
          </span>
        )}
      </header>
      <div class="score-groups">
        <Group title="In all" isWorkedOut={!isStated} note={isStated ? (reporters ? `As rule ${reporters} stated.` : 'As stored.') : bySeverity}>
          {!isOutboundOnly && <Meter label="Request" score={inbound ?? sums.inbound} threshold={threshold} full={full} class="meter-main" />}
          {anomaly?.detection_inbound != null && anomaly.detection_inbound !== anomaly.inbound && (
            <Meter label="… with levels only watched" score={anomaly.detection_inbound} threshold={null} full={full} />
          )}
          {(outbound !== null || (!isStated && sums.outbound > 0)) && (outbound !== 0 || sums.outbound > 0) && (
            <Meter label="Response" score={outbound ?? sums.outbound} threshold={outboundThreshold} full={full} class="meter-main" />
          )}
        </Group>
        <Group title="By paranoia level" isWorkedOut={!hasLevels && !isOutboundOnly} note={hasLevels ? 'As stated; levels up to the blocking one add up to the score.' : bySeverity}>
          {levelsOf(levels).map(([label, score]) => (
            <Meter key={label} label={label} score={score} threshold={threshold} full={full} />
          ))}
          {outboundLevels.some((score) => score > 0) &&
            levelsOf(outboundLevels)
              .filter(([, score]) => score > 0)
              .map(([label, score]) => <Meter key={`out ${label}`} label={`${label}, response`} score={score} threshold={outboundThreshold} full={full} />)}
        </Group>
        {categories.length > 0 && (
          <Group title="By category" isWorkedOut={stated.length === 0} note={stated.length > 0 ? 'As stated.' : hasCategories ? 'The ruleset states no category of these. By the tags of the rules below.' : `${bySeverity}`}>
            {categories.slice(0, 8).map(([category, score]) => (
              <Meter
                key={category}
                class={`cat-${categoryKey(category)}`}
                label={
                  <>
                    <Mark category={category} /> {categoryLook(category).label}
                  </>
                }
                score={score}
                threshold={threshold}
                full={full}
              />
            ))}
          </Group>
        )}
      </div>
    </section>
  );
}
