#pragma once
/*
 * Xml: text inside an element or an attribute
 */
#include "base/base.h"

/**
 * xml_put() - write text so that a reader of XML 1.0 gets it back
 * @s:   UTF-8, also what is none; NULL is ""
 * @max: characters at most, 0: all; a longer one ends in "…"
 *
 * As text_printable() shows it, for XML 1.0 has no way to write most control characters. Between tags and between double quotes.
 */
void xml_put(FILE *f, const char *s, size_t max);
