/* A plugin in plain C: answers 503 while a file is there.
 *
 *     cc -std=c11 -shared -fPIC -o maintenance.so maintenance.c
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ferrotunnel/plugin_abi.h"

static const ft_http *http;
static const ft_settings_api *settings_of;

struct maintenance {
    char file[256]; /* requests are refused while it is there */
};

static ft_text text(const char *words) {
    ft_text made = {words, strlen(words)};
    return made;
}

static void check(ft_settings *settings) {
    ft_text file;
    if (settings_of->text(settings, text("file"), &file) && file.size >= sizeof(((struct maintenance *)0)->file)) {
        settings_of->problem(settings, text("file"), text("is longer than 255 bytes"));
    }
}

static void *make(ft_settings *settings, const ft_instance *self, void *before) {
    struct maintenance *made = calloc(1, sizeof(*made));
    ft_text file;
    (void)self;
    (void)before;
    if (made != NULL && settings_of->text(settings, text("file"), &file)) {
        memcpy(made->file, file.data, file.size);
    }
    return made;
}

static ft_decision on_request(void *instance, ft_exchange *exchange) {
    const struct maintenance *own = instance;
    const ft_text again[] = {text("Retry-After"), text("120")};
    if (access(own->file, F_OK) != 0) {
        return FT_GO_ON;
    }
    return http->reject(exchange, 503, text("maintenance"), again, 1) ? FT_ANSWERED : FT_FAILED;
}

static const ft_type type = {
    .size = sizeof(ft_type),
    .name = "maintenance",
    .version = "1.0",
    .summary = "answers 503 while a file is there",
    .schema = "{\"type\": \"object\", \"required\": [\"file\"],"
              " \"properties\": {\"file\": {\"type\": \"string\", \"format\": \"file\","
              " \"description\": \"Requests are refused while it is there.\"}}}",
    .check = check,
    .make = make,
    .destroy = free,
    .on_request = on_request,
};
static const ft_type *const types[] = {&type, NULL};
static const ft_library library = {sizeof(ft_library), FT_ABI_MINOR, types};

__attribute__((visibility("default"))) const ft_library *ferrotunnel_plugin_v1(const ft_host *host) {
    http = host->extension(FT_HTTP_1);
    settings_of = host->extension(FT_SETTINGS_1);
    return http != NULL && settings_of != NULL ? &library : NULL;
}
