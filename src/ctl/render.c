/*
 * Render: what people read on a terminal
 *
 * Everything from outside passes text_printable() on its way.
 */
#include "ctl/render.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/text.h"
#include "ctl/table.h"

bool color_wanted(const ColorEnv *e) {
        static const char *const never[] = { "0", "no", "n", "false", "f", "off" };

        if (e->systemd && *e->systemd) {
                for (size_t i = 0; i < ARRAY_SIZE(never); i++)
                        if (strcasecmp(e->systemd, never[i]) == 0)
                                return false;
                return true; /* yes, or how many */
        }
        return e->terminal && !(e->no_color && *e->no_color) && !text_equal(e->term, "dumb");
}

bool render_color(bool no_color) {
        ColorEnv e = { getenv("SYSTEMD_COLORS"), getenv("NO_COLOR"), getenv("TERM"), isatty(STDOUT_FILENO) };

        return !no_color && color_wanted(&e);
}

unsigned render_width(void) {
        const char *columns = getenv("COLUMNS");
        struct winsize w = { 0 };

        if (columns && atoi(columns) > 0)
                return (unsigned) atoi(columns);
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0)
                return 0;
        return w.ws_col ? w.ws_col : 80;
}

bool ctl_json(const Ctl *ctl, json_t *doc) {
        if (!ctl->json)
                return false;
        (void) json_dumpf(doc, stdout, JSON_INDENT(2));
        (void) putchar('\n');
        json_decref(doc);
        return true;
}

const char *json_get(const json_t *o, const char *key) {
        return text_or(json_string_value(json_object_get(o, key)), "");
}

usec_t json_get_instant(const json_t *o, const char *key) {
        usec_t t;

        return rfc3339_parse(json_get(o, key), &t) < 0 ? 0 : t;
}

bool json_is_over(const json_t *window) {
        const char *state = json_get(window, "state");

        return strcmp(state, "completed") == 0 || strcmp(state, "cancelled") == 0;
}

const char *render_relative(usec_t t, usec_t now, char buf[static RELATIVE_SIZE]) {
        char span[SPAN_SIZE];
        usec_t d = t > now ? t - now : now - t;

        if (t == 0 || t == USEC_INFINITY)
                return "";
        d -= d % USEC_PER_SEC;
        if (d == 0)
                return "now";
        (void) span_format(d, true, span);
        (void) snprintf(buf, RELATIVE_SIZE, t > now ? "in %s" : "%s ago", span);
        return buf;
}

const char *render_instant(const Ctl *ctl, usec_t t, const char *zone, char buf[static ZONED_SIZE]) {
        const Zone *z;
        char utc[RFC3339_SIZE];

        if (t == 0 || t == USEC_INFINITY)
                return "";
        if (!ctl->zones || (zones_get(ctl->zones, text_or(zone, "UTC"), &z) < 0 && zones_get(ctl->zones, "UTC", &z) < 0)) {
                (void) snprintf(buf, ZONED_SIZE, "%s", rfc3339_format(t, utc));
                return buf;
        }
        return zone_format(z, t, true, false, buf);
}

const char *render_second(const Ctl *ctl, usec_t t, char buf[static ZONED_SIZE]) {
        const Zone *z;

        if (t == 0 || t == USEC_INFINITY || !ctl->zones || zones_get(ctl->zones, "UTC", &z) < 0)
                return render_instant(ctl, t, NULL, buf);
        return zone_format(z, t, true, true, buf);
}

const char *render_state_style(const char *state) {
        static const struct { const char *state, *style; } styles[] = {
                { "in_progress", STYLE_YELLOW }, { "completed", STYLE_DIM }, { "cancelled", STYLE_DIM },
        };

        for (size_t i = 0; i < ARRAY_SIZE(styles); i++)
                if (text_equal(state, styles[i].state))
                        return styles[i].style;
        return "";
}

void render_heading(const Ctl *ctl, const char *text, const char *style) {
        (void) printf(ctl->color ? "%s%s\x1b[0m\n" : "%.0s%s\n", style, text);
}

void render_line(const Ctl *ctl, const char *style, bool cut, const char *fmt, ...) {
        auto_(free) char *text = NULL, *safe = NULL;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&text, fmt, ap) < 0)
                text = NULL;
        va_end(ap);
        safe = text ? text_printable(text, cut && ctl->width ? ctl->width : 0) : NULL;
        (void) fputs(ctl->color ? style : "", stdout);
        text_wrap(stdout, text_or(safe, "?"), 0, safe ? MIN(strspn(safe, " "), (size_t) 12) + 4 : 0, ctl->width);
        (void) fputs(ctl->color && *style ? "\x1b[0m\n" : "\n", stdout);
}

size_t render_diagnostics(const json_t *diagnostics, const char *prefix, FILE *f) {
        size_t i, errors = 0;
        json_t *d;

        json_array_foreach((json_t *) diagnostics, i, d) {
                const char *file = json_get(d, "file");
                auto_(free) char *safe_file = text_printable(file, 0), *safe = text_printable(json_get(d, "message"), 0);
                int line = (int) json_integer_value(json_object_get(d, "line")), column = (int) json_integer_value(json_object_get(d, "column"));
                bool error = text_equal(json_get(d, "severity"), "error");

                errors += error;
                if (!*file) /* about the tree as a whole */
                        (void) fputs("maintctl:", f);
                else
                        (void) fprintf(f, "%s%s%s:", *prefix && *file != '/' ? prefix : "", *prefix && *file != '/' ? "/" : "", text_or(safe_file, "?"));
                if (line > 0)
                        (void) fprintf(f, "%d:%d:", line, column);
                if (error)
                        (void) fprintf(f, " error: %s\n", text_or(safe, "?"));
                else /* with the name by which it can be switched off */
                        (void) fprintf(f, " warning: %s [%s]\n", text_or(safe, "?"), json_get(d, "code"));
        }
        return errors;
}
