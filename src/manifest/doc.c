/*
 * Doc: canonical text of a manifest
 *
 * What the ledger keeps as the last good version of a manifest: YAML with every default written out, in a fixed order and layout, so
 * that it means the same when _defaults.yaml, the config or the catalogue have changed or gone.
 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/body.h"
#include "manifest/when.h"

/* Double quotes hold any text that a manifest may have. */
static void put_text(FILE *f, const char *s) {
        (void) fputc('"', f);
        for (size_t n; *s; s += n) {
                n = strcspn(s, "\"\\\n\t");
                (void) fwrite(s, 1, n, f);
                if (!s[n])
                        break;
                (void) fputc('\\', f);
                (void) fputc(s[n] == '\n' ? 'n' : s[n] == '\t' ? 't' : s[n], f);
                n++;
        }
        (void) fputc('"', f);
}

/* Where keys go: each on a line of its own, or within the braces of an override. */
typedef struct Doc { FILE *f; bool flow; bool any; } Doc;

static FILE *put_key(Doc *d, const char *key) {
        if (d->flow && d->any)
                (void) fputs(", ", d->f);
        d->any = true;
        (void) fprintf(d->f, "%s: ", key);
        return d->f;
}

static void end_key(Doc *d) {
        if (!d->flow)
                (void) fputc('\n', d->f);
}

static void put_pair(Doc *d, const char *key, const char *s) {
        put_text(put_key(d, key), s);
        end_key(d);
}

static void put_bool(Doc *d, const char *key, bool v) {
        (void) fputs(v ? "true" : "false", put_key(d, key));
        end_key(d);
}

static void put_when(Doc *d, const char *key, const When *w) {
        char buf[WHEN_SIZE];

        put_pair(d, key, when_format(w, buf));
}

static void put_span(Doc *d, const char *key, Span s) {
        char buf[SPAN_TEXT_SIZE];

        put_pair(d, key, span_write(s, buf));
}

static void put_strv(Doc *d, const char *key, const Strv *v) {
        FILE *f = put_key(d, key);

        (void) fputc('[', f);
        for (size_t i = 0; i < v->n; i++) {
                (void) fputs(i ? ", " : "", f);
                put_text(f, v->items[i]);
        }
        (void) fputc(']', f);
        end_key(d);
}

static void put_notify(Doc *d, const Notify *n) {
        Doc in = { .f = put_key(d, "notify"), .flow = true };
        char buf[SPAN_TEXT_SIZE];

        (void) fputc('{', in.f);
        put_bool(&in, "scheduled", n->scheduled);
        put_bool(&in, "started", n->started);
        put_bool(&in, "completed", n->completed);
        put_bool(&in, "cancelled", n->cancelled);
        put_bool(&in, "updated", n->updated);
        (void) fputs(", reminders: [", in.f);
        for (size_t i = 0; i < n->n_reminders; i++)
                (void) fprintf(in.f, "%s\"%s\"", i ? ", " : "", span_write((Span) { .exact = n->reminders[i] }, buf));
        (void) fputs("]}", in.f);
        end_key(d);
}

static void put_updates(Doc *d, const Body *b) {
        FILE *f = put_key(d, "updates");

        (void) fputc('[', f);
        for (size_t i = 0; i < b->n_updates; i++) {
                const UpdateSpec *u = &b->updates[i];
                Doc in = { .f = f, .flow = true };
                char span[SPAN_TEXT_SIZE], at[WHEN_SIZE + SPAN_TEXT_SIZE];

                if (u->from_start)
                        (void) snprintf(at, sizeof(at), "+%s", span_write(u->offset, span));
                else
                        (void) when_format(&u->when, at);
                (void) fputs(i ? ", {" : "{", f);
                put_pair(&in, "at", at);
                put_pair(&in, "message", u->message);
                (void) fputc('}', f);
        }
        (void) fputc(']', f);
        end_key(d);
}

static void put_body(Doc *d, const Body *b) {
        if (b->has & HAS_TITLE)
                put_pair(d, "title", b->title);
        if (b->has & HAS_DESCRIPTION)
                put_pair(d, "description", b->description);
        if (b->has & HAS_START)
                put_when(d, "start", &b->start);
        if (b->has & HAS_END)
                put_when(d, "end", &b->end);
        if (b->has & HAS_DURATION)
                put_span(d, "duration", b->duration);
        if (b->has & HAS_SERVICES)
                put_strv(d, "services", &b->services);
        if (b->has & HAS_IMPACT)
                put_pair(d, "impact", impact_to_string(b->impact));
        if (b->has & HAS_NOTIFY)
                put_notify(d, &b->notify);
        if (b->has & HAS_UPDATES)
                put_updates(d, b);
        if (b->has & HAS_STATE)
                put_pair(d, "state", state_to_string(b->state));
        if (b->has & HAS_MESSAGE)
                put_pair(d, "message", b->message);
}

static void put_date(FILE *f, const Except *e) {
        const Local *l = &e->when.local;
        char buf[WHEN_SIZE];

        if (e->whole_day)
                (void) fprintf(f, "\"%04d-%02u-%02u\"", l->year, l->month, l->day);
        else
                (void) fprintf(f, "\"%s\"", when_format(&e->when, buf));
}

static void put_recurrence(FILE *f, const Recurrence *r) {
        (void) fputs("recurrence:\n  rule: ", f);
        put_text(f, r->rule);
        (void) fputs("\n  except: [", f);
        for (size_t i = 0; i < r->n_except; i++) {
                (void) fputs(i ? ", " : "", f);
                put_date(f, &r->except[i]);
        }
        (void) fputs("]\n  extra: [", f);
        for (size_t i = 0; i < r->n_extra; i++) {
                (void) fputs(i ? ", " : "", f);
                put_date(f, &(Except) { .when = r->extra[i] });
        }
        (void) fputs("]\n", f);
        if (r->n_overrides)
                (void) fputs("  overrides:\n", f);
        for (size_t i = 0; i < r->n_overrides; i++) {
                Doc in = { .f = f, .flow = true };

                (void) fputs("    - {", f);
                put_when(&in, "occurrence", &r->overrides[i].occurrence);
                put_body(&in, &r->overrides[i].body);
                (void) fputs("}\n", f);
        }
}

static void put_labels(FILE *f, const char *const *labels) {
        (void) fputs("labels: {", f);
        for (const char *const *l = labels; *l; l += 2) {
                (void) fputs(l == labels ? "" : ", ", f);
                put_text(f, l[0]);
                (void) fputs(": ", f);
                put_text(f, l[1]);
        }
        (void) fputs("}\n", f);
}

static void put_manifest(FILE *f, const Manifest *m) {
        Doc d = { .f = f };

        put_pair(&d, "id", m->id);
        if (m->formerly)
                put_pair(&d, "formerly", m->formerly);
        put_body(&d, &m->body);
        put_pair(&d, "timezone", m->timezone);
        put_pair(&d, "monitors", m->mute ? "pause" : "keep");
        put_bool(&d, "auto_start", m->auto_start);
        put_bool(&d, "auto_complete", m->auto_complete);
        put_bool(&d, "suspend", m->suspend);
        if (m->has_announce)
                put_span(&d, "announce", m->announce);
        if (m->targets.n)
                put_strv(&d, "targets", &m->targets);
        if (m->labels && *m->labels)
                put_labels(f, m->labels);
        if (m->recurrence)
                put_recurrence(f, m->recurrence);
}

int manifest_to_doc(const Manifest *m, char **ret) {
        size_t size = 0;
        char *text = NULL;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return -ENOMEM;
        put_manifest(f, m);
        if (ferror(f) | fclose(f)) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

int manifest_from_doc(const char *doc, Manifest **ret) {
        static const YamlLimits limits = { DOC_BYTES_MAX, 1 };
        ParsedFile parsed;
        int r;

        r = documents_parse("", doc, strlen(doc), &limits, NULL, NULL, NULL, &parsed);
        if (r < 0)
                return r;
        if (parsed.n == 1)
                *ret = STEAL(parsed.manifests[0]);
        r = parsed.n == 1 ? 0 : -EINVAL;
        parsed.n = 0;
        parsed_file_done(&parsed);
        return r;
}
