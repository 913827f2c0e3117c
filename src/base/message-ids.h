#pragma once
/*
 * Message ids: one for each kind of event in the journal
 *
 * `journalctl MESSAGE_ID=…` finds all events of a kind, `journalctl -x` explains each with the text that
 * systemd/maintd.catalog has for it. Random, given once, never reused, never given a new meaning: they are API.
 * tests/unit/test-log.c holds this list and the catalog together.
 */

/* Windows */
#define MESSAGE_PUBLISHED         "48b1ddd296874220a5b39080f26b1e99" /* a window was published at a target */
#define MESSAGE_UPDATED           "14c61ae29caa4c13b8f6354117aef149" /* texts, services or impact were changed */
#define MESSAGE_MOVED             "038139a79e3e41c9845464bf118dc16c" /* start or end was changed */
#define MESSAGE_STARTED           "80978bcc468942a6a969b7b9eec5613e" /* a window began */
#define MESSAGE_COMPLETED         "58ae1f5c4c904b8ea6350907eb01b929" /* a window ended */
#define MESSAGE_CANCELLED         "ba085170e6094f21944d79d2e8d2d35e" /* a window was called off by its manifest */
#define MESSAGE_WITHDRAWN         "505b254bca6040a4af71ef939983d57f" /* the window of a deleted manifest was taken back */
#define MESSAGE_POSTED            "2026c38252494d738c4571ff6971a39a" /* a message was posted while a window runs */
#define MESSAGE_ADOPTED           "b89eb08afc6844489ad8ac37d683624a" /* a remote object was taken over on request */
#define MESSAGE_TAKEN_OVER        "0875d508b1ac427c8268d17d794dd10b" /* a remote object of ours was found again */
#define MESSAGE_DIVERGED          "5b8828013e614084b49af290c649f082" /* a person took a step at the target */
#define MESSAGE_GONE              "878136331fdb43beb8701dd731d0082e" /* a remote object was deleted by someone else */
#define MESSAGE_CLAIMED           "a90be3d4a7014830b33dd8bbe62fa49d" /* the object belongs to another ledger */
#define MESSAGE_ALREADY_THERE     "cfa4a08b77ce4ef591372b57c5b48064" /* an equal window exists that is not ours */
#define MESSAGE_MISSED            "4784abca82964ebd878cedd1d09219f9" /* a window's end came and nobody had started it */
#define MESSAGE_OVERRUNNING       "173e625f7a4d4fd1adff5d8475c0c1fd" /* a window runs past its end */
#define MESSAGE_SUSPENDED         "3fc5417717514e36b6750b93790e2dec" /* a due time was passed over */
#define MESSAGE_DROPPED           "cc144d9292fd4365b9bb2db63d88c453" /* a message or reminder came too late to be sent */
#define MESSAGE_REFUSED           "77de0a1e055949afae2bef769dd5a5d8" /* a target refused a request for good */
#define MESSAGE_LATE              "3bf91415f69d43559ac645639d067e88" /* a step came later than it was due */
#define MESSAGE_HEALED            "51c57a9372de43a2b7ca32d8c0673a62" /* a change at the target was put right */
#define MESSAGE_HEAL_LIMIT        "14f6203fdbde4543a01e5913da4a2710" /* a change at the target keeps coming back */
#define MESSAGE_DUPLICATE         "a4fa618ca10f40cdb6b4d33374a86f5e" /* a second object of one window was found */
#define MESSAGE_UNKNOWN           "3978db276bf444648847543a69851dc0" /* the outcome of a request is not known */
#define MESSAGE_MOVED_INTO_PAST   "2d7f253fcf96475fa1fa8b404acc33d9" /* an edit lies wholly in the past */

/* Targets */
#define MESSAGE_DENIED            "5a3085f44f114582aeb694f189f585a5" /* a target does not accept the credential, or there is none */
#define MESSAGE_UNREACHABLE       "c157a4d985f048a2bc3d563170319253" /* a target does not answer */
#define MESSAGE_RECOVERED         "d75af576b38240b2a789a50e9c88a8b8" /* a target answers again */
#define MESSAGE_LIMITED           "8c32c163b23d4be882df75ac0d917b08" /* a target limits the rate of requests */
#define MESSAGE_LOST_DATA         "ea8e78ec6fe14ccf9fccc40b14234df3" /* most of a target's objects have vanished */
#define MESSAGE_CANNOT            "d3e130abd04542a581d2733ccfff13cd" /* a target lacks a capability */
#define MESSAGE_RETIRED           "be9710a9c44a4fb88f70be33670a8785" /* a target has been emptied and can go */
#define MESSAGE_ORPHANED          "b3fdfddcd96d4de59642f870b3fe3dce" /* a target vanished from the configuration with live windows */
#define MESSAGE_UNRESOLVED        "c46a30603a714534b70a8ba50d2b33df" /* a service is not known to the target */

/* Manifests */
#define MESSAGE_LOADED            "d8c3354375fd44fcb6a12d87ddb975cb" /* manifests were loaded */
#define MESSAGE_MANIFEST_REFUSED  "5027a55547a24c2fa19a4260bd0e6ffb" /* a manifest was refused */
#define MESSAGE_TREE_BROKEN       "5e3d382e34f249068870958a0981a406" /* the manifest directory cannot be used */
#define MESSAGE_CONFIG_REFUSED    "e8b1c11d74c84ae29b158c6c72c5f3fb" /* the configuration was refused */
#define MESSAGE_WITHDRAW_PENDING  "e8056116eaab47bdab5a1e325b4fbdaf" /* a manifest has vanished and its windows will be withdrawn */
#define MESSAGE_WITHDRAW_UNDONE   "ca4458099438408f8fe19693dc4bea27" /* a vanished manifest has returned in time */
#define MESSAGE_HELD              "78095248d99c4fceb93ceb250a5401d1" /* a mass change waits for a person */
#define MESSAGE_APPROVED          "90dc645c7e2d48a1b43d04b4d14d78b0" /* held changes were released */
#define MESSAGE_RENAMED           "d70e4344efd640dc911b0ca0c6f267c9" /* a manifest has a new id */

/* The daemon */
#define MESSAGE_READY             "8af6beafdaeb4b318a8af3b2eafa0371" /* maintd is up */
#define MESSAGE_RELOADING         "11f758cb9fdc4fed877edf1c3d1c9ed5" /* maintd reads its files again */
#define MESSAGE_STOPPING          "2ef2e6f3d982438f86cff4f050bbaf42" /* maintd ends */
#define MESSAGE_CLOCK_UNTRUSTED   "4f65b0fbc5bf407590d61d751b7c66f7" /* the clock cannot be right */
#define MESSAGE_CLOCK_TRUSTED     "5c53f6fcaeff41cd838256e1d1209683" /* the clock is trusted again */
#define MESSAGE_CLOCK_STEPPED     "d2661c4628e741eb9755de892cd9c839" /* the clock was set */
#define MESSAGE_LEDGER_UNWRITABLE "4b61d55559104e238cda321b74e5156e" /* the ledger cannot be written */
#define MESSAGE_LEDGER_WRITABLE   "1a0a83a67f584e62bd9fd0227befadfb" /* the ledger can be written again */
#define MESSAGE_MACHINE_CHANGED   "0514a7dffaf34981bf010ab324ae64ea" /* the ledger comes from another machine */

/* The page */
#define MESSAGE_REQUEST           "a53df680c1aa4eb19795f754f35c00c7" /* a request was answered */
#define MESSAGE_REQUESTS_UNTOLD   "156e6c10ac9e4d8993cdb9df6e25edcd" /* there were more of those than are told one by one */
