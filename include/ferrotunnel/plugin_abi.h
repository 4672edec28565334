/*
 * The interface between a server and its plugins, in C11. plugin.hpp is C++20 over it; docs/plugins has a tutorial.
 *
 * A plugin is a shared library with one symbol, ferrotunnel_plugin_v1, or the same function linked into an application
 * (Server::Builder::plugin). It returns the plugin's types; from a type and settings the host makes instances, as many
 * as the configuration names. The library is never unloaded.
 *
 * Growing without breaking: the symbol's name is the major version. A struct begins with its size as its writer knew
 * it; the reader takes no more than that, and what is not there counts as null. Members are only appended. More
 * functions come as tables of their own, asked for by an id (ft_host.extension).
 *
 * Threads: [control] one call at a time, may block; [worker] the worker of that exchange, must not block, and the hooks
 * of one instance run on all workers at once; [any] any thread at any time.
 *
 * Memory: a text that the host gives is good until the hook returns. What the host is given is copied. Neither frees
 * what the other has made. No exception may leave a function of a plugin.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FT_ABI_MINOR = 5 };

/* Bytes; there is no NUL behind them. `data` may be null where `size` is 0. */
typedef struct ft_text {
    const char *data;
    size_t size;
} ft_text;

typedef struct ft_exchange ft_exchange; /* the host's: one request and its answer; good within a hook */
typedef struct ft_instance ft_instance; /* the host's: an instance, good from make to the end of destroy */
typedef struct ft_settings ft_settings; /* the host's: good within check and make */

/* A decision that a plugin owes. Two words by value: a handle that was used already, or whose exchange has ended, does
 * nothing. Both null: no handle. */
typedef struct ft_later {
    void *ticket;
    uint64_t generation;
} ft_later;

/* What a hook decides. A negative value is a failure of the plugin, which its failure policy answers. */
typedef int32_t ft_decision;
enum {
    FT_FAILED = -1,
    FT_GO_ON = 0,
    FT_ANSWERED = 1, /* after ft_http.answer or ft_http.reject, which has said with what */
    FT_LATER = 2,    /* after ft_http.later */
    FT_COLLECT = 3   /* after ft_body_api.collect */
};

enum { FT_LOG_DEBUG = 1, FT_LOG_INFO = 2, FT_LOG_WARN = 3, FT_LOG_ERROR = 4 };

/* What every host has. Good for as long as the process lives. */
typedef struct ft_host {
    size_t size;
    uint32_t abi_minor;
    /* [any] A table of functions by its id, such as FT_HTTP_1; null: this host has none. */
    const void *(*extension)(const char *id);
    /* [any] Writes a line to the server's log, with the instance's id. At most 20 a second are written, of all plugins together. */
    void (*log)(const ft_instance *, int32_t level, ft_text line);
    /* [any] A clock that only goes forward, in nanoseconds; the harness's in tests. */
    uint64_t (*now_ns)(void);
    /* --- since minor version 3 --- */
    /* [any] Says why the call of the plugin that runs on this thread is going to fail, for the log: what() of an exception,
     * say. Up to 512 bytes; whatever they are, they are shown in printable form. Forgotten when the call has not failed. */
    void (*explain)(ft_text words);
} ft_host;

/* --- settings ---------------------------------------------------------------------------------------------------- */

/* The settings of an instance, which obey the type's schema and have its defaults filled in. A path is the keys from
 * the instance's settings on: "rules[2].name". */
static const char *const FT_SETTINGS_1 = "ferrotunnel.settings/1";
typedef struct ft_settings_api { /* all [control], within check and make */
    size_t size;
    /* 1: there is such a value, and it is in `value`; 0: there is none, or it is of another type. */
    int32_t (*text)(const ft_settings *, ft_text path, ft_text *value);
    int32_t (*integer)(const ft_settings *, ft_text path, int64_t *value); /* durations: ns; sizes: bytes */
    int32_t (*number)(const ft_settings *, ft_text path, double *value);
    int32_t (*boolean)(const ft_settings *, ft_text path, int32_t *value);
    size_t (*count)(const ft_settings *, ft_text path);                     /* of a list or a map; else 0 */
    int32_t (*key)(const ft_settings *, ft_text path, size_t i, ft_text *key); /* of a map, in the file's order */
    /* Reports that the value at `path` is wrong, in words that follow the key. The instance is then not made. */
    void (*problem)(ft_settings *, ft_text path, ft_text words);
    /* Within make: the instance writes this field of requests, such as X-User, and what visitors send by that name is
     * forged. The server takes it from every request of its services, head and trailers, before any hook, also where
     * the instance does not run or fails. Up to 24 names in a chain. */
    void (*declare_identity)(ft_settings *, ft_text name);
    /* Within check: the instance uses this note (FT_SETS_NOTE and so on), as the value at `path` says; an empty path
     * is all settings. From this the server knows notes that are read before they are set. A name that is set may end
     * with '*': all that begin so. */
    void (*declare_note)(ft_settings *, uint32_t use, ft_text path, ft_text name);
} ft_settings_api;

enum { /* for ft_settings_api.declare_note */
    FT_SETS_NOTE = 0,         /* in on_request */
    FT_READS_NOTE = 1,        /* in on_request */
    FT_READS_NOTE_AT_LAST = 2 /* in on_response or on_close, when the hooks of all requests have run */
};

/* --- HTTP -------------------------------------------------------------------------------------------------------- */

enum { FT_REQUEST = 0, FT_RESPONSE = 1 }; /* the side of an exchange */

enum { /* for ft_http.get; what is unknown is empty */
    FT_METHOD = 0,
    FT_PATH = 1,    /* as the backend will be asked, before the service's own rules: "/a/b" */
    FT_QUERY = 2,   /* with its '?', or empty */
    FT_HOST = 3,    /* in normal form, without port */
    FT_VISITOR = 4, /* the address of the visitor, as far as forwarding believes it */
    FT_SERVICE = 5, /* the service's name */
    FT_REQUEST_ID = 6,
    FT_SCHEME = 7, /* "https" or "http": what the visitor used */
    /* --- since minor version 4 --- */
    FT_TOKEN = 8 /* the name of the token whose client offers the service, never the secret */
};

enum { /* for ft_http.edit */
    FT_ADD = 0,
    FT_SET = 1,
    FT_REMOVE = 2
};

enum { /* for ft_http.origin: who has made the answer */
    FT_FROM_BACKEND = 0,
    FT_FROM_PLUGIN = 1,
    FT_FROM_EDGE = 2
};

/* Everything within a hook of that exchange is [worker]. */
static const char *const FT_HTTP_1 = "ferrotunnel.http/1";
typedef struct ft_http {
    size_t size;
    ft_text (*get)(ft_exchange *, uint32_t what);
    /* The nth field of that name (from 0), with what plugins have changed so far. 1: it is there. Fields that the backend
     * would not get are not there, nor those in which the edge itself tells it who the visitor is. The response has
     * fields in the response hook alone. */
    int32_t (*field)(ft_exchange *, uint32_t side, ft_text name, size_t nth, ft_text *value);
    /* The ith field of the head, in order, with the edits so far. 1: it is there. */
    int32_t (*field_at)(ft_exchange *, uint32_t side, size_t i, ft_text *name, ft_text *value);
    /* Changes a field. 0, and nothing is changed: the name or value may not be written, the field is one that the edge
     * makes itself (framing, Host, what forwarding says of the visitor), that head has left, or there is no room. */
    int32_t (*edit)(ft_exchange *, uint32_t side, uint32_t how, ft_text name, ft_text value);
    /* Changes what the backend is asked for; in the request hook. 0: no target that a visitor may send to this service;
     * the route stays. */
    int32_t (*set_target)(ft_exchange *, ft_text path, ft_text query);
    uint32_t (*status)(ft_exchange *); /* 0 before the response hook */
    uint32_t (*origin)(ft_exchange *);
    /* Answers instead. The edge writes the framing, and leaves the body out of the answer to HEAD. `names_values`: pairs
     * of texts. 0: a status below 200 or above 599, a body with 204, 205 or 304, one of more than 1 MiB, or a field that
     * may not be written. */
    int32_t (*answer)(ft_exchange *, uint32_t status, const ft_text *names_values, size_t pairs, ft_text body);
    /* Answers with the operator's page for that status, with these fields besides its own. `code` is for
     * X-FerroTunnel-Error and the log: up to 64 letters, digits and '_', or empty. 0: a status other than 400, 401, 403,
     * 404, 405, 413, 429 and 503, or a field that may not be written. */
    int32_t (*reject)(ft_exchange *, uint32_t status, ft_text code, const ft_text *names_values, size_t pairs);
    /* Notes that plugins, `when` and logs share: "auth.subject". An empty text where there is none. */
    ft_text (*note)(ft_exchange *, ft_text name);
    int32_t (*set_note)(ft_exchange *, ft_text name, ft_text value);
    /* What the instance keeps for this exchange. `release` is called with it when the exchange ends, or when it is
     * replaced; null is fine for both. */
    void *(*state)(ft_exchange *);
    void (*set_state)(ft_exchange *, void *state, void (*release)(void *));
    /* Owes the decision of this hook, which then returns FT_LATER. `timeout_ns`: 0 is the server's setting, and never
     * more than that. No handle: too many wait; the hook should return FT_FAILED. */
    ft_later (*later)(ft_exchange *, uint64_t timeout_ns);
    /* [any] Decides: `then` runs once on the exchange's worker, if the exchange is still there and waits for this;
     * `release(user)` runs once in every case, after it. Null for `then`: continue. A second call only releases. */
    void (*resume)(ft_later, ft_decision (*then)(ft_exchange *, void *user), void *user, void (*release)(void *user));
    /* [any] Decides nothing, so that the failure policy counts. */
    void (*drop)(ft_later);
    /* [any] Whether plugins may write a field with that name and value: for `check`. */
    int32_t (*may_write)(ft_text name, ft_text value);
} ft_http;

/* --- bodies ------------------------------------------------------------------------------------------------------ */

/* Where a filter's output goes; the host's, good within one call of the filter. */
typedef struct ft_sink ft_sink;

/* What transforms a body. It is called on the exchange's worker, one call at a time. */
typedef struct ft_body_filter {
    size_t size;
    /* [worker] Takes the next piece, of at most 16,376 bytes. `last`: nothing follows it; such a piece may be empty. A
     * negative value is a failure. */
    int32_t (*chunk)(void *user, ft_text in, int32_t last, ft_sink *out);
    /* [worker] After ft_body_api.more: there is room again. A negative value is a failure. May be null. */
    int32_t (*pull)(void *user, ft_sink *out);
    /* [worker] Called once with `user`, when the exchange is over, or sooner if the filter is not needed. May be null. */
    void (*release)(void *user);
    /* [worker] Since minor 2. Nothing more of the body is there for now: what the filter has held back since its last piece
     * should be written, so that a slow body does not wait for its end. Not called behind the last piece, nor twice without
     * a piece in between. A negative value is a failure. May be null. */
    int32_t (*flush)(void *user, ft_sink *out);
} ft_body_filter;

/* The bodies of an exchange: of the request in the request hook (and in what was given to `later` or `collect` there), of
 * the answer in the response hook. A plugin that does not ask costs nothing. A HEAD, 1xx, 204, 205 and 304 have no body, and what
 * follows a 101 is none. A retry runs nothing again. Functions with a `release` call it once in every case, also where they
 * return 0. All are [worker]. */
static const char *const FT_BODY_1 = "ferrotunnel.body/1";
typedef struct ft_body_api {
    size_t size;
    /* Shows the body as it passes, behind the plugins that have asked before, in pieces of at most 16,376 bytes, without a
     * copy of it; `last` as in ft_body_filter. A negative value of `look` is a failure. 0: not this side now, or too many
     * look. */
    int32_t (*observe)(ft_exchange *, uint32_t side, int32_t (*look)(void *user, ft_text piece, int32_t last), void *user,
                       void (*release)(void *user));
    /* Sends the body through a filter. The edge frames the message again, and takes Content-Length, Content-MD5, Digest,
     * Content-Digest, Repr-Digest and Accept-Ranges from its head; a strong ETag becomes weak. While more than 64 KiB of the
     * output wait the filter gets no more input. Its failure on its very first piece is as its failure policy says; later
     * ones cut the message. 0: not this side now, a 101 or 206, or too many. With `mode: observe` the filter is released
     * at once. */
    int32_t (*transform)(ft_exchange *, uint32_t side, const ft_body_filter *, void *user);
    /* Has the whole body of the hook's message read before its head continues; the hook then returns FT_COLLECT, and `then`
     * decides. `max`: 0 stands for 64 KiB, and more than 1 MiB for that. A visitor who sends more is answered with 413, and
     * with 503 where the worker has no room. An answer that is larger, that finds no room, or that does not come in the time
     * that its service gives the first byte, is a failure of the hook. An empty body is collected too. 0: neither the request
     * hook nor, since minor 2, the response hook, or a 101, or asked for twice; the hook should return FT_FAILED. With
     * `mode: observe` nothing is collected. */
    int32_t (*collect)(ft_exchange *, size_t max, ft_decision (*then)(ft_exchange *, void *user, ft_text body), void *user,
                       void (*release)(void *user));
    /* Adds to the output. 0: more than 1 MiB in one call of the filter, which is a failure. */
    int32_t (*write)(ft_sink *, const void *bytes, size_t size);
    /* How much can be written until the filter gets no more input. */
    size_t (*room)(ft_sink *);
    /* Says that the filter has more to write than it has written: it is called by `pull`, not by `chunk`, when there is
     * room. A filter without `pull` that says so has failed. */
    void (*more)(ft_sink *);
} ft_body_api;

/* How an exchange has ended, for on_close. */
typedef struct ft_outcome {
    size_t size;
    uint32_t status;         /* what the visitor was sent; 0: nothing */
    int32_t complete;        /* whether the visitor got all of it */
    uint64_t request_bytes;  /* of the body */
    uint64_t response_bytes; /* of the body */
    uint64_t duration_ns;    /* from the request's head to the end */
} ft_outcome;

/* --- sessions: visitors of TCP and TLS, logins, registrations ------------------------------------------------------ */

/* The host's; good within a hook. What a hook is about: all three are the same for the functions below, and what has no
 * place in a phase is empty there. */
typedef struct ft_subject ft_subject;
typedef ft_subject ft_visit;        /* a visitor of a TCP service, or of one whose TLS passes untouched */
typedef ft_subject ft_login;        /* a trunk (a connection of a client) whose token is proved */
typedef ft_subject ft_registration; /* a service that a client wants to offer */

enum { /* for ft_session.text */
    FT_SUBJECT_ADDRESS = 0,     /* the visitor's, as trusted proxies say; else the client's. Without port */
    FT_SUBJECT_TOKEN = 1,       /* the name of the client's token, never the secret */
    FT_SUBJECT_CLIENT = 2,      /* the client's process: 32 hex digits that its trunks have in common */
    FT_SUBJECT_CLIENT_NAME = 3, /* what the client calls itself; anything */
    FT_SUBJECT_AGENT = 4,       /* the client's program and version; what it says */
    FT_SUBJECT_SERVICE = 5,     /* the service's name */
    FT_SUBJECT_KIND = 6,        /* "tcp", "udp", "tls", "http" or "private" */
    FT_SUBJECT_HOST = 7,        /* the host that a TLS visitor asks for; the nth host that a client asks for, in normal form */
    FT_SUBJECT_PATH = 8,        /* that a client asks for below its hosts, as it says it */
    FT_SUBJECT_BIND = 9,        /* the server's address on which a client wants its port */
    FT_SUBJECT_METADATA = 10    /* what the client says of the service for plugins */
};
enum { /* for ft_session.number */
    FT_SUBJECT_ADDRESS_PORT = 0,
    FT_SUBJECT_PORT = 1,    /* the public port of a TCP service; what a client asks for, 0: any */
    FT_SUBJECT_VERSION = 2, /* of the protocol */
    FT_SUBJECT_TRUNK = 3,   /* which of the client's trunks, from 1 ... */
    FT_SUBJECT_TRUNKS = 4,  /* ... of how many */
    FT_SUBJECT_HOSTS = 5    /* how many hosts a client asks for */
};
enum { /* for ft_session.set_limit: the limits of an HTTP service, which the server's own bounds hold for as well */
    FT_LIMIT_CONNECT_MS = 0,       /* the time to reach the backend */
    FT_LIMIT_FIRST_BYTE_MS = 1,    /* the backend's time for the head of its answer */
    FT_LIMIT_UPGRADED_IDLE_MS = 2, /* the quiet after a 101 */
    FT_LIMIT_BODY_RATE = 3,        /* bytes a second that a visitor has to send at least */
    FT_LIMIT_BODY_MAX = 4,         /* bytes of a request's body */
    FT_LIMIT_UPGRADES = 5          /* 0: none */
};

/* Everything within a hook of that subject is [worker]. */
static const char *const FT_SESSION_1 = "ferrotunnel.session/1";
typedef struct ft_session {
    size_t size;
    /* What is known; empty where there is none. `nth` is 0, but for the hosts of a registration. */
    ft_text (*text)(ft_subject *, uint32_t what, size_t nth);
    uint64_t (*number)(ft_subject *, uint32_t what);
    /* Refuses, with words of up to 200 bytes for the client's user (and the log alone, for a visitor). The hook then
     * returns FT_ANSWERED. 0: not within a hook that decides. */
    int32_t (*refuse)(ft_subject *, ft_text words);
    /* In on_register: the service gets these hosts, instead of those that the client asks for. They are checked as a
     * client's are, after all plugins. 0: not here, a kind without hosts, none, or more than 16. */
    int32_t (*set_hosts)(ft_subject *, const ft_text *hosts, size_t count);
    /* In on_register: a limit of an HTTP service, in place of the client's word. 0: not here. */
    int32_t (*set_limit)(ft_subject *, uint32_t what, uint64_t value);
    /* Notes. Those of a login are seen by its registrations, those of a registration by the service's visitors. */
    ft_text (*note)(ft_subject *, ft_text name);
    int32_t (*set_note)(ft_subject *, ft_text name, ft_text value);
    /* What the instance keeps for this visitor, as in ft_http; for logins and registrations, until they are decided. */
    void *(*state)(ft_subject *);
    void (*set_state)(ft_subject *, void *state, void (*release)(void *));
    /* Owes the decision, as in ft_http. These handles go to the two functions below alone. */
    ft_later (*later)(ft_subject *, uint64_t timeout_ns);
    /* [any] */
    void (*resume)(ft_later, ft_decision (*then)(ft_subject *, void *user), void *user, void (*release)(void *user));
    /* [any] */
    void (*drop)(ft_later);
} ft_session;

enum { /* how a visit has ended */
    FT_VISIT_REFUSED = 0,  /* a plugin has refused the visitor, or has failed */
    FT_VISIT_UNSERVED = 1, /* no client took the visitor, or it was given up before */
    FT_VISIT_SERVED = 2    /* bytes could pass */
};
typedef struct ft_visit_outcome {
    size_t size;
    uint32_t end;
    uint64_t received_bytes; /* from the visitor */
    uint64_t sent_bytes;     /* to the visitor */
    uint64_t duration_ns;    /* from the question to the end */
} ft_visit_outcome;

/* --- requests to HTTP servers, since minor version 5 ---------------------------------------------------------------- */

typedef struct ft_field {
    ft_text name;
    ft_text value;
} ft_field;

/* A request of the plugin's own. All of it is copied. */
typedef struct ft_fetch_request {
    size_t size;
    ft_text url;    /* http or https */
    ft_text method; /* empty: GET */
    const ft_field *fields; /* besides Host, User-Agent, Content-Length and Connection */
    size_t fields_count;
    ft_text body;
    int32_t has_body;    /* Content-Length is sent, also where the body is empty */
    int32_t may_repeat;  /* it does no harm if it arrives twice: it is sent again, once, where a kept connection ended
                          * before a byte of a response. Those with an idempotent method (GET, PUT, ...) always are. */
    ft_text ca_file;     /* CAs that are trusted, PEM; empty: the system's */
    uint64_t timeout_ns; /* from now to the end of the response */
    uint64_t body_max;   /* the longest body of a response that is kept; 0: the body is not read */
} ft_fetch_request;

typedef struct ft_fetch_response {
    size_t size;
    uint32_t status;        /* 0: no head came */
    const ft_field *fields; /* up to 64 KiB of text */
    size_t fields_count;
    ft_text body;        /* empty where it was too long */
    int32_t is_too_long;
    ft_text error;       /* why the response is not whole; empty: it is, but for a body that was too long */
} ft_fetch_response;

typedef struct ft_fetcher ft_fetcher; /* the host's: a thread, and connections that are kept for the next request */

static const char *const FT_FETCH_1 = "ferrotunnel.fetch/1";
typedef struct ft_fetch {
    size_t size;
    /* [control] Null: there is no memory, or no thread. */
    ft_fetcher *(*make)(void);
    /* [any] Sends a request and has `done` called at most once, on the fetcher's thread, which it must not block for
     * long; `release` is called once, last. No redirect is followed, and no proxy used. 0: more than 1,024 at once, the
     * fetcher has stopped, or there is no memory; `release` was called, and `done` is not. */
    int32_t (*fetch)(ft_fetcher *, const ft_fetch_request *, void (*done)(void *user, const ft_fetch_response *),
                     void *user, void (*release)(void *user));
    /* [control] Ends all requests without calling `done`; returns when no call of it runs. Not within `done`. */
    void (*stop)(ft_fetcher *);
    /* [control] Stops it, and frees it. */
    void (*destroy)(ft_fetcher *);
    /* [any] Has `call` called at most once, on the fetcher's thread, after so many nanoseconds, and `release` once, last.
     * 0: as for `fetch`, among whose requests it counts. */
    int32_t (*call_after)(ft_fetcher *, uint64_t ns, void (*call)(void *user), void *user, void (*release)(void *user));
    /* [any] Why a URL cannot be fetched, in words that follow it; empty: it can. */
    ft_text (*url_fault)(ft_text url);
} ft_fetch;

/* --- a plugin ---------------------------------------------------------------------------------------------------- */

enum {
    FT_GUARD = 1 /* fails closed unless the operator says otherwise: it decides who may come in */
};

/* A type of plugin. Static data. Hooks that are null cost nothing. */
typedef struct ft_type {
    size_t size;
    const char *name;    /* as the configuration names it: "rate-limit" */
    const char *version; /* the plugin's own */
    const char *summary; /* one line for `ferrotunnel plugin list` */
    const char *schema;  /* of its settings, see docs/plugins; null: it has none */
    const char *const *needs; /* ids of the tables that it cannot do without, with a null at the end; may be null */
    uint32_t flags;
    /* [control] Looks at settings that obey the schema, and reports what is wrong with them. Nothing may be kept,
     * opened or changed: the configuration is perhaps only checked. May be null. */
    void (*check)(ft_settings *);
    /* [control] Makes an instance; null: it cannot be made, and `problem` has said why. `before`: the instance of the
     * same id that it takes the place of, from which it may copy what is worth keeping; null: there is none. Both are
     * in use for a while. */
    void *(*make)(ft_settings *, const ft_instance *self, void *before);
    /* [control] The server runs from now on. May be null. */
    void (*start)(void *instance);
    /* [control] No hook begins any more, and no exchange holds the instance: threads of the plugin's own end here. Only
     * after `start`. May be null. */
    void (*stop)(void *instance);
    /* [control] Nothing holds the instance any more. */
    void (*destroy)(void *instance);
    /* [worker] */
    ft_decision (*on_request)(void *instance, ft_exchange *);
    /* [worker] The head of the answer: the backend's, a plugin's, or a page of the edge's. */
    ft_decision (*on_response)(void *instance, ft_exchange *);
    /* [worker] Exactly once for each exchange whose request has come to the instance; fields of the response are gone. */
    void (*on_close)(void *instance, ft_exchange *, const ft_outcome *);
    /* --- since minor version 1 --- */
    /* [worker] A visitor of a TCP service, or of one whose TLS passes untouched, before anything of it passes. Visitors
     * of HTTP services come by their requests. */
    ft_decision (*on_connect)(void *instance, ft_visit *);
    /* [worker] Exactly once for each visitor that has come to the instance. */
    void (*on_visit_close)(void *instance, ft_visit *, const ft_visit_outcome *);
    /* [worker] A trunk whose token is proved, before it takes the place of an older one. A client has several, and makes
     * them again: it is asked for each. */
    ft_decision (*on_login)(void *instance, ft_login *);
    /* [worker] A service, once for a client and not for each of its trunks; what was accepted is remembered while one of
     * them has it, and for 60 s more. */
    ft_decision (*on_register)(void *instance, ft_registration *);
} ft_type;

typedef struct ft_library {
    size_t size;
    uint32_t abi_minor;           /* FT_ABI_MINOR of the header that it was built with */
    const ft_type *const *types;  /* with a null at the end */
} ft_library;

/* The one symbol of a plugin. [control] Called once in a process; null: it cannot work with this host. */
typedef const ft_library *(*ft_entry)(const ft_host *);
const ft_library *ferrotunnel_plugin_v1(const ft_host *host);

#ifdef __cplusplus
} /* extern "C" */
#endif
