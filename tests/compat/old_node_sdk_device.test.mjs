// The vendor's older Node device SDK: line breaks inside its client id, a tag report before anything else, no callback
// for property sets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createJob, createLampProduct, onlyTask, registerDevice, teaClient, untilJob, untilOnlyTask } from './support/cloud.mjs';
import { Device, runAndSucceed } from './support/devices.mjs';
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

async function newDevice(t) {
  const device = await Device.connect(server, await registerDevice(client, productKey, `old-${number++}`), 'old');
  t.after(() => device.end());
  return device;
}

test('it connects, reports what it is and gets its answers', async (t) => {
  const device = await newDevice(t);
  await device.subscribe(device.sys('thing/event/property/post_reply'));
  const reply = await new Promise((resolve) => device.sdk.postProps({ brightness: 3 }, resolve));
  assert.equal(reply.code, 200);
});

test('a wrong secret is refused with return code 4', async (t) => {
  const identity = await registerDevice(client, productKey, `old-${number++}`);
  const device = new Device(server, { ...identity, deviceSecret: 'wrong' }, 'old');
  t.after(() => device.end());
  assert.equal((await until(() => device.errors[0], 'the refusal')).code, 4);
});

test('a custom job runs through the generic message event', async (t) => {
  const device = await newDevice(t);
  await device.takeJobs(runAndSucceed);
  const jobId = await createJob(client, [device.identity], { type: 'CUSTOM_JOB', jobDocument: '{"a":1}' });
  await untilJob(client, jobId, 'COMPLETED');
  assert.equal((await onlyTask(client, jobId)).progress, '100');
});

test('a property set is answered by the application', async (t) => {
  const device = await newDevice(t);
  await device.answerPropertySets();
  const jobId = await createJob(client, [device.identity], { type: 'SET_PROPERTY', jobDocument: '{"params":{"power":1}}' });
  await untilOnlyTask(client, jobId, 'SUCCEEDED');
});

test('a service reaches onService', async (t) => {
  const device = await newDevice(t);
  const called = new Promise((resolve) => device.sdk.onService('reboot', resolve));
  await device.answerService('reboot', { code: 200, data: { uptime: 1 } });
  const jobId = await createJob(client, [device.identity], { type: 'INVOKE_SERVICE', jobDocument: '{"serviceIdentifier":"reboot","params":{"delay":1}}' });
  assert.deepEqual((await called).params, { delay: 1 });
  await untilOnlyTask(client, jobId, 'SUCCEEDED');
});

test('a service that fails on the device has failed, with the reason', async (t) => {
  const device = await newDevice(t);
  await device.answerService('reboot', { code: 100001, message: 'battery low' });
  const jobId = await createJob(client, [device.identity], { type: 'INVOKE_SERVICE', jobDocument: '{"serviceIdentifier":"reboot","params":{"delay":1}}' });
  const task = await untilOnlyTask(client, jobId, 'FAILED');
  assert.match(task.message, /100001/);
  assert.match(task.message, /battery low/);
});

test('a message is pushed raw', async (t) => {
  const device = await newDevice(t);
  await device.subscribe(device.user('get'));
  const jobId = await createJob(client, [device.identity], {
    type: 'PUB', rolloutConfig: { messageQoS: 'QoS1' },
    jobDocument: JSON.stringify({ topicShortName: 'get', messageContent: Buffer.from('hello').toString('base64') }),
  });
  await untilJob(client, jobId, 'COMPLETED');
  await until(() => device.received(device.user('get')).includes('hello'), 'the message');
});
