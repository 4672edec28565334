// INI files as old versions of frp read them: comments take whole lines, values may be in quotation marks.
#include <algorithm>
#include <utility>

#include "parsers.hpp"
#include "text.hpp"

namespace ferrotunnel::cli::importing {
namespace {

std::string_view unquoted(std::string_view text) {
    const bool is_quoted = text.size() >= 2 && text.front() == text.back() &&
                           (text.front() == '"' || text.front() == '\'' || text.front() == '`');
    return is_quoted ? text.substr(1, text.size() - 2) : text;
}

Value& section(Value& root, std::string_view name, std::size_t line) {
    const auto found = std::ranges::find(root.members, name, &Value::Member::first);
    if (found != root.members.end()) {
        return found->second;
    }
    return root.members.emplace_back(std::string(name), Value{.kind = Value::Kind::map, .line = line}).second;
}

void read_line(Value& root, std::string& current, std::string_view line, std::size_t number) {
    if (line.starts_with('[')) {
        if (!line.ends_with(']')) {
            throw ParseError(number, "a section has no closing bracket");
        }
        current = trimmed(line.substr(1, line.size() - 2));
        section(root, current, number);
        return;
    }
    const std::size_t equals = line.find('=');
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? "true" : unquoted(trimmed(line.substr(equals + 1)));
    Value& map = current.empty() ? root : section(root, current, number);
    Value read{.kind = Value::Kind::text, .line = number, .scalar = std::string(value)};
    const auto found = std::ranges::find(map.members, key, &Value::Member::first);
    if (found != map.members.end()) {
        found->second = std::move(read);  // the last value counts
    } else {
        map.members.emplace_back(std::string(key), std::move(read));
    }
}

}  // namespace

Value parse_ini(std::string_view text) {
    Value root{.kind = Value::Kind::map, .line = 1};
    ValueCounter counter;
    std::string current;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.empty() && line.front() != '#' && line.front() != ';') {
            counter.count(number, 0);
            read_line(root, current, line, number);
        }
    }
    return root;
}

}  // namespace ferrotunnel::cli::importing
