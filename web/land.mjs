/**
 * Makes the base maps from world-atlas (Natural Earth, public domain): each country gets its ISO
 * alpha-2 code and the point where its name is written, so that the browser computes neither.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { geoArea, geoCentroid } from 'd3-geo';
import { feature } from 'topojson-client';

/** ISO 3166-1: alpha-2 and numeric code of every country, five characters each. */
const ISO =
  'AW533AF004AO024AI660AX248AL008AD020AE784AR032AM051AS016AQ010TF260AG028AU036AT040AZ031BI108' +
  'BE056BJ204BQ535BF854BD050BG100BH048BS044BA070BL652BY112BZ084BM060BO068BR076BB052BN096BT064' +
  'BV074BW072CF140CA124CC166CH756CL152CN156CI384CM120CD180CG178CK184CO170KM174CV132CR188CU192' +
  'CW531CX162KY136CY196CZ203DE276DJ262DM212DK208DO214DZ012EC218EG818ER232EH732ES724EE233ET231' +
  'FI246FJ242FK238FR250FO234FM583GA266GB826GE268GG831GH288GI292GN324GP312GM270GW624GQ226GR300' +
  'GD308GL304GT320GF254GU316GY328HK344HM334HN340HR191HT332HU348ID360IM833IN356IO086IE372IR364' +
  'IQ368IS352IL376IT380JM388JE832JO400JP392KZ398KE404KG417KH116KI296KN659KR410KW414LA418LB422' +
  'LR430LY434LC662LI438LK144LS426LT440LU442LV428MO446MF663MA504MC492MD498MG450MV462MX484MH584' +
  'MK807ML466MT470MM104ME499MN496MP580MZ508MR478MS500MQ474MU480MW454MY458YT175NA516NC540NE562' +
  'NF574NG566NI558NU570NL528NO578NP524NR520NZ554OM512PK586PA591PN612PE604PH608PW585PG598PL616' +
  'PR630KP408PT620PY600PS275PF258QA634RE638RO642RU643RW646SA682SD729SN686SG702GS239SH654SJ744' +
  'SB090SL694SV222SM674SO706PM666RS688SS728ST678SR740SK703SI705SE752SZ748SX534SC690SY760TC796' +
  'TD148TG768TH764TJ762TK772TM795TL626TO776TT780TN788TR792TV798TW158TZ834UG800UA804UM581UY858' +
  'US840UZ860VA336VC670VE862VG092VI850VN704VU548WF876WS882YE887ZA710ZM894ZW716';

const ALPHA2 = new Map(ISO.match(/.{5}/g).map((pair) => [pair.slice(2), pair.slice(0, 2)]));

/** Natural Earth gives these shapes no code; Kosovo has one in use that ISO only reserves. */
const WITHOUT_CODE = new Map([['Kosovo', 'XK']]);

const SHORTER = new Map([
  ['United States of America', 'United States'],
  ['Dem. Rep. Congo', 'DR Congo'],
  ['Central African Rep.', 'Central African Rep.'],
  ['Dominican Rep.', 'Dominican Republic'],
  ['Bosnia and Herz.', 'Bosnia & Herz.'],
  ['W. Sahara', 'Western Sahara'],
  ['S. Sudan', 'South Sudan'],
  ['Turkey', 'Türkiye'],
  ['Macedonia', 'North Macedonia'],
]);

/** The largest polygon of a country: its centre is inside the country for nearly all of them. */
function mainland(shape) {
  if (shape.geometry.type !== 'MultiPolygon') return shape;
  const polygons = shape.geometry.coordinates.map((coordinates) => ({ type: 'Polygon', coordinates }));
  return polygons.reduce((best, next) => (geoArea(next) > geoArea(best) ? next : best));
}

const unsigned = (number) => (number < 0 ? ~number : number);
const rounded = (number, digits) => Number(number.toFixed(digits));

const ANTARCTICA = 'AQ';

/** The base map of one scale ("110m" or "50m") as JSON text; its shape is `Atlas` in src/map/atlas.ts. */
export async function land(scale) {
  const file = createRequire(import.meta.url).resolve(`world-atlas/countries-${scale}.json`);
  const topology = JSON.parse(await readFile(file, 'utf8'));
  const uses = new Map();
  const countries = [];
  for (const geometry of topology.objects.countries.geometries) {
    const shape = feature(topology, geometry);
    const { name } = geometry.properties;
    const code = ALPHA2.get(geometry.id) ?? WITHOUT_CODE.get(name) ?? '';
    if (code === ANTARCTICA) continue;
    const largest = mainland(shape);
    const rings = (geometry.type === 'MultiPolygon' ? geometry.arcs : [geometry.arcs]).flat();
    for (const number of new Set(rings.flat().map(unsigned))) uses.set(number, (uses.get(number) ?? 0) + 1);
    countries.push({
      code,
      name: SHORTER.get(name) ?? name,
      at: geoCentroid(largest).map((degrees) => rounded(degrees, 1)),
      size: rounded(Math.sqrt(geoArea(largest)), 3),
      rings,
    });
  }
  const kept = [...uses.keys()].sort((a, b) => a - b);
  const renumbered = new Map(kept.map((number, index) => [number, index]));
  for (const country of countries) {
    country.rings = country.rings.map((ring) =>
      ring.map((number) => (number < 0 ? ~renumbered.get(~number) : renumbered.get(number))),
    );
  }
  const used = (wanted) => kept.filter((number) => wanted(uses.get(number))).map((number) => renumbered.get(number));
  return JSON.stringify({
    scale: topology.transform.scale,
    translate: topology.transform.translate,
    arcs: kept.map((number) => topology.arcs[number].flat()),
    countries,
    borders: used((count) => count > 1),
    coasts: used((count) => count === 1),
  });
}
