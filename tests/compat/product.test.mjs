// Products and thing models beyond their making, through the typed SDK.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { call, createLampProduct, refused, registerDevice, teaClient } from './support/cloud.mjs';
import { Server } from './support/server.mjs';

let server;
let client;
before(async () => { server = await Server.start(); client = teaClient(server); });
after(async () => { await server?.stop(); });

const flag = {
  identifier: 'flag', name: 'Flag', rwFlag: 'READ_WRITE', dataType: 'BOOL', required: false, custom: true,
  dataSpecsList: [{ dataType: 'BOOL', name: 'off', value: 0 }, { dataType: 'BOOL', name: 'on', value: 1 }],
};

test('a product is renamed, released, taken back and deleted', async () => {
  const productKey = await createLampProduct(client);
  await call(client, 'updateProduct', { productKey, productName: 'renamed', description: 'said' });
  await call(client, 'releaseProduct', { productKey });
  let { data } = await call(client, 'queryProduct', { productKey });
  assert.equal(data.productName, 'renamed');
  assert.equal(data.description, 'said');
  assert.equal(data.productStatus, 'RELEASE_STATUS');
  assert.equal(data.netType, 3);
  await refused(client, 'deleteProduct', { productKey }, 'iot.prod.InvalidProductStatus');
  await refused(client, 'createThingModel', { productKey, thingModelJson: '{}' }, 'iot.prod.InvalidProductStatus');
  await call(client, 'cancelReleaseProduct', { productKey });
  ({ data } = await call(client, 'queryProduct', { productKey }));
  assert.equal(data.productStatus, 'DEVELOPMENT_STATUS');
  const device = await registerDevice(client, productKey, 'lamp-1');
  const reset = await call(client, 'resetThing', { iotId: device.iotId });
  assert.ok(!reset.jobId);
  await refused(client, 'resetThing', { productKey, deviceName: 'nobody' }, 'iot.device.NotExistedDevice');
  await refused(client, 'deleteProduct', { productKey }, 'iot.prod.ProductHasDevices');
  await call(client, 'deleteDevice', { productKey, deviceName: 'lamp-1' });
  await call(client, 'deleteProduct', { productKey });
  await refused(client, 'queryProduct', { productKey }, 'iot.prod.NotExistedProduct');
});

test('features are added, changed and removed in a draft that is published', async () => {
  const productKey = await createLampProduct(client);
  await call(client, 'createThingModel', { productKey, thingModelJson: JSON.stringify({ properties: [flag] }) });
  await call(client, 'createThingModel', {
    productKey, functionBlockId: 'zone', functionBlockName: 'Zone one', thingModelJson: JSON.stringify({ properties: [flag] }),
  });
  const draft = await call(client, 'queryThingModel', { productKey });
  assert.equal(draft.productKey, productKey);
  const model = JSON.parse(draft.data.thingModelJson);
  const found = model.properties.find((one) => one.identifier === 'flag');
  assert.equal(found.rwFlag, 'READ_WRITE');
  assert.deepEqual(found.dataSpecsList.map((one) => one.value), [0, 1]);
  assert.equal(model.functionBlocks[0].functionBlockId, 'zone');
  const zone = JSON.parse((await call(client, 'getThingModelTsl', { productKey, functionBlockId: 'zone' })).data.tslStr);
  assert.deepEqual(zone.properties.map((one) => one.identifier), ['flag']);

  const published = JSON.parse((await call(client, 'queryThingModelPublished', { productKey })).data.thingModelJson);
  assert.ok(!published.properties.some((one) => one.identifier === 'flag'));
  await call(client, 'updateThingModel', {
    productKey, identifier: 'flag', thingModelJson: JSON.stringify({ properties: [{ ...flag, name: 'Banner' }] }),
  });
  await call(client, 'deleteThingModel', { productKey, propertyIdentifier: ['warmth'], serviceIdentifier: ['blink'] });
  await call(client, 'publishThingModel', { productKey, modelVersion: '2.0', description: 'second' });
  const second = JSON.parse((await call(client, 'queryThingModelPublished', { productKey, modelVersion: '2.0' })).data.thingModelJson);
  assert.deepEqual(second._ppk, { description: 'second', version: '2.0' });
  assert.equal(second.properties.find((one) => one.identifier === 'flag').name, 'Banner');
  assert.ok(!second.properties.some((one) => one.identifier === 'warmth'));
  const simple = (await call(client, 'getThingModelTslPublished', { productKey, simple: true })).data.tslStr;
  assert.ok(!simple.includes('Banner'));
  await refused(client, 'getThingModelTslPublished', { productKey, modelVersion: '9' }, 'iot.tsl.NotExistedThingModel');
  await refused(client, 'deleteThingModel', { productKey, eventIdentifier: ['nothing'] }, 'iot.tsl.NotExistedThingModel');
});
