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
    void set_page(http::Page page) {
        page_ = std::move(page);
        is_page_ = true;
    }
    /// `location`: where a redirect leads to; empty: it is none.
    void set_status(std::uint16_t status, std::string location) {
        page_ = {};
        page_.status = status;
        location_ = std::move(location);
        is_page_ = false;
    }

    std::uint16_t status() const noexcept { return page_.status; }
    std::string_view code() const noexcept { return page_.code; }
    const std::string& body() const noexcept { return page_.body; }

    /// The fields of its head. They point to this, to the request and to `date`.
    void put_fields(const RequestFacts& request, const HttpSettings& settings, std::string_view date,
                    HeadScratch& scratch, http::Edits& edits);

private:
    http::Page page_;
    std::string retry_after_;
    std::string location_;
    bool is_page_ = true;
};

}  // namespace ferrotunnel::exchange
