// The head of an HTTP/2 request to a backend, made from the HTTP/1.1 head that the edge has written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "h2/session.hpp"
#include "http/fields.hpp"
#include "http/head.hpp"

namespace ferrotunnel::h2 {

/// Fields in the library's form: it needs texts that it may change, so they are copies.
class ClientFields {
public:
    ClientFields() = default;
    ClientFields(const ClientFields&) = delete;
    ClientFields& operator=(const ClientFields&) = delete;

    /// Makes the fields of a request: pseudo-headers, then all that do not belong to one connection, in lower case.
    /// Only `trailers` is kept of TE. No protocol switch is offered: HTTP/2 has none.
    void set_request(const http::RequestHead& head, std::string_view scheme);
    void set_trailers(const http::Fields& trailers);

    const nghttp2_nv* data() const noexcept { return fields_.data(); }
    std::size_t size() const noexcept { return fields_.size(); }

private:
    void clear(const http::Fields& fields, std::size_t more_bytes);
    void add(std::string_view name, std::string_view value);
    void add_all(const http::Fields& fields);
    std::uint8_t* put(std::string_view text);

    std::string texts_;  // all in one string: reserved once, so that they do not move
    std::vector<nghttp2_nv> fields_;
};

}  // namespace ferrotunnel::h2
