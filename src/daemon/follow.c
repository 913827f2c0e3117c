/*
 * Follow: questions that wait for something to happen
 *
 * `history` with "follow" is answered once there is a line that it has not seen. Until then its client sleeps in recv() and costs a
 * file descriptor; whoever has gone meanwhile makes room for the next.
 */
#include "daemon/manager.h"
#include "daemon/report.h"

static void follower_drop(Manager *m, size_t i) {
        json_decref(m->followers[i].request);
        m->followers[i] = m->followers[--m->n_followers];
}

static void drop_gone(Manager *m) {
        for (size_t i = m->n_followers; i-- > 0;)
                if (control_gone(m->followers[i].call)) {
                        control_refuse(m->followers[i].call, "nobody waits for this");
                        follower_drop(m, i);
                }
}

void manager_follow(Manager *m, ControlCall *call, const json_t *request) {
        drop_gone(m);
        if (m->stopping || m->n_followers == FOLLOWERS_MAX) {
                control_refuse(call, m->stopping ? "maintd is stopping" : "too many wait for news already: try again");
                return;
        }
        m->followers[m->n_followers++] = (Follower) { call, json_incref((json_t *) request) };
}

void manager_followers_look(Manager *m) {
        drop_gone(m);
        for (size_t i = m->n_followers; i-- > 0;) {
                Follower *f = &m->followers[i];
                json_t *news = NULL;
                int r = manager_history(m, f->request, &news);

                if (r == 0)
                        continue;
                control_answer(f->call, news);
                follower_drop(m, i);
        }
}

void manager_refuse_followers(Manager *m, const char *why) {
        while (m->n_followers) {
                control_refuse(m->followers[m->n_followers - 1].call, "%s", why);
                follower_drop(m, m->n_followers - 1);
        }
}
