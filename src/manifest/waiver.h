#pragma once
/*
 * Waivers: warnings that a comment in the file switches off
 *
 *      start: 2027-03-28T02:30         # maintctl: disable=time-in-gap
 *
 * Behind a value it holds for that line, on a line of its own for the whole document, and in _defaults.yaml for all below it. Several
 * ids are separated by commas; behind a blank may follow why. Errors cannot be switched off.
 */
#include "manifest/diagnostic.h"

#define WAIVER_LAST (UINT32_MAX - 1)    /* the last line of a file, whichever that is; the next is that of "N more problems" */

typedef struct Waiver {
        unsigned first, last;   /* lines it holds for */
        const char *code;       /* static */
} Waiver;

typedef struct Waivers { Waiver *items; size_t n; } Waivers; /* items: owned */
void waivers_done(Waivers *w);

bool waivers_have(const Waivers *w, unsigned line, const char *code);

/**
 * waiver_code() - the warning that a person names
 * @diags: where it is said that there is none of that name, at @line and @column of @file
 *
 * Return: 1 and its static name in *ret; 0 there is none, and it has been said; -ENOMEM.
 */
int waiver_code(const char *word, const char *file, unsigned line, unsigned column, Diagnostics *diags, const char **ret);

typedef struct Yaml Yaml;
/**
 * waivers_read() - find the comments
 * @y: what was read of @text, whose scalars hold no comments
 *
 * Return: 0, also when some name no warning, which is said; -ENOMEM.
 */
int waivers_read(const char *file, const char *text, size_t n, const Yaml *y, Diagnostics *diags, Waivers *ret);
