# A device by Eclipse Paho, in MQTT 3.1.1 or 5.0. Argument: a JSON object with host, port, version (4 or 5), clientId,
# userName, password, subscribe (topics), publish (pairs of topic and text) and await_messages. Logs in twice with a
# session that is kept; prints what it saw as one JSON object.
import json
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

want = json.loads(sys.argv[1])
five = want['version'] == 5
seen = {'connected': [], 'session': [], 'granted': [], 'messages': [], 'published': 0, 'disconnected': []}
step = threading.Semaphore(0)


def on_connect(_client, _user, flags, code, _properties=None):
    seen['connected'].append(code.value if five else code)
    seen['session'].append(flags['session present'])
    step.release()


def on_subscribe(_client, _user, _mid, granted, _properties=None):
    seen['granted'] += [one.value if five else one for one in granted]
    step.release()


def on_publish(_client, _user, _mid):
    seen['published'] += 1
    step.release()


def on_message(_client, _user, message):
    seen['messages'].append([message.topic, message.payload.decode(), message.qos])
    print(json.dumps({'message': message.topic}), flush=True)
    step.release()


def on_disconnect(_client, _user, code, _properties=None):
    seen['disconnected'].append(code.value if five and hasattr(code, 'value') else code)
    step.release()


def wait(what):
    if not step.acquire(timeout=20):
        sys.exit('gave up waiting for ' + what)


options = {} if five else {'clean_session': False}
client = mqtt.Client(want['clientId'], protocol=mqtt.MQTTv5 if five else mqtt.MQTTv311, **options)
client.username_pw_set(want['userName'], want['password'])
client.on_connect, client.on_subscribe, client.on_publish = on_connect, on_subscribe, on_publish
client.on_message, client.on_disconnect = on_message, on_disconnect


def connect():
    extra = {}
    if five:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        properties.ReceiveMaximum = 5
        extra = {'clean_start': False, 'properties': properties}
    client.connect(want['host'], want['port'], keepalive=60, **extra)
    client.loop_start()
    wait('CONNACK')


connect()
if seen['connected'] == [0]:
    for topic in want['subscribe']:
        client.subscribe(topic, 1)
        wait('SUBACK')
    for topic, text in want['publish']:
        client.publish(topic, text, qos=1)
        wait('PUBACK')
    client.disconnect()
    wait('the end')
    client.loop_stop()
    connect()
    print(json.dumps({'ready': True}), flush=True)
    for _ in range(want['await_messages']):
        wait('a message')
    client.disconnect()
    wait('the end')
client.loop_stop()
print(json.dumps(seen), flush=True)
