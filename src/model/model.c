/*
 * The nouns of maintd: names, comparison, markers
 */
#include "model/model.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#define TABLE(fn, type, table, count) \
        _Static_assert(ARRAY_SIZE(table) == (count), "name every value"); \
        const char *fn##_to_string(type v) { \
                return (size_t) v < (count) ? table[v] : "?"; \
        } \
        int fn##_from_string(const char *s) { \
                for (size_t i = 0; i < (count); i++) \
                        if (strcmp(table[i], s) == 0) \
                                return (int) i; \
                return -EINVAL; \
        }

static const char *const state_names[] = { "scheduled", "in_progress", "completed", "cancelled" };
TABLE(state, State, state_names, STATES)

static const char *const impact_names[] = { "operational", "under_maintenance", "degraded", "partial_outage", "major_outage" };
TABLE(impact, Impact, impact_names, IMPACTS)

static const char *const status_names[] = { "live", "diverged", "gone", "claimed", "final" };
TABLE(status, Status, status_names, STATUSES)

static const char *const action_names[] = {
        [ACTION_CREATE] = "create", [ACTION_UPDATE] = "update", [ACTION_START] = "start", [ACTION_COMPLETE] = "complete",
        [ACTION_CANCEL] = "cancel", [ACTION_MESSAGE] = "message", [ACTION_EFFECT] = "effect", [ACTION_TELL] = "tell",
        [ACTION_ADOPT] = "adopt", [ACTION_FORGET] = "forget",
};
TABLE(action, ActionKind, action_names, ACTIONS)

static const char *const verdict_names[] = {
        [VERDICT_DONE] = "done", [VERDICT_ALREADY] = "already", [VERDICT_RETRY] = "retry", [VERDICT_LIMITED] = "limited",
        [VERDICT_UNKNOWN] = "unknown", [VERDICT_CONFLICT] = "conflict", [VERDICT_GONE] = "gone",
        [VERDICT_REFUSED] = "refused", [VERDICT_DENIED] = "denied",
};
TABLE(verdict, Verdict, verdict_names, VERDICTS)

const char *field_to_string(uint32_t field) {
        static const char *const names[FIELDS] = {
                "title", "description", "start", "end", "services", "impact", "reminders", "marker", "options",
        };

        for (unsigned i = 0; i < FIELDS; i++)
                if (field == BIT(i))
                        return names[i];
        return "?";
}

WindowSet *windowset_ref(WindowSet *s) {
        s->refs++;
        return s;
}

WindowSet *windowset_unref(WindowSet *s) {
        if (s && --s->refs == 0)
                s->release(s->owner);
        return NULL;
}

void windowset_unrefp(WindowSet **s) {
        (void) windowset_unref(*s);
}

static uint64_t strv_hash(const Strv *v) {
        uint64_t h = hash_u64(HASH_SEED, v->n);

        for (size_t i = 0; i < v->n; i++)
                h = hash_text(h, v->items[i]);
        return h;
}

/* An absent text and an empty one look the same at every target. */
static uint64_t field_hash(const char *s) {
        return hash_text(HASH_SEED, s ? s : "");
}

Print object_print(const Object *o) {
        return (Print) {
                .start = o->start, .end = o->end,
                .title = field_hash(o->title), .body = field_hash(o->body), .services = strv_hash(&o->services),
                .impact = field_hash(o->impact), .reminders = field_hash(o->reminders), .marker = field_hash(o->marker),
                .extra = field_hash(o->extra),
        };
}

static const char *copy(Arena *a, const char *s) {
        return arena_strdup(a, s ? s : "");
}

int object_copy(Arena *a, const Object *from, Object *ret) {
        *ret = (Object) {
                .part = copy(a, from->part), .start = from->start, .end = from->end, .title = copy(a, from->title), .body = copy(a, from->body),
                .impact = copy(a, from->impact), .reminders = copy(a, from->reminders), .marker = copy(a, from->marker), .extra = copy(a, from->extra),
                .services.items = arena_array(a, from->services.n + 1, sizeof(char *)),
        };
        if (!ret->part || !ret->title || !ret->body || !ret->impact || !ret->reminders || !ret->marker || !ret->extra || !ret->services.items)
                return -ENOMEM;
        for (; ret->services.n < from->services.n; ret->services.n++) {
                ret->services.items[ret->services.n] = copy(a, from->services.items[ret->services.n]);
                if (!ret->services.items[ret->services.n])
                        return -ENOMEM;
        }
        return 0;
}

/* The members of a Print in the order of FIELD_*; all are 64 bits wide. */
static const size_t print_members[FIELDS] = {
        offsetof(Print, title), offsetof(Print, body), offsetof(Print, start), offsetof(Print, end), offsetof(Print, services),
        offsetof(Print, impact), offsetof(Print, reminders), offsetof(Print, marker), offsetof(Print, extra),
};

uint32_t print_diff(const Print *a, const Print *b, uint32_t fields) {
        uint32_t diff = 0;

        for (unsigned i = 0; i < FIELDS; i++)
                if (memcmp((const char *) a + print_members[i], (const char *) b + print_members[i], sizeof(uint64_t)) != 0)
                        diff |= BIT(i);
        return diff & fields;
}

void print_copy(Print *to, const Print *from, uint32_t fields) {
        for (unsigned i = 0; i < FIELDS; i++)
                if (fields & BIT(i))
                        memcpy((char *) to + print_members[i], (const char *) from + print_members[i], sizeof(uint64_t));
}

uint64_t message_hash(const char *text) {
        return hash_text(HASH_SEED, text);
}

const char *key_format(WindowKey k, char buf[static KEY_SIZE]) {
        size_t m = strnlen(k.manifest, ID_MAX), o = strnlen(k.occurrence, OCCURRENCE_MAX);
        char *p = mempcpy(buf, k.manifest, m);

        if (o > 0) {
                *p++ = '@';
                p = mempcpy(p, k.occurrence, o);
        }
        *p = '\0';
        return buf;
}

int key_compare(WindowKey a, WindowKey b) {
        int r = strcmp(a.manifest, b.manifest);

        return r ? r : strcmp(a.occurrence, b.occurrence);
}

bool id_valid(const char *s) {
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._/-");

        return n > 0 && n <= ID_MAX && s[n] == '\0' && strchr("._/-", s[0]) == NULL;
}

bool id_fits_path(const char *s) {
        unsigned folders = 0;

        if (!id_valid(s))
                return false;
        for (const char *slash = s; (slash = strchr(slash, '/')); folders++)
                if (strchr("./_", *++slash)) /* the NUL, too */
                        return false;
        return folders <= TREE_DEPTH_MAX;
}

bool reminder_next(const char **at, usec_t *ret) {
        char *end;
        unsigned long minutes = strtoul(*at, &end, 10);

        if (end == *at)
                return false;
        *at = end + strspn(end, ",");
        *ret = minutes * USEC_PER_MINUTE;
        return true;
}

const char *marker_format(const char *instance, WindowKey key, unsigned generation, const char *part, size_t max,
                          char buf[static MARKER_SIZE]) {
        char name[KEY_SIZE];
        int n;

        n = snprintf(buf, MARKER_SIZE, "maintd:%s:%s#%u%s%s", instance, key_format(key, name), generation, *part ? "/" : "", part);
        if (max == 0 || (size_t) n <= max)
                return buf;
        (void) snprintf(buf, MARKER_SIZE, "maintd:%s:~%016llx#%u", instance, (unsigned long long) hash_text(hash_text(HASH_SEED, part), name), generation);
        return buf;
}

/* Copies text[0..n) into a field of a MarkerParts. */
static bool take(char *to, size_t size, const char *text, size_t n) {
        if (n >= size)
                return false;
        memcpy(to, text, n);
        to[n] = '\0';
        return true;
}

int marker_parse(const char *text, MarkerParts *ret) {
        const char *instance = text + strlen("maintd:"), *key, *hash, *at, *part;
        MarkerParts m = { 0 };
        unsigned long generation;
        char *end;

        if (!text_starts(text, "maintd:"))
                return -EINVAL;
        key = strchr(instance, ':');
        hash = key ? strchr(key, '#') : NULL;
        if (!hash || hash[1] < '0' || hash[1] > '9')
                return -EINVAL;
        at = memchr(key, '@', (size_t) (hash - key));
        errno = 0;
        generation = strtoul(hash + 1, &end, 10);
        if (errno || generation > UINT32_MAX || (*end && *end != '/'))
                return -EINVAL;
        part = *end ? end + 1 : "";
        key++;
        m.generation = (unsigned) generation;
        m.hashed = *key == '~';
        if (key - 1 == instance || !take(m.instance, sizeof(m.instance), instance, (size_t) (key - 1 - instance)) ||
            !take(m.manifest, sizeof(m.manifest), key, (size_t) ((at ? at : hash) - key)) ||
            !take(m.occurrence, sizeof(m.occurrence), at ? at + 1 : "", at ? (size_t) (hash - at - 1) : 0) ||
            !take(m.part, sizeof(m.part), part, strlen(part)))
                return -EINVAL;
        if (!m.hashed && !id_valid(m.manifest))
                return -EINVAL;
        *ret = m;
        return 0;
}
