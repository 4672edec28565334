#include "h2/client_request.hpp"

#include "http/field_name.hpp"

namespace ferrotunnel::h2 {
namespace {

// The names of the pseudo-headers and `te`, and their values other than texts of the head.
constexpr std::size_t own_fields_max = 6;
constexpr std::size_t own_bytes_max = 128;

// Fields that HTTP/2 expresses differently or not at all: Host becomes :authority, and only `TE: trailers` is added
// again. Content-Length stays; it must match the body.
bool is_left_out(const http::Field& field) {
    return field.hop_by_hop || http::is_of_connection(field.known) || field.known == http::FieldName::host ||
           field.known == http::FieldName::te;
}

}  // namespace

void ClientFields::clear(const http::Fields& fields, std::size_t more_bytes) {
    std::size_t bytes = more_bytes;
    for (const http::Field& field : fields) {
        bytes += field.name.size() + field.value.size();
    }
    texts_.clear();
    texts_.reserve(bytes);
    fields_.clear();
    fields_.reserve(fields.size() + own_fields_max);
}

std::uint8_t* ClientFields::put(std::string_view text) {
    const std::size_t at = texts_.size();
    texts_.append(text);
    return reinterpret_cast<std::uint8_t*>(texts_.data()) + at;
}

void ClientFields::add(std::string_view name, std::string_view value) {
    std::uint8_t* const name_at = put(name);
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] >= 'A' && name[i] <= 'Z') {
            name_at[i] = static_cast<std::uint8_t>(name[i] - 'A' + 'a');
        }
    }
    const auto* const value_at = reinterpret_cast<const char*>(put(value));
    fields_.push_back(field_of({reinterpret_cast<const char*>(name_at), name.size()}, {value_at, value.size()}));
}

void ClientFields::add_all(const http::Fields& fields) {
    for (const http::Field& field : fields) {
        if (!is_left_out(field)) {
            add(field.name, field.value);
        }
    }
}

void ClientFields::set_request(const http::RequestHead& head, std::string_view scheme) {
    const std::string path = std::string(head.target.path).append(head.target.query);
    clear(head.fields, own_bytes_max + head.method_text.size() + head.authority_text.size() + path.size());
    add(":method", head.method_text);
    add(":scheme", scheme);
    add(":authority", head.authority_text);
    add(":path", path);
    add_all(head.fields);
    if (head.accepts_trailers) {
        add("te", "trailers");
    }
}

void ClientFields::set_trailers(const http::Fields& trailers) {
    clear(trailers, 0);
    add_all(trailers);
}

}  // namespace ferrotunnel::h2
