/*
 * Engine: whether a target can be reached, and lets us in
 *
 * Each change is said once. What cannot be reached is tried again with pauses that grow; what denies us is left alone for longer,
 * because only a person can put it right. Either way what falls due waits, and other targets do not.
 */
#include "reconcile/engine-internal.h"

/* Requests that were under way together fail together: only the first of them is a failure to count. */
bool remote_failed_anew(Now now, const Flight *f) {
        Remote *r = f->remote;

        if (r->failures > 0 && f->sent.boot <= r->failed_at)
                return false;
        r->failures++;
        r->failed_at = now.boot;
        return true;
}

int remote_failed(Engine *e, Now now, const Flight *f, const char *why) {
        Remote *r = f->remote;

        if (remote_failed_anew(now, f))
                r->retry_at = usec_add(now.boot, backoff(r->failures, PAUSE_FIRST, PAUSE_MAX, &e->jitter));
        (void) set_text(&r->problem, why);
        if (r->unreachable)
                return 0;
        r->unreachable = true;
        return say(e, EVENT_UNREACHABLE, 4, r, NULL, NULL, "cannot be reached: %s; what falls due waits", why);
}

int remote_denied(Engine *e, Now now, Remote *r, const char *why) {
        usec_t pause = DENIED_FIRST;

        for (unsigned n = 0; n < r->denials && pause < WAIT_MAX; n++)
                pause *= 2;
        r->denials++;
        r->denied_until = usec_add(now.boot, MIN(pause, WAIT_MAX));
        (void) set_text(&r->problem, why);
        r->denied = true;
        if (r->denied_said)
                return 0;
        r->denied_said = true;
        return say(e, EVENT_DENIED, 3, r, NULL, NULL, "access denied: %s; nothing is written there until the credential is replaced", why);
}

int remote_answers(Engine *e, Now now, Remote *r) {
        bool was = r->unreachable;

        r->failures = 0;
        r->retry_at = 0;
        r->unreachable = false;
        if (!r->denied)
                (void) set_text(&r->problem, NULL);
        return was ? say(e, EVENT_RECOVERED, 5, r, NULL, NULL, "can be reached again") : 0;
}

int remote_admits(Engine *e, Remote *r) {
        if (!r->denied)
                return 0;
        r->denied = false;
        (void) set_text(&r->problem, NULL);
        for (Item *i = r->items; i; i = i->next_of_remote)
                item_dirty(e, i);
        if (r->writes_denied)
                return 0; /* it always was */
        r->denied_said = false;
        return say(e, EVENT_RECOVERED, 5, r, NULL, NULL, "reading is allowed again: writing is tried");
}
