// What a client writes; it must be right by the types.
import type { ClientFrame, LeadRequest, Operations, ServerFrame } from "./leadbell";

const lead: LeadRequest = { firstName: "John", email: "john@example.org", stage: "new" };
export const asked: ClientFrame = { type: "lead:create", requestId: 1, lead };

export function heard(frame: ServerFrame): number | string | null {
  switch (frame.type) {
    case "notification:created": return frame.notification.relatedLeadId;
    case "lead:updated": return frame.lead.firstName;
    case "sync": return frame.changed.length + frame.seq;
    case "error": return frame.detail;
    default: return frame.type;
  }
}

type Page = Operations["GET /api/notifications/"][200];
export const unread = (page: Page): number => page.unreadCount + page.results.length;

// @ts-expect-error A stage that there is not.
export const wrong: LeadRequest = { stage: "cold" };
// @ts-expect-error A frame that no server sends.
export const never: ServerFrame = { type: "lead:sold" };
