// Calls to devices without a job, from the vendor's cloud SDK to the vendor's device SDK.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { call, callAnyway, createLampProduct, refused, registerDevice, teaClient } from './support/cloud.mjs';
import { Device } from './support/devices.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/wait.mjs';

let server;
let client;
let productKey;
let number = 0;
before(async () => {
  server = await Server.start();
  client = teaClient(server, { readTimeout: 20_000 });
  productKey = await createLampProduct(client);
});
after(async () => { await server?.stop(); });

async function newDevice(t) {
  const device = await Device.connect(server, await registerDevice(client, productKey, `direct-${number++}`));
  t.after(() => device.end());
  return device;
}

const names = ({ identity: { deviceName } }) => ({ productKey, deviceName });
const base64 = (text) => Buffer.from(text).toString('base64');

test('SetDeviceProperty reaches the device in its own spelling', async (t) => {
  const device = await newDevice(t);
  const topic = device.sys('thing/service/property/set');
  await device.subscribe(topic);
  const { data } = await call(client, 'setDeviceProperty', { ...names(device), items: '{"warmth":10.0,"power":1}' });
  assert.match(data.messageId, /^\d+$/);
  const set = await device.message(topic);
  assert.equal(set.method, 'thing.service.property.set');
  assert.deepEqual(set.params, { warmth: 10, power: 1 });
  assert.match(device.received(topic)[0], /"warmth":10\.0/);
  await call(client, 'setDeviceProperty', { iotId: device.identity.iotId, items: '{"brightness":3}' });
  await device.message(topic, ({ params }) => params.brightness === 3);
  await refused(client, 'setDeviceProperty', { ...names(device), items: '{"brightness":101}' }, 'iot.common.InvalidFormattedParameter', /Items\.brightness/);
  await refused(client, 'setDeviceProperty', { ...names(device), items: '{"serial":"x"}' }, 'iot.common.InvalidFormattedParameter', /Items\.serial/);
});

test('a device that is not there is said to be offline', async () => {
  const identity = await registerDevice(client, productKey, `direct-${number++}`);
  const device = { productKey, deviceName: identity.deviceName };
  await refused(client, 'setDeviceProperty', { ...device, items: '{"power":1}' }, 'iot.messagebroker.OFFLINE');
  await refused(client, 'invokeThingService', { ...device, identifier: 'blink', args: '{}' }, 'iot.messagebroker.OFFLINE');
  const body = await callAnyway(client, 'rRpc', { ...device, requestBase64Byte: base64('?'), timeout: 1_000 });
  assert.equal(body.code, 'iot.messagebroker.OFFLINE');
  assert.equal(body.rrpcCode, 'OFFLINE');
  await refused(client, 'setDeviceProperty', { productKey, deviceName: 'nobody', items: '{}' }, 'iot.device.NotExistedDevice');
});

test('SetDevicesProperty, InvokeThingsService and BatchPub reach those that are there', async (t) => {
  const devices = [await newDevice(t), await newDevice(t)];
  const away = await registerDevice(client, productKey, `direct-${number++}`);
  const deviceName = [...devices.map((device) => device.identity.deviceName), away.deviceName];
  for (const device of devices) {
    await device.subscribe(device.sys('thing/service/property/set'));
    await device.subscribe(device.sys('thing/service/reboot'));
    await device.subscribe(device.user('get'));
  }
  await call(client, 'setDevicesProperty', { productKey, deviceName, items: '{"power":0}' });
  await call(client, 'invokeThingsService', { productKey, deviceName, identifier: 'reboot', args: '{"delay":5}' });
  await call(client, 'batchPub', { productKey, deviceName, topicShortName: 'get', messageContent: base64('{"hello":1}') });
  for (const device of devices) {
    assert.deepEqual((await device.message(device.sys('thing/service/property/set'))).params, { power: 0 });
    assert.deepEqual((await device.message(device.sys('thing/service/reboot'))).params, { delay: 5 });
    assert.deepEqual(await device.message(device.user('get')), { hello: 1 });
  }
  await refused(client, 'batchPub', { productKey, deviceName: ['nobody'], topicShortName: 'get', messageContent: base64('x') }, 'iot.device.NotExistedDevice');
});

test('InvokeThingService waits for a synchronous service and not for others', async (t) => {
  const device = await newDevice(t);
  device.sdk.onService('blink', (res, reply) => reply({ code: 200, data: { ok: 1 } }, 'sync'));
  const { data } = await call(client, 'invokeThingService', { ...names(device), identifier: 'blink', args: '{}' });
  assert.match(data.messageId, /^\d+$/);
  assert.deepEqual(JSON.parse(data.result), { ok: 1 });
  await device.subscribe(device.sys('thing/service/reboot'));
  const later = await call(client, 'invokeThingService', { iotId: device.identity.iotId, identifier: 'reboot', args: '{"delay":1}' });
  assert.equal(later.data.result, undefined);
  const request = await device.message(device.sys('thing/service/reboot'));
  assert.equal(request.method, 'thing.service.reboot');
  await refused(client, 'invokeThingService', { ...names(device), identifier: 'reboot', args: '{"delay":61}' }, 'iot.common.InvalidFormattedParameter', /Args\.delay/);
});

test('Pub relays bytes to a topic of the device', async (t) => {
  const device = await newDevice(t);
  const topic = device.user('get');
  await device.subscribe(topic);
  const pub = { productKey, topicFullName: topic, messageContent: base64('plain {text}'), qos: 1 };
  assert.match((await call(client, 'pub', pub)).messageId, /^\d+$/);
  await until(() => device.received(topic)[0] === 'plain {text}', 'the message');
  await refused(client, 'pub', { ...pub, messageContent: '%' }, 'iot.messagebroker.MessageContentIsNotBase64Encode');
  await refused(client, 'pub', { ...pub, topicFullName: `/broadcast/${productKey}/all` }, 'iot.messagebroker.InvalidFormattedTopicName');
  await device.end();
  await call(client, 'pub', { ...pub, qos: 0 });
});

test('RRpc gives the bytes that the device answers, or says that it did not', async (t) => {
  const device = await newDevice(t);
  const rrpc = { ...names(device), requestBase64Byte: base64('how are you?'), timeout: 1_000 };
  await device.subscribe(device.sys('rrpc/request/+'));
  const silent = await callAnyway(client, 'rRpc', rrpc);
  assert.equal(silent.success, false);
  assert.equal(silent.code, 'iot.messagebroker.TIMEOUT');
  assert.equal(silent.rrpcCode, 'TIMEOUT');
  device.handlers.push(({ topic, text }) => {
    if (topic.includes('/rrpc/request/')) void device.publish(topic.replace('/request/', '/response/'), `${text} fine`, 0);
  });
  const body = await call(client, 'rRpc', { ...rrpc, timeout: 8_000 });
  assert.equal(body.rrpcCode, 'SUCCESS');
  assert.equal(Buffer.from(body.payloadBase64Byte, 'base64').toString(), 'how are you? fine');
  assert.equal(typeof body.messageId, 'number');
  await refused(client, 'rRpc', { ...rrpc, timeout: 8_001 }, 'iot.messagebroker.InvalidTimeoutValue');
});

test('QueryDevicePropertyStatus tells what the device last said', async (t) => {
  const device = await newDevice(t);
  const status = async () => (await call(client, 'queryDevicePropertyStatus', names(device))).data.list.propertyStatusInfo;
  const silent = await status();
  assert.deepEqual(silent.map(({ identifier }) => identifier), ['power', 'brightness', 'warmth', 'serial']);
  assert.equal(silent[0].value, undefined);
  const reported = (params) => new Promise((resolve) => device.sdk.postProps(params, resolve));
  await reported({ brightness: 6, serial: 'a "b"', unknown: 1 });
  await reported({ brightness: { value: 7, time: 1_600_000_000_000 } });
  const [power, brightness, , serial] = await until(async () => {
    const list = await status();
    return list[1].value === '7' ? list : undefined;
  }, 'the value');
  assert.equal(power.value, undefined);
  assert.deepEqual({ ...brightness }, {
    identifier: 'brightness', name: 'Brightness', dataType: 'int', unit: '', value: '7', time: '1600000000000',
  });
  assert.equal(serial.value, 'a "b"');
  assert.match(serial.time, /^\d{13}$/);
  await refused(client, 'queryDevicePropertyStatus', { productKey, deviceName: 'nobody' }, 'iot.device.NotExistedDevice');
});
