#include "exchange/local_answer.hpp"

#include "base/check.hpp"
#include "exchange/rewriting.hpp"
#include "http/header_rules.hpp"

namespace ferrotunnel::exchange {

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
    fits = fits && edits.set("Date", date) && edits.set("X-Request-Id", request.id);
    if (!location_.empty()) {
        fits = fits && edits.set("Location", location_);
    }
    if (is_page_) {
        put_usual();
        fits = fits && edits.set("Content-Type", page_.content_type) && edits.set("X-FerroTunnel-Error", page_.code);
    }
    if (is_page_ && page_.built_in) {
        fits = fits && edits.set(http::built_in_page_field.name, http::built_in_page_field.value);
    }
    if (page_.retry_after > 0) {
        retry_after_ = std::to_string(page_.retry_after);
        fits = fits && edits.set("Retry-After", retry_after_);
    }
    add_hsts(request, settings, scratch, edits);
    check(fits, "the fields of a page fit into the edits");
}

}  // namespace ferrotunnel::exchange
