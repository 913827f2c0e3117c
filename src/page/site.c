/*
 * The site: how the page presents itself
 *
 * libyaml reads; each key is a row of one table, with the function that takes its text. Only a map of plain texts is understood,
 * so there are no anchors, no nesting and no types to be surprised by.
 */
#include "page/site.h"

#include <assert.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <yaml.h>

#include "base/readfd.h"
#include "base/text.h"
#include "page/monitor/settings.h"
#include "page/subscribe/notices.h"

#define ACCENT_DEFAULT ((Colour) { 0x0b, 0x57, 0xb8 })

/* A file being read: what a taker needs to say where it is wrong. */
typedef struct Reading {
        const char *path;
        Site *site;
        bool accent_dark_given;
        yaml_mark_t mark;               /* of the value in hand */
        char *error;                    /* owned */
} Reading;

static int refuse(Reading *r, const char *fmt, ...) printf_(2, 3);
static int refuse(Reading *r, const char *fmt, ...) {
        auto_(free) char *text = NULL;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&text, fmt, ap) < 0)
                text = NULL;
        va_end(ap);
        if (text && !r->error)
                r->error = textf("%s:%zu:%zu: error: %s", r->path, r->mark.line + 1, r->mark.column + 1, text);
        return text ? -EINVAL : -ENOMEM;
}

static int keep(Reading *r, const char *text, const char **ret) {
        *ret = arena_strdup(r->site->arena, text);
        return *ret ? 0 : -ENOMEM;
}

static int take_title(Reading *r, const char *text) {
        size_t n = utf8_length(text, strlen(text)), step;
        uint32_t c;

        if (n == 0 || n == SIZE_MAX || n > PAGE_SITE_TITLE_MAX)
                return refuse(r, "title is 1 to %u characters", PAGE_SITE_TITLE_MAX);
        for (const char *p = text; (step = utf8_decode(p, strlen(p), &c)) > 0; p += step)
                if (codepoint_hostile(c))
                        return refuse(r, "title is one line without control or direction characters");
        return keep(r, text, &r->site->title);
}

/* An address as it may stand in a link: visible ASCII, a scheme that we know, and something behind it. */
static bool address_valid(const char *text, bool mail) {
        static const char *const schemes[] = { "https://", "http://", "mailto:" };
        size_t n = strlen(text);

        for (const char *p = text; *p; p++)
                if (*p <= ' ' || *p >= 0x7f || strchr("\"<>\\^`{|}", *p))
                        return false;
        for (size_t i = 0; i < (mail ? 3 : 2); i++)
                if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
                        return n > strlen(schemes[i]) && n <= URL_MAX && text[strlen(schemes[i])] != '/';
        return false;
}

static int take_url(Reading *r, const char *text) {
        auto_(free) char *url = strdup(text);

        if (!url)
                return -ENOMEM;
        for (size_t n = strlen(url); n > 0 && url[n - 1] == '/'; n--)
                url[n - 1] = '\0';
        if (!address_valid(url, false) || strpbrk(url, "?#"))
                return refuse(r, "url is where the world reaches the page, such as https://status.example.com");
        return keep(r, url, &r->site->url);
}

static int take_home(Reading *r, const char *text) {
        return address_valid(text, false) ? keep(r, text, &r->site->home) :
                                            refuse(r, "home is an address that begins with https:// or http://");
}

static int take_support(Reading *r, const char *text) {
        return address_valid(text, true) ? keep(r, text, &r->site->support) :
                                           refuse(r, "support is an address that begins with https://, http:// or mailto:");
}

static int take_footer(Reading *r, const char *text) {
        if (strlen(text) > PAGE_FOOTER_BYTES_MAX || utf8_length(text, strlen(text)) == SIZE_MAX)
                return refuse(r, "footer is Markdown of at most %u bytes", PAGE_FOOTER_BYTES_MAX);
        return keep(r, text, &r->site->footer);
}

static int take_colour(Reading *r, const char *key, const char *text, Colour ground, const char *where, Colour *ret) {
        char better[COLOUR_SIZE];
        Colour c;

        if (colour_parse(text, &c) < 0)
                return refuse(r, "%s is a colour such as \"#0b57b8\", in quotation marks, for # begins a comment", key);
        if (colour_contrast(c, ground) < CONTRAST_TEXT)
                return refuse(r, "%s: links in %s have a contrast of %.1f to 1 on the %s page, and reading needs 4.5; \"%s\" is near and"
                                 " would do", key, text, colour_contrast(c, ground), where,
                              colour_format(colour_readable(c, ground, CONTRAST_TEXT), better));
        *ret = c;
        return 0;
}

static int take_accent(Reading *r, const char *text) {
        return take_colour(r, "accent", text, GROUND_LIGHT, "light", &r->site->accent);
}

static int take_accent_dark(Reading *r, const char *text) {
        r->accent_dark_given = true;
        return take_colour(r, "accent_dark", text, GROUND_DARK, "dark", &r->site->accent_dark);
}

static int take_timezone(Reading *r, const char *text) {
        int e = zones_get(r->site->zones, text, &r->site->voice.zone);
        const char *meant;

        if (e >= 0 || e == -ENOMEM)
                return e;
        meant = zones_suggest(r->site->zones, text);
        return meant ? refuse(r, "timezone: there is no zone '%s', did you mean %s?", text, meant) :
                       refuse(r, "timezone: there is no zone '%s', names are such as Europe/Berlin", text);
}

static int take_language(Reading *r, const char *text) {
        int l = language_from_code(text);

        if (l < 0)
                return refuse(r, "language: '%s' is not spoken here, en and de are", text);
        r->site->voice.language = (Language) l;
        return 0;
}

static int take_log(Reading *r, const char *text) {
        static const char *const names[] = { [ACCESS_NOTHING] = "nothing", [ACCESS_FAILURES] = "failures", [ACCESS_WRITES] = "writes", [ACCESS_ALL] = "all" };

        for (size_t i = ACCESS_NOTHING; i < ARRAY_SIZE(names); i++)
                if (strcmp(text, names[i]) == 0) {
                        r->site->log = (AccessLog) i;
                        return 0;
                }
        return refuse(r, "log_requests is nothing, failures, writes or all");
}

/* By its content, whatever it is called. */
static const char *image_type(const char *data, size_t n) {
        static const struct {
                const char *magic, *type;
                size_t at, n;
        } known[] = { { "\x89PNG\r\n\x1a\n", "image/png", 0, 8 }, { "WEBP", "image/webp", 8, 4 }, { "\xff\xd8\xff", "image/jpeg", 0, 3 } };

        for (size_t i = 0; i < ARRAY_SIZE(known); i++)
                if (n >= known[i].at + known[i].n && memcmp(data + known[i].at, known[i].magic, known[i].n) == 0)
                        return known[i].type;
        return memmem(data, MIN(n, (size_t) 1024), "<svg", 4) ? "image/svg+xml" : NULL;
}

static int file_read(const char *path, size_t max, char **ret, size_t *ret_n) {
        __attribute__((cleanup(closep))) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        auto_(free) char *data = malloc(max + 2);
        struct stat st;
        size_t n = 0;
        int r;

        if (!data)
                return -ENOMEM;
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EISDIR;
        r = read_up_to(fd, data, max + 1, &n);
        if (r < 0)
                return r;
        if (n > max)
                return -EFBIG;
        data[n] = '\0';
        *ret = STEAL(data);
        *ret_n = n;
        return 0;
}

/* @text: a path, seen from where the file with the settings is. */
static int take_image(Reading *r, const char *key, const char *text, Logo *logo) {
        auto_(free) char *own = strdup(r->path), *path = NULL, *data = NULL;
        size_t n = 0;
        int e;

        path = own ? textf("%s%s%s", *text == '/' ? "" : dirname(own), *text == '/' ? "" : "/", text) : NULL;
        if (!path)
                return -ENOMEM;
        e = file_read(path, PAGE_LOGO_BYTES_MAX, &data, &n);
        if (e == -EFBIG)
                return refuse(r, "%s: %s is larger than %u KiB; each visitor would load it", key, path, PAGE_LOGO_BYTES_MAX / 1024);
        if (e < 0)
                return e == -ENOMEM ? e : refuse(r, "%s: cannot read %s: %s", key, path, strerror(-e));
        assert(data);
        logo->type = image_type(data, n);
        if (!logo->type)
                return refuse(r, "%s: %s is no SVG, PNG, WebP or JPEG", key, path);
        free(logo->data);
        logo->data = STEAL(data);
        logo->size = n;
        return 0;
}

static int take_logo(Reading *r, const char *text) {
        return take_image(r, "logo", text, &r->site->logo);
}

static int take_logo_dark(Reading *r, const char *text) {
        return take_image(r, "logo_dark", text, &r->site->logo_dark);
}

static const struct {
        const char *name;
        int (*take)(Reading *r, const char *text);
} keys[] = {
        { "title", take_title },       { "url", take_url },           { "home", take_home },
        { "support", take_support },   { "footer", take_footer },     { "accent", take_accent },
        { "accent_dark", take_accent_dark }, { "logo", take_logo },   { "logo_dark", take_logo_dark },
        { "timezone", take_timezone }, { "language", take_language }, { "log_requests", take_log },
        /* subscribe/notices.c takes these */
        { "mail_server", NULL },       { "mail_from", NULL },         { "mail_user", NULL },
        { "mail_ca", NULL },           { "mail_tls", NULL },          { "webhook_networks", NULL },
        { "trusted_proxies", NULL },   { "notice_retry", NULL },      { "notice_give_up", NULL },
        /* monitor/settings.c takes these */
        { "monitor_networks", NULL },  { "monitor_ca", NULL },        { "monitor_interval_min", NULL },
};
_Static_assert(ARRAY_SIZE(keys) <= 32, "find_key() has a bit for each");

static int take_elsewhere(Reading *r, const char *key, const char *text) {
        const char *wrong = strncmp(key, "monitor_", 8) == 0 ? monitor_rules_take(r->site, key, text) : notices_take(r->site, key, text);

        return wrong ? refuse(r, "%s: %s", key, wrong) : 0;
}

static int find_key(Reading *r, const char *name, unsigned *seen, size_t *ret) {
        const char *names[ARRAY_SIZE(keys)], *meant;
        auto_(free) char *shown = text_printable(name, WORD_MAX);

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
                names[i] = keys[i].name;
                if (strcmp(name, names[i]) != 0)
                        continue;
                if (*seen & BIT(i))
                        return refuse(r, "%s is here twice", name);
                *seen |= BIT(i);
                *ret = i;
                return 0;
        }
        meant = text_nearest(name, names, ARRAY_SIZE(names));
        return meant ? refuse(r, "unknown key '%s', did you mean %s?", shown ? shown : "", meant) :
                       refuse(r, "unknown key '%s'; maintd-page(8) lists them", shown ? shown : "");
}

/* The next event, which must be a text; 1: the map has ended. */
static int next_text(Reading *r, yaml_parser_t *parser, yaml_event_t *event) {
        if (!yaml_parser_parse(parser, event)) {
                r->mark = parser->problem_mark;
                return refuse(r, "this is no YAML: %s", text_or(parser->problem, "it cannot be read"));
        }
        r->mark = event->start_mark;
        if (event->type == YAML_MAPPING_END_EVENT)
                return 1;
        if (event->type != YAML_SCALAR_EVENT)
                return refuse(r, "each line is a key and a text, such as `title: Example Status`");
        if (strlen((const char *) event->data.scalar.value) != event->data.scalar.length)
                return refuse(r, "there is a NUL in this text");
        return 0;
}

static int read_pair(Reading *r, yaml_parser_t *parser, unsigned *seen) {
        yaml_event_t event = { 0 };
        size_t key = 0;
        int e = next_text(r, parser, &event);

        if (e == 0)
                e = find_key(r, (const char *) event.data.scalar.value, seen, &key);
        yaml_event_delete(&event);
        if (e != 0)
                return e;
        event = (yaml_event_t) { 0 };
        e = next_text(r, parser, &event);
        if (e == 0)
                e = keys[key].take ? keys[key].take(r, (const char *) event.data.scalar.value) :
                                     take_elsewhere(r, keys[key].name, (const char *) event.data.scalar.value);
        yaml_event_delete(&event);
        return e;
}

/* Up to the map's begin; 1: the file says nothing. */
static int read_begin(Reading *r, yaml_parser_t *parser) {
        yaml_event_type_t type;

        do {
                yaml_event_t event;

                if (!yaml_parser_parse(parser, &event)) {
                        r->mark = parser->problem_mark;
                        return refuse(r, "this is no YAML: %s", text_or(parser->problem, "it cannot be read"));
                }
                type = event.type;
                r->mark = event.start_mark;
                yaml_event_delete(&event);
        } while (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT);
        return type == YAML_MAPPING_START_EVENT ? 0 : type == YAML_STREAM_END_EVENT ? 1 :
               refuse(r, "this is a map of keys and texts, such as `title: Example Status`");
}

static int read_site(Reading *r, const char *text, size_t n) {
        yaml_parser_t parser;
        unsigned seen = 0;
        int e;

        if (!yaml_parser_initialize(&parser))
                return -ENOMEM;
        yaml_parser_set_input_string(&parser, (const unsigned char *) text, n);
        e = read_begin(r, &parser);
        while (e == 0)
                e = read_pair(r, &parser, &seen);
        yaml_parser_delete(&parser);
        if (e >= 0) {
                const char *wrong = notices_complete(r->site);

                e = wrong ? refuse(r, "%s", wrong) : 0;
        }
        return e;
}

int site_default(Site **ret) {
        auto_(site_free) Site *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->arena = arena_new();
        r = s->arena ? zones_new(NULL, &s->zones) : -ENOMEM;
        if (r >= 0)
                r = zones_get(s->zones, "UTC", &s->voice.zone);
        if (r < 0)
                return r;
        s->title = "Status";
        s->monitors.interval_min = PAGE_MONITOR_INTERVAL;
        (void) notices_complete(s);
        s->accent = ACCENT_DEFAULT;
        s->accent_dark = colour_readable(s->accent, GROUND_DARK, CONTRAST_TEXT + 2);
        *ret = STEAL(s);
        return 0;
}

int site_load(const char *path, Site **ret, char **reterr) {
        auto_(site_free) Site *s = NULL;
        auto_(free) char *text = NULL;
        Reading reading = { .path = path };
        size_t n = 0;
        int r = site_default(&s);

        if (r >= 0)
                r = file_read(path, PAGE_SITE_BYTES_MAX, &text, &n);
        if (r == -ENOENT || r == -ENOMEM)
                return r;
        reading.site = s;
        if (r >= 0)
                r = read_site(&reading, text, n);
        else if (s)
                r = refuse(&reading, "cannot read this: %s", strerror(-r));
        if (r < 0) {
                *reterr = reading.error;
                return reading.error ? -EINVAL : r;
        }
        if (!reading.accent_dark_given)
                s->accent_dark = colour_readable(s->accent, GROUND_DARK, CONTRAST_TEXT + 2);
        *ret = STEAL(s);
        return 0;
}

Site *site_free(Site *s) {
        if (!s)
                return NULL;
        free(s->logo.data);
        free(s->logo_dark.data);
        (void) zones_free(s->zones);
        (void) arena_free(s->arena);
        free(s);
        return NULL;
}
