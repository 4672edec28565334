#include "ngrok_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "command_line_parts.hpp"
#include "guards.hpp"

namespace ferrotunnel::cli::importing::ngrok {
namespace {

constexpr std::array<std::string_view, 9> own_domains{".ngrok.io",       ".ngrok.app",      ".ngrok.dev",
                                                      ".ngrok-free.app", ".ngrok-free.dev", ".ngrok.com",
                                                      ".ngrok.pizza",    ".ngrok.pro",      ".ngrok.space"};
constexpr std::string_view placeholder = "change-me.example.com";

bool is_of_ngrok(std::string_view host) {
    return host.find('.') == std::string_view::npos ||
           std::ranges::any_of(own_domains, [host](std::string_view domain) { return host.ends_with(domain); });
}

std::string over_http2(const std::string& local) {
    constexpr std::string_view tls = "https://";
    constexpr std::string_view plain = "http://";
    if (local.starts_with("files:") || local.starts_with("unix:")) {
        return local;
    }
    if (local.starts_with(tls)) {
        return "h2://" + local.substr(tls.size());
    }
    return "h2c://" + (local.starts_with(plain) ? local.substr(plain.size()) : local);
}

}  // namespace

Node* ServiceMaker::add(std::string_view name, std::string_view upstream_key, std::string_view protocol_key) {
    const bool is_http = target_.kind == "http";
    const unsigned usual = is_http ? 80 : target_.kind == "tls" ? 443 : 0;
    const auto upstream = keys_.text(upstream_key);
    // Without an address it would be any program that listens at the usual port.
    const auto local = upstream ? command_line::backend_of(*upstream, usual) : std::nullopt;
    const bool is_url = local && local->find("//") != std::string::npos;
    if (!local || (!is_http && (is_url || local->starts_with("files:")))) {
        lose_whole(draft_, keys_, "its backend is not an address that can be imported",
                   "write it in `local` of a service, as HOST:PORT");
        return nullptr;
    }
    const bool wants_http2 = keys_.text(protocol_key) == "http2";
    const std::string backend = wants_http2 ? over_http2(*local) : *local;
    if (wants_http2 && backend == *local) {
        keys_.lose(draft_, protocol_key, "HTTP/2 to a backend is over TCP only",
                   "let the backend listen at a port, or speak HTTP/1.1");
    } else {
        keys_.skip(draft_, protocol_key, "HTTP/2 of a backend is a part of `local`");
    }
    service_ = &draft_.add_service(valid_name(name), target_.kind, public_value(), backend, keys_.origin());
    service_->set("local", backend, keys_.origin(upstream_key));
    if (!target_.key.empty()) {
        service_->child(target_.kind).set_origin(target_.origin);
    }
    if (local->starts_with("files:")) {
        service_->set("listing", true);
    }
    if (local->starts_with("https://")) {
        read_backend_tls();
    } else {
        keys_.skip(draft_, "verify_upstream_tls", "the backend has no TLS");
        keys_.skip(draft_, "verify_upstream_tls_cas", "the backend has no TLS");
    }
    finish_public_side();
    return service_;
}

std::string ServiceMaker::public_value() {
    if (target_.is_internal) {
        draft_.lose(target_.origin, keys_.full(target_.key), "only other endpoints of the account could reach it",
                    "use a private service: docs/operations.md, \"Private services and visits\"");
    }
    if (target_.kind == "tcp") {
        const bool is_port = command_line::number_of(target_.port, 1, 65535).has_value();
        if (!target_.port.empty() && !is_port) {
            keys_.lose(draft_, target_.key, "its port is not a number from 1 to 65535");
            guards_.add(target_.origin, target_.key);
            return "0";
        }
        if (is_port && !target_.is_internal) {
            draft_.ask(target_.origin, fmt::format("visitors reach it at port {} of your server", target_.port));
        }
        return target_.port.empty() ? "0" : target_.port;
    }
    const bool is_http = target_.kind == "http";
    const std::string unknown(is_http ? "assigned" : placeholder);
    if (target_.is_internal || target_.host.empty()) {
        return unknown;
    }
    if (is_of_ngrok(target_.host)) {
        draft_.lose(target_.origin, keys_.full(target_.key), "the name belongs to ngrok",
                    is_http ? "for a fixed name, write a host below the `domain` of your server in `http`"
                            : "write a host whose DNS entry leads to your server in `tls`");
        return unknown;
    }
    draft_.ask(target_.origin, fmt::format("point the DNS entry of {} to your server", target_.host));
    return target_.host;
}

void ServiceMaker::finish_public_side() {
    if (target_.is_internal) {
        service_->set("enabled", false, target_.origin);
        draft_.ask(target_.origin, "the service is off, since it would be public here");
        return;
    }
    if (const Node* const host = service_->find("tls"); host != nullptr && host->scalar() == placeholder) {
        service_->set("enabled", false);
        draft_.ask(keys_.origin(), "the service is off until `tls` has a host of your own");
    }
    if (const Node* const host = service_->find("http"); host != nullptr && host->scalar() == "assigned") {
        draft_.ask(keys_.origin(), "the server assigns a host, below the `domain` in its file");
    }
    if (target_.host.starts_with("*.")) {
        draft_.ask(target_.origin,
                   fmt::format("{} matches one label in front; *{} matches several, too", target_.host, target_.host));
    }
}

void ServiceMaker::read_backend_tls() {
    constexpr std::string_view switch_key = "verify_upstream_tls";
    constexpr std::string_view file_key = "verify_upstream_tls_cas";
    const bool is_missing = !keys_.has(switch_key) || is_null(keys_, switch_key);
    const bool verifies = keys_.boolean(draft_, switch_key).value_or(!is_missing);
    if (const auto file = keys_.text(file_key)) {
        ask_about_relative_path(draft_, keys_.origin(file_key), *file);
        service_->set("backend_ca", *file, keys_.origin(file_key));
    } else if (!verifies) {
        service_->set("backend_insecure", true);
        draft_.ask(keys_.origin(),
                   "the backend's certificate is not verified, which is the default of ngrok: `backend_ca` is better");
    }
    keys_.skip(draft_, switch_key, "certificates are verified, unless `backend_insecure` is on");
}

}  // namespace ferrotunnel::cli::importing::ngrok
