// Clients that sign with V1 (HMAC-SHA1): the current SDK by option, and pop-core by GET and by POST.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { call, callAnyway, createLampProduct, popClient, refused, refusedByGateway, registerDevice, statistics, teaClient } from './support/cloud.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/wait.mjs';

let server;
before(async () => { server = await Server.start(); });
after(async () => { await server?.stop(); });

const strangeText = "shelf (1) 100% *a+b&c=d~!' 灯具";

test('the current SDK with signatureAlgorithm v2', async () => {
  const client = teaClient(server, { signatureAlgorithm: 'v2' });
  const created = await call(client, 'createProduct', { productName: 'v2_option', nodeType: 0, dataFormat: 1, description: strangeText });
  assert.equal((await call(client, 'queryProduct', { productKey: created.productKey })).data.description, strangeText);
  const device = await registerDevice(client, created.productKey, 'dev-1');
  assert.ok(device.iotId);
  await refused(client, 'registerDevice', { productKey: created.productKey, deviceName: 'dev-1' }, 'iot.device.AlreadyExistedDeviceName');
  const liar = teaClient(server, { signatureAlgorithm: 'v2', accessKeySecret: 'wrong' });
  await refusedByGateway(callAnyway(liar, 'queryProduct', { productKey: created.productKey }), 'SignatureDoesNotMatch', 400);
});

for (const method of ['GET', 'POST']) {
  test(`pop-core by ${method} runs a job's life`, async () => {
    const pop = popClient(server);
    const request = (action, parameters) => pop.request(action, parameters, { method });
    const tea = teaClient(server);
    const productKey = await createLampProduct(tea);
    const name = `pop-${method}`;
    const registered = await request('RegisterDevice', { ProductKey: productKey, DeviceName: name });
    assert.equal(registered.Success, true);
    assert.equal(registered.Data.DeviceName, name);
    const group = await request('CreateDeviceGroup', { GroupName: `group_${method}`, GroupDesc: strangeText });
    assert.equal(group.Data.GroupDesc, strangeText);
    const added = await request('BatchAddDeviceGroupRelations', {
      GroupId: group.Data.GroupId, Device: [{ ProductKey: productKey, DeviceName: name }],
    });
    assert.equal(added.SuccessAddedDeviceCount, 1);
    const states = await request('BatchGetDeviceState', { ProductKey: productKey, DeviceName: [name] });
    assert.equal(states.DeviceStatusList.DeviceStatus[0].DeviceName, name);

    const created = await request('CreateJob', {
      JobName: `job_${method}`, Type: 'CUSTOM_JOB', JobDocument: '{"cmd":"a+b&c=d"}',
      TargetConfig: JSON.stringify({ targetType: 'GROUP_ID', targetGroup: group.Data.GroupId }),
    });
    const job = await request('QueryJob', { JobId: created.JobId });
    assert.equal(job.Data.JobDocument, '{"cmd":"a+b&c=d"}');
    assert.equal(job.Data.TargetConfig.TargetGroup, group.Data.GroupId);
    await until(async () => (await statistics(tea, created.JobId)).total === 1, 'the task');
    const tasks = await until(async () => {
      const page = await request('ListTask', { JobId: created.JobId, Limit: 10 });
      return page.Data.data.length === 1 ? page.Data.data : undefined;
    }, 'the listed task');
    assert.equal(tasks[0].DeviceName, name);
    assert.equal((await request('CancelJob', { JobId: created.JobId })).Success, true);
    await until(async () => (await request('QueryJob', { JobId: created.JobId })).Data.Status === 'CANCELLED', 'CANCELLED');
  });

  test(`pop-core by ${method} throws what is refused`, async () => {
    const pop = popClient(server);
    await assert.rejects(pop.request('QueryJob', { JobId: 'nothing' }, { method }), { code: 'iot.job.NotExistedJob' });
    await assert.rejects(pop.request('QueryJob', {}, { method }), { code: 'MissingJobId' });
    await assert.rejects(pop.request('DoAJig', {}, { method }), { code: 'InvalidAction.NotFound' });
    const liar = popClient(server, { accessKeySecret: 'wrong' });
    await assert.rejects(liar.request('QueryJob', { JobId: 'x' }, { method }), (error) => {
      assert.equal(error.code, 'SignatureDoesNotMatch');
      assert.match(error.message, new RegExp(`server string to sign is:${method}&%2F&AccessKeyId%3D`));
      return true;
    });
    const stranger = popClient(server, { accessKeyId: 'nobody' });
    await assert.rejects(stranger.request('QueryJob', { JobId: 'x' }, { method }), { code: 'InvalidAccessKeyId.NotFound' });
  });
}

test('ten thousand names by pop-core, in the query and in the form', async () => {
  const tea = teaClient(server);
  const pop = popClient(server);
  for (const method of ['GET', 'POST']) {
    const productKey = await createLampProduct(tea);
    const names = Array.from({ length: 10_000 }, (_, i) => `name-of-a-device-${method}-${i}`);
    const body = await pop.request('BatchCheckDeviceNames', { ProductKey: productKey, DeviceName: names }, { method, timeout: 30_000 });
    assert.equal(body.Success, true);
    assert.ok(body.Data.ApplyId);
  }
});
