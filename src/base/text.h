#pragma once
/*
 * Text from outside: measured, escaped, compared
 *
 * Whatever came from a file or a remote and is shown to a person passes through text_printable().
 */
#include "base/base.h"

static inline const char *text_or(const char *s, const char *fallback) {
        return s && *s ? s : fallback;
}

/* NULL counts as "". */
bool text_equal(const char *a, const char *b);
bool text_starts(const char *s, const char *prefix);

/* 64-bit hash for equality tests and maps; not for secrets, not stable across major versions of the ledger. */
#define HASH_SEED UINT64_C(0x9ae16a3b2f90404f)
uint64_t hash_bytes(uint64_t seed, const void *data, size_t n);
uint64_t hash_text(uint64_t seed, const char *s); /* NULL and "" differ from each other */
uint64_t hash_u64(uint64_t seed, uint64_t v);

/* Length in characters (code points) of valid UTF-8; SIZE_MAX when @s is not valid UTF-8 (RFC 3629). */
size_t utf8_length(const char *s, size_t n);

/* A copy of @n bytes, a NUL behind them; nothing need end @s. NULL when memory is out. */
char *text_slice(const char *s, size_t n);
/* True for a code point that must not reach a terminal, a log line or a public page from a one-line field: C0, DEL, C1, bidi
 * overrides and isolates, line and paragraph separators, the BOM. */
bool codepoint_hostile(uint32_t c);
/* Decodes one code point at @s (n bytes left); returns its length in bytes, 0 when invalid. */
size_t utf8_decode(const char *s, size_t n, uint32_t *ret);

/**
 * text_printable() - make a text safe for a terminal or a log line
 * @max: longest result in characters, escapes counted as they are written, 0: no limit; a longer one ends in "…"
 *
 * Control characters, escapes and bidi overrides become \xNN / \u{NNNN}; invalid bytes \xNN; newline \n, tab \t.
 * Return: a new string owned by the caller, NULL when memory is out.
 */
char *text_printable(const char *s, size_t max);

/* Length of the shortest edit (insert, delete, replace, swap neighbours) between two words, case ignored. */
unsigned text_distance(const char *a, const char *b);
/* The candidate nearest to @word, or NULL when none is near enough to be what was meant. */
const char *text_nearest(const char *word, const char *const *candidates, size_t n);

/* 0 to 15, or -EINVAL. */
int hex_digit(char c);

/* asprintf() that returns the text, NULL when memory is out. */
char *textf(const char *fmt, ...) printf_(1, 2);
