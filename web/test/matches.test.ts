import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleMatch } from '../src/api/types';
import { thresholdOf } from '../src/logic/matches';

const match = (rule_id: number, operator: string | null): RuleMatch => ({
  rule_id, operator, message: null, data: null, severity: null, tags: [], file: null, line: null, revision: null,
  version: null, phase: null, target: null, disruptive: false,
});

test('the threshold is the stated one, else what the inbound evaluation compared with', () => {
  const matches = [match(942100, 'ge 3'), match(949110, 'ge 5'), match(959100, 'ge 4')];
  const anomaly = { inbound: 12, outbound: null, threshold: 7, by_category: {}, by_paranoia_level: [], outbound_threshold: null, outbound_by_paranoia_level: [], detection_inbound: null, detection_outbound: null };
  assert.equal(thresholdOf({ anomaly, matches }), 7);
  assert.equal(thresholdOf({ anomaly: null, matches }), 5);
  assert.equal(thresholdOf({ anomaly: null, matches: [match(949110, 'ge %{tx.limit}')] }), null);
});
