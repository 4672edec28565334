// What a service's rules do to its requests and answers. A service without rules costs a few comparisons.
#include <array>
#include <utility>

#include "exchange/http_exchange.hpp"
#include "http/forwarding.hpp"
#include "http/header_rules.hpp"
#include "http/redirect.hpp"

namespace ferrotunnel::exchange {

using http::FieldName;

// --- redirects ---

// Whether the request came by TLS: to this server, or to a trusted proxy in front of it, which says so.
bool HttpExchange::came_by_tls(const http::RequestHead& head) const {
    return visitor_.trusted ? http::Forwarding(head, forwarding_facts()).https() : visitor_.https;
}

// True when the request was answered with a redirect.
bool HttpExchange::redirects(const http::RequestHead& head) {
    const directory::HttpDescription& service = service_->description();
    const http::Rules& rules = service.rules;
    std::string location;
    const auto& to_https = rules.https_redirect ? rules.https_redirect : edge_.settings.https_redirect;
    if (to_https && to_https->status != 0 && !came_by_tls(head) && (rules.https_redirect || has_https())) {
        http::write_https_redirect(*to_https, host_, head.target.path, head.target.query, location);
        give_redirect(to_https->status, std::move(location));
        return true;
    }
    if (rules.redirect) {
        http::write_redirect(*rules.redirect, service.path, head.target.path, head.target.query, location);
        give_redirect(rules.redirect->status, std::move(location));
        return true;
    }
    return false;
}

// Whether a visitor of this host would be answered by TLS: the edge's own redirect sends nobody to a handshake that
// fails. A service that asks for a redirect knows what it does.
bool HttpExchange::has_https() const {
    const ExchangeShared& shared = *edge_.shared;
    return !shared.has_certificate || shared.has_certificate(host_) ||
           edge_.routes.get().find_tls(host_, edge_.worker.now()).kind != directory::TlsMatch::Kind::none;
}

void HttpExchange::give_redirect(std::uint16_t status, std::string location) {
    give_empty(status);
    location_ = std::move(location);
}

void HttpExchange::give_empty(std::uint16_t status) {
    state_ = State::page_head;
    page_ = {};
    page_.status = status;
    is_page_ = false;
}

void HttpExchange::add_hsts(http::Edits& edits) {
    if (!by_tls_ || !service_) {
        return;
    }
    const auto& own = service_->description().rules.hsts;
    if (const auto& hsts = own ? own : edge_.settings.hsts) {
        (void)edits.set("Strict-Transport-Security", edge_.keep(http::hsts_value(*hsts)));
    }
}

// --- the request ---

bool HttpExchange::apply_rules(const http::RequestHead& head, http::RequestOut& out, http::Edits& edits) {
    const directory::HttpDescription& service = service_->description();
    const http::Rules& rules = service.rules;
    if (rules.prefix || !rules.host.empty()) {
        rewritten_ = std::make_unique<Rewritten>();
        rewritten_->seen_authority = head.authority_text;
        rewritten_->prefix = http::PrefixMap::of(rules, service.path);
        if (rewritten_->prefix) {
            http::map_path(*rewritten_->prefix, head.target.path, rewritten_->path);
            out.path = rewritten_->path;
        }
        if (!rules.host.empty()) {
            rewritten_->backend_authority = rules.host;
            out.host = rewritten_->backend_authority;
        }
    }
    return http::put_header_rules(rules.request_headers, edits);
}

// --- trailers ---

// Writes trailers under the rules: a field that a rule takes out of a head does not come behind the body either.
std::string_view HttpExchange::write_trailers(const http::Fields& trailers, const std::vector<http::HeaderRule>& rules,
                                              std::string_view connection) {
    http::Edits& edits = edge_.new_edits();
    check(http::put_header_rules(rules, edits), "the rules of a service fit into the edits");
    std::vector<char>& room = edge_.head_room();
    std::size_t size = http::write_trailers(trailers, room, &edits, connection);
    if (size > room.size()) {
        room.resize(size);
        size = http::write_trailers(trailers, room, &edits, connection);
    }
    return {room.data(), size};
}

std::string_view HttpExchange::answer_trailers(const http::Fields& trailers) {
    return write_trailers(trailers, service_->description().rules.response_headers, response_hops_);
}

// --- the answer ---

bool HttpExchange::apply_rules(const http::ResponseHead& head, http::Edits& edits) {
    const http::Rules& rules = service_->description().rules;
    if (rewritten_ && rules.map_back) {
        map_back(head, edits);
    }
    add_hsts(edits);
    return http::put_header_rules(rules.response_headers, edits);
}

void HttpExchange::map_back(const http::ResponseHead& head, http::Edits& edits) {
    http::MapBack map;
    map.seen_scheme = by_tls_ ? "https" : "http";
    map.seen_authority = rewritten_->seen_authority;
    map.backend_authority = rewritten_->backend_authority;
    map.prefix = rewritten_->prefix ? &*rewritten_->prefix : nullptr;
    for (const std::string_view name : {"Location", "Content-Location"}) {
        const auto value = head.fields.first(name);
        std::string mapped;
        if (value && http::map_location_back(map, *value, mapped)) {
            (void)edits.set(name, edge_.keep(std::move(mapped)));
        }
    }
    // All cookies are mapped or none: with more than the edits have room for, they stay as they are.
    constexpr std::size_t cookies_max = 24;
    const std::size_t cookies = head.fields.count(FieldName::set_cookie);
    if (cookies == 0 || cookies > cookies_max) {
        return;
    }
    (void)edits.remove("Set-Cookie");
    for (const http::Field& field : head.fields) {
        if (field.known == FieldName::set_cookie) {
            std::string mapped;
            const bool changed = http::map_cookie_back(map, field.value, mapped);
            (void)edits.add("Set-Cookie", edge_.keep(changed ? std::move(mapped) : std::string(field.value)));
        }
    }
}

}  // namespace ferrotunnel::exchange
