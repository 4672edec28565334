#include "exchange/rewriting.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "directory/sticky.hpp"
#include "exchange/request_spans.hpp"
#include "http/certificate_fields.hpp"
#include "http/chunked.hpp"
#include "http/forwarding.hpp"
#include "http/header_rules.hpp"
#include "http/own_address.hpp"
#include "http/redirect.hpp"

namespace ferrotunnel::exchange {
namespace {

/// Calls `write(room)`, which returns how much room it needs; if there was less, calls it again with enough. Returns
/// the size of what was written.
template <typename Write>
std::size_t write_fully(std::vector<char>& room, const Write& write) {
    std::size_t size = write(room);
    if (size > room.size()) {
        room.resize(size);
        size = write(room);
    }
    return size;
}

// Removes the edge's own cookies from what the backend gets, even if plugins have set the field. `rest` has to live as
// long as the edits. False if they have no room.
bool strip_own_cookies(const http::Fields& fields, const ExchangeShared& shared, std::string& rest,
                       http::Edits& edits) {
    const std::string_view prefix = shared.own_cookies;
    const auto sets_cookie = [](const http::Edits::Edit& edit) { return edit.known == http::FieldName::cookie; };
    const bool is_edited = std::any_of(edits.all().begin(), edits.all().end(), sets_cookie);
    if (prefix.empty() || (!is_edited && fields.count(http::FieldName::cookie) == 0)) {
        return true;
    }
    bool any = false;
    std::string left;
    const auto take = [&](std::string_view value) {
        bool has_own = directory::strip_cookies(value, prefix, left);
        std::string_view kept = has_own ? std::string_view(left) : value;
        std::string without_accepted;
        if (!shared.accepted_cookies.empty() &&
            directory::strip_cookies(kept, shared.accepted_cookies, without_accepted)) {
            kept = without_accepted;
            has_own = true;
        }
        rest.append(rest.empty() || kept.empty() ? "" : "; ").append(kept);
        any = any || has_own;
    };
    if (!edits.drops("Cookie", http::FieldName::cookie)) {
        for (const http::Field& field : fields) {
            if (field.known == http::FieldName::cookie) {
                take(field.value);
            }
        }
    }
    for (std::size_t i = 0; i < edits.all().size(); ++i) {
        if (edits.all()[i].known == http::FieldName::cookie && edits.is_effective(i)) {
            take(edits.all()[i].value);
        }
    }
    if (!any) {
        return true;
    }
    return rest.empty() ? edits.remove(http::FieldName::cookie) : edits.set(http::FieldName::cookie, rest);
}

// Hop-by-hop fields and framing are of this hop, and so are the fields about its client certificate, which only this
// edge has seen. Everything else is the visitor's: the other member rewrites it.
std::size_t write_unchanged(const IncomingRequest& arrival, const RequestFacts& request, HeadScratch& scratch) {
    http::Edits& edits = scratch.new_edits();
    bool fits = edits.set(http::FieldName::x_request_id, request.id);
    if (arrival.visitor.certificate_source == CertificateSource::edge) {
        fits = http::put_certificate(arrival.visitor.certificate.get(), edits) && fits;
    }
    check(fits, "six fields fit into the edits");
    http::RequestOut out = http::RequestOut::of(arrival.head);
    out.edits = &edits;
    return write_fully(scratch.head_room(), [&](std::vector<char>& room) { return http::write_request(out, room); });
}

}  // namespace

std::size_t Rewriting::write_request(const IncomingRequest& arrival, RequestFacts& request, const hooks::HttpRun* run,
                                     const trace::Context* trace, HeadScratch& scratch) {
    if (request.service->description().forwards) {
        return write_unchanged(arrival, request, scratch);
    }
    const http::RequestHead& head = arrival.head;
    http::Edits& edits = scratch.new_edits();
    trace::Traceparent::Text traceparent;  // the edits point to it
    bool fits = arrival.forwarding.write(edits) &&
                (trace == nullptr || put_trace(*trace, head.fields, traceparent, edits)) &&
                (run == nullptr || run->put_request(edits));
    std::string cookies;  // likewise
    fits = strip_own_cookies(head.fields, arrival.shared, cookies, edits) && fits;
    http::RequestOut out = http::RequestOut::of(head);
    out.edits = &edits;
    out.keep_alive = true;
    out.body = request.body;
    out.expects_continue = request.expects_continue;
    if (!request.settings.upgrades) {
        out.upgrade = nullptr;
        request.context.upgrade.clear();
    }
    std::string forwards;
    if (const auto left = http::max_forwards(head); left && *left > 0) {
        forwards = std::to_string(*left - 1);
        fits = edits.set("Max-Forwards", forwards) && fits;
    }
    const directory::HttpDescription& service = request.service->description();
    rewrite_target(head, service, out);
    fits = map_own_address(arrival, service, scratch, edits) && fits;
    fits = http::put_header_rules(service.rules.request_headers, edits) && fits;
    check(fits, "the fields that the edge adds fit into the edits");
    return write_fully(scratch.head_room(), [&](std::vector<char>& room) { return http::write_request(out, room); });
}

void Rewriting::rewrite_target(const http::RequestHead& head, const directory::HttpDescription& service,
                               http::RequestOut& out) {
    const http::Rules& rules = service.rules;
    if (rules.prefix || !rules.host.empty()) {
        rewritten_ = std::make_unique<Rewritten>();
        rewritten_->visitor_authority = head.authority_text;
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
}

// Maps the fields that name the service's own address, unless a plugin has changed them; a rule of the service may
// still do so. False if the edits have no room.
bool Rewriting::map_own_address(const IncomingRequest& arrival, const directory::HttpDescription& service,
                                HeadScratch& scratch, http::Edits& edits) const {
    using http::Method;
    const http::RequestHead& head = arrival.head;
    const bool by_tls = arrival.forwarding.https();
    // Requests that change resources may name them in Destination and If.
    const bool names_resources = head.method == Method::other || head.method == Method::put ||
                                 head.method == Method::delete_ || head.method == Method::patch;
    if (!rewritten_ && !names_resources) {
        return true;
    }
    http::OwnAddress own{
        by_tls ? "https" : "http", arrival.forwarding.host(), service.backend_tls ? "https" : "http", {}, nullptr};
    if (rewritten_) {
        own.backend_authority = rewritten_->backend_authority;
        own.prefix = rewritten_->prefix ? &*rewritten_->prefix : nullptr;
    }
    const auto put = [&](std::string_view name, http::FieldName known, auto map) {
        const auto value = known == http::FieldName::other ? head.fields.first(name) : head.fields.first(known);
        std::string mapped;
        return !value || edits.drops(name, known) || !map(own, *value, mapped) ||
               edits.set(name, scratch.keep(std::move(mapped)));
    };
    const bool fits = !rewritten_ || (put("Origin", http::FieldName::origin, http::map_origin) &&
                                      put("Referer", http::FieldName::other, http::map_referer));
    return fits && (!names_resources || (put("Destination", http::FieldName::other, http::map_destination) &&
                                         put("If", http::FieldName::other, http::map_if)));
}

bool Rewriting::edit_answer(const http::ResponseHead& head, const RequestFacts& request, const EdgeSettings& settings,
                            HeadScratch& scratch, http::Edits& edits) const {
    const http::Rules& rules = request.service->description().rules;
    if (rewritten_ && rules.map_back) {
        map_back(head, request.by_tls, scratch, edits);
    }
    add_hsts(request, settings, scratch, edits);
    return http::put_header_rules(rules.response_headers, edits);
}

void Rewriting::map_back(const http::ResponseHead& head, bool by_tls, HeadScratch& scratch, http::Edits& edits) const {
    http::MapBack map;
    map.visitor_scheme = by_tls ? "https" : "http";
    map.visitor_authority = rewritten_->visitor_authority;
    map.backend_authority = rewritten_->backend_authority;
    map.prefix = rewritten_->prefix ? &*rewritten_->prefix : nullptr;
    for (const std::string_view name : {"Location", "Content-Location"}) {
        const auto value = head.fields.first(name);
        std::string mapped;
        if (value && http::map_location_back(map, *value, mapped)) {
            (void)edits.set(name, scratch.keep(std::move(mapped)));
        }
    }
    // The backend's reply to the mapped Origin.
    if (const auto allowed = head.fields.first("Access-Control-Allow-Origin");
        allowed && !map.backend_authority.empty()) {
        map.prefix = nullptr;
        std::string mapped;
        if (http::map_location_back(map, *allowed, mapped)) {
            (void)edits.set("Access-Control-Allow-Origin", scratch.keep(std::move(mapped)));
        }
        map.prefix = rewritten_->prefix ? &*rewritten_->prefix : nullptr;
    }
    // All cookies are mapped or none: if there are more than the edits have room for, they stay unchanged.
    constexpr std::size_t cookies_max = 24;
    const std::size_t cookies = head.fields.count(http::FieldName::set_cookie);
    if (cookies == 0 || cookies > cookies_max) {
        return;
    }
    (void)edits.remove("Set-Cookie");
    for (const http::Field& field : head.fields) {
        if (field.known == http::FieldName::set_cookie) {
            std::string mapped;
            const bool changed = http::map_cookie_back(map, field.value, mapped);
            (void)edits.add("Set-Cookie", scratch.keep(changed ? std::move(mapped) : std::string(field.value)));
        }
    }
}

void add_hsts(const RequestFacts& request, const EdgeSettings& settings, HeadScratch& scratch, http::Edits& edits) {
    if (!request.by_tls || !request.service || request.is_grpc) {  // in gRPC the field would be metadata of the call
        return;
    }
    const auto& own = request.service->description().rules.hsts;
    if (const auto& hsts = own ? own : settings.hsts) {
        (void)edits.set("Strict-Transport-Security", scratch.keep(http::hsts_value(*hsts)));
    }
}

// Writes trailers: a field that a rule or a plugin removes from a head is not sent after the body either.
std::string_view write_trailers(const http::Fields& trailers, const TrailerRules& rules, std::string_view connection,
                                HeadScratch& scratch) {
    http::Edits& edits = scratch.new_edits();
    const bool fits =
        (rules.run == nullptr || (rules.run->*rules.put)(edits)) && http::put_header_rules(rules.rules, edits);
    check(fits, "the rules of a service and the changes of plugins fit into the edits");
    std::vector<char>& room = scratch.head_room();
    const std::size_t size = write_fully(
        room, [&](std::vector<char>& into) { return http::write_trailers(trailers, into, &edits, connection); });
    return {room.data(), size};
}

}  // namespace ferrotunnel::exchange
