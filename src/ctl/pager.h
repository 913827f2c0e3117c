#pragma once
/*
 * Pager: long outputs a screen at a time
 *
 * By systemd's conventions, so that what people have set for journalctl holds here: $SYSTEMD_PAGER, then $PAGER; $SYSTEMD_LESS,
 * $SYSTEMD_LESSCHARSET, $SYSTEMD_PAGERSECURE.
 */
#include "ctl/ctl.h"

typedef struct PagerEnv {               /* all that the choice depends on; texts NULL: not set */
        const char *systemd_pager, *pager, *secure, *term;
        bool terminal;                  /* stdout is one */
        bool owner;                     /* the session belongs to who runs us, who gains nothing by a shell from the pager */
} PagerEnv;

typedef struct PagerChoice {
        const char *command;            /* for a shell; borrowed; NULL: less, else (not when secure) more */
        bool secure;                    /* it must not start programs or write files */
} PagerChoice;

/* False: none. Pure. */
bool pager_choose(const PagerEnv *e, PagerChoice *ret);
PagerEnv pager_env(void);

typedef struct Pager {
        PagerChoice choice;
        int file, terminal;             /* what is printed until the end; where it goes then. -1: no pager */
} Pager;

/* From here on stdout is collected, when this verb is one of those with long outputs and there is a terminal to page on. */
void pager_begin(const Ctl *ctl, Pager *ret);
/* Shows what was collected, and waits until it has been read. */
void pager_end(Pager *p);
