/**
 * Builds the console into ../src/bartizan/present/static (git-ignored):
 *   manifest.json       {"build", "entries": {"console.js", "console.css"}, "preload": [...]}
 *   assets/*-[hash].*   immutable; text assets have .br and .gz siblings
 * `--fast` skips the compressed siblings (for development).
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { build } from 'esbuild';
import { land } from './land.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const STATIC = path.resolve(HERE, '../src/bartizan/present/static');
const ASSETS = path.join(STATIC, 'assets');
const COMPRESSED = /\.(js|css|json|svg)$/;

/** `import url from 'world:50m'` gives the address of the hashed base map. */
const worldPlugin = {
  name: 'world',
  setup(pipeline) {
    pipeline.onResolve({ filter: /^world:/ }, ({ path: name }) => ({
      path: `world-${name.slice('world:'.length)}.json`,
      namespace: 'world',
    }));
    pipeline.onLoad({ filter: /.*/, namespace: 'world' }, async ({ path: name }) => ({
      contents: await land(name.slice('world-'.length, -'.json'.length)),
      loader: 'file',
    }));
  },
};

async function bundle() {
  const result = await build({
    entryPoints: { console: path.join(HERE, 'src/main.tsx') },
    outdir: ASSETS,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    publicPath: '/assets/',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['es2023', 'chrome123', 'firefox120', 'safari17.5'],
    minify: true,
    metafile: true,
    legalComments: 'none',
    loader: { '.svg': 'file' },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
    absWorkingDir: HERE,
    plugins: [worldPlugin],
  });
  return result.metafile.outputs;
}

/** The static imports of the entry, and theirs: what the page should fetch at once. */
function staticImports(outputs, name, seen = new Set()) {
  for (const { path: target, kind } of outputs[name].imports) {
    if (kind !== 'import-statement' || seen.has(target)) continue;
    seen.add(target);
    staticImports(outputs, target, seen);
  }
  return seen;
}

function manifestOf(outputs) {
  const entry = Object.keys(outputs).find((name) => outputs[name].entryPoint === 'src/main.tsx');
  const asset = (name) => `assets/${path.basename(name)}`;
  const names = Object.keys(outputs).map(asset).sort();
  return {
    build: createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 12),
    entries: { 'console.js': asset(entry), 'console.css': asset(outputs[entry].cssBundle) },
    preload: [...staticImports(outputs, entry)].map(asset),
  };
}

async function compress() {
  const brotli = promisify(zlib.brotliCompress);
  const gzip = promisify(zlib.gzip);
  const names = (await readdir(ASSETS)).filter((name) => COMPRESSED.test(name));
  await Promise.all(
    names.map(async (name) => {
      const file = path.join(ASSETS, name);
      const content = await readFile(file);
      await writeFile(`${file}.br`, await brotli(content));
      await writeFile(`${file}.gz`, await gzip(content, { level: 9 }));
    }),
  );
}

await rm(ASSETS, { recursive: true, force: true });
await mkdir(ASSETS, { recursive: true });
const outputs = await bundle();
if (!process.argv.includes('--fast')) await compress();
await writeFile(path.join(STATIC, 'manifest.json'), `${JSON.stringify(manifestOf(outputs), null, 2)}\n`);
for (const [name, { bytes }] of Object.entries(outputs)) {
  console.log(`${String(bytes).padStart(9)}  ${path.basename(name)}`);
}
