/**
 * A development fixture: serves the built console with the server's own policy and made-up data, so
 * that pages can be looked at alone. Not part of the product; the API is src/bartizan/present.
 *   PORT=8090 RATE=5 STATE=ready|setup|login EMPTY=no-sensor|... node dev/server.mjs
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { detailOf, makeRow, random, sensors } from './fixture.mjs';

const STATIC = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../src/bartizan/present/static');
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' };
const RATE = Number(process.env.RATE ?? 5);
const EMPTY = process.env.EMPTY ? { reason: process.env.EMPTY, newest_at: new Date(Date.now() - 86400e3).toISOString(), filters: ['country', 'category'] } : null;
let state = process.env.STATE ?? 'ready';

const manifest = JSON.parse(readFileSync(path.join(STATIC, 'manifest.json'), 'utf8'));
const shell = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Bartizan</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/${manifest.entries['console.css']}">${manifest.preload.map((file) => `<link rel="modulepreload" href="/${file}">`).join('')}<script type="module" src="/${manifest.entries['console.js']}"></script></head><body><div id="app"></div></body></html>`;

const rows = [];
if (!EMPTY) for (let index = 900; index > 0; index -= 1) rows.unshift(makeRow(Date.now() - index * index * 90));
const streams = new Set();
let owed = 0;
setInterval(() => {
  owed += RATE / 5;
  const batch = [];
  for (; owed >= 1 && !EMPTY; owed -= 1) batch.push(makeRow(Date.now()));
  if (batch.length === 0) return;
  rows.unshift(...[...batch].reverse());
  rows.splice(4000);
  for (const stream of streams) stream.write(`event: rows\nid: ${batch.at(-1).id}\ndata: ${JSON.stringify(batch)}\n\n`);
}, 200);
setInterval(() => {
  for (const stream of streams) stream.write(`event: beat\ndata: ${JSON.stringify({ server_time: new Date().toISOString() })}\n\n`);
}, 5000);

function countBy(list, keyOf, make) {
  const found = new Map();
  for (const row of list) {
    const key = keyOf(row);
    if (key === null || key === undefined) continue;
    const entry = found.get(key) ?? { ...make(row), transactions: 0, intercepted: 0 };
    entry.transactions += 1;
    entry.intercepted += row.intercepted ? 1 : 0;
    found.set(key, entry);
  }
  return [...found.values()].sort((a, b) => b.transactions - a.transactions);
}
const total = (list) => ({ transactions: list.length, intercepted: list.filter((row) => row.intercepted).length });
const session = () => ({ state, person: state === 'ready' ? { name: 'mira', role: 'admin' } : null, build: manifest.build, version: '0.1.0' });
const half = (degrees) => Math.round(degrees * 2) / 2;
const attribution = { text: 'IP Geolocation by DB-IP', url: 'https://db-ip.com', date: '2026-06-05', notice: null };
const VALUES = {
  sensor: (row) => row.sensor, country: (row) => row.place?.country, category: (row) => row.category, client: (row) => row.client.address,
  host: (row) => row.host, path: (row) => row.uri.split('?')[0], status: (row) => String(row.status), rule: (row) => String(row.rule_ids[0]),
};

function filtered(query) {
  return rows.filter(
    (row) =>
      Object.entries(VALUES).every(([field, value]) => query.getAll(field).length === 0 || query.getAll(field).includes(value(row))) &&
      (query.get('blocked') === null || String(row.intercepted) === query.get('blocked')),
  );
}

function answer(request, url) {
  const [, , , name, id, of, likeness] = url.pathname.split('/');
  const list = filtered(url.searchParams);
  switch (name) {
    case 'session': return session();
    case 'login': case 'setup': state = 'ready'; return session();
    case 'logout': state = 'login'; return session();
    case 'sessions': return { sessions: [{ id: '1', created_at: new Date(Date.now() - 7e6).toISOString(), seen_at: new Date().toISOString(), peer_address: '192.0.2.4', user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chromium', is_current: true }, { id: '2', created_at: new Date(Date.now() - 9e7).toISOString(), seen_at: new Date(Date.now() - 4e6).toISOString(), peer_address: '192.0.2.9', user_agent: 'wall \u202Edisplay', is_current: false }] };
    case 'map': return {
      total: total(rows), countries: countBy(rows, (row) => row.place?.country, (row) => ({ country: row.place.country, name: row.place.country_name })), categories: countBy(rows, (row) => row.category, (row) => ({ category: row.category })),
      cells: countBy(rows.filter((row) => row.place?.latitude), (row) => `${half(row.place.latitude)},${half(row.place.longitude)},${row.sensor},${row.category}`, (row) => ({ latitude: half(row.place.latitude), longitude: half(row.place.longitude), country: row.place.country, sensor: row.sensor, category: row.category })),
      sensors: EMPTY ? [] : sensors(), recent: rows.slice(0, 20), attribution, empty: EMPTY, server_time: new Date().toISOString(), build: manifest.build,
    };
    case 'sensors': return { sensors: EMPTY ? [] : sensors() };
    case 'status': return { spool: { entries: 3, size_bytes: 9000, dead_letters: 1 }, store: { ok: true }, places: attribution };
    case 'facets': return { facet: id, values: countBy(list, VALUES[id], (row) => ({ value: VALUES[id](row), name: id === 'country' ? row.place.country_name : null })).slice(0, 20) };
    case 'transactions': {
      if (!id) {
        const start = Number(url.searchParams.get('cursor') ?? 0);
        const limit = Number(url.searchParams.get('limit') ?? 50);
        const empty = list.length ? null : (EMPTY ?? { reason: 'filter-too-narrow', newest_at: rows[0].at, filters: [...new Set(url.searchParams.keys())].filter((key) => key !== 'limit') });
        return { transactions: list.slice(start, start + limit), next: list.length > start + limit ? String(start + limit) : null, total: total(list), empty };
      }
      const at = rows.findIndex((row) => row.id === id);
      if (of === 'neighbours') return { newer: rows[at - 1]?.id ?? null, older: rows[at + 1]?.id ?? null };
      if (of === 'similar') {
        const others = rows.filter((row) => row.id !== id && row.rule_ids[0] === rows[at]?.rule_ids[0]);
        return { likeness, value: 'made up', filters: [['rule', String(rows[at]?.rule_ids[0])]], ...total(others), is_at_least: false, rows: others.slice(0, 5) };
      }
      if (of) return null;
      return at < 0 ? null : detailOf(rows[at], rows[at - 1]?.id ?? null, rows[at + 1]?.id ?? null);
    }
    default: return null;
  }
}

function live(request, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(`event: hello\ndata: ${JSON.stringify({ build: manifest.build, server_time: new Date().toISOString(), resumed: Boolean(request.headers['last-event-id']) })}\n\n`);
  streams.add(response);
  request.on('close', () => streams.delete(response));
}

http
  .createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    response.setHeader('content-security-policy', CSP);
    response.setHeader('x-content-type-options', 'nosniff');
    if (url.pathname.startsWith('/assets/')) {
      try {
        const file = path.join(STATIC, 'assets', path.basename(url.pathname));
        response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
        response.end(readFileSync(file));
      } catch {
        response.writeHead(404).end();
      }
    } else if (url.pathname === '/api/v1/live') live(request, response);
    else if (url.pathname.startsWith('/api/v1/')) {
      const body = answer(request, url);
      setTimeout(() => {
        response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body ?? { error: { code: 'not-found', message: 'Nothing is here.', where: url.pathname, request_id: 'r-123' } }));
      }, 20 + random() * 60);
    } else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(shell);
  })
  .listen(Number(process.env.PORT ?? 8090), '127.0.0.1', function onListening() {
    console.log(`http://127.0.0.1:${this.address().port}`);
  });
