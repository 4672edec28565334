/*
 * The interface between a server and its plugins, in C11. plugin.hpp is C++20 over it; docs/plugins has a tutorial.
 *
 * A plugin is a shared library with one symbol, ferrotunnel_plugin_v1, or the same function linked into an application
 * (Server::Builder::add_plugin). It returns the plugin's types; from a type and settings the host makes instances, as
 * many as the configuration names. The library is never unloaded.
 *
 * Growing without breaking: the symbol's name is the major version. A struct begins with its size as its writer knew
 * it; the reader uses no more than that, and missing members count as null. Members are only appended. Further
 * functions are added as tables of their own, requested by an id (ft_host.extension).
 *
 * Threads: [control] one call at a time, may block; [worker] the worker of that exchange, must not block, and the hooks
 * of one instance run on all workers at once; [any] any thread at any time.
 *
 * Memory: a text from the host is valid until the hook returns. The host copies what it receives. Neither frees memory
 * that the other has allocated. No exception may leave a function of a plugin.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FT_ABI_MINOR = 6 };

/* Bytes without a terminating NUL. `data` may be null if `size` is 0. */
typedef struct ft_text {
    const char *data;
    size_t size;
} ft_text;

typedef struct ft_exchange ft_exchange; /* the host's: one request and its response; valid within a hook */
typedef struct ft_instance ft_instance; /* the host's: an instance, valid from make to the end of destroy */
typedef struct ft_settings ft_settings; /* the host's: valid within check and make */

/* A pending decision of a plugin. A handle of two words, passed by value: it does nothing if it was used already, or
 * if its exchange has ended. Both null: no handle. */
typedef struct ft_later {
    void *ticket;
    uint64_t generation;
} ft_later;

/* The decision of a hook. A negative value is a failure of the plugin, handled by its failure policy. */
typedef int32_t ft_decision;
enum {
    FT_FAILED = -1,
    FT_GO_ON = 0,
    FT_ANSWERED = 1, /* after ft_http.answer or ft_http.reject, which set the response */
    FT_LATER = 2,    /* after ft_http.later */
    FT_COLLECT = 3   /* after ft_body_api.collect */
};

enum { FT_LOG_DEBUG = 1, FT_LOG_INFO = 2, FT_LOG_WARN = 3, FT_LOG_ERROR = 4 };

/* Functions of every host. Valid for the lifetime of the process. */
typedef struct ft_host {
    size_t size;
    uint32_t abi_minor;
    /* [any] A table of functions by its id, such as FT_HTTP_1; null: this host has none. */
    const void *(*extension)(const char *id);
    /* [any] Writes a line to the server's log, with the instance's id. At most 20 lines a second are written for all
     * plugins together. */
    void (*log)(const ft_instance *, int32_t level, ft_text line);
    /* [any] A monotonic clock, in nanoseconds; the test harness's clock in tests. */
    uint64_t (*now_ns)(void);
    /* --- since minor version 3 --- */
    /* [any] Reports, for the log, why the plugin's call on this thread is going to fail, for example what() of an
     * exception. Up to 512 bytes, logged in printable form. Ignored if the call does not fail. */
    void (*explain)(ft_text words);
} ft_host;

/* --- settings ---------------------------------------------------------------------------------------------------- */

/* The settings of an instance, valid by the type's schema and with its defaults. A path is the keys below the
 * instance's settings: "rules[2].name". */
static const char *const FT_SETTINGS_1 = "ferrotunnel.settings/1";
typedef struct ft_settings_api { /* all [control], within check and make */
    size_t size;
    /* 1: the value exists, and was stored in `value`; 0: there is none, or it has another type. */
    int32_t (*text)(const ft_settings *, ft_text path, ft_text *value);
    int32_t (*integer)(const ft_settings *, ft_text path, int64_t *value); /* durations: ns; sizes: bytes */
    int32_t (*number)(const ft_settings *, ft_text path, double *value);
    int32_t (*boolean)(const ft_settings *, ft_text path, int32_t *value);
    size_t (*count)(const ft_settings *, ft_text path);                     /* of a list or a map; otherwise 0 */
    int32_t (*key)(const ft_settings *, ft_text path, size_t i, ft_text *key); /* of a map, in the file's order */
    /* Reports a problem with the value at `path`, worded to follow the key. The instance is then not made. */
    void (*problem)(ft_settings *, ft_text path, ft_text words);
    /* Within make: declares that the instance sets this request field, such as X-User, so that the same field from a
     * visitor is forged. The server removes it from the head and trailers of every request of its services before
     * any hook, also if the instance does not run or fails. Up to 24 names in a chain. */
    void (*declare_identity)(ft_settings *, ft_text name);
    /* Within check: declares that the instance uses this note (FT_SETS_NOTE and so on), because of the value at
     * `path`; an empty path means all settings. With this the server detects notes that are read before they are
     * set. A name that is set may end with '*': all names with that prefix. */
    void (*declare_note)(ft_settings *, uint32_t use, ft_text path, ft_text name);
} ft_settings_api;

enum { /* for ft_settings_api.declare_note */
    FT_SETS_NOTE = 0,         /* in on_request */
    FT_READS_NOTE = 1,        /* in on_request */
    FT_READS_NOTE_AT_LAST = 2 /* in on_response or on_close, after all on_request hooks */
};

/* --- HTTP -------------------------------------------------------------------------------------------------------- */

enum { FT_REQUEST = 0, FT_RESPONSE = 1 }; /* the side of an exchange */

enum { /* for ft_http.get; unknown values are empty */
    FT_METHOD = 0,
    FT_PATH = 1,    /* as it will be sent to the backend, before the service's own rules: "/a/b" */
    FT_QUERY = 2,   /* with its '?', or empty */
    FT_HOST = 3,    /* in normal form, without port */
    FT_VISITOR = 4, /* the visitor's trusted address */
    FT_SERVICE = 5, /* the service's name */
    FT_REQUEST_ID = 6,
    FT_SCHEME = 7, /* "https" or "http": what the visitor used */
    /* --- since minor version 4 --- */
    FT_TOKEN = 8, /* the name of the token whose client offers the service, never the secret */
    /* --- since minor version 6: the visitor's client certificate, verified by `client_certificates`; empty: none --- */
    FT_CLIENT_CERTIFICATE_SUBJECT = 9,     /* as in RFC 4514; also empty if it is too long, like the next */
    FT_CLIENT_CERTIFICATE_NAMES = 10,      /* its subjectAltName: "DNS:a.example,URI:spiffe://a/b" */
    FT_CLIENT_CERTIFICATE_FINGERPRINT = 11 /* SHA-256 of it: 64 hexadecimal digits in lower case */
};

enum { /* for ft_http.edit */
    FT_ADD = 0,
    FT_SET = 1,
    FT_REMOVE = 2
};

enum { /* for ft_http.origin: the origin of the response */
    FT_FROM_BACKEND = 0,
    FT_FROM_PLUGIN = 1,
    FT_FROM_EDGE = 2
};

/* Everything within a hook of that exchange is [worker]. */
static const char *const FT_HTTP_1 = "ferrotunnel.http/1";
typedef struct ft_http {
    size_t size;
    ft_text (*get)(ft_exchange *, uint32_t what);
    /* The nth field of that name (from 0), with the changes of plugins so far. 1: it exists. Fields that are not
     * sent to the backend are left out, and so are those in which the edge itself sends the visitor's address. The
     * response has fields only in the response hook. */
    int32_t (*field)(ft_exchange *, uint32_t side, ft_text name, size_t nth, ft_text *value);
    /* The ith field of the head, in order, with the changes so far. 1: it exists. */
    int32_t (*field_at)(ft_exchange *, uint32_t side, size_t i, ft_text *name, ft_text *value);
    /* Changes a field. 0, and nothing is changed: the name or value may not be written, the edge makes the field
     * itself (framing, Host, the visitor's address), that head was already sent, or the limit is reached. */
    int32_t (*edit)(ft_exchange *, uint32_t side, uint32_t how, ft_text name, ft_text value);
    /* Changes the target of the request to the backend; in the request hook. 0: not a target that a visitor may send
     * to this service. The route stays the same. */
    int32_t (*set_target)(ft_exchange *, ft_text path, ft_text query);
    uint32_t (*status)(ft_exchange *); /* 0 before the response hook */
    uint32_t (*origin)(ft_exchange *);
    /* Responds instead of the backend. The edge writes the framing, and omits the body in the response to HEAD.
     * `names_values`: pairs of texts. 0: a status below 200 or above 599, a body with 204, 205 or 304, one of more
     * than 1 MiB, or a field that may not be written. */
    int32_t (*answer)(ft_exchange *, uint32_t status, const ft_text *names_values, size_t pairs, ft_text body);
    /* Responds with the operator's page for that status, with these fields in addition to its own. `code` is for
     * X-FerroTunnel-Error and the log: up to 64 letters, digits and '_', or empty. 0: a status other than 400, 401,
     * 403, 404, 405, 413, 429 and 503, or a field that may not be written. */
    int32_t (*reject)(ft_exchange *, uint32_t status, ft_text code, const ft_text *names_values, size_t pairs);
    /* A note that plugins, `when` and logs share: "auth.subject". Empty if there is none. */
    ft_text (*note)(ft_exchange *, ft_text name);
    int32_t (*set_note)(ft_exchange *, ft_text name, ft_text value);
    /* The state of the instance for this exchange. `release` is called with it when the exchange ends, or when it is
     * replaced; both may be null. */
    void *(*state)(ft_exchange *);
    void (*set_state)(ft_exchange *, void *state, void (*release)(void *));
    /* Defers the decision of this hook, which then returns FT_LATER. `timeout_ns`: 0 means the server's setting,
     * which is also the maximum. No handle: too many wait; the hook should return FT_FAILED. */
    ft_later (*later)(ft_exchange *, uint64_t timeout_ns);
    /* [any] Decides: `then` runs once on the exchange's worker, if the exchange still waits for this;
     * `release(user)` runs once in every case, after it. Null for `then`: continue. A second call only releases. */
    void (*resume)(ft_later, ft_decision (*then)(ft_exchange *, void *user), void *user, void (*release)(void *user));
    /* [any] Gives up without a decision, so that the failure policy decides. */
    void (*drop)(ft_later);
    /* [any] Whether plugins may write a field with that name and value: for `check`. */
    int32_t (*may_write)(ft_text name, ft_text value);
} ft_http;

/* --- bodies ------------------------------------------------------------------------------------------------------ */

/* The output of a filter; the host's, valid within one call of the filter. */
typedef struct ft_sink ft_sink;

/* A filter that transforms a body. It is called on the exchange's worker, one call at a time. */
typedef struct ft_body_filter {
    size_t size;
    /* [worker] Receives the next piece, of at most 16,376 bytes. `last`: no piece follows; such a piece may be
     * empty. A negative value is a failure. */
    int32_t (*chunk)(void *user, ft_text in, int32_t last, ft_sink *out);
    /* [worker] Called when there is room again, after ft_body_api.more. A negative value is a failure. May be null. */
    int32_t (*pull)(void *user, ft_sink *out);
    /* [worker] Called once with `user`, when the exchange is over, or sooner if the filter is not needed. May be null. */
    void (*release)(void *user);
    /* [worker] Since minor 2. Called when no more of the body is available for now: the filter should write what it
     * has held back since its last piece, so that a slow body does not wait for its end. Not called after the last
     * piece, nor twice without a piece in between. A negative value is a failure. May be null. */
    int32_t (*flush)(void *user, ft_sink *out);
} ft_body_filter;

/* The bodies of an exchange: of the request in the request hook (and in functions given to `later` or `collect`
 * there), of the response in the response hook. A plugin that does not use bodies costs nothing. HEAD, 1xx, 204, 205
 * and 304 have no body, and the bytes after a 101 are not a body. A retry runs nothing again. Functions with a
 * `release` call it once in every case, also if they return 0. All are [worker]. */
static const char *const FT_BODY_1 = "ferrotunnel.body/1";
typedef struct ft_body_api {
    size_t size;
    /* Observes the body as it passes, after plugins that called this before, in pieces of at most 16,376 bytes,
     * without copying it; `last` as in ft_body_filter. A negative value of `look` is a failure. 0: not possible for
     * this side now, or too many observers. */
    int32_t (*observe)(ft_exchange *, uint32_t side, int32_t (*look)(void *user, ft_text piece, int32_t last), void *user,
                       void (*release)(void *user));
    /* Sends the body through a filter. The edge frames the message again, and removes Content-Length, Content-MD5,
     * Digest, Content-Digest, Repr-Digest and Accept-Ranges from its head; a strong ETag becomes weak. While more
     * than 64 KiB of the output wait, the filter gets no more input. For a failure on the very first piece the
     * failure policy decides; later ones cut the message. 0: not possible for this side now, a 101 or 206, or too
     * many filters. With `mode: observe` the filter is released at once. */
    int32_t (*transform)(ft_exchange *, uint32_t side, const ft_body_filter *, void *user);
    /* Reads the whole body of the hook's message before its head continues; the hook then returns FT_COLLECT, and
     * `then` decides. `max`: 0 means 64 KiB, and more than 1 MiB means 1 MiB. A visitor that sends more gets 413, or
     * 503 if the worker has no room. A response that is larger, that finds no room, or that does not arrive within
     * the first-byte timeout of its service, is a failure of the hook. An empty body is collected too. 0: neither
     * the request hook nor, since minor 2, the response hook, or a 101, or requested twice; the hook should return
     * FT_FAILED. With `mode: observe` nothing is collected. */
    int32_t (*collect)(ft_exchange *, size_t max, ft_decision (*then)(ft_exchange *, void *user, ft_text body), void *user,
                       void (*release)(void *user));
    /* Adds to the output. 0: more than 1 MiB in one call of the filter, which is a failure. */
    int32_t (*write)(ft_sink *, const void *bytes, size_t size);
    /* How much can be written until the filter gets no more input. */
    size_t (*room)(ft_sink *);
    /* Announces more output of the filter: `pull`, not `chunk`, is called when there is room. It is a failure of a
     * filter without `pull`. */
    void (*more)(ft_sink *);
} ft_body_api;

/* The result of an exchange, for on_close. */
typedef struct ft_outcome {
    size_t size;
    uint32_t status;         /* the status sent to the visitor; 0: none */
    int32_t complete;        /* whether the visitor got all of it */
    uint64_t request_bytes;  /* of the body */
    uint64_t response_bytes; /* of the body */
    uint64_t duration_ns;    /* from the request's head to the end */
} ft_outcome;

/* --- sessions: visitors of TCP and TLS, logins, registrations ------------------------------------------------------ */

/* The subject of a hook; the host's, valid within a hook. All three are the same type for the functions below;
 * values that do not apply to a phase are empty. */
typedef struct ft_subject ft_subject;
typedef ft_subject ft_visit;        /* a visitor of a TCP or TLS passthrough service */
typedef ft_subject ft_login;        /* a trunk (a connection of a client) whose token is proved */
typedef ft_subject ft_registration; /* a service that a client wants to offer */

enum { /* for ft_session.text */
    FT_SUBJECT_ADDRESS = 0,     /* the visitor's, as reported by trusted proxies, or the client's. Without port */
    FT_SUBJECT_TOKEN = 1,       /* the name of the client's token, never the secret */
    FT_SUBJECT_CLIENT = 2,      /* the client's process: 32 hex digits that its trunks have in common */
    FT_SUBJECT_CLIENT_NAME = 3, /* the client's own name; any text */
    FT_SUBJECT_AGENT = 4,       /* the client's program and version, as reported by it */
    FT_SUBJECT_SERVICE = 5,     /* the service's name */
    FT_SUBJECT_KIND = 6,        /* "tcp", "udp", "tls", "http" or "private" */
    FT_SUBJECT_HOST = 7,        /* the host that a TLS visitor requests; the nth host that a client requests, in
                                 * normal form */
    FT_SUBJECT_PATH = 8,        /* the path of its hosts that a client requests, as written */
    FT_SUBJECT_BIND = 9,        /* the server's address that a client requests for its port */
    FT_SUBJECT_METADATA = 10,   /* the client's metadata of the service for plugins */
    /* --- since minor version 6: of a login or registration, the nth pair of the client's own metadata --- */
    FT_SUBJECT_CLIENT_METADATA_KEY = 11,  /* letters, digits and "._-" */
    FT_SUBJECT_CLIENT_METADATA_VALUE = 12 /* any text without control characters */
};
enum { /* for ft_session.number */
    FT_SUBJECT_ADDRESS_PORT = 0,
    FT_SUBJECT_PORT = 1,    /* the public port of a TCP service; for a client's request 0: any */
    FT_SUBJECT_VERSION = 2, /* of the protocol */
    FT_SUBJECT_TRUNK = 3,   /* which of the client's trunks, from 1 ... */
    FT_SUBJECT_TRUNKS = 4,  /* ... of how many */
    FT_SUBJECT_HOSTS = 5,   /* number of hosts that a client requests */
    /* --- since minor version 6 --- */
    FT_SUBJECT_CLIENT_METADATA = 6 /* number of pairs of the client's own metadata, of a login or registration */
};
enum { /* for ft_session.set_limit: the limits of an HTTP service, within the server's own limits */
    FT_LIMIT_CONNECT_MS = 0,       /* the time to reach the backend */
    FT_LIMIT_FIRST_BYTE_MS = 1,    /* the backend's time for the head of its response */
    FT_LIMIT_UPGRADED_IDLE_MS = 2, /* the idle time after a 101 */
    FT_LIMIT_BODY_RATE = 3,        /* minimum bytes per second of a visitor */
    FT_LIMIT_BODY_MAX = 4,         /* bytes of a request's body */
    FT_LIMIT_UPGRADES = 5          /* 0: none */
};

/* Everything within a hook of that subject is [worker]. */
static const char *const FT_SESSION_1 = "ferrotunnel.session/1";
typedef struct ft_session {
    size_t size;
    /* A value of the subject; empty if there is none. `nth` is 0, except for the hosts of a registration and the
     * client's own metadata. */
    ft_text (*text)(ft_subject *, uint32_t what, size_t nth);
    uint64_t (*number)(ft_subject *, uint32_t what);
    /* Refuses with a reason of up to 200 bytes for the client's user (for a visitor, only for the log). The hook
     * then returns FT_ANSWERED. 0: not within a hook that decides. */
    int32_t (*refuse)(ft_subject *, ft_text words);
    /* In on_register: replaces the hosts that the client requests. They are checked like a client's, after all
     * plugins. 0: not in this hook, a kind without hosts, no hosts, or more than 16. */
    int32_t (*set_hosts)(ft_subject *, const ft_text *hosts, size_t count);
    /* In on_register: sets a limit of an HTTP service instead of the client's. 0: not in this hook. */
    int32_t (*set_limit)(ft_subject *, uint32_t what, uint64_t value);
    /* Notes. Registrations see the notes of their login, and visits those of their service's registration. */
    ft_text (*note)(ft_subject *, ft_text name);
    int32_t (*set_note)(ft_subject *, ft_text name, ft_text value);
    /* The state of the instance for this visitor, as in ft_http; for logins and registrations, until they are
     * decided. */
    void *(*state)(ft_subject *);
    void (*set_state)(ft_subject *, void *state, void (*release)(void *));
    /* Defers the decision, as in ft_http. These handles are only for the two functions below. */
    ft_later (*later)(ft_subject *, uint64_t timeout_ns);
    /* [any] */
    void (*resume)(ft_later, ft_decision (*then)(ft_subject *, void *user), void *user, void (*release)(void *user));
    /* [any] */
    void (*drop)(ft_later);
} ft_session;

enum { /* the result of a visit */
    FT_VISIT_REFUSED = 0,  /* a plugin refused the visitor, or failed */
    FT_VISIT_UNSERVED = 1, /* no client accepted the visitor, or it ended before */
    FT_VISIT_SERVED = 2    /* it was connected */
};
typedef struct ft_visit_outcome {
    size_t size;
    uint32_t end;
    uint64_t received_bytes; /* from the visitor */
    uint64_t sent_bytes;     /* to the visitor */
    uint64_t duration_ns;    /* from the first hook to the end */
} ft_visit_outcome;

/* --- requests to HTTP servers, since minor version 5 ---------------------------------------------------------------- */

typedef struct ft_field {
    ft_text name;
    ft_text value;
} ft_field;

/* A request of the plugin. All of it is copied. */
typedef struct ft_fetch_request {
    size_t size;
    ft_text url;    /* http or https */
    ft_text method; /* empty: GET */
    const ft_field *fields; /* besides Host, User-Agent, Content-Length and Connection */
    size_t fields_count;
    ft_text body;
    int32_t has_body;    /* Content-Length is sent, also if the body is empty */
    int32_t may_repeat;  /* safe to send twice: it is sent again, once, if a reused connection ended before a byte of
                          * a response. Those with an idempotent method (GET, PUT, ...) always are. */
    ft_text ca_file;     /* trusted CAs, PEM; empty: the system's */
    uint64_t timeout_ns; /* from now to the end of the response */
    uint64_t body_max;   /* maximum size of the response's body; 0: the body is not read */
} ft_fetch_request;

typedef struct ft_fetch_response {
    size_t size;
    uint32_t status;        /* 0: no response head was received */
    const ft_field *fields; /* up to 64 KiB of text */
    size_t fields_count;
    ft_text body;        /* empty if it was too long */
    int32_t is_too_long;
    ft_text error;       /* why the response is incomplete; empty if it is complete, or only its body was too long */
} ft_fetch_response;

typedef struct ft_fetcher ft_fetcher; /* the host's: a thread, and connections that are reused */

static const char *const FT_FETCH_1 = "ferrotunnel.fetch/1";
typedef struct ft_fetch {
    size_t size;
    /* [control] Null: there is no memory, or no thread. */
    ft_fetcher *(*make)(void);
    /* [any] Sends a request. `done` is called at most once, on the fetcher's thread, which it must not block for
     * long; `release` is called once, last. Redirects are not followed, and no proxy is used. 0: more than 1,024 at
     * once, the fetcher has stopped, or there is no memory; `release` was called, and `done` is not. */
    int32_t (*fetch)(ft_fetcher *, const ft_fetch_request *, void (*done)(void *user, const ft_fetch_response *),
                     void *user, void (*release)(void *user));
    /* [control] Ends all requests without calling `done`; returns when no call of it runs. Must not be called within
     * `done`. */
    void (*stop)(ft_fetcher *);
    /* [control] Stops it, and frees it. */
    void (*destroy)(ft_fetcher *);
    /* [any] Calls `call` at most once, on the fetcher's thread, after this many nanoseconds, and `release` once,
     * last. 0: as for `fetch`; it counts as one of its requests. */
    int32_t (*call_after)(ft_fetcher *, uint64_t ns, void (*call)(void *user), void *user, void (*release)(void *user));
    /* [any] Why a URL cannot be fetched, worded to follow it; empty if it can. */
    ft_text (*url_fault)(ft_text url);
} ft_fetch;

/* --- looking up tokens, since minor version 6 ------------------------------------------------------------------------ */

/* What a client states that has not proved its token yet. All of it is the client's, and valid within the hook. */
typedef struct ft_token_query {
    size_t size;
    ft_text token_id; /* 16 hexadecimal digits, from a hash of the token */
    ft_text address;  /* the client's, without port */
    uint32_t port;
    ft_text name;     /* the client's own name, or empty */
    ft_text agent;    /* its program and version */
    const ft_field *metadata;
    size_t metadata_count;
} ft_token_query;

/* The host's: the right to answer once. */
typedef struct ft_token_reply ft_token_reply;

/* A token as the plugin knows it. The client still has to prove it. All of it is copied. */
typedef struct ft_token_grant {
    size_t size;
    ft_text secret;     /* the token; its id is the one of the query */
    ft_text name;       /* in logs and rights; empty: the id */
    ft_text rights;     /* JSON: an object with keys of `server.token[]` without `name`, `secret` and `also`; empty: the
                           rights of every token */
    uint64_t cached_ns; /* how long later logins with the token are accepted without a call */
    uint64_t stale_ns;  /* how much longer they are if the plugin fails to answer */
} ft_token_grant;

static const char *const FT_TOKENS_1 = "ferrotunnel.tokens/1";
typedef struct ft_tokens {
    size_t size;
    /* [control] Within check: the instance looks up tokens. One instance of a server may, and it needs ft_type.on_token. */
    void (*declare)(ft_settings *);
    /* [any] Each of these answers, and ends the reply. Late answers do nothing. */
    void (*accept)(ft_token_reply *, const ft_token_grant *);
    /* The token does not exist: the client is answered as if its proof were wrong. */
    void (*refuse)(ft_token_reply *);
    /* The token cannot be looked up now: the client is asked to try again, unless its token was accepted within
     * `stale_ns`. The reason is for the log. */
    void (*fail)(ft_token_reply *, ft_text why);
} ft_tokens;

/* --- a plugin ---------------------------------------------------------------------------------------------------- */

enum {
    FT_GUARD = 1 /* controls access: fails closed by default */
};

/* A type of plugin: static data. Hooks that are null cost nothing. */
typedef struct ft_type {
    size_t size;
    const char *name;    /* its name in the configuration: "rate-limit" */
    const char *version; /* the plugin's own */
    const char *summary; /* one line for `ferrotunnel plugin list` */
    const char *schema;  /* of its settings, see docs/plugins; null: it has none */
    const char *const *needs; /* ids of the tables that it requires, terminated by null; may be null */
    uint32_t flags;
    /* [control] Checks settings that are valid by the schema, and reports problems. It must not keep, open or change
     * anything, since the configuration may only be checked. May be null. */
    void (*check)(ft_settings *);
    /* [control] Makes an instance; null: it cannot be made, which `problem` has explained. `before`: the instance of
     * the same id that it replaces, from which it may copy state; null: there is none. Both are in use for a while. */
    void *(*make)(ft_settings *, const ft_instance *self, void *before);
    /* [control] Called when the server starts. May be null. */
    void (*start)(void *instance);
    /* [control] Called after the last hook, when no exchange uses the instance: the plugin's own threads must end
     * here. Only after `start`. May be null. */
    void (*stop)(void *instance);
    /* [control] Called when the instance is no longer used. */
    void (*destroy)(void *instance);
    /* [worker] */
    ft_decision (*on_request)(void *instance, ft_exchange *);
    /* [worker] Called for the head of the response of the backend, a plugin or the edge. */
    ft_decision (*on_response)(void *instance, ft_exchange *);
    /* [worker] Called exactly once for each exchange whose request reached the instance; fields of the response are
     * not available any more. */
    void (*on_close)(void *instance, ft_exchange *, const ft_outcome *);
    /* --- since minor version 1 --- */
    /* [worker] Called for a visitor of a TCP or TLS passthrough service, before any of its bytes are forwarded. For
     * visitors of HTTP services on_request is called instead. */
    ft_decision (*on_connect)(void *instance, ft_visit *);
    /* [worker] Called exactly once for each visitor that reached the instance. */
    void (*on_visit_close)(void *instance, ft_visit *, const ft_visit_outcome *);
    /* [worker] Called for a trunk whose token is proved, before it replaces an older one: for each trunk of a
     * client, and again after a reconnect. */
    ft_decision (*on_login)(void *instance, ft_login *);
    /* [worker] Called for a service once for each client, not for each of its trunks; an accepted service is
     * remembered while a trunk has it, and for 60 s more. */
    ft_decision (*on_register)(void *instance, ft_registration *);
    /* --- since minor version 6 --- */
    /* [worker] Called for a client whose token is in none of the server's tables, if the instance has declared that it
     * looks up tokens. It answers now or later, exactly once; the server waits for 5 s. */
    void (*on_token)(void *instance, const ft_token_query *, ft_token_reply *);
} ft_type;

typedef struct ft_library {
    size_t size;
    uint32_t abi_minor;           /* FT_ABI_MINOR of the header that it was built with */
    const ft_type *const *types;  /* with a null at the end */
} ft_library;

/* The only symbol of a plugin. [control] Called once in a process; null: it cannot work with this host. */
typedef const ft_library *(*ft_entry)(const ft_host *);
const ft_library *ferrotunnel_plugin_v1(const ft_host *host);

#ifdef __cplusplus
} /* extern "C" */
#endif
