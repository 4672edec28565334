#include "h2/answer_fields.hpp"

#include <string_view>

#include "http/characters.hpp"
#include "http/field_name.hpp"

namespace ferrotunnel::h2 {
namespace {

using http::FieldName;

bool stays(FieldName name) {
    return !http::is_of_connection(name) && name != FieldName::te;  // which only requests have
}

void read_lines(std::span<char> text, FieldList& fields) {
    while (true) {
        const std::string_view rest(text.data(), text.size());
        const std::size_t end = rest.find("\r\n");
        if (end == 0 || end == std::string_view::npos) {
            return;
        }
        const std::string_view line = rest.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && stays(http::field_name_of(line.substr(0, colon)))) {
            for (char& byte : text.first(colon)) {
                byte = http::lower_case(byte);
            }
            fields.push_back(field_of(line.substr(0, colon), http::trimmed(line.substr(colon + 1))));
        }
        text = text.subspan(end + 2);
    }
}

std::span<char> behind_line(std::span<char> text) {
    const std::size_t end = std::string_view(text.data(), text.size()).find("\r\n");
    return end == std::string_view::npos ? std::span<char>() : text.subspan(end + 2);
}

}  // namespace

void read_answer(std::span<char> head, FieldList& fields) {
    constexpr std::size_t status_at = sizeof "HTTP/1.1";
    fields.clear();
    fields.push_back(field_of(":status", std::string_view(head.data(), head.size()).substr(status_at, 3)));
    read_lines(behind_line(head), fields);
}

void read_switch(std::span<char> head, FieldList& fields) {
    read_answer(head, fields);
    fields.front() = field_of(":status", "200");
    std::erase_if(fields, [](const nghttp2_nv& one) {
        return std::string_view(reinterpret_cast<const char*>(one.name), one.namelen) == "sec-websocket-accept";
    });
}

void read_trailers(std::span<char> end, FieldList& fields) {
    fields.clear();
    read_lines(behind_line(end), fields);
}

}  // namespace ferrotunnel::h2
