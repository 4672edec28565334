#include "exchange/local_answer.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "exchange/grpc_status.hpp"
#include "exchange/rewriting.hpp"
#include "http/header_rules.hpp"

namespace ferrotunnel::exchange {

void LocalAnswer::set(const Refusal& refusal) {
    set_page(page_of(refusal.state, refusal.code));
    log_page(refusal.state, refusal.why);
    if (at_.request.is_grpc) {
        speak_grpc(refusal.grpc_status);
    }
}

void LocalAnswer::set(EarlyReply instead) {
    if (instead.page) {
        set(*instead.page);
        return;
    }
    set_page({});
    page_.status = instead.status;
    page_.body = std::move(instead.text);
    page_.content_type = page_.body.empty() ? "" : "text/plain";
    location_ = std::move(instead.location);
    is_page_ = false;
}

void LocalAnswer::set(hooks::Reply reply) {
    if (!reply.page) {
        set_reply(std::move(reply), std::nullopt);
        return;
    }
    const http::PageState state = *reply.page;
    const std::string why = std::move(reply.why);
    http::Page page = page_of(state, reply.code);
    set_reply(std::move(reply), std::move(page));
    log_page(state, why);
    if (at_.request.is_grpc) {
        speak_grpc();
    }
}

http::Page LocalAnswer::page_of(http::PageState state, std::string_view code) const {
    http::PageRequest page;
    page.state = state;
    page.format = at_.request.page_format();
    page.request_id = at_.request.id;
    page.host = at_.request.host;
    page.code = code;
    return http::make_page(page, at_.edge.rules().pages);
}

void LocalAnswer::log_page(http::PageState state, std::string_view why) const {
    EdgeCounters::add(at_.edge.counters.pages);
    const LogLevel level = status() >= 500 ? LogLevel::warn : LogLevel::info;
    if (!at_.edge.log.may_write(level, {http::info_of(state).code}, at_.now())) {
        return;
    }
    at_.edge.log.log_at(level, "a request was answered by the edge",
                        {{"request", at_.request.id},
                         {"visitor", at_.visitor.address},
                         {"host", at_.request.host},
                         {"service", at_.request.service_name()},
                         {"status", status()},
                         {"code", code()},
                         {"why", why}});
}

void LocalAnswer::set_page(http::Page page) {
    page_ = std::move(page);
    location_.clear();
    fields_.clear();
    is_page_ = true;
    speaks_grpc_ = false;
    origin_ = hooks::Origin::edge;
}

void LocalAnswer::set_reply(hooks::Reply reply, std::optional<http::Page> page) {
    is_page_ = page.has_value();
    page_ = page ? std::move(*page) : http::Page{};
    if (!is_page_) {
        page_.status = reply.status;
        page_.body = std::move(reply.body);
    } else if (!reply.code.empty()) {
        code_ = std::move(reply.code);
        page_.code = code_;
    }
    location_.clear();
    fields_ = std::move(reply.fields);
    origin_ = hooks::Origin::plugin;
    speaks_grpc_ = false;
}

void LocalAnswer::speak_grpc(std::string_view status) {
    check(is_page_, "only a page is an error");
    speaks_grpc_ = true;
    fields_.emplace_back("grpc-status", status.empty() ? grpc_status_of(page_.status) : status);
    fields_.emplace_back("grpc-message", std::string(page_.reason).append(": ").append(page_.code));
    page_.status = 200;
    page_.content_type = "application/grpc";
    page_.built_in = false;  // nothing of it is shown
    page_.body.clear();
}

// Adds the fields of the head. A later edit overrides an earlier one. The service's rules tell how long a redirect, or
// a response without content, may be cached; an error must not be cached.
void LocalAnswer::put_fields(http::Edits& edits) {
    const RequestFacts& request = at_.request;
    bool fits = true;
    auto put_usual = [&] {
        for (const http::PageField& field : http::page_fields) {
            fits = fits && edits.set(field.name, field.value);
        }
    };
    if (!is_page_) {
        put_usual();
    }
    if (request.service) {
        fits = fits && http::put_page_rules(request.service->description().rules.response_headers, edits);
    }
    // All fields of a gRPC error are metadata of the call: it has those that describe the error.
    fits = fits && (speaks_grpc_ || edits.set("Date", at_.edge.date())) && edits.set("X-Request-Id", request.id);
    if (!location_.empty()) {
        fits = fits && edits.set("Location", location_);
    }
    if (!is_page_ && !page_.content_type.empty()) {
        fits = fits && edits.set("Content-Type", page_.content_type);
    }
    if (is_page_) {
        if (!speaks_grpc_) {
            put_usual();
        }
        fits = fits && edits.set("Content-Type", page_.content_type) && edits.set("X-FerroTunnel-Error", page_.code);
    }
    if (is_page_ && page_.built_in) {
        fits = fits && edits.set(http::built_in_page_field.name, http::built_in_page_field.value);
    }
    if (page_.retry_after > 0) {
        retry_after_ = std::to_string(page_.retry_after);
        fits = fits && edits.set("Retry-After", retry_after_);
    }
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        const auto& [name, value] = fields_[i];
        const bool is_another =
            std::any_of(fields_.begin(), fields_.begin() + static_cast<std::ptrdiff_t>(i),
                        [&](const auto& before) { return http::same_name_loosely(before.first, name); });
        fits = fits && (is_another ? edits.add(name, value) : edits.set(name, value));
    }
    add_hsts(request, at_.edge.settings(), at_.edge, edits);
    check(fits, "the fields of a page fit into the edits");
}

}  // namespace ferrotunnel::exchange
