// The vendor's current Node device SDK, unmodified, as a device of every kind of job.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { call, createJob, createLampProduct, onlyTask, registerDevice, teaClient, untilJob, untilOnlyTask } from './support/cloud.mjs';
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

const newIdentity = () => registerDevice(client, productKey, `node-${number++}`);

/// A connected device that is ended with the test.
async function newDevice(t) {
  const device = await Device.connect(server, await newIdentity());
  t.after(() => device.end());
  return device;
}

async function untilStatus(identity, status) {
  await until(async () => (await call(client, 'getDeviceStatus', { iotId: identity.iotId })).data.status === status, status);
}

test('presence follows the connection', async (t) => {
  const device = await newDevice(t);
  await untilStatus(device.identity, 'ONLINE');
  await device.end();
  await untilStatus(device.identity, 'OFFLINE');
});

test('a wrong secret is refused with return code 4', async (t) => {
  const identity = await newIdentity();
  const device = new Device(server, { ...identity, deviceSecret: 'wrong' });
  t.after(() => device.end());
  const error = await until(() => device.errors[0], 'the refusal');
  assert.equal(error.code, 4);
  assert.equal(device.sdk.connected, false);
});

test('an unknown device is refused with return code 4', async (t) => {
  const device = new Device(server, { productKey, deviceName: 'nobody', deviceSecret: 'x' });
  t.after(() => device.end());
  assert.equal((await until(() => device.errors[0], 'the refusal')).code, 4);
});

test('a property report is answered with the id it came with', async (t) => {
  const device = await newDevice(t);
  const reply = await new Promise((resolve) => device.sdk.postProps({ brightness: 7 }, resolve));
  assert.equal(reply.code, 200);
  assert.match(reply.id, /\|exp-topic\|/);
  assert.deepEqual(reply.data, {});
});

test('tags are taken and remote configuration is declined', async (t) => {
  const device = await newDevice(t);
  const tags = await new Promise((resolve) => device.sdk.postTags([{ attrKey: 'room', attrValue: '1' }], resolve));
  assert.equal(tags.code, 200);
  const config = await new Promise((resolve) => device.sdk.getConfig(resolve));
  assert.notEqual(config.code, 200);
});

test('a custom job reaches the generic message event and its reports reach the cloud', async (t) => {
  const device = await newDevice(t);
  await device.takeJobs();
  const jobDocument = '{"mode":23,"ratio":10.0,"text":"{灯}"}';
  const jobId = await createJob(client, [device.identity], { type: 'CUSTOM_JOB', jobDocument });
  const notify = device.sys('thing/job/notify');
  const { id, params } = await device.message(notify);
  assert.match(id, /^\d+$/);
  assert.equal(params.task.status, 'SENT');
  assert.deepEqual(params.task.jobDocument, JSON.parse(jobDocument));
  assert.match(device.received(notify)[0], /"ratio":10\.0/, 'numbers are relayed as they were written');
  await untilOnlyTask(client, jobId, 'SENT');

  const { taskId } = params.task;
  await device.report(taskId, { status: 'IN_PROGRESS', progress: 40, statusDetails: { step: 'verify' } }, '7');
  const reply = await device.message(device.sys('thing/job/update_reply'), (message) => message.id === '7');
  assert.equal(reply.code, 200);
  assert.equal(reply.data.taskId, taskId);
  const running = await onlyTask(client, jobId);
  assert.equal(running.taskId, taskId);
  assert.equal(running.status, 'IN_PROGRESS');
  assert.equal(running.progress, '40');
  assert.deepEqual(JSON.parse(running.statusDetail), { step: 'verify' });

  await device.report(taskId, { status: 'SUCCEEDED', progress: 100 }, '8');
  assert.equal((await device.message(device.sys('thing/job/update_reply'), (message) => message.id === '8')).code, 200);
  assert.equal((await onlyTask(client, jobId)).status, 'SUCCEEDED', 'an acknowledged report is visible at once');
  await untilJob(client, jobId, 'COMPLETED');
});

test('a device may fail or reject its task', async (t) => {
  for (const status of ['FAILED', 'REJECTED']) {
    const device = await newDevice(t);
    await device.takeJobs([{ status }]);
    const jobId = await createJob(client, [device.identity], { type: 'CUSTOM_JOB', jobDocument: '{}' });
    await untilOnlyTask(client, jobId, status);
    await untilJob(client, jobId, 'COMPLETED');
  }
});

test('a device that was away gets its job when it comes', async (t) => {
  const identity = await newIdentity();
  const jobId = await createJob(client, [identity], { type: 'CUSTOM_JOB', jobDocument: '{}' });
  await untilOnlyTask(client, jobId, 'QUEUED');
  const device = await Device.connect(server, identity);
  t.after(() => device.end());
  await device.takeJobs(runAndSucceed);
  await untilJob(client, jobId, 'COMPLETED');
  assert.equal((await onlyTask(client, jobId)).status, 'SUCCEEDED');
});

test('a device can ask for its next task, for its list and for one task', async (t) => {
  const identity = await newIdentity();
  const jobId = await createJob(client, [identity], { type: 'CUSTOM_JOB', jobDocument: '{"n":1}' });
  await untilOnlyTask(client, jobId, 'QUEUED');
  const device = await Device.connect(server, identity);
  t.after(() => device.end());
  const replies = device.sys('thing/job/get_reply');
  await device.subscribe(replies);
  const ask = async (id, taskId) => {
    await device.publish(device.sys('thing/job/get'), { id, version: '1.0', params: { taskId } });
    return device.message(replies, (message) => message.id === id);
  };
  const next = await ask('1', '$next');
  assert.equal(next.code, 200);
  assert.equal(next.data.taskId, '$next');
  assert.deepEqual(next.data.task.jobDocument, { n: 1 });
  const { taskId } = next.data.task;
  const list = await ask('2', '$list');
  assert.deepEqual(list.data.tasks.map((task) => task.taskId), [taskId]);
  assert.equal((await ask('3', taskId)).data.task.taskId, taskId);
  const unknown = await ask('4', 'nothing');
  assert.equal(unknown.data.taskId, 'nothing');
  assert.equal(unknown.data.task, undefined);
  await device.subscribe(device.sys('thing/job/update_reply'));
  await device.report(taskId, { status: 'SUCCEEDED' });
  await untilJob(client, jobId, 'COMPLETED');
  const none = await ask('5', '$next');
  assert.equal(none.code, 200);
  assert.equal(none.data.task, undefined);
});

test('a cancelled task is told to the device and resists later reports', async (t) => {
  const device = await newDevice(t);
  await device.takeJobs();
  const jobId = await createJob(client, [device.identity], { type: 'CUSTOM_JOB', jobDocument: '{}' });
  const { params } = await device.message(device.sys('thing/job/notify'));
  await call(client, 'cancelJob', { jobId });
  const told = await device.message(device.sys('thing/job/notify'), (message) => message.params.task.status === 'CANCELLED');
  assert.equal(told.params.task.taskId, params.task.taskId);
  await untilJob(client, jobId, 'CANCELLED');
  await device.report(params.task.taskId, { status: 'IN_PROGRESS', progress: 1 }, '9');
  const reply = await device.message(device.sys('thing/job/update_reply'), (message) => message.id === '9');
  assert.notEqual(reply.code, 200);
  assert.equal((await onlyTask(client, jobId)).status, 'CANCELLED');
});

test('a property set is done when the application replies', async (t) => {
  const device = await newDevice(t);
  const seen = new Promise((resolve) => device.sdk.onProps(resolve));
  await device.answerPropertySets();
  const jobId = await createJob(client, [device.identity], { type: 'SET_PROPERTY', jobDocument: '{"params":{"brightness":80,"warmth":2.0}}' });
  const command = await seen;
  assert.deepEqual(command.params, { brightness: 80, warmth: 2 });
  assert.equal(command.method, 'thing.service.property.set');
  assert.match(device.received(device.sys('thing/service/property/set'))[0], /"warmth":2\.0/);
  await untilJob(client, jobId, 'COMPLETED');
  assert.equal((await onlyTask(client, jobId)).status, 'SUCCEEDED');
});

test('a property set is done when the device reports the values, for the SDK never replies', async (t) => {
  const device = await newDevice(t);
  device.sdk.onProps(({ params }) => device.sdk.postProps(params, () => {}));
  await device.subscribe(device.sys('thing/service/property/set'));
  const jobId = await createJob(client, [device.identity], { type: 'SET_PROPERTY', jobDocument: '{"params":{"power":1}}' });
  await untilJob(client, jobId, 'COMPLETED');
  assert.equal((await onlyTask(client, jobId)).status, 'SUCCEEDED');
});

test('a property set that the device declines has failed, with the code in its message', async (t) => {
  const device = await newDevice(t);
  await device.answerPropertySets(429);
  const jobId = await createJob(client, [device.identity], { type: 'SET_PROPERTY', jobDocument: '{"params":{"power":0}}' });
  const task = await untilOnlyTask(client, jobId, 'FAILED');
  assert.match(task.message, /429/);
});

test('an asynchronous service returns its output', async (t) => {
  const device = await newDevice(t);
  device.sdk.onService('reboot', (command, reply) => reply({ id: command.id, code: 200, data: { uptime: command.params.delay } }));
  await device.subscribe(device.sys('thing/service/reboot'));
  const jobId = await createJob(client, [device.identity], { type: 'INVOKE_SERVICE', jobDocument: '{"serviceIdentifier":"reboot","params":{"delay":5}}' });
  const task = await untilOnlyTask(client, jobId, 'SUCCEEDED');
  assert.deepEqual(JSON.parse(task.statusDetail), { uptime: 5 });
  await untilJob(client, jobId, 'COMPLETED');
});

test('a synchronous service is called by RRPC', async (t) => {
  const device = await newDevice(t);
  device.sdk.onService('blink', (command, reply) => reply({ id: command.id, code: 200, data: {} }, 'sync'));
  await device.subscribe(device.sys('rrpc/request/+'));
  const jobId = await createJob(client, [device.identity], { type: 'INVOKE_SERVICE', jobDocument: '{"serviceIdentifier":"blink","params":{}}' });
  await untilOnlyTask(client, jobId, 'SUCCEEDED');
  assert.ok(device.messages.some(({ topic }) => topic.startsWith(device.sys('rrpc/request/'))));
});

test('a call to a device that is away has failed at once', async () => {
  const identity = await newIdentity();
  const jobId = await createJob(client, [identity], { type: 'SET_PROPERTY', jobDocument: '{"params":{"power":1}}' });
  const task = await untilOnlyTask(client, jobId, 'FAILED');
  assert.match(task.message, /offline/);
});

test('a message is pushed raw, at both qualities of service', async (t) => {
  const device = await newDevice(t);
  await device.subscribe(device.user('get'));
  for (const messageQoS of ['QoS0', 'QoS1']) {
    const text = `raw bytes at ${messageQoS}`;
    const jobId = await createJob(client, [device.identity], {
      type: 'PUB', rolloutConfig: { messageQoS },
      jobDocument: JSON.stringify({ topicShortName: 'get', messageContent: Buffer.from(text).toString('base64') }),
    });
    await untilJob(client, jobId, 'COMPLETED');
    assert.equal((await onlyTask(client, jobId)).status, 'SUCCEEDED');
    await until(() => device.received(device.user('get')).includes(text), text);
  }
});

test('topics of another device are closed, and the connection lives on', async (t) => {
  const device = await newDevice(t);
  const other = await newIdentity();
  const granted = await device.subscribe(`/sys/${productKey}/${other.deviceName}/thing/job/notify`);
  assert.equal(granted[0].qos, 0x80);
  await device.publish(`/sys/${productKey}/${other.deviceName}/thing/event/property/post`, { id: '1', params: {} });
  const reply = await new Promise((resolve) => device.sdk.postProps({ brightness: 1 }, resolve));
  assert.equal(reply.code, 200);
});

test('malformed reports are answered or ignored, and change nothing', async (t) => {
  const device = await newDevice(t);
  await device.takeJobs();
  const jobId = await createJob(client, [device.identity], { type: 'CUSTOM_JOB', jobDocument: '{}' });
  const { params: { task: { taskId } } } = await device.message(device.sys('thing/job/notify'));
  const update = device.sys('thing/job/update');
  for (const text of ['', '{', '[]', 'null', '{"id":"1"}', '\u0000', '{"id":"1","params":[]}', '"'.repeat(1000), '['.repeat(5000)]) {
    await device.publish(update, text);
  }
  const wrong = [
    { status: 'DANCING' }, { status: 'QUEUED' }, { status: 'CANCELLED' }, { status: 'SUCCEEDED', progress: 101 },
    { status: 'SUCCEEDED', progress: -1 }, { status: 'SUCCEEDED', progress: 'all' }, { status: 'SUCCEEDED', statusDetails: 'text' },
  ];
  for (const [index, report] of wrong.entries()) {
    const id = String(100 + index);
    await device.report(taskId, report, id);
    const reply = await device.message(device.sys('thing/job/update_reply'), (message) => message.id === id);
    assert.notEqual(reply.code, 200, JSON.stringify(report));
  }
  assert.equal((await onlyTask(client, jobId)).status, 'SENT');
  assert.equal(device.sdk.connected, true);
});

test('the newer connection of one identity takes over', async (t) => {
  const identity = await newIdentity();
  const first = await Device.connect(server, identity, 'current', { config: {} });
  const closed = new Promise((resolve) => first.sdk.on('close', resolve));
  const second = await Device.connect(server, identity);
  t.after(() => second.end());
  await closed;
  await first.end();
  await second.connected();
  await second.takeJobs(runAndSucceed);
  const jobId = await createJob(client, [identity], { type: 'CUSTOM_JOB', jobDocument: '{}' });
  await untilJob(client, jobId, 'COMPLETED');
});
