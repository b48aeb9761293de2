// The control socket as the pages see it: authenticates, stays connected, matches replies to requests. docs/protocol.md, "WebSocket".

const CREDENTIAL = "weft.credential";
const RESUME_KEY = "weft.resume-key";
const RETRY_FIRST_MS = 200;
const RETRY_MOST_MS = 5000;

/** An ERROR reply, or a connection that went away under a request (code 0). */
export class ControlError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * Events: `state` (connection state changed), `welcome` (detail: the cut), `message` (detail: a broadcast).
 * States: connecting, online, offline (retrying), unauthorized (needs a code).
 */
export class Connection extends EventTarget {
  state = "connecting";
  #socket = null;
  #seq = 0;
  #pending = new Map();
  #retryMs = RETRY_FIRST_MS;
  #retryTimer = 0;
  #upgrading = false;

  start() {
    // The address that `weft ui` prints may also be entered where this page is already: then only its end changes.
    window.addEventListener("hashchange", () => this.#takeCode());
    this.#connect(this.#takeCode());
  }

  /** Trades the code at the end of the address; null where there is none. It is good once and must not stay in the history. */
  #takeCode() {
    const code = new URLSearchParams(location.hash.slice(1)).get("code");
    if (!code) return null;
    const signingIn = this.authenticate(code).catch(() => {});
    history.replaceState(null, "", location.pathname);
    return signingIn;
  }

  /** Trades a one-use code for a credential. */
  async authenticate(code) {
    const answer = await fetch("/auth/bootstrap", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code }),
    });
    if (!answer.ok) throw new ControlError(answer.status, "That code is used up or expired. Ask for a new one with: weft ui");
    localStorage.setItem(CREDENTIAL, (await answer.json()).credential);
    if (this.state === "unauthorized") this.#connect();
  }

  /** Sends a request; resolves with its reply, rejects with a ControlError. `progress` gets what long work says meanwhile. */
  request(type, fields = {}, progress = null) {
    if (this.state !== "online" && type !== "HELLO") {
      return Promise.reject(new ControlError(0, "Not connected to Weft; it reconnects by itself."));
    }
    const seq = ++this.#seq;
    const reply = new Promise((resolve, reject) => this.#pending.set(seq, { resolve, reject, progress }));
    this.#socket.send(JSON.stringify({ type, seq, ...fields }));
    return reply;
  }

  /** Opens the socket at once, also while a code is still being traded (`signingIn`): only HELLO waits for that. */
  #connect(signingIn = null) {
    clearTimeout(this.#retryTimer);
    if (!signingIn && !localStorage.getItem(CREDENTIAL)) {
      this.#setState("unauthorized");
      return;
    }
    const socket = new WebSocket(`ws://${location.host}/appd`);
    this.#socket = socket;
    socket.onopen = async () => {
      await signingIn;
      const token = localStorage.getItem(CREDENTIAL);
      if (!token) {
        socket.close();
        return;
      }
      const resumeKey = sessionStorage.getItem(RESUME_KEY) ?? undefined;
      this.request("HELLO", { role: "system", token, resume_key: resumeKey, client: "Kiosk screen" }).catch(error => {
        if (error.code !== 401) return;
        localStorage.removeItem(CREDENTIAL);
        sessionStorage.removeItem(RESUME_KEY);
      });
    };
    socket.onmessage = event => this.#receive(JSON.parse(event.data));
    socket.onclose = event => this.#lost(socket, event.code);
  }

  #welcome(welcome) {
    if (welcome.credential) localStorage.setItem(CREDENTIAL, welcome.credential);
    if (welcome.resume_key) sessionStorage.setItem(RESUME_KEY, welcome.resume_key);
    this.#retryMs = RETRY_FIRST_MS;
    this.#upgrading = false;
    this.#setState("online");
    // Applied before the next broadcast is looked at, so that nothing is seen twice or not at all.
    this.dispatchEvent(new CustomEvent("welcome", { detail: welcome }));
  }

  #receive(message) {
    const waiting = message.re === undefined ? undefined : this.#pending.get(message.re);
    if (waiting && message.type === "PROGRESS") {
      waiting.progress?.(message);
      return;
    }
    if (waiting) this.#pending.delete(message.re);
    if (message.type === "WELCOME") this.#welcome(message);
    if (message.type === "UPGRADING") this.#upgrading = true;
    if (!waiting) {
      this.dispatchEvent(new CustomEvent("message", { detail: message }));
    } else if (message.type === "ERROR") {
      waiting.reject(new ControlError(message.code, message.message));
    } else {
      waiting.resolve(message);
    }
  }

  #lost(socket, code) {
    if (socket !== this.#socket) return;
    for (const { reject } of this.#pending.values()) reject(new ControlError(0, "The connection to Weft was lost."));
    this.#pending.clear();
    if (!localStorage.getItem(CREDENTIAL)) {
      this.#setState("unauthorized");
      return;
    }
    this.#setState("offline");
    const wait = this.#upgrading || code === 1012 ? 0 : this.#retryMs;
    this.#retryMs = Math.min(RETRY_MOST_MS, this.#retryMs * 2);
    this.#retryTimer = setTimeout(() => this.#connect(), wait);
  }

  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
