/*
 * reload: what ExecReload= calls
 */
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/render.h"

static int count(const json_t *o, const char *key) {
        return (int) json_integer_value(json_object_get(o, key));
}

int verb_reload(Ctl *ctl) {
        json_t *load;
        bool failed;
        int r = ctl_ask(ctl, json_pack("{s:s}", "verb", "reload"), &load);

        if (r == 0)
                (void) fprintf(stderr, "maintctl: maintd does not run here: systemctl start maintd\n");
        if (r <= 0)
                return EXIT_FAILED;
        failed = count(load, "errors") > 0 || count(load, "refused") > 0 || *json_get(load, "error") || json_is_true(json_object_get(load, "config_refused"));
        (void) render_diagnostics(json_object_get(load, "diagnostics"), "", stderr);
        if (*json_get(load, "error"))
                (void) fprintf(stderr, "maintctl: %s\n", json_get(load, "error"));
        if (json_is_true(json_object_get(load, "config_refused")))
                (void) fprintf(stderr, "maintctl: the configuration was refused: the one before stays in force\n");
        if (ctl_json(ctl, load))
                return failed ? EXIT_FAILED : EXIT_FINE;
        if (count(load, "refused"))
                (void) printf("%d of %d manifests refused, %d in force\n", count(load, "refused"), count(load, "manifests"), count(load, "in_force"));
        else
                (void) printf("%d manifest%s in force, %d changed\n", count(load, "in_force"), PLURAL(count(load, "in_force")), count(load, "changed"));
        if (json_is_true(json_object_get(load, "withdrawals_held")))
                (void) printf("what is missing is not withdrawn because of this load: see above, or a git operation was under way\n");
        json_decref(load);
        return failed ? EXIT_FAILED : EXIT_FINE;
}
