#pragma once
/*
 * Forms of the dashboard: fields with their labels, what is wrong with them, and what had been entered
 *
 * After a mistake a form is shown again with all that was entered, what is wrong next to each field, and a list of it on top. A field's
 * id is its name.
 */
#include "page/dashboard/dashboard.h"

/* What was entered, if this is a form that came back, else @fallback. */
const char *field_value(const Visit *x, const char *name, const char *fallback);
/* What was entered, without the carriage returns that browsers put in; "" where there is nothing, or when memory is out. */
const char *text_entered(const Visit *x, const char *name);
/* Was it ticked? As above. */
bool field_ticked(const Visit *x, const char *name, const char *value, bool fallback);
/* Adds what is wrong; the text is ours or the API's. */
void field_wrong(Visit *x, const char *name, const char *text);
bool fields_wrong(const Visit *x);

/* <form> with the session's token and a one-time id; above it the notice and a list of what is wrong. @action: NULL: this very address. */
void form_begin(Visit *x, const char *action);
void form_hidden(const Visit *x, const char *name, const char *value);
/* What these fields hold, for form_changed() to compare with once the form has come back. */
void form_remember(const Visit *x, const char *const *names, const char *const *values, size_t n);
/* Has somebody changed that field of a form? Of one that remembers nothing, all have been. */
bool form_changed(const Visit *x, const char *name);
/* The button that sends, a link that leaves it be (@back NULL: none), and </form>. @class: "main", or "grave" for what cannot be undone. */
void form_end(Visit *x, Tell button, const char *class, const char *back);
/* A whole page: is what cannot be undone to be done? @warning: TELL_NOTHING: none. As other pages, 0 or -errno. */
int form_question(Visit *x, const char *title, Tell lead, Tell warning, Tell button, const char *back);

typedef struct Field {
        const char *name;
        Tell label;
        Tell hint;                      /* TELL_NOTHING: none */
        const char *value;              /* before anything was entered; NULL: none */
        const char *type;               /* of an <input>; NULL: "text" */
        const char *attributes;         /* ours, as they are written; NULL: none */
        bool required;
} Field;

/* A line to enter. */
void field_input(Visit *x, const Field *field);
void field_text(Visit *x, const Field *field, unsigned rows);
/* A box to tick; of several of one name, @value tells them apart. @label is escaped. */
void field_box(Visit *x, const char *name, const char *value, const char *label, bool ticked);
/* One of several buttons of that name. */
void field_radio(Visit *x, const char *name, const char *value, const char *label, bool chosen);
/* A group of boxes or buttons. */
void field_group(Visit *x, const Field *field);
void field_group_end(const Visit *x);
typedef struct Option {
        const char *value, *label;
} Option;
/* Values and labels are escaped. */
void field_select(Visit *x, const Field *field, const Option *options, size_t n);
/* The paragraph with what is wrong with @name, if anything is. */
void field_problem(Visit *x, const char *name);

/* Notices after a redirect: their names in the address. "" and TELL_NOTHING: none of them. */
const char *done_name(Tell w);
Tell done_tell(const char *name);
