// INI files as old versions of frp read them: comments take whole lines, values may be in quotation marks.
#include <algorithm>
#include <map>
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

/// Finds members by their names without a search through all of them, since a file may have 50,000.
class IniReader {
public:
    void read_line(std::string_view line, std::size_t number) {
        if (line.starts_with('[')) {
            begin_section(line, number);
            return;
        }
        counter_.count(number, 0);
        const std::size_t separator = line.find_first_of("=:");  // as frp's parser: the first of both
        const std::string key(trimmed(line.substr(0, separator)));
        const std::string_view value =
            separator == std::string_view::npos ? "true" : unquoted(trimmed(line.substr(separator + 1)));
        Value& map = section_ == no_section ? root_ : root_.members[section_].second;
        const auto [place, is_new] = keys_.try_emplace({section_, key}, map.members.size());
        if (is_new) {
            map.members.emplace_back(key, Value());
        }
        // The last of several values counts.
        map.members[place->second].second = {.kind = Value::Kind::text, .line = number, .scalar = std::string(value)};
    }

    Value take() { return std::move(root_); }

private:
    static constexpr std::size_t no_section = static_cast<std::size_t>(-1);

    void begin_section(std::string_view line, std::size_t number) {
        if (!line.ends_with(']')) {
            throw ParseError(number, "a section has no closing bracket");
        }
        counter_.count(number, 0);
        const std::string name(trimmed(line.substr(1, line.size() - 2)));
        const auto [place, is_new] = sections_.try_emplace(name, root_.members.size());
        if (is_new) {
            root_.members.emplace_back(name, Value{.kind = Value::Kind::map, .line = number});
        }
        section_ = place->second;
    }

    Value root_{.kind = Value::Kind::map, .line = 1};
    ValueCounter counter_;
    std::size_t section_ = no_section;
    std::map<std::string, std::size_t> sections_;
    std::map<std::pair<std::size_t, std::string>, std::size_t> keys_;
};

}  // namespace

Value parse_ini(std::string_view text) {
    IniReader reader;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.empty() && line.front() != '#' && line.front() != ';') {
            reader.read_line(line, number);
        }
    }
    return reader.take();
}

}  // namespace ferrotunnel::cli::importing
