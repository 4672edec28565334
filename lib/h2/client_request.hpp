// The head of a request to a backend in HTTP/2, made of the HTTP/1.1 head that the edge has written.
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

/// Fields as the library takes them: it wants texts that it may change, and so they are copies.
class ClientFields {
public:
    ClientFields() = default;
    ClientFields(const ClientFields&) = delete;
    ClientFields& operator=(const ClientFields&) = delete;

    /// Makes the fields of a request: pseudo-headers, then all that is not for one connection, in lower case. Of TE
    /// only `trailers` is left. A change of protocols is not offered: HTTP/2 has none.
    void set_request(const http::RequestHead& head, std::string_view scheme);
    void set_trailers(const http::Fields& trailers);

    const nghttp2_nv* data() const noexcept { return fields_.data(); }
    std::size_t size() const noexcept { return fields_.size(); }

private:
    void clear(const http::Fields& fields, std::size_t more_bytes);
    void add(std::string_view name, std::string_view value);
    void add_all(const http::Fields& fields);
    std::uint8_t* put(std::string_view text);

    std::string texts_;  // one behind the other: reserved once, so that they do not move
    std::vector<nghttp2_nv> fields_;
};

}  // namespace ferrotunnel::h2
