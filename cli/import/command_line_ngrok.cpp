// Command lines of ngrok, versions 2 and 3: `ngrok http 3000 --url https://app.example.com`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "command_line_parts.hpp"
#include "mapping.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing::command_line {
namespace {

constexpr std::string_view policy_why = "traffic policies are rules of the server's operator here";
constexpr std::string_view policy_instead = "write them as plugins: docs/plugins/from-ngrok.md";
constexpr std::string_view login_why = "logins at other services are checked by the plugins of the server";
constexpr std::string_view login_instead = "use the plugin `forward-auth` or `jwt` on the server";

constexpr std::array ngrok_rows{
    OptionRow{"--url"},
    OptionRow{"--domain --hostname"},
    OptionRow{"--subdomain --sd"},
    OptionRow{"--remote-addr"},
    OptionRow{"--host-header"},
    OptionRow{"--basic-auth --auth --httpauth", Takes::value, Fate::secret},
    OptionRow{"--cidr-allow"},
    OptionRow{"--cidr-deny"},
    OptionRow{"--request-header-add"},
    OptionRow{"--request-header-remove"},
    OptionRow{"--response-header-add"},
    OptionRow{"--response-header-remove"},
    OptionRow{"--proxy-proto --upstream-proxy-protocol"},
    OptionRow{"--scheme --schemes"},
    OptionRow{"--bind-tls"},
    OptionRow{"--inspect", Takes::optional},
    OptionRow{"--log-level"},
    OptionRow{"--log"},
    OptionRow{"--config -c"},
    OptionRow{"--pooling-enabled", Takes::optional},
    OptionRow{"--name"},
    OptionRow{"--app-protocol --upstream-protocol"},
    OptionRow{"--verify-upstream-tls --upstream-tls-verify", Takes::optional},
    OptionRow{"--verify-upstream-tls-cas --upstream-tls-verify-cas"},
    OptionRow{"--binding --bindings -b"},
    OptionRow{"--terminate-at"},
    // What an account and its network need.
    OptionRow{"--authtoken --api-key", Takes::value, Fate::not_needed, "clients log in with the token of your server"},
    OptionRow{"--region", Takes::value, Fate::not_needed, "the server is where you run it"},
    OptionRow{"--log-format", Takes::value, Fate::not_needed, "`--log-format json` is for programs, text for people"},
    OptionRow{"--server-addr", Takes::value, Fate::not_needed, "the server is your own"},
    OptionRow{"--metadata --description", Takes::value, Fate::lost, "services have no metadata",
              "name the service in its key `name`"},
    OptionRow{"--compression", Takes::optional, Fate::lost, "the tunnel does not compress",
              "use the plugin `compress` of the server"},
    OptionRow{"--circuit-breaker", Takes::value, Fate::lost, "a client cannot request this plugin",
              "use the plugin `circuit-breaker` of the server"},
    OptionRow{"--websocket-tcp-converter", Takes::optional, Fate::lost, "WebSockets are not converted to TCP"},
    OptionRow{"--crt --key --tls-crt --tls-key", Takes::value, Fate::lost, "TLS does not end at the client",
              "give the certificate to the backend, or to the server with `--certificate`"},
    OptionRow{"--labels --edge --label", Takes::value, Fate::lost, "there are no edges", "use `group` of the services"},
    // What restricted visitors.
    OptionRow{"--oauth --oauth-client-id --oauth-client-secret --oauth-scope --oauth-allow-domain --oauth-allow-email "
              "--oauth-cookie-prefix",
              Takes::value, Fate::guard, login_why, login_instead},
    OptionRow{"--oidc --oidc-client-id --oidc-client-secret --oidc-scope --oidc-cookie-prefix", Takes::value,
              Fate::guard, login_why, login_instead},
    OptionRow{"--saml-idp --saml-idp-metadata --saml-allow-group --saml-authorize-group", Takes::value, Fate::guard,
              login_why, login_instead},
    OptionRow{"--verify-webhook --verify-webhook-secret", Takes::value, Fate::guard,
              "a client cannot request this plugin", "use the plugin `webhook-verify` of the server"},
    OptionRow{"--mutual-tls-cas --mutual-tls --client-cas", Takes::value, Fate::guard,
              "client certificates are required by the server",
              "list the host in `client_certificates` of `https` in the server's file"},
    OptionRow{"--ua-filter-allow --ua-filter-deny --user-agent-filter-allow --user-agent-filter-deny", Takes::value,
              Fate::guard, "a client cannot restrict user agents",
              "use `when` with a plugin of the server: docs/plugins/when.md"},
    OptionRow{"--traffic-policy-file --traffic-policy-url --traffic-policy --policy-file --policy", Takes::value,
              Fate::guard, policy_why, policy_instead},
};

constexpr std::array<std::string_view, 9> ngrok_domains{".ngrok.io",       ".ngrok.app",      ".ngrok.dev",
                                                        ".ngrok-free.app", ".ngrok-free.dev", ".ngrok.com",
                                                        ".ngrok.pizza",    ".ngrok.pro",      ".ngrok.space"};

bool is_ngroks(std::string_view host) {
    return std::ranges::any_of(ngrok_domains, [host](std::string_view domain) { return host.ends_with(domain); });
}

struct PublicAddress {
    std::string host;
    std::string port;
    Origin origin;
    std::string option;
};

// What --url, --domain and the like say; only the host of the last one counts.
PublicAddress public_address(Words& words) {
    PublicAddress address;
    for (const Given& each : words.all("--url --domain --remote-addr")) {
        const Url url = parse_url(each.value);
        address = {url.host, url.port, Words::origin(each), each.name};
    }
    return address;
}

// An endpoint that only other endpoints of the account reach must not become public.
bool is_internal(Draft& draft, Words& words, const PublicAddress& address) {
    const std::vector<std::string> bindings = words.texts("--binding");
    const bool by_binding = std::ranges::any_of(bindings, [](const std::string& each) { return each != "public"; });
    if (!by_binding && !address.host.ends_with(".internal")) {
        return false;
    }
    const Origin origin = by_binding ? words.origin("--binding") : address.origin;
    draft.lose(origin_of("ngrok", {}), origin.file, "only other endpoints of the account could reach it",
               "use a private service: docs/operations.md, \"Private services and visits\"");
    words.add_guard(origin);
    return true;
}

// The host, or `assigned` where the server chooses one.
std::string ngrok_host(Draft& draft, Words& words, const PublicAddress& address, bool may_be_assigned) {
    const std::string subdomain = words.text("--subdomain").value_or("");
    if (!subdomain.empty()) {
        words.lose("--subdomain", "the name was below a domain of ngrok",
                   fmt::format("write the host in full, like `http: {}.tunnel.example.com`", subdomain));
    } else if (!address.host.empty() && (is_ngroks(address.host) || address.host.find('.') == std::string::npos)) {
        draft.lose(origin_of("ngrok", {}), address.option, "the name belongs to ngrok",
                   "use a host whose DNS entry leads to your server");
    } else if (!address.host.empty()) {
        draft.ask(address.origin, fmt::format("point the DNS entry of {} to your server", address.host));
        return address.host;
    }
    if (may_be_assigned) {
        const Origin origin = !subdomain.empty()        ? words.origin("--subdomain")
                              : !address.option.empty() ? address.origin
                                                        : origin_of("ngrok http", {});
        draft.ask(origin, "the server assigns a host, below the `domain` in its file");
    }
    return may_be_assigned ? "assigned" : std::string();
}

void set_tls_of_backend(Draft& draft, Node& service, Words& words, const std::string& local) {
    const auto verifies = words.flag("--verify-upstream-tls");
    const auto cas = words.text("--verify-upstream-tls-cas");
    if (!local.starts_with("https://") && !local.starts_with("h2://")) {
        return;
    }
    if (cas) {
        service.set("backend_ca", *cas, words.origin("--verify-upstream-tls-cas"));
    } else if (!verifies.value_or(false)) {
        service.set("backend_insecure", true);
        draft.ask(origin_of("ngrok http", local),
                  "the backend's certificate is not verified, which is the default of ngrok: `backend_ca` is better");
    }
}

// Version 3 has `--url`. Without it, versions differ: `ngrok http 3000` was served by http:// too until version 3.
bool is_https_url(Words& words) {
    return words.text("--url").value_or("").starts_with("https://");
}

void set_ngrok_scheme(Draft& draft, Node& service, Words& words) {
    const auto schemes = words.text("--scheme");
    const auto bind_tls = words.text("--bind-tls");
    const Origin origin = words.origin(schemes ? "--scheme" : "--bind-tls");
    if (schemes == "https" || bind_tls == "true") {
        service.set("https_redirect", true, origin);
        draft.ask(origin, "HTTPS needs certificates on the server: `https` in its file");
    } else if (schemes == "http" || bind_tls == "false") {
        service.set("https_redirect", false, origin);
    } else if (is_https_url(words)) {
        draft.ask(words.origin("--url"), https_only);
    }
}

void set_ngrok_http(Draft& draft, Node& service, Words& words) {
    const auto header = words.text("--host-header");
    if (header && *header != "preserve") {
        const bool is_own = *header == "rewrite";
        service.set("host_header", is_own ? std::string("backend") : *header, words.origin("--host-header"));
    }
    for (const auto& [option, list] : {std::pair{"--request-header-add", "request_headers.add"},
                                       {"--request-header-remove", "request_headers.remove"},
                                       {"--response-header-add", "response_headers.add"},
                                       {"--response-header-remove", "response_headers.remove"}}) {
        add_headers(draft, service, list, words.all(option));
    }
    set_ngrok_scheme(draft, service, words);
    add_networks(service, words, "--cidr-allow", "--cidr-deny");
    add_passwords(draft, service, words.all("--basic-auth"));
}

void set_ngrok_pool(Node& service, Words& words) {
    if (service.find("plugins") != nullptr) {
        words.lose("--pooling-enabled", "a service with plugins of its own cannot have a `group`",
                   "let the server have these plugins in its `plugins.chain`, and set `group`");
        return;
    }
    const Node* const name = service.find("name");
    service.set("group", name != nullptr ? name->scalar() : "pool", words.origin("--pooling-enabled"));
}

void set_ngrok_rest(Draft& draft, Node& service, Words& words) {
    set_proxy_protocol(service, words, "--proxy-proto");
    if (words.flag("--pooling-enabled").value_or(false)) {
        set_ngrok_pool(service, words);
    }
    if (const auto inspects = words.flag("--inspect")) {
        draft.client.set("inspect", *inspects, words.origin("--inspect"));
    }
    set_log_level(draft, words, "--log-level");
    const auto log = words.text("--log");
    if (log && *log != "stdout" && *log != "stderr" && *log != "false") {
        draft.ask(words.origin("--log"), "the log is written to the standard error stream: redirect it with `2>>`");
    }
    if (words.text("--config")) {
        const Origin origin = words.origin("--config");
        words.lose("--config", "the settings of that file are not read here",
                   fmt::format("import it too: `ferrotunnel import {}`", origin.text));
    }
}

std::string ngrok_local(const std::string& word, unsigned default_port, Words& words) {
    const auto local = backend_of(word, default_port);
    if (!local) {
        throw SourceError(origin_of("ngrok", {}),
                          fmt::format("\"{}\" is not a valid address of a backend, like 3000 or localhost:3000", word));
    }
    const bool is_http2 = words.text("--app-protocol") == "http2";
    const bool is_tcp = !local->starts_with("files:") && !local->starts_with("unix:");
    if (is_http2 && !is_tcp) {
        words.lose("--app-protocol", "HTTP/2 to a backend is over TCP only",
                   "let the backend listen at a port, or speak HTTP/1.1");
    } else if (is_http2) {
        const std::size_t scheme = local->find("://");
        return (local->starts_with("https://") ? "h2://" : "h2c://") +
               local->substr(scheme == std::string::npos ? 0 : scheme + 3);
    }
    return *local;
}

Node& add_ngrok_http(Draft& draft, Words& words, const std::string& word) {
    const PublicAddress address = public_address(words);
    const bool internal = is_internal(draft, words, address);
    const std::string host = internal ? "assigned" : ngrok_host(draft, words, address, true);
    const std::string local = ngrok_local(word, 80, words);
    Node& service = draft.add_service(valid_name(words.text("--name").value_or("")), "http", host, local,
                                      origin_of("ngrok http", word));
    set_tls_of_backend(draft, service, words, local);
    set_ngrok_http(draft, service, words);
    set_ngrok_rest(draft, service, words);
    return service;
}

Node& add_ngrok_tcp(Draft& draft, Words& words, const std::string& word) {
    const PublicAddress address = public_address(words);
    const bool internal = is_internal(draft, words, address);
    const bool is_port = number_of(address.port, 1, 65535).has_value();
    if (!address.port.empty() && !is_port) {
        draft.lose(origin_of("ngrok", {}), address.option, "its port is not a number from 1 to 65535");
        words.add_guard(address.origin);
    }
    const std::string port = internal || !is_port ? "0" : address.port;
    if (port != "0") {
        draft.ask(address.origin, fmt::format("visitors find the service at port {} of your server", port));
    }
    Node& service = draft.add_service(valid_name(words.text("--name").value_or("")), "tcp", port,
                                      ngrok_local(word, 0, words), origin_of("ngrok tcp", word));
    add_networks(service, words, "--cidr-allow", "--cidr-deny");
    set_ngrok_rest(draft, service, words);
    return service;
}

Node& add_ngrok_tls(Draft& draft, Words& words, const std::string& word) {
    const PublicAddress address = public_address(words);
    const bool internal = is_internal(draft, words, address);
    std::string host = internal ? address.host : ngrok_host(draft, words, address, false);
    const bool has_host = !host.empty();
    if (!has_host && address.host.empty()) {
        draft.lose(origin_of("ngrok tls", word), "the assigned host", "only `http` services are assigned a host",
                   "write a host of your own in `tls`");
    }
    const auto end = words.text("--terminate-at");
    if (end && *end != "upstream") {
        words.lose("--terminate-at", "TLS of a `tls` service ends at the backend",
                   "use an `http` service and certificates on the server, or a backend with TLS");
    }
    Node& service = draft.add_service(valid_name(words.text("--name").value_or("")), "tls",
                                      has_host ? host : "change-me.example.com", ngrok_local(word, 443, words),
                                      origin_of("ngrok tls", word));
    add_networks(service, words, "--cidr-allow", "--cidr-deny");
    set_ngrok_rest(draft, service, words);
    if (!has_host) {
        service.set("enabled", false);
        draft.ask(origin_of("ngrok tls", word), "the service is off until `tls` has a host of your own");
    }
    return service;
}

}  // namespace

Draft read_ngrok(std::span<const std::string> words) {
    Draft draft;
    // Version 1 had no commands: `ngrok 80`.
    const bool has_kind = !words.empty() && (words[0] == "http" || words[0] == "tcp" || words[0] == "tls");
    const std::string kind = has_kind ? words[0] : "http";
    const Origin command = origin_of("ngrok", {});
    if (!words.empty() && (words[0] == "start" || words[0] == "service")) {
        throw SourceError(command, "its tunnels are in a file: `ferrotunnel import ~/.config/ngrok/ngrok.yml`");
    }
    Words read(words.subspan(has_kind ? 1 : 0), {"ngrok", ngrok_rows}, draft);
    const bool is_version_1 = !has_kind && !read.operands().empty() && backend_of(read.operands().front(), 80) &&
                              parse_url(read.operands().front()).port != "";
    if (!has_kind && !is_version_1) {
        throw SourceError(command, "only `ngrok http`, `ngrok tcp` and `ngrok tls` offer something");
    }
    if (read.operands().empty() && kind != "http") {
        throw SourceError(command, fmt::format("`ngrok {}` needs the port of the backend", kind));
    }
    const std::string word = read.operands().empty() ? "80" : read.operands().front();
    add_login_to_fill_in(draft, command);
    Node& service = kind == "http"  ? add_ngrok_http(draft, read, word)
                    : kind == "tcp" ? add_ngrok_tcp(draft, read, word)
                                    : add_ngrok_tls(draft, read, word);
    if (kind != "http" && read.has("--basic-auth")) {
        read.add_guard(read.origin("--basic-auth"));
    }
    close_unguarded(draft, service, read);
    read.lose_rest();
    return draft;
}

}  // namespace ferrotunnel::cli::importing::command_line
