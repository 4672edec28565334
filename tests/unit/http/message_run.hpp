// Sends bytes in pieces through the parsers, body readers and writers, as an edge does, and keeps what came of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/body_reader.hpp"
#include "http/head_writer.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"

namespace ferrotunnel::test {

struct MessageOutcome {
    std::string expect;  // "accept", "more" or "STATUS CODE"
    std::string seen;
    std::string body;
    std::string trailers;
    std::string rest;
    std::string host;
    bool keep_alive = false;
    bool expects_continue = false;
    bool switches = false;
    std::string end;  // of a response: "complete" or "truncated"

    bool operator==(const MessageOutcome&) const = default;
};

struct ResponseAsk {
    std::string method = "GET";
    std::string offer;
    http::Version visitor = http::Version::http11;
};

using Pieces = std::vector<std::string_view>;

MessageOutcome run_request(const Pieces& pieces, const http::HeadLimits& limits = {});
MessageOutcome run_response(const Pieces& pieces, const ResponseAsk& ask = {}, const http::HeadLimits& limits = {});

/// `bytes` as one piece; as single bytes; cut in two at `at`.
Pieces whole(std::string_view bytes);
Pieces single_bytes(std::string_view bytes);
Pieces cut_at(std::string_view bytes, std::size_t at);

}  // namespace ferrotunnel::test
