// Conversion of responses to HTTP/2 fields, from the text that http::write_response and write_trailers have written:
// that text already has the changes of rules and plugins, whichever version the visitor uses.
#pragma once

#include <span>
#include <vector>

#include "h2/session.hpp"

namespace ferrotunnel::h2 {

using FieldList = std::vector<nghttp2_nv>;

/// Reads a head, up to its empty line. Its names are converted to lower case in place; fields that frame an HTTP/1.1
/// message or belong to a connection are left out. The fields point into `head`.
void read_answer(std::span<char> head, FieldList& fields);
/// Like read_answer(), for a 101 after which both sides use WebSocket: in HTTP/2 it is a 200 (RFC 8441, 5).
void read_switch(std::span<char> head, FieldList& fields);
/// Like read_answer(), for the trailers after a last chunk.
void read_trailers(std::span<char> end, FieldList& fields);

}  // namespace ferrotunnel::h2
