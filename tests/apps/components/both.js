// A component that brings its own JavaScript engine, and makes the call a message names of every import of both
// versions but files: "1 notify", "2 clipboard.read", … answered "1 notify ok" or "1 notify error <text>".
import { ready as ready1 } from 'weft:app/notify@0.1.0';
import { send as send1, recv } from 'weft:app/ipc@0.1.0';
import { fetch as fetch1 } from 'weft:app/fetch@0.1.0';
import { notify as notify1 } from 'weft:app/notifications@0.1.0';
import { read as read1, write as write1 } from 'weft:app/clipboard@0.1.0';
import { ready as ready2 } from 'weft:app/notify@0.2.0';
import { send as send2, wait } from 'weft:app/ipc@0.2.0';
import { fetch as fetch2 } from 'weft:app/fetch@0.2.0';
import { notify as notify2 } from 'weft:app/notifications@0.2.0';
import { read as read2, write as write2 } from 'weft:app/clipboard@0.2.0';

const versions = {
  1: { ready: ready1, send: send1, fetch: fetch1, notify: notify1, read: read1, write: write1 },
  2: { ready: ready2, send: send2, fetch: fetch2, notify: notify2, read: read2, write: write2 },
};

const calls = {
  ready: at => at.ready(),
  notify: (at, icon) => at.notify('Title', 'Body', icon),
  'clipboard.read': at => at.read(),
  'clipboard.write': (at, text) => at.write(text),
  fetch: (at, url) => {
    const { status, contentType, headers, body } = at.fetch(url, 'GET', [['x-weft', 'test']], undefined);
    const type = contentType ?? headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
    return `${status} ${type} ${body.length}`;
  },
};

function answer(line) {
  const [, version, call, rest] = /^([12]) (\S+) ?(.*)$/s.exec(line) ?? [];
  const at = versions[version];
  if (!at || !calls[call]) return send2(line);
  let reply;
  try {
    reply = `ok ${calls[call](at, rest === '' ? undefined : rest) ?? ''}`;
  } catch (error) {
    reply = `error ${error.payload ?? error}`; // the err of a result arrives as the payload of an exception
  }
  at.send(`${version} ${call} ${reply}`.trimEnd());
}

export const run = {
  run() {
    ready2();
    for (;;) {
      const event = wait(60000);
      if (event?.tag === 'closing') return;
      if (event?.tag !== 'message') continue;
      if (event.val === 'quit') return;
      if (event.val === '1 recv') send1(`1 recv ok ${recv() ?? 'none'}`);
      else answer(event.val);
    }
  },
};
