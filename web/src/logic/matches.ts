/** What the rules of a transaction did: which scored, which only evaluated, and the severities. */
import type { RuleMatch, Transaction } from '../api/types';

export const SEVERITIES = ['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const;

/** What CRS adds to the anomaly score for a severity. */
const SCORES: Record<number, number> = { 2: 5, 3: 4, 4: 3, 5: 2 };

/** CRS rules that compare or report the score; they never are the cause. */
export function isEvaluation({ rule_id }: Pick<RuleMatch, 'rule_id'>): boolean {
  if (rule_id === null) return false;
  return (rule_id >= 949000 && rule_id < 950000) || (rule_id >= 959000 && rule_id < 960000) || (rule_id >= 980000 && rule_id < 981000);
}

/** What the inbound score was compared with: as stated, else as the evaluating rule's operator says. */
export function thresholdOf({ anomaly, matches }: Pick<Transaction, 'anomaly' | 'matches'>): number | null {
  if (anomaly?.threshold != null) return anomaly.threshold;
  for (const { rule_id, operator } of matches) {
    const limit = /^@?ge (\d{1,6})$/.exec(operator ?? '')?.[1];
    if (limit !== undefined && rule_id !== null && rule_id >= 949000 && rule_id < 950000) return Number(limit);
  }
  return null;
}

/** The rules of a row as a list shows them: those that found something first, each in log order. */
export function tellingFirst(ruleIds: readonly number[]): number[] {
  const isSummary = (id: number): boolean => isEvaluation({ rule_id: id });
  return [...ruleIds.filter((id) => !isSummary(id)), ...ruleIds.filter(isSummary)];
}

export function severityName(severity: number | null): string | null {
  return severity === null ? null : (SEVERITIES[severity] ?? String(severity));
}

export function points({ severity }: RuleMatch): number {
  return severity === null ? 0 : (SCORES[severity] ?? 0);
}

/** The closed set of defects (docs/formats.md), in words. Unknown codes are shown as they are. */
export const DEFECTS: Record<string, string> = {
  'bytes-after-end': 'Bytes follow the end of the entry; they are ignored.',
  'end-missing': 'The entry has no end marker: a crash, a full disk or a cut.',
  'hash-differs': 'The sensor told another hash of these bytes: they changed on their way, or on its disk.',
  'header-malformed': 'Header lines without a name; they are left out.',
  'json-malformed': 'The entry is not quite JSON; what could be read of it was.',
  'message-cut': 'The sensor cut a message; what is left of its metadata may be forged and is not believed.',
  'message-malformed': 'Lines among the messages are none; they are left out.',
  'metadata-doubtful': 'Metadata that can be read in two ways, or in a message that is no rule’s; not believed.',
  'metadata-missing': 'A rule’s message without metadata: it cannot be told which rule.',
  'other-transaction': 'Lines of another transaction in the entry; they are left out.',
  'part-a-malformed': 'The header line is not one; ids and addresses are unknown.',
  'part-a-missing': 'The header line is missing: Coraza leaves it out where a rule changed the logged parts.',
  'part-order': 'Parts stand in an order that the sensor does not write.',
  'part-repeated': 'A part stands in the entry twice; one of them may be forged.',
  'part-unknown': 'A part with a letter that is not in use; it is left out.',
  'request-line-malformed': 'The request line is not “METHOD URI PROTOCOL”.',
  'status-line-malformed': 'The status line is not “PROTOCOL STATUS REASON”.',
  'stopwatch-malformed': 'The stopwatch is not readable; the log time is used.',
  'time-disagrees': 'Log time and stopwatch do not differ by the duration; the stopwatch is used.',
  'time-malformed': 'The log time is not readable.',
  'upload-malformed': 'Lines of the list of uploaded files are not readable.',
  'value-malformed': 'A value is not of the expected type; it is left out.',
  'zone-malformed': 'The time zone is not readable; UTC is assumed.',
};
