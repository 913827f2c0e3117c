/*
 * The page's own clock: starts, ends and reminders to the second
 *
 * One absolute wall-clock timer stands at the earliest due instant, so a set clock is followed. A turn takes a bounded number of
 * steps: after a long absence requests are answered between the turns.
 */
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "page/apply.h"
#include "page/page.h"
#include "page/store/session.h"

#define STEPS_A_TURN 100u
#define RETRY_AFTER (10 * USEC_PER_SEC)
#define STATES_KEPT (100 * USEC_PER_DAY)        /* more than is shown */
#define PRUNE_EVERY USEC_PER_HOUR

static void clock_arm(Page *page, usec_t due) {
        int r;

        page->next_due = due;
        r = sd_event_source_set_time(page->due_timer, due);
        if (r >= 0)
                r = sd_event_source_set_enabled(page->due_timer, due == USEC_INFINITY ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
        if (r < 0)
                log_plain(LOG_ERR, "cannot set the timer for the next start or end: %s", strerror(-r));
}

static void clock_turn(Page *page, usec_t now) {
        usec_t next = USEC_INFINITY;
        int r = 1;

        for (unsigned i = 0; i < STEPS_A_TURN && r > 0; i++)
                r = apply_clock(page->store, now);
        if (r >= 0)
                r = store_next_due(page->store, &next);
        if (r < 0) {
                log_plain(LOG_ERR, "cannot carry out what is due, trying again in 10 s: %s (%s)", strerror(-r), store_error(page->store));
                next = now + RETRY_AFTER;
        }
        clock_arm(page, next);
}

static int on_due(sd_event_source *src, uint64_t usec, void *userdata) {
        clock_turn(userdata, now_read().real);
        return 0;
}

int page_clock_start(Page *page) {
        int r = sd_event_add_time(page->event, &page->due_timer, CLOCK_REALTIME, USEC_INFINITY, 1, on_due, page);

        if (r < 0)
                return r;
        (void) sd_event_source_set_description(page->due_timer, "due");
        clock_turn(page, now_read().real);
        return 0;
}

void page_clock_catch_up(Page *page, Now now) {
        if (page->next_due <= now.real)
                clock_turn(page, now.real);
        if (page->pruned != 0 && now.boot < page->pruned + PRUNE_EVERY)
                return;
        page->pruned = now.boot;
        if (store_answers_prune(page->store, usec_sub(now.real, ANSWERS_KEPT)) < 0)
                log_plain(LOG_WARNING, "cannot forget old answers: %s", store_error(page->store));
        if (store_states_prune(page->store, usec_sub(now.real, STATES_KEPT)) < 0)
                log_plain(LOG_WARNING, "cannot forget what services showed long ago: %s", store_error(page->store));
        if (store_sessions_prune(page->store, now.real) < 0)
                log_plain(LOG_WARNING, "cannot forget who was signed in: %s", store_error(page->store));
}

void page_clock_note(Page *page, usec_t due) {
        if (due < page->next_due)
                clock_arm(page, due);
}
