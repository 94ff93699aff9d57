import { board } from '@iot/app-kit/testing';
import { News } from '@iot/vitest-config/news';
import { connectAsync } from 'mqtt';
import { expect, it, onTestFinished } from 'vitest';
import { HomeAssistant } from '../src/home-assistant.js';
import { startGateway, type HomeAssistantOptions } from '../src/index.js';
import { topicTemplates } from '../src/options.js';
import { hasMosquitto, mosquitto } from './brokers.js';

const MAPPING: HomeAssistantOptions = {
  boards: {
    cellar: {
      name: 'Cellar ({id})',
      manufacturer: 'Espressif',
      model: 'ESP32',
      entities: {
        temperature: {
          platform: 'sensor',
          name: 'Temperature',
          field: 'temperature',
          unit: '°C',
          deviceClass: 'temperature',
          stateClass: 'measurement',
        },
        door: { platform: 'binary_sensor', field: 'door', deviceClass: 'door', on: 'open', off: 'closed' },
        pump: {
          platform: 'switch',
          field: 'pump',
          on: 'running',
          off: 'stopped',
          turnOn: 'pump on',
          turnOff: 'pump off',
        },
        level: {
          platform: 'number',
          field: 'level',
          min: 0,
          max: 10,
          step: 0.5,
          unit: 'm',
          category: 'config',
          set: 'level {value}',
        },
        restart: { platform: 'button', icon: 'mdi:restart', press: 'restart' },
      },
    },
    '*': { entities: { line: { platform: 'sensor' } } },
  },
};

const discovery = new HomeAssistant(MAPPING, topicTemplates({}), 'iot-gateway/hall/status');
const AVAILABLE = "{{ 'online' if value_json.online else 'offline' }}";

it('the payload of a board has the keys that Home Assistant documents for a device and its components', () => {
  const down = { command_topic: 'iot/cellar/down', qos: 1 };
  expect(JSON.parse(discovery.payload('cellar')!)).toEqual({
    device: {
      identifiers: ['iot_cellar'],
      name: 'Cellar (cellar)',
      manufacturer: 'Espressif',
      model: 'ESP32',
    },
    origin: { name: 'iot-mqtt' },
    availability: [
      { topic: 'iot/cellar/status', value_template: AVAILABLE },
      { topic: 'iot-gateway/hall/status', value_template: AVAILABLE },
    ],
    availability_mode: 'all',
    components: {
      temperature: {
        platform: 'sensor',
        unique_id: 'iot_cellar_temperature',
        name: 'Temperature',
        device_class: 'temperature',
        state_topic: 'iot/cellar/up/temperature',
        unit_of_measurement: '°C',
        state_class: 'measurement',
      },
      door: {
        platform: 'binary_sensor',
        unique_id: 'iot_cellar_door',
        name: 'door',
        device_class: 'door',
        state_topic: 'iot/cellar/up/door',
        payload_on: 'open',
        payload_off: 'closed',
      },
      pump: {
        platform: 'switch',
        unique_id: 'iot_cellar_pump',
        name: 'pump',
        state_topic: 'iot/cellar/up/pump',
        ...down,
        state_on: 'running',
        state_off: 'stopped',
        payload_on: 'pump on',
        payload_off: 'pump off',
      },
      level: {
        platform: 'number',
        unique_id: 'iot_cellar_level',
        name: 'level',
        entity_category: 'config',
        state_topic: 'iot/cellar/up/level',
        ...down,
        unit_of_measurement: 'm',
        min: 0,
        max: 10,
        step: 0.5,
        command_template: 'level {{ value }}',
      },
      restart: {
        platform: 'button',
        unique_id: 'iot_cellar_restart',
        name: 'restart',
        icon: 'mdi:restart',
        ...down,
        payload_press: 'restart',
      },
    },
  });
});

it('the mapping of * is that of every other board, whose id is escaped in topics and in ids of Home Assistant', () => {
  expect(discovery.configTopic('a/b_c')).toBe('homeassistant/device/a_2Fb__c/config');
  expect(JSON.parse(discovery.payload('a/b_c')!)).toMatchObject({
    device: { identifiers: ['iot_a_2Fb__c'], name: 'a/b_c' },
    components: { line: { unique_id: 'iot_a_2Fb__c_line', state_topic: 'iot/a%2Fb_c/up' } },
  });
});

it('a board without a mapping is not shown', () => {
  const { cellar } = MAPPING.boards;
  const only = new HomeAssistant({ boards: { cellar: cellar! } }, topicTemplates({}), 'gate');
  expect(only.payload('toString')).toBeUndefined();
  expect(only.payload('1')).toBeUndefined();
});

it('a mapping that cannot work is refused, with its key', async () => {
  const boards = { '*': { entities: { t: { platform: 'light' } } } };
  await expect(startGateway({ homeAssistant: { boards } as never })).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
    message:
      'homeAssistant.boards.*.entities.t.platform must be one of sensor, binary_sensor, switch, number, button',
  });
});

it.runIf(hasMosquitto)(
  'a device comes with its board, again when Home Assistant starts, and goes when the board is forgotten',
  async () => {
    const broker = await mosquitto.make();
    await broker.start();
    const news = new News();
    const said: { topic: string; text: string }[] = [];
    const home = await connectAsync(broker.url, { protocolVersion: 5 });
    onTestFinished(() => home.endAsync(true));
    home.on('message', (topic, payload) => {
      said.push({ topic, text: payload.toString() });
      news.tell();
    });
    await home.subscribeAsync(['homeassistant/device/+/config', 'iot/+/up/#'], { qos: 1 });
    let subscribed = false;
    await using gateway = await startGateway({
      server: { host: '127.0.0.1', port: 0, timeout: 60_000 },
      broker: { url: broker.url },
      homeAssistant: MAPPING,
      report: (event) => {
        if (event.type !== 'subscribed' || event.id !== undefined) return;
        subscribed = true;
        news.tell();
      },
    });
    const client = board('cellar', gateway.server.address.port);
    await client.write('{"temperature":21.5}');
    const configs = () => said.filter(({ topic }) => topic === 'homeassistant/device/cellar/config');
    await news.until(() => configs().length === 1);
    expect(JSON.parse(configs()[0]!.text)).toMatchObject({ device: { name: 'Cellar (cellar)' } });
    await news.until(() =>
      said.some(({ topic, text }) => topic === 'iot/cellar/up/temperature' && text === '21.5'),
    );

    await news.until(() => subscribed);
    await home.publishAsync('homeassistant/status', 'online', { qos: 1 });
    await news.until(() => configs().length === 2);
    expect(configs()[1]).toEqual(configs()[0]);

    await home.publishAsync('iot/cellar/down', 'level 3', { qos: 1 }); // as the payload says
    expect(await client.readline()).toBe('level 3');

    await gateway.server.forget('cellar');
    await news.until(() => configs().length === 3);
    expect(configs()[2]!.text).toBe('');
  },
);
