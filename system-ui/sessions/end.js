// How ends are headed; the sentence below is the daemon's.

const TITLES = {
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

export function causeTitle(session) {
  return `${session.name} ${TITLES[session.end?.cause] ?? "ended"}`;
}
