// One job, five devices, each over another transport: TCP, TLS, WebSocket and secure WebSocket, and one that starts TLS
// on the port for TCP. Starts a server of its own in a new folder and ends it. Needs `npm install` here, and the binary
// (ROLLCALL_BINARY, or build/release/rollcall of this checkout). Run: node run.js
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const binary = process.env.ROLLCALL_BINARY || path.join(__dirname, '../../build/release/rollcall');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rollcall-transports-'));
const data = path.join(folder, 'data');
const readyFile = path.join(folder, 'ready.json');

function later(ms) { return new Promise((resolve) => { setTimeout(resolve, ms); }); }

async function until(what, look) {
  for (const end = Date.now() + 60_000; Date.now() < end; await later(50)) {
    const found = look();
    if (found) return found;
  }
  throw new Error(`no ${what} within a minute`);
}

function call(ready, action, parameters) {
  const words = Object.entries(parameters).flatMap(([name, value]) => [`--${name}`, value]);
  const { stdout, stderr, status } = spawnSync(binary, [
    'call', action, '--endpoint', ready.http, '--access-key-id', ready.accessKeyId,
    '--access-key-secret', ready.accessKeySecret, '--format', 'json', ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${action}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}

/// Ends with the device's exit code.
function run(url, { ProductKey, DeviceName, DeviceSecret }) {
  const child = spawn(process.execPath, [path.join(__dirname, 'device.js'), url, ProductKey, DeviceName, DeviceSecret], {
    stdio: 'inherit', env: { ...process.env, NODE_EXTRA_CA_CERTS: path.join(data, 'tls.crt') },
  });
  return { child, ended: new Promise((resolve) => { child.on('exit', resolve); }) };
}

async function main(server, running) {
  const ready = await until('ready file', () => {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
    return fs.existsSync(readyFile) && JSON.parse(fs.readFileSync(readyFile, 'utf8'));
  });
  const urls = {
    over_tcp: `mqtt://${ready.mqtt}`, over_tls: `mqtts://${ready.mqtts}`, over_tls_on_the_tcp_port: `mqtts://${ready.mqtt}`,
    over_ws: `ws://${ready.http}/mqtt`, over_wss: `wss://${ready.https}/mqtt`,
  };
  const { ProductKey } = call(ready, 'CreateProduct', {
    ProductName: 'lamp', NodeType: '0', DataFormat: '1', AliyunCommodityCode: 'iothub_senior' });
  const targetDevices = [];
  for (const [name, url] of Object.entries(urls)) {
    const { Data } = call(ready, 'RegisterDevice', { ProductKey, DeviceName: name });
    targetDevices.push({ productKey: ProductKey, deviceName: name });
    running.push(run(url, Data));
  }
  const { JobId } = call(ready, 'CreateJob', {
    JobName: 'over_every_transport', Type: 'CUSTOM_JOB', JobDocument: '{"brightness":7}',
    TargetConfig: JSON.stringify({ targetType: 'DEVICE_LIST', targetDevices }) });
  const codes = await Promise.race([
    Promise.all(running.map(({ ended }) => ended)), later(60_000).then(() => ['not within a minute'])]);
  if (codes.some((code) => code !== 0)) throw new Error(`the devices ended with ${codes}`);
  await until('completed job', () => call(ready, 'QueryJob', { JobId }).Data.Status === 'COMPLETED');
  console.log('The job is COMPLETED.');
}

const server = spawn(binary, [
  'serve', '--data', data, '--http', '127.0.0.1:0', '--https', '127.0.0.1:0', '--mqtt', '127.0.0.1:0',
  '--mqtts', '127.0.0.1:0', '--ready-file', readyFile, '--log', 'warn'], { stdio: ['ignore', 'ignore', 'inherit'] });
const running = [];
main(server, running).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
}).finally(async () => {
  for (const { child } of running) child.kill();
  const ended = server.exitCode === null && new Promise((resolve) => { server.on('exit', resolve); });
  server.kill('SIGTERM');
  await Promise.race([ended, later(10_000).then(() => server.kill('SIGKILL'))]);
  fs.rmSync(folder, { recursive: true, force: true });
  process.exit();
});
