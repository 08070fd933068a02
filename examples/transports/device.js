// A device made of the vendor's Node SDK, unmodified: it connects to the given URL (mqtt://, mqtts://, ws:// or wss://),
// works off one job and ends. Run: node device.js URL PRODUCT_KEY DEVICE_NAME DEVICE_SECRET
// The SDK trusts what Node trusts: NODE_EXTRA_CA_CERTS names the certificate of a server that has its own.
'use strict';

const { device } = require('alibabacloud-iot-device-sdk');

const [brokerUrl, productKey, deviceName, deviceSecret] = process.argv.slice(2);
const say = (text) => console.log(`${deviceName}: ${text}`);
const topic = (suffix) => `/sys/${productKey}/${deviceName}/thing/job/${suffix}`;

const lamp = device({ brokerUrl, productKey, deviceName, deviceSecret });

function report(taskId, status, progress, then = () => {}) {
  const message = { id: String(progress), version: '1.0', params: { taskId, status, progress } };
  lamp.publish(topic('update'), JSON.stringify(message), { qos: 1 }, (error) => {
    if (error) throw error;
    say(`${status} ${progress} %`);
    then();
  });
}

lamp.on('connect', () => {
  say(`connected over ${new URL(brokerUrl).protocol.replace(':', '')}`);
  lamp.subscribe(topic('update_reply'), { qos: 1 });
  lamp.subscribe(topic('notify'), { qos: 1 });
});
lamp.on('error', (error) => {
  console.error(`${deviceName}: ${error}`);
  process.exit(1);
});
lamp.on('message', (from, payload) => {
  if (from !== topic('notify')) return;
  const { task } = JSON.parse(payload.toString()).params;
  if (task.status !== 'SENT') return;
  say(`has the job ${JSON.stringify(task.jobDocument)}`);
  report(task.taskId, 'IN_PROGRESS', 50, () => {
    report(task.taskId, 'SUCCEEDED', 100, () => lamp.end(false, () => process.exit(0)));
  });
});
