/*
 * Titles and descriptions that tell users what they want to know, and such that do not
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "desired/wording.h"

static const struct title_case { const char *name, *title; bool vague; } title_cases[] = {
        { "title: usual words alone are vague", "Scheduled maintenance", true },
        { "title: case does not matter", "PLANNED SYSTEM UPGRADE", true },
        { "title: punctuation does not matter", "[Scheduled] maintenance -- server/services!", true },
        { "title: a ticket's number says nothing to users", "Maintenance CHG-4711", true },
        { "title: nor does one written together", "CHG0012345: planned maintenance", true },
        { "title: nor a date", "Maintenance 2027-02-01", true },
        { "title: nor a month", "Weekly maintenance, Monday 1 February 2027", true },
        { "title: one word", "Downtime", true },
        { "title: a placeholder", "TODO", true },
        { "title: nothing but signs", "???", true },
        { "title: German", "Geplante Wartungsarbeiten am System", false }, /* a word we do not know, "am", saves it: see the next */
        { "title: German, usual words alone", "Geplante Wartungsarbeiten", true },
        { "title: French, usual words alone", "Maintenance programmée du système", true },
        { "title: Spanish, usual words alone", "Mantenimiento programado", true },
        { "title: what is changed is named", "Database maintenance", false },
        { "title: a product's name is enough", "PostgreSQL 17 upgrade", false },
        { "title: a verb is enough", "Mail relay in Ashburn is replaced", false },
        { "title: a host's name is not a number", "web1 reboot", false },
        { "title: words without letters we know", "データベース移行", false },
        { "title: long words are cut, not overrun", "Donaudampfschifffahrtsgesellschaftskapitän maintenance", false },
};

static void check_title(void **state) {
        const struct title_case *c = *state;

        assert_int_equal(wording_title_vague(c->title), c->vague);
}

static const struct description_case { const char *name, *text, *title; Wording expected; } description_cases[] = {
        { "description: none", NULL, "T", WORDING_MISSING },
        { "description: blanks are none", " \n\t\n", "T", WORDING_MISSING },
        { "description: the title again", "**Database migration.**", "Database Migration", WORDING_REPEATS },
        { "description: what we do is not what users notice", "We will perform maintenance on the database servers.", "T", WORDING_VAGUE },
        { "description: thanks are no information", "This is a planned upgrade of our platform. Thank you for your patience.", "T", WORDING_VAGUE },
        { "description: a few words in any language", "Tabellen werden verdichtet.", "T", WORDING_VAGUE },
        { "description: a work order is not for users", "Replace the line card of the router and upgrade the firmware to 12.4 with the vendor on site.", "T", WORDING_VAGUE },
        { "description: the second is not a span of time", "The second data centre is moved to the new building.", "T", WORDING_VAGUE },
        { "description: what does not work", "Writes return 503.", "T", WORDING_FINE },
        { "description: what works", "API reads keep working.", "T", WORDING_FINE },
        { "description: that nothing is noticed", "No impact is expected.", "T", WORDING_FINE },
        { "description: cannot", "You cannot sign in.", "T", WORDING_FINE },
        { "description: in quotes, emphasised, capital", "The site is \"*UNAVAILABLE*\" for a while.", "T", WORDING_FINE },
        { "description: slower", "Searching is slower than on other days.", "T", WORDING_FINE },
        { "description: an apostrophe", "Users can't upload files.", "T", WORDING_FINE },
        { "description: German", "Lesen geht, Schreiben nicht.", "T", WORDING_FINE },
        { "description: what is not English and not short is not judged", "Wir tauschen in dieser Nacht beide Verteiler im Keller aus", "T", WORDING_FINE },
        { "description: scripts without blanks are not judged", "データベースを新しいハードウェアに移します。", "T", WORDING_FINE },
};

static void check_description(void **state) {
        const struct description_case *c = *state;

        assert_int_equal(wording_description(c->text, c->title), c->expected);
}

int main(void) {
        struct CMUnitTest tests[ARRAY_SIZE(title_cases) + ARRAY_SIZE(description_cases)];
        size_t n = 0;

        for (size_t i = 0; i < ARRAY_SIZE(title_cases); i++)
                tests[n++] = (struct CMUnitTest) { title_cases[i].name, check_title, NULL, NULL, (void *) &title_cases[i] };
        for (size_t i = 0; i < ARRAY_SIZE(description_cases); i++)
                tests[n++] = (struct CMUnitTest) { description_cases[i].name, check_description, NULL, NULL, (void *) &description_cases[i] };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
