// Other people's MQTT and WebSocket clients over TCP, TLS, WebSocket and secure WebSocket: the mqtt package, which the
// vendor's SDK brings along, and that SDK itself in examples/transports.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

import { createJob, createLampProduct, registerDevice, teaClient, untilJob } from './support/cloud.mjs';
import { Server } from './support/server.mjs';
import { within } from './support/wait.mjs';

const mqtt = createRequire(import.meta.url)('mqtt');
const here = path.dirname(fileURLToPath(import.meta.url));

let server;
let client;
let productKey;
let ca;
let number = 0;
before(async () => {
  server = await Server.start(['--mqtts', '127.0.0.1:0', '--https', '127.0.0.1:0']);
  client = teaClient(server);
  productKey = await createLampProduct(client);
  ca = await readFile(path.join(server.folder, 'data/tls.crt'));
});
after(async () => { await server?.stop(); });

const newDevice = () => registerDevice(client, productKey, `over-${number++}`);
const address = (text) => ({ host: text.split(':')[0], port: Number(text.split(':')[1]) });

function login(identity) {
  const content = `clientIdxdeviceName${identity.deviceName}productKey${productKey}`;
  return {
    clientId: 'x|securemode=2,signmethod=hmacsha256|', username: `${identity.deviceName}&${productKey}`,
    password: createHmac('sha256', identity.deviceSecret).update(content).digest('hex'), reconnectPeriod: 0,
  };
}

/// Connects, or throws what the client says.
function connect(t, url, options) {
  const connection = mqtt.connect(url, options);
  t.after(() => connection.end(true));
  return within(new Promise((resolve, reject) => {
    connection.on('connect', () => resolve(connection));
    connection.on('error', reject);
    connection.on('close', () => reject(new Error('closed')));
  }), 10_000, `a connection to ${url}`);
}

const urls = {
  mqtt: () => `mqtt://${server.mqtt}`,
  mqtts: () => `mqtts://${server.mqtts}`,
  'mqtts on the port of mqtt': () => `mqtts://${server.mqtt}`,
  ws: () => `ws://${server.http}`,
  'ws with a path': () => `ws://${server.http}/any/path?and=query`,
  wss: () => `wss://${server.https}/mqtt`,
};
for (const [name, url] of Object.entries(urls)) {
  test(`a job over ${name}, its document large`, async (t) => {
    const identity = await newDevice();
    const device = await connect(t, url(), { ...login(identity), ca });
    const topic = (suffix) => `/sys/${productKey}/${identity.deviceName}/thing/job/${suffix}`;
    const text = 'x'.repeat(60_000);
    let document;
    device.on('message', (from, payload) => {
      if (from !== topic('notify')) return;
      const { task } = JSON.parse(payload.toString()).params;
      document = task.jobDocument;
      const params = { taskId: task.taskId, status: 'SUCCEEDED', statusDetail: { text: 'y'.repeat(500) } };
      device.publish(topic('update'), JSON.stringify({ id: '1', version: '1.0', params }), { qos: 1 });
    });
    await new Promise((resolve) => { device.subscribe(topic('notify'), { qos: 1 }, resolve); });
    const jobId = await createJob(client, [identity], { type: 'CUSTOM_JOB', jobDocument: JSON.stringify({ text }) });
    await untilJob(client, jobId, 'COMPLETED');
    assert.equal(document.text, text);
    assert.equal(device.connected, true);
  });
}

test('the example runs one job over every transport', async () => {
  const child = spawn(process.execPath, [path.join(here, '../../examples/transports/run.js')], {
    stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_PATH: path.join(here, 'node_modules') },
  });
  let said = '';
  child.stdout.on('data', (text) => { said += text; });
  const [code] = await within(once(child, 'close'), 90_000, 'the end of the example');
  assert.equal(code, 0, said);
  assert.equal(said.match(/SUCCEEDED 100 %/g).length, 5, said);
  assert.match(said, /The job is COMPLETED/);
});

test('a wrong secret is refused with return code 4 on every transport', async (t) => {
  const identity = { ...await newDevice(), deviceSecret: 'wrong' };
  for (const [name, url] of Object.entries(urls)) {
    await assert.rejects(connect(t, url(), { ...login(identity), ca }), (error) => error.code === 4, name);
  }
});

test('a client that does not know the certificate does not connect', async (t) => {
  await assert.rejects(connect(t, urls.mqtts(), login(await newDevice())), /self.signed certificate/);
});

test('the port for TLS says nothing to a plain client', async () => {
  const socket = net.connect(address(server.mqtts));
  let heard = 0;
  socket.on('data', (bytes) => { heard += bytes.length; });
  socket.on('error', () => {});
  socket.write(Buffer.from('100c00044d5154540402003c0000', 'hex'));
  await within(once(socket, 'close'), 10_000, 'the end of a plain connection');
  assert.equal(heard, 0);
});

test('any server name is served, TLS 1.2 and 1.3, but nothing older', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const socket = tls.connect({
      ...address(server.mqtts), ca, servername: 'a1pk.iot-as-mqtt.cn-shanghai.aliyuncs.com',
      checkServerIdentity: () => undefined, minVersion: version, maxVersion: version,
    });
    await within(once(socket, 'secureConnect'), 10_000, version);
    assert.equal(socket.getProtocol(), version);
    socket.destroy();
  }
  const old = tls.connect({
    ...address(server.mqtts), ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0',
  });
  const [error] = await within(once(old, 'error'), 10_000, 'the refusal');
  assert.match(error.message, /protocol.version/i);
});
