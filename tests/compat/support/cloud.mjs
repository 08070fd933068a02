// The vendor's application SDKs, set up for a Rollcall server, and the calls that most tests begin with.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import { until } from './wait.mjs';

const require = createRequire(import.meta.url);
export const iot = require('@alicloud/iot20180120');
const { Config } = require('@alicloud/openapi-client');
const { RuntimeOptions } = require('@alicloud/tea-util');
const PopCore = require('@alicloud/pop-core');

/// A Tea client; signs with V3 unless `overrides` say otherwise.
export function teaClient(server, overrides = {}) {
  return new iot.default(new Config({
    accessKeyId: server.accessKeyId,
    accessKeySecret: server.accessKeySecret,
    endpoint: server.http,
    protocol: 'http',
    ...overrides,
  }));
}

export function patientRuntime() {
  return new RuntimeOptions({ readTimeout: 30_000, connectTimeout: 30_000 });
}

export function popClient(server, overrides = {}) {
  return new PopCore({
    accessKeyId: server.accessKeyId,
    accessKeySecret: server.accessKeySecret,
    endpoint: `http://${server.http}`,
    apiVersion: '2018-01-20',
    ...overrides,
  });
}

/// Calls an action of the Tea client and insists on business success: `call(client, 'createJob', {...})`.
export async function call(client, action, parameters = {}) {
  const body = await callAnyway(client, action, parameters);
  assert.equal(body.success, true, `${action}: ${body.code} ${body.errorMessage}`);
  assert.match(body.requestId, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  assert.ok(!body.code, `${action} succeeded with Code ${body.code}`);
  return body;
}

/// The same without judging the answer; gateway failures still throw, as the SDK does.
export async function callAnyway(client, action, parameters = {}) {
  const Request = iot[`${action[0].toUpperCase()}${action.slice(1)}Request`];
  const response = await client[action](new Request(parameters));
  return response.body;
}

/// Insists that the gateway refuses: what the SDK throws carries Code and HTTP status.
export async function refusedByGateway(promise, code, statusCode) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.message);
    if (statusCode !== undefined) assert.equal(error.statusCode, statusCode);
    return true;
  });
}

/// Insists that the product refuses: HTTP 200, Success false, this Code, and a message that says something.
export async function refused(client, action, parameters, code, message = /./) {
  const body = await callAnyway(client, action, parameters);
  assert.equal(body.success, false, `${action} was not refused`);
  assert.equal(body.code, code, body.errorMessage);
  assert.match(body.errorMessage, message);
  return body;
}

/// A lamp that can be set, rebooted and asked, as a thing model.
export const lampModel = {
  schema: 'https://example.com/schema.json',
  profile: { productKey: 'lamp' },
  properties: [
    property('power', 'Power', { type: 'bool', specs: { 0: 'off', 1: 'on' } }),
    property('brightness', 'Brightness', { type: 'int', specs: { min: '0', max: '100', step: '1' } }),
    property('warmth', 'Warmth', { type: 'double', specs: { min: '0', max: '10', step: '0.1' } }),
    property('serial', 'Serial', { type: 'text', specs: { length: '64' } }, 'r'),
  ],
  events: [],
  services: [
    service('reboot', 'async', [{ identifier: 'delay', name: 'Delay', dataType: { type: 'int', specs: { min: '0', max: '60', step: '1' } } }],
      [{ identifier: 'uptime', name: 'Uptime', dataType: { type: 'int', specs: { min: '0', max: '100000', step: '1' } } }]),
    service('blink', 'sync', [], []),
  ],
};

function property(identifier, name, dataType, accessMode = 'rw') {
  return { identifier, name, accessMode, required: false, dataType };
}

function service(identifier, callType, inputData, outputData) {
  return { identifier, name: identifier, required: false, callType, method: `thing.service.${identifier}`, inputData, outputData };
}

let products = 0;

/// A product with the published thing model of the lamp; returns its key.
export async function createLampProduct(client) {
  const { productKey } = await call(client, 'createProduct', {
    productName: `lamp_${products++}`, nodeType: 0, dataFormat: 1, aliyunCommodityCode: 'iothub_senior',
  });
  await call(client, 'importThingModelTsl', { productKey, tslStr: JSON.stringify(lampModel) });
  await call(client, 'publishThingModel', { productKey });
  return productKey;
}

/// Registers one device; returns its identity as the device SDKs want it.
export async function registerDevice(client, productKey, deviceName) {
  const { data } = await call(client, 'registerDevice', { productKey, deviceName });
  return { productKey, deviceName: data.deviceName, deviceSecret: data.deviceSecret, iotId: data.iotId };
}

/// Creates a job for the given devices (or with a targetConfig of its own) and returns its JobId.
export async function createJob(client, devices, parameters) {
  const body = await call(client, 'createJob', { jobName: 'compat_job', targetConfig: deviceList(devices), ...parameters });
  assert.equal(typeof body.jobId, 'string');
  assert.ok(body.jobId.length > 0);
  return body.jobId;
}

export function deviceList(devices) {
  return {
    targetType: 'DEVICE_LIST',
    targetDevices: devices.map(({ productKey, deviceName }) => ({ productKey, deviceName })),
  };
}

export async function jobStatus(client, jobId) {
  return (await call(client, 'queryJob', { jobId })).data.status;
}

export async function statistics(client, jobId) {
  return (await call(client, 'queryJobStatistics', { jobId })).data;
}

export async function untilJob(client, jobId, status, deadlineMs) {
  let seen;
  try {
    await until(async () => (seen = await jobStatus(client, jobId)) === status, `job ${status}`, deadlineMs);
  } catch (error) {
    const counts = JSON.stringify(await statistics(client, jobId));
    throw new Error(`${error.message}; it is ${seen}, its tasks ${counts}`);
  }
}

/// The only task of a job, with everything that QueryTask tells.
export async function onlyTask(client, jobId) {
  const { data } = await call(client, 'listTask', { jobId, limit: 10 });
  assert.equal(data.data.length, 1);
  return (await call(client, 'queryTask', { taskId: data.data[0].taskId })).data;
}

export async function untilOnlyTask(client, jobId, status) {
  let task;
  await until(async () => (task = await onlyTask(client, jobId)).status === status, `task ${status}`);
  return task;
}
