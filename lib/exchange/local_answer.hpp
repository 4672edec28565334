// An answer of the edge's own: the page of an error, or a status without content, such as a redirect.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "exchange/head_scratch.hpp"
#include "exchange/http_settings.hpp"
#include "exchange/request_facts.hpp"
#include "http/page.hpp"

namespace ferrotunnel::exchange {

class LocalAnswer {
public:
    /// Makes this a page.
    void set_page(http::Page page) {
        page_ = std::move(page);
        location_.clear();
        is_page_ = true;
    }
    /// Makes this an answer without content. `location`: where a redirect leads to; empty: the answer is none.
    void set_status(std::uint16_t status, std::string location) {
        page_ = {};
        page_.status = status;
        location_ = std::move(location);
        is_page_ = false;
    }

    std::uint16_t status() const noexcept { return page_.status; }
    std::string_view code() const noexcept { return page_.code; }
    const std::string& body() const noexcept { return page_.body; }

    /// Adds the fields of the answer's head to `edits`. They point to this object, to the request, to its service's
    /// rules, to `date` and to `scratch`.
    void put_fields(const RequestFacts& request, const HttpSettings& settings, std::string_view date,
                    HeadScratch& scratch, http::Edits& edits);

private:
    http::Page page_;
    std::string retry_after_;
    std::string location_;  // of a redirect
    bool is_page_ = true;   // a page; else a redirect, or nothing but a status
};

}  // namespace ferrotunnel::exchange
