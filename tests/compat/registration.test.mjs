// Devices that know their product's secret only: the vendor's Node SDK over HTTP, and MQTT clients as its C and Python
// SDKs register. Then what an operator sees of devices: presence with its reason, firmware, tags and the log.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { call, popClient, registerDevice, teaClient } from './support/cloud.mjs';
import { Device } from './support/devices.mjs';
import { Server } from './support/server.mjs';
import { until, within } from './support/wait.mjs';

const require = createRequire(import.meta.url);
const sdk = require('alibabacloud-iot-device-sdk');
const mqtt = require('mqtt');

let server;
let client;
let pop;
before(async () => {
  server = await Server.start();
  client = teaClient(server);
  pop = popClient(server);
});
after(async () => { await server?.stop(); });

/// A product whose devices may fetch their secret; the parameter is ours, so the vendor's generic client brings it.
async function newProduct(name, registration) {
  const made = await pop.request('CreateProduct', {
    ProductName: name, NodeType: 0, DynamicRegistration: registration,
  }, { method: 'POST' });
  assert.equal(made.Success, true);
  return { productKey: made.Data.ProductKey, productSecret: made.Data.ProductSecret };
}

const overHttp = (product, deviceName) => within(new Promise((resolve) => {
  sdk.register({ ...product, deviceName, registerURL: `http://${server.http}/auth/register/device` }, resolve);
}), 10_000, 'the registration');

/// Connects and gives the first message that comes unasked.
function overMqtt(t, { productKey, productSecret }, deviceName, authType) {
  const content = `deviceName${deviceName}productKey${productKey}random42`;
  const connection = mqtt.connect(`mqtt://${server.mqtt}`, {
    clientId: `c1|securemode=2,authType=${authType},random=42,signmethod=hmacsha256|`,
    username: `${deviceName}&${productKey}`,
    password: createHmac('sha256', productSecret).update(content).digest('hex'),
    reconnectPeriod: 0,
  });
  t.after(() => connection.end(true));
  return within(new Promise((resolve, reject) => {
    connection.on('message', (topic, payload) => resolve({ topic, ...JSON.parse(payload) }));
    connection.on('error', reject);
  }), 10_000, 'the secret');
}

test('the Node SDK fetches the secret over HTTP and connects with it', async (t) => {
  const product = await newProduct('fetching_lamps', 'PREREGISTERED');
  const identity = await registerDevice(client, product.productKey, 'fetch-1');
  const answer = await overHttp(product, 'fetch-1');
  assert.equal(answer.code, 200);
  assert.equal(answer.data.deviceSecret, identity.deviceSecret);
  const device = await Device.connect(server, { ...product, deviceName: 'fetch-1', deviceSecret: answer.data.deviceSecret });
  t.after(() => device.end());
  const again = await overHttp(product, 'fetch-1');
  assert.notEqual(again.code, 200);
  assert.match(again.message, /connected already/);
  const wrong = await overHttp({ ...product, productSecret: 'guessed' }, 'fetch-1');
  assert.notEqual(wrong.code, 200);
});

test('a product that does not offer it gives no secret', async () => {
  const product = await newProduct('closed_lamps', 'OFF');
  await registerDevice(client, product.productKey, 'closed-1');
  assert.match((await overHttp(product, 'closed-1')).message, /off/);
});

test('a registered device fetches its secret over MQTT', async (t) => {
  const product = await newProduct('mqtt_lamps', 'PREREGISTERED');
  const identity = await registerDevice(client, product.productKey, 'mqtt-1');
  const given = await overMqtt(t, product, 'mqtt-1', 'register');
  assert.equal(given.topic, '/ext/register');
  assert.equal(given.deviceSecret, identity.deviceSecret);
  await assert.rejects(overMqtt(t, product, 'mqtt-2', 'register'), { code: 4 });
  await assert.rejects(overMqtt(t, product, 'mqtt-1', 'regnwl'), { code: 4 });
});

test('a device that nobody registered gets a token and logs in with it', async (t) => {
  const product = await newProduct('open_lamps', 'ANYONE');
  const given = await overMqtt(t, product, 'open-1', 'regnwl');
  assert.equal(given.topic, '/ext/regnwl');
  const connection = mqtt.connect(`mqtt://${server.mqtt}`, {
    clientId: `${given.clientId}|authType=connwl,securemode=-2,_ss=1|`,
    username: `open-1&${product.productKey}`, password: given.deviceToken, reconnectPeriod: 0,
  });
  t.after(() => connection.end(true));
  await within(new Promise((resolve, reject) => { connection.on('connect', resolve); connection.on('error', reject); }), 10_000, 'CONNACK');
  const found = await call(client, 'queryDeviceDetail', { productKey: product.productKey, deviceName: 'open-1' });
  assert.equal(found.data.status, 'ONLINE');
});

test('an operator sees firmware, tags, the reason of an absence, and what was refused', async () => {
  const { productKey } = await newProduct('told_lamps', 'OFF');
  const identity = await registerDevice(client, productKey, 'told-1');
  const device = await Device.connect(server, identity);
  device.sdk.publish(`/ota/device/inform/${productKey}/told-1`, '{"id":"1","params":{"version":"app-2.0"}}');
  const tags = await new Promise((resolve) => device.sdk.postTags([{ attrKey: 'room', attrValue: '101' }], resolve));
  assert.equal(tags.code, 200);
  const refused = await new Promise((resolve) => device.sdk.postTags([{ attrKey: 'no blanks', attrValue: '1' }], resolve));
  assert.notEqual(refused.code, 200);
  const properties = await call(client, 'queryDeviceProp', { iotId: identity.iotId });
  assert.deepEqual(JSON.parse(properties.props), { room: '101' });
  const detail = () => pop.request('QueryDeviceDetail', { IotId: identity.iotId });
  assert.equal((await until(async () => { const { Data } = await detail(); return Data.FirmwareVersion && Data; }, 'the firmware')).FirmwareVersion, 'app-2.0');
  await device.end();
  const gone = await until(async () => { const { Data } = await detail(); return Data.Status === 'OFFLINE' && Data; }, 'OFFLINE');
  assert.match(gone.OfflineReason, /GOODBYE|CONNECTION_LOST/);

  const liar = new Device(server, { ...identity, deviceSecret: 'wrong' });
  await until(() => liar.errors[0], 'the refusal');
  await liar.end();
  const { Data } = await pop.request('ListDeviceLogs', { IotId: identity.iotId });
  const logs = Data.List.DeviceLog;
  const mismatch = logs.find((one) => one.Kind === 'LOGIN_REFUSED');
  assert.match(mismatch.Message, /signature mismatch, signmethod hmacsha1, content was clientId/);
  assert.ok(!JSON.stringify(logs).includes(identity.deviceSecret));
  assert.ok(logs.some((one) => one.Kind === 'REFUSED' && /no blanks/.test(one.Message)));
  assert.ok(logs.some((one) => one.Kind === 'LOGIN'));
});
