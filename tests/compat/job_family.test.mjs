// The whole job family, the same script through the typed SDK and through pop-core: created, changed, looked at, run,
// run again, cancelled and deleted. (The upload of a file for a job has a test of its own.)
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { call, callAnyway, deviceList, popClient, registerDevice, teaClient } from './support/cloud.mjs';
import { Device } from './support/devices.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/wait.mjs';

let server;
const devices = [];
before(async () => { server = await Server.start(); });
after(async () => {
  await Promise.all(devices.map((device) => device.end()));
  await server?.stop();
});

async function connect(identity) {
  const device = await Device.connect(server, identity);
  devices.push(device);
  return device;
}

const lower = (name) => name[0].toLowerCase() + name.slice(1);

/// Calls an action with wire names and answers with wire names, so that one script serves both clients. What the typed
/// SDK does not decode is not in its answer.
const speakers = {
  typed: () => {
    const client = teaClient(server);
    return async (action, parameters) => {
      const named = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [lower(name), value]));
      return (await callAnyway(client, lower(action), named)).toMap();
    };
  },
  'pop-core': () => {
    const client = popClient(server);
    const flat = (value) => (typeof value === 'object' ? JSON.stringify(value) : value);
    return async (action, parameters) => {
      const named = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, flat(value)]));
      try {
        return await client.request(action, named, { method: 'POST' });
      } catch (error) {  // it throws for every Code
        if (error.data === undefined) throw error;
        return error.data;
      }
    };
  },
};

for (const [speaker, make] of Object.entries(speakers)) {
  test(`${speaker} takes a job through its whole life`, async () => {
    const ask = make();
    const must = async (action, parameters) => {
      const body = await ask(action, parameters);
      assert.equal(body.Success, true, `${action}: ${body.Code} ${body.ErrorMessage}`);
      return body;
    };
    const mustNot = async (action, parameters, code) => {
      const body = await ask(action, parameters);
      assert.equal(body.Success, false, `${action} was not refused`);
      assert.equal(body.Code, code, body.ErrorMessage);
    };
    const tea = teaClient(server);
    const { productKey } = await call(tea, 'createProduct', { productName: `family_${speaker.slice(0, 3)}`, nodeType: 0 });
    const good = await connect(await registerDevice(tea, productKey, 'good-1'));
    const bad = await connect(await registerDevice(tea, productKey, 'bad-01'));
    const reportLater = (device, first, second) => {
      let attempts = 0;
      device.onMessage(device.sys('thing/job/notify'), ({ params: { task } }) => {
        if (task.status === 'SENT') void device.report(task.taskId, attempts++ === 0 ? first : second);
      });
    };
    reportLater(good, { status: 'SUCCEEDED', progress: 100, statusDetails: { took: 3 } });
    reportLater(bad, { status: 'FAILED', progress: 10 }, { status: 'SUCCEEDED', progress: 100 });
    await good.takeJobs();
    await bad.takeJobs();

    // A job that waits can be changed, and says what it is.
    const scheduledTime = Date.now() + 3_600_000;
    const { JobId } = await must('CreateJob', {
      JobName: 'family', Type: 'CUSTOM_JOB', JobDocument: '{"do":"it"}', ScheduledTime: scheduledTime,
      TargetConfig: deviceList([good.identity, bad.identity]),
    });
    await until(async () => (await must('QueryJob', { JobId })).Data.Status === 'WAITING', 'WAITING');
    await must('UpdateJob', {
      JobId, Description: 'changed', RolloutConfig: { maximumPerMinute: 60, messageQoS: 'QoS1' },
      TimeoutConfig: { inProgressTimeoutInMinutes: 7 },
    });
    const { Data: job } = await must('QueryJob', { JobId });
    assert.equal(job.JobName, 'family');
    assert.equal(job.Type, 'CUSTOM_JOB');
    assert.equal(job.Description, 'changed');
    assert.equal(job.JobDocument, '{"do":"it"}');
    assert.equal(Number(job.ScheduledTime), scheduledTime);
    assert.equal(Number(job.RolloutConfig.MaximumPerMinute), 60);
    assert.equal(Number(job.TimeoutConfig.InProgressTimeoutInMinutes), 7);
    assert.equal(job.TargetConfig.TargetType, 'DEVICE_LIST');
    await mustNot('RerunJob', { JobId }, 'iot.job.InvalidJobStatus');
    const { Data: jobs } = await must('ListJob', { PageSize: 10, CurrentPage: 1 });
    assert.ok(jobs.data.some((one) => one.JobId === JobId && one.Status === 'WAITING'));
    await must('CancelJob', { JobId });
    await until(async () => (await must('QueryJob', { JobId })).Data.Status === 'CANCELLED', 'CANCELLED');
    await must('DeleteJob', { JobId });
    await until(async () => (await ask('QueryJob', { JobId })).Success === false, 'the end of a deleted job');
    await mustNot('QueryJob', { JobId }, 'iot.job.NotExistedJob');

    // A job that runs, fails on one device, and is run again there.
    const running = (await must('CreateJob', {
      JobName: 'family', Type: 'CUSTOM_JOB', JobDocument: '{"do":"it"}', TargetConfig: deviceList([good.identity, bad.identity]),
    })).JobId;
    const counts = async () => (await must('QueryJobStatistics', { JobId: running })).Data;
    await until(async () => (await must('QueryJob', { JobId: running })).Data.Status === 'COMPLETED', 'COMPLETED');
    let seen = await counts();
    assert.deepEqual([seen.Total, seen.Succeeded, seen.Failed].map(Number), [2, 1, 1]);
    const { Data: failed } = await must('ListTask', { JobId: running, Status: 'FAILED', Limit: 10 });
    assert.equal(failed.data.length, 1);
    assert.equal(failed.data[0].DeviceName, 'bad-01');
    const { Data: task } = await must('QueryTask', { TaskId: failed.data[0].TaskId });
    assert.equal(task.Status, 'FAILED');
    assert.equal(task.Progress, '10');
    await must('RerunJob', { JobId: running });
    await until(async () => Number((seen = await counts()).Succeeded) === 2, 'success everywhere');
    assert.equal((await must('QueryTask', { TaskId: task.TaskId })).Data.Status, 'SUCCEEDED');
    const { Data: byDevice } = await must('ListTask', { Device: { productKey, deviceName: 'good-1' }, Limit: 10 });
    assert.ok(byDevice.data.some((one) => one.JobId === running));
    await until(async () => (await must('QueryJob', { JobId: running })).Data.Status === 'COMPLETED', 'COMPLETED again');
    await mustNot('CancelJob', { JobId: running }, 'iot.job.InvalidJobStatus');
    await must('DeleteJob', { JobId: running });
  });
}

test('a device is disabled, enabled again and connects', async () => {
  const client = teaClient(server);
  const { productKey } = await call(client, 'createProduct', { productName: 'switched', nodeType: 0 });
  const identity = await registerDevice(client, productKey, 'switch-1');
  await call(client, 'disableThing', { productKey, deviceName: 'switch-1' });
  assert.equal((await call(client, 'getDeviceStatus', { productKey, deviceName: 'switch-1' })).data.status, 'DISABLE');
  await call(client, 'enableThing', { productKey, deviceName: 'switch-1' });
  await connect(identity);
  await until(async () => (await call(client, 'getDeviceStatus', { productKey, deviceName: 'switch-1' })).data.status === 'ONLINE', 'ONLINE');
});
