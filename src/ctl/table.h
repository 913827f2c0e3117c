#pragma once
/*
 * Table: rows of text in columns that fit a width
 *
 * Cells come from files and remotes and are made printable on their way in. Where the rows are wider than the room, the columns
 * marked flexible are cut, the widest first.
 */
#include "base/base.h"

#define TABLE_COLUMNS_MAX 8u
#define TABLE_FLEX_MIN 8u       /* a flexible column keeps at least this */

typedef struct Table Table;

/* @headers: @n_columns texts, copied; a table without rows prints nothing. @flexible: bits of columns. NULL: out of memory. */
Table *table_new(const char *const *headers, size_t n_columns, unsigned flexible);
/*
 * Where rows do not fit, each is printed over several lines instead of being cut: the first @heads columns on a line of their own,
 * the others below it. For what people must be able to read whole, and copy.
 */
void table_stack(Table *t, size_t heads);
Table *table_free(Table *t);
DEFINE_AUTO(Table *, table_free)
/* The next cell, row by row. @style: an escape sequence of render.h, NULL or "": plain. Out of memory shows as "?". */
void table_add(Table *t, const char *style, const char *text);
void table_addf(Table *t, const char *style, const char *fmt, ...) printf_(3, 4);
size_t table_rows(const Table *t);
/* @indent blanks before each line; @width: columns of the terminal, 0: no limit; @color: use styles. */
void table_print(const Table *t, FILE *f, unsigned indent, unsigned width, bool color);

/* Columns a printable text takes on a terminal. */
size_t text_columns(const char *s);
/* @text, word by word: @used columns of the line are taken, further lines begin with @indent blanks. @width 0: no limit. No final newline. */
void text_wrap(FILE *f, const char *text, size_t used, size_t indent, size_t width);
