// Starts one Rollcall server for a test file and stops it again: `rollcall serve` on free ports with a fresh data
// folder, found by its ready file (the contract of the program). The binary is named by ROLLCALL_BINARY.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { until, within } from './wait.mjs';

const tree = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const binary = process.env.ROLLCALL_BINARY ?? path.join(tree, 'build/release/rollcall');

const config = `[limits]
qps_enabled = false
schedule_min_delay_seconds = 60
`;

export class Server {
  /// `flags` come behind those that every test needs.
  static async start(flags = []) {
    const server = new Server();
    server.folder = await mkdtemp(path.join(tmpdir(), 'rollcall-compat-'));
    server.flags = flags;
    await writeFile(path.join(server.folder, 'rollcall.toml'), config);
    server.output = '';
    await server.#launch();
    return server;
  }

  async #launch() {
    const readyFile = path.join(this.folder, 'ready.json');
    await rm(readyFile, { force: true });
    this.process = spawn(
      binary,
      ['serve', '--data', path.join(this.folder, 'data'), '--http', '127.0.0.1:0', '--mqtt', '127.0.0.1:0',
        '--config', path.join(this.folder, 'rollcall.toml'), '--ready-file', readyFile, ...this.flags],
      { stdio: ['ignore', 'pipe', 'pipe'], env: withoutRollcallVariables(process.env) });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (text) => { this.output = (this.output + text).slice(-20_000); });
    }
    this.exited = new Promise((resolve) => {
      this.process.on('error', (error) => resolve(`not started: ${error.message}`));
      this.process.on('exit', (code, signal) => resolve(signal ?? code));
    });
    let end;
    this.exited.then((reason) => { end = reason; });
    const ready = await until(async () => {
      assert.equal(end, undefined, `the server ended before it was ready (${end}):\n${this.output}`);
      try {
        return JSON.parse(await readFile(readyFile, 'utf8'));
      } catch (error) {
        if (error.code === 'ENOENT') return undefined;
        throw error;  // the file must appear whole
      }
    }, 'the ready file', 30_000);
    Object.assign(this, { http: ready.http, https: ready.https, mqtt: ready.mqtt, mqtts: ready.mqtts });
    // Only a first start makes a key.
    if (ready.accessKeyId) Object.assign(this, { accessKeyId: ready.accessKeyId, accessKeySecret: ready.accessKeySecret });
    assert.equal(ready.pid, this.process.pid);
  }

  /// kill -9, and a start on what is left, on other ports.
  async crash() {
    this.process.kill('SIGKILL');
    await within(this.exited, 20_000, 'the end after SIGKILL');
    await this.#launch();
  }

  /// Ends the server as an operator would, and insists that it ends well.
  async stop() {
    this.process.kill('SIGTERM');
    try {
      const end = await within(this.exited, 20_000, `the server's end after SIGTERM:\n${this.output}`);
      assert.equal(end, 0, `the server ended with ${end}:\n${this.output}`);
    } finally {
      this.process.kill('SIGKILL');
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}

function withoutRollcallVariables(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('ROLLCALL_')));
}
