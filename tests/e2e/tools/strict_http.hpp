// A reader of HTTP/1.1 for the end-to-end tests that shares nothing with the library's: slow, strict, and without any
// idea of how to repair what is wrong. What it does not take, the edge should not have written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stream.hpp"

namespace e2e {

struct StrictMessage {
    std::string head;  // as it came, with the empty line
    std::string body;  // without framing
    std::string trailers;

    std::vector<std::string> words;  // of the first line
    std::vector<std::pair<std::string, std::string>> fields;

    std::size_t count(std::string_view name) const;
    /// The value of the first field of that name; empty if there is none.
    std::string value(std::string_view name) const;
    int status() const;
};

enum class Reading {
    complete,
    none,       // the connection has ended before the first byte
    cut,        // it has ended within the message; what came is there
    malformed,  // StrictReader::why says what
};

class StrictReader {
public:
    explicit StrictReader(StreamReader& stream) : stream_(stream) {}

    Reading head_of_request(StrictMessage& message);
    Reading body_of_request(StrictMessage& message);
    Reading head_of_response(StrictMessage& message);
    /// Reads the body of a response to `method`.
    Reading body_of_response(StrictMessage& message, std::string_view method);
    const std::string& why() const { return why_; }

private:
    Reading head(StrictMessage& message);
    Reading framed_body(StrictMessage& message, bool& framed);
    Reading chunks(StrictMessage& message);
    Reading bad(std::string what);

    StreamReader& stream_;
    std::string why_;
};

std::string lower(std::string_view text);

}  // namespace e2e
