/*
 * adopt: take over what is found at a target
 */
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/render.h"

/* One target or all, by name: told "all", the engine would go on to write. */
static int tell_adopt(Site *s, const char *target) {
        int r = target ? engine_told_adopt(s->engine, now_read(), target) : 0;

        if (r == -ENOENT) {
                auto_(free) char *safe = text_printable(target, 0), *path = text_printable(s->config_path, 0);

                (void) fprintf(stderr, "maintctl: there is no target \"%s\" in %s\n", text_or(safe, "?"), text_or(path, "?"));
        }
        for (size_t i = 0; !target && r >= 0 && i < s->targets->n; i++)
                r = engine_told_adopt(s->engine, now_read(), s->targets->items[i]->name);
        return r;
}

/* Of a target that could not be looked at, nothing was taken over. */
static int check_seen(void *userdata, const TargetStatus *t) {
        const char *asked = userdata;

        if ((asked && strcmp(asked, t->name) != 0) || t->listed)
                return 0;
        (void) fprintf(stderr, "maintctl: %s: %s: %s\n", t->name, t->health, text_or(t->problem, "it could not be looked at"));
        return -EIO;
}

static int adopt_local(const Ctl *ctl, const char *target) {
        auto_(site_free) Site *s = NULL;
        int r = local_open(ctl, SITE_LEDGER_OWN, true, &s);

        if (r < 0)
                return r;
        r = tell_adopt(s, target);
        if (r >= 0)
                r = local_settle(s, true);
        if (r >= 0)
                r = engine_each_target(s->engine, check_seen, (void *) target);
        if (r >= 0 && !target && s->other_machine) {
                r = ledger_adopt_machine(s->ledger, s->machine_id);
                if (r < 0)
                        (void) fprintf(stderr, "maintctl: the ledger cannot be written: %s\n", strerror(-r));
        }
        return r;
}

int verb_adopt(Ctl *ctl) {
        const char *target = ctl->n_args ? ctl->args[0] : NULL;
        bool all = ctl->options & OPTION_ALL;
        json_t *answer = NULL;
        int r;

        if (!target == !all) {
                (void) fprintf(stderr, "maintctl: usage: maintctl adopt TARGET | --all\n");
                return EXIT_FAILED;
        }
        r = ctl_ask(ctl, json_pack("{s:s, s:s?, s:b}", "verb", "adopt", "target", target, "all", all), &answer);
        if (r == 0)
                r = adopt_local(ctl, target);
        if (r < 0)
                return EXIT_FAILED;
        if (!answer)
                answer = json_pack("{s:s?}", "adopted", target);
        if (ctl_json(ctl, answer))
                return EXIT_FINE;
        json_decref(answer);
        render_line(ctl, "", false, "what is found %s%s is taken over: maintctl status", target ? "at " : "at all targets", text_or(target, ""));
        return EXIT_FINE;
}
