#!/usr/bin/env node
// Replaces nmcli 1.42 in tests: the commands that @iot/client uses, with the output, messages and exit codes recorded from
// the real one, on a machine with one WiFi device. It keeps its state in the folder it was copied to, and appends each
// call to calls.jsonl there: arguments, environment, and what can be read from /dev/stdin.
const fs = require('node:fs');
const path = require('node:path');

const folder = __dirname;
const stateFile = path.join(folder, 'state.json');
const args = process.argv.slice(2);

const readState = () => JSON.parse(fs.readFileSync(stateFile, 'utf8'));
function writeState(state) {
  fs.writeFileSync(`${stateFile}.${process.pid}`, JSON.stringify(state));
  fs.renameSync(`${stateFile}.${process.pid}`, stateFile);
}
function end(code, message) {
  if (message !== undefined) fs.writeSync(2, `Error: ${message}\n`);
  process.exit(code);
}
const say = (...lines) => fs.writeSync(1, lines.map((line) => `${line}\n`).join(''));
const escaped = (text) => text.replace(/[\\:]/g, '\\$&');

const state = readState();
const wantsFile = args.includes('passwd-file');
const stdin = wantsFile ? fs.readFileSync(args[args.indexOf('passwd-file') + 1], 'utf8') : '';
fs.appendFileSync(
  path.join(folder, 'calls.jsonl'),
  `${JSON.stringify({ pid: process.pid, args, env: process.env, stdin })}\n`,
);

if (state.hang !== undefined && args.join(' ').includes(state.hang)) setTimeout(() => undefined, 60_000);
else if (state.failure !== undefined && args.join(' ').includes(state.failure.of)) {
  end(state.failure.code, state.failure.message);
} else if (args[0] === 'monitor') monitor();
else if (!state.running) end(8, 'NetworkManager is not running.');
else if (args[0] === '--get-values') get(args[1].split(','), args.slice(2));
else change();

function find(kind, value) {
  const found = state.profiles.find((profile) => (kind === 'id' ? profile.name : profile.uuid) === value);
  if (found === undefined) end(10, `unknown connection '${value}'.`);
  return found;
}

/** Questions: one line a row, or one line a value. */
function get(fields, [object, verb, kind, value]) {
  const { device } = state;
  if (object === 'device' && verb === 'status') {
    if (device !== undefined) say(`p2p-dev-${device.name}:wifi-p2p`, `${device.name}:wifi`);
    say('lo:loopback');
  } else if (object === 'device' && verb === 'show') {
    if (kind !== device?.name) end(10, `Device '${kind}' not found.`);
    const names = { 30: 'disconnected', 50: 'connecting (configuring)', 100: 'connected' };
    say(`${device.state} (${names[device.state]})`, device.profile);
  } else if (value === undefined) {
    for (const profile of state.profiles) say(profile.type);
  } else {
    const profile = find(kind, value);
    for (const field of fields) if (profile[field] !== undefined) say(escaped(profile[field]));
  }
}

function change() {
  const [object, verb, kind, name, ...rest] = args;
  const command = `${object} ${verb}`;
  const { device } = state;
  if (command === 'connection add') {
    const given = pairs(args.slice(2));
    const { 'con-name': conName, ifname, type, ...settings } = given;
    const uuid = `uuid-${state.profiles.length}`;
    state.profiles.push({ name: conName, uuid, type: '802-11-wireless', ifname, ...settings });
  } else if (command === 'connection modify') {
    const profile = find(kind, name);
    if (rest[0] !== 'remove') Object.assign(profile, pairs(rest));
    else for (const key of Object.keys(profile)) if (key.startsWith(`${rest[1]}.`)) delete profile[key];
  } else if (command === 'connection delete') {
    state.profiles.splice(state.profiles.indexOf(find(kind, name)), 1);
  } else if (command === 'connection up') {
    if (rest[1] !== device?.name) end(4, `device '${rest[1]}' not found for connection '${name}'.`);
    activate(find(kind, name));
  } else if (command === 'device connect') {
    if (kind !== device?.name) end(10, `Device '${kind}' not found.`);
    activate(state.profiles.at(-1));
  } else if (command === 'device disconnect') {
    if (device.state <= 30) end(6, `Device '${kind}' disconnecting failed: This device is not active`);
    Object.assign(device, { state: 30, profile: '' });
  } else end(2, `argument '${object}' not understood. Try passing --help instead.`);
  writeState(state);
}

function activate(profile) {
  const ssid = profile['802-11-wireless.ssid'];
  if (!(ssid in state.networks)) end(4, 'Connection activation failed: The Wi-Fi network could not be found');
  const asks = profile['802-11-wireless-security.psk-flags'] === '2';
  if (asks && stdin !== `802-11-wireless-security.psk:${state.networks[ssid]}\n`) {
    end(4, `Connection activation failed: Secrets were required, but not provided: ${stdin.split(':')[1]}`);
  }
  Object.assign(state.device, { state: 100, profile: profile.uuid });
}

function pairs(words) {
  const found = {};
  for (let at = 0; at < words.length; at += 2) found[words[at]] = words[at + 1];
  return found;
}

/** Watches before it looks, so that no change is missed between the two. */
function monitor() {
  let known;
  const look = () => {
    const { device } = readState();
    if (device?.state === known) return;
    if (known !== undefined) say(`${device.name}: ${device.state === 100 ? 'connected' : 'disconnected'}`);
    known = device?.state;
  };
  fs.watch(folder, (_, file) => file === 'state.json' && look());
  look();
  say('NetworkManager is running');
}
