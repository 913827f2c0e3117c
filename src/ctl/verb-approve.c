/*
 * approve: what is held, and its release
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/render.h"

static int approve_local(const Ctl *ctl, const char *text) {
        auto_(site_free) Site *s = NULL;
        uint64_t digest;
        char end;
        int r;

        if (strlen(text) != 16 || sscanf(text, "%16" SCNx64 "%c", &digest, &end) != 1) {
                (void) fprintf(stderr, "maintctl: a digest has 16 hex digits: `maintctl approve` lists what is held\n");
                return -EINVAL;
        }
        r = local_open(ctl, SITE_LEDGER_OWN, true, &s);
        if (r >= 0)
                r = local_settle(s, false);
        if (r < 0)
                return r;
        r = engine_told_approval(s->engine, now_read(), digest);
        if (r == -ENOENT)
                (void) fprintf(stderr, "maintctl: nothing is held under %s any more: `maintctl approve` lists what is\n", text);
        return r < 0 ? r : local_settle(s, true);
}

static int approve(const Ctl *ctl, const char *digest) {
        json_t *answer = NULL;
        int r = ctl_ask(ctl, json_pack("{s:s, s:s}", "verb", "approve", "digest", digest), &answer);

        json_decref(answer);
        if (r == 0)
                r = approve_local(ctl, digest);
        if (r < 0)
                return EXIT_FAILED;
        if (ctl->json)
                (void) ctl_json(ctl, json_pack("{s:s}", "approved", digest));
        else
                render_line(ctl, "", false, "released %s", digest);
        return EXIT_FINE;
}

static void held_print(const Ctl *ctl, const json_t *held) {
        json_t *t, *h;
        size_t i, k;

        if (json_array_size(held) == 0)
                render_line(ctl, "", false, "nothing is held");
        json_array_foreach((json_t *) held, i, t) {
                size_t n = json_array_size(json_object_get(t, "held"));

                render_line(ctl, STYLE_BOLD, false, "%s: %zu change%s held, release with: maintctl approve %s", json_get(t, "target"), n, PLURAL(n),
                            json_get(t, "digest"));
                json_array_foreach(json_object_get(t, "held"), k, h)
                        render_line(ctl, "", false, "  %s %s: %s", json_get(h, "what"), json_get(h, "window"), json_get(h, "text"));
        }
}

static int approve_list(const Ctl *ctl) {
        json_t *plan, *held = json_array(), *t;
        size_t i;

        if (plan_document(ctl, &plan) < 0) {
                json_decref(held);
                return EXIT_FAILED;
        }
        json_array_foreach(json_object_get(plan, "targets"), i, t)
                if (json_array_size(json_object_get(t, "held")))
                        (void) json_array_append_new(held, json_pack("{s:O, s:O, s:O}", "target", json_object_get(t, "target"), "digest",
                                                                     json_object_get(t, "digest"), "held", json_object_get(t, "held")));
        json_decref(plan);
        if (ctl->json)
                (void) ctl_json(ctl, json_pack("{s:o}", "held", held));
        else {
                held_print(ctl, held);
                json_decref(held);
        }
        return EXIT_FINE;
}

int verb_approve(Ctl *ctl) {
        return ctl->n_args ? approve(ctl, ctl->args[0]) : approve_list(ctl);
}
