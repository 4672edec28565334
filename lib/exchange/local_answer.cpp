#include "exchange/local_answer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "exchange/grpc_status.hpp"
#include "exchange/rewriting.hpp"
#include "http/header_rules.hpp"

namespace ferrotunnel::exchange {

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

// Adds the fields of the head. A later edit counts more than an earlier one. The service's rules say how long a
// redirect, or an answer without content, may be kept; an error must not be kept.
void LocalAnswer::put_fields(const RequestFacts& request, const HttpSettings& settings, std::string_view date,
                             HeadScratch& scratch, http::Edits& edits) {
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
    // All fields of a gRPC error are metadata of the call: it has those that say what has happened.
    fits = fits && (speaks_grpc_ || edits.set("Date", date)) && edits.set("X-Request-Id", request.id);
    if (!location_.empty()) {
        fits = fits && edits.set("Location", location_);
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
    add_hsts(request, settings, scratch, edits);
    check(fits, "the fields of a page fit into the edits");
}

}  // namespace ferrotunnel::exchange
