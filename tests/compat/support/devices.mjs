// Devices made of the vendor's two Node device SDKs. Both hand every message to the generic `message` event, which is
// where job notifications surface; what the SDK answers by itself, and what the application must, is stated per test.
import { createRequire } from 'node:module';

import { until, within } from './wait.mjs';

const require = createRequire(import.meta.url);
const sdks = { current: require('alibabacloud-iot-device-sdk'), old: require('aliyun-iot-device-sdk') };

export class Device {
  /// `sdk` is 'current' (alibabacloud-iot-device-sdk) or 'old' (aliyun-iot-device-sdk).
  constructor(server, identity, sdk = 'current', options = {}) {
    this.identity = identity;
    this.messages = [];
    this.errors = [];
    this.handlers = [];
    this.sdk = sdks[sdk].device({
      productKey: identity.productKey,
      deviceName: identity.deviceName,
      deviceSecret: identity.deviceSecret,
      brokerUrl: `mqtt://${server.mqtt}/`,
      ...options,
    });
    this.sdk.on('error', ([error]) => this.errors.push(error));
    this.sdk.on('message', (topic, payload) => {
      const message = { topic, text: payload.toString() };
      this.messages.push(message);
      for (const handler of this.handlers) handler(message);
    });
  }

  static async connect(server, identity, sdk, options) {
    const device = new Device(server, identity, sdk, options);
    await device.connected();
    return device;
  }

  connected() {
    return until(() => {
      if (this.errors.length > 0) throw this.errors[0];
      return this.sdk.connected;
    }, `the connection of ${this.identity.deviceName}`);
  }

  /// `/sys/{pk}/{dn}/` + suffix.
  sys(suffix) { return `/sys/${this.identity.productKey}/${this.identity.deviceName}/${suffix}`; }
  user(suffix) { return `/${this.identity.productKey}/${this.identity.deviceName}/user/${suffix}`; }

  subscribe(topic, qos = 1) {
    return within(new Promise((resolve, reject) => {
      this.sdk.subscribe(topic, { qos }, (error, granted) => (error ? reject(error) : resolve(granted)));
    }), 10_000, `SUBACK of ${topic}`);
  }

  publish(topic, message, qos = 1) {
    const payload = typeof message === 'string' ? message : JSON.stringify(message);
    return within(new Promise((resolve, reject) => {
      this.sdk.publish(topic, payload, { qos }, (error) => (error ? reject(error) : resolve()));
    }), 10_000, `PUBACK of ${topic}`);
  }

  onMessage(topic, handler) {
    this.handlers.push((message) => {
      if (message.topic === topic) handler(JSON.parse(message.text));
    });
  }

  received(topic) { return this.messages.filter((message) => message.topic === topic).map(({ text }) => text); }

  /// The first message on this topic that satisfies `wanted`, parsed.
  message(topic, wanted = () => true) {
    return until(() => this.received(topic).map((text) => JSON.parse(text)).find(wanted), `a message on ${topic}`);
  }

  /// Subscribes to the job topics. With an answer (a list of reports, sent in order) it works off every task by itself.
  async takeJobs(reports) {
    if (reports) {
      this.onMessage(this.sys('thing/job/notify'), ({ params }) => {
        if (params.task.status !== 'SENT') return;
        for (const report of reports) void this.report(params.task.taskId, report).catch((error) => this.errors.push(error));
      });
    }
    await this.subscribe(this.sys('thing/job/get_reply'));
    await this.subscribe(this.sys('thing/job/update_reply'));
    await this.subscribe(this.sys('thing/job/notify'));
  }

  /// Publishes one `thing/job/update`; `report` holds status and what goes with it.
  report(taskId, report, id = '123') {
    return this.publish(this.sys('thing/job/update'), { id, version: '1.0', params: { taskId, ...report } });
  }

  /// Answers every property set with this code, as an application on top of the SDK must.
  async answerPropertySets(code = 200) {
    const topic = this.sys('thing/service/property/set');
    this.onMessage(topic, ({ id }) => {
      void this.publish(this.sys('thing/service/property/set_reply'), { id, code, data: {} }, 0);
    });
    await this.subscribe(topic);
  }

  /// Answers every call of a service, from the generic message event.
  async answerService(identifier, reply) {
    this.onMessage(this.sys(`thing/service/${identifier}`), ({ id }) => {
      void this.publish(this.sys(`thing/service/${identifier}_reply`), { id, data: {}, ...reply }, 0);
    });
    await this.subscribe(this.sys(`thing/service/${identifier}`));
  }

  /// Closes the connection for good; again is the same as once.
  end() {
    this.ended ??= within(new Promise((resolve) => this.sdk.end(true, resolve)), 10_000, 'the end of a device');
    return this.ended;
  }
}

export const runAndSucceed = [{ status: 'IN_PROGRESS', progress: 50 }, { status: 'SUCCEEDED', progress: 100 }];
