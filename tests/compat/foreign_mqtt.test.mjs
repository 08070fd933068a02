// Other people's MQTT clients as devices: mosquitto_pub, mosquitto_sub and Eclipse Paho, in all versions that they speak.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { call, createJob, createLampProduct, registerDevice, teaClient, untilJob } from './support/cloud.mjs';
import { Server } from './support/server.mjs';
import { until, within } from './support/wait.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
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

const newDevice = () => registerDevice(client, productKey, `foreign-${number++}`);
const base64 = (text) => Buffer.from(text).toString('base64');
const host = () => server.mqtt.split(':')[0];
const port = () => server.mqtt.split(':')[1];

function login({ deviceName, deviceSecret }, extension = 'securemode=3') {
  const content = `clientIdxdeviceName${deviceName}productKey${productKey}`;
  return {
    clientId: `x|${extension},signmethod=hmacsha256|`, userName: `${deviceName}&${productKey}`,
    password: createHmac('sha256', deviceSecret).update(content).digest('hex'),
  };
}

/// A program whose output is read as it comes; `ended` is its exit code.
function run(t, program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const running = { text: '', ended: new Promise((resolve, reject) => { child.on('close', resolve); child.on('error', reject); }) };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { running.text += data; });
  running.ended.catch(() => {});
  t.after(() => child.kill('SIGKILL'));
  return running;
}

function mosquitto(t, program, version, identity, ...more) {
  const { clientId, userName, password } = login(identity);
  // Its lines come one by one only when asked for.
  return run(t, 'stdbuf', ['-oL', program, '-V', version, '-h', host(), '-p', port(), '-i', clientId, '-u', userName, '-P', password, ...more]);
}

for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
  test(`mosquitto_sub gets a message and mosquitto_pub reports a property, in ${version}`, async (t) => {
    const identity = await newDevice();
    const topic = `/${productKey}/${identity.deviceName}/user/get`;
    const listener = mosquitto(t, 'mosquitto_sub', version, identity, '-d', '-q', '1', '-C', '1', '-t', topic);
    await until(() => listener.text.includes('received SUBACK'), 'the subscription');
    await call(client, 'pub', { productKey, topicFullName: topic, messageContent: base64('hello from the cloud'), qos: 1 });
    assert.equal(await within(listener.ended, 20_000, 'the message'), 0, listener.text);
    assert.match(listener.text, /hello from the cloud/);

    const reporter = mosquitto(t, 'mosquitto_pub', version, identity, '-q', '1',
      '-t', `/sys/${productKey}/${identity.deviceName}/thing/event/property/post`, '-m', '{"id":"1","params":{"brightness":7}}');
    assert.equal(await within(reporter.ended, 20_000, 'the PUBACK'), 0, reporter.text);
    await until(async () => {
      const { data } = await call(client, 'queryDevicePropertyStatus', { iotId: identity.iotId });
      return data.list.propertyStatusInfo.some((one) => one.identifier === 'brightness' && one.value === '7');
    }, 'the property');
  });

  test(`mosquitto_sub with a wrong secret is refused in ${version}`, async (t) => {
    const identity = await newDevice();
    const listener = mosquitto(t, 'mosquitto_sub', version, { ...identity, deviceSecret: 'guessed' }, '-t', 'x');
    assert.notEqual(await within(listener.ended, 20_000, 'the refusal'), 0);
    assert.match(listener.text, /user ?name or password|not authori[sz]ed/i);
  });
}

for (const version of [4, 5]) {
  test(`Paho keeps its session over two connections, in version ${version}`, async (t) => {
    const identity = await newDevice();
    const system = `/sys/${productKey}/${identity.deviceName}/thing/job`;
    const user = `/${productKey}/${identity.deviceName}/user`;
    const paho = run(t, '/usr/bin/python3', [path.join(here, 'support/paho_dialogue.py'), JSON.stringify({
      host: host(), port: Number(port()), version, ...login(identity), await_messages: 2,
      subscribe: [`${user}/get`, `${system}/notify`, `/${productKey}/somebody-else/user/get`],
      publish: [[`${user}/update`, 'hello']],
    })]);
    await until(() => paho.text.includes('"ready"'), 'the second connection').catch((error) => { throw new Error(`${error.message}: ${paho.text}`); });
    await call(client, 'pub', { productKey, topicFullName: `${user}/get`, messageContent: base64('kept'), qos: 1 });
    const jobId = await createJob(client, [identity], { type: 'CUSTOM_JOB', jobDocument: '{"n":1}' });
    assert.equal(await within(paho.ended, 30_000, 'both messages'), 0, paho.text);
    const seen = JSON.parse(paho.text.trim().split('\n').at(-1));
    assert.deepEqual(seen.connected, [0, 0]);
    assert.deepEqual(seen.session, [0, 1]);
    assert.deepEqual(seen.granted, [1, 1, version === 5 ? 0x87 : 0x80]);
    assert.equal(seen.published, 1);
    const topics = seen.messages.map(([topic]) => topic).sort();
    assert.deepEqual(topics, [`${user}/get`, `${system}/notify`].sort());
    await call(client, 'cancelJob', { jobId });
    await untilJob(client, jobId, 'CANCELLED');
  });
}
