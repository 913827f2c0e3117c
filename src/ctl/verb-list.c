/*
 * list: the ids of all manifests, a line each: for scripts and completions
 */
#include "base/text.h"
#include "ctl/ctl.h"

int verb_list(Ctl *ctl) {
        Selection sel = { .labels = ctl->labels, .n_labels = ctl->n_labels };
        auto_(site_free) Site *s = NULL;
        json_t *ids;
        const Manifest *m;

        if (local_open(ctl, SITE_LEDGER_NONE, true, &s) < 0)
                return EXIT_FAILED;
        ids = json_array();
        for (size_t i = 0; (m = desired_nth(s->desired, i)); i++)
                if (!selection_has(&sel, m->labels))
                        continue;
                else if (ctl->json)
                        (void) json_array_append_new(ids, json_string(m->id));
                else
                        (void) puts(m->id); /* nothing but a-z, 0-9 and a few signs */
        if (ctl->json)
                (void) ctl_json(ctl, json_pack("{s:o}", "manifests", ids));
        else
                json_decref(ids);
        ctl_unknown_labels_in(ctl, s);
        return EXIT_FINE;
}
