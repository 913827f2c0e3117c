/*
 * Manifests: what is read out of a document, what is refused and where, and that canonical text says the same
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>
#include <time.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/manifest.h"
#include "manifest/when.h"

#define HEAD "title: T\nstart: 2027-02-01T02:00\n"
#define BASE HEAD "duration: 2h\n"

static const Strv services = { (const char *[]) { "api", "database", "web" }, 3 };
static const Strv targets = { (const char *[]) { "internal", "public" }, 2 };
static const Vocabulary voc = { .services = &services, .targets = &targets };

static ParsedFile parse(const char *text, Diagnostics *diags) {
        ParsedFile p;

        assert_int_equal(manifest_parse("db.yaml", text, strlen(text), &voc, NULL, diags, &p), 0);
        return p;
}

/* The one good manifest of a text; what went wrong is printed. */
static Manifest *good(const char *text) {
        Diagnostics diags = { 0 };
        ParsedFile p = parse(text, &diags);
        Manifest *m;

        for (size_t i = 0; i < diags.n; i++)
                if (diags.items[i].severity == SEVERITY_ERROR)
                        print_message("%u:%u %s\n", diags.items[i].line, diags.items[i].column, diags.items[i].message);
        assert_int_equal(diags.n_errors, 0);
        assert_int_equal(p.n, 1);
        m = STEAL(p.manifests[0]);
        p.n = 0;
        parsed_file_done(&p);
        diagnostics_done(&diags);
        return m;
}

/* ── What is read ── */

static void test_reads_all_keys(void **state) {
        auto_(manifest_free) Manifest *m = good(
                "id: db/main\nformerly: db/old\ntitle: Database Migration\ndescription: |\n  Moves.\n  **Now**.\n"
                "start: 2027-02-01T02:00\nend: 2027-02-01T04:00+01:00\ntimezone: Europe/Berlin\nservices: [database, api]\n"
                "impact: major_outage\nnotify: {started: false, reminders: [1h, 24h]}\nmonitors: keep\nannounce: 3d\n"
                "updates:\n  - {at: +1h, message: half}\n  - {at: 2027-02-01T03:30, message: more}\n"
                "state: in_progress\nmessage: hello\nauto_start: false\nauto_complete: false\ntargets: [public]\nsuspend: true\n"
                "labels: {team: storage, age: 12}\n");

        assert_string_equal(m->id, "db/main");
        assert_string_equal(m->formerly, "db/old");
        assert_string_equal(m->body.description, "Moves.\n**Now**.");
        assert_int_equal(m->body.start.kind, WHEN_LOCAL);
        assert_int_equal(m->body.start.local.hour, 2);
        assert_int_equal(m->body.start.mark.line, 7);
        assert_int_equal(m->body.start.mark.column, 8);
        assert_int_equal(m->body.end.kind, WHEN_INSTANT);
        assert_int_equal(m->body.end.local.hour, 4);
        assert_true(m->body.end.instant == 1801450800 * USEC_PER_SEC);
        assert_string_equal(m->timezone, "Europe/Berlin");
        assert_int_equal(m->body.services.n, 2);
        assert_string_equal(m->body.services.items[0], "api");
        assert_int_equal(m->body.impact, IMPACT_MAJOR);
        assert_false(m->body.notify.started);
        assert_true(m->body.notify.scheduled);
        assert_int_equal(m->body.notify.n_reminders, 2);
        assert_true(m->body.notify.reminders[0] == 24 * USEC_PER_HOUR);
        assert_false(m->mute);
        assert_true(m->has_announce);
        assert_int_equal(m->announce.days, 3);
        assert_int_equal(m->body.n_updates, 2);
        assert_true(m->body.updates[0].from_start);
        assert_int_equal(m->body.updates[1].when.local.minute, 30);
        assert_int_equal(m->body.state, STATE_IN_PROGRESS);
        assert_string_equal(m->body.message, "hello");
        assert_false(m->auto_start || m->auto_complete);
        assert_true(m->suspend);
        assert_string_equal(m->targets.items[0], "public");
        assert_string_equal(m->labels[0], "age");
        assert_string_equal(m->labels[1], "12");
        assert_string_equal(m->labels[3], "storage");
        assert_null(m->labels[4]);
        assert_int_equal(m->origin.line, 1);
        assert_string_equal(m->origin.file, "db.yaml");
}

static void test_fills_in_defaults(void **state) {
        auto_(manifest_free) Manifest *m = good(BASE);

        assert_string_equal(m->id, "db");
        assert_string_equal(m->timezone, "UTC");
        assert_null(m->formerly);
        assert_null(m->recurrence);
        assert_null(m->body.description);
        assert_int_equal(m->body.impact, IMPACT_MAINTENANCE);
        assert_true(m->mute && m->auto_start && m->auto_complete && !m->suspend && !m->has_announce);
        assert_true(m->body.notify.scheduled && m->body.notify.started && m->body.notify.completed && m->body.notify.cancelled && m->body.notify.updated);
        assert_int_equal(m->body.notify.n_reminders, 0);
        assert_int_equal(m->body.services.n, 0);
        assert_int_equal(m->targets.n, 0);
        assert_true(m->body.has & HAS_DURATION);
        assert_false(m->body.has & (HAS_END | HAS_STATE | HAS_MESSAGE | HAS_UPDATES));
}

static void test_reads_recurrence(void **state) {
        auto_(manifest_free) Manifest *m = good(
                BASE "notify: {updated: false}\nrecurrence:\n  rule: RRULE:FREQ=WEEKLY;BYDAY=MO\n  except: [2027-02-08, 2027-02-15T02:00]\n"
                "  extra: [2027-02-10T02:00Z]\n  overrides:\n    - {occurrence: 2027-02-22T02:00, title: Other, notify: {started: false}, state: completed}\n");
        const Recurrence *r = m->recurrence;

        assert_string_equal(r->rule, "FREQ=WEEKLY;BYDAY=MO");
        assert_int_equal(r->n_except, 2);
        assert_true(r->except[0].whole_day);
        assert_int_equal(r->except[0].when.local.day, 8);
        assert_false(r->except[1].whole_day);
        assert_int_equal(r->extra[0].kind, WHEN_INSTANT);
        assert_int_equal(r->overrides[0].body.has, HAS_TITLE | HAS_NOTIFY | HAS_STATE);
        assert_false(r->overrides[0].body.notify.started);
        assert_false(r->overrides[0].body.notify.updated); /* over the manifest's map, not over the defaults */
        assert_true(r->overrides[0].body.notify.completed);
        assert_int_equal(r->overrides[0].occurrence.local.day, 22);
}

static void test_leaves_text_alone(void **state) {
        static const char *const texts[] = { "no", "on", "1.10", "12:30", "0o17", "1e3", "2027-02-01", "true" };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                auto_(free) char *text = textf("title: %s\nstart: 2027-02-01T02:00\nduration: 1h\n", texts[i]);
                auto_(manifest_free) Manifest *m = good(text);

                assert_string_equal(m->body.title, texts[i]);
        }
}

static void test_takes_several_documents(void **state) {
        Diagnostics diags = { 0 };
        ParsedFile p = parse("id: a\n" BASE "---\nid: b\n" BASE "---\nid: c\ntitel: x\n" BASE, &diags);

        assert_int_equal(p.n, 2);
        assert_string_equal(p.manifests[1]->id, "b");
        assert_int_equal(p.n_broken, 1);
        assert_string_equal(p.broken[0], "c");
        assert_false(p.unattributable);
        assert_string_equal(diags.items[0].message, "unknown key 'titel', did you mean 'title'?");
        assert_int_equal(diags.items[0].line, 12);
        parsed_file_done(&p);
        diagnostics_done(&diags);
}

static void test_reports_everything_at_once(void **state) {
        Diagnostics diags = { 0 };
        ParsedFile p = parse("titel: T\nstart: soon\nduration: 2\nimpact: degrade\nservices: [apy]\nauto_start: yes\n", &diags);

        assert_int_equal(p.n, 0);
        assert_int_equal(diags.n_errors, 7);
        parsed_file_done(&p);
        diagnostics_done(&diags);
}

/* ── Which ids a broken file speaks of ── */

static const struct id_case { const char *name, *file, *text, *broken; bool unattributable; } id_cases[] = {
        { "knows the default id of a file with an error", "db.yaml", "title: 5\n", "db", false },
        { "knows the id that stands in a file with an error", "db.yaml", "id: x\ntitle: 5\n", "x", false },
        { "cannot know the ids of a file with a syntax error", "db.yaml", "id: x\ntitle: [\n", "x", true },
        { "keeps the default id of a file with a syntax error", "db.yaml", "title: \"a\n", "db", true },
        { "cannot know the ids of an empty file", "db.yaml", "", NULL, true },
        { "cannot know the ids of a file with comments alone", "db.yaml", "# hello\n", NULL, true },
        { "cannot know the id of a list", "db.yaml", "- a\n", NULL, true },
        { "cannot know the id of a scalar", "db.yaml", "tit", NULL, true },
        { "cannot know a bad id", "db.yaml", "id: A B\n" BASE, NULL, true },
        { "cannot know which of two ids is meant", "db.yaml", "id: a\nid: b\n" BASE, "a", true },
        { "needs an id where the path does not fit", "DB Move.yaml", BASE, NULL, true },
        { "needs an id in each of several documents", "db.yaml", "id: a\n" BASE "---\n" BASE, NULL, true },
        { "refuses both of two documents with one id", "db.yaml", "id: a\n" BASE "---\nid: a\n" BASE, "a", false },
        { "refuses a file with a conflict as a whole", "db.yaml", "id: a\n" BASE "<<<<<<< HEAD\n" BASE "=======\n>>>>>>> b\n", "db", true },
        { "refuses good documents before a syntax error", "db.yaml", "id: a\n" BASE "---\nid: b\nx: {\n", "a", true },
};

static void check_id(void **state) {
        const struct id_case *c = *state;
        Diagnostics diags = { 0 };
        ParsedFile p;

        assert_int_equal(manifest_parse(c->file, c->text, strlen(c->text), &voc, NULL, &diags, &p), 0);
        assert_true(diags.n_errors > 0);
        assert_int_equal(p.unattributable, c->unattributable);
        if (c->broken) {
                assert_true(p.n_broken > 0);
                assert_string_equal(p.broken[0], c->broken);
        } else
                assert_int_equal(p.n_broken, 0);
        parsed_file_done(&p);
        diagnostics_done(&diags);
}

static void test_proposes_an_id(void **state) {
        static const struct { const char *file, *id; } cases[] = {
                { "DB Migration.yaml", "id: db-migration" }, { "Team/Ünï.yml", "id: team/n" }, { "(x).yaml", "id: x" }, { "--.yaml", "id: maintenance" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Diagnostics diags = { 0 };
                ParsedFile p;

                assert_int_equal(manifest_parse(cases[i].file, BASE, strlen(BASE), &voc, NULL, &diags, &p), 0);
                assert_int_equal(diags.n, 1);
                assert_string_equal(diags.items[0].code, "missing-id");
                assert_non_null(strstr(diags.items[0].message, cases[i].id));
                parsed_file_done(&p);
                diagnostics_done(&diags);
        }
}

/* ── Canonical text ── */

static const struct doc_case { const char *name, *text; } doc_cases[] = {
        { "a plain one", BASE },
        { "quotes and backslashes", "title: 'a \"b\" \\ c'\n" "start: 2027-02-01T02:00Z\nend: 2027-02-01T04:00:30.250-03:30\ndescription: \"tab\\there\\nline\"\n" },
        { "every key", "id: db/main\nformerly: db/old\ntitle: T\ndescription: |\n  Moves.\n  **Now**.\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00+01:00\n"
                "timezone: Europe/Berlin\nservices: [database, api]\nimpact: operational\nnotify: {updated: false, reminders: [1h, 25h, 30s]}\nmonitors: keep\n"
                "announce: 3d 25h\nupdates:\n  - {at: +1d 2h, message: half}\n  - {at: 2027-02-01T03:30, message: \"more: of it\"}\nstate: cancelled\n"
                "message: '#1'\nauto_start: false\nauto_complete: false\ntargets: [public]\nsuspend: true\nlabels: {team: storage, 'a b: c': 'true'}\n" },
        { "a series", BASE "recurrence:\n  rule: FREQ=WEEKLY\n  except: [2027-02-08, 2027-02-15T02:00, 2027-02-15T02:00Z]\n  extra: [2027-02-10T02:00+02:00]\n"
                "  overrides:\n    - {occurrence: 2027-02-22T02:00, start: 2027-02-22T03:00, end: 2027-02-22T04:00, description: '', services: [], impact: degraded}\n"
                "    - {occurrence: 2027-03-01T02:00, duration: 1h, title: x, notify: {reminders: [2h]}, updates: [{at: 2027-03-01T02:30, message: y}], message: z}\n" },
};

static void check_doc(void **state) {
        const struct doc_case *c = *state;
        auto_(manifest_free) Manifest *first = good(c->text), *second = NULL;
        auto_(free) char *text = NULL, *again = NULL;

        assert_int_equal(manifest_to_doc(first, &text), 0);
        assert_int_equal(manifest_from_doc(text, &second), 0);
        assert_int_equal(manifest_to_doc(second, &again), 0);
        assert_string_equal(text, again);
        assert_true(first->content == second->content);
        assert_string_equal(first->id, second->id);
        assert_true(text_equal(first->formerly, second->formerly));
        assert_true(when_equal(&first->body.start, &second->body.start));
        assert_int_equal(first->body.has, second->body.has);
}

static void test_doc_needs_no_context(void **state) {
        static const char lent[] = "timezone: Asia/Tokyo\nservices: [web]\nlabels: {a: b}\ntargets: [internal]\nannounce: 2d\n";
        auto_(manifest_free) Manifest *back = NULL;
        auto_(free) char *text = NULL;
        Defaults *defaults = NULL;
        ParsedFile p;

        assert_int_equal(defaults_parse("_defaults.yaml", lent, strlen(lent), &voc, NULL, NULL, &defaults), 0);
        assert_int_equal(manifest_parse("db.yaml", BASE, strlen(BASE), &voc, defaults, NULL, &p), 0);
        (void) defaults_unref(defaults);
        assert_int_equal(manifest_to_doc(p.manifests[0], &text), 0);
        assert_int_equal(manifest_from_doc(text, &back), 0);
        assert_true(back->content == p.manifests[0]->content);
        assert_string_equal(back->timezone, "Asia/Tokyo");
        assert_string_equal(back->targets.items[0], "internal");
        assert_string_equal(back->labels[1], "b");
        parsed_file_done(&p);
}

static void test_doc_refuses_other_text(void **state) {
        Manifest *m = NULL;

        assert_int_equal(manifest_from_doc("", &m), -EINVAL);
        assert_int_equal(manifest_from_doc("id: a\n", &m), -EINVAL);
        assert_int_equal(manifest_from_doc("{", &m), -EINVAL);
        assert_int_equal(manifest_from_doc(BASE, &m), -EINVAL); /* without an id */
        assert_null(m);
}

/* Each line is a manifest of its own; all must differ in content from the plain one and from each other. */
static void test_content_sees_every_key(void **state) {
        static const char *const texts[] = {
                BASE, "title: U\nstart: 2027-02-01T02:00\nduration: 2h\n", "title: T\nstart: 2027-02-01T02:01\nduration: 2h\n",
                "title: T\nstart: 2027-02-01T02:00Z\nduration: 2h\n", "title: T\nstart: 2027-02-01T02:00\nduration: 3h\n",
                "title: T\nstart: 2027-02-01T02:00\nend: 2027-02-01T04:00\n", BASE "description: d\n", BASE "timezone: Europe/Berlin\n",
                BASE "services: [api]\n", BASE "services: [web]\n", BASE "impact: degraded\n", BASE "notify: {started: false}\n",
                BASE "notify: {updated: false}\n", BASE "notify: {reminders: [1h]}\n", BASE "monitors: keep\n", BASE "announce: 0\n",
                BASE "announce: 1d\n", BASE "announce: 24h\n", BASE "updates: [{at: +1h, message: m}]\n", BASE "updates: [{at: +2h, message: m}]\n",
                BASE "updates: [{at: +1h, message: n}]\n", BASE "state: completed\n", BASE "message: m\n", BASE "auto_start: false\n",
                BASE "auto_complete: false\n", BASE "targets: [public]\n", BASE "suspend: true\n", BASE "labels: {a: b}\n", BASE "labels: {a: c}\n",
                BASE "recurrence: {rule: FREQ=DAILY}\n", BASE "recurrence: {rule: FREQ=WEEKLY}\n",
                BASE "recurrence: {rule: FREQ=DAILY, except: [2027-02-02]}\n", BASE "recurrence: {rule: FREQ=DAILY, except: [2027-02-02T00:00]}\n",
                BASE "recurrence: {rule: FREQ=DAILY, extra: [2027-02-02T00:00]}\n",
                BASE "recurrence: {rule: FREQ=DAILY, overrides: [{occurrence: 2027-02-02T02:00, title: x}]}\n",
                BASE "recurrence: {rule: FREQ=DAILY, overrides: [{occurrence: 2027-02-03T02:00, title: x}]}\n",
                BASE "recurrence: {rule: FREQ=DAILY, overrides: [{occurrence: 2027-02-02T02:00, message: x}]}\n",
        };
        uint64_t seen[ARRAY_SIZE(texts)];

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                auto_(manifest_free) Manifest *m = good(texts[i]);

                seen[i] = m->content;
                for (size_t k = 0; k < i; k++)
                        if (seen[k] == seen[i])
                                fail_msg("same content:\n%s\n%s", texts[k], texts[i]);
        }
}

/* Of an override or update that was refused nothing is left for the one that takes its place. */
static void test_begins_each_item_anew(void **state) {
        static const char *const texts[] = {
                BASE "recurrence:\n  rule: FREQ=DAILY\n  overrides:\n"
                "    - {occurrence: 2027-02-02T02:00, bogus: 1, updates: [{at: +1min, message: a}, {at: +2min, message: b}, {at: +3min, message: c}]}\n"
                "    - {occurrence: 2027-02-03T02:00, updates: [{at: +1min, message: d}]}\n",
                BASE "updates: [{at: +1min, message: a, bogus: 1}, {at: +1min, message: b}, {message: c}]\n",
        };
        static const size_t errors[] = { 1, 2 };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                Diagnostics diags = { 0 };
                ParsedFile p = parse(texts[i], &diags);

                assert_int_equal(p.n, 0);
                assert_int_equal(diags.n_errors, errors[i]);
                parsed_file_done(&p);
                diagnostics_done(&diags);
        }
}

static void test_content_is_blind_to_names_and_layout(void **state) {
        auto_(manifest_free) Manifest *a = good(BASE "services: [api, web]\n");
        auto_(manifest_free) Manifest *b = good("# moved\nid: other\nformerly: db\nservices:\n  - web\n  - api\nduration: 120min\nstart: '2027-02-01 02:00:00'\ntitle: \"T\"\nstate: scheduled\n");

        assert_true(a->content == b->content);
}

/* ── Cost ── */

static double cpu_ms(void) {
        struct timespec ts;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
        return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}

static const struct bomb { const char *name, *head, *unit; } bombs[] = {
        { "brackets", "", "[" }, { "braces", "", "{" }, { "braces with keys", "", "{a: " }, { "dashes", "", "- " }, { "question marks", "", "? " },
        { "anchors", "", "&a " }, { "anchored items", "x:\n", " - &a b\n" }, { "aliases", "a: &a [x]\nb:\n", " - *a\n" },
        { "merges", "", "<<: *a\n" }, { "tags", "", "!!str " }, { "documents", "", "---\n" }, { "equal keys", "", "a: b\n" },
        { "unknown keys", "", "%u: x\n" }, { "commas", "a: [", "b," }, { "quotes", "", "'' : \n" }, { "a long scalar", "title: ", "xxxxxxxx" }, { "comments", "", "#\n" },
        { "indents", "", "a:\n " }, { "unknown items", "services: [", "apj," }, { "directives", "", "%YAML 1.1\n" }, { "updates", "updates: [", "{at: +1h, message: x}," },
};

/* What a decent file full of manifests costs here: valgrind and sanitizers are slower, and so is a busy machine. */
static double decent_ms(void) {
        static char text[MANIFEST_BYTES_MAX];
        Diagnostics diags = { 0 };
        ParsedFile p;
        size_t n = 0;
        double before;

        for (unsigned i = 0; i < MANIFEST_DOCUMENTS_MAX; i++)
                n += (size_t) sprintf(text + n, "---\nid: m%u\n" BASE, i);
        before = cpu_ms();
        p = parse(text, &diags);
        before = cpu_ms() - before;
        assert_int_equal(p.n, MANIFEST_DOCUMENTS_MAX);
        parsed_file_done(&p);
        return before;
}

static void test_bombs_cost_little(void **state) {
        static char text[MANIFEST_BYTES_MAX];
        double limit = MAX(50.0, 30 * decent_ms()); /* what grows with the square takes thousands */

        for (size_t i = 0; i < ARRAY_SIZE(bombs); i++) {
                size_t n = strlen(bombs[i].head), unit = strlen(bombs[i].unit);
                Diagnostics diags = { 0 };
                ParsedFile p;
                double before, took;

                memcpy(text, bombs[i].head, n);
                for (unsigned k = 0; n + unit + 8 <= sizeof(text); k++)
                        n += (size_t) (strchr(bombs[i].unit, '%') == bombs[i].unit && bombs[i].unit[1] == 'u' ?
                                       sprintf(text + n, "%u: x\n", k) : sprintf(text + n, "%s", bombs[i].unit));
                took = limit + 1;
                for (unsigned tries = 0; tries < 3 && took > limit; tries++) { /* the least: neighbours of a busy machine slow it down */
                        before = cpu_ms();
                        assert_int_equal(manifest_parse("bomb.yaml", text, n, &voc, NULL, &diags, &p), 0);
                        took = MIN(took, cpu_ms() - before);
                        assert_true(diags.n_errors > 0);
                        assert_int_equal(p.n, 0);
                        parsed_file_done(&p);
                        diagnostics_done(&diags);
                        diags = (Diagnostics) { 0 };
                }
                if (took > limit)
                        fail_msg("%s took %.1f ms", bombs[i].name, took);
        }
}

int main(void) {
        const struct CMUnitTest plain[] = {
                { "reads all keys", test_reads_all_keys, NULL, NULL, NULL },
                { "fills in defaults", test_fills_in_defaults, NULL, NULL, NULL },
                { "reads a recurrence", test_reads_recurrence, NULL, NULL, NULL },
                { "leaves text alone", test_leaves_text_alone, NULL, NULL, NULL },
                { "takes several documents", test_takes_several_documents, NULL, NULL, NULL },
                { "reports everything at once", test_reports_everything_at_once, NULL, NULL, NULL },
                { "proposes an id", test_proposes_an_id, NULL, NULL, NULL },
                { "canonical text needs no context", test_doc_needs_no_context, NULL, NULL, NULL },
                { "canonical text is read strictly", test_doc_refuses_other_text, NULL, NULL, NULL },
                { "content sees every key", test_content_sees_every_key, NULL, NULL, NULL },
                { "content is blind to names and layout", test_content_is_blind_to_names_and_layout, NULL, NULL, NULL },
                { "begins each item anew", test_begins_each_item_anew, NULL, NULL, NULL },
                { "bombs cost little", test_bombs_cost_little, NULL, NULL, NULL },
        };
        struct CMUnitTest tests[ARRAY_SIZE(plain) + ARRAY_SIZE(id_cases) + ARRAY_SIZE(doc_cases)];
        size_t n = ARRAY_SIZE(plain);

        memcpy(tests, plain, sizeof(plain));
        for (size_t i = 0; i < ARRAY_SIZE(id_cases); i++)
                tests[n++] = (struct CMUnitTest) { id_cases[i].name, check_id, NULL, NULL, (void *) &id_cases[i] };
        for (size_t i = 0; i < ARRAY_SIZE(doc_cases); i++)
                tests[n++] = (struct CMUnitTest) { doc_cases[i].name, check_doc, NULL, NULL, (void *) &doc_cases[i] };
        return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
