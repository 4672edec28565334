#include "plugin/test_heads.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::plugin {
namespace {

bool is_same_name(std::string_view a, std::string_view b) {
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return small(x) == small(y); });
}

std::optional<std::string> find(const std::vector<Field>& fields, std::string_view name) {
    for (const Field& field : fields) {
        if (is_same_name(field.name, name)) {
            return field.value;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> TestRequest::field(std::string_view name) const {
    return find(fields, name);
}

std::optional<std::string> TestAnswer::field(std::string_view name) const {
    return find(fields, name);
}

std::string length_of(const std::vector<Field>& fields, std::string_view body) {
    const bool is_said = find(fields, "Content-Length") || find(fields, "Transfer-Encoding");
    return body.empty() || is_said ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
}

std::string lines_of(const std::vector<Field>& fields) {
    std::string lines;
    for (const Field& field : fields) {
        lines += field.name + ": " + field.value + "\r\n";
    }
    return lines;
}

Written parse_head(std::string_view head) {
    Written parts;
    const auto next_line = [&] {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(line.size() + 2);
        return line;
    };
    parts.first_line = next_line();
    for (std::string_view line = next_line(); !line.empty(); line = next_line()) {
        const std::size_t colon = line.find(": ");
        parts.fields.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 2))});
    }
    return parts;
}

std::string remove_field(std::vector<Field>& fields, std::string_view name) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return is_same_name(field.name, name); });
    std::string value;
    if (found != fields.end()) {
        value = std::move(found->value);
        fields.erase(found);
    }
    return value;
}

}  // namespace ferrotunnel::plugin
