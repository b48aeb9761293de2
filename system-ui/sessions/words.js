// Sessions in words: their states, and how ends are headed; the sentence below a heading is the daemon's.

const STATES = { starting: "Starting", running: "Running", stopping: "Ending", stopped: "Ended" };

const ENDS = {
  exited: "has finished",
  failed: "stopped with an error",
  crashed: "crashed",
  terminated: "was ended",
  out_of_memory: "ran out of memory",
  ready_timeout: "did not start in time",
  launch_failed: "could not start",
  window_closed: "lost its window",
  image_corrupt: "is damaged",
  portal_lost: "lost its access to files",
  limit: "failed too often",
  shutdown: "was ended with Weft",
  daemon_lost_it: "was lost",
};

export function stateName(session) {
  return STATES[session.state] ?? session.state;
}

export function causeTitle(session) {
  return `${session.name} ${ENDS[session.end?.cause] ?? "ended"}`;
}
