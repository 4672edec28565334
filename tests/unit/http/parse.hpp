// A parsed text, which has to be accepted, together with the parser that points into it.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "http/head_writer.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"

namespace ferrotunnel::test {

class ParsedRequest {
public:
    explicit ParsedRequest(std::string text, bool connect_wanted = false)
        : text_(std::move(text)), parser_({}, connect_wanted) {
        INFO(text_);
        REQUIRE(parser_.parse(text_) == http::ParseState::complete);
    }
    const http::RequestHead& head() const { return parser_.head(); }
    std::size_t size() const { return parser_.size(); }

private:
    std::string text_;
    http::RequestParser parser_;
};

class ParsedResponse {
public:
    explicit ParsedResponse(std::string text, const http::ResponseContext& context = {}) : text_(std::move(text)) {
        parser_.reset(context);
        INFO(text_);
        REQUIRE(parser_.parse(text_) == http::ParseState::complete);
    }
    const http::ResponseHead& head() const { return parser_.head(); }

private:
    std::string text_;
    http::ResponseParser parser_;
};

inline std::string written(const http::RequestOut& request) {
    std::string text(http::write_request(request, {}), '\0');
    REQUIRE(http::write_request(request, text) == text.size());
    return text;
}

inline std::string written(const http::ResponseOut& response) {
    std::string text(http::write_response(response, {}), '\0');
    REQUIRE(http::write_response(response, text) == text.size());
    return text;
}

}  // namespace ferrotunnel::test
