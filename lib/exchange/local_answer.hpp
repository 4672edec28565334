// An answer that is no backend's: the page of an error, a status without content, such as a redirect, or a plugin's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exchange/head_scratch.hpp"
#include "exchange/http_settings.hpp"
#include "exchange/request_facts.hpp"
#include "hooks/http_run.hpp"
#include "http/page.hpp"

namespace ferrotunnel::exchange {

class LocalAnswer {
public:
    /// Makes this a page.
    void set_page(http::Page page) {
        page_ = std::move(page);
        location_.clear();
        fields_.clear();
        is_page_ = true;
        speaks_grpc_ = false;
        origin_ = hooks::Origin::edge;
    }
    /// Makes this an answer without content. `location`: where a redirect leads to; empty: the answer is none.
    void set_status(std::uint16_t status, std::string location) {
        page_ = {};
        page_.status = status;
        location_ = std::move(location);
        fields_.clear();
        is_page_ = false;
        speaks_grpc_ = false;
        origin_ = hooks::Origin::edge;
    }

    /// Makes this a plugin's answer; `page` where it has asked for one.
    void set_reply(hooks::Reply reply, std::optional<http::Page> page);

    /// Says what this page says as clients of gRPC read it: an answer of trailers alone, whose fields are status and
    /// message of the call. `status` where the page's own does not say enough.
    void speak_grpc(std::string_view status = {});
    bool speaks_grpc() const noexcept { return speaks_grpc_; }

    hooks::Origin origin() const noexcept { return origin_; }
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
    std::string code_;                                         // a plugin's
    std::string location_;                                     // of a redirect
    std::vector<std::pair<std::string, std::string>> fields_;  // a plugin's
    bool is_page_ = true;  // a page; else a redirect, nothing but a status, or a plugin's own answer
    bool speaks_grpc_ = false;
    hooks::Origin origin_ = hooks::Origin::edge;
};

}  // namespace ferrotunnel::exchange
