// Messages with QoS 1 to devices that are away: what was accepted arrives, also after kill -9.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import mqtt from 'mqtt';

import { call, callAnyway, createLampProduct, registerDevice, teaClient } from './support/cloud.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/wait.mjs';

let server;
let client;
let productKey;
let number = 0;
before(async () => {
  server = await Server.start();
  client = teaClient(server);
  productKey = await createLampProduct(client);
});
after(async () => { await server?.stop(); });

const newDevice = () => registerDevice(client, productKey, `away-${number++}`);
const base64 = (text) => Buffer.from(text).toString('base64');
const getTopic = ({ deviceName }) => `/${productKey}/${deviceName}/user/get`;
const pub = (identity, text) => ({ productKey, topicFullName: getTopic(identity), messageContent: base64(text), qos: 1 });

/// Connects, subscribes as a device does, and gives what arrives.
async function collect(t, identity, options = {}) {
  const messages = [];
  const { deviceName, deviceSecret } = identity;
  const content = `clientIdxdeviceName${deviceName}productKey${productKey}`;
  const device = mqtt.connect(`mqtt://${server.mqtt}`, {
    clientId: 'x|securemode=3,_ss=1,signmethod=hmacsha256|', username: `${deviceName}&${productKey}`,
    password: createHmac('sha256', deviceSecret).update(content).digest('hex'),
    clean: false, reconnectPeriod: 0, protocolVersion: 4, ...options,
  });
  device.on('message', (topic, payload, packet) => messages.push({ topic, text: payload.toString(), qos: packet.qos }));
  t.after(() => device.end(true));
  await until(() => device.connected, 'CONNACK');
  await promisify(device.subscribe).call(device, getTopic(identity), { qos: 1 });
  return { device, messages };
}

for (const [version, options] of [[4, {}], [5, { clean: false, properties: { sessionExpiryInterval: 3600 } }]]) {
  test(`a device of version ${version} gets what came while it was away, once, in order`, async (t) => {
    const identity = await newDevice();
    for (const text of ['one', 'two', 'three']) await call(client, 'pub', pub(identity, text));
    await call(client, 'batchPub', { productKey, deviceName: [identity.deviceName], topicShortName: 'get', messageContent: base64('four'), qos: 1 });
    await call(client, 'batchPub', { productKey, deviceName: [identity.deviceName], topicShortName: 'get', messageContent: base64('lost'), qos: 0 });
    const { device, messages } = await collect(t, identity, { ...options, protocolVersion: version });
    await until(() => messages.length === 4, 'four messages');
    assert.deepEqual(messages.map(({ text }) => text), ['one', 'two', 'three', 'four']);
    assert.ok(messages.every(({ qos }) => qos === 1));
    await call(client, 'pub', pub(identity, 'live'));
    await until(() => messages.length === 5, 'a message while connected');
    await promisify(device.end).call(device, false, {});
    const again = await collect(t, identity, { ...options, protocolVersion: version });
    await call(client, 'pub', pub(identity, 'last'));
    await until(() => again.messages.length > 0, 'the last message');
    assert.deepEqual(again.messages.map(({ text }) => text), ['last'], 'nothing twice');
  });
}

test('a clean session gives up what waited', async (t) => {
  const identity = await newDevice();
  await call(client, 'pub', pub(identity, 'before'));
  const { messages } = await collect(t, identity, { clean: true });
  await call(client, 'pub', pub(identity, 'now'));
  await until(() => messages.length > 0, 'a message');
  assert.deepEqual(messages.map(({ text }) => text), ['now']);
});

test('a device that is sent too much while it is away is said so', async () => {
  const identity = await newDevice();
  const codes = [];
  for (let i = 0; i < 101; ++i) codes.push((await callAnyway(client, 'pub', pub(identity, `${i}`))).code ?? 'taken');
  assert.deepEqual(codes.slice(98), [codes[0], codes[0], 'iot.messagebroker.RateLimit']);
});

test('what was accepted survives kill -9', async (t) => {
  const identities = await Promise.all(Array.from({ length: 12 }, newDevice));
  const accepted = new Map(identities.map(({ deviceName }) => [deviceName, []]));
  let asked = 0;
  let killed = false;
  const send = async (identity) => {
    for (let i = 0; !killed && i < 80; ++i) {
      const text = `message ${++asked}`;
      try {
        await call(client, 'pub', pub(identity, text));
        accepted.get(identity.deviceName).push(text);
      } catch (error) {
        if (!killed) throw error;
      }
    }
  };
  const sending = Promise.all(identities.map(send));
  await until(() => asked > 200, 'some calls');
  killed = true;
  await server.crash();
  await sending;
  client = teaClient(server);
  for (const identity of identities) {
    const { device, messages } = await collect(t, identity);
    const wanted = accepted.get(identity.deviceName);
    assert.ok(wanted.length > 0);
    await until(() => messages.length >= wanted.length, `${wanted.length} messages`);
    const texts = messages.map(({ text }) => text);
    for (const text of wanted) assert.ok(texts.includes(text), `${text} was accepted and is lost`);
    assert.ok(messages.length <= wanted.length + 1, 'at most the call that had no answer comes beside them');
    await promisify(device.end).call(device, false, {});
  }
});
