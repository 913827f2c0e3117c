/*
 * Verbs: what maintctl can do
 */
#include "ctl/ctl.h"

const Verb verbs[] = {
        { "lint", "[PATH...]", "Check manifests and configuration, without a network",
          "\nPrints FILE:LINE:COLUMN: error|warning: MESSAGE.\nPATH is a file or a directory; default: all manifests.\n"
          "Fails when something is refused.\n",
          0, -1, OPTION_STRICT, verb_lint },
        { "plan", "", "Show what would be done now, target by target, and why",
          "\nChanges nothing.\nExit status 2: there are changes, 0: there are none, 1: it could not be told.\n",
          0, 0, OPTION_LABEL, verb_plan },
        { "apply", "", "One reconcile to convergence, without the daemon",
          "\nSends what `plan` shows and what follows from it, until nothing is left to do.\nRefuses beside a running daemon.\n",
          0, 0, 0, verb_apply },
        { "status", "[ID]", "Every window, and what comes next; problems first",
          "\nID is a manifest, or ID@OCCURRENCE: then with all details.\n",
          0, 1, OPTION_LABEL, verb_status },
        { "show", "ID", "A manifest with all defaults resolved, and its windows",
          "\nWhat the file says, without asking the daemon.\n", 1, 1, 0, verb_show },
        { "history", "[ID]", "What was done, when, where, why, from which commit",
          "\nID is a manifest, or ID@OCCURRENCE. Oldest first.\n", 0, 1, OPTION_LIMIT | OPTION_LABEL, verb_history },
        { "approve", "[DIGEST]", "List what is held, or release exactly that",
          "\nA digest names what is held at one target at this moment:\nwhat a later load adds is held anew.\n",
          0, 1, 0, verb_approve },
        { "adopt", "TARGET | --all", "Take over the objects found at a target",
          "\nAfter a lost ledger, on a new machine, or when windows had been entered by hand.\nNothing is created.\n",
          0, 1, OPTION_ALL, verb_adopt },
        { "reload", "", "Have the daemon read everything again, and wait for it",
          "\nFails when something is refused; what is good is in force all the same.\n",
          0, 0, 0, verb_reload },
        { NULL },
};
