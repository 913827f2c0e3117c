/*
 * Zone: wall clock ⇄ UTC, from the system's tzdata
 *
 * The C library knows one zone at a time and answers a skipped or repeated hour as it pleases, so tz files are read here.
 * Names come from manifests: only what is shaped like a name of tzdata is looked up, and only below the tz folder.
 */
#include "schedule/zone.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/beneath.h"
#include "base/limits.h"
#include "base/readfd.h"
#include "base/text.h"
#include "schedule/tzif.h"

#define REACH (26 * 3600)       /* no offset is larger */

/* Equal identities: the same content. */
typedef struct Identity { uint64_t dev, ino, size, mtime, mtime_ns, ctime, ctime_ns; } Identity;

struct Zone {
        Tzif *tzif;
        Identity identity;
        char name[];
};

struct Zones {
        int dir;
        Zone **items;   /* sorted by name; each owned */
        size_t n, allocated;
        char *index;    /* text of tzdata's list of names, cut into words; NULL: not read yet */
        const char **names;
        size_t n_names;
};

static void zone_free(Zone *z) {
        if (z)
                tzif_free(z->tzif);
        free(z);
}

static void zones_clear(Zones *z) {
        for (size_t i = 0; i < z->n; i++)
                zone_free(z->items[i]);
        z->n = 0;
        free(z->names);
        free(z->index);
        z->names = NULL;
        z->index = NULL;
        z->n_names = 0;
}

Zones *zones_free(Zones *z) {
        if (!z)
                return NULL;
        zones_clear(z);
        free(z->items);
        closep(&z->dir);
        free(z);
        return NULL;
}

int zones_new(const char *tzdir, Zones **ret) {
        auto_(zones_free) Zones *z = calloc(1, sizeof(*z));

        if (!z)
                return -ENOMEM;
        if (!tzdir)
                tzdir = text_or(getenv("TZDIR"), "/usr/share/zoneinfo");
        z->dir = open(tzdir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (z->dir < 0)
                return -errno;
        *ret = STEAL(z);
        return 0;
}

#define TZ_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY)     /* never waits for a FIFO */

static Identity identity_of(const struct stat *st) {
        return (Identity) { st->st_dev, st->st_ino, (uint64_t) st->st_size, (uint64_t) st->st_mtim.tv_sec, (uint64_t) st->st_mtim.tv_nsec,
                            (uint64_t) st->st_ctim.tv_sec, (uint64_t) st->st_ctim.tv_nsec };
}

/* The whole of a regular file of at most @max bytes, NUL behind it. */
static int read_beneath(int dir, const char *name, size_t max, char **ret, size_t *ret_n, Identity *ret_identity) {
        __attribute__((cleanup(closep))) int fd = open_beneath(dir, name, TZ_FLAGS);
        auto_(free) char *data = NULL;
        struct stat st;
        size_t n = 0;
        int r;

        if (fd < 0)
                return fd == -EXDEV || fd == -ELOOP || fd == -ENOTDIR ? -ENOENT : fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -ENOENT;
        if ((uint64_t) st.st_size > max)
                return -EBADMSG;
        data = malloc(max + 1);
        if (!data)
                return -ENOMEM;
        r = read_up_to(fd, data, max, &n);
        if (r < 0)
                return r;
        data[n] = '\0';
        *ret = STEAL(data);
        *ret_n = n;
        if (ret_identity)
                *ret_identity = identity_of(&st);
        return 0;
}

/* Where tz files of this name are no longer what was read. */
static bool zone_stale(const Zones *z, const Zone *zone) {
        __attribute__((cleanup(closep))) int fd = open_beneath(z->dir, zone->name, TZ_FLAGS);
        struct stat st;
        Identity now;

        if (fd < 0 || fstat(fd, &st) < 0)
                return true;
        now = identity_of(&st);
        return memcmp(&now, &zone->identity, sizeof(now)) != 0;
}

int zones_refresh(Zones *z) {
        for (size_t i = 0; i < z->n; i++)
                if (zone_stale(z, z->items[i])) {
                        zones_clear(z);
                        return 1;
                }
        return 0;
}

/* Words of letters, digits, "+", "-", "_" joined by "/": no dot, so no "..", and nothing absolute. */
static bool name_valid(const char *name) {
        size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/");

        return n > 0 && n <= TIMEZONE_MAX && name[n] == '\0' && name[0] != '/' && name[n - 1] != '/' && !strstr(name, "//");
}

/* Index of the first zone whose name is not less than @name. */
static size_t zones_find(const Zones *z, const char *name) {
        size_t low = 0, high = z->n;

        while (low < high) {
                size_t mid = low + (high - low) / 2;

                if (strcmp(z->items[mid]->name, name) < 0)
                        low = mid + 1;
                else
                        high = mid;
        }
        return low;
}

static int zone_read(const Zones *z, const char *name, Zone **ret) {
        size_t n = 0, len = strlen(name);
        auto_(free) char *data = NULL;
        Identity identity;
        Zone *zone;
        int r;

        r = read_beneath(z->dir, name, TZIF_BYTES_MAX, &data, &n, &identity);
        if (r < 0)
                return r;
        zone = calloc(1, sizeof(*zone) + len + 1);
        if (!zone)
                return -ENOMEM;
        memcpy(zone->name, name, len + 1);
        zone->identity = identity;
        r = tzif_parse(data, n, &zone->tzif);
        if (r < 0) {
                zone_free(zone);
                return r;
        }
        *ret = zone;
        return 0;
}

int zones_get(Zones *z, const char *name, const Zone **ret) {
        Zone *zone;
        size_t i;
        int r;

        if (!name_valid(name))
                return -EINVAL;
        i = zones_find(z, name);
        if (i < z->n && strcmp(z->items[i]->name, name) == 0) {
                *ret = z->items[i];
                return 0;
        }
        if (z->n >= ZONES_MAX || list_grow(&z->items, z->n, &z->allocated, sizeof(Zone *)) < 0)
                return -ENOMEM;
        r = zone_read(z, name, &zone);
        if (r < 0)
                return r;
        memmove(z->items + i + 1, z->items + i, (z->n - i) * sizeof(*z->items));
        z->items[i] = zone;
        z->n++;
        *ret = zone;
        return 0;
}

/* tzdata.zi has a line "Z NAME …" for each zone and "L TARGET NAME" for each second name. */
static char *index_name(char *line) {
        if (line[0] == 'Z' && line[1] == ' ')
                return line + 2;
        if (line[0] == 'L' && line[1] == ' ') {
                char *space = strchr(line + 2, ' ');

                return space ? space + 1 : NULL;
        }
        return NULL;
}

static int index_read(Zones *z) {
        auto_(free) const char **names = NULL;
        auto_(free) char *text = NULL;
        size_t n, count = 0, lines = 1;
        int r;

        r = read_beneath(z->dir, "tzdata.zi", ZONE_INDEX_BYTES_MAX, &text, &n, NULL);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                lines += text[i] == '\n';
        names = calloc(lines, sizeof(*names));
        if (!names)
                return -ENOMEM;
        for (char *save = NULL, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                char *name = index_name(line);

                if (!name)
                        continue;
                name[strcspn(name, " \t\r")] = '\0';
                names[count++] = name;
        }
        z->index = STEAL(text);
        z->names = STEAL(names);
        z->n_names = count;
        return 0;
}

const char *zones_suggest(Zones *z, const char *name) {
        const char *city = strrchr(name, '/');

        if (strlen(name) > TIMEZONE_MAX || (!z->index && index_read(z) < 0))
                return NULL;
        city = city ? city + 1 : name;
        /* "Berlin" and "Germany/Berlin" mean Europe/Berlin, however far the words are apart. */
        for (size_t i = 0; i < z->n_names && *city; i++) {
                const char *known = strrchr(z->names[i], '/');

                if (strcasecmp(known ? known + 1 : z->names[i], city) == 0)
                        return z->names[i];
        }
        return text_nearest(name, z->names, z->n_names);
}

int64_t local_wall(const Local *l) {
        return days_from_civil(l->year, l->month, l->day) * 86400 + l->hour * 3600 + l->minute * 60 + l->second;
}

Local wall_local(int64_t wall) {
        int64_t day = wall / 86400 - (wall % 86400 < 0), of_day = wall - day * 86400;
        Local l = { .hour = (unsigned) (of_day / 3600), .minute = (unsigned) (of_day / 60 % 60), .second = (unsigned) (of_day % 60) };

        civil_from_days(day, &l.year, &l.month, &l.day);
        return l;
}

static usec_t usec_of(int64_t seconds) {
        return seconds < 0 ? 0 : MIN((usec_t) seconds, USEC_LATEST / USEC_PER_SEC) * USEC_PER_SEC;
}

usec_t zone_wall_utc(const Zone *z, int64_t local, Clash *ret_clash) {
        int64_t utc = 0;
        Stretch s = tzif_stretch(z->tzif, local - REACH);
        Clash clash = CLASH_NONE;

        /* Stretches in order of time: the first whose own clock shows @local is the earliest instant that it can mean. */
        for (;;) {
                Stretch next;

                utc = local - s.offset;
                if (s.end == INT64_MAX || utc < s.end)
                        break;
                next = tzif_stretch(z->tzif, s.end);
                if (local - next.offset < next.start) {
                        clash = CLASH_GAP; /* past the end of one stretch, before the begin of the next */
                        break;
                }
                s = next;
        }
        /* Does a later stretch show it a second time? */
        while (ret_clash && clash == CLASH_NONE && s.end != INT64_MAX && s.end <= local + REACH) {
                s = tzif_stretch(z->tzif, s.end);
                if (local - s.offset >= s.start && local - s.offset < s.end)
                        clash = CLASH_FOLD;
        }
        if (ret_clash)
                *ret_clash = clash;
        return usec_of(utc);
}

usec_t zone_utc(const Zone *z, const Local *l, Clash *ret_clash) {
        return zone_wall_utc(z, local_wall(l), ret_clash);
}

int64_t zone_wall(const Zone *z, usec_t t) {
        int64_t utc = (int64_t) (MIN(t, USEC_LATEST) / USEC_PER_SEC);

        return utc + tzif_stretch(z->tzif, utc).offset;
}

int zone_next_clash(const Zone *z, usec_t t, usec_t *ret_at, Clash *ret, int64_t *ret_begin, int64_t *ret_end) {
        Stretch s = tzif_stretch(z->tzif, (int64_t) (MIN(t, USEC_LATEST) / USEC_PER_SEC));

        while (s.end < (int64_t) (USEC_LATEST / USEC_PER_SEC)) {
                Stretch next = tzif_stretch(z->tzif, s.end);

                if (next.offset != s.offset) {
                        *ret_at = usec_of(s.end);
                        *ret = next.offset > s.offset ? CLASH_GAP : CLASH_FOLD;
                        *ret_begin = s.end + MIN(s.offset, next.offset);
                        *ret_end = s.end + MAX(s.offset, next.offset);
                        return 1;
                }
                s = next;
        }
        return 0;
}

void zone_local(const Zone *z, usec_t t, Local *ret, int *ret_offset_s, const char **ret_abbreviation) {
        int64_t utc = (int64_t) (MIN(t, USEC_LATEST) / USEC_PER_SEC);
        Stretch s = tzif_stretch(z->tzif, utc);

        *ret = wall_local(utc + s.offset);
        if (ret_offset_s)
                *ret_offset_s = s.offset;
        if (ret_abbreviation)
                *ret_abbreviation = s.abbreviation;
}

const char *zone_name(const Zone *z) {
        return z->name;
}

const char *zone_format(const Zone *z, usec_t t, bool date, bool seconds, char buf[static ZONED_SIZE]) {
        int n = 0;
        Local l;

        zone_local(z, t, &l, NULL, NULL);
        if (date)
                n += snprintf(buf, ZONED_SIZE, "%04d-%02u-%02u ", l.year, l.month, l.day);
        n += snprintf(buf + n, ZONED_SIZE - (size_t) n, "%02u:%02u", l.hour, l.minute);
        if (seconds)
                n += snprintf(buf + n, ZONED_SIZE - (size_t) n, ":%02u", l.second);
        (void) snprintf(buf + n, ZONED_SIZE - (size_t) n, " %s", z->name);
        return buf;
}
