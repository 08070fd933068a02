// Lists of devices and groups, registrations in bulk, tags and topic classes, as an application sees them through the
// vendor's typed SDK.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { call, popClient, refused, refusedByGateway, registerDevice, teaClient } from './support/cloud.mjs';
import { Device } from './support/devices.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/wait.mjs';

let server;
let client;

before(async () => {
  server = await Server.start();
  client = teaClient(server);
});
after(() => server?.stop());

let products = 0;
async function product() {
  return (await call(client, 'createProduct', { productName: `lists_${products++}`, nodeType: 0 })).productKey;
}

async function registered(productKey, applyId) {
  let report;
  await until(async () => {
    report = (await call(client, 'queryBatchRegisterDeviceStatus', { productKey, applyId })).data;
    return report.status !== 'CREATE';
  }, 'the end of the registration');
  return report;
}

test('many devices are registered with names of the server, and listed page by page, newest first', async () => {
  const productKey = await product();
  const { data } = await call(client, 'batchRegisterDevice', { productKey, count: 25 });
  assert.equal(typeof data.applyId, 'number');
  const report = await registered(productKey, data.applyId);
  assert.equal(report.status, 'CREATE_SUCCESS');
  assert.deepEqual(report.validList.name, []);
  assert.deepEqual(report.invalidList.name, []);
  const made = await call(client, 'queryPageByApplyId', { applyId: data.applyId, pageSize: 50, currentPage: 1 });
  assert.equal(made.total, 25);

  const first = await call(client, 'queryDevice', { productKey, pageSize: 10, currentPage: 1 });
  assert.equal(first.page, 1);
  assert.equal(first.pageCount, 3);
  assert.equal(first.pageSize, 10);
  assert.equal(first.total, 25);
  const { deviceInfo } = first.data;
  assert.equal(deviceInfo.length, 10);
  assert.equal(deviceInfo[0].productKey, productKey);
  assert.equal(deviceInfo[0].deviceStatus, 'UNACTIVE');
  assert.match(deviceInfo[0].utcCreate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(deviceInfo[0].gmtCreate, /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d GMT$/);
  const day = new Date(deviceInfo[0].utcCreate).toUTCString();  // "Wed, 20 Feb 2019 02:16:09 GMT"
  assert.equal(deviceInfo[0].gmtCreate, day.replace(/(\d\d) (\w{3}) (\d{4})/, '$1-$2-$3'));

  const names = [];
  for (let token = ''; ;) {
    const page = await call(client, 'queryDevice', { productKey, pageSize: 10, nextToken: token || undefined });
    names.push(...page.data.deviceInfo.map(({ deviceName }) => deviceName));
    token = page.nextToken;
    if (!token) break;
  }
  const second = await call(client, 'queryDevice', { productKey, pageSize: 10, currentPage: 2 });
  assert.equal(new Set(names).size, 25);
  assert.deepEqual(names.slice(10, 20), second.data.deviceInfo.map(({ deviceName }) => deviceName));

  await refused(client, 'queryDevice', { productKey, pageSize: 51 }, 'iot.common.InvalidPageParams');
  await refused(client, 'queryDevice', { productKey, pageSize: 50, currentPage: 201 }, 'iot.common.InvalidPageParams', /NextToken/);
  await refused(client, 'queryDevice', { productKey, nextToken: 'x' }, 'iot.job.InvalidNextToken');
  await refused(client, 'queryDevice', { productKey: 'nobodys' }, 'iot.prod.NotExistedProduct');
  await refused(client, 'batchRegisterDevice', { productKey, count: 10001 }, 'iot.common.InvalidFormattedParameter', /Count/);
});

test('devices are found by their status, and counted', async () => {
  const productKey = await product();
  const identities = [];
  for (const name of ['lamp-1', 'lamp-2', 'lamp-3', 'lamp-4']) identities.push(await registerDevice(client, productKey, name));
  const online = await Device.connect(server, identities[0]);
  const gone = await Device.connect(server, identities[1]);
  await gone.end();
  await call(client, 'disableThing', { productKey, deviceName: 'lamp-4' });
  const names = async (status) => {
    const body = await call(client, 'queryDeviceByStatus', { productKey, status, pageSize: 10, currentPage: 1 });
    const found = body.data.simpleDeviceInfo.map(({ deviceName }) => deviceName);
    assert.equal(body.total, found.length);
    return found;
  };
  try {
    await until(async () => (await names(3)).length === 1 && (await names(1)).length === 1, 'the statuses');
    assert.deepEqual(await names(1), ['lamp-1']);
    assert.deepEqual(await names(3), ['lamp-2']);
    assert.deepEqual(await names(0), ['lamp-3']);
    assert.deepEqual(await names(8), ['lamp-4']);
    const { data } = await call(client, 'queryDeviceStatistics', { productKey });
    assert.deepEqual({ ...data }, { activeCount: 2, deviceCount: 4, onlineCount: 1 });
    assert.ok((await call(client, 'queryDeviceStatistics')).data.deviceCount >= 4);
    const { data: { groupId } } = await call(client, 'createDeviceGroup', { groupName: 'by_status' });
    await call(client, 'batchAddDeviceGroupRelations', {
      groupId, device: identities.slice(0, 3).map(({ deviceName }) => ({ productKey, deviceName })),
    });
    const info = (await call(client, 'queryDeviceGroupInfo', { groupId })).data;
    assert.equal(info.deviceCount, 3);
    assert.equal(info.deviceActive, 2);
    assert.equal(info.deviceOnline, 1);
    assert.deepEqual({ ...(await call(client, 'queryDeviceStatistics', { groupId })).data },
      { activeCount: 2, deviceCount: 3, onlineCount: 1 });
  } finally {
    await online.end();
  }
  await refused(client, 'queryDeviceByStatus', { productKey, status: 2 }, 'iot.common.InvalidFormattedParameter', /Status/);
});

test('details of several devices, and their nicknames', async () => {
  const productKey = await product();
  const lamp = await registerDevice(client, productKey, 'lamp-1');
  await registerDevice(client, productKey, 'lamp-2');
  await call(client, 'batchUpdateDeviceNickname', {
    deviceNicknameInfo: [{ iotId: lamp.iotId, nickname: 'hall_lamp' }, { productKey, deviceName: 'lamp-2', nickname: '客厅灯' }],
  });
  const { data } = await call(client, 'batchQueryDeviceDetail', { productKey, deviceName: ['lamp-1', 'lamp-2', 'ghost'] });
  assert.equal(data.data.length, 2);
  const [first, second] = data.data;
  assert.equal(first.deviceSecret, lamp.deviceSecret);
  assert.equal(first.nickname, 'hall_lamp');
  assert.equal(first.nodeType, 0);
  assert.equal(first.status, 'UNACTIVE');
  assert.equal(second.nickname, '客厅灯');
  // Without a nickname it loses the one it has; nothing of a refused call is kept.
  await refused(client, 'batchUpdateDeviceNickname',
    { deviceNicknameInfo: [{ iotId: lamp.iotId }, { productKey, deviceName: 'ghost', nickname: 'nobody' }] },
    'iot.device.NotExistedDevice', /ghost/);
  assert.equal((await call(client, 'queryDeviceDetail', { iotId: lamp.iotId })).data.nickname, 'hall_lamp');
  await call(client, 'batchUpdateDeviceNickname', { deviceNicknameInfo: [{ iotId: lamp.iotId }] });
  assert.equal((await call(client, 'queryDeviceDetail', { iotId: lamp.iotId })).data.nickname, '');
  await refused(client, 'batchQueryDeviceDetail', { productKey: 'nobodys', deviceName: ['lamp-1'] }, 'iot.prod.NotExistedProduct');
});

test('devices are imported with secrets of their own, and connect with them', async () => {
  const productKey = await product();
  const { data } = await call(client, 'importDevice',
    { productKey, deviceName: 'mover', deviceSecret: 'old.secret', nickname: 'from_afar', sn: 'SN_1' });
  assert.equal(data.deviceSecret, 'old.secret');
  assert.equal(data.sn, 'SN_1');
  assert.equal(data.nickname, 'from_afar');
  const device = await Device.connect(server, { productKey, deviceName: 'mover', deviceSecret: 'old.secret' });
  await device.end();
  await refused(client, 'importDevice', { productKey, deviceName: 'mover', deviceSecret: 'x' }, 'iot.device.AlreadyExistedDeviceName');

  const bad = await refused(client, 'batchImportDevice', {
    productKey, deviceList: [{ deviceName: 'mover', deviceSecret: '^', sn: '-' }, { deviceName: 'newer', deviceSecret: 'a' },
      { deviceName: 'newer', deviceSecret: 'b' }],
  }, 'iot.device.InvalidFormattedDeviceName');
  assert.deepEqual(bad.data.invalidDeviceNameList.invalidDeviceName, ['mover']);
  assert.deepEqual(bad.data.invalidDeviceSecretList.invalidDeviceSecret, ['^']);
  assert.deepEqual(bad.data.invalidSnList.invalidSn, ['-']);
  assert.deepEqual(bad.data.repeatedDeviceNameList.repeatedDeviceName, ['newer']);
  const taken = await call(client, 'batchImportDevice', {
    productKey, deviceList: [{ deviceName: 'mover-2', deviceSecret: 'secret-2', sn: 'SN_2' }, { deviceName: 'mover-3', deviceSecret: 'secret-3' }],
  });
  assert.equal((await registered(productKey, taken.data.applyId)).status, 'CREATE_SUCCESS');
  assert.equal((await call(client, 'queryDeviceDetail', { productKey, deviceName: 'mover-3' })).data.deviceSecret, 'secret-3');
});

test('groups are listed, described, emptied and deleted', async () => {
  const productKey = await product();
  for (const name of ['lamp-1', 'lamp-2', 'lamp-3']) await registerDevice(client, productKey, name);
  const { data: parent } = await call(client, 'createDeviceGroup', { groupName: 'house', groupDesc: 'all of it' });
  const { data: floor } = await call(client, 'createDeviceGroup', { groupName: 'floor', superGroupId: parent.groupId });
  const device = ['lamp-1', 'lamp-2', 'lamp-3'].map((deviceName) => ({ productKey, deviceName }));
  await call(client, 'batchAddDeviceGroupRelations', { groupId: floor.groupId, device });

  const below = await call(client, 'queryDeviceGroupList', { superGroupId: parent.groupId });
  assert.equal(below.total, 1);
  assert.equal(below.currentPage, 1);
  assert.deepEqual(below.data.groupInfo.map(({ groupId, groupName, groupType }) => ({ groupId, groupName, groupType })),
    [{ groupId: floor.groupId, groupName: 'floor', groupType: 'LINK_PLATFORM' }]);
  const byName = await call(client, 'queryDeviceGroupList', { groupName: 'house', groupTypes: ['LINK_PLATFORM'] });
  assert.equal(byName.data.groupInfo[0].groupDesc, 'all of it');
  assert.equal((await call(client, 'queryDeviceGroupList', { groupTypes: ['LINK_PLATFORM_DYNAMIC'] })).total, 0);
  await call(client, 'updateDeviceGroup', { groupId: floor.groupId, groupDesc: 'ground floor' });
  assert.equal((await call(client, 'queryDeviceGroupInfo', { groupId: floor.groupId })).data.groupDesc, 'ground floor');

  const members = await call(client, 'queryDeviceListByDeviceGroup', { groupId: floor.groupId, pageSize: 2, currentPage: 2 });
  assert.equal(members.total, 3);
  assert.deepEqual(members.data.simpleDeviceInfo.map(({ deviceName }) => deviceName), ['lamp-3']);
  const removed = await call(client, 'batchDeleteDeviceGroupRelations',
    { groupId: floor.groupId, device: [...device.slice(0, 1), { productKey, deviceName: 'ghost' }] });
  assert.equal(removed.validDeviceCount, 1);
  assert.equal(removed.successDeviceCount, 1);
  assert.equal(removed.alreadyRelatedGroupDeviceCount, 1);
  const of = async (deviceName) => (await call(client, 'queryDeviceGroupByDevice', { productKey, deviceName }))
    .groupInfos.groupInfo.map(({ groupName }) => groupName);
  assert.deepEqual(await of('lamp-1'), []);
  assert.deepEqual(await of('lamp-2'), ['floor']);

  await refused(client, 'deleteDeviceGroup', { groupId: parent.groupId }, 'iot.group.GroupHasSubgroups');
  await call(client, 'deleteDeviceGroup', { groupId: floor.groupId });
  await call(client, 'deleteDeviceGroup', { groupId: parent.groupId });
  assert.deepEqual(await of('lamp-2'), []);
  await refused(client, 'queryDeviceGroupInfo', { groupId: floor.groupId }, 'iot.group.NotExistedGroup');
  await refused(client, 'deleteDeviceGroup', { groupId: floor.groupId }, 'iot.group.NotExistedGroup');
  await call(client, 'createDeviceGroup', { groupName: 'floor' });
});

test('devices carry tags and are found by them', async () => {
  const productKey = await product();
  const lamp = await registerDevice(client, productKey, 'lamp-1');
  await registerDevice(client, productKey, 'lamp-2');
  await call(client, 'saveDeviceProp', { iotId: lamp.iotId, props: '{"room":"101","color":"红色"}' });
  await call(client, 'saveDeviceProp', { productKey, deviceName: 'lamp-2', props: '{"room":"101"}' });
  assert.deepEqual(JSON.parse((await call(client, 'queryDeviceProp', { iotId: lamp.iotId })).props), { room: '101', color: '红色' });
  const find = async (tag) => {
    const body = await call(client, 'queryDeviceByTags', { tag, pageSize: 10, currentPage: 1 });
    assert.equal(body.total, body.data.simpleDeviceInfo.length);
    return body.data.simpleDeviceInfo.map(({ deviceName }) => deviceName);
  };
  assert.deepEqual(await find([{ tagKey: 'room', tagValue: '101' }]), ['lamp-2', 'lamp-1']);
  assert.deepEqual(await find([{ tagKey: 'room', tagValue: '101' }, { tagKey: 'color' }]), ['lamp-1']);
  await call(client, 'deleteDeviceProp', { iotId: lamp.iotId, propKey: 'room' });
  assert.deepEqual(await find([{ tagKey: 'room' }]), ['lamp-2']);
  await refused(client, 'saveDeviceProp', { iotId: lamp.iotId, props: '{"room":""}' }, 'iot.common.InvalidFormattedParameter');
  await refused(client, 'saveDeviceProp', { iotId: lamp.iotId, props: '[1]' }, 'iot.common.InvalidFormattedParameter');
  const many = (from) => JSON.stringify(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key${from + i}`, 'v'])));
  await call(client, 'saveDeviceProp', { iotId: lamp.iotId, props: many(0) });
  await refused(client, 'saveDeviceProp', { iotId: lamp.iotId, props: many(60) }, 'iot.device.TooManyTags');
  await refused(client, 'queryDeviceProp', { productKey, deviceName: 'ghost' }, 'iot.device.NotExistedDevice');
});

test('topic classes of a product', async () => {
  const productKey = await product();
  const topics = async () => (await call(client, 'queryProductTopic', { productKey })).data.productTopicInfo
    .map(({ topicShortName, operation }) => [topicShortName, operation]);
  const whole = (name) => `/${productKey}/\${deviceName}/user/${name}`;
  assert.deepEqual(await topics(), [[whole('get'), '1'], [whole('update'), '0'], [whole('update/error'), '0']]);
  const { topicId } = await call(client, 'createProductTopic',
    { productKey, topicShortName: 'submit/all', operation: 'ALL', desc: 'both ways' });
  assert.equal(typeof topicId, 'number');
  assert.deepEqual((await topics())[3], [whole('submit/all'), '2']);
  await call(client, 'updateProductTopic', { topicId: String(topicId), topicShortName: 'listen/+', operation: 'SUB' });
  assert.deepEqual((await topics())[3], [whole('listen/+'), '1']);
  await refused(client, 'createProductTopic', { productKey, topicShortName: 'get', operation: 'PUB' }, 'iot.prod.AlreadyExistedTopic');
  await refused(client, 'createProductTopic', { productKey, topicShortName: 'a/+', operation: 'PUB' }, 'iot.messagebroker.InvalidFormattedTopicName');
  await refused(client, 'createProductTopic', { productKey, topicShortName: 'a', operation: 'pub' }, 'iot.common.InvalidFormattedParameter', /Operation/);
  await call(client, 'deleteProductTopic', { topicId: String(topicId) });
  await refused(client, 'deleteProductTopic', { topicId: String(topicId) }, 'iot.prod.NotExistedTopic');
  assert.equal((await topics()).length, 3);
  for (let i = 3; i < 50; ++i) await call(client, 'createProductTopic', { productKey, topicShortName: `t${i}`, operation: 'PUB' });
  await refused(client, 'createProductTopic', { productKey, topicShortName: 't50', operation: 'PUB' }, 'iot.prod.TopicCountExceedMax');
});

test('the untyped client reads the same names', async () => {
  const pop = popClient(server);
  const { ProductKey } = await pop.request('CreateProduct', { ProductName: 'untyped_lists', NodeType: 0 }, { method: 'POST' });
  await pop.request('RegisterDevice', { ProductKey, DeviceName: 'lamp-1' }, { method: 'POST' });
  const body = await pop.request('QueryDevice', { ProductKey }, { method: 'POST' });
  assert.equal(body.Data.DeviceInfo[0].DeviceName, 'lamp-1');
  assert.equal(body.NextToken, '');
  const statistics = await pop.request('QueryDeviceStatistics', { ProductKey }, { method: 'POST' });
  assert.deepEqual({ ...statistics.Data }, { deviceCount: 1, activeCount: 0, onlineCount: 0 });
  await refused(client, 'queryDeviceByTags', { tag: [] }, 'iot.common.InvalidFormattedParameter', /Tag/);
  await refusedByGateway(call(client, 'queryDeviceGroupInfo'), 'MissingGroupId', 400);
});
