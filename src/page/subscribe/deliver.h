#pragma once
/*
 * Delivery: what is owed goes out
 *
 * A message is sent, and then marked as sent, in that order: whoever is killed in between sends it once more. So each event reaches each
 * subscriber at least once, and once unless that happened. To one subscriber messages go in order; one that fails is tried again after a
 * pause that doubles, until it is too old to be of use, and that is said in the journal.
 */
#include "page/page.h"

typedef struct Deliver Deliver;

/**
 * deliver_new() - begin with what was left over
 * @config_dir: where the credential smtp-password may lie, see secret_read()
 * @reterr: a line for the operator, owned by the caller; may stay NULL
 *
 * @page is borrowed. Return: 0, -errno.
 */
int deliver_new(Page *page, const char *config_dir, Deliver **ret, char **reterr);
Deliver *deliver_free(Deliver *d);
DEFINE_AUTO(Deliver *, deliver_free)
