// The vendor's current SDK (V3 signature): every answer must survive its typed decoding, every refusal its error type.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  call, callAnyway, createJob, createLampProduct, deviceList, iot, lampModel, patientRuntime, refused,
  refusedByGateway, registerDevice, statistics, teaClient, untilJob,
} from './support/cloud.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/wait.mjs';

let server;
let client;
before(async () => {
  server = await Server.start();
  client = teaClient(server);
});
after(async () => { await server?.stop(); });

test('a product comes back as it was created', async () => {
  const description = "shelf (1) 100% *a+b&c=d~!' 灯具";
  const created = await call(client, 'createProduct', {
    productName: '灯_lamp', nodeType: 0, dataFormat: 1, aliyunCommodityCode: 'iothub_senior', description,
  });
  assert.equal(created.data.productKey, created.productKey);
  assert.ok(created.data.productSecret.length >= 8);
  const { data } = await call(client, 'queryProduct', { productKey: created.productKey });
  assert.equal(data.productName, '灯_lamp');
  assert.equal(data.description, description);
  assert.equal(data.nodeType, 0);
  assert.equal(data.deviceCount, 0);
  const list = (await call(client, 'queryProductList', { pageSize: 50, currentPage: 1 })).data;
  assert.ok(list.list.productInfo.some((product) => product.productKey === created.productKey));
  assert.ok(list.total >= 1);
});

test('a thing model is imported, published and read back', async () => {
  const productKey = await createLampProduct(client);
  const { data } = await call(client, 'getThingModelTsl', { productKey });
  const model = JSON.parse(data.tslStr);
  for (const { identifier } of lampModel.properties) {
    assert.ok(model.properties.some((property) => property.identifier === identifier), identifier);
  }
  assert.ok(model.services.some(({ identifier, callType }) => identifier === 'blink' && callType === 'sync'));
});

test('a registered device can be looked up by name and by IotId', async () => {
  const productKey = await createLampProduct(client);
  const device = await registerDevice(client, productKey, 'lamp-1.a:b@c_d');
  assert.ok(device.deviceSecret);
  const byName = (await call(client, 'queryDeviceDetail', { productKey, deviceName: device.deviceName })).data;
  const byId = (await call(client, 'queryDeviceDetail', { iotId: device.iotId })).data;
  assert.equal(byName.iotId, device.iotId);
  assert.equal(byId.deviceName, device.deviceName);
  assert.equal(byId.status, 'UNACTIVE');
  assert.equal((await call(client, 'getDeviceStatus', { iotId: device.iotId })).data.status, 'UNACTIVE');
  const states = await call(client, 'batchGetDeviceState', { productKey, deviceName: [device.deviceName] });
  assert.equal(states.deviceStatusList.deviceStatus.length, 1);
  assert.equal(states.deviceStatusList.deviceStatus[0].iotId, device.iotId);
});

test('ten thousand names in one query are registered and paged through', async () => {
  const productKey = await createLampProduct(client);
  const names = Array.from({ length: 10_000 }, (_, i) => `a-rather-long-name-${String(i).padStart(6, '0')}`);
  const request = new iot.BatchCheckDeviceNamesRequest({ productKey, deviceName: names });
  const checked = (await client.batchCheckDeviceNamesWithOptions(request, patientRuntime())).body;
  assert.equal(checked.success, true, checked.errorMessage);
  const { applyId } = checked.data;
  assert.ok(Number.isSafeInteger(applyId));
  await until(async () => (await callAnyway(client, 'batchRegisterDeviceWithApplyId', { productKey, applyId })).success,
    'the batch to be accepted');
  const page = await until(async () => {
    const body = await callAnyway(client, 'queryPageByApplyId', { applyId, pageSize: 50, currentPage: 200 });
    return body.success && body.applyDeviceList?.applyDeviceInfo?.length === 50 ? body : undefined;
  }, 'the last page of the batch');
  assert.equal(page.total, 10_000);
  assert.equal(page.pageCount, 200);
  for (const info of page.applyDeviceList.applyDeviceInfo) assert.ok(info.deviceSecret && info.iotId);
  const product = (await call(client, 'queryProduct', { productKey })).data;
  assert.equal(product.deviceCount, 10_000);
});

test('a job tells back what it was given, and its tasks page by token', async () => {
  const productKey = await createLampProduct(client);
  const devices = [];
  for (let i = 0; i < 12; ++i) devices.push(await registerDevice(client, productKey, `idle-${i}xx`));
  const jobDocument = '{ "ratio": 10.0, "big": 12345678901234567890, "text": "a+b&c {灯}" }';
  const jobId = await createJob(client, devices, {
    jobName: '夜间_job_1', type: 'CUSTOM_JOB', jobDocument, description: 'night batch',
    rolloutConfig: { maximumPerMinute: 200, messageQoS: 'QoS1' }, timeoutConfig: { inProgressTimeoutInMinutes: 30 },
  });
  const job = (await call(client, 'queryJob', { jobId })).data;
  assert.equal(job.jobId, jobId);
  assert.equal(job.jobName, '夜间_job_1');
  assert.equal(job.jobDocument, jobDocument);
  assert.equal(job.type, 'CUSTOM_JOB');
  assert.equal(job.description, 'night batch');
  assert.equal(job.rolloutConfig.maximumPerMinute, 200);
  assert.equal(job.timeoutConfig.inProgressTimeoutInMinutes, 30);
  assert.equal(job.targetConfig.targetType, 'DEVICE_LIST');
  assert.equal(job.targetConfig.targetDevices.targetDevices.length, 12);
  assert.match(job.utcCreate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const listed = await call(client, 'listJob', { currentPage: 1, pageSize: 10 });
  assert.equal(listed.data.data[0].jobId, jobId, 'newest first');
  assert.ok(listed.total >= 1);

  await until(async () => (await statistics(client, jobId)).queued === 12, 'all tasks');
  const names = [];
  let nextToken;
  do {
    const page = await call(client, 'listTask', { jobId, limit: 5, nextToken });
    names.push(...page.data.data.map((task) => task.deviceName));
    for (const task of page.data.data) {
      assert.equal(task.status, 'QUEUED');
      assert.equal(task.jobName, '夜间_job_1');
    }
    nextToken = page.nextToken;
  } while (nextToken);
  assert.deepEqual(names.toSorted?.() ?? [...names].sort(), devices.map((device) => device.deviceName).sort());
  const ofDevice = await call(client, 'listTask', { device: { productKey, deviceName: 'idle-3xx' }, limit: 10 });
  assert.equal(ofDevice.data.data.length, 1);
  const task = (await call(client, 'queryTask', { taskId: ofDevice.data.data[0].taskId })).data;
  assert.equal(task.deviceName, 'idle-3xx');
  assert.equal(task.jobId, jobId);
});

test('a cancelled job cancels its waiting tasks, and cannot be cancelled twice', async () => {
  const productKey = await createLampProduct(client);
  const device = await registerDevice(client, productKey, 'sleeping');
  const jobId = await createJob(client, [device], { type: 'CUSTOM_JOB', jobDocument: '{}' });
  await call(client, 'cancelJob', { jobId });
  await untilJob(client, jobId, 'CANCELLED');
  const counts = await statistics(client, jobId);
  assert.equal(counts.cancelled, 1);
  assert.equal(counts.total, 1);
  await refused(client, 'cancelJob', { jobId }, 'iot.job.InvalidJobStatus');
});

test('a scheduled job waits and can be cancelled before it starts', async () => {
  const productKey = await createLampProduct(client);
  const device = await registerDevice(client, productKey, 'planned');
  const scheduledTime = Date.now() + 20 * 60_000;
  const jobId = await createJob(client, [device], { type: 'CUSTOM_JOB', jobDocument: '{}', scheduledTime });
  await untilJob(client, jobId, 'WAITING');
  assert.equal((await call(client, 'queryJob', { jobId })).data.scheduledTime, scheduledTime);
  await call(client, 'cancelJob', { jobId });
  await untilJob(client, jobId, 'CANCELLED');
});

test('a document of 65,536 characters is taken and one more is refused', async () => {
  const productKey = await createLampProduct(client);
  const device = await registerDevice(client, productKey, 'reader');
  const fill = (length) => JSON.stringify({ text: '灯'.repeat(length - '{"text":""}'.length) });
  const jobId = await createJob(client, [device], { type: 'CUSTOM_JOB', jobDocument: fill(65_536) });
  assert.equal((await call(client, 'queryJob', { jobId })).data.jobDocument, fill(65_536));
  await refused(client, 'createJob', {
    jobName: 'too_long', type: 'CUSTOM_JOB', jobDocument: fill(65_537), targetConfig: deviceList([device]),
  }, 'iot.common.InvalidFormattedParameter', /JobDocument/);
});

test('wrong jobs are refused and leave nothing behind', async () => {
  const productKey = await createLampProduct(client);
  const device = await registerDevice(client, productKey, 'refuser');
  const good = {
    jobName: 'fine_name', type: 'SET_PROPERTY', jobDocument: '{"params":{"power":1}}', targetConfig: deviceList([device]),
  };
  const before = (await call(client, 'listJob', { currentPage: 1, pageSize: 10 })).total;
  const format = 'iot.common.InvalidFormattedParameter';
  const wrong = [
    [{ jobName: 'abc' }, 'iot.job.InvalidFormattedJobName'],
    [{ jobName: 'with blank' }, 'iot.job.InvalidFormattedJobName'],
    [{ jobName: 'x'.repeat(31) }, 'iot.job.InvalidFormattedJobName'],
    [{ type: 'DANCE' }, format],
    [{ jobDocument: '{"params":' }, format],
    [{ jobDocument: '[]' }, format],
    [{ jobDocument: '{"params":{"serial":"x"}}' }, format],
    [{ jobDocument: '{"params":{"nothing":1}}' }, format],
    [{ jobDocument: '{"params":{"brightness":101}}' }, format],
    [{ description: 'x'.repeat(101) }, format],
    [{ rolloutConfig: { maximumPerMinute: 49 } }, format],
    [{ rolloutConfig: { maximumPerMinute: 1001 } }, format],
    [{ rolloutConfig: { messageQoS: 'QoS2' } }, format],
    [{ timeoutConfig: { inProgressTimeoutInMinutes: 0 } }, format],
    [{ timeoutConfig: { inProgressTimeoutInMinutes: 1.5 } }, format],
    [{ scheduledTime: Date.now() - 60_000 }, format],
    [{ scheduledTime: Date.now() + 8 * 24 * 3_600_000 }, format],
    [{ targetConfig: { targetType: 'EVERYBODY' } }, format],
    [{ targetConfig: { targetType: 'DEVICE_LIST', targetDevices: [] } }, 'iot.job.NoTarget'],
    [{ targetConfig: { targetType: 'DEVICE_LIST', targetDevices: [{ productKey, deviceName: 'nobody' }] } }, 'iot.device.NotExistedDevice'],
    [{ targetConfig: { targetType: 'GROUP_ID', targetGroup: 'no_such_group' } }, 'iot.group.NotExistedGroup'],
    [{ targetConfig: { targetType: 'PRODUCT_KEY', targetProduct: 'a1nothing00' } }, 'iot.prod.NotExistedProduct'],
  ];
  for (const [change, code] of wrong) {
    const body = await callAnyway(client, 'createJob', { ...good, ...change });
    assert.equal(body.success, false, `taken: ${JSON.stringify(change).slice(0, 120)}`);
    assert.equal(body.code, code, `${JSON.stringify(change).slice(0, 120)}: ${body.errorMessage}`);
    assert.ok(body.errorMessage);
  }
  const many = Array.from({ length: 201 }, (_, i) => ({ productKey, deviceName: `many-${i}` }));
  await refused(client, 'createJob', { ...good, targetConfig: deviceList(many) }, 'iot.job.TooManyTargets');
  assert.equal((await call(client, 'listJob', { currentPage: 1, pageSize: 10 })).total, before);
});

test('unknown things have their own codes', async () => {
  await refused(client, 'queryProduct', { productKey: 'a1nothing00' }, 'iot.prod.NotExistedProduct');
  await refused(client, 'queryDeviceDetail', { iotId: 'nothing' }, 'iot.device.NotExistedDevice');
  await refused(client, 'queryJob', { jobId: 'nothing' }, 'iot.job.NotExistedJob');
  await refused(client, 'queryTask', { taskId: 'nothing' }, 'iot.job.NotExistedTask');
  await refused(client, 'listJob', { currentPage: 0, pageSize: 10 }, 'iot.common.InvalidPageParams');
  await refused(client, 'listJob', { currentPage: 1, pageSize: 51 }, 'iot.common.InvalidPageParams');
});

test('a taken device name is refused', async () => {
  const productKey = await createLampProduct(client);
  await registerDevice(client, productKey, 'twice');
  await refused(client, 'registerDevice', { productKey, deviceName: 'twice' }, 'iot.device.AlreadyExistedDeviceName');
});

test('a missing parameter is a gateway error that names it', async () => {
  await refusedByGateway(callAnyway(client, 'createJob', { type: 'PUB' }), 'MissingJobName', 400);
});

test('a wrong secret, an unknown key and an unknown action are gateway errors', async () => {
  const liar = teaClient(server, { accessKeySecret: 'wrong' });
  await refusedByGateway(callAnyway(liar, 'listJob', { currentPage: 1, pageSize: 10 }), 'SignatureDoesNotMatch', 400);
  const stranger = teaClient(server, { accessKeyId: 'nobody' });
  await refusedByGateway(callAnyway(stranger, 'listJob', { currentPage: 1, pageSize: 10 }), 'InvalidAccessKeyId.NotFound', 404);
  await refusedByGateway(callAnyway(client, 'queryLoRaJoinPermissions', {}), 'InvalidAction.NotFound', 404);
});
