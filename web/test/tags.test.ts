import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isCommon, meaningOf, SOURCES } from '../src/logic/tags';

test('a CAPEC path is explained by its last number, a PCI tag by its requirement', () => {
  assert.equal(meaningOf('capec/1000/152/248/66')?.name, 'CAPEC-66: SQL Injection');
  assert.equal(meaningOf('CAPEC/272/220')?.name, 'CAPEC-220: Client-Server Protocol Manipulation');
  assert.equal(meaningOf('PCI/6.5.2')?.name, 'PCI DSS 6.5.2: Buffer overflows');
  assert.match(meaningOf('attack-sqli')?.text ?? '', /^SQL injection/);
  assert.equal(meaningOf('platform-tomcat')?.text, 'For this platform.');
});

test('every tag of the Core Rule Set that the corpus shows is explained', () => {
  const tags = [
    'OWASP_CRS/ATTACK-SQLI', 'PCI/12.1', 'PCI/6.5.1', 'PCI/6.5.10', 'PCI/6.5.4', 'PCI/6.5.6', 'application-multi', 'attack-disclosure', 'attack-multipart-header', 'attack-reputation-scanner',
    'capec/1/180/77', 'capec/1000/118/116/54/127', 'capec/1000/118/224/541/310', 'capec/1000/152/137/15/460', 'capec/1000/152/137/6', 'capec/1000/152/175/253', 'capec/1000/152/242/63',
    'capec/1000/152/248/136', 'capec/1000/152/248/66/109', 'capec/1000/152/248/88', 'capec/1000/153/267', 'capec/1000/210/272/220/273', 'capec/1000/210/272/220/274', 'capec/1000/210/272/220/33',
    'capec/1000/210/272/220/34', 'capec/1000/225/21/593/61', 'capec/1000/225/664', 'capec/1000/255/153/126', 'capec/1000/255/153/267/120', 'capec/1000/255/153/267/72', 'capec/1000/210/227/469',
    'language-php', 'paranoia-level/1', 'paranoia-level/4', 'event-correlation', 'anomaly-evaluation',
  ];
  assert.deepEqual(tags.filter((tag) => meaningOf(tag) === null), []);
});

test("somebody's own tags are not explained, nor what only looks like an object's own", () => {
  for (const tag of ['val-1', 'constructor', '__proto__', 'capec/x', 'capec/99999', 'PCI/9.9', 'capec/constructor', '']) assert.equal(meaningOf(tag), null, tag);
});

test('no explanation leads to the web, and the sources are named', () => {
  const file = readFileSync(path.resolve('src/data/tags.json'), 'utf8');
  assert.ok(!/https?:|www\./.test(file));
  assert.ok(SOURCES.some((source) => source.includes('MITRE')));
});

test('tags that all rules have stand back', () => {
  assert.deepEqual(['OWASP_CRS', 'language-multi', 'attack-sqli'].map(isCommon), [true, true, false]);
});
