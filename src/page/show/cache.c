/*
 * Cache: public answers, kept until something changes
 */
#include "page/show/cache.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/instant.h"
#include "base/text.h"

typedef struct Entry {
        char *key;                      /* owned; NULL: free */
        uint64_t generation;
        usec_t made, used;              /* CLOCK_BOOTTIME */
        Kept kept;
} Entry;

struct Cache {
        Entry entries[CACHE_ENTRIES];
};

Cache *cache_new(void) {
        return calloc(1, sizeof(Cache));
}

static void entry_clear(Entry *e) {
        free(e->key);
        free(e->kept.body);
        *e = (Entry) { 0 };
}

Cache *cache_free(Cache *c) {
        for (size_t i = 0; c && i < CACHE_ENTRIES; i++)
                entry_clear(&c->entries[i]);
        free(c);
        return NULL;
}

static Entry *find(Cache *c, const char *key) {
        for (size_t i = 0; i < CACHE_ENTRIES; i++)
                if (c->entries[i].key && strcmp(c->entries[i].key, key) == 0)
                        return &c->entries[i];
        return NULL;
}

const Kept *cache_find(Cache *c, const char *key, uint64_t generation, Now now) {
        Entry *e = find(c, key);

        if (!e || e->generation != generation || now.boot >= e->made + CACHE_FRESH)
                return NULL;
        e->used = now.boot;
        return &e->kept;
}

/* The one that has not been asked for longest, @but aside; NULL: there is none. */
static Entry *oldest(Cache *c, const Entry *but) {
        Entry *found = NULL;

        for (size_t i = 0; i < CACHE_ENTRIES; i++) {
                Entry *e = &c->entries[i];

                if (e != but && e->key && (!found || e->used < found->used))
                        found = e;
        }
        return found;
}

static void make_room(Cache *c, const Entry *but) {
        size_t total = 0;

        for (size_t i = 0; i < CACHE_ENTRIES; i++)
                total += c->entries[i].kept.size;
        for (Entry *e; total > CACHE_BYTES && (e = oldest(c, but));) {
                total -= e->kept.size;
                entry_clear(e);
        }
}

static Entry *place(Cache *c, const char *key) {
        Entry *e = find(c, key);

        if (e)
                return e;
        for (size_t i = 0; i < CACHE_ENTRIES && !e; i++)
                if (!c->entries[i].key)
                        e = &c->entries[i];
        if (!e)
                e = oldest(c, NULL);
        entry_clear(e);
        e->key = strdup(key);
        return e->key ? e : NULL;
}

const Kept *cache_put(Cache *c, const char *key, uint64_t generation, const char *type, char *body, size_t size, Now now) {
        Entry *e = place(c, key);
        Kept made = { .body = body, .size = size, .type = type, .modified = now.real };

        if (!e) {
                free(body);
                return NULL;
        }
        (void) snprintf(made.tag, sizeof(made.tag), "\"%016" PRIx64 "\"", hash_bytes(HASH_SEED, body, size));
        if (e->kept.body) /* dates have seconds: what is another body has another one, also where the clock was set back */
                made.modified = strcmp(e->kept.tag, made.tag) == 0 ? e->kept.modified : MAX(now.real, e->kept.modified + USEC_PER_SEC);
        free(e->kept.body);
        e->kept = made;
        e->generation = generation;
        e->made = e->used = now.boot;
        make_room(c, e);
        return &e->kept;
}

/* A list of tags, each perhaps with W/ before it: what a proxy has compressed is still what we sent. */
static bool names_tag(const char *list, const char *tag) {
        size_t n = strlen(tag);

        for (const char *p = list; *p;) {
                p += strspn(p, " \t,");
                if (*p == '*')
                        return true;
                if (text_starts(p, "W/"))
                        p += 2;
                if (strncmp(p, tag, n) == 0 && strchr(" \t,", p[n]))
                        return true;
                p += strcspn(p, ",");
        }
        return false;
}

bool kept_is_known(const Kept *k, const char *if_none_match, const char *if_modified_since) {
        usec_t since;

        if (if_none_match)
                return names_tag(if_none_match, k->tag);
        return if_modified_since && http_date_parse(if_modified_since, &since) == 0 && k->modified / USEC_PER_SEC <= since / USEC_PER_SEC;
}

const char *http_date_format(usec_t t, char buf[static HTTP_DATE_SIZE]) {
        unsigned month, day, second = (unsigned) (t % USEC_PER_DAY / USEC_PER_SEC);
        int64_t days = (int64_t) (t / USEC_PER_DAY);
        int year;

        civil_from_days(days, &year, &month, &day);
        (void) snprintf(buf, HTTP_DATE_SIZE, "%s, %02u %s %04d %02u:%02u:%02u GMT", weekday_short(days), day % 100, month_short(month),
                        year % 10000, second / 3600, second / 60 % 60, second % 60);
        return buf;
}

int http_date_parse(const char *text, usec_t *ret) {
        char month[4], again[HTTP_DATE_SIZE];
        unsigned day, year, hour, minute, second;
        usec_t t;
        unsigned m = 1;

        if (sscanf(text, "%*3s, %2u %3s %4u %2u:%2u:%2u GMT", &day, month, &year, &hour, &minute, &second) != 6)
                return -EINVAL;
        while (m <= 12 && strcmp(month_short(m), month) != 0)
                m++;
        if (m > 12 || year < 1970 || day == 0 || day > 31 || hour > 23 || minute > 59 || second > 59)
                return -EINVAL;
        t = (usec_t) days_from_civil((int) year, m, day) * USEC_PER_DAY +
            ((hour * 60 + minute) * 60 + second) * USEC_PER_SEC;
        if (strcmp(http_date_format(t, again), text) != 0)
                return -EINVAL;
        *ret = t;
        return 0;
}
