// Makes src/bartizan/enrich/data/countries.json: ISO code -> [name, latitude, longitude].
//
// The point is the centroid of a country's largest polygon (so that France is in Europe) or, where
// that lies outside of the country, the point of a grid inside that is nearest to it. Shapes and names: world-atlas 50m, that is Natural Earth,
// public domain, which draws de-facto borders. Codes that it lacks are in the tables below.
//
//   cd $(mktemp -d) && npm install --ignore-scripts \
//     world-atlas@2.0.2 topojson-client@3.1.0 d3-geo@3.1.1 i18n-iso-countries@7.14.0
//   node .../scripts/make_centroids.mjs . > .../src/bartizan/enrich/data/countries.json
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const scratch = resolve(process.argv[2] ?? ".");
const load = (path) => import(pathToFileURL(join(scratch, "node_modules", path)));
const { feature } = await load("topojson-client/src/index.js");
const { geoArea, geoBounds, geoCentroid, geoContains, geoDistance } = await load(
  "d3-geo/src/index.js",
);
const require = createRequire(join(scratch, "package.json"));
const numericToAlpha2 = new Map(
  require("i18n-iso-countries/codes.json").map(([alpha2, , numeric]) => [numeric, alpha2]),
);

// Shapes of the atlas without an ISO number that have a code in use.
const CODE_BY_NAME = { Kosovo: "XK" };

// Codes that the 50m atlas draws as a part of the mother country, or not at all.
const MISSING = {
  BQ: ["Caribbean Netherlands", 12.2, -68.3],
  BV: ["Bouvet Island", -54.4, 3.4],
  CC: ["Cocos Islands", -12.2, 96.8],
  CX: ["Christmas Island", -10.5, 105.6],
  GF: ["French Guiana", 4.0, -53.1],
  GI: ["Gibraltar", 36.1, -5.3],
  GP: ["Guadeloupe", 16.2, -61.5],
  MQ: ["Martinique", 14.7, -61.0],
  RE: ["Réunion", -21.1, 55.5],
  SJ: ["Svalbard and Jan Mayen", 78.6, 16.0],
  TK: ["Tokelau", -9.2, -171.8],
  TV: ["Tuvalu", -8.5, 179.2],
  UM: ["U.S. Minor Outlying Islands", 19.3, 166.6],
  YT: ["Mayotte", -12.8, 45.2],
};

// Names the atlas abbreviates or spells in an older way.
const NAMES = {
  AG: "Antigua and Barbuda",
  BA: "Bosnia and Herzegovina",
  BL: "Saint Barthélemy",
  CD: "DR Congo",
  CF: "Central African Republic",
  CG: "Congo",
  CI: "Côte d'Ivoire",
  CK: "Cook Islands",
  DO: "Dominican Republic",
  EH: "Western Sahara",
  FK: "Falkland Islands",
  FO: "Faroe Islands",
  GQ: "Equatorial Guinea",
  GS: "South Georgia",
  HM: "Heard and McDonald Islands",
  IO: "British Indian Ocean Territory",
  KN: "Saint Kitts and Nevis",
  KY: "Cayman Islands",
  MF: "Saint Martin",
  MH: "Marshall Islands",
  MK: "North Macedonia",
  MO: "Macau",
  MP: "Northern Mariana Islands",
  PF: "French Polynesia",
  PM: "Saint Pierre and Miquelon",
  PN: "Pitcairn Islands",
  SB: "Solomon Islands",
  SS: "South Sudan",
  ST: "São Tomé and Príncipe",
  SZ: "Eswatini",
  TC: "Turks and Caicos Islands",
  TF: "French Southern Lands",
  TR: "Türkiye",
  US: "United States",
  VC: "Saint Vincent and the Grenadines",
  VG: "British Virgin Islands",
  VI: "U.S. Virgin Islands",
  WF: "Wallis and Futuna",
};

function largestPolygon(geometry) {
  const polygons =
    geometry.type === "Polygon"
      ? [geometry]
      : geometry.coordinates.map((coordinates) => ({ type: "Polygon", coordinates }));
  return polygons.reduce((best, one) => (geoArea(one) > geoArea(best) ? one : best));
}

function innerPoint(polygon) {
  const centroid = geoCentroid(polygon);
  if (geoContains(polygon, centroid)) return centroid;
  const [[west, south], [east, north]] = geoBounds(polygon);
  const steps = 60;
  let best = null;
  for (let i = 1; i < steps; i++) {
    for (let j = 1; j < steps; j++) {
      const point = [
        west + ((east - west) * i) / steps,
        south + ((north - south) * j) / steps,
      ];
      if (!geoContains(polygon, point)) continue;
      if (best === null || geoDistance(point, centroid) < geoDistance(best, centroid)) best = point;
    }
  }
  return best ?? centroid;
}

const round = (degrees) => Math.round(degrees * 10) / 10;
const world = JSON.parse(
  readFileSync(join(scratch, "node_modules/world-atlas/countries-50m.json"), "utf8"),
);
const countries = { ...MISSING };
const areas = {};
for (const shape of feature(world, world.objects.countries).features) {
  const code = numericToAlpha2.get(shape.id) ?? CODE_BY_NAME[shape.properties.name];
  if (code === undefined || (areas[code] ?? -1) > geoArea(shape)) continue;
  areas[code] = geoArea(shape);
  const [longitude, latitude] = innerPoint(largestPolygon(shape.geometry));
  countries[code] = [NAMES[code] ?? shape.properties.name, round(latitude), round(longitude)];
}
const lines = Object.keys(countries)
  .sort()
  .map((code) => `  ${JSON.stringify(code)}: ${JSON.stringify(countries[code])}`);
process.stdout.write(`{\n${lines.join(",\n")}\n}\n`);

const unnamed = [...numericToAlpha2.values()].filter((code) => !(code in countries));
if (unnamed.length > 0) {
  process.stderr.write(`no point for ${unnamed.join(" ")}\n`);
  process.exitCode = 1;
}
