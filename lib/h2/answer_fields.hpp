// Makes fields of HTTP/2 out of what http::write_response and write_trailers have written: what rules and plugins
// changed in an answer is in that text already, whichever version the visitor speaks.
#pragma once

#include <span>
#include <vector>

#include "h2/session.hpp"

namespace ferrotunnel::h2 {

using FieldList = std::vector<nghttp2_nv>;

/// Reads a head, as far as its empty line. Its names become lower case where they are; what frames a message of
/// HTTP/1.1 or belongs to a connection is left out. The fields point into `head`.
void read_answer(std::span<char> head, FieldList& fields);
/// The same for a 101 after which both sides speak WebSocket: by HTTP/2 that is a 200 (RFC 8441, 5).
void read_switch(std::span<char> head, FieldList& fields);
/// The same for the trailers behind a last chunk.
void read_trailers(std::span<char> end, FieldList& fields);

}  // namespace ferrotunnel::h2
