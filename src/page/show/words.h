#pragma once
/*
 * What the public page says, in the languages it knows
 *
 * All words of the page stand in the one table of show/words.c; another language is another column there. How dates and numbers
 * are written is a matter of language too, and stands beside it.
 */
#include "page/model.h"
#include "schedule/zone.h"

typedef enum Language { LANGUAGE_EN, LANGUAGE_DE } Language;
#define LANGUAGES (LANGUAGE_DE + 1)

typedef enum Word {
        /* the whole: by Impact */
        WORD_ALL_OPERATIONAL, WORD_ALL_MAINTENANCE, WORD_ALL_DEGRADED, WORD_ALL_PARTIAL, WORD_ALL_MAJOR,
        /* a service: by Impact */
        WORD_OPERATIONAL, WORD_MAINTENANCE, WORD_DEGRADED, WORD_PARTIAL, WORD_MAJOR, WORD_NO_DATA,
        /* a window: by State */
        WORD_SCHEDULED, WORD_IN_PROGRESS, WORD_COMPLETED, WORD_CANCELLED,
        WORD_RUNNING, WORD_UPCOMING, WORD_SERVICES, WORD_RECENT, WORD_NONE_PLANNED, WORD_NONE_RECENT, WORD_NEXT, WORD_LATE, WORD_MORE,
        WORD_EXPECTED_END, WORD_SEVERAL_RUNNING, WORD_OVERDUE, WORD_SEVERAL_OVERDUE,
        WORD_AFFECTED, WORD_UPDATES, WORD_OLDER_UPDATES, WORD_UPDATES_LEFT_OUT, WORD_PLANNED, WORD_STARTED, WORD_ENDED, WORD_CANCELLED_AT, WORD_READ_ON,
        WORD_STATUS, WORD_HISTORY, WORD_ALL_HISTORY, WORD_HISTORY_OF, WORD_NONE_IN_MONTH, WORD_EARLIER, WORD_LATER,
        WORD_MORE_IN_MONTH, WORD_CALENDAR, WORD_FEED, WORD_SUPPORT,
        WORD_SKIP, WORD_MAIN_MENU, WORD_MONTHS, WORD_ADD_TO_CALENDAR, WORD_FEED_TITLE, WORD_MORE_RUNNING, WORD_MORE_UPCOMING, WORD_ALL_OPEN,
        WORD_DAYS_AGO, WORD_TODAY, WORD_UPTIME, WORD_LAST_DAYS, WORD_UNEVENTFUL,
        WORD_ZONE_NOTE, WORD_YOUR_TIME,
        WORD_NOT_FOUND, WORD_NOT_FOUND_LONG, WORD_NOT_ALLOWED, WORD_NOT_ALLOWED_LONG,
        /* subscribers */
        WORD_SUBSCRIBE, WORD_SUBSCRIBE_LONG, WORD_ADDRESS, WORD_ADDRESS_WRONG, WORD_ONLY_SERVICES, WORD_SERVICES_WRONG, WORD_ASKED, WORD_ASKED_LONG, WORD_CONFIRM_LONG, WORD_CONFIRMED,
        WORD_CONFIRMED_LONG, WORD_EXPIRED, WORD_EXPIRED_LONG, WORD_UNSUBSCRIBE, WORD_UNSUBSCRIBE_LONG, WORD_UNSUBSCRIBED, WORD_UNSUBSCRIBED_LONG, WORD_TOO_OFTEN,
        WORD_TOO_OFTEN_LONG, WORD_FOREIGN, WORD_FOREIGN_LONG, WORD_MAIL_WINDOW, WORD_MAIL_WHY, WORD_MAIL_QUESTION, WORD_MAIL_QUESTION_LONG, WORD_MAIL_CONFIRM, WORD_MAIL_IGNORE,
        /* what a mail is about: by EventKind */
        WORD_TOLD_SCHEDULED, WORD_TOLD_REMINDER, WORD_TOLD_IN_PROGRESS, WORD_TOLD_UPDATED, WORD_TOLD_RESCHEDULED, WORD_TOLD_COMPLETED, WORD_TOLD_CANCELLED, WORD_TOLD_UPDATE,
        WORD_TOLD_LEFT_OUT,
} Word;
#define WORDS (WORD_TOLD_LEFT_OUT + 1)

const char *word(Language l, Word w);
/* The word with @value in the place that it has for one. NULL: memory is out. */
const char *word_fill(Arena *a, Language l, Word w, const char *value);
static inline const char *word_overall(Language l, Impact i) {
        return word(l, (Word) (WORD_ALL_OPERATIONAL + i));
}
static inline const char *word_impact(Language l, Impact i) {
        return word(l, (Word) (WORD_OPERATIONAL + i));
}
static inline Word word_told(EventKind kind) {
        return (Word) (WORD_TOLD_SCHEDULED + kind);
}
static inline const char *word_state(Language l, State s) {
        return word(l, (Word) (WORD_SCHEDULED + s));
}

const char *language_code(Language l);          /* "en" */
int language_from_code(const char *code);       /* a Language, or -EINVAL */

/* The tongue and the clock in which a page speaks. */
typedef struct Voice {
        Language language;
        const Zone *zone;
} Voice;

#define PHRASE_SIZE 96u
/* "Mon, Feb 1, 2:00 AM", the last two never on two lines; with the year when it could be taken for another one. All return @buf. */
const char *phrase_moment(const Voice *v, usec_t t, usec_t now, char buf[static PHRASE_SIZE]);
/* What is written of the later of two: the time of day alone when both are of one day. */
const char *phrase_until(const Voice *v, usec_t from, usec_t to, usec_t now, char buf[static PHRASE_SIZE]);
const char *phrase_day(const Voice *v, usec_t t, char buf[static PHRASE_SIZE]);                     /* "Feb 1" */
const char *phrase_month(Language l, int year, unsigned month, char buf[static PHRASE_SIZE]);       /* "February 2027" */
const char *phrase_offset(const Voice *v, usec_t t, char buf[static PHRASE_SIZE]);                  /* "CET", "UTC+3" */
const char *phrase_length(Language l, usec_t length, char buf[static PHRASE_SIZE]);                 /* "1 h 30 min", "2 days", "< 1 min" */
/* Rounded down to a hundredth of a percent, so that "100%" means that nothing was missing. */
const char *phrase_percent(Language l, uint64_t part, uint64_t whole, char buf[static PHRASE_SIZE]);
