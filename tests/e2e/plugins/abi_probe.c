/* A plugin for plugin_abi.sh that uses what the interface had in minor version 0, so that one source is built with the
 * header of each version. Its type's name is PROBE_NAME; it answers below "/NAME/", and does the rest everywhere.
 *
 *   PROBE_MINOR=1    also what came with minor version 1; 2: and with 2; 4: and with 4
 *   PROBE_FUTURE     built with a header in which each struct has one more member, from_the_future
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ferrotunnel/plugin_abi.h"

/* Whether the host has a member of its table. */
#define HAS(table, type, member) \
    ((table)->size >= offsetof(type, member) + sizeof((table)->member) && (table)->member != NULL)

static const ft_host *host;
static const ft_http *http;
static const ft_body_api *bodies;
static const ft_settings_api *settings_of;

struct probe {
    const ft_instance *self;
    char word[64]; /* of the settings */
};

static ft_text text(const char *words) {
    ft_text made = {words, strlen(words)};
    return made;
}

static int is_at(ft_exchange *exchange, const char *path) {
    const ft_text is = http->get(exchange, FT_PATH);
    return is.size == strlen(path) && memcmp(is.data, path, is.size) == 0;
}

static ft_decision answer(ft_exchange *exchange, const char *words) {
    const ft_text field[] = {text("Content-Type"), text("text/plain")};
    return http->answer(exchange, 200, field, 1, text(words)) ? FT_ANSWERED : FT_FAILED;
}

/* --- decisions that come later ---------------------------------------------------------------------------------- */

static ft_decision decide(ft_exchange *exchange, void *user) {
    (void)user;
    return http->set_note(exchange, text("probe.later"), text("yes")) ? answer(exchange, "later\n") : FT_FAILED;
}

static void *resume_on_thread(void *user) {
    http->resume(*(ft_later *)user, decide, user, free);
    return NULL;
}

static ft_decision decide_later(ft_exchange *exchange) {
    pthread_t thread;
    ft_later *handle = malloc(sizeof(*handle));
    if (handle == NULL) {
        return FT_FAILED;
    }
    *handle = http->later(exchange, 0);
    if (handle->ticket == NULL || pthread_create(&thread, NULL, resume_on_thread, handle) != 0) {
        free(handle);
        return FT_FAILED;
    }
    pthread_detach(thread);
    return FT_LATER;
}

/* --- bodies ----------------------------------------------------------------------------------------------------- */

static ft_decision judge(ft_exchange *exchange, void *user, ft_text body) {
    char words[64];
    (void)user;
    snprintf(words, sizeof(words), "%zu bytes\n", body.size);
    return answer(exchange, words);
}

static int32_t double_each(void *user, ft_text in, int32_t last, ft_sink *out) {
    (void)user;
    (void)last;
    for (size_t i = 0; i < in.size; ++i) {
        const char twice[2] = {in.data[i], in.data[i]};
        if (!bodies->write(out, twice, sizeof(twice))) {
            return FT_FAILED;
        }
    }
    return 0;
}

#if PROBE_MINOR >= 2
/* Holds nothing back. */
static int32_t flush(void *user, ft_sink *out) {
    (void)user;
    (void)out;
    return 0;
}
#endif

/* --- the hooks -------------------------------------------------------------------------------------------------- */

static void check(ft_settings *settings) {
    ft_text word;
    if (settings_of->text(settings, text("word"), &word) && word.size >= sizeof(((struct probe *)0)->word)) {
        settings_of->problem(settings, text("word"), text("is longer than 63 bytes"));
    }
}

static void *make(ft_settings *settings, const ft_instance *self, void *before) {
    struct probe *made = calloc(1, sizeof(*made));
    ft_text word;
    (void)before;
    if (made != NULL && settings_of->text(settings, text("word"), &word)) {
        made->self = self;
        memcpy(made->word, word.data, word.size);
        settings_of->declare_identity(settings, text("X-" PROBE_NAME "-Word"));
    }
    return made;
}

static ft_decision on_request(void *instance, ft_exchange *exchange) {
    const struct probe *own = instance;
    if (is_at(exchange, "/" PROBE_NAME "/answer")) {
        return answer(exchange, PROBE_NAME "\n");
    }
    if (is_at(exchange, "/" PROBE_NAME "/reject")) {
        return http->reject(exchange, 403, text("probe"), NULL, 0) ? FT_ANSWERED : FT_FAILED;
    }
    if (is_at(exchange, "/" PROBE_NAME "/later")) {
        return decide_later(exchange);
    }
    if (is_at(exchange, "/" PROBE_NAME "/collect")) {
        return bodies->collect(exchange, 0, judge, NULL, NULL) ? FT_COLLECT : FT_FAILED;
    }
    if (is_at(exchange, "/" PROBE_NAME "/fail")) {
        return FT_FAILED;
    }
    return http->edit(exchange, FT_REQUEST, FT_SET, text("X-" PROBE_NAME "-Word"), text(own->word)) ? FT_GO_ON
                                                                                                     : FT_FAILED;
}

static ft_decision on_response(void *instance, ft_exchange *exchange) {
    static const ft_body_filter doubling = {
        .size = sizeof(ft_body_filter),
        .chunk = double_each,
#if PROBE_MINOR >= 2
        .flush = flush,
#endif
    };
    const ft_text wanted = http->get(exchange, FT_QUERY);
    char words[96];
#if PROBE_MINOR >= 4
    const ft_text token = http->get(exchange, FT_TOKEN);
#else
    const ft_text token = {"none", 4};
#endif
    (void)instance;
    if (wanted.size > 0 && memcmp(wanted.data, "?" PROBE_NAME, wanted.size) == 0 &&
        !bodies->transform(exchange, FT_RESPONSE, &doubling, NULL)) {
        return FT_FAILED;
    }
    snprintf(words, sizeof(words), "built with %d, host has %u, token %.*s", FT_ABI_MINOR, host->abi_minor,
             (int)token.size, token.data != NULL ? token.data : "");
    http->edit(exchange, FT_RESPONSE, FT_SET, text("X-" PROBE_NAME), text(words));
    return FT_GO_ON;
}

static void on_close(void *instance, ft_exchange *exchange, const ft_outcome *outcome) {
    char words[64];
    if (is_at(exchange, "/" PROBE_NAME "/answer")) {
        snprintf(words, sizeof(words), PROBE_NAME " has closed with %u", outcome->status);
        host->log(((struct probe *)instance)->self, FT_LOG_INFO, text(words));
    }
}

#if PROBE_MINOR >= 1
static const ft_session *session;

/* Refuses visitors of TCP services whose name ends with the name of this plugin. */
static ft_decision on_connect(void *instance, ft_visit *visit) {
    const ft_text service = session->text(visit, FT_SUBJECT_SERVICE, 0);
    const size_t size = sizeof(PROBE_NAME) - 1;
    (void)instance;
    if (service.size < size || memcmp(service.data + service.size - size, PROBE_NAME, size) != 0) {
        return FT_GO_ON;
    }
    return session->refuse(visit, text("refused by " PROBE_NAME)) ? FT_ANSWERED : FT_FAILED;
}
#endif

#ifdef PROBE_FUTURE
static void never_called(void) {
    abort();
}
#endif

static const ft_type type = {
    .size = sizeof(ft_type),
    .name = PROBE_NAME,
    .version = "1",
    .schema = "{\"type\": \"object\", \"required\": [\"word\"], \"properties\": {\"word\": {\"type\": \"string\"}}}",
    .flags = FT_GUARD,
    .check = check,
    .make = make,
    .destroy = free,
    .on_request = on_request,
    .on_response = on_response,
    .on_close = on_close,
#if PROBE_MINOR >= 1
    .on_connect = on_connect,
#endif
#ifdef PROBE_FUTURE
    .from_the_future = never_called,
#endif
};
static const ft_type *const types[] = {&type, NULL};
static const ft_library library = {.size = sizeof(ft_library), .abi_minor = FT_ABI_MINOR, .types = types};

__attribute__((visibility("default"))) const ft_library *ferrotunnel_plugin_v1(const ft_host *of) {
    host = of;
    http = host->extension(FT_HTTP_1);
    bodies = host->extension(FT_BODY_1);
    settings_of = host->extension(FT_SETTINGS_1);
    if (http == NULL || bodies == NULL || settings_of == NULL || !HAS(http, ft_http, may_write)) {
        return NULL;
    }
#if PROBE_MINOR >= 1
    session = host->extension(FT_SESSION_1);
    if (session == NULL) {
        return NULL;
    }
#endif
#ifdef PROBE_FUTURE
    if (HAS(host, ft_host, from_the_future) || HAS(http, ft_http, from_the_future) ||
        HAS(bodies, ft_body_api, from_the_future) || HAS(settings_of, ft_settings_api, from_the_future)) {
        return NULL; /* this host is as new: the test proves nothing */
    }
#endif
    return &library;
}
