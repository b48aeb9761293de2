// Capabilities in words a person can decide by. The text is Weft's; only the host of a net grant comes from the package.

const WORDS = {
  "fs:read:app-data": "Read its own saved data",
  "fs:rw:app-data": "Keep data of its own on this machine",
  "fs:read:xdg-documents": "Read everything in your documents folder",
  "fs:rw:xdg-documents": "Read and change everything in your documents folder",
  "portal:files": "Ask you for files, and use those you pick",
  "net:fetch": "Reach any website",
  "net:fetch:*": "Reach any website",
  "net:fetch:local": "Reach devices on this machine and the local network",
  "sys:notifications": "Show notifications",
  "sys:clipboard:read": "Read the clipboard",
  "sys:clipboard:write": "Put text on the clipboard",
};

export function capability(name) {
  if (WORDS[name]) return WORDS[name];
  if (name.startsWith("net:fetch:")) return `Reach ${name.slice("net:fetch:".length)} over the network`;
  return name;
}
