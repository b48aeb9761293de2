// What the pages know: one model, fed by the cut of WELCOME and the broadcasts after it. Components read it and are told of changes.

import { Connection } from "./connection.js";

const SWIPE_PX = 60;
const TOAST_MS = 6_000;
const ERROR_TOAST_MS = 10_000;
const GONE = 404;

class Kiosk extends EventTarget {
  connection = new Connection();
  version = "";
  /** Session id -> {…SessionInfo, end?}; ended ones stay until their window is closed. Insertion order is window order. */
  sessions = new Map();
  apps = [];
  notifications = [];
  settings = null;
  /** What is in front: "home", "settings", or a session id. */
  front = "home";
  /** All windows side by side instead of one in full. */
  tiled = false;
  /** The open sheet: null, "notifications", "switcher", or {inspect: session id}. */
  sheet = null;
  toasts = [];
  #toastKey = 0;
  #numbers = new Map();

  constructor() {
    super();
    this.connection.addEventListener("state", () => this.changed());
    this.connection.addEventListener("welcome", event => this.#resync(event.detail));
    this.connection.addEventListener("message", event => this.#apply(event.detail));
  }

  get online() {
    return this.connection.state === "online";
  }

  app(id) {
    return this.apps.find(app => app.app_id === id);
  }

  /** The app's session that is not ended, if there is one. */
  sessionOf(appId) {
    return [...this.sessions.values()].find(session => session.app_id === appId && session.state !== "stopped");
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  show(front) {
    this.front = front;
    this.sheet = null;
    if (this.sessions.get(front)?.state === "running" && this.online) {
      this.connection.request("FOCUS_APP", { session_id: front }).catch(() => {});
    }
    this.changed();
  }

  open(sheet) {
    this.sheet = sheet;
    // They are in the panel too, and would lie over it.
    if (sheet === "notifications") this.toasts = [];
    this.changed();
  }

  tile(on) {
    this.tiled = on;
    if (on && !this.sessions.has(this.front)) this.front = this.sessions.keys().next().value ?? "home";
    this.sheet = null;
    this.changed();
  }

  /** Launches an app and shows its window, in the place of an ended one's if that is given. */
  async launch(appId, instead = null) {
    const ack = await this.ask("LAUNCH_APP", { app_id: appId });
    if (!ack) return;
    if (instead && !this.sessions.has(ack.session_id)) this.#numbers.set(ack.session_id, this.#numbers.get(instead));
    this.#acknowledged(ack);
    this.show(ack.session_id);
    if (instead) this.close(instead);
  }

  /** A session's name; the second of the same name is numbered, and keeps its number when the first is gone. */
  title(session) {
    const number = this.#numbers.get(session.session_id) ?? this.#number(session);
    return number === 1 ? session.name : `${session.name} ${number}`;
  }

  #number(session) {
    const taken = [...this.sessions.values()].filter(other => other.name === session.name).map(other => this.#numbers.get(other.session_id));
    let number = 1;
    while (taken.includes(number)) number++;
    this.#numbers.set(session.session_id, number);
    return number;
  }

  /** Brings the app's window to the front, or launches the app. */
  activate(appId) {
    const running = this.sessionOf(appId);
    if (running) this.show(running.session_id);
    else this.launch(appId);
  }

  terminate(id) {
    return this.ask("TERMINATE_APP", { session_id: id });
  }

  /** What the cross on a window does: ends the session, or takes the window of an ended one away. */
  dispose(id) {
    if (this.sessions.get(id)?.state === "stopped") this.close(id);
    else this.terminate(id);
  }

  /** Takes an ended session's window away. */
  close(id) {
    const ids = [...this.sessions.keys()];
    const at = ids.indexOf(id);
    this.sessions.delete(id);
    this.#numbers.delete(id);
    if (this.front === id) this.front = ids[at + 1] ?? ids[at - 1] ?? "home";
    if (this.sheet?.inspect === id) this.sheet = null;
    this.changed();
  }

  again(id) {
    const session = this.sessions.get(id);
    return session && this.launch(session.app_id, id);
  }

  dismiss(id) {
    this.notifications = this.notifications.filter(one => one.notification_id !== id);
    this.changed();
    // Another screen may have been faster: gone is gone.
    return this.ask("DISMISS", { notification_id: id }, GONE);
  }

  /** A request whose failure the person is told, unless it is the expected one; null then. */
  async ask(type, fields, expected) {
    try {
      return await this.connection.request(type, fields);
    } catch (error) {
      if (error.code !== expected) this.toast({ title: "That did not work", body: error.message, error: true });
      return null;
    }
  }

  toast(toast) {
    const one = { key: ++this.#toastKey, ...toast };
    this.toasts = [...this.toasts.slice(-2), one];
    setTimeout(() => this.dropToast(one), toast.error ? ERROR_TOAST_MS : TOAST_MS);
    this.changed();
  }

  dropToast(toast) {
    this.toasts = this.toasts.filter(other => other !== toast);
    this.changed();
  }

  /** Shows the next or the previous window. */
  cycle(step) {
    const ids = [...this.sessions.keys()];
    if (ids.length === 0) return;
    const at = ids.indexOf(this.front);
    this.show(ids[at < 0 ? (step > 0 ? 0 : ids.length - 1) : (at + step + ids.length) % ids.length]);
  }

  #resync(welcome) {
    this.version = welcome.version;
    this.apps = welcome.apps ?? [];
    const shown = new Map(this.notifications.map(one => [one.notification_id, one]));
    const before = this.sessions;
    const now = new Map((welcome.sessions ?? []).map(session => [session.session_id, session]));
    // In the order they were opened: a frame that moves in the page would load again.
    this.sessions = new Map();
    for (const [id, session] of before) {
      const known = now.get(id);
      this.sessions.set(id, known ?? { ...session, state: "stopped" });
      if (!known && session.state !== "stopped") this.#learnEnd(id);
    }
    for (const [id, session] of now) this.sessions.set(id, session);
    this.notifications = (welcome.notifications ?? []).map(one => shown.get(one.notification_id) ?? this.#withApp(one));
    this.changed();
  }

  /** A notification with the app that it is from, which stays known when the session has ended. */
  #withApp(notification) {
    const { app_id, name } = this.sessions.get(notification.session_id) ?? {};
    return { ...notification, app_id, name };
  }

  async #learnEnd(id) {
    const answer = await this.connection.request("QUERY_APP_STATE", { session_id: id }).catch(() => null);
    const session = this.sessions.get(id);
    if (!session) return;
    session.end = answer?.end ?? { cause: "daemon_lost_it", message: "Weft started again and knows no more of this session.", facts: [] };
    this.changed();
  }

  /** Fills in what broadcasts do not carry: the page's address, the process. */
  async #describe(id) {
    const details = await this.connection.request("QUERY_SESSION", { session_id: id }).catch(() => null);
    const session = this.sessions.get(id);
    if (!details || !session) return;
    // The state comes from the broadcasts alone: one that came in between is newer than this answer.
    for (const field of ["name", "version", "started_at", "pid", "ui_url", "development", "backend"]) session[field] = details[field];
    session.enforcement = details.receipt?.enforcement;
    this.changed();
  }

  #acknowledged({ session_id, app_id }) {
    if (this.sessions.has(session_id)) return;
    const app = this.app(app_id);
    this.sessions.set(session_id, { session_id, app_id, name: app?.name ?? app_id, version: app?.version ?? "", state: "starting" });
  }

  #apply(message) {
    switch (message.type) {
      case "LAUNCH_ACK":
        this.#acknowledged(message);
        break;
      case "APP_STATE": {
        const session = this.sessions.get(message.session_id);
        if (!session) return;
        session.state = message.state;
        if (message.state === "running") this.#describe(message.session_id);
        if (message.state === "stopped") this.#ended(session, message.end);
        break;
      }
      case "APPS_CHANGED":
        this.connection.request("QUERY_INSTALLED_APPS").then(answer => {
          this.apps = answer.apps;
          this.changed();
        }, () => {});
        return;
      case "NOTIFICATION": {
        const one = this.#withApp(message);
        this.notifications = [...this.notifications, one];
        this.toast({ title: message.title, body: message.body, from: one });
        return;
      }
      case "NOTIFICATION_DISMISSED":
        this.notifications = this.notifications.filter(one => one.notification_id !== message.notification_id);
        break;
      case "SETTINGS":
        this.settings = message.values;
        break;
      case "NAVIGATION_GESTURE":
        this.#gesture(message);
        return;
      default:
        return;
    }
    this.changed();
  }

  #ended(session, end) {
    session.end = end;
    // Who closed a window does not want to read that it is closed; who lost one does.
    if (end.cause === "terminated" || end.cause === "exited") this.close(session.session_id);
  }

  /** Three fingers: up shows the switcher, down goes home, sideways changes the window. */
  #gesture({ fingers, dx, dy }) {
    if (fingers < 3 || Math.max(Math.abs(dx), Math.abs(dy)) < SWIPE_PX) return;
    if (Math.abs(dx) >= Math.abs(dy)) this.cycle(dx < 0 ? 1 : -1);
    else if (dy < 0) this.open("switcher");
    else this.show("home");
  }
}

export const kiosk = new Kiosk();
// Here and not by a component: index.html runs this module before the rest has come, so that what it asks is on its way.
kiosk.connection.start();

/** A Lit controller: the component is drawn again when the model changes. */
export class Follow {
  constructor(host) {
    this.update = () => host.requestUpdate();
    host.addController(this);
  }

  hostConnected() {
    kiosk.addEventListener("change", this.update);
  }

  hostDisconnected() {
    kiosk.removeEventListener("change", this.update);
  }
}
