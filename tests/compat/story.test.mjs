// The whole story, told by the vendor's own clients: a product, a fleet registered in bulk, both device SDKs connected,
// one job of each type to each kind of target, watched until Total = Succeeded.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { call, callAnyway, createJob, createLampProduct, deviceList, statistics, teaClient, untilJob } from './support/cloud.mjs';
import { Device, runAndSucceed } from './support/devices.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/wait.mjs';

const FLEET = 10;
let server;
let client;
let productKey;
let groupId;
let devices;

before(async () => {
  server = await Server.start();
  client = teaClient(server);
  productKey = await createLampProduct(client);
  devices = await Promise.all((await registerFleet()).map(async (identity, index) => {
    const device = await Device.connect(server, identity, index % 2 === 0 ? 'current' : 'old');
    await device.takeJobs(runAndSucceed);
    await device.answerPropertySets();
    await device.answerService('reboot', { code: 200, data: { uptime: 42 } });
    await device.subscribe(device.user('get'));
    return device;
  }));
  groupId = (await call(client, 'createDeviceGroup', { groupName: 'ground_floor' })).data.groupId;
  const added = await call(client, 'batchAddDeviceGroupRelations', {
    groupId, device: devices.slice(0, FLEET / 2).map(({ identity: { deviceName } }) => ({ productKey, deviceName })),
  });
  assert.equal(added.successAddedDeviceCount, FLEET / 2);
});
after(async () => {
  await Promise.all((devices ?? []).map((device) => device.end()));
  await server?.stop();
});

async function registerFleet() {
  const deviceName = Array.from({ length: FLEET }, (_, i) => `story-${String(i).padStart(3, '0')}`);
  const { data: { applyId } } = await call(client, 'batchCheckDeviceNames', { productKey, deviceName });
  await until(async () => (await callAnyway(client, 'batchRegisterDeviceWithApplyId', { productKey, applyId })).success, 'the batch');
  const page = await until(async () => {
    const body = await callAnyway(client, 'queryPageByApplyId', { applyId, pageSize: 50, currentPage: 1 });
    return body.success && body.applyDeviceList?.applyDeviceInfo?.length === FLEET ? body : undefined;
  }, 'the registered devices');
  return page.applyDeviceList.applyDeviceInfo.map((info) => (
    { productKey, deviceName: info.deviceName, deviceSecret: info.deviceSecret, iotId: info.iotId }));
}

const documents = {
  CUSTOM_JOB: '{"operatingMode":23}',
  SET_PROPERTY: '{"params":{"brightness":80,"power":1}}',
  INVOKE_SERVICE: '{"serviceIdentifier":"reboot","params":{"delay":5}}',
  PUB: JSON.stringify({ topicShortName: 'get', messageContent: Buffer.from('story').toString('base64') }),
};

const targets = {
  DEVICE_LIST: () => ({ config: deviceList(devices.map(({ identity }) => identity)), total: FLEET }),
  GROUP_ID: () => ({ config: { targetType: 'GROUP_ID', targetGroup: groupId }, total: FLEET / 2 }),
  PRODUCT_KEY: () => ({ config: { TargetType: 'PRODUCT_KEY', TargetProduct: productKey }, total: FLEET }),
};

for (const [type, jobDocument] of Object.entries(documents)) {
  for (const [target, make] of Object.entries(targets)) {
    test(`${type} to ${target} succeeds on every device`, async () => {
      const { config, total } = make();
      const jobId = await createJob(client, [], { jobName: `story_${type}`, type, jobDocument, targetConfig: config });
      assert.equal((await statistics(client, jobId)).total, total, 'Total is known at once');
      await until(async () => {
        const counts = await statistics(client, jobId);
        const { total: all, ...states } = counts;
        assert.equal(Object.values(states).reduce((sum, count) => sum + count, 0), all, JSON.stringify(counts));
        assert.equal(counts.failed + counts.rejected + counts.timeOut + counts.cancelled, 0, JSON.stringify(counts));
        return counts.succeeded === total;
      }, 'Total = Succeeded', 30_000);
      await untilJob(client, jobId, 'COMPLETED');

      const tasks = (await call(client, 'listTask', { jobId, limit: 50 })).data.data;
      assert.equal(tasks.length, total);
      for (const task of tasks) {
        assert.equal(task.status, 'SUCCEEDED');
        assert.equal(task.jobId, jobId);
        assert.equal(task.productKey, productKey);
        assert.ok(task.taskId && task.iotId && task.utcModified);
      }
      const one = (await call(client, 'queryTask', { taskId: tasks[0].taskId })).data;
      assert.equal(one.deviceName, tasks[0].deviceName);
      if (type === 'INVOKE_SERVICE') assert.deepEqual(JSON.parse(one.statusDetail), { uptime: 42 });
      if (type === 'CUSTOM_JOB') assert.equal(one.progress, '100');
      const job = (await call(client, 'queryJob', { jobId })).data;
      assert.equal(job.type, type);
      assert.equal(job.targetConfig.targetType, target);
    });
  }
}

test('every job is in the list, newest first, and a finished one cannot be cancelled', async () => {
  const { data, total } = await call(client, 'listJob', { currentPage: 1, pageSize: 50, status: 'COMPLETED' });
  assert.equal(total, 12);
  assert.equal(data.data.length, 12);
  const created = data.data.map((job) => job.utcCreate);
  assert.deepEqual(created, [...created].sort().reverse());
  const body = await callAnyway(client, 'cancelJob', { jobId: data.data[0].jobId });
  assert.equal(body.success, false);
  assert.equal(body.code, 'iot.job.InvalidJobStatus');
});
