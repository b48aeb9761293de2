// The baseline of ./dev bench fanout: every message of one client goes to all others.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => console.log(server.address().port));
server.on("connection", socket => socket.on("message", data => {
  const message = JSON.parse(data);
  if (message.type !== "PANEL_GESTURE") return;
  const { gesture_type, fingers, dx, dy } = message;
  const text = JSON.stringify({ type: "NAVIGATION_GESTURE", gesture_type, fingers, dx, dy });
  for (const client of server.clients) if (client !== socket) client.send(text);
}));
