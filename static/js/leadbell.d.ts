// Made by `make types` of the OpenAPI and AsyncAPI documents. Change those, not this.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

// What REST takes and gives

/** An entry of a timeline. */
export type Activity = {
  id: number;
  leadId: number;
  kind: string;
  title: string;
  message: string;
  changes: Change[];
  actorId: number | null;
  commentId: number | null;
  interactionId: number | null;
  createdAt: string;
  url: string;
};

export type Announcement = {
  id: number;
  title: string;
  message: string;
  audience: AudienceEnum;
  startsAt: string | null;
  endsAt: string | null;
  state: StateEnum;
  createdById: number | null;
  createdAt: string;
  raisedAt: string | null;
  withdrawnAt: string | null;
  withdrawnById: number | null;
};

export type AnnouncementRequest = {
  title: string;
  message?: string;
  audience?: AudienceEnum;
  startsAt?: string | null;
  endsAt?: string | null;
};

export type Appointment = {
  id: number;
  leadId: number;
  title: string;
  startsAt: string;
  endsAt: string;
  attendeeIds: number[];
  remindMinutesBefore: number | null;
};

export type AppointmentRequest = {
  title: string;
  startsAt: string;
  endsAt: string;
  attendeeIds?: number[];
  remindMinutesBefore?: number | null;
};

export type AudienceEnum = "everyone" | "rep" | "manager" | "admin";

export type BlankEnum = "";

/** A field of a lead or an appointment, under its name in JSON: from what to what. */
export type Change = {
  field: string;
  from: Json;
  to: Json;
};

export type ChangesPage = {
  since: number;
  seq: number;
  unreadCount: number;
  changed: Notification[];
  removed: string[];
  hasMore: boolean;
};

export type ChatChanges = {
  since: number;
  seq: number;
  unreadCount: number;
  changed: Message[];
  delivered: number[];
  hasMore: boolean;
};

export type Comment = {
  id: number;
  leadId: number;
  authorId: number | null;
  body: string;
  createdAt: string;
};

export type CommentRequest = {
  body: string;
};

/** ``sent`` has the fields that came, as they came. */
export type Conflict = {
  detail: string;
  current: Lead;
  sent: { [name: string]: Json };
};

export type Conversation = {
  userId: number;
  unreadCount: number;
  lastMessage: Message;
};

export type Count = {
  count: number;
};

export type CredentialsRequest = {
  email: string;
  password: string;
  otp?: string;
};

export type DirectionEnum = "in" | "out";

/** By the name of the field, what is wrong with it. */
export type FieldProblems = { [name: string]: string[] };

/** Whether one follows a lead, why, and until when one muted it. ``follows`` null: whoever owns it, comments and so on does. */
export type Following = {
  follows: boolean | null;
  reason: ReasonEnum | BlankEnum;
  mutedUntil: string | null;
};

export type Hears = {
  type: NotificationType;
  wants: WantsEnum;
};

export type HearsRequest = {
  type: NotificationType;
  wants: WantsEnum;
};

export type Interaction = {
  id: number;
  leadId: number;
  kind: KindEnum;
  direction: DirectionEnum;
  body: string;
  occurredAt: string;
  byId: number | null;
};

export type InteractionRequest = {
  kind: KindEnum;
  direction?: DirectionEnum;
  body: string;
  occurredAt?: string;
};

export type KindEnum = "call" | "email" | "meeting" | "note";

export type Lead = {
  id: number;
  firstName: string;
  lastName: string;
  email: string;
  phone: string;
  company: string;
  jobTitle: string;
  website: string;
  message: string;
  city: string;
  region: string;
  postalCode: string;
  country: string;
  source: string;
  stage: StageEnum;
  score: number;
  ownerId: number | null;
  createdById: number | null;
  createdAt: string;
  updatedAt: string;
};

export type LeadRequest = {
  firstName?: string;
  lastName?: string;
  email?: string;
  phone?: string;
  company?: string;
  jobTitle?: string;
  website?: string;
  message?: string;
  city?: string;
  region?: string;
  postalCode?: string;
  country?: string;
  source?: string;
  stage?: StageEnum;
  ownerId?: number | null;
};

export type MarkedRead = {
  count: number;
  unreadCount: number;
};

export type Me = {
  id: number;
  firstName: string;
  lastName: string;
  role: string;
  email: string;
  seq: number;
  unreadCount: number;
};

export type Message = {
  id: number;
  senderId: number;
  recipientId: number;
  body: string;
  createdAt: string;
  readAt: string | null;
};

/** What the model finds wrong with it is the model's to say. */
export type NewMessageRequest = {
  recipientId: number;
  body: string;
};

export type Notification = {
  id: string;
  type: NotificationType;
  title: string;
  message: string;
  isRead: boolean;
  readAt: string | null;
  relatedLeadId: number | null;
  url: string;
  actorId: number | null;
  seq: number;
  createdAt: string;
  updatedAt: string;
};

export type NotificationType = "lead_created" | "task_completed" | "score_updated" | "comment_added" | "contact" | "email" | "event" | "system";

export type NullEnum = null;

export type Origin = {
  id: number;
  leadId: number;
  source: string;
  deliveryId: number | null;
  fields: Pair[];
  createdAt: string;
};

export type PaginatedActivityList = {
  next: string | null;
  previous: string | null;
  results: Activity[];
};

export type PaginatedAnnouncementList = {
  next: string | null;
  previous: string | null;
  results: Announcement[];
};

export type PaginatedAppointmentList = {
  next: string | null;
  previous: string | null;
  results: Appointment[];
};

export type PaginatedCommentList = {
  next: string | null;
  previous: string | null;
  results: Comment[];
};

export type PaginatedConversationList = {
  next: string | null;
  previous: string | null;
  results: Conversation[];
};

export type PaginatedInteractionList = {
  next: string | null;
  previous: string | null;
  results: Interaction[];
};

export type PaginatedLeadList = {
  next: string | null;
  previous: string | null;
  results: Lead[];
};

export type PaginatedMessageList = {
  next: string | null;
  previous: string | null;
  results: Message[];
};

export type PaginatedNotificationList = {
  next: string | null;
  previous: string | null;
  results: Notification[];
  seq: number;
  unreadCount: number;
};

export type PaginatedOriginList = {
  next: string | null;
  previous: string | null;
  results: Origin[];
};

export type PaginatedTaskList = {
  next: string | null;
  previous: string | null;
  results: Task[];
};

export type PaginatedUserList = {
  next: string | null;
  previous: string | null;
  results: User[];
};

/** What came with a lead, in the sender's words. */
export type Pair = {
  name: string;
  value: string;
};

export type PatchedAppointmentRequest = {
  title?: string;
  startsAt?: string;
  endsAt?: string;
  attendeeIds?: number[];
  remindMinutesBefore?: number | null;
};

export type PatchedCommentRequest = {
  body?: string;
};

/** Whether one follows a lead, why, and until when one muted it. ``follows`` null: whoever owns it, comments and so on does. */
export type PatchedFollowingRequest = {
  follows?: boolean | null;
  mutedUntil?: string | null;
};

export type PatchedInteractionRequest = {
  kind?: KindEnum;
  direction?: DirectionEnum;
  body?: string;
  occurredAt?: string;
};

export type PatchedLeadRequest = {
  firstName?: string;
  lastName?: string;
  email?: string;
  phone?: string;
  company?: string;
  jobTitle?: string;
  website?: string;
  message?: string;
  city?: string;
  region?: string;
  postalCode?: string;
  country?: string;
  source?: string;
  stage?: StageEnum;
  ownerId?: number | null;
};

export type PatchedReadStateRequest = {
  isRead?: boolean;
};

export type PatchedTaskChangeRequest = {
  title?: string;
  assigneeId?: number | null;
  dueAt?: string | null;
  remindAt?: string | null;
  remindMinutesBefore?: number | null;
  completed?: boolean;
};

export type Points = {
  points: number;
  reason: string;
};

/** What went wrong, in a sentence. */
export type Problem = {
  detail: string;
};

export type ReadUpToRequest = {
  with: number;
  upTo: number;
};

export type ReasonEnum = "mentioned" | "addressed" | "owner" | "assignee" | "attendee" | "commenter" | "called" | "follower";

export type RefreshRequest = {
  refresh: string;
};

/** When a task reminds: at a time, or so many minutes before it is due. */
export type Reminder = {
  taskId: number;
  remindAt: string | null;
  minutesBefore: number | null;
  ringsAt: string | null;
};

/** When a task reminds: at a time, or so many minutes before it is due. */
export type ReminderRequest = {
  remindAt?: string | null;
  minutesBefore?: number | null;
};

/** How a task repeats; one that does not has no unit and no zone. */
export type RepeatAnswer = {
  taskId: number;
  unit: UnitEnum | NullEnum;
  every: number;
  until: string | null;
  zone: string | null;
};

/** How a task repeats, by the clock of a zone; until a last day, if there is one. */
export type RepeatRequest = {
  unit: UnitEnum;
  every?: number;
  until?: string | null;
  zone?: string;
};

/** A lead's score as of now: the sum of its points, but never below 0. */
export type Score = {
  score: number;
  points: Points[];
};

export type ShownRequest = {
  ids: string[];
};

export type SnoozeRequest = {
  until: string;
};

export type StageEnum = "new" | "contacted" | "qualified" | "won" | "lost";

export type StateEnum = "scheduled" | "shown" | "over" | "withdrawn" | "never_told";

export type Task = {
  id: number;
  leadId: number;
  title: string;
  assigneeId: number | null;
  dueAt: string | null;
  completedAt: string | null;
};

export type TaskChange = {
  id: number;
  leadId: number;
  title: string;
  assigneeId: number | null;
  dueAt: string | null;
  completedAt: string | null;
};

export type TaskRequest = {
  title: string;
  assigneeId?: number | null;
  dueAt?: string | null;
  remindAt?: string | null;
  remindMinutesBefore?: number | null;
};

export type Tokens = {
  access: string;
  refresh: string;
};

export type UnitEnum = "day" | "weekday" | "week" | "month" | "year";

export type UnreadCount = {
  unreadCount: number;
};

export type User = {
  id: number;
  firstName: string;
  lastName: string;
  role: string;
};

export type WantsEnum = "everything" | "followed" | "nothing";

// What can be asked for: by method and path

export interface Operations {
  "GET /api/announcements/": {
    query?: {
      cursor?: string;
      pageSize?: number;
    };
    200: PaginatedAnnouncementList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
  };
  "POST /api/announcements/": {
    body: AnnouncementRequest;
    201: Announcement;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    413: Problem;
    415: Problem;
  };
  "POST /api/announcements/{id}/withdraw/": {
    path: {
      id: number;
    };
    200: Announcement;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "GET /api/appointments/{id}/": {
    path: {
      id: number;
    };
    200: Appointment;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PATCH /api/appointments/{id}/": {
    path: {
      id: number;
    };
    body: PatchedAppointmentRequest;
    200: Appointment;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "DELETE /api/appointments/{id}/": {
    path: {
      id: number;
    };
    204: undefined;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "POST /api/auth/logout/": {
    body: RefreshRequest;
    204: undefined;
    400: FieldProblems | Problem;
    401: Problem;
    413: Problem;
    415: Problem;
  };
  "POST /api/auth/token/": {
    body: CredentialsRequest;
    200: Tokens;
    400: FieldProblems | Problem;
    401: Problem;
    413: Problem;
    415: Problem;
    429: Problem;
  };
  "POST /api/auth/token/refresh/": {
    body: RefreshRequest;
    200: Tokens;
    400: FieldProblems | Problem;
    401: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/comments/{id}/": {
    path: {
      id: number;
    };
    200: Comment;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PATCH /api/comments/{id}/": {
    path: {
      id: number;
    };
    body: PatchedCommentRequest;
    200: Comment;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "DELETE /api/comments/{id}/": {
    path: {
      id: number;
    };
    204: undefined;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "GET /api/conversations/": {
    query?: {
      cursor?: string;
      pageSize?: number;
    };
    200: PaginatedConversationList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
  };
  "GET /api/interactions/{id}/": {
    path: {
      id: number;
    };
    200: Interaction;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PATCH /api/interactions/{id}/": {
    path: {
      id: number;
    };
    body: PatchedInteractionRequest;
    200: Interaction;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "DELETE /api/interactions/{id}/": {
    path: {
      id: number;
    };
    204: undefined;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "GET /api/leads/": {
    query?: {
      createdAfter?: string;
      createdBefore?: string;
      cursor?: string;
      ordering?: "-createdAt" | "createdAt" | "-updatedAt" | "updatedAt" | "-score" | "score";
      owner?: number;
      pageSize?: number;
      search?: string;
      source?: string;
      stage?: string;
      tag?: string;
    };
    200: PaginatedLeadList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
  };
  "POST /api/leads/": {
    header?: {
      "Idempotency-Key"?: string;
    };
    body: LeadRequest;
    201: Lead;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
  };
  "GET /api/leads/{lead}/appointments/": {
    path: {
      lead: number;
    };
    query?: {
      cursor?: string;
      pageSize?: number;
    };
    200: PaginatedAppointmentList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "POST /api/leads/{lead}/appointments/": {
    path: {
      lead: number;
    };
    body: AppointmentRequest;
    201: Appointment;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/leads/{lead}/comments/": {
    path: {
      lead: number;
    };
    query?: {
      cursor?: string;
      pageSize?: number;
    };
    200: PaginatedCommentList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "POST /api/leads/{lead}/comments/": {
    path: {
      lead: number;
    };
    body: CommentRequest;
    201: Comment;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/leads/{lead}/interactions/": {
    path: {
      lead: number;
    };
    query?: {
      cursor?: string;
      pageSize?: number;
    };
    200: PaginatedInteractionList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "POST /api/leads/{lead}/interactions/": {
    path: {
      lead: number;
    };
    body: InteractionRequest;
    201: Interaction;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/leads/{lead}/origins/": {
    path: {
      lead: number;
    };
    query?: {
      cursor?: string;
      pageSize?: number;
    };
    200: PaginatedOriginList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "GET /api/leads/{lead}/tags/": {
    path: {
      lead: number;
    };
    200: string[];
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PUT /api/leads/{lead}/tags/": {
    path: {
      lead: number;
    };
    body: string[];
    200: string[];
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/leads/{lead}/tasks/": {
    path: {
      lead: number;
    };
    query?: {
      cursor?: string;
      pageSize?: number;
    };
    200: PaginatedTaskList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "POST /api/leads/{lead}/tasks/": {
    path: {
      lead: number;
    };
    body: TaskRequest;
    201: Task;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/leads/{lead}/timeline/": {
    path: {
      lead: number;
    };
    query?: {
      cursor?: string;
      kind?: string[];
      pageSize?: number;
    };
    200: PaginatedActivityList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "GET /api/leads/{id}/": {
    path: {
      id: number;
    };
    200: Lead;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PATCH /api/leads/{id}/": {
    path: {
      id: number;
    };
    header?: {
      "If-Match"?: string;
    };
    body: PatchedLeadRequest;
    200: Lead;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    409: Conflict;
    413: Problem;
    415: Problem;
  };
  "DELETE /api/leads/{id}/": {
    path: {
      id: number;
    };
    204: undefined;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "GET /api/leads/{id}/following/": {
    path: {
      id: number;
    };
    200: Following;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PATCH /api/leads/{id}/following/": {
    path: {
      id: number;
    };
    body: PatchedFollowingRequest;
    200: Following;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/leads/{id}/score/": {
    path: {
      id: number;
    };
    200: Score;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "GET /api/me/": {
    200: Me;
    401: Problem;
    403: Problem;
  };
  "GET /api/messages/": {
    query?: {
      cursor?: string;
      pageSize?: number;
      with?: number;
    };
    200: PaginatedMessageList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
  };
  "POST /api/messages/": {
    header?: {
      "Idempotency-Key"?: string;
    };
    body: NewMessageRequest;
    201: Message;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    413: Problem;
    415: Problem;
    422: Problem;
  };
  "GET /api/messages/changes/": {
    query: {
      limit?: number;
      since: number;
    };
    200: ChatChanges;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    410: Problem;
  };
  "POST /api/messages/read/": {
    body: ReadUpToRequest;
    200: MarkedRead;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/notifications/": {
    query?: {
      cursor?: string;
      isRead?: "false" | "true" | string;
      lead?: number;
      pageSize?: number;
      type?: string;
    };
    200: PaginatedNotificationList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
  };
  "GET /api/notifications/{id}/": {
    path: {
      id: string;
    };
    200: Notification;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PATCH /api/notifications/{id}/": {
    path: {
      id: string;
    };
    body: PatchedReadStateRequest;
    200: Notification;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "DELETE /api/notifications/{id}/": {
    path: {
      id: string;
    };
    204: undefined;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "GET /api/notifications/changes/": {
    query: {
      limit?: number;
      since: number;
    };
    200: ChangesPage;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    410: Problem;
  };
  "POST /api/notifications/mark-all-read/": {
    200: Count;
    401: Problem;
    403: Problem;
  };
  "POST /api/notifications/mark-seen/": {
    body: ShownRequest;
    200: Count;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/notifications/preferences/": {
    200: Hears[];
    401: Problem;
    403: Problem;
  };
  "PATCH /api/notifications/preferences/": {
    body: HearsRequest[];
    200: Hears[];
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/notifications/unread-count/": {
    200: UnreadCount;
    401: Problem;
    403: Problem;
  };
  "GET /api/tasks/{id}/": {
    path: {
      id: number;
    };
    200: TaskChange;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PATCH /api/tasks/{id}/": {
    path: {
      id: number;
    };
    body: PatchedTaskChangeRequest;
    200: TaskChange;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/tasks/{id}/reminder/": {
    path: {
      id: number;
    };
    200: Reminder;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PUT /api/tasks/{id}/reminder/": {
    path: {
      id: number;
    };
    body: ReminderRequest;
    200: Reminder;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "DELETE /api/tasks/{id}/reminder/": {
    path: {
      id: number;
    };
    204: undefined;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "GET /api/tasks/{id}/repeat/": {
    path: {
      id: number;
    };
    200: RepeatAnswer;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "PUT /api/tasks/{id}/repeat/": {
    path: {
      id: number;
    };
    body: RepeatRequest;
    200: RepeatAnswer;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "DELETE /api/tasks/{id}/repeat/": {
    path: {
      id: number;
    };
    204: undefined;
    401: Problem;
    403: Problem;
    404: Problem;
  };
  "POST /api/tasks/{id}/snooze/": {
    path: {
      id: number;
    };
    body: SnoozeRequest;
    200: Reminder;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
    404: Problem;
    413: Problem;
    415: Problem;
  };
  "GET /api/users/": {
    query?: {
      cursor?: string;
      pageSize?: number;
    };
    200: PaginatedUserList;
    400: FieldProblems | Problem;
    401: Problem;
    403: Problem;
  };
}

// The socket

export type ServerFrame =
  | {
  type: "hello";
  protocol: 1;
  userId: number;
  seq: number;
  unreadCount: number;
}
  | {
  type: "notification:created";
  action: "add";
  seq: number;
  unreadCount: number;
  notification: Notification;
}
  | {
  type: "notification:updated";
  seq: number;
  unreadCount: number;
  notification: Notification;
}
  | {
  type: "notification:deleted";
  seq: number;
  unreadCount: number;
  id: string;
}
  | {
  type: "notifications:bulk-updated";
  action: "mark-all-read";
  count: number;
  seq: number;
  unreadCount: number;
}
  | {
  type: "sync";
  since: number;
  seq: number;
  unreadCount: number;
  changed: Notification[];
  removed: string[];
  hasMore: boolean;
}
  | {
  type: "sync:reset";
  seq: number;
  unreadCount: number;
}
  | {
  type: "heartbeat";
  seq: number;
}
  | {
  type: "lead:created";
  action: "add";
  lead: Lead;
}
  | {
  type: "lead:updated";
  action: "change";
  lead: Lead;
}
  | {
  type: "lead:deleted";
  id: number;
}
  | {
  type: "lead:presence";
  id: number;
  userIds: number[];
}
  | {
  type: "lead:mentioned";
  id: number;
  entryId: number;
}
  | {
  type: "lead:appointments";
  id: number;
}
  | {
  type: "new_message";
  message: Message;
}
  | {
  type: "chat:state";
  seq: number;
  unreadCount: number;
}
  | {
  type: "chat:read";
  readerId: number;
  senderId: number;
  upTo: number;
  at: string;
  seq: number;
  unreadCount: number;
}
  | {
  type: "chat:delivered";
  recipientId: number;
  upTo: number;
  at: string;
  seq: number;
  unreadCount: number;
}
  | {
  type: "chat:typing";
  userId: number;
}
  | {
  type: "chat:sync";
  since: number;
  seq: number;
  unreadCount: number;
  changed: Message[];
  delivered: number[];
  hasMore: boolean;
}
  | {
  type: "chat:reset";
  seq: number;
  unreadCount: number;
}
  | {
  type: "ack";
  requestId: string | number;
  lead: Lead;
}
  | {
  type: "error";
  code: "bad_frame" | "unknown_type" | "invalid";
  detail: string;
  requestId?: string | number;
};

export type ClientFrame =
  | {
  type: "sync";
  since: number;
  limit?: number;
}
  | {
  type: "ack";
  seq: number;
}
  | {
  type: "chat:sync";
  since: number;
}
  | {
  type: "chat:ack";
  seq: number;
}
  | {
  type: "chat:typing";
  to: number;
}
  | {
  type: "lead:create";
  requestId: string | number;
  lead: LeadRequest;
};
