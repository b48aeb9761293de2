// Who a notification is from: kept with it, for its session may have ended.

import { kiosk } from "../control/kiosk.js";

export function sender(notification) {
  const session = kiosk.sessions.get(notification.session_id);
  const id = session?.app_id ?? notification.app_id;
  if (id) return { id, name: session?.name ?? notification.name, icon: kiosk.app(id)?.icon_url, session: session?.session_id };
  return notification.session_id ? { id: "", name: "An app that has ended" } : { id: "weft", name: "Weft", icon: "weft.svg" };
}
