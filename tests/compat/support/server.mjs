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
    const readyFile = path.join(server.folder, 'ready.json');
    const configFile = path.join(server.folder, 'rollcall.toml');
    await writeFile(configFile, config);
    server.output = '';
    server.process = spawn(
      binary,
      ['serve', '--data', path.join(server.folder, 'data'), '--http', '127.0.0.1:0', '--mqtt', '127.0.0.1:0',
        '--config', configFile, '--ready-file', readyFile, ...flags],
      { stdio: ['ignore', 'pipe', 'pipe'], env: withoutRollcallVariables(process.env) });
    for (const stream of [server.process.stdout, server.process.stderr]) {
      stream.on('data', (text) => { server.output = (server.output + text).slice(-20_000); });
    }
    server.exited = new Promise((resolve) => {
      server.process.on('error', (error) => resolve(`not started: ${error.message}`));
      server.process.on('exit', (code, signal) => resolve(signal ?? code));
    });
    let end;
    server.exited.then((reason) => { end = reason; });
    const ready = await until(async () => {
      assert.equal(end, undefined, `the server ended before it was ready (${end}):\n${server.output}`);
      try {
        return JSON.parse(await readFile(readyFile, 'utf8'));
      } catch (error) {
        if (error.code === 'ENOENT') return undefined;
        throw error;  // the file must appear whole
      }
    }, 'the ready file', 30_000);
    Object.assign(server, {
      http: ready.http, https: ready.https, mqtt: ready.mqtt, mqtts: ready.mqtts, accessKeyId: ready.accessKeyId, accessKeySecret: ready.accessKeySecret,
    });
    assert.equal(ready.pid, server.process.pid);
    return server;
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
