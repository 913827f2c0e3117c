/*
 * Verbs: what maintctl can do
 */
#include "ctl/ctl.h"

#define EDIT_OPTIONS (OPTION_MESSAGE | OPTION_COMMIT | OPTION_WAIT | OPTION_TIMEOUT)
#define EDITS_FILE "\nEdits the manifest's file, shows what it changed, leaves every other byte alone.\n"
#define EDITS EDITS_FILE "ID may be its beginning. Of a recurring manifest: ID@OCCURRENCE, or the\nbeginning of that; without one what runs, else what comes next.\n"

const Verb verbs[] = {
        { "lint", "[PATH...]", "Check manifests and configuration, without a network",
          "\nPrints FILE:LINE:COLUMN: error|warning: MESSAGE.\nPATH is a file or a directory; default: all manifests.\n"
          "Fails when something is refused.\n",
          0, -1, OPTION_STRICT | OPTION_FORMAT, verb_lint },
        { "plan", "", "Show what would be done now, target by target, and why",
          "\nChanges nothing.\nExit status 2: there are changes, 0: there are none, 1: it could not be told.\n",
          0, 0, OPTION_LABEL | OPTION_DIFF | OPTION_MARKDOWN, verb_plan },
        { "simulate", "", "What would be done when, on a clock that runs ahead",
          "\nThe engine of maintd itself against targets that are played: nothing is sent,\nnothing is known of what is there already. Times without an offset are those of\n"
          "the configuration's time zone.\n",
          0, 0, OPTION_FROM | OPTION_LABEL, verb_simulate },
        { "apply", "", "One reconcile to convergence, without the daemon",
          "\nSends what `plan` shows and what follows from it, until nothing is left to do.\nRefuses beside a running daemon.\n",
          0, 0, 0, verb_apply },
        { "status", "[ID]", "Every window, and what comes next; problems first",
          "\nID is a manifest, or ID@OCCURRENCE: then with all details.\nThe beginning of either is enough where only one has it.\n",
          0, 1, OPTION_LABEL, verb_status },
        { "timeline", "", "The coming days as a chart, a lane for each service",
          "\nSeven days, of all manifests; beside maintd with its word on what has begun.\n", 0, 0, OPTION_DAYS | OPTION_SVG | OPTION_LABEL, verb_timeline },
        { "next", "", "What runs and what comes next, in one line", "\nFor a prompt or a motd.\n", 0, 0, OPTION_LABEL, verb_next },
        { "calendar", "", "All windows as an iCalendar file", "\nA year ahead, for a calendar program to subscribe to.\n", 0, 0, OPTION_DAYS | OPTION_LABEL, verb_calendar },
        { "list", "", "The ids of all manifests, a line each", "\nFor scripts.\n", 0, 0, OPTION_LABEL, verb_list },
        { "why", "ID", "How a window came to be as it is",
          "\nFrom file and commit over what was asked of each target to what it answered.\n", 1, 1, 0, verb_why },
        { "show", "ID", "A manifest with all defaults resolved, and its windows",
          "\nWhat the file says, without asking the daemon.\n", 1, 1, 0, verb_show },
        { "history", "[ID]", "What was done, when, where, why, from which commit",
          "\nID is a manifest, or ID@OCCURRENCE, or the beginning of one. Oldest first.\n", 0, 1, OPTION_LIMIT | OPTION_LABEL | OPTION_SINCE | OPTION_FOLLOW, verb_history },
        { "new", "ID", "Write a manifest", "\nThe file ID.yaml in the manifest directory.\n", 1, 1, OPTION_NEW | OPTION_END | OPTION_COMMIT | OPTION_WAIT | OPTION_TIMEOUT, verb_new },
        { "start", "ID", "Start a window now", EDITS, 1, 1, EDIT_OPTIONS, verb_edit },
        { "complete", "ID", "Complete a window that runs", EDITS, 1, 1, EDIT_OPTIONS, verb_edit },
        { "cancel", "ID", "Call a window off", EDITS "A whole series: write `state: cancelled` into its manifest.\n", 1, 1, EDIT_OPTIONS, verb_edit },
        { "extend", "ID", "Let a window last longer", EDITS, 1, 1, OPTION_BY | OPTION_END | OPTION_COMMIT | OPTION_WAIT | OPTION_TIMEOUT, verb_edit },
        { "update", "ID", "Post an update of a window that runs", EDITS, 1, 1, EDIT_OPTIONS, verb_edit },
        { "suspend", "ID", "Leave a manifest's windows exactly as they are", EDITS_FILE, 1, 1, OPTION_COMMIT, verb_edit },
        { "resume", "ID", "Take a suspended manifest up again", EDITS_FILE, 1, 1, OPTION_COMMIT, verb_edit },
        { "approve", "[DIGEST]", "List what is held, or release exactly that",
          "\nA digest names what is held at one target at this moment:\nwhat a later load adds is held anew.\n",
          0, 1, 0, verb_approve },
        { "adopt", "TARGET | --all", "Take over the objects found at a target",
          "\nAfter a lost ledger, on a new machine, or when windows had been entered by hand.\nNothing is created.\n",
          0, 1, OPTION_ALL, verb_adopt },
        { "import", "TARGET", "Write manifests for windows that are at a target alone",
          "\nA file for each, and takes them over: nothing changes at the target but that\nthey are marked as ours. What a manifest could not say exactly is left alone.\n",
          1, 1, OPTION_INTO | OPTION_DRY_RUN, verb_import },
        { "reload", "", "Have the daemon read everything again, and wait for it",
          "\nFails when something is refused; what is good is in force all the same.\n",
          0, 0, 0, verb_reload },
        { NULL },
};
