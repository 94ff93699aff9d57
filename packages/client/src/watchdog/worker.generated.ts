/** Made from `watchdog/worker.ts` by `npx vitest run test/watchdog-worker.test.ts -u`; edit that file. */
export const WATCHDOG_WORKER = `"use strict";
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// src/watchdog/worker.ts
var worker_exports = {};
module.exports = __toCommonJS(worker_exports);
var import_node_worker_threads2 = require("node:worker_threads");

// src/watchdog/device.ts
var import_node_fs = require("node:fs");
var WatchdogDevice = class {
  #fd;
  /** @throws Error when the device cannot be opened. The message gives advice. */
  constructor(path) {
    try {
      this.#fd = (0, import_node_fs.openSync)(path, import_node_fs.constants.O_WRONLY);
    } catch (error) {
      const { code } = error;
      throw new Error(
        \`watchdog.device: cannot open \${path} (\${code}): does it exist, is it unused, and may this process write to it?\`,
        { cause: error }
      );
    }
  }
  feed() {
    (0, import_node_fs.writeSync)(this.#fd, "\\0");
  }
  /** Stops the hardware watchdog with the magic close. */
  close() {
    (0, import_node_fs.writeSync)(this.#fd, "V");
    (0, import_node_fs.closeSync)(this.#fd);
  }
};

// src/watchdog/force-exit.ts
var import_node_events = require("node:events");
var import_promises = require("node:timers/promises");
var import_node_worker_threads = require("node:worker_threads");
var STEP_MS = 5e3;
async function forceExit(line, exitCode2) {
  if (await say(line)) {
    await exitMain(exitCode2);
    await (0, import_promises.setTimeout)(STEP_MS);
  }
  process.kill(process.pid, "SIGKILL");
}
async function say(line) {
  const writer = new import_node_worker_threads.Worker(WRITER, { eval: true, execArgv: [], workerData: \`\${line}
\` });
  const written = (0, import_node_events.once)(writer, "exit").then(
    () => true,
    () => true
    // standard error is closed: there is no reader
  );
  return Promise.race([written, (0, import_promises.setTimeout)(STEP_MS, false)]);
}
var WRITER = \`
  const { writeSync } = require('node:fs');
  const { workerData } = require('node:worker_threads');
  const write = () => {
    try {
      writeSync(2, workerData);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      setTimeout(write, 10);
    }
  };
  write();\`;
async function exitMain(exitCode2) {
  try {
    const { Session } = await import("node:inspector");
    const session = new Session();
    session.connectToMainThread();
    session.post("Runtime.evaluate", { expression: exitScript(exitCode2) });
  } catch {
  }
}
function exitScript(exitCode2) {
  return \`{
    const fs = process.getBuiltinModule('node:fs');
    try { fs.closeSync(2); fs.openSync('/dev/null', 'w'); } catch {}
    process.reallyExit(\${exitCode2});
  }\`;
}

// src/watchdog/stall-detector.ts
var StallDetector = class {
  #timeoutMs;
  #turnMs;
  #at;
  #signs;
  #loopStillMs = 0;
  #clientStillMs = 0;
  /** Begins to count the time without changes now. */
  constructor({ timeoutMs, turnMs }, signs2, now) {
    this.#timeoutMs = timeoutMs;
    this.#turnMs = turnMs;
    this.#signs = signs2;
    this.#at = now;
  }
  /** Called in each turn of the worker, with the current counters. */
  turn(signs2, now) {
    const ms = Math.min(now - this.#at, 2 * this.#turnMs);
    const { beats, moves } = this.#signs;
    this.#at = now;
    this.#signs = signs2;
    if (signs2.moves !== moves) this.#clientStillMs = 0;
    else if (signs2.beats !== beats) this.#clientStillMs += ms;
    this.#loopStillMs = signs2.beats === beats ? this.#loopStillMs + ms : 0;
    if (this.#loopStillMs >= this.#timeoutMs) return "loop";
    return this.#clientStillMs >= this.#timeoutMs ? "client" : void 0;
  }
};

// src/watchdog/systemd.ts
var import_node_child_process = require("node:child_process");
var import_node_util = require("node:util");
var LONGEST_MS = 6e3;
var SystemdNotifier = class {
  #who;
  #warn;
  #warned = false;
  #pending = /* @__PURE__ */ new Map();
  /** Sent, but not confirmed. They may be lost: systemd drops a message whose sender has ended before systemd reads it. */
  #unconfirmed = /* @__PURE__ */ new Map();
  #sending;
  /**
   * @param who the name of the option or command that wants the notifications, for error messages
   * @param warn called once, when a message is not confirmed for the first time
   */
  constructor(who, warn) {
    this.#who = who;
    this.#warn = warn;
  }
  /**
   * Sends \`variable=value\`. Resolves once all notifications made so far have been sent. If systemd does not confirm a
   * notification, the notification is sent again with the next message. systemd may be busy, or a proxy of its socket may
   * confirm nothing.
   *
   * @throws Error when a notification could not be sent. The message gives advice.
   */
  notify(variable, value) {
    this.#pending.set(variable, value);
    this.#sending ??= this.#send();
    return this.#sending;
  }
  async #send() {
    let failure;
    while (this.#pending.size > 0) {
      const message = new Map([...this.#unconfirmed, ...this.#pending]);
      this.#pending = /* @__PURE__ */ new Map();
      this.#unconfirmed = /* @__PURE__ */ new Map();
      try {
        const variables = [...message].map(([variable, value]) => \`\${variable}=\${value}\`);
        await run("systemd-notify", variables, { timeout: LONGEST_MS, killSignal: "SIGKILL" });
      } catch (error) {
        if (isMisuse(error)) {
          failure = explained(this.#who, error);
        } else {
          this.#unconfirmed = message;
          this.#warnOnce(error);
        }
      }
    }
    this.#sending = void 0;
    if (failure) throw failure;
  }
  #warnOnce(error) {
    if (this.#warned) return;
    this.#warned = true;
    const why = error.message.trim().replaceAll(/\\s+/g, " ");
    this.#warn(\`\${this.#who}: a notification may be lost, and is sent again with the next one (\${why})\`);
  }
};
var run = (0, import_node_util.promisify)(import_node_child_process.execFile);
function isMisuse({ code, stderr = "" }) {
  if (typeof code === "number") return !stderr.includes("barrier");
  return code === "ENOENT" || code === "EACCES";
}
function explained(who, error) {
  const why = typeof error.code === "number" ? \`systemd-notify failed; is NOTIFY_SOCKET that of a running systemd? (\${error.message.trim()})\` : \`systemd-notify is not in PATH, or may not be run (\${error.code}); it comes with systemd\`;
  return new Error(\`\${who}: \${why}\`, { cause: error });
}

// src/watchdog/worker.ts
var { settings, exitCode, counters } = import_node_worker_threads2.workerData;
var port = import_node_worker_threads2.parentPort;
var report = (message) => port.postMessage(message);
var device;
var systemd;
var turns;
void start();
async function start() {
  try {
    if (settings.systemd) {
      systemd = new SystemdNotifier("watchdog.systemd", (message) => report({ type: "warning", message }));
      await systemd.notify("READY", "1");
    }
    if (settings.device !== void 0) device = new WatchdogDevice(settings.device);
  } catch (error) {
    report({ type: "failed", message: error.message });
    port.close();
    return;
  }
  port.on("message", (order) => {
    if (order.type === "status") tell("STATUS", order.text);
    else void stop();
  });
  watch();
  report({ type: "started" });
}
function watch() {
  const detector = new StallDetector(settings, signs(), performance.now());
  const feedMs = settings.systemd?.feedMs ?? Infinity;
  let fedAt = -Infinity;
  turns = setInterval(() => {
    const now = performance.now();
    const stall = detector.turn(signs(), now);
    if (stall !== void 0) {
      clearInterval(turns);
      device = void 0;
      void forceExit(reason(stall), exitCode);
      return;
    }
    device?.feed();
    if (now - fedAt + settings.turnMs > feedMs) {
      fedAt = now;
      tell("WATCHDOG", "1");
    }
  }, settings.turnMs);
}
function signs() {
  return { beats: Atomics.load(counters, 0), moves: Atomics.load(counters, 1) };
}
function tell(variable, value) {
  systemd?.notify(variable, value).catch(() => void 0);
}
function reason(stall) {
  const what = stall === "loop" ? "the main loop has not turned" : "the client has made no progress";
  return \`@iot/client watchdog: \${what} for \${settings.timeoutMs} ms, ending the process with exit code \${exitCode}\`;
}
async function stop() {
  clearInterval(turns);
  device?.close();
  await systemd?.notify("STOPPING", "1").catch(() => void 0);
  port.close();
}
`;
