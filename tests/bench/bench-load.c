/*
 * Bench: one installation in one process, without a network
 *
 * Opens a site as the daemon does, loads its manifests and answers the engine's requests on the spot, as a page would: probe and
 * catalogue, an empty listing, then (with --publish) a 201 for each create. What the "page" knows lies in a file, so that the
 * memory counted is maintd's. Prints one `name value` a line: CPU seconds of each phase, and the resident size in KiB after it.
 *
 * usage: bench-load [--publish] [--reloads N] CONFIG STATE MANIFESTS
 */
#include <fts.h>
#include <malloc.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/text.h"
#include "daemon/site.h"

#define OBJECTS_MAX 200000u
#define PAGE_SIZE 100u
#define TURNS_MAX 10000000u

typedef struct Stored { long at; unsigned length; bool running; } Stored;

typedef struct Bench {
        Site *site;
        Now now;                /* ours: it stands still but for what we wait for */
        bool publish;
        FILE *objects;          /* owned: the bodies of what was created */
        Stored *index;          /* owned */
        unsigned n_objects;
        unsigned services;
        char *page;             /* owned: the answer being given */
        size_t commits, requests, writes, listed;
} Bench;

static double cpu(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static long status_kib(const char *name) {
        FILE *f = fopen("/proc/self/status", "re");
        char line[256];
        long kib = -1;

        while (f && fgets(line, sizeof(line), f))
                if (strncmp(line, name, strlen(name)) == 0)
                        kib = atol(line + strlen(name) + 1);
        if (f)
                (void) fclose(f);
        return kib;
}

static void say_memory(const char *phase) {
        (void) printf("rss_%s_untrimmed %ld\n", phase, status_kib("VmRSS"));
        (void) malloc_trim(0);
        (void) printf("rss_%s %ld\n", phase, status_kib("VmRSS"));
        (void) printf("heap_%s %zu\n", phase, (mallinfo2().uordblks + mallinfo2().hblkhd) / 1024);
}

static void must(int r, const char *what) {
        if (r >= 0)
                return;
        (void) fprintf(stderr, "bench-load: %s: %s\n", what, strerror(-r));
        exit(1);
}

/* ── the page ── */

static const char *catalogue(Bench *b) {
        FILE *f = open_memstream(&b->page, &(size_t) { 0 });

        must(f ? 0 : -ENOMEM, "catalogue");
        (void) fputs("{\"services\":[", f);
        for (unsigned i = 0; i < b->services; i++)
                (void) fprintf(f, "%s{\"id\":\"s%02u\",\"name\":\"service-%02u\"}", i ? "," : "", i, i);
        (void) fputs("],\"next_cursor\":null}", f);
        (void) fclose(f);
        return b->page;
}

static void copy_object(Bench *b, const Stored *o, FILE *to) {
        char *text = malloc(o->length);

        must(text ? 0 : -ENOMEM, "object");
        must(fseek(b->objects, o->at, SEEK_SET), "object");
        must(fread(text, 1, o->length, b->objects) == o->length ? 0 : -EIO, "object");
        (void) fwrite(text, 1, o->length, to);
        free(text);
}

static const char *listing(Bench *b, const char *path) {
        const char *cursor = strstr(path, "cursor=");
        bool running = strstr(path, "status=in_progress");
        unsigned i = cursor ? (unsigned) atoi(cursor + strlen("cursor=")) : 0, n = 0;
        FILE *f = open_memstream(&b->page, &(size_t) { 0 });

        must(f ? 0 : -ENOMEM, "listing");
        (void) fputs("{\"maintenance\":[", f);
        for (; i < b->n_objects && n < PAGE_SIZE; i++)
                if (b->index[i].running == running) {
                        if (n++)
                                (void) fputc(',', f);
                        copy_object(b, &b->index[i], f);
                }
        if (n == PAGE_SIZE)
                (void) fprintf(f, "],\"next_cursor\":\"%u\"}", i);
        else
                (void) fputs("],\"next_cursor\":null}", f);
        (void) fclose(f);
        b->listed++;
        return b->page;
}

/* What was sent comes back with id, state and version before it; of equal members the last counts. */
static const char *create(Bench *b, const Request *q) {
        Stored *o = &b->index[b->n_objects];

        must(b->n_objects < OBJECTS_MAX ? 0 : -E2BIG, "create");
        must(fseek(b->objects, 0, SEEK_END), "create");
        o->at = ftell(b->objects);
        b->page = textf("{\"id\":\"m%u\",\"status\":\"scheduled\",\"version\":1,%s", b->n_objects++, q->body + 1);
        must(b->page ? 0 : -ENOMEM, "create");
        o->length = (unsigned) strlen(b->page);
        o->running = strstr(q->body, "\"status\":\"in_progress\"");
        must(fwrite(b->page, 1, o->length, b->objects) == o->length ? 0 : -EIO, "create");
        return b->page;
}

static void answer(Bench *b, const Request *q) {
        static const char *const none[] = { NULL };
        Response r = { .status = 200, .headers = none };

        if (strcmp(q->method, "POST") == 0) {
                r.status = 201;
                r.body = create(b, q);
        } else if (strcmp(q->method, "GET") != 0)
                r.body = "";
        else if (strcmp(q->path, "") == 0)
                r.body = "{\"product\":\"maintd-page\",\"version\":\"0\"}";
        else if (text_starts(q->path, "/services"))
                r.body = catalogue(b);
        else
                r.body = listing(b, q->path);
        r.n_body = strlen(r.body);
        b->requests++;
        b->writes += q->intent != 0;
        must(engine_told_response(b->site->engine, b->now, q->serial, &r), "response");
        free(b->page);
        b->page = NULL;
}

/* ── the daemon's loop, until nothing is to be done now ── */

static void settle(Bench *b) {
        for (unsigned n = 0; n < TURNS_MAX; n++) {
                Request *requests;
                size_t n_requests;
                Turn t;

                must(engine_ask(b->site->engine, b->now, &t), "turn");
                if (t.n_entries) {
                        int r = b->publish ? ledger_commit(b->site->ledger, t.entries, t.n_entries) : 0;

                        b->commits++;
                        must(r, "commit");
                        must(engine_told_committed(b->site->engine, b->now, t.serial, r), "committed");
                }
                if (t.n_requests == 0 && t.n_entries == 0) {
                        if (engine_settled(b->site->engine, b->now) || t.wake_boot == USEC_INFINITY)
                                return;
                        b->now.real += usec_sub(t.wake_boot, b->now.boot); /* the bucket fills again */
                        b->now.boot = MAX(b->now.boot, t.wake_boot);
                }
                /* A turn is borrowed until the engine is told something. */
                n_requests = t.n_requests;
                requests = calloc(MAX(n_requests, (size_t) 1), sizeof(*requests));
                must(requests ? 0 : -ENOMEM, "turn");
                if (n_requests)
                        memcpy(requests, t.requests, n_requests * sizeof(*requests));
                for (size_t i = 0; i < n_requests; i++)
                        answer(b, &requests[i]);
                free(requests);
        }
        must(-ELOOP, "the engine never comes to rest");
}

/* ── what is measured ── */

static void open_site(Bench *b, const char *config, const char *state) {
        SiteOptions o = { .config = config, .state = state, .ledger = SITE_LEDGER_OWN, .look_only = !b->publish };
        Diagnostics diags = { 0 };
        char *error;
        int r = site_open(&o, &diags, &b->site, &error);

        if (r < 0)
                (void) fprintf(stderr, "bench-load: %s\n", text_or(error, "the config does not fit"));
        must(r, "open");
        diagnostics_done(&diags);
}

static void reload(Bench *b) {
        must(site_load(b->site, b->now, false), "load");
        if (b->site->last_error || b->site->last.n_refused) {
                (void) fprintf(stderr, "bench-load: manifests refused: %s\n", text_or(b->site->last_error, "see maintctl lint"));
                exit(1);
        }
        settle(b);
}

static int count_window(void *userdata, const WindowStatus *s) {
        ++*(size_t *) userdata;
        return 0;
}

static void first_load(Bench *b) {
        auto_(arena_free) Arena *a = arena_new();
        size_t n = 0, windows = 0;
        Plan *plans;
        double begun;

        begun = cpu();
        must(site_load(b->site, b->now, false), "load");
        (void) printf("cpu_load %.6f\n", cpu() - begun);
        begun = cpu();
        settle(b);
        (void) printf("cpu_%s %.6f\n", b->publish ? "publish" : "plan", cpu() - begun);
        (void) engine_each(b->site->engine, b->now, count_window, &windows);
        (void) printf("manifests %zu\nwindows %zu\n", b->site->last.n_in_force, windows);
        (void) printf("requests %zu\nwrites %zu\ncommits %zu\n", b->requests, b->writes, b->commits);
        say_memory(b->publish ? "published" : "planned");
        if (b->publish)
                return;
        begun = cpu();
        must(a ? engine_plan(b->site->engine, b->now, a, &plans, &n) : -ENOMEM, "plan");
        (void) printf("cpu_plan_for_people %.6f\nactions %zu\n", cpu() - begun, n ? plans[0].n_actions : 0);
}

/* Every file of the tree, to edit one after the other. */
static size_t find_files(const char *root, char **ret, size_t max) {
        char *roots[] = { (char *) root, NULL };
        FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        size_t n = 0;

        must(tree ? 0 : -errno, root);
        for (FTSENT *e; (e = fts_read(tree)) && n < max;)
                if (e->fts_info == FTS_F)
                        must((ret[n++] = strdup(e->fts_path)) ? 0 : -ENOMEM, "files");
        (void) fts_close(tree);
        return n;
}

/* Puts another title into a file. The first line is `title: …`. */
static void edit(const char *path, unsigned round) {
        FILE *f = fopen(path, "re");
        char text[65536];
        const char *rest;
        size_t n;

        must(f ? 0 : -errno, path);
        n = fread(text, 1, sizeof(text) - 1, f);
        (void) fclose(f);
        text[n] = '\0';
        rest = strchr(text, '\n');
        must(rest ? 0 : -EINVAL, path);
        f = fopen(path, "we");
        must(f ? 0 : -errno, path);
        (void) fprintf(f, "title: Edited in round %u%s", round, rest);
        must(fclose(f), path);
}

static void say_reloads(Bench *b, const char *name, unsigned n, char **files, size_t n_files) {
        long before = status_kib("VmRSS");
        double begun, total = 0, least = 1e9;

        for (unsigned i = 0; i < n; i++) {
                if (n_files)
                        edit(files[i % n_files], i);
                begun = cpu();
                reload(b);
                begun = cpu() - begun;
                total += begun;
                least = MIN(least, begun);
        }
        (void) printf("cpu_reload_%s %.6f\ncpu_reload_%s_least %.6f\n", name, total / n, name, least);
        (void) printf("rss_growth_untrimmed_%s %ld\n", name, status_kib("VmRSS") - before);
}

static void reloads(Bench *b, unsigned n, const char *manifests) {
        char **files = calloc(n, sizeof(*files));
        size_t n_files;
        long before;

        must(files ? 0 : -ENOMEM, "files");
        n_files = find_files(manifests, files, n);
        say_reloads(b, "same", 3, NULL, 0); /* what only the first reload allocates is not growth */
        say_reloads(b, "edited", 3, files, MIN(n_files, (size_t) 3));
        (void) malloc_trim(0);
        before = status_kib("VmRSS");
        say_reloads(b, "same", n, NULL, 0);
        say_reloads(b, "edited", n, files, n_files);
        (void) malloc_trim(0);
        (void) printf("rss_growth %ld\n", status_kib("VmRSS") - before);
        for (size_t i = 0; i < n_files; i++)
                free(files[i]);
        free(files);
}

/* What a resync costs: the whole listing is read again and every window looked at. */
static void resync(Bench *b) {
        double begun = cpu();

        must(engine_told_reload(b->site->engine, b->now), "reload");
        settle(b);
        (void) printf("cpu_resync %.6f\npages %zu\n", cpu() - begun, b->listed);
        say_memory("resynced");
}

int main(int argc, char **argv) {
        Bench b = { .now = now_read(), .services = 20 };
        unsigned n_reloads = 0;
        int i = 1;

        memory_tune(); /* as the daemon does */
        for (; i < argc && argv[i][0] == '-'; i++)
                if (strcmp(argv[i], "--publish") == 0)
                        b.publish = true;
                else if (strcmp(argv[i], "--reloads") == 0 && i + 1 < argc)
                        n_reloads = (unsigned) atoi(argv[++i]);
        if (argc - i != 3) {
                (void) fprintf(stderr, "usage: bench-load [--publish] [--reloads N] CONFIG STATE MANIFESTS\n");
                return 1;
        }
        b.objects = tmpfile();
        b.index = calloc(OBJECTS_MAX, sizeof(*b.index));
        must(b.objects && b.index ? 0 : -ENOMEM, "objects");
        open_site(&b, argv[i], argv[i + 1]);
        say_memory("opened");
        first_load(&b);
        if (b.publish)
                resync(&b);
        if (n_reloads)
                reloads(&b, n_reloads, argv[i + 2]);
        (void) site_free(b.site);
        (void) fclose(b.objects);
        free(b.index);
        return 0;
}
