// node build.mjs SOURCES OUT CACHE: makes package folders OUT/org.weft.test.component{010,020,both}. The components are kept in
// CACHE by the digest of what they are made from, because componentize-js takes half a minute.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [sources, out, cache] = process.argv.slice(2).map(path => resolve(path));
if (!cache) {
  console.error('usage: node build.mjs SOURCES OUT CACHE');
  process.exit(2);
}

const wits = ['weft-app-0.1.0.wit', 'weft-app-0.2.0.wit'].map(name => join(sources, '../../../examples/wit', name));
const read = async path => new Uint8Array(await readFile(path));
const digest = async (...paths) => {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(await readFile(path)).update('\0');
  return hash.digest('hex').slice(0, 32);
};

/** The worlds and every package they name as one text, each package in its own braces. */
async function witText() {
  const nested = text => text.replace(/^package ([^;]+);/m, 'package $1 {') + '}\n';
  const worlds = await readFile(join(sources, 'worlds.wit'), 'utf8');
  const packages = await Promise.all(wits.map(wit => readFile(wit, 'utf8')));
  return [worlds, ...packages.map(nested), 'package wasi:cli@0.2.0 { interface run { run: func() -> result; } }\n'].join('\n');
}

async function fromC(version, work) {
  const core = join(work, 'core.wasm');
  execFileSync(process.env.CLANG ?? 'clang', ['--target=wasm32-wasi', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', `-DWEFT_APP=${version}`,
    '-Wl,--stack-first', '-Wl,--strip-debug', '-o', core, join(sources, 'calls.c')], { stdio: 'inherit' });
  const jco = await import('@bytecodealliance/jco');
  const embedded = await jco.componentEmbed({ binary: await read(core), witSource: await witText(), world: `app0${version}0` });
  const adapter = await read(fileURLToPath(jco.preview1AdapterCommandPath()));
  return jco.componentNew(embedded, [['wasi_snapshot_preview1', adapter]]);
}

async function fromJavaScript(work) {
  const { componentize } = await import('@bytecodealliance/componentize-js');
  const witPath = join(work, 'both.wit');
  await writeFile(witPath, await witText());
  const source = await readFile(join(sources, 'both.js'), 'utf8');
  return (await componentize(source, { witPath, worldName: 'both', disableFeatures: ['random', 'http', 'fetch-event'] })).component;
}

const recipes = [
  { name: 'component010', from: ['calls.c'], make: work => fromC(1, work) },
  { name: 'component020', from: ['calls.c'], make: work => fromC(2, work) },
  { name: 'componentboth', from: ['both.js'], make: fromJavaScript },
];

await mkdir(cache, { recursive: true });
for (const { name, from, make } of recipes) {
  const key = await digest(...from.map(file => join(sources, file)), join(sources, 'worlds.wit'), join(sources, 'build.mjs'), join(sources, 'package-lock.json'), ...wits);
  const kept = join(cache, `${name}-${key}.wasm`);
  let component = await readFile(kept).catch(() => null);
  if (component === null) {
    const work = await mkdtemp(join(cache, '.work-'));
    try {
      const began = Date.now();
      await writeFile(join(work, 'made.wasm'), await make(work));
      await rename(join(work, 'made.wasm'), kept);
      component = await readFile(kept);
      console.log(`built ${name}: ${component.length} bytes in ${Date.now() - began} ms`);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  const folder = join(out, `org.weft.test.${name}`);
  const present = await readFile(join(folder, 'app.wasm')).catch(() => null);
  if (present !== null && component.equals(present)) continue;
  await mkdir(out, { recursive: true });
  const staging = await mkdtemp(join(out, '.build.'));
  await writeFile(join(staging, 'app.wasm'), component);
  await writeFile(join(staging, 'wapp.toml'), `[package]
id = "org.weft.test.${name}"
name = "${name}"
version = "1.0.0"
capabilities = ["sys:notifications", "sys:clipboard:read", "sys:clipboard:write", "net:fetch:*"]
`);
  execFileSync('chmod', ['755', staging]);
  await rm(folder, { recursive: true, force: true });
  await rename(staging, folder);
}
process.exit(0); // componentize-js leaves workers behind
