// A response that does not come from a backend: an error page, a status, a text, or a plugin's response.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exchange/exchange_context.hpp"
#include "exchange/stages.hpp"
#include "hooks/http_run.hpp"
#include "http/page.hpp"

namespace ferrotunnel::exchange {

class LocalAnswer {
public:
    explicit LocalAnswer(const ExchangeContext& at) noexcept : at_(at) {}

    /// Makes this a page, and logs it. gRPC clients get it in the form that they read: trailers-only, whose fields are
    /// status and message of the call.
    void set(const Refusal& refusal);
    /// Makes this a page, a redirect, a status without content, or a text.
    void set(EarlyReply instead);
    /// Makes this a plugin's response, which may be a page.
    void set(hooks::Reply reply);
    bool speaks_grpc() const noexcept { return speaks_grpc_; }

    hooks::Origin origin() const noexcept { return origin_; }
    std::uint16_t status() const noexcept { return page_.status; }
    std::string_view code() const noexcept { return page_.code; }
    const std::string& body() const noexcept { return page_.body; }

    /// Adds the fields of the response's head to `edits`. They point to this object, to the request, to its service's
    /// rules, and to the worker's date and head buffers.
    void put_fields(http::Edits& edits);

private:
    void set_page(http::Page page);
    void set_reply(hooks::Reply reply, std::optional<http::Page> page);
    void speak_grpc(std::string_view status = {});
    http::Page page_of(http::PageState state, std::string_view code) const;
    void log_page(http::PageState state, std::string_view why) const;

    const ExchangeContext& at_;
    http::Page page_;
    std::string retry_after_;
    std::string code_;                                         // a plugin's
    std::string location_;                                     // of a redirect
    std::vector<std::pair<std::string, std::string>> fields_;  // a plugin's
    bool is_page_ = true;  // a page; otherwise a redirect, a status, a text, or a plugin's own response
    bool speaks_grpc_ = false;
    hooks::Origin origin_ = hooks::Origin::edge;
};

}  // namespace ferrotunnel::exchange
