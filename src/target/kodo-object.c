/*
 * Kodo's maintenance object
 *
 * Everything assumed about the members of the resource stands in the table below and nowhere else: the name we write, and the
 * names we understand when reading, for hosted Kodo's are modelled on its documented siblings.
 */
#include "base/limits.h"
#include "target/kodo.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

typedef enum Member {
        MEMBER_ID, MEMBER_STATUS, MEMBER_TITLE, MEMBER_BODY, MEMBER_START, MEMBER_END, MEMBER_SERVICES, MEMBER_IMPACT, MEMBER_REMINDERS,
        MEMBER_MARKER, MEMBER_OWNER, MEMBER_VERSION, MEMBER_UPDATES, MEMBER_STARTED, MEMBER_ENDED,
} Member;
#define MEMBERS (MEMBER_ENDED + 1)

/* The first is the one we write. */
static const char *const members[MEMBERS][7] = {
        [MEMBER_ID] = { "id" },
        [MEMBER_STATUS] = { "status" },
        [MEMBER_TITLE] = { "title", "name" },
        [MEMBER_BODY] = { "description", "message" },
        [MEMBER_START] = { "scheduled_start", "scheduled_start_at", "scheduled_for", "starts_at", "start_time" },
        [MEMBER_END] = { "scheduled_end", "scheduled_end_at", "scheduled_until", "ends_at", "end_time" },
        [MEMBER_SERVICES] = { "service_ids", "services" },
        [MEMBER_IMPACT] = { "impact" },
        [MEMBER_REMINDERS] = { "reminder_minutes" },
        [MEMBER_MARKER] = { "external_id" },
        [MEMBER_OWNER] = { "owner" },
        [MEMBER_VERSION] = { "version" },
        [MEMBER_UPDATES] = { "updates" },
        [MEMBER_STARTED] = { "started_at" },
        [MEMBER_ENDED] = { "completed_at", "cancelled_at" },
};

/* What FIELD_EXTRA consists of, in the order of its canonical text: "schedule=1 start=1 complete=1 …". */
static const struct {
        const char *name, *member;
        size_t notify;          /* of Notify */
        bool page_only;
} flags[] = {
        { "schedule", "notify_on_schedule", offsetof(Notify, scheduled), false },
        { "start", "notify_on_start", offsetof(Notify, started), false },
        { "complete", "notify_on_complete", offsetof(Notify, completed), false },
        { "cancel", "notify_on_cancel", offsetof(Notify, cancelled), true },
        { "update", "notify_on_update", offsetof(Notify, updated), true },
};
#define MONITORS "pause_monitors"
#define HOSTED_HOST "kodostatus.com"

static json_t *get(const json_t *o, Member m) {
        return json_member(o, members[m]);
}

bool kodo_is_page(const Target *t) {
        return text_equal(target_fact(t, "product"), "page");
}

/* Hosted Kodo is one server on the Internet; whatever else speaks its conventions is most likely the page. */
const char *const *kodo_assumed(const Target *t) {
        static const char *const hosted[] = { "product", "hosted", NULL }, *const page[] = { "product", "page", NULL };
        const char *host = strstr(t->url, "://");
        size_t n, own = strlen(HOSTED_HOST);

        host = host ? host + strlen("://") : t->url;
        n = strcspn(host, ":/");
        if (n < own || strncasecmp(host + n - own, HOSTED_HOST, own) != 0)
                return page;
        return n == own || host[n - own - 1] == '.' ? hosted : page;
}

const json_t *kodo_unwrap(const json_t *document) {
        const json_t *inner = json_object_get(document, "maintenance");

        return json_is_object(inner) ? inner : document;
}

const json_t *kodo_list(const json_t *document) {
        static const char *const names[] = { "maintenance", "maintenances", "maintenance_windows", "data" };

        if (json_is_array(document))
                return document;
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                const json_t *list = json_object_get(document, names[i]);

                if (json_is_array(list))
                        return list;
        }
        return NULL;
}

/* A string as it is, an integer as digits, else "". NULL: out of memory. */
static const char *text_of(const json_t *v, Arena *a) {
        if (json_is_integer(v))
                return arena_printf(a, "%lld", (long long) json_integer_value(v));
        return json_is_string(v) ? arena_strdup(a, json_string_value(v)) : "";
}

/* An id as such, or a name of the catalogue. */
static const char *service_of(const Target *t, const json_t *v, Arena *a) {
        const char *text = json_is_object(v) ? json_text(v, "id") : json_string_value(v), *id = NULL;

        if (!text)
                return NULL;
        for (size_t i = 0; i < t->n_remote && !json_is_object(v); i++) {
                if (strcmp(t->remote[i].id, text) == 0)
                        break;
                if (strcmp(t->remote[i].name, text) == 0)
                        id = t->remote[i].id;
        }
        return arena_strdup(a, id ? id : text);
}

static int read_services(const Target *t, const json_t *list, Arena *a, Strv *ret) {
        size_t n = json_array_size(list), i;
        Strv v = { .items = arena_array(a, n + 1, sizeof(*v.items)) };
        const json_t *item;

        if (!v.items)
                return -ENOMEM;
        json_array_foreach(list, i, item) {
                const char *id = service_of(t, item, a);

                if (id)
                        v.items[v.n++] = id;
        }
        strv_sort_unique(&v);
        *ret = v;
        return 0;
}

static int compare_minutes(const void *a, const void *b) {
        const uint64_t *x = a, *y = b;

        return *x < *y ? -1 : *x > *y;
}

/* "60,1440": ascending, each once; sorts @m. NULL when memory is out. */
static const char *minutes_format(uint64_t *m, size_t n, Arena *a) {
        const char *s = "";

        if (n > 1)
                qsort(m, n, sizeof(*m), compare_minutes);
        for (size_t i = 0; i < n && s; i++)
                if (i == 0 || m[i] != m[i - 1])
                        s = arena_printf(a, "%s%s%llu", s, *s ? "," : "", (unsigned long long) m[i]);
        return s;
}

/* One integer, or a list of them. */
static const char *read_reminders(const json_t *v, Arena *a) {
        uint64_t minutes[REMINDERS_MAX];
        size_t n = 0, size = json_is_array(v) ? json_array_size(v) : 1;

        for (size_t i = 0; i < size && n < REMINDERS_MAX; i++) {
                json_int_t m = json_integer_value(json_is_array(v) ? json_array_get(v, i) : v);

                if (m > 0)
                        minutes[n++] = (uint64_t) m;
        }
        return minutes_format(minutes, n, a);
}

/* A flag that is not shown has its default, true. */
static bool shown_true(const json_t *o, const char *member) {
        return !json_is_false(json_object_get(o, member));
}

/* By hand, for it is made for every window of every plan and every listing. */
static const char *extra_format(bool page, const bool on[ARRAY_SIZE(flags)], bool pause, Arena *a) {
        char text[128], *end = text;

        for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
                if (page || !flags[i].page_only) {
                        end = stpcpy(stpcpy(end, end == text ? "" : " "), flags[i].name);
                        end = stpcpy(end, on[i] ? "=1" : "=0");
                }
        if (page)
                end = stpcpy(end, pause ? " monitors=pause" : " monitors=keep");
        assert(end < text + sizeof(text));
        return arena_strndup(a, text, (size_t) (end - text));
}

static const char *read_extra(bool page, const json_t *o, Arena *a) {
        bool on[ARRAY_SIZE(flags)];

        for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
                on[i] = shown_true(o, flags[i].member);
        return extra_format(page, on, shown_true(o, MONITORS), a);
}

static int read_messages(const json_t *updates, Arena *a, Observed *ret) {
        uint64_t *hashes = arena_array(a, json_array_size(updates) + 1, sizeof(*hashes));
        const json_t *u;
        size_t i, n = 0;

        if (!hashes)
                return -ENOMEM;
        json_array_foreach(updates, i, u) {
                const char *text = json_text(u, "message");

                if (text && *text)
                        hashes[n++] = message_hash(text);
        }
        ret->messages = hashes;
        ret->n_messages = n;
        return 0;
}

static usec_t truncate_second(usec_t t) {
        return t - t % USEC_PER_SEC;
}

static usec_t instant_or_zero(const json_t *v) {
        usec_t t;

        return json_instant(v, &t) == 0 ? t : 0;
}

/* What must be there for an object to be one at all. */
static int read_essence(const json_t *o, Arena *a, Observed *ret) {
        const char *status = json_string_value(get(o, MEMBER_STATUS)), *title = json_string_value(get(o, MEMBER_TITLE));
        int state = status ? state_from_string(status) : -EINVAL;

        if (state < 0 || !title || json_instant(get(o, MEMBER_START), &ret->object.start) < 0 ||
            json_instant(get(o, MEMBER_END), &ret->object.end) < 0)
                return -EBADMSG;
        ret->state = (State) state;
        ret->object.start = truncate_second(ret->object.start);
        ret->object.end = truncate_second(ret->object.end);
        ret->object.title = arena_strdup(a, title);
        ret->remote_id = text_of(get(o, MEMBER_ID), a);
        if (!ret->object.title || !ret->remote_id)
                return -ENOMEM;
        return remote_id_valid(ret->remote_id) ? 0 : -EBADMSG;
}

int kodo_read(const Target *t, const json_t *o, Arena *a, Observed *ret) {
        bool page = kodo_is_page(t);
        Observed x = { .object.part = "" };
        int r;

        r = read_essence(o, a, &x);
        if (r >= 0)
                r = read_services(t, get(o, MEMBER_SERVICES), a, &x.object.services);
        if (r >= 0)
                r = read_messages(get(o, MEMBER_UPDATES), a, &x);
        if (r < 0)
                return r;
        x.object.body = text_of(get(o, MEMBER_BODY), a);
        x.object.impact = text_of(get(o, MEMBER_IMPACT), a);
        x.object.reminders = read_reminders(get(o, MEMBER_REMINDERS), a);
        x.object.marker = text_of(get(o, MEMBER_MARKER), a);
        x.object.extra = read_extra(page, o, a);
        x.owner = text_of(get(o, MEMBER_OWNER), a);
        x.version = text_of(get(o, MEMBER_VERSION), a);
        if (!x.object.body || !x.object.impact || !x.object.reminders || !x.object.marker || !x.object.extra || !x.owner || !x.version)
                return -ENOMEM;
        x.started = instant_or_zero(get(o, MEMBER_STARTED));
        x.ended = instant_or_zero(get(o, MEMBER_ENDED));
        *ret = x;
        return 0;
}

static int project_services(const Target *t, const Window *w, Arena *a, Strv *ret, const char **ret_problem) {
        Strv v = { .items = arena_array(a, w->services.n + 1, sizeof(*v.items)) };

        if (!v.items)
                return -ENOMEM;
        for (size_t i = 0; i < w->services.n; i++) {
                const char *id = target_service(t, KODO_SERVICE, w->services.items[i]);

                if (!id) {
                        *ret_problem = target_service_problem(t, KODO_SERVICE, w->services.items[i], a);
                        return *ret_problem ? -ENOKEY : -ENOMEM;
                }
                v.items[v.n++] = arena_strdup(a, id);
                if (!v.items[v.n - 1])
                        return -ENOMEM;
        }
        strv_sort_unique(&v);
        *ret = v;
        return 0;
}

/* Whole minutes, at least one; hosted Kodo takes a single reminder: the longest, which leaves people most time. */
static const char *project_reminders(const Notify *n, bool page, Arena *a) {
        uint64_t minutes[REMINDERS_MAX];
        size_t count = page ? n->n_reminders : MIN(n->n_reminders, (size_t) 1);

        for (size_t i = 0; i < count; i++)
                minutes[i] = MAX(n->reminders[i] / USEC_PER_MINUTE, (usec_t) 1);
        return minutes_format(minutes, count, a);
}

static const char *project_extra(const Window *w, bool page, Arena *a) {
        bool on[ARRAY_SIZE(flags)];

        for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
                on[i] = *(const bool *) ((const char *) w->notify + flags[i].notify);
        return extra_format(page, on, w->mute, a);
}

int kodo_project(const Target *t, const Window *w, unsigned generation, Arena *a, Object **ret, size_t *ret_n,
                 const char **ret_problem) {
        Object *o = arena_new0(a, Object);
        bool page = kodo_is_page(t);
        char marker[MARKER_SIZE];
        int r;

        if (!o)
                return -ENOMEM;
        r = project_services(t, w, a, &o->services, ret_problem);
        if (r < 0)
                return r;
        o->part = "";
        o->start = truncate_second(w->start);
        o->end = MAX(truncate_second(w->end), o->start + USEC_PER_SEC);
        o->title = arena_strdup(a, w->title);
        o->body = arena_strdup(a, text_or(w->body, ""));
        o->impact = page ? impact_to_string(w->impact) : "";
        o->reminders = project_reminders(w->notify, page, a);
        o->marker = page ? arena_strdup(a, marker_format(t->instance, w->key, generation, "", KODO_MARKER_MAX, marker)) : "";
        o->extra = project_extra(w, page, a);
        if (!o->title || !o->body || !o->reminders || !o->marker || !o->extra)
                return -ENOMEM;
        *ret = o;
        *ret_n = 1;
        return 0;
}

/* The json_object_set_new() family takes the value over, also when it fails, and fails on NULL. */
static int put(json_t *to, const char *name, json_t *value) {
        return json_object_set_new(to, name, value) == 0 ? 0 : -ENOMEM;
}

static int put_member(json_t *to, Member m, json_t *value) {
        return put(to, members[m][0], value);
}

static json_t *instant_json(usec_t t) {
        char buf[RFC3339_SIZE];

        return json_string(rfc3339_format(t, buf));
}

static json_t *strv_json(const Strv *v) {
        json_t *list = json_array();

        for (size_t i = 0; i < v->n; i++)
                if (json_array_append_new(list, json_string(v->items[i])) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

/* maintd-page takes a list; hosted Kodo one integer, or null to have none. */
static json_t *reminders_json(const char *s, bool page) {
        json_t *list;
        char *end;

        if (!page)
                return *s ? json_integer(strtoll(s, NULL, 10)) : json_null();
        list = json_array();
        for (; list && *s; s = *end == ',' ? end + 1 : end)
                if (json_array_append_new(list, json_integer(strtoll(s, &end, 10))) < 0 || end == s) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

/* Whether "name=VALUE" is a word of a canonical text. */
static bool extra_has(const char *extra, const char *name, const char *value) {
        size_t n = strlen(name), v = strlen(value);

        for (const char *p = extra; *p;) {
                size_t len = strcspn(p, " ");

                if (len == n + 1 + v && strncmp(p, name, n) == 0 && p[n] == '=' && strncmp(p + n + 1, value, v) == 0)
                        return true;
                p += len + strspn(p + len, " ");
        }
        return false;
}

static int write_extra(const char *extra, bool page, json_t *to) {
        int r = 0;

        for (size_t i = 0; i < ARRAY_SIZE(flags) && r >= 0; i++)
                if (page || !flags[i].page_only)
                        r = put(to, flags[i].member, json_boolean(!extra_has(extra, flags[i].name, "0")));
        if (r >= 0 && page)
                r = put(to, MONITORS, json_boolean(!extra_has(extra, "monitors", "keep")));
        return r;
}

static int write_marker(const Target *t, const char *marker, json_t *to) {
        int r = put_member(to, MEMBER_MARKER, json_string(marker));

        return r >= 0 && t->ledger_id ? put_member(to, MEMBER_OWNER, json_string(t->ledger_id)) : r;
}

int kodo_write(const Target *t, const Object *o, uint32_t fields, json_t *to) {
        bool page = kodo_is_page(t);
        int r = 0;

        if (fields & FIELD_TITLE)
                r = put_member(to, MEMBER_TITLE, json_string(o->title));
        if (r >= 0 && fields & FIELD_BODY)
                r = put_member(to, MEMBER_BODY, json_string(text_or(o->body, "")));
        if (r >= 0 && fields & FIELD_START)
                r = put_member(to, MEMBER_START, instant_json(o->start));
        if (r >= 0 && fields & FIELD_END)
                r = put_member(to, MEMBER_END, instant_json(o->end));
        if (r >= 0 && fields & FIELD_SERVICES)
                r = put_member(to, MEMBER_SERVICES, strv_json(&o->services));
        if (r >= 0 && fields & FIELD_IMPACT && page)
                r = put_member(to, MEMBER_IMPACT, json_string(o->impact));
        if (r >= 0 && fields & FIELD_REMINDERS)
                r = put_member(to, MEMBER_REMINDERS, reminders_json(text_or(o->reminders, ""), page));
        if (r >= 0 && fields & FIELD_MARKER && page)
                r = write_marker(t, o->marker, to);
        if (r >= 0 && fields & FIELD_EXTRA)
                r = write_extra(text_or(o->extra, ""), page, to);
        return r;
}

/* ── the other way round ── */

static int unproject_services(const Target *t, const Strv *ids, Arena *a, Strv *ret, const char **ret_problem) {
        Strv v = { .items = arena_array(a, ids->n + 1, sizeof(*v.items)) };

        if (!v.items)
                return -ENOMEM;
        for (size_t i = 0; i < ids->n; i++) {
                const char *service = target_service_named(t, KODO_SERVICE, ids->items[i]);

                if (!service) {
                        *ret_problem = arena_printf(a, "the configuration's services have no name for its service '%s' (%s)",
                                                    target_service_there(t, ids->items[i]), ids->items[i]);
                        return *ret_problem ? -ENOKEY : -ENOMEM;
                }
                v.items[v.n++] = service;
        }
        strv_sort_unique(&v);
        *ret = v;
        return 0;
}

/* "60,1440" into spans, longest first. */
static int unproject_notify(const Object *o, Arena *a, const Notify **ret) {
        Notify *n = arena_new0(a, Notify);
        const char *s = o->reminders;
        usec_t span;

        if (!n)
                return -ENOMEM;
        for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
                *(bool *) ((char *) n + flags[i].notify) = !extra_has(o->extra, flags[i].name, "0");
        while (n->n_reminders < REMINDERS_MAX && reminder_next(&s, &span)) {
                memmove(n->reminders + 1, n->reminders, n->n_reminders * sizeof(*n->reminders));
                n->reminders[0] = span;
                n->n_reminders++;
        }
        *ret = n;
        return 0;
}

int kodo_unproject(const Target *t, const Object *o, Arena *a, Window *ret, const char **ret_problem) {
        int impact = *o->impact ? impact_from_string(o->impact) : IMPACT_MAINTENANCE, r;
        Window w = {
                .key = { "", "" }, .start = o->start, .end = o->end, .title = o->title, .body = o->body, .message = "", .timezone = "UTC", .auto_start = true,
                .auto_complete = true, .mute = !extra_has(o->extra, "monitors", "keep"),
        };

        if (impact < 0) {
                *ret_problem = arena_printf(a, "its impact '%s' is none that a manifest has", o->impact);
                return *ret_problem ? -ENOKEY : -ENOMEM;
        }
        w.impact = (Impact) impact;
        r = unproject_services(t, &o->services, a, &w.services, ret_problem);
        if (r >= 0)
                r = unproject_notify(o, a, &w.notify);
        if (r >= 0)
                *ret = w;
        return r;
}
