/** What the rules of a transaction did: which scored, which only evaluated, and the severities. */
import type { RuleMatch } from '../api/types';

export const SEVERITIES = ['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const;

/** What CRS adds to the anomaly score for a severity. */
const SCORES: Record<number, number> = { 2: 5, 3: 4, 4: 3, 5: 2 };

/** CRS rules that compare or report the score; they never are the cause. */
export function isEvaluation({ rule_id }: RuleMatch): boolean {
  if (rule_id === null) return false;
  return (rule_id >= 949000 && rule_id < 950000) || (rule_id >= 959000 && rule_id < 960000) || (rule_id >= 980000 && rule_id < 981000);
}

export function severityName(severity: number | null): string | null {
  return severity === null ? null : (SEVERITIES[severity] ?? String(severity));
}

export function points({ severity }: RuleMatch): number {
  return severity === null ? 0 : (SCORES[severity] ?? 0);
}

/** The closed set of defects, in words. Unknown codes are shown as they are. */
export const DEFECTS: Record<string, string> = {
  truncated: 'The entry ends too early: the sensor was cut off or wrote no more.',
  'missing-end': 'The final boundary (part Z) is missing.',
  'bad-time': 'The time could not be read; the time of arrival is used.',
  'zone-assumed': 'The entry does not say which time zone its clock was in.',
  'not-utf8': 'Some bytes are not UTF-8. The raw entry has them exactly.',
  'bad-message': 'A rule message could not be taken apart.',
  'duplicate-part': 'A part appears more than once; all are kept in the raw entry.',
};
