#include "h2/client_request.hpp"

#include <cstdint>

namespace ferrotunnel::h2 {
namespace {

// The library asks for bytes that it may change, and changes none.
std::uint8_t* bytes_of(std::string_view text) {
    auto* const at = const_cast<char*>(text.data());  // allowed: see above
    return reinterpret_cast<std::uint8_t*>(at);
}

// Fields that HTTP/2 says otherwise, or not at all. Content-Length stays: it has to agree with the body.
bool is_left_out(const http::Field& field) {
    if (field.hop_by_hop) {
        return true;
    }
    switch (field.known) {
        case http::FieldName::connection:
        case http::FieldName::host:
        case http::FieldName::http2_settings:
        case http::FieldName::keep_alive:
        case http::FieldName::proxy_connection:
        case http::FieldName::te:
        case http::FieldName::transfer_encoding:
        case http::FieldName::upgrade:
            return true;
        default:
            return false;
    }
}

std::size_t name_bytes_of(const http::Fields& fields) {
    std::size_t bytes = 0;
    for (const http::Field& field : fields) {
        bytes += field.name.size();
    }
    return bytes;
}

}  // namespace

void ClientFields::clear(std::size_t fields, std::size_t name_bytes) {
    names_.clear();
    names_.reserve(name_bytes);
    fields_.clear();
    fields_.reserve(fields);
}

void ClientFields::add(std::string_view name, std::string_view value) {
    fields_.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
}

void ClientFields::add_lower(std::string_view name, std::string_view value) {
    const std::size_t at = names_.size();
    for (const char c : name) {
        names_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    add(std::string_view(names_).substr(at), value);
}

void ClientFields::set_request(const http::RequestHead& head, std::string_view scheme) {
    // The target is one text in the head unless it was absolute, which the edge does not send.
    const std::string_view path = head.target.path.empty() ? std::string_view("/") : head.target.path;
    const std::size_t path_bytes = path.size() + head.target.query.size();
    clear(head.fields.size() + 5, name_bytes_of(head.fields) + path_bytes);
    names_.append(path).append(head.target.query);
    add(":method", head.method_text);
    add(":scheme", scheme);
    add(":authority", head.authority_text);
    add(":path", std::string_view(names_).substr(0, path_bytes));
    for (const http::Field& field : head.fields) {
        if (!is_left_out(field)) {
            add_lower(field.name, field.value);
        }
    }
    if (head.takes_trailers) {
        add("te", "trailers");
    }
}

void ClientFields::set_trailers(const http::Fields& trailers) {
    clear(trailers.size(), name_bytes_of(trailers));
    for (const http::Field& field : trailers) {
        if (!is_left_out(field)) {
            add_lower(field.name, field.value);
        }
    }
}

}  // namespace ferrotunnel::h2
