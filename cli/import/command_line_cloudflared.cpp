// Command lines of cloudflared: `cloudflared tunnel --url http://localhost:3000`, `cloudflared access tcp`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "client_metadata.hpp"
#include "command_line_parts.hpp"
#include "ferrotunnel/secret.hpp"
#include "mapping.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing::command_line {
namespace {

constexpr std::chrono::milliseconds connect_timeout_max{10'000};

constexpr std::array cloudflared_rows{
    OptionRow{"--url"},
    OptionRow{"--hostname"},
    OptionRow{"--unix-socket"},
    OptionRow{"--name -n"},
    OptionRow{"--http-host-header"},
    OptionRow{"--origin-server-name"},
    OptionRow{"--origin-ca-pool"},
    OptionRow{"--no-tls-verify", Takes::optional},
    OptionRow{"--http2-origin", Takes::optional},
    OptionRow{"--proxy-connect-timeout"},
    OptionRow{"--metrics"},
    OptionRow{"--loglevel"},
    OptionRow{"--logfile --log-directory"},
    OptionRow{"--grace-period"},
    OptionRow{"--ha-connections"},
    OptionRow{"--lb-pool"},
    OptionRow{"--tag"},
    OptionRow{"--config"},
    OptionRow{"--token --token-file", Takes::value, Fate::secret},
    OptionRow{"--hello-world", Takes::optional, Fate::lost, "there is no demonstration server",
              "`ferrotunnel files FOLDER` serves a folder"},
    OptionRow{"--bastion --socks5", Takes::optional, Fate::lost, "destinations have to be listed",
              "use `ferrotunnel exit --allow DESTINATION`: docs/exit.md"},
    OptionRow{"--no-chunked-encoding", Takes::optional, Fate::lost, "bodies without a length are sent in chunks",
              "let the backend accept chunked bodies"},
    OptionRow{"--compression-quality", Takes::value, Fate::lost, "the tunnel does not compress",
              "use the plugin `compress` of the server"},
    OptionRow{"--pidfile", Takes::value, Fate::lost, "no file has the process number",
              "use the unit ferrotunnel@.service, or `endpoint_file` to learn that services are ready"},
    OptionRow{"--trace-output", Takes::value, Fate::lost, "the program writes no such trace"},
    OptionRow{"--proxy-dns --proxy-dns-port --proxy-dns-address --proxy-dns-upstream", Takes::optional, Fate::lost,
              "there is no DNS server"},
    // Of Cloudflare's network and its accounts, or about connections that look after themselves here.
    OptionRow{"--origincert --credentials-file --cred-file --credentials-contents --cacert --edge --region --id "
              "--edge-ip-version --edge-bind-address --protocol --transport-loglevel --proto-loglevel --retries "
              "--heartbeat-interval --heartbeat-count --metrics-update-freq --autoupdate-freq --features -F "
              "--rpc-timeout --api-url --icmpv4-src --icmpv6-src --management-hostname",
              Takes::value, Fate::not_needed, "it concerns the network of Cloudflare"},
    OptionRow{"--proxy-tls-timeout --proxy-tcp-keepalive --proxy-keepalive-connections --proxy-keepalive-timeout",
              Takes::value, Fate::not_needed, "connections to backends need no settings"},
    OptionRow{"--no-autoupdate --is-autoupdated --overwrite-dns --force -f --post-quantum -pq "
              "--proxy-no-happy-eyeballs --management-diagnostics",
              Takes::optional, Fate::not_needed, "there is nothing to turn on or off"},
};

constexpr std::array<std::string_view, 5> streams{"ssh", "tcp", "rdp", "smb", "vnc"};

unsigned stream_port(std::string_view scheme) {
    return scheme == "ssh" ? 22 : scheme == "rdp" ? 3389 : scheme == "smb" ? 445 : scheme == "vnc" ? 5900 : 0;
}

void set_cloudflared_client(Draft& draft, Words& words) {
    Node& client = draft.client;
    if (const auto name = words.text("--name")) {
        client.set("name", valid_name(*name), words.origin("--name"));
    }
    for (const Given& tag : words.all("--tag")) {
        add_client_metadata(draft, Words::origin(tag), tag.name, std::span(&tag.value, 1));
    }
    const auto metrics = words.text("--metrics");
    const auto place = split_address(metrics.value_or(""));
    if (place) {
        const std::string host = place->host.empty() ? "0.0.0.0" : place->host;  // as Go reads `:2000`
        client.set("metrics", with_port(host, place->port), words.origin("--metrics"));
    } else if (metrics) {
        words.lose("--metrics", "the address has no port", "set `metrics`, like 127.0.0.1:7836");
    }
    set_time(client, "drain", words, "--grace-period");
    const auto count = words.text("--ha-connections");
    if (count && number_of(*count, 1, 16)) {
        client.set("connections", *count, words.origin("--ha-connections"));
    } else if (count) {
        words.lose("--ha-connections", "a client has from 1 to 16 connections", "set `connections`");
    }
    set_log_level(draft, words, "--loglevel");
    if (words.text("--logfile")) {
        draft.ask(words.origin("--logfile"), "the log is written to the standard error stream: redirect it with `2>>`");
    }
    if (const auto file = words.text("--config")) {
        words.lose("--config", "the settings of that file are not read here",
                   fmt::format("import it too: `ferrotunnel import {}`", *file));
    }
}

void set_cloudflared_http(Draft& draft, Node& service, Words& words) {
    if (const auto header = words.text("--http-host-header")) {
        service.set("host_header", *header, words.origin("--http-host-header"));
    }
    if (const auto pool = words.text("--origin-ca-pool")) {
        service.set("backend_ca", *pool, words.origin("--origin-ca-pool"));
    }
    if (const auto name = words.text("--origin-server-name")) {
        service.set("backend_name", *name, words.origin("--origin-server-name"));
    }
    if (words.flag("--no-tls-verify").value_or(false)) {
        service.set("backend_insecure", true, words.origin("--no-tls-verify"));
        draft.ask(words.origin("--no-tls-verify"),
                  "any certificate of the backend is accepted: `backend_ca` is better");
    }
    if (const auto timeout = time_of(words, "--proxy-connect-timeout")) {
        const Origin origin = words.origin("--proxy-connect-timeout");
        service.set("limits.backend_connect_timeout", text_of(std::min(*timeout, connect_timeout_max)), origin);
        if (*timeout > connect_timeout_max) {
            draft.ask(origin, "a backend has at most 10s to accept a connection");
        }
    }
    if (const auto pool = words.text("--lb-pool")) {
        service.set("group", valid_name(*pool), words.origin("--lb-pool"));
    }
}

// As cloudflared, which negotiates HTTP/2 with TLS: other backends get HTTP/1.1.
std::string with_http2(Draft& draft, const Words& words, std::string local) {
    constexpr std::string_view tls = "https://";
    const bool has_tls = local.starts_with(tls);
    draft.skip(words.origin("--http2-origin"), "--http2-origin",
               "it is a part of `local` with https://, and has no effect on other backends");
    return has_tls ? "h2://" + local.substr(tls.size()) : local;
}

void add_cloudflared_http(Draft& draft, Words& words, const std::string& target) {
    const auto backend = backend_of(target, 80);
    const Origin command = origin_of("cloudflared tunnel", target);
    if (!backend) {
        throw SourceError(command, fmt::format("\"{}\" is not a backend that can be imported", target));
    }
    std::string local = *backend;
    if (words.flag("--http2-origin").value_or(false)) {
        local = with_http2(draft, words, std::move(local));
    }
    const std::string host = words.text("--hostname").value_or("assigned");
    Node& service = draft.add_service("", "http", host, local, command);
    if (host == "assigned") {
        draft.ask(command, "the server assigns a host, below the `domain` in its file");
    } else {
        draft.ask(words.origin("--hostname"), fmt::format("point the DNS entry of {} to your server", host));
    }
    set_cloudflared_http(draft, service, words);
}

// Visitors of such a service had to run `cloudflared access` and to log in: it must not become a public port.
void add_cloudflared_stream(Draft& draft, Words& words, const Url& url, const std::string& target) {
    const Origin command = origin_of("cloudflared tunnel", target);
    const std::string port = url.port.empty() ? std::to_string(stream_port(url.scheme)) : url.port;
    if (!number_of(port, 1, 65535)) {
        throw SourceError(command, "the address of the backend has no port from 1 to 65535");
    }
    const std::string host = words.text("--hostname").value_or("");
    const std::string name = host.empty() ? url.scheme : host;
    Node& service =
        draft.add_service(name, "tcp", "private", with_port(url.host.empty() ? "localhost" : url.host, port), command);
    const std::string key(::ferrotunnel::Secret::generate().reveal());
    service.set("key", draft.secret(Side::client, name + ".key", key, command), command);
    draft.ask(command,
              fmt::format("the service is private, since cloudflared let only users of `cloudflared access` in: "
                          "they copy {}.key and run `ferrotunnel visit {} --local {} --key-file {}.key`",
                          name, name, port, name));
}

void read_cloudflared_access(Draft& draft, std::span<const std::string> words) {
    static constexpr std::array rows{
        OptionRow{"--hostname --tunnel-host -T"},
        OptionRow{"--url --listener -L"},
        OptionRow{"--destination --header -H --service-token-id --id --service-token-secret --secret", Takes::value,
                  Fate::not_needed, "the key of the service is what visitors need"},
        OptionRow{"--loglevel --log-level --logfile --log-directory", Takes::value, Fate::not_needed,
                  "the log is written to the standard error stream"},
    };
    Words read(words.subspan(2), {"cloudflared", rows, Dashes::names, 0}, draft);
    const Origin command = origin_of("cloudflared access", words[1]);
    const auto host = read.text("--hostname");
    const auto listener = read.text("--url");
    if (!host || !listener) {
        throw SourceError(command,
                          "needs --hostname and --url; for `ssh`, use `ProxyCommand` with `connect_bind`: "
                          "docs/operations.md, \"Services by their names\"");
    }
    const Url url = parse_url(*listener);
    if (!number_of(url.port, 1, 65535)) {
        throw SourceError(read.origin("--url"), "the listener has no port from 1 to 65535");
    }
    add_login_to_fill_in(draft, command);
    Node& visit = draft.client.at("visits").add();
    visit.set("name", parse_url(*host).host, read.origin("--hostname"));
    visit.set("local", with_port(url.host.empty() || url.host == "localhost" ? "127.0.0.1" : url.host, url.port),
              read.origin("--url"));
    visit.set("key", fmt::format("file:{}.key", parse_url(*host).host), command);
    draft.lose(command, "the key of the service", "visitors prove a key that the service's client has",
               "copy the file of `key` from there, and name it in `key` of the visit");
    read.lose_rest();
}

}  // namespace

Draft read_cloudflared(std::span<const std::string> words) {
    Draft draft;
    const Origin command = origin_of("cloudflared", {});
    if (words.size() > 1 && words[0] == "access" && (words[1] == "tcp" || words[1] == "ssh" || words[1] == "rdp")) {
        read_cloudflared_access(draft, words);
        return draft;
    }
    if (words.empty() || words[0] != "tunnel") {
        throw SourceError(command, "only `cloudflared tunnel` and `cloudflared access tcp` can be imported");
    }
    Words read(words.subspan(1), {"cloudflared", cloudflared_rows, Dashes::names, 2}, draft);
    const bool runs = !read.operands().empty() && read.operands().front() == "run";
    const auto socket = read.text("--unix-socket");
    const auto url = read.text("--url");
    constexpr std::array<std::string_view, 8> of_accounts{"login", "create",  "list", "delete",
                                                          "route", "cleanup", "info", "token"};
    if (!read.operands().empty() && std::ranges::find(of_accounts, read.operands().front()) != of_accounts.end()) {
        throw SourceError(
            command, fmt::format("`tunnel {}` manages an account, and offers no service", read.operands().front()));
    }
    if (runs && !url && !socket) {
        throw SourceError(command, read.text("--token")
                                       ? "the services of this tunnel are kept by Cloudflare: list them in "
                                         "`services`, see `ferrotunnel init client`"
                                       : "its services are in a file: `ferrotunnel import "
                                         "~/.cloudflared/config.yml`");
    }
    read.texts("--token");
    const bool has_operand = !runs && !read.operands().empty();
    const std::string target = socket        ? "unix:" + *socket
                               : url         ? *url
                               : has_operand ? read.operands().front()
                                             : "http://localhost:8080";
    const Url parts = parse_url(target);
    const bool is_stream = std::ranges::find(streams, parts.scheme) != streams.end();
    add_login_to_fill_in(draft, command);
    is_stream ? add_cloudflared_stream(draft, read, parts, target) : add_cloudflared_http(draft, read, target);
    set_cloudflared_client(draft, read);
    read.lose_rest();
    return draft;
}

}  // namespace ferrotunnel::cli::importing::command_line
