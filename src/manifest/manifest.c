/*
 * Manifest: from the documents of a file to typed manifests
 *
 * Two questions are kept apart: is a document fit for use, and which id does it speak of? A document with errors whose id is known
 * keeps its last good version in force; where an id cannot be known, nothing that seems to be missing may be withdrawn.
 */
#include "manifest/manifest.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/body.h"

/* ── Keys of a manifest alone ── */

static void read_id(void *context, const Node *v) {
        BodyReader *c = context;

        c->id = v; /* known before the document is read; see document_id() */
}

static void read_formerly(void *context, const Node *v) {
        BodyReader *c = context;
        const char *s = reader_scalar(c->r, v);

        if (!s)
                return;
        if (!id_valid(s))
                reader_error(c->r, v->mark, "bad-id", "'formerly' is no id: only a-z 0-9 . _ / - are allowed, at most %u bytes", ID_MAX);
        else if (strcmp(s, c->m->id) == 0)
                reader_error(c->r, v->mark, "bad-value", "'formerly' is the id it has now: remove it");
        else
                c->m->formerly = reader_got(c->r, arena_strdup(c->r->arena, s));
}

static void read_recurrence_later(void *context, const Node *v) {
        BodyReader *c = context;

        c->recurrence = v;
}

static void read_auto_start(void *context, const Node *v) {
        BodyReader *c = context;

        (void) reader_boolean(c->r, v, &c->m->auto_start);
}

static void read_auto_complete(void *context, const Node *v) {
        BodyReader *c = context;

        (void) reader_boolean(c->r, v, &c->m->auto_complete);
}

static void read_suspend(void *context, const Node *v) {
        BodyReader *c = context;

        (void) reader_boolean(c->r, v, &c->m->suspend);
}

static const Key keys[] = {
        { "title", read_title }, { "description", read_description }, { "start", read_start }, { "end", read_end },
        { "duration", read_duration }, { "timezone", read_timezone }, { "services", read_services }, { "notify", read_notify },
        { "updates", read_updates }, { "recurrence", read_recurrence_later }, { "id", read_id }, { "formerly", read_formerly },
        { "impact", read_impact }, { "monitors", read_monitors }, { "announce", read_announce }, { "state", read_state },
        { "message", read_message }, { "auto_start", read_auto_start }, { "auto_complete", read_auto_complete },
        { "targets", read_targets }, { "suspend", read_suspend }, { "labels", read_labels },
};

/* ── One document ── */

static void check_required(BodyReader *c, Mark root) {
        const Body *b = c->body;

        if (!(b->has & HAS_TITLE))
                reader_error(c->r, root, "missing-key", "missing key 'title'");
        if (!(b->has & HAS_START))
                reader_error(c->r, root, "missing-key", "missing key 'start', such as 2027-02-01T02:00");
        if (!(b->has & (HAS_END | HAS_DURATION)))
                reader_error(c->r, root, "missing-key", "missing key 'end' or 'duration'");
}

/* An absent text and an empty one are the same; what has a default is there. So a manifest equals its canonical text. */
static void settle(Body *b) {
        if (b->description && !*b->description)
                b->description = NULL;
        b->has &= HAS_END | HAS_DURATION;
        b->has |= HAS_TITLE | HAS_START | HAS_SERVICES | HAS_IMPACT | HAS_NOTIFY;
        b->has |= (b->description ? HAS_DESCRIPTION : 0) | (b->message ? HAS_MESSAGE : 0);
        b->has |= (b->n_updates ? HAS_UPDATES : 0) | (b->state != STATE_SCHEDULED ? HAS_STATE : 0);
}

static bool plain_name(const char *s) {
        while (*s >= ' ' && *s < 0x7f)
                s++;
        return !*s;
}

static int own_origin(Reader *r, Manifest *m, unsigned line) {
        auto_(free) char *escaped = NULL;

        if (!plain_name(r->file)) {
                escaped = text_printable(r->file, 0);
                if (!escaped)
                        return -ENOMEM;
        }
        m->origin = (Origin) { .file = arena_strdup(m->arena, escaped ? escaped : r->file), .commit = "", .line = line };
        return m->origin.file ? 0 : -ENOMEM;
}

static int own_timezone(Manifest *m, const Vocabulary *voc) {
        const char *zone = voc->timezone ? voc->timezone : "UTC";

        if (!m->timezone)
                m->timezone = arena_strdup(m->arena, zone);
        return m->timezone ? 0 : -ENOMEM;
}

/* About what is kept of a document besides the Manifest itself: texts become strings, lists arrays of them. */
static size_t kept_of(const Node *v) {
        size_t n = v->text ? strlen(v->text) + 1 : v->n * sizeof(char *);

        NODE_FOREACH(child, v)
                n += kept_of(child);
        return n;
}

/* 1: *ret is a manifest; 0: refused, and everything that is wrong has been said; -ENOMEM. */
static int document_read(const char *file, const Node *root, const char *id, const Vocabulary *voc, const Defaults *defaults,
                         Diagnostics *diags, Manifest **ret) {
        Reader r = { .file = file, .diags = diags, .n_errors = root->broken };
        auto_(manifest_free) Manifest *m = manifest_new(kept_of(root) + strlen(id) + strlen(file) + 2);
        BodyReader c = { .r = &r, .voc = voc, .m = m };
        Mark first = root->first ? root->first->key->mark : root->mark;

        if (!m)
                return -ENOMEM;
        r.arena = m->arena;
        c.body = &m->body;
        m->id = arena_strdup(m->arena, id);
        if (!m->id)
                return -ENOMEM;
        defaults_begin(m, defaults);
        if (reader_map(&r, root, keys, ARRAY_SIZE(keys), &c)) {
                check_required(&c, first);
                body_check(&c);
                if (c.recurrence)
                        read_recurrence(&c, c.recurrence);
        }
        if (r.error < 0)
                return r.error;
        if (r.n_errors > 0) {
                if (!voc->check_zone || !c.has_timezone || !m->timezone)
                        return 0;
                if (own_origin(&r, m, first.line) < 0)
                        return -ENOMEM;
                voc->check_zone(voc->userdata, m, diags);
                return 0;
        }
        if (defaults_end(&c) < 0 || own_timezone(m, voc) < 0 || own_origin(&r, m, first.line) < 0)
                return -ENOMEM;
        settle(&m->body);
        m->content = manifest_content(m);
        *ret = STEAL(m);
        return 1;
}

/* ── Which id ── */

/* The nearest thing to @path that is an id: "DB Migration" becomes "db-migration". */
static void propose_id(const char *path, char buf[static ID_MAX + 1]) {
        size_t n = 0;

        for (const char *p = path; *p && n < ID_MAX; p++) {
                char c = *p >= 'A' && *p <= 'Z' ? (char) (*p - 'A' + 'a') : *p;

                if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._/-", c))
                        c = '-';
                if (strchr("._/-", c) && (n == 0 || (c == '-' && strchr("-/", buf[n - 1]))))
                        continue;
                buf[n++] = c;
        }
        while (n > 0 && strchr("-/", buf[n - 1]))
                n--;
        buf[n] = '\0';
        if (n == 0)
                (void) snprintf(buf, ID_MAX + 1, "maintenance");
}

static char *path_without_suffix(const char *path) {
        const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');

        return dot && (!slash || dot > slash) ? strndup(path, (size_t) (dot - path)) : strdup(path);
}

typedef struct FileReader {
        const char *file;
        Diagnostics *diags;
        const Yaml *yaml;
        ParsedFile *parsed;
        char *default_id;       /* owned */
} FileReader;

static int id_error(FileReader *f, const Node *root, Mark at, const char *code, const char *message) {
        f->parsed->unattributable = true;
        ((Node *) root)->broken = true;
        return diagnostics_add(f->diags, SEVERITY_ERROR, code, f->file, at.line, at.column, "%s", message);
}

static int path_error(FileReader *f, const Node *root, Mark at) {
        char proposal[ID_MAX + 1];
        char *message;
        int r;

        propose_id(f->default_id, proposal);
        message = textf("the file's path cannot serve as the id: add the line  id: %s", proposal);
        r = message ? id_error(f, root, at, "missing-id", message) : -ENOMEM;
        free(message);
        return r;
}

/* Which id a document speaks of, NULL when that cannot be known; then it has been said. */
static int document_id(FileReader *f, const Node *root, const char **ret) {
        const Node *v = node_get(root, "id");
        Mark at = root->first && root->kind == NODE_MAP ? root->first->key->mark : root->mark;
        bool alone = f->yaml->complete && f->yaml->n_documents == 1;

        *ret = NULL;
        if (root->kind != NODE_MAP)
                return id_error(f, root, root->mark, node_empty(root) ? "empty-file" : "wrong-type",
                                node_empty(root) ? "the document is empty: give it keys, or remove it" :
                                                   "a manifest must be a map of keys and values, such as title: …");
        if (v) {
                NODE_FOREACH(other, root)
                        if (other != v && strcmp(other->key->text, "id") == 0)
                                f->parsed->unattributable = true; /* a duplicate key: which of the two? */
                if (v->kind != NODE_TEXT || !id_valid(v->text))
                        return id_error(f, root, v->mark, "bad-id", "'id' must begin with a-z or 0-9 and hold only a-z 0-9 . _ / -, at most 120 bytes");
                *ret = v->text;
                return 0;
        }
        if (!alone && f->yaml->complete)
                return id_error(f, root, at, "missing-id", "missing key 'id': each of several documents in a file needs one");
        if (!id_valid(f->default_id))
                return path_error(f, root, at);
        *ret = f->default_id;
        return 0;
}

/* ── One file ── */

static int note_broken(ParsedFile *p, const char *id) {
        char **broken;

        for (size_t i = 0; i < p->n_broken; i++)
                if (strcmp(p->broken[i], id) == 0)
                        return 0;
        broken = reallocarray(p->broken, p->n_broken + 1, sizeof(*broken));
        if (!broken)
                return -ENOMEM;
        p->broken = broken;
        p->broken[p->n_broken] = strdup(id);
        return p->broken[p->n_broken] ? (p->n_broken++, 0) : -ENOMEM;
}

static const Manifest *manifest_with(const ParsedFile *p, const char *id) {
        for (size_t i = 0; i < p->n; i++)
                if (strcmp(p->manifests[i]->id, id) == 0)
                        return p->manifests[i];
        return NULL;
}

static void drop(ParsedFile *p, const char *id) {
        for (size_t i = 0; i < p->n; i++)
                if (strcmp(p->manifests[i]->id, id) == 0) {
                        (void) manifest_free(p->manifests[i]);
                        memmove(p->manifests + i, p->manifests + i + 1, (p->n - i - 1) * sizeof(*p->manifests));
                        p->n--;
                        return;
                }
}

/* Two documents of one id in one file: neither is applied. */
static int check_twice(FileReader *f, const Node *root, const char *id) {
        const Node *v = node_get(root, "id");
        unsigned first = 0;

        for (const Node *d = f->yaml->documents; d && d != root && !first; d = d->next) {
                const Node *other = node_get(d, "id");

                if (other && other->kind == NODE_TEXT && strcmp(other->text, id) == 0)
                        first = other->mark.line;
        }
        if (!first)
                return 0;
        drop(f->parsed, id);
        ((Node *) root)->broken = true;
        return diagnostics_add(f->diags, SEVERITY_ERROR, "duplicate-id", f->file, v->mark.line, v->mark.column,
                               "the id '%s' stands on line %u already: neither is applied, give each its own", id, first);
}

static int read_document(FileReader *f, const Node *root, const Vocabulary *voc, const Defaults *defaults) {
        Manifest *m = NULL;
        const char *id;
        int r;

        r = document_id(f, root, &id);
        if (r >= 0 && id)
                r = check_twice(f, root, id);
        if (r < 0 || root->kind != NODE_MAP)
                return r;
        r = document_read(f->file, root, id ? id : "", voc, defaults, f->diags, &m);
        if (r < 0 || !id)
                return r;
        if (r == 0 || !f->yaml->complete) {
                (void) manifest_free(m);
                return note_broken(f->parsed, id);
        }
        assert(!manifest_with(f->parsed, id));
        f->parsed->manifests[f->parsed->n++] = m;
        return 0;
}

/* The document in which reading stopped: its id may stand before that place. */
static int read_partial(FileReader *f) {
        const Node *root = f->yaml->partial, *v = root ? node_get(root, "id") : NULL;

        f->parsed->unattributable = true;
        if (v && v->kind == NODE_TEXT && id_valid(v->text))
                return note_broken(f->parsed, v->text);
        if (f->yaml->n_documents == 0 && id_valid(f->default_id))
                return note_broken(f->parsed, f->default_id);
        return 0;
}

static int read_file(FileReader *f, const Vocabulary *voc, const Defaults *defaults) {
        ParsedFile *p = f->parsed;
        int r = 0;

        if (f->yaml->complete && f->yaml->n_documents == 0) {
                p->unattributable = true;
                return diagnostics_add(f->diags, SEVERITY_ERROR, "empty-file", f->file, 0, 0, "the file holds no manifest: write one, or remove the file");
        }
        if (f->yaml->n_documents > 0) {
                p->manifests = calloc(f->yaml->n_documents, sizeof(*p->manifests));
                if (!p->manifests)
                        return -ENOMEM;
        }
        for (const Node *root = f->yaml->documents; root && r >= 0; root = root->next)
                r = read_document(f, root, voc, defaults);
        if (r >= 0 && !f->yaml->complete)
                r = read_partial(f);
        return r;
}

int documents_parse(const char *file, const char *text, size_t n, const YamlLimits *limits, const Vocabulary *voc,
                    const Defaults *defaults, Diagnostics *diags, ParsedFile *ret) {
        static const Vocabulary none = { 0 };
        auto_(arena_free) Arena *scratch = arena_new();
        ParsedFile parsed = { 0 };
        FileReader f = { .file = file, .diags = diags, .parsed = &parsed, .default_id = path_without_suffix(file) };
        Yaml yaml;
        int r;

        r = scratch && f.default_id ? yaml_parse(scratch, file, text, n, limits, diags, &yaml) : -ENOMEM;
        if (r >= 0) {
                f.yaml = &yaml;
                r = read_file(&f, voc ? voc : &none, defaults);
                if (r >= 0 && yaml.complete)
                        r = waivers_read(file, text, n, &yaml, diags, &parsed.waivers);
        }
        free(f.default_id);
        if (r < 0) {
                parsed_file_done(&parsed);
                return r;
        }
        *ret = parsed;
        return 0;
}

int manifest_parse(const char *file, const char *text, size_t n, const Vocabulary *voc, const Defaults *defaults,
                   Diagnostics *diags, ParsedFile *ret) {
        static const YamlLimits limits = { MANIFEST_BYTES_MAX, MANIFEST_DOCUMENTS_MAX };

        return documents_parse(file, text, n, &limits, voc, defaults, diags, ret);
}

void parsed_file_done(ParsedFile *f) {
        for (size_t i = 0; i < f->n; i++)
                (void) manifest_free(f->manifests[i]);
        free(f->manifests);
        for (size_t i = 0; i < f->n_broken; i++)
                free(f->broken[i]);
        free(f->broken);
        waivers_done(&f->waivers);
        *f = (ParsedFile) { 0 };
}

Manifest *manifest_new(size_t more) {
        Arena *a = arena_new_sized(sizeof(Manifest) + more);
        Manifest *m = a ? arena_new0(a, Manifest) : NULL;

        if (!m)
                return (void) arena_free(a), NULL;
        m->arena = a;
        return m;
}

Manifest *manifest_free(Manifest *m) {
        if (m && m->refs > 0)
                m->refs--;
        else if (m)
                (void) arena_free(m->arena);
        return NULL;
}
